import { Feed } from '../habitat/feed.js';

/** Least time between two ticks, ms: plots draw at each. */
const EVERY_MS = 250;

/**
 * The time of the mission that is looked at. It ticks when a row comes and stands still while the session is paused.
 */
export class MissionClock {
  /** UTC of mission time or mission time itself, by what Open MCT shows. */
  #isMission = () => false;
  #listeners = new Set();
  #feed = null;
  #release = null;
  #last = 0;
  #timer = null;

  constructor(sessions) {
    this.key = 'mission';
    this.cssClass = 'icon-clock';
    this.name = 'Mission time';
    this.description = 'Ticks with the rows of the session that is looked at.';
    this.sessions = sessions;
    this.tick = this.tick.bind(this);
  }

  /** Take the clock into Open MCT and follow the session that is looked at. */
  install(openmct) {
    this.#isMission = () => openmct.time.getTimeSystem()?.key === 'mission';
    openmct.time.addTimeSystem({
      key: 'mission',
      name: 'Mission time',
      cssClass: 'icon-clock',
      timeFormat: 'mission',
      durationFormat: 'duration',
      isUTCBased: false
    });
    openmct.time.addClock(this);
    /** Bounds that are set, unlike those of a tick, let plots read history again. */
    const again = () => {
      const offsets = openmct.time.getClockOffsets();
      if (offsets !== undefined && openmct.time.isRealTime()) {
        const now = this.currentValue();
        openmct.time.setBounds({ start: now + offsets.start, end: now + offsets.end });
      }
    };
    openmct.time.on('timeSystemChanged', again);
    this.sessions.addEventListener('choice', () => {
      this.#follow();
      again();
    });
    this.sessions.addEventListener('change', () => this.#follow());
    this.#follow();
  }

  on(event, listener) {
    this.#listeners.add(listener);
  }

  off(event, listener) {
    this.#listeners.delete(listener);
  }

  /** @returns {number} ms */
  currentValue() {
    const session = this.sessions.chosen;
    const t_s = this.#feed?.t_s ?? session?.t_s ?? 0;
    return Math.round(t_s * 1000) + (this.#isMission() ? 0 : (session?.epoch_ms ?? 0));
  }

  /** Tell the listeners, not more often than plots can draw. */
  tick() {
    const wait = this.#last + EVERY_MS - performance.now();
    if (wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.tick();
      }, wait);
      return;
    }
    this.#last = performance.now();
    const value = this.currentValue();
    [...this.#listeners].forEach((listener) => listener(value));
  }

  #follow() {
    const id = this.sessions.chosen?.id;
    if (id === undefined || this.#feed?.id === String(id)) {
      return;
    }
    this.#feed?.removeEventListener('row', this.tick);
    this.#release?.();
    this.#feed = Feed.of(String(id), this.sessions);
    this.#release = this.#feed.hold();
    this.#feed.addEventListener('row', this.tick);
    this.tick();
  }
}
