import { get, sessionPath } from '../habitat/api.js';
import { capital, Catalogue, spoken, standing } from '../habitat/catalogue.js';
import { html, show, svg, verdict } from '../draw/element.js';
import { missionTime, plain, rough, symbolOf } from '../draw/number.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';
import { AIR, column, FLOWS, HEAT, MEDIA, POWER, ROWS, SIZE, TANKS, UNITS } from './schematic-plan.js';

/** What a `fault` channel says, by its number. */
const MODES = ['sound', 'degraded', 'failed', 'stuck', 'leaking', 'slow', 'dusty'];
/** Order of priorities, the least first. */
const PRIORITIES = ['low', 'medium', 'high', 'critical'];

/** Air, water, power and heat of a habitat with live numbers. A box leads to the channels and faults of its unit. */
export function open(element, { session, sessions, feed }) {
  const ending = endings();
  const { element: said, say } = verdict();
  show(element, said);
  element.classList.add('is-schematic');
  Catalogue.of(session).then((catalogue) => {
    if (ending.isOver) {
      return;
    }
    const drawing = new Drawing(session, catalogue);
    show(element, drawing.head, drawing.picture);
    ending.add(feed.watch(drawing.channels, (latest, t_s) => drawing.update(latest, t_s, sessions.find(session))));
    const look = async () => {
      try {
        drawing.alarm(await get(sessionPath(session, 'alarms')));
      } catch {
        // The list of alarms says it.
      }
    };
    feed.addEventListener('alarm', look);
    ending.add(() => feed.removeEventListener('alarm', look));
    ending.every(5, look);
    look();
  }, say);
  return ending.end;
}

/** The drawing with what has to change in it. */
class Drawing {
  #updates = [];
  #channels = new Set();
  #boxes = [];
  #most = new Map();

