import { brief, capital, Catalogue, spoken } from '../habitat/catalogue.js';
import { identifier, keyString, NAMESPACE, parts } from './identity.js';
import { overviewObject, plotObject, plotsOf } from './layouts.js';

/** Pages of a session in the order of the tree. */
export const SESSION_PAGES = [
  ['schematic', 'Schematic'],
  ['alarms', 'Alarms'],
  ['events', 'Events'],
  ['crew', 'Crew'],
  ['commands', 'Faults and commands'],
  ['what-if', 'What if'],
  ['advice', 'Advice']
];

/** Pages beside the sessions. */
export const OTHER_PAGES = [
  ['replay', 'Counterfactual replay'],
  ['training', 'Training'],
  ['machine', 'Machine']
];

/** Signs of Open MCT for pages. */
const SIGNS = {
  schematic: 'icon-object',
  alarms: 'icon-bell',
  events: 'icon-timelist',
  crew: 'icon-person',
  commands: 'icon-command',
  'what-if': 'icon-plot-overlay',
  advice: 'icon-check',
  replay: 'icon-plot-stacked',
  training: 'icon-line-horz',
  machine: 'icon-gear'
};

/**
 * Objects of the tree: sessions, places, units, channels, pages and prepared layouts.
 *
 * What somebody changes in a prepared layout (colours, scales) is kept in the browser.
 */
export class Objects {
  /** Changed layouts by key, as text. */
  #changed = new Map();

  /** @param {import('../habitat/sessions.js').Sessions} sessions */
  constructor(sessions) {
    this.sessions = sessions;
  }

  /** Take the provider, the types and the roots into Open MCT. */
  install(openmct) {
    const folder = (name, cssClass) => ({ name, cssClass, creatable: false });
    openmct.types.addType('habitat.sessions', folder('Sessions', 'icon-folder'));
    openmct.types.addType('habitat.session', folder('Session', 'icon-session'));
    openmct.types.addType('habitat.place', folder('Place', 'icon-box-round-corners'));
    openmct.types.addType('habitat.unit', folder('Unit', 'icon-gear'));
    openmct.types.addType('habitat.channel', folder('Channel', 'icon-telemetry'));
    for (const [page, name] of [...SESSION_PAGES, ...OTHER_PAGES]) {
      openmct.types.addType(`habitat.page.${page}`, folder(name, SIGNS[page]));
    }
    openmct.objects.addProvider(NAMESPACE, this);
    openmct.objects.addRoot([
      identifier('sessions'),
      ...OTHER_PAGES.map(([page]) => identifier('page', page))
    ]);
    openmct.composition.addProvider(this.#composition());
  }

  /** One object. */
  async get(of) {
    const changed = this.#changed.get(of.key);
    const object = changed === undefined ? await this.#make(parts(of)) : JSON.parse(changed);
    return { ...object, identifier: of };
  }

  /** Needed by plots, which write their settings into their object. */
  async create(object) {
    return this.update(object);
  }

  async update(object) {
    this.#changed.set(object.identifier.key, JSON.stringify(object));
    return true;
  }

  supportsSearchType() {
    return false;
  }

  async #make([first, session, kind, name]) {
    if (first === 'sessions') {
      return { name: 'Sessions', type: 'habitat.sessions', location: 'ROOT' };
    }
    if (first === 'page') {
      const title = OTHER_PAGES.find(([page]) => page === session)?.[1] ?? session;
      return { name: title, type: `habitat.page.${session}`, location: 'ROOT' };
    }
    const location = keyString('s', session);
    if (kind === undefined) {
      const found = this.sessions.find(session);
      return {
        name: found?.name ?? `Session ${session}`,
        type: 'habitat.session',
        location: keyString('sessions')
      };
    }
    if (kind === 'page') {
      const title = SESSION_PAGES.find(([page]) => page === name)?.[1] ?? name;
      return { name: title, type: `habitat.page.${name}`, location };
    }
    if (kind === 'place') {
      return { name: capital(spoken(name)), type: 'habitat.place', location };
    }
    if (kind === 'unit') {
      const [place, unit] = name.split('.');
      return { name: capital(spoken(unit)), type: 'habitat.unit', location: keyString('s', session, 'place', place) };
    }
    const catalogue = await Catalogue.of(session);
    if (kind === 'channel') {
      return channelObject(session, catalogue.byId.get(name), name);
    }
    const plots = plotsOf(catalogue);
    if (kind === 'overview') {
      return { ...overviewObject(session, plots[0]), location };
    }
    const plot = plots.find((one) => one.key === name);
    if (plot === undefined) {
      return { name, type: 'unknown', location };
    }
    return { ...plotObject(session, plot), location };
  }

