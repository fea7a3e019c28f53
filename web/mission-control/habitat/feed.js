import { get, query, sessionPath } from './api.js';
import { Line } from './line.js';

/** How long rows are gathered before they are handed on, ms: ten pictures a second are enough. */
const GATHER_MS = 100;
/** Code with which the server closes the stream of a session that has been stopped. */
const STOPPED = 1000;
/** Waiting times between attempts to connect again, ms. */
const AGAIN_MS = [500, 1000, 2000, 5000];
/** How long history waits for the stream to be there, ms. */
const LINK_MS = 1500;
/** How long a feed that nobody follows stays open, ms: pages change faster than that. */
const LINGER_MS = 5000;
/** Most rows that one answer of history has. */
const MOST = 20000;
/** Most channels that one request may name; a stream of more carries all. */
const CHANNELS = 64;

/**
 * @typedef {object} Rows what history answers
 * @property {number[]} t_s
 * @property {Object<string, (number|null)[]>} values
 * @property {[number, number][]} gaps
 * @property {boolean} thinned
 */

/**
 * All that comes from one session: rows of channels by one WebSocket, history, alarms, events.
 *
 * # No seam
 * Whoever follows a channel first listens, then reads history. Points are the same objects on both ways ({@link Line}).
 * Rows that the stream did not carry – before the server knew of the channel, when it says `lost`, while there was no
 * connection – are read from history before later points are handed on.
 *
 * Fires `row` (detail: t_s), `alarm`, `event`, `link` (detail: whether it is connected).
 */
export class Feed extends EventTarget {
  /** @type {Map<string, Feed>} */
  static #open = new Map();

  /**
   * The feed of a session, shared by all who look at it.
   *
   * @param {string} id
   * @param {import('./sessions.js').Sessions} sessions
   * @returns {Feed}
   */
  static of(id, sessions) {
    if (!Feed.#open.has(id)) {
      Feed.#open.set(id, new Feed(id, sessions));
    }
    return Feed.#open.get(id);
  }

  #socket = null;
  #attempt = 0;
  #holders = 0;
  #lines = new Map();
  #wanted = new Map();
  #watchers = new Set();
  #rows = [];
  #timer = null;
  #closing = null;
  #telling = null;
  /** A row has come by the connection that is open. */
  #isStreaming = false;
  #ready = null;
  #asked = new Map();

  constructor(id, sessions) {
    super();
    this.id = id;
    this.sessions = sessions;
    /** Mission time of the last row, s; null before the first. */
    this.t_s = null;
    /** @type {Map<string, number|null>} the last value of each channel */
    this.latest = new Map();
    this.isLinked = false;
  }

  /** UTC of mission time 0, ms. */
  get epoch_ms() {
    return this.sessions.find(this.id)?.epoch_ms ?? 0;
  }