  constructor(session, catalogue) {
    this.session = session;
    this.catalogue = catalogue;
    this.time = html('span', { class: 'lh-time' }, '–');
    this.state = html('span', { class: 'lh-quiet' });
    const key = html('div', { class: 'lh-legend' }, MEDIA.map(([medium, text]) =>
      html('span', { class: `lh-key is-${medium}` }, html('i', {}), text)));
    this.head = html('header', { class: 'lh-head' }, html('h2', {}, 'Habitat'), this.time, this.state, key);
    this.owners = new Map();
    for (const owner of catalogue.units) {
      const name = owner.split('.')[1];
      if (!this.owners.has(name)) {
        this.owners.set(name, owner);
      }
    }
    const parts = [this.#hull(), this.#power(), this.#flows(), this.#units(), this.#tanks(), this.#heat()];
    this.picture = svg('svg', {
      class: 'lh-schematic',
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      role: 'group',
      'aria-label': 'Schematic of the habitat'
    }, arrows(), parts);
  }

  get channels() {
    return [...this.#channels];
  }

  update(latest, t_s, session) {
    this.time.textContent = missionTime(t_s);
    if (session !== undefined) {
      const alive = `${session.crew_alive} of ${session.crew_size} crew well`;
      this.state.textContent = `${alive} · ${session.status} · ${session.controller}`;
    }
    this.#updates.forEach((update) => update(latest));
  }

  /** Mark boxes whose channels are in alarm. */
  alarm(alarms) {
    for (const { box, unit } of this.#boxes) {
      const raised = alarms
        .filter(({ channel, state }) => channel.startsWith(`${unit}.`) && !['shelved', 'normal'].includes(state))
        .map(({ priority }) => PRIORITIES.indexOf(priority));
      const worst = raised.length === 0 ? '' : PRIORITIES[Math.max(...raised)];
      box.setAttribute('data-alarm', worst);
    }
  }

  /** Have `act` called with the value of a channel at each update. @returns {string|null} the id that is shown */
  #follow(id, act) {
    const shownId = this.catalogue.shown(id);
    if (shownId === null) {
      return null;
    }
    this.#channels.add(shownId);
    this.#updates.push((latest) => act(latest.get(shownId), this.catalogue.byId.get(shownId)));
    return shownId;
  }

  /** A line `text number unit` in a box. */
  #figure(text, id, x, y, width) {
    const number = svg('tspan', { class: 'lh-number' }, '–');
    const channel = this.catalogue.byId.get(this.catalogue.shown(id) ?? '');
    if (channel === undefined) {
      return null;
    }
    const line = svg('text', { x: x + width, y, 'text-anchor': 'end', class: 'lh-figure' },
      number, svg('tspan', { class: 'lh-unit' }, ` ${symbolOf(channel.unit, channel.id)}`));
    const label = svg('text', { x, y, class: 'lh-label' }, text);
    this.#follow(id, (value, found) => {
      number.textContent = rough(value, found.unit, found.id);
      line.setAttribute('data-standing', standing(found, value));
    });
    return [label, line];
  }

  /** A box that leads to its unit; its class follows what is wrong with the unit. */
  #box(unit, title, words, place, inside, kind = '') {
    const { x, y, width, height } = place;
    const state = svg('text', { class: 'lh-mode', x: x + width - 5, y: y + 16, 'text-anchor': 'end' });
    // What is wrong stands in the place of what the unit is for, where there is one.
    const note = words === '' ? null : svg('text', { class: 'lh-label', x: x + 6, y: y + 33 }, words);
    const box = svg('a', { class: `lh-box ${kind}`, href: addressOf(this.session, 'unit', unit), 'data-unit': unit, 'aria-label': title },
      svg('rect', { x, y, width, height, rx: 4 }),
      inside,
      svg('text', { class: 'lh-title', x: x + 6, y: y + 17 }, title),
      note,
      state);
    this.#boxes.push({ box, unit });
    const known = { fault: 0, isOn: true };
    const apply = () => {
      const mode = MODES[known.fault] ?? 'failed';
      const text = mode === 'sound' ? (known.isOn ? '' : 'off') : mode;
      if (note === null) {
        state.textContent = text;
      } else {
        note.textContent = text === '' ? words : text;
        note.setAttribute('class', text === '' ? 'lh-label' : 'lh-mode');
      }
      box.setAttribute('data-mode', mode === 'sound' && !known.isOn ? 'off' : mode);
      box.setAttribute('aria-label', `${title}${text === '' ? '' : `, ${text}`}`);
    };
    this.#follow(`${unit}.fault`, (value) => {
      known.fault = Math.round(value ?? 0);
      apply();
    });
    this.#follow(`${unit}.set_on`, (value) => {
      known.isOn = !(value < 0.5);
      apply();
    });
    return box;
  }

  #power() {
    if (!this.catalogue.has('habitat.power.drawn_w')) {
      return [];
    }
    const width = 200;
    const boxes = POWER.map(({ title, unit, figures, level }, at) => {
      const place = { x: 8 + at * 212, ...ROWS.power, width };
      return this.#box(unit, title, '', place, [
        level ? this.#bar(level, place) : null,
        figures.map(({ text, quantity }, line) => this.#figure(text, quantity, place.x + 8, place.y + 37 + line * 17, width - 26))
      ], 'is-power');
    });
    return [svg('path', { class: 'lh-bus', d: 'M20 103H838' }), boxes];
  }

  /** A level from 0 to 1 at the right edge of a box. */
  #bar(id, { x, y, width, height }) {
    const inner = height - 10;
    const fill = svg('rect', { class: 'lh-fill', x: x + width - 10, y: y + 5, width: 5, height: 0 });
    this.#follow(id, (value) => {
      const share = Math.min(1, Math.max(0, value ?? 0));
      fill.setAttribute('height', (inner * share).toFixed(1));
      fill.setAttribute('y', (y + 5 + inner * (1 - share)).toFixed(1));
    });
    return [svg('rect', { class: 'lh-trough', x: x + width - 10, y: y + 5, width: 5, height: inner }), fill];
  }

  #hull() {
    const zones = [...this.catalogue.places.keys()].filter((place) => this.catalogue.has(`${place}.air.p_total_pa`));
    const { y, height } = ROWS.hull;
    const gap = 12;
    const width = (838 - 8 - gap * (zones.length - 1)) / Math.max(1, zones.length);
    return zones.map((zone, at) => {
      const place = { x: 8 + at * (width + gap), y, width, height };
      const inside = AIR.map(({ text, quantity }, line) =>
        this.#figure(text, `${zone}.air.${quantity}`, place.x + 8, place.y + 44 + line * 22, Math.min(width - 16, 190)));
      const duct = at === 0 ? null : svg('path', { class: 'lh-duct', d: `M${place.x - gap} ${y + 60}H${place.x}M${place.x - gap} ${y + 80}H${place.x}` });
      return [duct, this.#box(`${zone}.air`, capital(spoken(zone)), '', place, inside, 'is-zone')];
    });
  }

  #units() {
    return UNITS.filter(({ name }) => this.owners.has(name)).map((unit) => {
      const owner = this.owners.get(unit.name);
      const { x, width } = column(unit.column);
      if (unit.slot !== undefined) {
        const height = 28;
        return this.#box(owner, unit.title, '', { x, y: ROWS.units.y + unit.slot * 34, width, height }, [], 'is-small');
      }
      const place = { x, width, ...ROWS.units };
      const inside = unit.figures.map(({ text, quantity }, line) =>
        this.#figure(text, `${owner}.${quantity}`, x + 6, place.y + 60 + line * 24, width - 12));
      return this.#box(owner, unit.title, unit.words, place, inside);
    });
  }

  #tanks() {
    return TANKS.filter(({ id }) => this.catalogue.shown(id) !== null).map((tank) => {
      const whole = column(tank.column);
      const isHalf = tank.half !== undefined;
      const width = isHalf ? 42 : whole.width;
      const x = whole.x + (isHalf ? tank.half * 46 : 0);
      const { y, height } = ROWS.tanks;
      const fill = svg('rect', { class: 'lh-fill', x: x + 1, y: y + height, width: width - 2, height: 0 });
      const number = svg('tspan', { class: 'lh-number' }, '–');
      this.#follow(tank.id, (value, found) => {
        if (value === null || value === undefined) {
          number.textContent = '–';
          return;
        }
        const inKg = tank.isTime ? value / 3600 : value * (tank.kg_per_mol ?? 1);
        number.textContent = Math.abs(inKg) < 0.05 ? '0' : plain(inKg, Math.abs(inKg) >= 100 ? 0 : 1);
        // The size of a tank is no channel: its level is shown against the most that was seen in it.
        const most = Math.max(this.#most.get(tank.id) ?? 0, inKg);
        this.#most.set(tank.id, most);
        const share = most > 0 ? Math.max(0, inKg) / most : 0;
        fill.setAttribute('height', ((height - 2) * share).toFixed(1));
        fill.setAttribute('y', (y + 1 + (height - 2) * (1 - share)).toFixed(1));
        number.parentNode.setAttribute('data-standing', standing(found, value));
      });
      const owner = this.catalogue.places.get(tank.unit.split('.')[0])?.has(tank.unit.split('.')[1]) ? tank.unit : 'stores.tanks';
      return this.#box(owner, tank.title, '', { x, y, width, height }, [
        tank.isTime ? null : fill,
        svg('text', { class: 'lh-figure', x: x + width / 2, y: y + 50, 'text-anchor': 'middle' }, number),
        svg('text', { class: 'lh-unit', x: x + width / 2, y: y + 66, 'text-anchor': 'middle' }, tank.isTime ? 'crew h' : 'kg')
      ], 'is-tank');
    });
  }

  #heat() {
    return HEAT.filter(({ unit }) => this.owners.has(unit.split('.')[1])).map((one) => {
      const place = { x: 868, y: one.y, width: 124, height: one.height };
      const inside = one.figures.map(({ text, quantity }, line) =>
        this.#figure(text, `${one.unit}.${quantity}`, place.x + 6, place.y + 40 + line * 20, place.width - 12));
      const pump = svg('text', { class: 'lh-label', x: place.x + 6, y: place.y + 100 });
      if (one.pump !== undefined) {
        this.#follow(`${one.pump}.fault`, (value) => {
          const mode = MODES[Math.round(value ?? 0)] ?? 'failed';
          pump.textContent = `pump ${mode}`;
          pump.setAttribute('data-standing', mode === 'sound' ? 'nominal' : 'warning');
        });
      }
      return this.#box(one.unit, one.title, '', place, [inside, one.pump === undefined ? null : pump], 'is-heat');
    });
  }

  #flows() {
    return FLOWS.map(({ medium, unit, quantity, id, line, isTwoWay }) => {
      const owner = unit === undefined ? null : this.owners.get(unit);
      const channel = id ?? `${owner}.${quantity}`;
      if (owner === undefined || this.catalogue.shown(channel) === null) {
        return null;
      }
      const flow = svg('path', { class: `lh-flow is-${medium}`, d: line, 'marker-end': `url(#lh-arrow-${medium})` });
      this.#follow(channel, (value) => {
        const size = Math.abs(value ?? 0);
        flow.classList.toggle('is-flowing', size > 1e-9);
        flow.classList.toggle('is-back', Boolean(isTwoWay) && value < 0);
      });
      return flow;
    });
  }
}

/** Heads of arrows, one for each medium, so that they have its colour. */
function arrows() {
  return svg('defs', {}, MEDIA.map(([medium]) =>
    svg('marker', { id: `lh-arrow-${medium}`, class: `is-${medium}`, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 5, markerHeight: 5, orient: 'auto' },
      svg('path', { d: 'M0 0L8 4L0 8Z' }))));
}
