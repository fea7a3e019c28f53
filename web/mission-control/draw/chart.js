import { html, svg } from './element.js';
import { plain } from './number.js';

/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {number[]} x
 * @property {(number|null)[]} y null or NaN is a gap
 * @property {string} [className] of the path, for its colour
 * @property {boolean} [isDashed]
 */

/**
 * @typedef {object} Fan quantiles of many futures
 * @property {string} name
 * @property {number[]} x
 * @property {number[][]} bands pairs of lower and upper, widest first: [p05, p95, p25, p75]
 * @property {number[]} median
 * @property {string} className
 */

/**
 * @typedef {object} Level a horizontal line
 * @property {number} y
 * @property {string} className
 * @property {string} text
 */

const MARGIN = { left: 58, right: 14, top: 22, bottom: 30 };

/** Round numbers between two values, about `count` of them. @returns {number[]} */
export function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) {
    return [low];
  }
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at += 1) {
    found.push(at * step);
  }
  return found;
}

/** Steps of mission time that are read well, s: minutes, hours, days. */
const TIMES = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];

/** Round mission times between two values, at most `count` of them. @returns {number[]} */
function times(from, to, count) {
  const step = TIMES.find((one) => (to - from) / one <= count) ?? TIMES[TIMES.length - 1];
  const found = [];
  for (let at = Math.ceil(from / step); at * step <= to; at += 1) {
    found.push(at * step);
  }
  return found;
}

/** A path through points; gaps break it. */
function path(x, y, toX, toY) {
  let text = '';
  let isOpen = false;
  for (let at = 0; at < x.length; at += 1) {
    const value = y[at];
    if (value === null || value === undefined || !Number.isFinite(value)) {
      isOpen = false;
      continue;
    }
    text += `${isOpen ? 'L' : 'M'}${toX(x[at]).toFixed(1)} ${toY(value).toFixed(1)}`;
    isOpen = true;
  }
  return text;
}

/** The area between two curves. */
function area(x, low, high, toX, toY) {
  const there = x.map((_, at) => at).filter((at) => Number.isFinite(low[at]) && Number.isFinite(high[at]));
  if (there.length < 2) {
    return '';
  }
  const up = there.map((at) => `${toX(x[at]).toFixed(1)} ${toY(high[at]).toFixed(1)}`);
  const down = there.reverse().map((at) => `${toX(x[at]).toFixed(1)} ${toY(low[at]).toFixed(1)}`);
  return `M${up.join('L')}L${down.join('L')}Z`;
}

/**
 * A chart of curves and fans over a common x.
 *
 * @param {object} asked
 * @param {string} asked.title
 * @param {string} asked.unit symbol at the y axis
 * @param {Curve[]} [asked.curves]
 * @param {Fan[]} [asked.fans]
 * @param {Level[]} [asked.levels] limits; they stretch the scale only when they are near
 * @param {(x: number) => string} asked.textOfX
 * @param {boolean} [asked.isTime] x is mission time, s
 * @param {number} [asked.width]
 * @param {number} [asked.height]
 * @returns {HTMLElement} a figure with a legend
 */
