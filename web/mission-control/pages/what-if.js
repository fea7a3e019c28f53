import { get, post, sessionPath } from '../habitat/api.js';
import { Catalogue } from '../habitat/catalogue.js';
import { chart } from '../draw/chart.js';
import { action, choice, html, labelled, show, verdict } from '../draw/element.js';
import { figure, missionTime, plain, scaleOf, symbolOf } from '../draw/number.js';
import { levelsOf } from './limit-lines.js';

/** Quantities that are offered first. */
const FIRST = ['living.air.pp_co2_pa', 'living.air.pp_o2_pa', 'living.air.p_total_pa', 'living.air.t_k', 'habitat.battery.usable', 'stores.tanks.potable_kg', 'stores.tanks.o2_mol'];

/** Many futures from now on under two controllers: fans of a channel, and the risk. @type {import('../tree/views.js').Page} */
export function open(element, { session, sessions }) {
  const { element: said, say } = verdict();
  const form = html('div', { class: 'lh-form' });
  const result = html('div', { class: 'lh-result' });
  show(element, html('header', { class: 'lh-head' }, html('h2', {}, 'What if'), html('span', { class: 'lh-quiet' }, 'futures from this moment on, each with its own faults and noise')), form, said, result);

  Promise.all([get('/api/scenarios'), Catalogue.of(session)]).then(([{ controllers }, catalogue]) => {
    const now = sessions.find(session)?.controller;
    const first = choice({}, controllers, controllers.includes(now) ? now : controllers[0]);
    const second = choice({}, controllers, controllers.find((name) => name !== first.value));
    const futures = choice({}, [['100', '100'], ['300', '300'], ['1000', '1 000']], '300');
    const hours = choice({}, [['2', '2 h'], ['6', '6 h'], ['24', '24 h'], ['72', '3 d']], '6');
    const ids = [...FIRST.filter((id) => catalogue.has(id)), ...catalogue.channels.filter(({ kind, id }) => kind === 'true' && !FIRST.includes(id)).map(({ id }) => id)];
    const channel = choice({}, ids, ids[0]);
    const run = action('Look ahead', async () => {
      say('The futures are being run …');
      const chosen = [...new Set([first.value, second.value])];
      const answer = await post(sessionPath(session, 'what-if'), {
        controllers: chosen,
        futures: Number(futures.value),
        hours: Number(hours.value),
        channels: [channel.value]
      });
      draw(result, answer, catalogue.byId.get(channel.value));
    }, (error) => say(error), { class: 'lh-button is-major' });
    show(form, labelled('Controller', first), labelled('against', second), labelled('Futures', futures), labelled('Time', hours), labelled('Channel', channel), run);
  }, say);
  return () => {};
}

/** The fans of both controllers and what they risk. */
function draw(element, answer, channel) {
  const { scale, shift } = scaleOf(channel.unit, channel.id);
  const toPeople = (values) => values.map((value) => (value === null ? NaN : value * scale + shift));
  const fans = answer.fans.map((fan, at) => {
    const { p05, p25, p50, p75, p95 } = fan.channels[channel.id];
    return {
      name: fan.controller,
      x: answer.t_s,
      bands: [p05, p95, p25, p75].map(toPeople),
      median: toPeople(p50),
      className: `lh-c${at}`
    };
  });
  const picture = chart({
    title: `${channel.quantity}, ${channel.id}: median, half and nine tenths of the futures`,
    unit: symbolOf(channel.unit, channel.id),
    fans,
    levels: levelsOf(channel),
    textOfX: missionTime,
    isTime: true,
    width: 960,
    height: 340
  });
  const share = (value) => (value === null || value === undefined ? '–' : `${plain(value * 100, 1)} %`);
  const last = (values) => figure(values[values.length - 1], channel.unit, channel.id);
  const table = html('table', { class: 'lh-table', 'aria-label': 'Risk' },
    html('thead', {}, html('tr', {}, ['Controller', 'Crew lost', 'Mission aborted', 'Worst reasons', `At the end: p05, median, p95, ${symbolOf(channel.unit, channel.id)}`].map((text) => html('th', { scope: 'col' }, text)))),
    html('tbody', {}, answer.fans.map((fan, at) => {
      const quantiles = fan.channels[channel.id];
      const worst = (fan.worst ?? []).map(({ reason, share: part }) => `${reason} ${share(part)}`).join(', ');
      return html('tr', { 'data-controller': fan.controller },
        html('th', { scope: 'row' }, html('span', { class: `lh-key lh-c${at}` }, html('i', {}), fan.controller)),
        html('td', { class: 'lh-number', 'data-standing': fan.lost > 0 ? 'warning' : 'nominal' }, share(fan.lost)),
        html('td', { class: 'lh-number', 'data-standing': fan.aborted > 0 ? 'caution' : 'nominal' },
          `${share(fan.aborted)}${fan.aborted_at_most === undefined ? '' : `, at most ${share(fan.aborted_at_most)}`}`),
        html('td', {}, worst === '' ? 'none' : worst),
        html('td', { class: 'lh-number' }, `${last(quantiles.p05)}, ${last(quantiles.p50)}, ${last(quantiles.p95)}`));
    })));
  const cost = html('p', { class: 'lh-quiet' }, `${plain(answer.futures, 0)} futures of each controller, ${plain(answer.steps, 0)} steps, ${plain(answer.wall_s, 2)} s.`);
  show(element, picture, table, cost);
}
