import { get, post, sessionPath } from '../habitat/api.js';
import { Feed } from '../habitat/feed.js';
import { shown } from '../draw/number.js';

/** Severity of Open MCT by priority. */
const SEVERITY = { critical: 'CRITICAL', high: 'CRITICAL', medium: 'WARNING', low: 'WATCH' };
/** How long an alarm can be put aside, ms of mission time. */
const SHELVES = [
  { name: '1 hour', value: 3600e3 },
  { name: '2 hours', value: 7200e3 },
  { name: '8 hours', value: 28800e3 }
];

/** The alarms of the session that is looked at, in the fault list of Open MCT. */
export class FaultList {
  /** @param {import('../habitat/sessions.js').Sessions} sessions */
  constructor(sessions) {
    this.sessions = sessions;
  }

  install(openmct) {
    openmct.install(openmct.plugins.FaultManagement());
    openmct.faults.addProvider(this);
  }

  supportsRequest(object) {
    return object.type === 'faultManagement';
  }

  supportsSubscribe(object) {
    return object.type === 'faultManagement';
  }

  getShelveDurations() {
    return SHELVES;
  }

  async request() {
    const session = this.sessions.chosen;
    if (session === undefined) {
      return [];
    }
    const alarms = await get(sessionPath(String(session.id), 'alarms'));
    return alarms.map((alarm) => ({ type: 'global-alarm-status', fault: faultOf(alarm, session) }));
  }

  subscribe(object, callback) {
    const session = this.sessions.chosen;
    if (session === undefined) {
      return () => {};
    }
    const feed = Feed.of(String(session.id), this.sessions);
    const release = feed.hold();
    const tell = () => callback({ type: 'global-alarm-status' });
    feed.addEventListener('alarm', tell);
    const timer = setInterval(tell, 3000);
    tell();
    return () => {
      clearInterval(timer);
      feed.removeEventListener('alarm', tell);
      release();
    };
  }

  async acknowledgeFault(fault) {
    await post(this.#path('acknowledge'), { id: fault.id });
    return true;
  }

  async shelveFault(fault, { shelved = true, comment = '', shelveDuration = SHELVES[0].value }) {
    if (!shelved) {
      await post(this.#path('unshelve'), { id: fault.id });
      return true;
    }
    const now_s = Feed.of(String(this.sessions.chosen.id), this.sessions).t_s ?? this.sessions.chosen.t_s;
    await post(this.#path('shelve'), { id: fault.id, until_s: now_s + shelveDuration / 1000, why: comment || 'no reason given' });
    return true;
  }

  #path(rest) {
    return sessionPath(String(this.sessions.chosen.id), `alarms/${rest}`);
  }
}

/** An alarm as a fault of Open MCT. */
function faultOf(alarm, session) {
  const isHigh = alarm.bound?.endsWith('_high') ?? false;
  const range = alarm.limit === null || alarm.limit === undefined ? 'IN_LIMITS' : isHigh ? 'HIGH' : 'LOW';
  const severity = SEVERITY[alarm.priority] ?? 'WATCH';
  const text = (value) => (value === null || value === undefined ? '–' : shown(value, alarm.unit, alarm.channel));
  return {
    id: alarm.id,
    name: alarm.quantity,
    namespace: alarm.channel,
    seqNum: 0,
    severity,
    shortDescription: alarm.text,
    shelved: alarm.state === 'shelved',
    acknowledged: alarm.state === 'acknowledged',
    triggerTime: new Date(session.epoch_ms + 1000 * (alarm.raised_s ?? alarm.since_s)).toISOString(),
    triggerValueInfo: { value: text(alarm.limit), rangeCondition: range, monitoringResult: severity },
    currentValueInfo: { value: text(alarm.value), rangeCondition: range, monitoringResult: severity }
  };
}
