/**
 * Mission control as people use it: a real server, a real browser, no stand-ins.
 *
 * LUNAR_HABITAT names the program, CHROMIUM the browser, PICTURES a folder for pictures of every page.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { record, recorded, stop } from './recorder.mjs';
import { openScreen, until } from './screen.mjs';
import { startServer } from './server.mjs';

/** A channel that changes with every row. */
const CO2 = 'living.air.sensed_pp_co2_pa';

describe('mission control', { timeout: 900_000 }, () => {
  let server;
  let screen;
  let demo;

  before(async () => {
    server = await startServer('--demo');
    [demo] = await server.get('/api/sessions');
    screen = await openScreen(server.url);
  });

  after(async () => {
    await screen?.close();
    await server?.stop();
  });

  test('the first look is the running session: schematic, alarms, live plot', async () => {
    const { page } = screen;
    await page.locator('.lh-schematic').waitFor();
    const failed = page.locator('.lh-box[data-unit="living.cdra"]');
    await until(async () => (await failed.getAttribute('data-mode')) === 'failed', 'the CO2 removal is shown as failed');
    await page.getByRole('heading', { name: 'Alarms' }).waitFor();
    await page.locator('.gl-plot canvas').first().waitFor();
    const time = page.locator('#bar .lh-time');
    const first = await time.textContent();
    await until(async () => (await time.textContent()) !== first, 'the mission time goes on');
    const shown = await page.locator('.lh-box[data-unit="living.air"] .lh-number').first().textContent();
    assert.match(shown, /^\d+\.\d+$/, 'the oxygen of the living module is a number');
    await screen.picture('overview-1280');
  });

  test('a box of the schematic leads to its unit by the keyboard', async () => {
    const { page } = screen;
    await page.locator('.lh-box[data-unit="living.cdra"]').focus();
    await page.keyboard.press('Enter');
    const value = page.locator('[data-channel="living.cdra.sensed_power_w"]');
    await value.waitFor();
    await until(async () => /\d/.test(await value.textContent()), 'the power of the CDRA has a value');
    await page.getByRole('button', { name: 'Inject fault into living.cdra' }).waitFor();
    await page.locator('.lh-small').first().waitFor();
    await screen.picture('unit');
  });

  test('the tree goes from sessions to channels', async () => {
    const { page } = screen;
    const tree = page.getByRole('tree', { name: 'Main Tree' });
    for (const name of ['Sessions', demo.name, 'Living', 'CDRA']) {
      await tree.getByRole('button', { name: new RegExp(`^Expand ${name}`) }).first().click();
    }
    const catalogue = await server.get(`/api/sessions/${demo.id}/channels`);
    const channels = catalogue.filter(({ id }) => id.startsWith('living.cdra.'));
    // The tree draws what is in sight: fewer than all.
    const shown = tree.getByRole('treeitem').filter({ hasText: /, living CDRA/ });
    await until(async () => (await shown.count()) >= Math.min(10, channels.length), 'channels of the CDRA are in the tree');
    await screen.picture('tree');
  });

  test('a live plot moves', async () => {
    const { page } = screen;
    await screen.address(channelAddress(demo.id, CO2));
    const plot = page.locator('.gl-plot-display-area canvas').first();
    await plot.waitFor();
    const first = await plot.screenshot();
    await until(async () => !first.equals(await plot.screenshot()), 'the plot changes with the rows');
    await page.locator('.gl-plot-y-label', { hasText: /CO2/ }).first().waitFor();
    await screen.picture('plot');
  });

  test('where history and stream meet no point is lost or doubled, and history says the same after a reload', async () => {
    const { page } = screen;
    await server.post(`/api/sessions/${demo.id}/run`, { rate: 3600 });
    await record(page, demo.id, CO2);
    await until(async () => (await recorded(page)).live >= 120, 'the stream brings 120 rows');
    const { points } = await recorded(page);
    await stop(page);
    await server.post(`/api/sessions/${demo.id}/run`, { rate: demo.rate });
    const kept = await rowsOf(server, demo.id, CO2, points);
    assert.deepEqual(difference(points, kept), NONE, 'the plot has the rows of the server, each once');

    await page.reload();
    await page.locator('html[data-ready="true"]').waitFor();
    await record(page, demo.id, CO2);
    const again = (await recorded(page)).points;
    await stop(page);
    const common = points.filter(([t_s]) => t_s >= again[0][0]);
    assert.ok(common.length >= 100, `history and what was live share ${common.length} points`);
    assert.deepEqual(difference(again.filter(([t_s]) => t_s <= points[points.length - 1][0]), common), NONE);
  });

  test('rows that the stream loses, and those of a broken connection, are read from history', async () => {
    const other = await openScreen(server.url);
    try {
      const { page } = other;
      let skip = 0;
      let lost = 0;
      let cut = () => {};
      await page.routeWebSocket(/\/stream/, (socket) => {
        const upstream = socket.connectToServer();
        upstream.onMessage((message) => {
          if (skip > 0 && String(message).startsWith('{"row"')) {
            skip -= 1;
            lost += 1;
            return;
          }
          if (lost > 0 && skip === 0) {
            socket.send(JSON.stringify({ lost }));
            lost = 0;
          }
          socket.send(message);
        });
        cut = () => socket.close();
      });
      await page.reload();
      await page.locator('html[data-ready="true"]').waitFor();
      await server.post(`/api/sessions/${demo.id}/run`, { rate: 1200 });
      await record(page, demo.id, CO2);
      await until(async () => (await recorded(page)).live >= 10, 'the stream brings rows');
      skip = 12;
      await until(async () => skip === 0 && lost === 0, 'rows are taken away');
      const before = (await recorded(page)).live;
      await until(async () => (await recorded(page)).live >= before + 10, 'the stream goes on');
      cut();
      await page.locator('.lh-link', { hasText: 'no connection' }).waitFor();
      const between = (await recorded(page)).live;
      await until(async () => (await recorded(page)).live >= between + 40, 'the stream goes on after the cut');
      const { points } = await recorded(page);
      await stop(page);
      await server.post(`/api/sessions/${demo.id}/run`, { rate: demo.rate });
      assert.deepEqual(difference(points, await rowsOf(server, demo.id, CO2, points)), NONE);
      assert.deepEqual(other.outside, []);
    } finally {
      await other.close();
    }
  });

  test('a session is started from the screen, and a fault from the screen raises an alarm that is acknowledged', async () => {
    const { page } = screen;
    await screen.go('Sessions');
    await page.getByLabel('Name', { exact: true }).fill('Leak');
    await page.locator('.lh-form').getByLabel('Rate').selectOption('0');
    await page.getByRole('button', { name: 'Start session' }).click();
    const leak = await until(async () => (await server.get('/api/sessions')).find(({ name }) => name === 'Leak'), 'the session is there');
    await page.locator(`tr[data-session="${leak.id}"]`).waitFor();
    const tree = page.getByRole('tree', { name: 'Main Tree' });
    // The tree draws what is in sight.
    await tree.getByRole('button', { name: new RegExp(`^Collapse ${demo.name}`) }).click();
    await tree.getByRole('button', { name: /^Expand Leak/ }).waitFor();
    await screen.picture('sessions');

    await screen.address(`#/browse/habitat:sessions/habitat:s~${leak.id}/habitat:s~${leak.id}~page~commands`);
    const hull = page.locator('tr[data-unit="living.hull"]');
    await hull.waitFor();
    await hull.getByLabel('Fault of living.hull').selectOption({ index: 0 });
    await hull.getByLabel('Amount').fill('0.0005');
    await hull.getByRole('button', { name: 'Inject fault into living.hull' }).click();
    await page.locator('tr[data-unit="living.hull"]:not([data-mode="sound"])').waitFor();
    await screen.picture('commands');

    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await screen.go('Alarms');
    const alarm = page.locator('li.lh-alarm[data-state="unacknowledged"]', { hasText: 'p_total' }).first();
    await alarm.waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await screen.picture('alarms');
    const id = await alarm.getAttribute('data-alarm');
    await alarm.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator(`li.lh-alarm[data-alarm="${id}"][data-state="acknowledged"]`).waitFor();
    const listed = (await server.get(`/api/sessions/${leak.id}/alarms`)).find((one) => one.id === id);
    assert.equal(listed.state, 'acknowledged');
    assert.ok(listed.acknowledged_by, 'who acknowledged it is kept');

    await screen.go('Events');
    await page.locator('tr[data-kind="injection"]').first().waitFor();
    await page.locator('.lh-timeline circle').first().waitFor();
    await screen.picture('events');
  });

  test('an alarm is put aside with a reason and taken back', async () => {
    const { page } = screen;
    const [leak] = (await server.get('/api/sessions')).filter(({ name }) => name === 'Leak');
    await screen.go('Alarms');
    const open = page.locator('li.lh-alarm').filter({ has: page.getByRole('button', { name: 'Shelve …' }) }).first();
    const id = await open.getAttribute('data-alarm');
    await open.getByRole('button', { name: 'Shelve …' }).click();
    const form = page.locator(`li.lh-alarm[data-alarm="${id}"]`);
    await form.getByRole('button', { name: 'Shelve', exact: true }).click();
    await page.locator('.lh-verdict.is-error').filter({ hasText: 'why' }).waitFor();
    await form.getByLabel('Reason').fill('known, the hull leaks');
    await form.getByRole('button', { name: 'Shelve', exact: true }).click();
    await page.locator(`li.lh-alarm[data-alarm="${id}"][data-state="shelved"]`).waitFor();
    const shelved = (await server.get(`/api/sessions/${leak.id}/alarms`)).find((one) => one.id === id);
    assert.equal(shelved.shelving.why, 'known, the hull leaks');
    await form.getByRole('button', { name: 'Take back' }).click();
    await page.locator(`li.lh-alarm[data-alarm="${id}"]:not([data-state="shelved"])`).waitFor();
  });

  test('a set-point is held against the controller and given back', async () => {
    const { page } = screen;
    await screen.address(`#/browse/habitat:sessions/habitat:s~${demo.id}/habitat:s~${demo.id}~page~commands`);
    const control = page.locator('[data-set="living.ccaa.set_t_k"]');
    await control.getByRole('spinbutton').fill('21.5');
    await control.getByRole('button', { name: 'Set living.ccaa.set_t_k' }).click();
    await until(async () => Math.abs((await server.get(`/api/sessions/${demo.id}`)).held['living.ccaa.set_t_k'] - 294.65) < 1e-9, 'the set-point is held');
    await control.getByRole('button', { name: /^Give/ }).click();
    await until(async () => !('living.ccaa.set_t_k' in (await server.get(`/api/sessions/${demo.id}`)).held), 'the controller has it again');
  });

  test('what if: two controllers, a fan for each, and the risk', async () => {
    const { page } = screen;
    await screen.go('What if');
    const form = page.locator('.lh-form');
    await form.getByLabel('Controller', { exact: true }).selectOption('rules');
    await form.getByLabel('against').selectOption('hold');
    await form.getByLabel('Futures').selectOption('100');
    await form.getByLabel('Time').selectOption('24');
    await page.getByRole('button', { name: 'Look ahead' }).click();
    await page.locator('.lh-fan').nth(1).waitFor({ timeout: 180_000 });
    const paths = await page.locator('.lh-fan path').evaluateAll((all) => all.map((path) => path.getAttribute('d')));
    assert.equal(paths.length, 6, 'two bands and a median for each');
    assert.ok(paths.every((path) => path.split(/[ML]/).length > 10 && !path.includes('NaN')), 'every line has points');
    for (const name of ['rules', 'hold']) {
      const risk = await page.locator(`tr[data-controller="${name}"] td`).allTextContents();
      assert.match(risk[0], /%$/);
      assert.match(risk[1], /%/);
    }
    await screen.picture('what-if');
  });

  test('advice: an override is recorded with its reason', async () => {
    const { page } = screen;
    await screen.go('Advice');
    await page.getByRole('button', { name: 'Let people decide' }).click();
    await page.getByRole('heading', { name: /^Proposal/ }).waitFor();
    // Time stands still while somebody thinks.
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await until(async () => (await server.get(`/api/sessions/${demo.id}`)).status === 'paused', 'the session pauses');
    const proposal = await server.get(`/api/sessions/${demo.id}/advice`);
    await page.getByRole('heading', { name: `Proposal ${proposal.number}` }).waitFor();
    await screen.picture('advice-proposal');
    const [first] = proposal.proposed;
    const instead = page.getByLabel(`Instead for ${first.channel}`);
    const offered = Number(await instead.inputValue());
    // Half of it is within the range of every actuator that is not a temperature, and people are asked of no other.
    await instead.fill(String(offered === 0 ? 1 : offered / 2));
    await page.getByLabel('Reason of the override').fill('the crew is cold');
    await page.getByRole('button', { name: 'Override' }).click();
    const row = page.locator('tr[data-decision="overridden"]').first();
    await row.waitFor();
    await screen.picture('advice-decided');
    const history = await server.get(`/api/sessions/${demo.id}/advice/history`);
    const decided = history.find(({ number }) => number === proposal.number);
    assert.equal(decided.decision, 'overridden');
    assert.equal(decided.why, 'the crew is cold');
    const set = decided.commands.find(({ channel }) => channel === first.channel);
    assert.notEqual(set.value, first.value);
    await row.getByText('the crew is cold').waitFor();
    await page.getByRole('button', { name: 'Let the controller decide' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
  });

  test('counterfactual replay lays another controller over a recorded run', async () => {
    const { page } = screen;
    await screen.go('Replay');
    await page.getByLabel('Run', { exact: true }).selectOption(`session-${demo.id}`);
    await page.getByLabel('Controller instead').selectOption('hold');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.locator('.lh-chart .lh-curve.is-dashed').first().waitFor({ timeout: 180_000 });
    const curves = await page.locator('.lh-chart').first().locator('path.lh-curve').evaluateAll((all) => all.map((path) => path.getAttribute('d').length));
    assert.equal(curves.length, 2);
    assert.ok(curves.every((length) => length > 100), `${curves}`);
    await screen.picture('replay');
  });

  test('the crew and the other pages show what is there', async () => {
    const { page } = screen;
    await screen.address(`#/browse/habitat:sessions/habitat:s~${demo.id}/habitat:s~${demo.id}~page~crew`);
    await until(async () => (await page.locator('.lh-card .lh-badge').allTextContents()).every((text) => text !== '–'), 'everybody has a state');
    assert.equal(await page.locator('.lh-card').count(), demo.crew_size);
    await screen.picture('crew');
    await screen.go('Training');
    await page.getByText('No training is recorded').waitFor();
    await screen.address('#/browse/faults.taxonomy:faultManagement.view');
    await page.getByRole('listitem', { name: /Fault triggered/ }).first().waitFor();
    await screen.picture('fault-list');
    await screen.address(`#/browse/habitat:sessions/habitat:s~${demo.id}/habitat:s~${demo.id}~plot~power`);
    await page.locator('.gl-plot canvas').first().waitFor();
    await screen.picture('power');
  });

  test('the machine shows what the server does with it', async () => {
    const { page } = screen;
    await screen.go('Machine');
    const looks = await until(async () => {
      const view = await server.get('/api/machine');
      return view.looks.time_ms.length >= 3 ? view : null;
    }, 'the server has looked three times');
    assert.ok(looks.now.stages.some(({ name }) => name === 'session turn'), JSON.stringify(looks.now.stages));
    const points = async (title) => {
      const curve = page.getByRole('img', { name: new RegExp(`^${title},`) }).locator('path.lh-curve').last();
      return ((await curve.getAttribute('d')) ?? '').split(/[ML]/).length - 1;
    };
    await until(async () => (await points('Processors').catch(() => 0)) >= 3, 'the curve has three points');
    const before = await points('Processors');
    await page.getByRole('table', { name: 'Stages' }).getByText('session turn').waitFor();
    await page.getByRole('table', { name: 'Threads by name' }).waitFor();
    await until(async () => (await points('Processors')) > before, 'the curve goes on');
    await screen.picture('machine');
  });

  test('a wide screen', async () => {
    const wide = await openScreen(server.url, { width: 1920, height: 1080 });
    try {
      await wide.page.locator('.lh-schematic').waitFor();
      await wide.page.locator('.gl-plot canvas').first().waitFor();
      await until(async () => /\d/.test(await wide.page.locator('.lh-schematic .lh-number').first().textContent()), 'numbers are there');
      await wide.page.waitForTimeout(2000);
      await wide.picture('overview-1920');
      const overflow = await wide.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
      assert.deepEqual(wide.errors, []);
    } finally {
      await wide.close();
    }
  });

  test('nothing left the machine, and nothing went wrong on the way', () => {
    assert.deepEqual(screen.outside, []);
    assert.deepEqual(screen.refused, []);
    assert.deepEqual(screen.errors, []);
  });
});

/** What two lists of points do not have in common. */
const NONE = { missing: [], foreign: [], doubled: [], disordered: [] };

/** How the points of a plot differ from those they should be. */
function difference(points, wanted) {
  const text = (list) => new Set(list.map((point) => JSON.stringify(point)));
  const [have, want] = [text(points), text(wanted)];
  return {
    missing: [...want].filter((point) => !have.has(point)),
    foreign: [...have].filter((point) => !want.has(point)),
    doubled: points.filter(([t_s], at) => at > 0 && t_s === points[at - 1][0]),
    disordered: points.filter(([t_s], at) => at > 0 && t_s < points[at - 1][0])
  };
}

/** Address of a channel in the tree. */
function channelAddress(session, channel) {
  const [place, unit] = channel.split('.');
  const base = `habitat:s~${session}`;
  return `#/browse/habitat:sessions/${base}/${base}~place~${place}/${base}~unit~${place}.${unit}/${base}~channel~${channel}`;
}

/** The rows of the server over the span of some points, as pairs of mission time and value. */
async function rowsOf(server, session, channel, points) {
  const [from_s, to_s] = [points[0][0], points[points.length - 1][0]];
  const rows = await server.get(`/api/sessions/${session}/rows?channels=${channel}&from_s=${from_s}&to_s=${to_s}&most=100000`);
  return rows.t_s.map((t_s, at) => [t_s, rows.values[channel][at]]);
}
