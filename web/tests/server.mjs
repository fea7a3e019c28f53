/**
 * The server under test: `lunar-habitat serve` on a free port of this machine.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Longest time until the server listens, ms: a whole day of a mission is simulated before. */
const START_MS = 120_000;

/**
 * Start a server.
 *
 * @param {...string} flags of `serve`
 * @returns {Promise<{url: string, get: (path: string) => Promise<any>, post: (path: string, body?: object) => Promise<any>, stop: () => Promise<void>}>}
 */
export async function startServer(...flags) {
  const program = process.env.LUNAR_HABITAT;
  if (!program) {
    throw new Error('LUNAR_HABITAT is not set: it names the program lunar-habitat');
  }
  const child = spawn(program, ['serve', '--addr', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server does not listen: ${said.join(' | ')}`)), START_MS);
    const listen = (line) => {
      said.push(line);
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
      if (found !== null) {
        clearTimeout(timer);
        resolve(found[1]);
      }
    };
    createInterface({ input: child.stdout }).on('line', listen);
    createInterface({ input: child.stderr }).on('line', listen);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said.join(' | ')}`)));
  });
  const ask = async (path, init) => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${text}`);
    }
    return text === '' ? null : JSON.parse(text);
  };
  return {
    url,
    get: (path) => ask(path),
    post: (path, body = {}) =>
      ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    async stop() {
      if (child.exitCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }
    }
  };
}
