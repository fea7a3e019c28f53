import { get, post, query, sessionPath } from '../habitat/api.js';
import { action, choice, html, show, verdict } from '../draw/element.js';
import { duration, missionTime, shown } from '../draw/number.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';

/** Priorities, the most urgent first. */
const PRIORITIES = ['critical', 'high', 'medium', 'low'];
/** How long an alarm can be put aside, s of mission time: an hour to a shift. */
const SHELVES = [
  ['3600', '1 hour'],
  ['7200', '2 hours'],
  ['28800', '8 hours']
];
/** Time between two readings of the list where the stream brings no alarm, s. */
const EVERY_S = 3;

/**
 * @typedef {object} Active an alarm in the list, see the server
 * @property {string} id
 * @property {string} channel
 * @property {string} quantity in words
 * @property {string} state
 * @property {string} priority
 * @property {number} since_s
 * @property {number|null} value
 * @property {number|null} limit
 * @property {string} unit
 * @property {boolean} first_out
 * @property {string|null} acknowledged_by
 * @property {{who: string, why: string, until_s: number}|null} shelving
 * @property {string} text
 * @property {string[]} suspects units whose fault it is taken to be
 */

/** The alarms of a session: acknowledge, put aside with a reason, take back. @type {import('../tree/views.js').Page} */
export function open(element, { session, feed }) {
  const ending = endings();
  const { element: said, say } = verdict();
  const list = html('ul', { class: 'lh-alarms', 'aria-label': 'Alarms' });
  const counts = html('span', { class: 'lh-counts' });
  let isAll = false;
  const filter = html('button', { type: 'button', class: 'lh-button is-small', 'aria-pressed': 'false' }, 'Show all');
  filter.addEventListener('click', () => {
    isAll = !isAll;
    filter.setAttribute('aria-pressed', String(isAll));
    filter.textContent = isAll ? 'Show open' : 'Show all';
    read();
  });
  show(element, html('header', { class: 'lh-head' }, html('h2', {}, 'Alarms'), counts, filter), said, list);
  element.classList.add('is-alarms');

  /** The alarm whose form is open, so that a new list does not close it. */
  let shelving = null;
  let known = '';

  async function read() {
    try {
      const alarms = await get(sessionPath(session, `alarms${query({ all: isAll ? true : undefined })}`));
      if (!ending.isOver && shelving === null) {
        draw(alarms);
      }
    } catch (error) {
      say(error);
    }
  }

  function draw(alarms) {
    const text = JSON.stringify(alarms);
    if (text === known) {
      return;
    }
    known = text;
    const sorted = [...alarms].sort(
      (a, b) => rank(a) - rank(b) || b.since_s - a.since_s || a.id.localeCompare(b.id)
    );
    const raised = alarms.filter(({ state }) => state === 'unacknowledged' || state === 'returned').length;
    counts.textContent = alarms.length === 0 ? '' : `${raised} of ${alarms.length} to acknowledge`;
    show(
      list,
      sorted.length === 0
        ? html('li', { class: 'lh-quiet' }, 'No alarm is open.')
        : sorted.map((alarm) => item(alarm))
    );
  }

  function item(alarm) {
    const waits = alarm.state === 'unacknowledged' || alarm.state === 'returned';
    const failed = (error) => {
      say(error);
      known = '';
      read();
    };
    const buttons = html('div', { class: 'lh-row' });
    if (waits) {
      buttons.append(
        action('Acknowledge', () => post(sessionPath(session, 'alarms/acknowledge'), { id: alarm.id }), failed, {
          'aria-label': `Acknowledge ${alarm.text}`
        })
      );
    }
    if (alarm.shelving !== null && alarm.shelving !== undefined) {
      buttons.append(action('Take back', () => post(sessionPath(session, 'alarms/unshelve'), { id: alarm.id }), failed));
    } else if (alarm.priority !== 'critical') {
      const shelve = html('button', { type: 'button', class: 'lh-button' }, 'Shelve …');
      shelve.addEventListener('click', () => {
        shelving = alarm.id;
        buttons.replaceWith(shelfForm(alarm, failed));
      });
      buttons.append(shelve);
    }
    const standing = alarm.value === null || alarm.value === undefined
      ? 'no value'
      : `${shown(alarm.value, alarm.unit, alarm.channel)}${alarm.limit === null || alarm.limit === undefined ? '' : `, limit ${shown(alarm.limit, alarm.unit, alarm.channel)}`}`;
    // The score of an anomaly is no channel of the habitat: there is no plot to go to, and it has no unit.
    const isScore = alarm.channel.includes('.anomaly_');
    const where = isScore
      ? null
      : html('p', { class: 'lh-quiet' }, html('a', { href: addressOf(session, 'channel', alarm.channel) }, alarm.channel), ` · ${standing}`);
    return html(
      'li',
      { class: `lh-alarm is-${alarm.priority} is-${alarm.state}`, 'data-alarm': alarm.id, 'data-state': alarm.state },
      html('div', { class: 'lh-alarm-head' },
        html('span', { class: `lh-priority is-${alarm.priority}` }, alarm.priority),
        html('span', { class: 'lh-state' }, alarm.state.replace('_', ' ')),
        alarm.first_out ? html('span', { class: 'lh-first', title: 'First alarm of its group' }, 'first') : null,
        html('time', {}, missionTime(alarm.since_s))),
      html('p', {}, alarm.text),
      where,
      isScore && alarm.suspects.length > 0 ? html('p', { class: 'lh-quiet' }, `Look at ${alarm.suspects.join(', ')}.`) : null,
      alarm.acknowledged_by ? html('p', { class: 'lh-quiet' }, `Acknowledged by ${alarm.acknowledged_by}.`) : null,
      alarm.shelving
        ? html('p', { class: 'lh-quiet' }, `Shelved by ${alarm.shelving.who} until ${missionTime(alarm.shelving.until_s)}: ${alarm.shelving.why}`)
        : null,
      buttons
    );
  }

  function shelfForm(alarm, done) {
    const why = html('input', { type: 'text', 'aria-label': 'Reason', placeholder: 'Reason', required: true });
    const length = choice({ 'aria-label': 'How long' }, SHELVES, '3600');
    const close = () => {
      shelving = null;
      known = '';
      read();
    };
    const put = action('Shelve', async () => {
      if (why.value.trim() === '') {
        throw new Error('Say why the alarm is put aside.');
      }
      const until_s = (feed.t_s ?? alarm.since_s) + Number(length.value);
      await post(sessionPath(session, 'alarms/shelve'), { id: alarm.id, until_s, why: why.value.trim() });
      shelving = null;
    }, (error) => (error === null ? done(null) : say(error)));
    const cancel = html('button', { type: 'button', class: 'lh-button', onclick: close }, 'Cancel');
    setTimeout(() => why.focus(), 0);
    return html('div', { class: 'lh-row' }, why, length, put, cancel);
  }

  ending.add(feed.hold());
  const look = () => read();
  feed.addEventListener('alarm', look);
  ending.add(() => feed.removeEventListener('alarm', look));
  ending.every(EVERY_S, read);
  read();
  return ending.end;
}

function rank({ state, priority }) {
  const waits = state === 'unacknowledged' ? 0 : state === 'returned' ? 1 : state === 'shelved' ? 3 : 2;
  return waits * 10 + PRIORITIES.indexOf(priority);
}

/** A short text of how many alarms there are, for the bar. */
export function summary({ critical = 0, high = 0, medium = 0, low = 0, unacknowledged = 0 } = {}) {
  const total = critical + high + medium + low;
  if (total === 0) {
    return { text: 'No alarms', level: 'nominal' };
  }
  const level = critical + high > 0 ? 'warning' : medium > 0 ? 'caution' : 'nominal';
  return { text: `${total} alarm${total === 1 ? '' : 's'}, ${unacknowledged} new`, level };
}

/** How long ago, for people. @param {number} now_s @param {number} since_s */
export function ago(now_s, since_s) {
  return `${duration(Math.max(0, now_s - since_s))} ago`;
}
