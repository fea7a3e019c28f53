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
 * Followers get points in the order of time, each once. All of them have been told everything up to `told_s`, and an answer
 * of history that goes further moves them there before it is given ({@link absorb}): nobody gets by the stream what history
 * has shown already, and nobody misses what came between the two.
 */
export class Line {
  #points = new Map();
  #waiting = [];
  /** The last point that was handed on was no number. */
  #isGap = false;

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
    /** The gap is being read; points of the stream wait. */
    this.isFilling = false;
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

  /**
   * Somebody begins to follow.
   *
   * @param {number|null} now_s mission time that is known
   * @param {boolean} isStreaming whether the stream has brought a row up to then: else rows after it may be missing
   */
  begin(now_s, isStreaming) {
    if (this.followers.size > 0) {
      return;
    }
    this.told_s = now_s;
    this.isBroken = !isStreaming;
    this.#isGap = false;
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
    return [this.told_s ?? this.#waiting[0].t_s, this.#waiting[this.#waiting.length - 1].t_s];
  }

  /** What was missing before the points that wait, or null where it could not be read. @param {Datum[]|null} points */
  endFilling(points) {
    this.isFilling = false;
    if (points === null) {
      this.isBroken = true;
      return;
    }
    this.#waiting.push(...points);
    this.flush();
  }

  /** Take over an answer of history that has every row after `told_s` up to `last_s`. @param {Datum[]} points */
  absorb(points, last_s) {
    this.#waiting.push(...points);
    this.#tell((point) => point.t_s <= last_s);
  }

  /** Hand what waits to the followers, unless a gap is still open. */
  flush() {
    if (this.#waiting.length > 0 && !this.isBroken && !this.isFilling) {
      this.#tell(() => true);
    }
  }

  /** Hand on those that wait and are `due`, in the order of time, each once. */
  #tell(due) {
    const points = [];
    const ready = this.#waiting.filter(due).sort((a, b) => a.t_s - b.t_s);
    this.#waiting = this.#waiting.filter((point) => !due(point));
    for (const point of ready) {
      if (this.told_s !== null && point.t_s <= this.told_s) {
        continue;
      }
      this.told_s = point.t_s;
      const isGap = Number.isNaN(point.value);
      // One point that is no number opens a gap; more of them add nothing to a plot.
      if (!(isGap && this.#isGap)) {
        points.push(point);
      }
      this.#isGap = isGap;
    }
    if (points.length > 0) {
      this.followers.forEach((follower) => follower(points));
    }
  }
}
