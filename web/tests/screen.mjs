/**
 * A browser with the page open, which notes every request that leaves the machine and every error.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** The browser of the system; none is downloaded. */
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Where pictures go; none are taken if it is not set. */
const PICTURES = process.env.PICTURES;

/**
 * Open the page.
 *
 * @param {string} url of the server
 * @param {{width: number, height: number}} [size]
 */
export async function openScreen(url, size = { width: 1280, height: 800 }) {
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    // Root has no sandbox; a container has little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage']
  });
  const page = await browser.newPage({ viewport: size });
  page.setDefaultTimeout(60_000);
  const outside = [];
  const errors = [];
  const refused = [];
  await page.route('**/*', (route) => {
    const { protocol, hostname } = new URL(route.request().url());
    if (['data:', 'blob:'].includes(protocol) || hostname === '127.0.0.1') {
      return route.continue();
    }
    outside.push(route.request().url());
    return route.abort();
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).hostname !== '127.0.0.1') {
      outside.push(socket.url());
    }
  });
  page.on('console', (message) => {
    if (message.type() === 'error') {
      errors.push(`${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('response', (response) => {
    if (response.status() >= 400) {
      refused.push(`${response.status()} ${response.url()}`);
    }
  });
  await page.goto(url);
  await page.locator('html[data-ready="true"]').waitFor();
  return {
    page,
    outside,
    errors,
    refused,
    /** Follow a link of the bar. @param {string} name */
    async go(name) {
      await page.locator('#bar nav').getByRole('link', { name, exact: true }).click();
    },
    /** Open an address of the page. @param {string} hash */
    async address(hash) {
      await page.evaluate((to) => (location.hash = to), hash);
    },
    /** Take a picture. @param {string} name */
    async picture(name) {
      if (PICTURES) {
        await mkdir(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, `${name}.png`) });
      }
    },
    close: () => browser.close()
  };
}

/** Wait until `look` returns something. @template T @param {() => Promise<T>} look @param {string} what @returns {Promise<T>} */
export async function until(look, what, longest_ms = 60_000) {
  const end = Date.now() + longest_ms;
  for (;;) {
    const found = await look();
    if (found) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${longest_ms / 1000} s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
