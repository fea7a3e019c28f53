/**
 * The page of trainings over a training that has really run.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { openScreen } from './screen.mjs';
import { startServer } from './server.mjs';

/** A training that is over in seconds: six updates of 1 024 decisions. */
const TRAINING = ['--scenario', 'cabin-30d', '--days', '2', '--decisions', '6144', '--lanes', '64', '--segment', '16'];

test('curves of a recorded training', { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mission-control-'));
  let server;
  let screen;
  try {
    const store = join(folder, 'runs.db');
    await promisify(execFile)(process.env.LUNAR_HABITAT, ['train', ...TRAINING, '--out', join(folder, 'out'), '--store', store]);
    server = await startServer('--store', store);
    screen = await openScreen(server.url);
    const { page } = screen;
    // Nothing runs here: the first look is where a session is started.
    await page.getByText('No session yet').waitFor();
    await screen.go('Training');
    const [run] = await server.get('/api/runs?kind=train');
    const rows = await server.get(`/api/runs/${encodeURIComponent(run.name)}/rows?stream=metrics&channels=decisions`);
    assert.ok(rows.t_s.length >= 6, `${rows.t_s.length} updates are recorded`);
    const curves = page.locator('.lh-grid-of-charts path.lh-curve');
    await curves.first().waitFor();
    const points = (await curves.first().getAttribute('d')).split(/[ML]/).length - 1;
    assert.ok(points >= 2 && points <= rows.t_s.length, `${points} points of ${rows.t_s.length} updates`);
    await page.getByLabel('Over').selectOption('wall');
    await screen.picture('training');
    assert.deepEqual([screen.outside, screen.refused, screen.errors], [[], [], []]);
  } finally {
    await screen?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