  /** What is below an object in the tree. */
  #composition() {
    const changed = new Map();
    const sessions = this.sessions;
    const children = (object) => this.#children(parts(object.identifier));
    return {
      appliesTo: (object) =>
        object.identifier?.namespace === NAMESPACE &&
        ['habitat.sessions', 'habitat.session', 'habitat.place', 'habitat.unit'].includes(object.type),
      load: children,
      includes: () => false,
      on(object, event, callback, context) {
        if (object.type !== 'habitat.sessions' || !['add', 'remove'].includes(event)) {
          return;
        }
        let known = new Set(sessions.all.map((session) => String(session.id)));
        const look = () => {
          const now = new Set(sessions.all.map((session) => String(session.id)));
          const from = event === 'add' ? now : known;
          const without = event === 'add' ? known : now;
          [...from]
            .filter((id) => !without.has(id))
            .forEach((id) => callback.call(context, identifier('s', id)));
          known = now;
        };
        sessions.addEventListener('change', look);
        changed.set(callback, look);
      },
      off(object, event, callback) {
        const look = changed.get(callback);
        if (look !== undefined) {
          sessions.removeEventListener('change', look);
          changed.delete(callback);
        }
      }
    };
  }

  async #children([first, session, kind, name]) {
    if (first === 'sessions') {
      return this.sessions.all.map(({ id }) => identifier('s', String(id)));
    }
    const catalogue = await Catalogue.of(session);
    if (kind === undefined) {
      return [
        identifier('s', session, 'overview'),
        ...SESSION_PAGES.map(([page]) => identifier('s', session, 'page', page)),
        ...plotsOf(catalogue).map(({ key }) => identifier('s', session, 'plot', key)),
        ...[...catalogue.places.keys()].map((place) => identifier('s', session, 'place', place))
      ];
    }
    if (kind === 'place') {
      const units = catalogue.places.get(name) ?? new Map();
      return [...units.keys()].map((unit) => identifier('s', session, 'unit', `${name}.${unit}`));
    }
    return catalogue.ofUnit(name).map(({ id }) => identifier('s', session, 'channel', id));
  }
}

/** A channel as an object with telemetry. */
function channelObject(session, channel, id) {
  const [place, unit, quantity] = Catalogue.split(id);
  const location = keyString('s', session, 'unit', `${place}.${unit}`);
  if (channel === undefined) {
    return { name: id, type: 'unknown', location };
  }
  const kinds = { sensed: 'instrument', commanded: 'command', true: 'true value' };
  const where = unit === 'air' ? place : ['habitat', 'stores'].includes(place) ? unit : `${place} ${unit}`;
  return {
    name: `${capital(brief(channel))}, ${spoken(where.replace(' ', '_'))}${channel.kind === 'true' ? ' (true)' : ''}`,
    type: 'habitat.channel',
    location,
    notes: `${id}, ${kinds[channel.kind]}; ${channel.source}`,
    channel: id,
    quantity,
    telemetry: {
      values: [
        { key: 'utc', source: 'utc', name: 'UTC', format: 'utc', hints: { domain: 1 } },
        { key: 'mission', source: 'mission', name: 'Mission time', format: 'mission', hints: { domain: 2 } },
        {
          key: 'value',
          source: 'value',
          name: capital(brief(channel)),
          unit: channel.unit === '1' ? '' : channel.unit,
          format: 'figure',
          hints: { range: 1 }
        }
      ]
    }
  };
}