export function chart({ title, unit, curves = [], fans = [], levels = [], textOfX, isTime = false, width = 720, height = 260 }) {
  const xs = [...curves, ...fans].flatMap(({ x }) => [x[0], x[x.length - 1]]).filter(Number.isFinite);
  const all = [];
  curves.forEach(({ y }) => all.push(y));
  fans.forEach(({ bands, median }) => all.push(...bands, median));
  let low = Infinity;
  let high = -Infinity;
  for (const values of all) {
    for (const value of values) {
      if (Number.isFinite(value) && value !== null) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  if (!Number.isFinite(low) || xs.length === 0) {
    return html('figure', { class: 'lh-chart' }, html('figcaption', {}, title), html('p', { class: 'lh-quiet' }, 'No values yet.'));
  }
  const span = high - low;
  const near = levels.filter(({ y }) => y > low - span * 2 && y < high + span * 2);
  near.forEach(({ y }) => {
    low = Math.min(low, y);
    high = Math.max(high, y);
  });
  const pad = (high - low || Math.abs(high) * 0.1 || 1) * 0.06;
  low -= pad;
  high += pad;
  const from = Math.min(...xs);
  const to = Math.max(...xs);
  const toX = (x) => MARGIN.left + ((x - from) / (to - from || 1)) * (width - MARGIN.left - MARGIN.right);
  const toY = (y) => height - MARGIN.bottom - ((y - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom);

  const marks = ticks(low, high, height / 55);
  const digits = marks.length < 2 ? 2 : Math.max(0, Math.ceil(-Math.log10(marks[1] - marks[0]) - 1e-9));
  const textOfY = (y) => (digits > 4 ? plain(y, 2) : plain(y, digits));
  const textOfReading = (y) => plain(y, Math.min(6, digits + 1));
  const grid = marks.map((y) => [
    svg('line', { class: 'lh-grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: toY(y), y2: toY(y) }),
    svg('text', { class: 'lh-tick', x: MARGIN.left - 6, y: toY(y) + 4, 'text-anchor': 'end' }, textOfY(y))
  ]);
  const count = Math.max(2, Math.floor(width / 130));
  const along = (isTime ? times(from, to, count) : ticks(from, to, count)).map((x) => {
    const isEdge = toX(x) > width - MARGIN.right - 30;
    return svg('text', { class: 'lh-tick', x: toX(x), y: height - 10, 'text-anchor': isEdge ? 'end' : 'middle' }, textOfX(x));
  });
  const drawn = [
    ...near.map(({ y, className, text }) =>
      svg('g', {}, svg('line', { class: `lh-level ${className}`, x1: MARGIN.left, x2: width - MARGIN.right, y1: toY(y), y2: toY(y) }),
        svg('text', { class: `lh-tick ${className}`, x: width - MARGIN.right, y: toY(y) - 3, 'text-anchor': 'end' }, text))
    ),
    ...fans.map(({ x, bands, median, className }) =>
      svg('g', { class: `lh-fan ${className}` },
        ...Array.from({ length: bands.length / 2 }, (_, at) =>
          svg('path', { class: 'lh-band', d: area(x, bands[2 * at], bands[2 * at + 1], toX, toY) })),
        svg('path', { class: 'lh-curve', d: path(x, median, toX, toY) }))
    ),
    ...curves.map(({ x, y, className = 'lh-c0', isDashed }) =>
      svg('path', { class: `lh-curve ${className}${isDashed ? ' is-dashed' : ''}`, d: path(x, y, toX, toY) })
    )
  ];
  const cursor = svg('line', { class: 'lh-cursor', y1: MARGIN.top, y2: height - MARGIN.bottom, visibility: 'hidden' });
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}, ${unit}` },
    grid, along, svg('text', { class: 'lh-tick', x: 4, y: MARGIN.top - 10 }, unit), drawn, cursor);
  const entries = [...curves, ...fans];
  const readings = entries.map(() => html('b', {}, ''));
  const legend = html('div', { class: 'lh-legend' },
    entries.map(({ name, className = 'lh-c0', isDashed }, at) =>
      html('span', { class: `lh-key ${className}${isDashed ? ' is-dashed' : ''}` }, html('i', {}), name, ' ', readings[at])));
  const moment = html('span', { class: 'lh-quiet' });
  legend.append(moment);
  picture.addEventListener('pointermove', (event) => {
    const place = picture.getBoundingClientRect();
    const x = ((event.clientX - place.left) / place.width) * width;
    const value = from + ((x - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * (to - from);
    if (value < from || value > to) {
      return;
    }
    cursor.setAttribute('x1', toX(value));
    cursor.setAttribute('x2', toX(value));
    cursor.setAttribute('visibility', 'visible');
    moment.textContent = textOfX(value);
    entries.forEach(({ x: known, y, median }, at) => {
      const nearest = closest(known, value);
      const reading = (y ?? median)[nearest];
      readings[at].textContent = Number.isFinite(reading) ? textOfReading(reading) : '–';
    });
  });
  return html('figure', { class: 'lh-chart' }, html('figcaption', {}, title), picture, legend);
}

/** Place of the value of a sorted list that is closest to `value`. */
function closest(list, value) {
  let low = 0;
  let high = list.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return Math.abs(list[high] - value) < Math.abs(list[low] - value) ? high : low;
}
