import { get, post, sessionPath } from '../habitat/api.js';
import { Catalogue, spoken } from '../habitat/catalogue.js';
import { action, choice, html, show, verdict } from '../draw/element.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';
import { faultForm } from './fault-form.js';
import { setPoint } from './set-point.js';

/** Faults and commands: every unit that can fail, every channel that can be set, the controller. */
export function open(element, { session, sessions, feed }) {
  const ending = endings();
  const { element: said, say } = verdict();
  const faults = html('tbody', {});
  const commands = html('div', { class: 'lh-commands' });
  const controller = html('div', { class: 'lh-row' });
  const search = html('input', { type: 'search', placeholder: 'Filter by name', 'aria-label': 'Filter commands' });
  show(
    element,
    html('header', { class: 'lh-head' }, html('h2', {}, 'Faults and commands'), controller),
    said,
    html('div', { class: 'lh-columns' },
      html('section', { 'aria-label': 'Faults' }, html('h3', {}, 'Units'),
        html('table', { class: 'lh-table' },
          html('thead', {}, html('tr', {}, ['Unit', 'State', 'Spares', 'Inject a fault'].map((text) => html('th', { scope: 'col' }, text)))), faults)),
      html('section', { 'aria-label': 'Commands' }, html('header', { class: 'lh-head' }, html('h3', {}, 'Set-points'), search), commands))
  );

  let known = '';
  async function read() {
    try {
      const units = await get(sessionPath(session, 'units'));
      const text = JSON.stringify(units);
      // A form that somebody is about to use stays as it is.
      if (ending.isOver || text === known || faults.contains(document.activeElement)) {
        return;
      }
      known = text;
      show(faults, units.map((unit) => {
        const mode = unit.mode ?? 'sound';
        return html('tr', { 'data-unit': unit.unit, 'data-mode': mode },
          html('th', { scope: 'row' }, html('a', { href: addressOf(session, 'unit', unit.unit) }, unit.unit)),
          html('td', {}, html('span', { class: 'lh-badge', 'data-standing': standingOf(mode) }, mode)),
          html('td', {}, unit.spares === null || unit.spares === undefined ? '–' : String(unit.spares)),
          html('td', {}, unit.modes.length === 0 ? '–' : faultForm(session, unit, (what) => {
            say(what);
            document.activeElement?.blur?.();
            read();
          })));
      }));
    } catch (error) {
      say(error);
    }
  }

  Catalogue.of(session).then((catalogue) => {
    if (ending.isOver) {
      return;
    }
    const controls = catalogue.commanded.filter(({ actuator }) => actuator !== null && actuator !== undefined).map((channel) => {
      const control = setPoint(session, channel, say);
      return {
        channel,
        update: control.update,
        element: html('div', { class: 'lh-command' },
          html('a', { href: addressOf(session, 'channel', channel.id) }, channel.id),
          html('span', { class: 'lh-quiet' }, channel.quantity), control.element)
      };
    });
    const filter = () => {
      const word = search.value.trim().toLowerCase();
      controls.forEach((control) => {
        const text = `${control.channel.id} ${control.channel.quantity} ${spoken(control.channel.owner)}`.toLowerCase();
        // What people may do to a unit stands on its own page; here it is found by its name.
        const isRare = /\.set_(repair|calibrate)$/.test(control.channel.id);
        control.element.hidden = word === '' ? isRare : !text.includes(word);
      });
    };
    search.addEventListener('input', filter);
    filter();
    show(commands, controls.map(({ element: one }) => one));
    ending.add(feed.watch(controls.map(({ channel }) => channel.id), (latest) =>
      controls.forEach(({ channel, update }) => update(latest.get(channel.id)))));
  }, say);

  get('/api/scenarios').then(({ controllers }) => {
    const list = choice({ 'aria-label': 'Controller' }, controllers, sessions.find(session)?.controller);
    show(controller, html('span', { class: 'lh-quiet' }, 'Controller'), list,
      action('Hand over', async () => sessions.update(await post(sessionPath(session, 'controller'), { name: list.value })),
        (error) => say(error ?? `${list.value} has the controls.`)));
  }, say);

  ending.every(3, read);
  read();
  return ending.end;
}

/** How bad a mode of failure is. @param {string} mode */
export function standingOf(mode) {
  if (mode === 'sound' || mode === 'ok' || mode === 'none') {
    return 'nominal';
  }
  return ['degraded', 'slow', 'dusty'].includes(mode) ? 'caution' : 'warning';
}
