import { get } from '../habitat/api.js';
import { chart } from '../draw/chart.js';
import { html, show, verdict } from '../draw/element.js';
import { plain } from '../draw/number.js';
import { endings } from '../tree/views.js';

/** Time between two looks, s: that of the server. */
const EVERY = 5;

const percent = (share) => (share === null ? null : 100 * share);
const mega = (bytes) => (bytes === null ? null : bytes / 1e6);
const same = (value) => value;

/** Charts: title, unit, how a value is shown, and columns with their names. */
const CHARTS = [
  ['Processors', '%', percent, [['all', 'processors'], ['this program', 'own_processors']]],
  ['Memory', 'MB', mega, [['in use', 'memory_bytes'], ['this program', 'own_bytes']]],
  ['Waiting', '% of time', percent, [['for processors', 'processor_stall'], ['for memory', 'memory_stall'], ['for disks', 'disk_stall']]],
  ['Disks', 'MB/s', mega, [['read', 'read_s'], ['written', 'written_s']]],
  ['Networks', 'MB/s', mega, [['received', 'received_s'], ['sent', 'sent_s']]],
  ['Workers', '% busy', percent, [['for what somebody waits for', 'foreground_busy'], ['for what runs by itself', 'background_busy']]],
  ['Tasks that wait for a worker', '', same, [['tasks', 'tasks_waiting']]]
];

/** The machine that the server runs on, and what the server does with it. @type {import('../tree/views.js').Page} */
export function open(element) {
  const ending = endings();
  const { element: said, say } = verdict();
  const facts = html('div', { class: 'lh-result' });
  const curves = html('div', { class: 'lh-grid-of-charts' });
  const parts = html('div', { class: 'lh-columns' });
  show(element, html('header', { class: 'lh-head' }, html('h2', {}, 'Machine')), said, facts, curves, parts);

  async function read() {
    try {
      const { looks, now } = await get('/api/machine');
      if (ending.isOver) {
        return;
      }
      say(null);
      if (looks.time_ms.length === 0) {
        show(facts, html('p', { class: 'lh-quiet' }, `The first look comes ${EVERY} s after the server began.`));
        return;
      }
      show(facts, standing(now, looks));
      show(curves, CHARTS.map(([title, unit, scale, columns]) => drawn(title, unit, scale, columns, looks)));
      show(parts,
        html('div', {},
          table('Threads by name', ['thread', 'number', 'processors'], now.threads.map(({ name, count, busy }) => [name, plain(count, 0), plain(busy, 3)])),
          table('Disks', ['disk', 'busy, %'], now.disks.map(({ name, busy }) => [name, plain(100 * busy, 1)]))),
        html('div', {},
          table('Stages', ['stage', 'runs', 'processors'], now.stages.map(({ name, count, busy }) => [name, plain(count, 0), plain(busy, 3)])),
          table('Memory by part', ['memory of', 'MB', 'at most'],
            now.accounts.map(({ name, used_bytes, peak_bytes }) => [name, plain(mega(used_bytes), 1), plain(mega(peak_bytes), 1)]))));
    } catch (error) {
      say(error);
    }
  }

  ending.every(EVERY, read);
  read();
  return ending.end;
}

/** A chart of columns over the time of day; what the system does not tell is no curve. */
function drawn(title, unit, scale, columns, looks) {
  const x = looks.time_ms.map((ms) => ms / 1000);
  const told = columns.filter(([, key]) => looks[key].some((value) => value !== null));
  // Minutes and hours along the axis, tens of seconds while there are few looks.
  const isTime = x.at(-1) - x[0] >= 300;
  const curves = told.map(([name, key], at) => ({ name, x, y: looks[key].map(scale), className: `lh-c${at}` }));
  return chart({ title, unit, curves, textOfX: clock, isTime, width: 460, height: 180 });
}

/** Time of day here. */
function clock(s) {
  return new Date(s * 1000).toTimeString().slice(0, 8);
}

/** How things stand. */
function standing(now, looks) {
  const facts = new Map();
  const last = (key) => looks[key].at(-1);
  facts.set('processors', now.processors.length === 0 ? '–' : now.processors.map((busy) => `${plain(100 * busy, 0)} %`).join(', '));
  if (now.load.length > 0) {
    facts.set('tasks over 1, 5, 15 min', now.load.map((load) => plain(load, 2)).join(', '));
  }
  const total = now.memory_total_bytes;
  facts.set('memory', total === null ? '–' : `${plain(mega(last('memory_bytes')), 0)} of ${plain(mega(total), 0)} MB`);
  facts.set('left for this program', `${plain(mega(now.memory_left_bytes), 0)} MB`);
  for (const { name, busy, used_bytes, total_bytes } of now.gpus) {
    facts.set(name, `${plain(100 * busy, 0)} %, ${plain(mega(used_bytes), 0)} of ${plain(mega(total_bytes), 0)} MB`);
  }
  return html('dl', { class: 'lh-dl' }, [...facts].map(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]));
}

/** A table of names and numbers, each of which is text; nothing where there are no rows. */
function table(title, head, rows) {
  return rows.length === 0 ? null : html('table', { class: 'lh-table', 'aria-label': title },
    html('thead', {}, html('tr', {}, head.map((text) => html('th', {}, text)))),
    html('tbody', {}, rows.map(([name, ...numbers]) =>
      html('tr', {}, html('th', {}, name), numbers.map((number) => html('td', { class: 'lh-number' }, number))))));
}
