import { get, sessionPath } from './api.js';

/**
 * @typedef {object} Limits in the unit of the channel, each null where none is declared
 * @property {number|null} caution_low
 * @property {number|null} caution_high
 * @property {number|null} warning_low
 * @property {number|null} warning_high
 */

/**
 * @typedef {object} Channel
 * @property {string} id `place.unit.quantity_unit`
 * @property {string} quantity in words
 * @property {string} unit symbol of its SI unit
 * @property {'true'|'sensed'|'commanded'} kind
 * @property {Limits|null} limits
 * @property {string} owner
 * @property {string} source
 * @property {{low: number, high: number}|null} actuator
 * @property {boolean} has_alarm
 */

/** Order of kinds in lists: what instruments show first. */
const KINDS = ['sensed', 'commanded', 'true'];

/** The channels of a session, by id, by unit and by place. */
export class Catalogue {
  /** @type {Map<string, Promise<Catalogue>>} */
  static #known = new Map();

  /**
   * The catalogue of a session; it never changes while the session is there.
   *
   * @param {string} session id
   * @returns {Promise<Catalogue>}
   */
  static of(session) {
    let found = Catalogue.#known.get(session);
    if (found === undefined) {
      found = get(sessionPath(session, 'channels')).then((channels) => new Catalogue(channels));
      // A failed request must not be remembered.
      found.catch(() => Catalogue.#known.delete(session));
      Catalogue.#known.set(session, found);
    }
    return found;
  }

  /** @param {Channel[]} channels */
  constructor(channels) {
    this.channels = channels;
    this.byId = new Map(channels.map((channel) => [channel.id, channel]));
    /** @type {Map<string, Map<string, Channel[]>>} place, unit, channels */
    this.places = new Map();
    for (const channel of channels) {
      const [place, unit] = Catalogue.split(channel.id);
      if (!this.places.has(place)) {
        this.places.set(place, new Map());
      }
      const units = this.places.get(place);
      if (!units.has(unit)) {
        units.set(unit, []);
      }
      units.get(unit).push(channel);
    }
  }

  /** Place, unit and quantity of an id. @param {string} id @returns {[string, string, string]} */
  static split(id) {
    const [place, unit = '', ...rest] = id.split('.');
    return [place, unit, rest.join('.')];
  }

  /** @param {string} id @returns {boolean} */
  has(id) {
    return this.byId.has(id);
  }

  /**
   * The channel that an operator looks at for a quantity: its instrument if it has one, else the true value.
   *
   * @param {string} id of the true channel
   * @returns {string|null} an id, or null if there is no such quantity
   */
  shown(id) {
    const [place, unit, quantity] = Catalogue.split(id);
    const sensed = `${place}.${unit}.sensed_${quantity}`;
    if (this.byId.has(sensed)) {
      return sensed;
    }
    return this.byId.has(id) ? id : null;
  }

  /** The channels of a unit, instruments first. @param {string} owner `place.unit` @returns {Channel[]} */
  ofUnit(owner) {
    const [place, unit] = owner.split('.');
    const channels = this.places.get(place)?.get(unit) ?? [];
    return [...channels].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  }

  /** Units of all places as `place.unit`. @returns {string[]} */
  get units() {
    return [...this.places].flatMap(([place, units]) => [...units.keys()].map((unit) => `${place}.${unit}`));
  }

  /** Channels that can be commanded. @returns {Channel[]} */
  get commanded() {
    return this.channels.filter((channel) => channel.kind === 'commanded');
  }
}

/**
 * Where a value stands against the limits of its channel.
 *
 * @param {Channel|undefined} channel
 * @param {number|null|undefined} value
 * @returns {'none'|'nominal'|'caution'|'warning'} `none` where there is no limit or no value
 */
export function standing(channel, value) {
  const limits = channel?.limits;
  if (!limits || value === null || value === undefined || Number.isNaN(value)) {
    return 'none';
  }
  const past = (low, high) =>
    (typeof low === 'number' && value < low) || (typeof high === 'number' && value > high);
  if (past(limits.warning_low, limits.warning_high)) {
    return 'warning';
  }
  return past(limits.caution_low, limits.caution_high) ? 'caution' : 'nominal';
}

/**
 * A name for people of a place, a unit or a quantity: `low_loop` becomes `low loop`, abbreviations get capitals.
 *
 * @param {string} name
 * @returns {string}
 */
export function spoken(name) {
  const short = ['acs', 'oga', 'ccaa', 'cdra', 'tccs', 'wpa', 'upa', 'lioh'];
  return name
    .split('_')
    .map((word) => {
      if (word === 'lioh') {
        return 'LiOH';
      }
      return short.includes(word) ? word.toUpperCase() : word;
    })
    .join(' ');
}

/** A quantity without the remark that an instrument shows it. @param {Channel} channel @returns {string} */
export function brief(channel) {
  return channel.quantity.replace(/, as measured$/, '');
}

/** A text with a capital at its beginning. @param {string} text @returns {string} */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
