import { Catalogue, standing } from '../habitat/catalogue.js';
import { Feed } from '../habitat/feed.js';
import { missionTime } from '../draw/number.js';
import { parts, sessionOf } from './identity.js';

/** Points that a plot of no known width gets. */
const POINTS = 2000;
/** Rows of a table. */
const TABLE = 20000;

/**
 * Telemetry of channels: history and stream of a {@link Feed}, limits of the catalogue.
 */
export class Telemetry {
  /** @param {import('../habitat/sessions.js').Sessions} sessions */
  constructor(sessions) {
    this.sessions = sessions;
  }

  /** Take provider and formats into Open MCT. */
  install(openmct) {
    this.openmct = openmct;
    openmct.telemetry.addFormat(figureFormat);
    openmct.telemetry.addFormat(missionFormat);
    openmct.telemetry.addProvider(this);
  }

  supportsRequest(object) {
    return object.type === 'habitat.channel';
  }

  supportsSubscribe(object) {
    return object.type === 'habitat.channel';
  }

  supportsLimits(object) {
    return object.type === 'habitat.channel';
  }

  supportsBatching() {
    return true;
  }

  /** History in the bounds that are asked for. */
  async request(object, options) {
    const feed = Feed.of(sessionOf(object.identifier), this.sessions);
    const epoch_ms = options.domain === 'mission' ? 0 : feed.epoch_ms;
    const from_s = Math.max(0, (options.start - epoch_ms) / 1000);
    // Live bounds end a little ahead of the clock, and a fast mission is soon past them: then all there is belongs to them.
    const isLive = this.openmct.time.isRealTime() && options.end >= (feed.t_s ?? 0) * 1000 + epoch_ms;
    const to_s = isLive ? undefined : (options.end - epoch_ms) / 1000;
    if (to_s < from_s) {
      return [];
    }
    const isLatest = options.strategy === 'latest' || options.size === 1;
    const most = isLatest ? POINTS : options.strategy === 'minmax' ? Math.max(POINTS, options.size ?? 0) : TABLE;
    const points = await feed.history(channelOf(object), from_s, to_s, most);
    return isLatest ? points.slice(-1) : points;
  }

  /** Live points. */
  subscribe(object, callback) {
    const feed = Feed.of(sessionOf(object.identifier), this.sessions);
    return feed.follow(channelOf(object), callback);
  }

  /** Colour of a value: yellow past a caution, red past a warning. */
  getLimitEvaluator(object) {
    let channel;
    Catalogue.of(sessionOf(object.identifier)).then(
      (catalogue) => (channel = catalogue.byId.get(channelOf(object))),
      () => {}
    );
    return {
      evaluate(datum, metadata) {
        if (metadata?.key !== 'value') {
          return undefined;
        }
        const found = standing(channel, datum.value);
        if (found !== 'caution' && found !== 'warning') {
          return undefined;
        }
        const { caution_low, warning_low, caution_high, warning_high } = channel.limits;
        const low = found === 'warning' ? warning_low : caution_low;
        const high = found === 'warning' ? warning_high : caution_high;
        const isHigh = typeof high === 'number' && datum.value > high;
        return {
          cssClass: `is-limit--${found === 'warning' ? 'red' : 'yellow'} is-limit--${isHigh ? 'upr' : 'lwr'}`,
          low: low ?? -Infinity,
          high: high ?? Infinity,
          name: `${found} ${isHigh ? 'high' : 'low'}`
        };
      }
    };
  }

  /** Limits as lines in plots. */
  getLimits(object) {
    return {
      async limits() {
        const catalogue = await Catalogue.of(sessionOf(object.identifier));
        const limits = catalogue.byId.get(channelOf(object))?.limits;
        if (!limits) {
          return {};
        }
        const level = (low, high, color) => ({
          ...(typeof low === 'number' ? { low: { color, value: low } } : {}),
          ...(typeof high === 'number' ? { high: { color, value: high } } : {})
        });
        return {
          WARNING: level(limits.caution_low, limits.caution_high, 'yellow'),
          CRITICAL: level(limits.warning_low, limits.warning_high, 'red')
        };
      }
    };
  }
}

function channelOf(object) {
  return parts(object.identifier)[3];
}

/** Numbers in plots and tables: as many digits as matter. */
const figureFormat = {
  key: 'figure',
  format(value) {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      return '–';
    }
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential(3) : String(Number(value.toPrecision(6)));
  },
  parse: (value) => (typeof value === 'number' ? value : Number(value)),
  validate: (value) => Number.isFinite(Number(value))
};

/** Mission time in ms as days and time of day. */
const missionFormat = {
  key: 'mission',
  format: (value) => (value === undefined ? value : missionTime(value / 1000)),
  parse(text) {
    if (typeof text === 'number') {
      return text;
    }
    const found = /^(−|-)?day (\d+) (\d+):(\d+)(?::(\d+))?$/.exec(String(text).trim());
    if (found === null) {
      return Number(text);
    }
    const [, sign, day, hour, minute, second = '0'] = found;
    const total = ((Number(day) - 1) * 86400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000;
    return sign === undefined ? total : -total;
  },
  validate: (text) => Number.isFinite(missionFormat.parse(text))
};