  /** Keep the connection open until the returned function is called. @returns {() => void} */
  hold() {
    this.#holders += 1;
    clearTimeout(this.#closing);
    if (this.#socket === null) {
      this.#connect();
    }
    let isHeld = true;
    return () => {
      if (!isHeld) {
        return;
      }
      isHeld = false;
      this.#holders -= 1;
      if (this.#holders === 0) {
        this.#closing = setTimeout(() => this.#close(), LINGER_MS);
      }
    };
  }

  /**
   * Follow a channel: points come in the order of time, each once, none missing from now on.
   *
   * @param {string} channel
   * @param {(points: import('./line.js').Datum[]) => void} follower
   * @returns {() => void} ends it
   */
  follow(channel, follower) {
    const release = this.hold();
    const line = this.#line(channel);
    line.begin(this.t_s, this.#isStreaming);
    line.followers.add(follower);
    this.#want([channel], 1);
    return () => {
      line.followers.delete(follower);
      this.#want([channel], -1);
      release();
    };
  }

  /**
   * Be told the latest values of some channels, at most ten times a second.
   *
   * @param {string[]} channels
   * @param {(latest: Map<string, number|null>, t_s: number|null) => void} watcher
   * @returns {() => void} ends it
   */
  watch(channels, watcher) {
    const release = this.hold();
    this.#want(channels, 1);
    this.#watchers.add(watcher);
    this.#refresh().then(() => this.#watchers.has(watcher) && watcher(this.latest, this.t_s));
    return () => {
      this.#watchers.delete(watcher);
      this.#want(channels, -1);
      release();
    };
  }

  /**
   * History of one channel as points; requests of the same moment and span become one.
   *
   * @param {string} channel
   * @param {number} from_s
   * @param {number|undefined} to_s as far as there is any, if it is not given
   * @param {number} most rows
   * @returns {Promise<import('./line.js').Datum[]>} in the order of time, a point that is no number in each gap
   */
  async history(channel, from_s, to_s, most) {
    const release = this.hold();
    try {
      await this.#ready;
      const rows = await this.#rowsTogether(channel, from_s, to_s, Math.min(most, MOST));
      const points = this.#points(channel, rows);
      await this.#catchUp(this.#line(channel), points, rows.thinned || from_s > (this.#line(channel).told_s ?? 0));
      return points;
    } finally {
      release();
    }
  }

  /** Bring the followers of a line to where an answer of history ends, before it is given. */
  async #catchUp(line, points, isPartial) {
    const last_s = points[points.length - 1]?.t_s;
    if (line.followers.size === 0 || last_s === undefined || last_s <= (line.told_s ?? -1)) {
      return;
    }
    // An answer that leaves rows out says where they are, not what they are.
    const all = isPartial
      ? this.#points(line.channel, await this.rows([line.channel], line.told_s ?? 0, last_s, MOST))
      : points;
    line.absorb(all, last_s);
  }

  /** History of at most 64 channels as the server answers it. @returns {Promise<Rows>} */
  rows(channels, from_s, to_s, most) {
    return get(sessionPath(this.id, `rows${query({ channels, from_s, to_s, most })}`));
  }

  /** History of any number of channels, in as many requests as it takes. @returns {Promise<Rows[]>} */
  rowsOfMany(channels, from_s, to_s, most) {
    const groups = [];
    for (let at = 0; at < channels.length; at += CHANNELS) {
      groups.push(this.rows(channels.slice(at, at + CHANNELS), from_s, to_s, most));
    }
    return Promise.all(groups);
  }

  #line(channel) {
    if (!this.#lines.has(channel)) {
      this.#lines.set(channel, new Line(channel, this.epoch_ms));
    }
    return this.#lines.get(channel);
  }

