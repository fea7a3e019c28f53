import { get } from './api.js';

/** How often the list is read again, ms: sessions also come and go by the command line. */
const EVERY_MS = 4000;
/** Where the chosen session is remembered. */
const REMEMBERED = 'lunar-habitat.session';

/**
 * @typedef {object} Session what the server says about a session
 * @property {string} id
 * @property {string} name
 * @property {string} scenario
 * @property {string} difficulty
 * @property {number} seed
 * @property {string} controller
 * @property {'auto'|'advisory'} mode
 * @property {'paused'|'running'|'ended'|'failed'} status
 * @property {number} rate mission seconds a wall second
 * @property {number} t_s mission time, s
 * @property {number} days length of the mission
 * @property {number} epoch_ms UTC of mission time 0, ms
 * @property {number} crew_size
 * @property {number} crew_alive
 * @property {boolean|null} success
 * @property {string|null} abort_reason
 * @property {{critical: number, high: number, medium: number, low: number, unacknowledged: number}} alarms
 */

/**
 * The sessions of the server, and which of them is looked at.
 *
 * Fires `change` when the list or a session in it changes, `choice` when another one is looked at.
 */
export class Sessions extends EventTarget {
  #list = [];
  #known = '';
  #chosen = null;
  #timer = null;

  /** Read the list and keep reading it. */
  async start() {
    await this.refresh();
    this.#timer = setInterval(() => this.refresh().catch(() => {}), EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Read the list now. */
  async refresh() {
    this.#take(await get('/api/sessions'));
  }

  /** @returns {Session[]} all sessions */
  get all() {
    return this.#list;
  }

  /** @param {string} id @returns {Session|undefined} */
  find(id) {
    return this.#list.find((session) => String(session.id) === String(id));
  }

  /** @returns {Session|undefined} the session that is looked at */
  get chosen() {
    return this.find(this.#chosen) ?? this.#first();
  }

  /** Look at another session. @param {string} id */
  choose(id) {
    if (this.#chosen !== null && String(this.#chosen) === String(id)) {
      return;
    }
    this.#chosen = String(id);
    try {
      localStorage.setItem(REMEMBERED, this.#chosen);
    } catch {
      // A browser that keeps nothing starts with the running session next time.
    }
    this.dispatchEvent(new Event('choice'));
  }

  /** Take in one session that the server sent. @param {Session} session */
  update(session) {
    const others = this.#list.filter((one) => String(one.id) !== String(session.id));
    const at = this.#list.findIndex((one) => String(one.id) === String(session.id));
    const list = [...others];
    list.splice(at < 0 ? list.length : at, 0, session);
    this.#take(list);
  }

  #take(list) {
    const text = JSON.stringify(list);
    if (text === this.#known) {
      return;
    }
    this.#known = text;
    this.#list = list;
    this.dispatchEvent(new Event('change'));
  }

  /** The remembered session, else one that runs, else the latest. */
  #first() {
    let remembered = null;
    try {
      remembered = localStorage.getItem(REMEMBERED);
    } catch {
      remembered = null;
    }
    return (
      this.find(remembered) ??
      this.#list.find((session) => session.status === 'running') ??
      this.#list[this.#list.length - 1]
    );
  }
}
