import { get, post, query } from '../habitat/api.js';
import { chart } from '../draw/chart.js';
import { action, choice, html, labelled, show, verdict } from '../draw/element.js';
import { figure, missionTime, plain, scaleOf, symbolOf } from '../draw/number.js';
import { levelsOf } from './limit-lines.js';

/** Quantities that are chosen first. */
const FIRST = ['living.air.pp_co2_pa', 'living.air.pp_o2_pa', 'habitat.battery.usable', 'stores.tanks.potable_kg'];

/** A recorded run beside the same mission under another controller, channel by channel. @type {import('../tree/views.js').Page} */
export function open(element) {
  const { element: said, say } = verdict();
  const form = html('div', { class: 'lh-form' });
  const result = html('div', { class: 'lh-result' });
  show(element,
    html('header', { class: 'lh-head' }, html('h2', {}, 'Counterfactual replay'), html('span', { class: 'lh-quiet' }, 'the same seed, the same faults, another controller')),
    form, said, result);
  Promise.all([get('/api/runs'), get('/api/scenarios')]).then(([runs, { controllers }]) => {
    const recorded = runs.filter(({ streams }) => (streams ?? []).some((stream) => nameOf(stream) === 'telemetry' && stream.rows !== 0));
    if (recorded.length === 0) {
      show(form, html('p', { class: 'lh-quiet' }, 'No run with telemetry is recorded. `lunar-habitat simulate --store` records one.'));
      return;
    }
    const run = choice({}, recorded.map(({ name, kind }) => [name, `${name} (${kind})`]));
    const controller = choice({}, controllers, controllers.find((name) => name === 'hold') ?? controllers[0]);
    const list = html('select', { multiple: true, size: 6, 'aria-label': 'Channels' });
    let channels = [];
    const readChannels = async () => {
      channels = await get(`/api/runs/${encodeURIComponent(run.value)}/channels${query({ stream: 'telemetry' })}`);
      const ids = channels.map(({ id }) => id);
      const ordered = [...FIRST.filter((id) => ids.includes(id)), ...ids.filter((id) => !FIRST.includes(id))];
      show(list, ordered.map((id) => html('option', { value: id, selected: FIRST.slice(0, 2).includes(id) }, id)));
    };
    run.addEventListener('change', () => readChannels().catch(say));
    const compare = action('Replay', async () => {
      const chosen = [...list.selectedOptions].map(({ value }) => value);
      if (chosen.length === 0) {
        throw new Error('Choose at least one channel.');
      }
      say('The mission is played again …');
      const answer = await post(`/api/runs/${encodeURIComponent(run.value)}/counterfactual`, { controller: controller.value, channels: chosen });
      draw(result, answer, chosen, channels, controller.value);
    }, say, { class: 'lh-button is-major' });
    show(form, labelled('Run', run), labelled('Controller instead', controller), labelled('Channels', list), compare);
    readChannels().catch(say);
  }, say);
  return () => {};
}

function draw(element, answer, chosen, channels, controller) {
  const charts = chosen.map((id) => {
    const channel = channels.find((one) => one.id === id) ?? { id, unit: '', limits: null };
    const { scale, shift } = scaleOf(channel.unit, id);
    const toPeople = (values) => (values ?? []).map((value) => (value === null ? NaN : value * scale + shift));
    return html('div', {},
      chart({
        title: id,
        unit: symbolOf(channel.unit, id),
        curves: [
          { name: 'recorded', x: answer.t_s, y: toPeople(answer.recorded[id]), className: 'lh-c0' },
          { name: controller, x: answer.t_s, y: toPeople(answer.other[id]), className: 'lh-c1', isDashed: true }
        ],
        levels: levelsOf(channel),
        textOfX: missionTime,
        isTime: true,
        width: 960,
        height: 240
      }),
      difference(answer, id, channel));
  });
  show(element, outcomes(answer, controller), charts);
}

/** How far the two are apart, in one line. */
function difference({ t_s, recorded, other }, id, channel) {
  let most = 0;
  let at = 0;
  const [a, b] = [recorded[id] ?? [], other[id] ?? []];
  for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
    if (a[place] !== null && b[place] !== null && Math.abs(b[place] - a[place]) > most) {
      most = Math.abs(b[place] - a[place]);
      at = t_s[place];
    }
  }
  const { scale, digits } = scaleOf(channel.unit, id);
  // Two figures at least, so that what is small can be told from nothing.
  const places = most === 0 ? digits : Math.max(digits, Math.min(6, 1 - Math.floor(Math.log10(most * scale))));
  return html('p', { class: 'lh-quiet' }, most === 0
    ? 'The two do not differ.'
    : `Furthest apart by ${plain(most * scale, places)} ${symbolOf(channel.unit, id)} at ${missionTime(at)}; recorded ${figure(a[a.length - 1], channel.unit, id)}, instead ${figure(b[b.length - 1], channel.unit, id)} at the end.`);
}

/** Both outcomes as a table of what they have. */
function outcomes({ outcome_recorded, outcome_other }, controller) {
  const [first, second] = [flat(outcome_recorded), flat(outcome_other)];
  const names = [...new Set([...first.keys(), ...second.keys()])];
  const text = (value) => (typeof value === 'number' ? plain(value, Number.isInteger(value) ? 0 : 2) : value === undefined || value === null ? '–' : String(value));
  return html('table', { class: 'lh-table', 'aria-label': 'Outcomes' },
    html('thead', {}, html('tr', {}, ['Outcome', outcome_recorded === null ? 'recorded, not over yet' : 'recorded', controller].map((one) => html('th', { scope: 'col' }, one)))),
    html('tbody', {}, names.map((name) =>
      html('tr', {}, html('th', { scope: 'row' }, name.replaceAll('_', ' ')), html('td', {}, text(first.get(name))), html('td', {}, text(second.get(name)))))));
}

/** The plain entries of an outcome. */
function flat(outcome) {
  if (outcome === null || outcome === undefined) {
    return new Map();
  }
  if (typeof outcome !== 'object') {
    return new Map([['outcome', outcome]]);
  }
  const plainOnes = Object.entries(outcome).filter(([, value]) => value === null || typeof value !== 'object');
  return new Map(plainOnes.map(([name, value]) => (name === 't_s' ? ['mission time', missionTime(value)] : [name, value])));
}

/** Streams come as names or as objects with a name. */
export function nameOf(stream) {
  return typeof stream === 'string' ? stream : stream.name;
}
