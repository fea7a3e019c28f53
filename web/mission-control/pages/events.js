import { get, query, sessionPath } from '../habitat/api.js';
import { choice, html, labelled, show, svg, verdict } from '../draw/element.js';
import { missionTime } from '../draw/number.js';
import { ticks } from '../draw/chart.js';
import { endings } from '../tree/views.js';

/** Most events that are read at once. */
const MOST = 500;
/** Size of the time line. */
const WIDTH = 1000;
const LANE = 26;

/**
 * @typedef {object} HabitatEvent
 * @property {number} t_s
 * @property {string} kind
 * @property {string} severity
 * @property {string} source
 * @property {string} text
 */

/** What happened: a time line with a lane for each kind, and the list. @type {import('../tree/views.js').Page} */
export function open(element, { session, feed }) {
  const ending = endings();
  const { element: said, say } = verdict();
  const line = html('div', { class: 'lh-timeline' });
  const table = html('tbody', {});
  const kinds = choice({ 'aria-label': 'Kind' }, [['', 'all kinds']], '');
  /** @type {HabitatEvent[]} */
  let events = [];
  let timer = null;

  show(
    element,
    html('header', { class: 'lh-head' }, html('h2', {}, 'Events'), labelled('Kind', kinds)),
    said,
    line,
    html('table', { class: 'lh-table' },
      html('thead', {}, html('tr', {}, ['Mission time', 'Kind', 'Severity', 'Source', 'What'].map((text) => html('th', { scope: 'col' }, text)))),
      table)
  );
  kinds.addEventListener('change', draw);

  async function read() {
    try {
      events = await get(sessionPath(session, `events${query({ most: MOST })}`));
      if (!ending.isOver) {
        draw();
      }
    } catch (error) {
      say(error);
    }
  }

  function draw() {
    const chosen = kinds.value;
    const all = [...new Set(events.map(({ kind }) => kind))].sort();
    show(kinds, html('option', { value: '' }, 'all kinds'), all.map((kind) => html('option', { value: kind, selected: kind === chosen }, kind)));
    const seen = events.filter(({ kind }) => chosen === '' || kind === chosen).sort((a, b) => b.t_s - a.t_s);
    show(line, picture(seen, feed.t_s));
    show(
      table,
      seen.length === 0
        ? html('tr', {}, html('td', { colspan: 5, class: 'lh-quiet' }, 'Nothing has happened yet.'))
        : seen.map((event) =>
            html('tr', { 'data-kind': event.kind, 'data-severity': event.severity },
              html('td', { class: 'lh-nowrap' }, missionTime(event.t_s)),
              html('td', {}, event.kind),
              html('td', {}, html('span', { class: `lh-severity is-${event.severity}` }, event.severity)),
              html('td', {}, event.source),
              html('td', {}, event.text)))
    );
  }

  // Many events may come at once; the list is read once for them.
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = null;
      read();
    }, 500);
  };
  ending.add(feed.hold(), () => clearTimeout(timer));
  for (const kind of ['event', 'alarm']) {
    feed.addEventListener(kind, soon);
    ending.add(() => feed.removeEventListener(kind, soon));
  }
  ending.every(5, read);
  read();
  return ending.end;
}

/** The time line: a lane for each kind, a mark for each event. */
function picture(events, now_s) {
  if (events.length === 0) {
    return null;
  }
  const lanes = [...new Set(events.map(({ kind }) => kind))].sort();
  const from = Math.min(...events.map(({ t_s }) => t_s));
  const to = Math.max(now_s ?? 0, ...events.map(({ t_s }) => t_s), from + 60);
  const height = lanes.length * LANE + 26;
  const toX = (t_s) => 120 + ((t_s - from) / (to - from)) * (WIDTH - 140);
  const hours = ticks(from / 3600, to / 3600, 6);
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': 'Time line of events' },
    hours.map((hour) => {
      const x = toX(hour * 3600);
      return [
        svg('line', { class: 'lh-grid', x1: x, x2: x, y1: 0, y2: height - 22 }),
        svg('text', { class: 'lh-tick', x, y: height - 6, 'text-anchor': x > WIDTH - 60 ? 'end' : 'middle' }, missionTime(hour * 3600))
      ];
    }),
    lanes.map((kind, at) => [
      svg('text', { class: 'lh-tick', x: 4, y: at * LANE + 17 }, kind),
      svg('line', { class: 'lh-grid', x1: 120, x2: WIDTH - 20, y1: at * LANE + 13, y2: at * LANE + 13 })
    ]),
    events.map(({ t_s, kind, severity, text }) =>
      svg('circle', { class: `lh-event is-${severity}`, cx: toX(t_s), cy: lanes.indexOf(kind) * LANE + 13, r: 5 },
        svg('title', {}, `${missionTime(t_s)}: ${text}`))));
}
