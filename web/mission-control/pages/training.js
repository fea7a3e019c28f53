import { get, query } from '../habitat/api.js';
import { chart } from '../draw/chart.js';
import { choice, html, labelled, show, verdict } from '../draw/element.js';
import { duration, plain } from '../draw/number.js';
import { endings } from '../tree/views.js';
import { nameOf } from './replay.js';

/** Stream of a training in which a row is an update, over the wall time. */
const STREAM = 'metrics';
/** Rows of a curve. */
const MOST = 1500;

/** Trainings: their curves, and what they have used. @type {import('../tree/views.js').Page} */
export function open(element) {
  const ending = endings();
  const { element: said, say } = verdict();
  const form = html('div', { class: 'lh-form' });
  const facts = html('div', { class: 'lh-result' });
  const curves = html('div', { class: 'lh-grid-of-charts' });
  show(element, html('header', { class: 'lh-head' }, html('h2', {}, 'Training')), form, said, facts, curves);
  const along = choice({}, [['decisions', 'decisions'], ['wall', 'wall time']], 'decisions');
  const list = choice({}, []);
  let known = '';

  async function read() {
    try {
      const runs = await get(`/api/runs${query({ kind: 'train' })}`);
      const text = JSON.stringify(runs.map(({ name }) => name));
      if (ending.isOver) {
        return;
      }
      if (runs.length === 0) {
        show(form, html('p', { class: 'lh-quiet' }, 'No training is recorded. `lunar-habitat train --store` records one.'));
        show(facts);
        show(curves);
        return;
      }
      if (text !== known) {
        known = text;
        const chosen = list.value;
        show(list, [...runs].sort((a, b) => b.started_ms - a.started_ms).map(({ name }) => html('option', { value: name, selected: name === chosen }, name)));
        show(form, labelled('Run', list), labelled('Over', along));
      }
      await draw(runs.find(({ name }) => name === list.value));
    } catch (error) {
      say(error);
    }
  }

  async function draw(run) {
    if (run === undefined) {
      return;
    }
    const path = `/api/runs/${encodeURIComponent(run.name)}`;
    const results = await get(`${path}/results`).catch(() => null);
    if (!(run.streams ?? []).some((stream) => nameOf(stream) === STREAM)) {
      show(facts, table(run, results, null));
      show(curves, html('p', { class: 'lh-quiet' }, 'This run has no metrics yet.'));
      return;
    }
    const channels = await get(`${path}/channels${query({ stream: STREAM })}`);
    const ids = channels.map((channel) => (typeof channel === 'string' ? channel : channel.id));
    const rows = await get(`${path}/rows${query({ stream: STREAM, channels: ids, most: MOST })}`);
    if (ending.isOver) {
      return;
    }
    const decisions = rows.values.decisions ?? [];
    const isWall = along.value === 'wall' || decisions.length === 0;
    const x = isWall ? rows.t_s : decisions;
    const textOfX = isWall ? duration : (value) => plain(value, 0);
    show(facts, table(run, results, rows));
    show(curves, ids.filter((id) => id !== 'decisions').map((id, at) =>
      chart({ title: id.replaceAll('_', ' '), unit: '', curves: [{ name: id, x, y: rows.values[id] ?? [], className: `lh-c${at % 6}` }], textOfX, width: 460, height: 200 })));
  }

  list.addEventListener('change', read);
  along.addEventListener('change', read);
  ending.every(5, read);
  read();
  return ending.end;
}

/** What is known of a run: its state, and what it has used and reached. */
function table(run, results, rows) {
  const facts = new Map([['state', run.status], ['started', new Date(run.started_ms).toISOString().replace('T', ' ').slice(0, 19)]]);
  const number = (value) => plain(value, Number.isInteger(value) ? 0 : 3);
  if (rows !== null && rows.t_s.length > 0) {
    const wall_s = rows.t_s[rows.t_s.length - 1];
    const done = rows.values.decisions?.at(-1);
    facts.set('updates', number(rows.t_s.length)).set('wall time', duration(wall_s));
    if (Number.isFinite(done)) {
      facts.set('decisions', number(done));
      if (wall_s > 0) {
        facts.set('decisions a second', plain(done / wall_s, 0));
      }
    }
  }
  const reached = results !== null && typeof results === 'object' ? Object.entries(results) : [];
  for (const [name, value] of reached) {
    if (value !== null && typeof value !== 'object' && !['wall_s', 'dir'].includes(name)) {
      const isTime = name.endsWith('_s') && typeof value === 'number';
      const text = isTime ? duration(value) : typeof value === 'number' ? number(value) : String(value);
      facts.set({ cpu_s: 'processor time', peak_mb: 'memory at most, MB' }[name] ?? name.replaceAll('_', ' '), text);
    }
  }
  return html('dl', { class: 'lh-dl' }, [...facts].map(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]));
}