  /** Points of an answer, with its gaps as points that are no numbers. */
  #points(channel, rows) {
    const line = this.#line(channel);
    const values = rows.values[channel] ?? [];
    const gaps = (rows.gaps ?? []).map(([from, to]) => line.point((from + to) / 2, null));
    const points = rows.t_s.map((t_s, at) => line.point(t_s, values[at]));
    const all = gaps.length === 0 ? points : [...points, ...gaps].sort((a, b) => a.t_s - b.t_s);
    // A plot takes its scale from the first point, and draws one gap as well as ten.
    const first = all.findIndex((point) => !Number.isNaN(point.value));
    return all.filter((point, at) => at >= first && first >= 0 && !(Number.isNaN(point.value) && Number.isNaN(all[at - 1]?.value)));
  }

  #rowsTogether(channel, from_s, to_s, most) {
    const key = `${from_s} ${to_s} ${most}`;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      const channels = new Set();
      const answer = new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
        this.#asked.delete(key);
        return this.rows([...channels], from_s, to_s, most);
      });
      asked = { channels, answer };
      this.#asked.set(key, asked);
    }
    asked.channels.add(channel);
    return asked.answer;
  }

  #want(channels, by) {
    let isNew = false;
    for (const channel of channels) {
      const count = (this.#wanted.get(channel) ?? 0) + by;
      isNew ||= by > 0 && count === by;
      if (count > 0) {
        this.#wanted.set(channel, count);
      } else {
        this.#wanted.delete(channel);
      }
    }
    if (isNew) {
      this.#send();
    }
  }

  /** The channels that the stream is to carry: at least one, so that it carries rows at all. */
  #listened() {
    const wanted = [...this.#wanted.keys()];
    if (wanted.length > CHANNELS) {
      return ['*'];
    }
    const [first] = this.latest.keys();
    return wanted.length === 0 && first !== undefined ? [first] : wanted;
  }

  /** Tell the server what to carry; a page that opens asks for many channels in one moment. */
  #send() {
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      if (this.#socket?.readyState === WebSocket.OPEN) {
        this.#socket.send(JSON.stringify({ channels: this.#listened() }));
      }
    }, 0);
  }

  #connect() {
    const secure = location.protocol === 'https:';
    const path = sessionPath(this.id, `stream${query({ channels: this.#listened() })}`);
    const socket = new WebSocket(`${secure ? 'wss' : 'ws'}://${location.host}${path}`);
    this.#socket = socket;
    this.#ready = new Promise((resolve) => {
      // Without a connection history is still there.
      const timer = setTimeout(resolve, LINK_MS);
      // The first message says that the server listens to the session: what comes after it is not missed.
      const first = () => {
        this.#isStreaming = false;
        clearTimeout(timer);
        this.#attempt = 0;
        this.#linked(true);
        this.#break();
        this.#refresh().then(() => {
          this.#send();
          resolve();
        });
      };
      socket.addEventListener('message', first, { once: true });
    });
    socket.addEventListener('message', (message) => this.#message(message.data));
    socket.addEventListener('close', (event) => {
      if (this.#socket !== socket) {
        return;
      }
      this.#socket = null;
      this.#linked(false);
      // The session has been stopped: there is nothing to come back to.
      if (this.#holders > 0 && event.code !== STOPPED) {
        const wait = AGAIN_MS[Math.min(this.#attempt, AGAIN_MS.length - 1)];
        this.#attempt += 1;
        setTimeout(() => this.#socket === null && this.#holders > 0 && this.#connect(), wait);
      }
    });
  }

  #close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#linked(false);
    socket?.close();
  }

  #linked(isLinked) {
    this.isLinked = isLinked;
    this.dispatchEvent(new CustomEvent('link', { detail: isLinked }));
  }

  /** From here on a row may be missing. */
  #break() {
    for (const line of this.#lines.values()) {
      line.isBroken ||= line.followers.size > 0;
    }
  }

  /** The latest values of all channels. */
  async #refresh() {
    try {
      const { t_s, values } = await get(sessionPath(this.id, 'latest'));
      if (this.t_s === null || t_s >= this.t_s) {
        this.t_s = t_s;
        Object.entries(values).forEach(([channel, value]) => this.latest.set(channel, value));
        // Whoever began to follow before anything was known is told what comes after this; history has the rest.
        this.#lines.forEach((line) => (line.told_s ??= t_s));
        this.dispatchEvent(new CustomEvent('row', { detail: t_s }));
      }
    } catch {
      // The stream brings what this did not.
    }
  }

  #message(text) {
    const message = JSON.parse(text);
    if (message.row !== undefined) {
      this.#rows.push(message.row);
      this.#timer ??= setTimeout(() => this.#gathered(), GATHER_MS);
    }
    if (message.lost !== undefined) {
      this.#rows.push({ lost: message.lost });
    }
    if (message.session !== undefined) {
      this.sessions.update(message.session);
    }
    for (const kind of ['alarm', 'event']) {
      if (message[kind] !== undefined) {
        this.dispatchEvent(new CustomEvent(kind, { detail: message[kind] }));
      }
    }
  }

  /** Hand on the rows of the last tenth of a second. */
  #gathered() {
    this.#timer = null;
    const rows = this.#rows;
    this.#rows = [];
    for (const row of rows) {
      if (row.lost !== undefined) {
        this.#break();
        continue;
      }
      this.#row(row);
    }
    this.dispatchEvent(new CustomEvent('row', { detail: this.t_s }));
    for (const line of this.#lines.values()) {
      line.flush();
    }
    this.#watchers.forEach((watcher) => watcher(this.latest, this.t_s));
  }

  #row({ t_s, values }) {
    this.t_s = Math.max(this.t_s ?? t_s, t_s);
    this.#isStreaming = this.isLinked;
    for (const [channel, value] of Object.entries(values)) {
      this.latest.set(channel, value);
    }
    for (const line of this.#lines.values()) {
      if (line.followers.size === 0 || (line.told_s !== null && t_s <= line.told_s)) {
        continue;
      }
      if (!(line.channel in values)) {
        line.isBroken = true;
      } else if (line.take(line.point(t_s, values[line.channel]))) {
        this.#fill(line);
      }
    }
  }

  /** Read what is missing before the points that wait. */
  async #fill(line) {
    const [from_s, to_s] = line.beginFilling();
    try {
      const rows = await this.rows([line.channel], from_s, to_s, MOST);
      line.endFilling(this.#points(line.channel, rows).filter(({ t_s }) => t_s > from_s && t_s < to_s));
    } catch {
      // Tried again with the next point.
      line.endFilling(null);
    }
  }
}
