import { get, sessionPath } from '../habitat/api.js';
import { brief, capital, Catalogue, spoken, standing } from '../habitat/catalogue.js';
import { html, show, svg, verdict } from '../draw/element.js';
import { figure, symbolOf } from '../draw/number.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';
import { standingOf } from './commands.js';
import { faultForm } from './fault-form.js';
import { setPoint } from './set-point.js';

/** Points of a small curve. */
const SMALL = { points: 120, width: 150, height: 26, span_s: 6 * 3600 };
/** Kinds in words. */
const KINDS = { sensed: 'instrument', commanded: 'command', true: 'true value' };

/** A unit, or every unit of a place: channels with live values and limits, set-points, faults. */
export function open(element, { session, feed, parts }) {
  const ending = endings();
  const [, , kind, name] = parts;
  const { element: said, say } = verdict();
  show(element, said);
  Catalogue.of(session).then((catalogue) => {
    if (ending.isOver) {
      return;
    }
    const owners = kind === 'unit' ? [name] : catalogue.units.filter((owner) => owner.startsWith(`${name}.`));
    const title = kind === 'unit' ? `${spoken(name.split('.')[1])}, ${spoken(name.split('.')[0])}` : spoken(name);
    const rows = [];
    const sections = owners.map((owner) => {
      const channels = catalogue.ofUnit(owner);
      const fault = html('div', { class: 'lh-row' });
      return {
        owner,
        fault,
        element: html('section', { class: 'lh-unit-section', 'aria-label': owner },
          html('header', { class: 'lh-head' },
            kind === 'unit' ? null : html('h3', {}, html('a', { href: addressOf(session, 'unit', owner) }, capital(spoken(owner.split('.')[1])))), fault),
          html('table', { class: 'lh-table' },
            html('thead', {}, html('tr', {}, ['Channel', 'Kind', 'Value', 'Unit', 'Limits', 'Last 6 h', 'Set'].map((text) => html('th', { scope: 'col' }, text)))),
            html('tbody', {}, channels.map((channel) => {
              const made = row(session, channel, say);
              rows.push(made);
              return made.element;
            }))))
      };
    });
    show(element, html('header', { class: 'lh-head' }, html('h2', {}, title)), said, sections.map((one) => one.element));
    ending.add(feed.watch(rows.map(({ channel }) => channel.id), (latest) => rows.forEach((one) => one.update(latest.get(one.channel.id)))));
    const curves = () => small(feed, rows).catch(() => {});
    curves();
    ending.every(10, curves);
    faults(session, sections, say, ending);
  }, say);
  return ending.end;
}

function row(session, channel, say) {
  const value = html('td', { class: 'lh-number', 'data-channel': channel.id }, '–');
  const curve = html('td', {});
  const control = channel.kind === 'commanded' && channel.actuator ? setPoint(session, channel, say) : null;
  return {
    channel,
    curve,
    update(now) {
      value.textContent = figure(now, channel.unit, channel.id);
      value.setAttribute('data-standing', standing(channel, now));
      control?.update(now);
    },
    element: html('tr', {},
      html('th', { scope: 'row' },
        html('a', { href: addressOf(session, 'channel', channel.id), title: channel.source }, channel.id.split('.').slice(2).join('.')),
        html('span', { class: 'lh-quiet' }, brief(channel))),
      html('td', {}, KINDS[channel.kind] ?? channel.kind),
      value,
      html('td', {}, symbolOf(channel.unit, channel.id)),
      html('td', { class: 'lh-quiet' }, limits(channel)),
      curve,
      html('td', {}, control === null ? null : control.element))
  };
}

/** Limits of a channel in words. */
function limits(channel) {
  if (!channel.limits) {
    return 'no limits';
  }
  const text = (value) => (typeof value === 'number' ? figure(value, channel.unit, channel.id) : null);
  const { warning_low, caution_low, caution_high, warning_high } = channel.limits;
  const span = (low, high) => {
    const [from, to] = [text(low), text(high)];
    return from === null && to === null ? null : from === null ? `≤ ${to}` : to === null ? `≥ ${from}` : `${from} … ${to}`;
  };
  const caution = span(caution_low, caution_high);
  const warning = span(warning_low, warning_high);
  return [caution === null ? null : html('span', { class: 'is-caution' }, caution), ' ', warning === null ? null : html('span', { class: 'is-warning' }, warning)];
}

/** Small curves of the last hours. */
async function small(feed, rows) {
  const to_s = feed.t_s ?? 0;
  const from_s = Math.max(0, to_s - SMALL.span_s);
  if (to_s <= from_s || rows.length === 0) {
    return;
  }
  const answers = await feed.rowsOfMany(rows.map(({ channel }) => channel.id), from_s, to_s, SMALL.points);
  for (const { channel, curve } of rows) {
    const answer = answers.find(({ values }) => channel.id in values);
    const values = answer?.values[channel.id] ?? [];
    const numbers = values.filter((value) => value !== null);
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    let text = '';
    let isOpen = false;
    values.forEach((value, at) => {
      if (value === null || value === undefined) {
        isOpen = false;
        return;
      }
      const x = ((answer.t_s[at] - from_s) / (to_s - from_s)) * SMALL.width;
      const y = 2 + (1 - (high > low ? (value - low) / (high - low) : 0.5)) * (SMALL.height - 4);
      text += `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
      isOpen = true;
    });
    show(curve, svg('svg', { class: 'lh-small', viewBox: `0 0 ${SMALL.width} ${SMALL.height}`, 'aria-hidden': 'true' },
      svg('path', { class: 'lh-curve lh-c0', d: text })));
  }
}

/** State and fault form of each unit that can fail. */
async function faults(session, sections, say, ending) {
  const read = async () => {
    try {
      const units = await get(sessionPath(session, 'units'));
      if (ending.isOver) {
        return;
      }
      for (const { owner, fault } of sections) {
        const unit = units.find((one) => one.unit === owner);
        if (unit === undefined || fault.contains(document.activeElement)) {
          continue;
        }
        const mode = unit.mode ?? 'sound';
        show(fault, html('span', { class: 'lh-badge', 'data-standing': standingOf(mode) }, mode),
          html('span', { class: 'lh-quiet' }, `spares ${unit.spares ?? '–'}`),
          unit.modes.length === 0 ? null : faultForm(session, unit, (what) => {
            say(what);
            document.activeElement?.blur?.();
            read();
          }));
      }
    } catch (error) {
      say(error);
    }
  };
  ending.every(4, read);
  await read();
}
