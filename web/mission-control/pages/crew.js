import { brief, capital, Catalogue, spoken, standing } from '../habitat/catalogue.js';
import { html, show, verdict } from '../draw/element.js';
import { figure, plain, shown, symbolOf } from '../draw/number.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';

/** Figures of a person: text, quantity. */
const FIGURES = [
  ['oxygen taken', 'o2_mol_s'],
  ['CO2 given', 'co2_mol_s'],
  ['heat given', 'sensible_w'],
  ['moisture given', 'moisture_kg_s'],
  ['body water', 'water_kg']
];
/** Doses: 1 means that the person is incapacitated. */
const DOSES = [
  ['lack of oxygen', 'oxygen_dose'],
  ['too much CO2', 'co2_dose']
];
/** What the crew breathes. */
const AIR = ['pp_o2_pa', 'pp_co2_pa', 'p_total_pa', 't_k', 'rh'];

/** The crew: who is well, what they take and give, how near to harm they are, and the air they live in. */
export function open(element, { session, sessions, feed }) {
  const ending = endings();
  const { element: said, say } = verdict();
  show(element, said);
  Catalogue.of(session).then((catalogue) => {
    if (ending.isOver) {
      return;
    }
    const updates = [];
    const channels = new Set();
    const follow = (id, act) => {
      const found = catalogue.shown(id);
      if (found !== null) {
        channels.add(found);
        updates.push((latest) => act(latest.get(found), catalogue.byId.get(found)));
      }
      return found;
    };
    const names = [...(catalogue.places.get('crew')?.keys() ?? [])];
    const count = html('span', { class: 'lh-time' });
    const cards = names.map((name) => card(name, follow, session));
    const zones = [...catalogue.places.keys()].filter((place) => catalogue.has(`${place}.air.pp_o2_pa`));
    show(
      element,
      html('header', { class: 'lh-head' }, html('h2', {}, 'Crew'), count),
      html('div', { class: 'lh-cards' }, cards),
      html('h3', {}, 'Air they live in'),
      air(zones, follow)
    );
    ending.add(
      feed.watch([...channels], (latest) => {
        updates.forEach((update) => update(latest));
        const found = sessions.find(session);
        count.textContent = found === undefined ? '' : `${found.crew_alive} of ${found.crew_size} alive`;
      })
    );
  }, say);
  return ending.end;
}

function card(name, follow, session) {
  const state = html('span', { class: 'lh-badge' }, '–');
  const known = { alive: 1, incapacitated: 0, ill: 0 };
  const apply = () => {
    const text = known.alive < 0.5 ? 'dead' : known.incapacitated > 0.5 ? 'incapacitated' : known.ill > 0.5 ? 'ill' : 'well';
    state.textContent = text;
    state.setAttribute('data-standing', { well: 'nominal', ill: 'caution' }[text] ?? 'warning');
  };
  for (const quantity of Object.keys(known)) {
    follow(`crew.${name}.${quantity}`, (value) => {
      if (value !== null && value !== undefined) {
        known[quantity] = value;
      }
      apply();
    });
  }
  const rows = FIGURES.map(([text, quantity]) => {
    const number = html('td', { class: 'lh-number' }, '–');
    const found = follow(`crew.${name}.${quantity}`, (value, channel) => (number.textContent = shown(value, channel.unit, channel.id)));
    return found === null ? null : html('tr', {}, html('th', { scope: 'row' }, text), number);
  });
  const doses = DOSES.map(([text, quantity]) => {
    const meter = html('meter', { min: 0, max: 1, low: 0.3, high: 0.7, optimum: 0, 'aria-label': `${name}: ${text}` });
    const number = html('td', { class: 'lh-number' }, '–');
    const found = follow(`crew.${name}.${quantity}`, (value) => {
      meter.value = value ?? 0;
      number.textContent = value === null || value === undefined ? '–' : `${plain(value * 100, 1)} %`;
    });
    return found === null ? null : html('tr', {}, html('th', { scope: 'row' }, text), number, html('td', {}, meter));
  });
  return html('article', { class: 'lh-card' },
    html('header', { class: 'lh-head' },
      html('h3', {}, html('a', { href: addressOf(session, 'unit', `crew.${name}`) }, spoken(name))), state),
    html('table', { class: 'lh-facts' }, html('tbody', {}, rows, doses)));
}

function air(zones, follow) {
  const head = html('tr', {}, html('th', { scope: 'col' }, 'Zone'));
  const columns = AIR.map((quantity) => {
    const cell = html('th', { scope: 'col' }, '');
    head.append(cell);
    return cell;
  });
  const rows = zones.map((zone) =>
    html('tr', {}, html('th', { scope: 'row' }, capital(spoken(zone))),
      AIR.map((quantity, at) => {
        const cell = html('td', { class: 'lh-number' }, '–');
        follow(`${zone}.air.${quantity}`, (value, channel) => {
          columns[at].textContent = `${capital(brief(channel))}, ${symbolOf(channel.unit, channel.id)}`;
          cell.textContent = figure(value, channel.unit, channel.id);
          cell.setAttribute('data-standing', standing(channel, value));
        });
        return cell;
      })));
  return html('table', { class: 'lh-table' }, html('thead', {}, head), html('tbody', {}, rows));
}
