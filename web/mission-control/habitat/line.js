/** Most points of a channel that keep their identity; the oldest half is forgotten beyond. */
const KEPT = 60000;

/**
 * @typedef {object} Datum one value of one channel
 * @property {number} utc ms, as the time systems of Open MCT want it
 * @property {number} mission ms since the start of the mission
 * @property {number} t_s s since the start of the mission
 * @property {number} value in SI; NaN draws a gap
 */

/**
 * One channel of a session on its way to those who follow it.
 *
 * A point is one object however it comes, by history or by the stream: so whoever has it twice sees that it is the same.
 * Followers get points in the order of time, each once.
 */
export class Line {
  #points = new Map();
  #waiting = [];

  /**
   * @param {string} channel id
   * @param {number} epoch_ms UTC of mission time 0, ms
   */
  constructor(channel, epoch_ms) {
    this.channel = channel;
    this.epoch_ms = epoch_ms;
    /** @type {Set<(points: Datum[]) => void>} */
    this.followers = new Set();
    /** Up to when followers have been told, s. */
    this.told_s = null;
    /** A row is known to exist that is not here. */
    this.isBroken = false;
    /** No live point has come since somebody follows. */
    this.isFresh = true;
    /** The gap is being read; points of the stream wait. */
    this.isFilling = false;
    /** The last point was no number. */
    this.isGap = false;
    /** Times that an answer from history has shown to those who have just begun to follow. */
    this.answered = new Set();
  }

  /** The point at a time, the same object each time. @returns {Datum} */
  point(t_s, value) {
    const mission = Math.round(t_s * 1000);
    const known = this.#points.get(mission);
    const number = value === null || value === undefined ? NaN : value;
    if (known !== undefined && Object.is(known.value, number)) {
      return known;
    }
    if (this.#points.size >= KEPT) {
      const old = [...this.#points.keys()].slice(0, KEPT / 2);
      old.forEach((key) => this.#points.delete(key));
    }
    const point = { utc: this.epoch_ms + mission, mission, t_s, value: number };
    this.#points.set(mission, point);
    return point;
  }

  /** Somebody begins to follow at mission time `now_s`. */
  begin(now_s) {
    if (this.followers.size > 0) {
      return;
    }
    this.told_s = now_s;
    this.isBroken = false;
    this.isFresh = true;
    this.answered.clear();
    this.#waiting = [];
  }

  /**
   * A point of the stream.
   *
   * @param {Datum} point
   * @returns {boolean} whether the gap before it has to be read first
   */
  take(point) {
    this.#waiting.push(point);
    return this.isBroken && !this.isFilling;
  }

  /** The gap is being read; it may break again meanwhile. @returns {[number, number]} what to read, between two times, s */
  beginFilling() {
    this.isFilling = true;
    this.isBroken = false;
    return [this.told_s ?? 0, this.#waiting[this.#waiting.length - 1].t_s];
  }

  /** What was missing before the points that wait, or null where it could not be read. @param {Datum[]|null} points */
  endFilling(points) {
    this.isFilling = false;
    if (points === null) {
      this.isBroken = true;
      return;
    }
    const fresh = this.isFresh ? points.filter((point) => !this.answered.has(point.t_s)) : points;
    // Points of the stream that wait and points of history are the same objects: flushing leaves the second one out.
    this.#waiting = [...fresh, ...this.#waiting].sort((a, b) => a.t_s - b.t_s);
  }

  /** Hand what waits to the followers, unless a gap is still open. */
  flush() {
    if (this.#waiting.length === 0 || this.isBroken || this.isFilling) {
      return;
    }
    const points = [];
    let last = this.told_s;
    for (const point of this.#waiting) {
      const isGap = Number.isNaN(point.value);
      // One point that is no number opens a gap; more of them add nothing to a plot.
      if ((last === null || point.t_s > last) && !(isGap && this.isGap)) {
        points.push(point);
      }
      last = Math.max(last ?? point.t_s, point.t_s);
      this.isGap = isGap;
    }
    this.told_s = last;
    this.#waiting = [];
    this.isFresh = false;
    this.answered.clear();
    if (points.length > 0) {
      this.followers.forEach((follower) => follower(points));
    }
  }
}
