import { get, post, remove, sessionPath } from '../habitat/api.js';
import { action, choice, html, labelled, show, verdict } from '../draw/element.js';
import { missionTime } from '../draw/number.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';
import { summary } from './alarms.js';

/** Mission seconds a wall second that are offered. */
export const RATES = [
  ['1', 'real time'],
  ['60', '1 min/s'],
  ['600', '10 min/s'],
  ['3600', '1 h/s'],
  ['21600', '6 h/s']
];

/** Most sessions that are listed at once. */
const MOST = 100;

/** Sessions: start one, run, pause, step, save, branch, stop. @type {import('../tree/views.js').Page} */
export function open(element, { sessions }) {
  const ending = endings();
  const { element: said, say } = verdict();
  const form = html('div', { class: 'lh-form' });
  const rows = html('tbody', {});
  const search = html('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search sessions', hidden: true });
  search.addEventListener('input', () => draw());
  show(
    element,
    html('header', { class: 'lh-head' }, html('h2', {}, 'Sessions'), search),
    said,
    html('table', { class: 'lh-table', 'aria-label': 'Sessions' },
      html('thead', {}, html('tr', {}, ['Session', 'Controller', 'State', 'Mission time', 'Crew', 'Alarms', 'Rate', ''].map((text) => html('th', { scope: 'col' }, text)))), rows),
    html('h3', {}, 'Start a session'),
    form
  );

  /** Rows by session: one is made again when something but its time changes, so that its buttons can be pressed. */
  const known = new Map();

  function draw() {
    const word = search.value.trim().toLowerCase();
    const found = sessions.all.filter(({ name, scenario, controller }) => `${name} ${scenario} ${controller}`.toLowerCase().includes(word));
    const shown = found.slice(0, MOST).map((session) => {
      const signature = JSON.stringify({ ...session, t_s: 0 });
      let one = known.get(session.id);
      if (one === undefined || one.signature !== signature) {
        one = { signature, ...row(session) };
        known.set(session.id, one);
      }
      one.time.textContent = `${missionTime(session.t_s)} of ${session.days} d`;
      return one.element;
    });
    if (found.length > MOST) {
      shown.push(html('tr', {}, html('td', { colspan: 8, class: 'lh-quiet' }, `${found.length - MOST} more; search for them by name.`)));
    }
    if (found.length === 0) {
      const text = sessions.all.length === 0 ? 'No session yet. Start one below.' : 'No session has that name.';
      shown.push(html('tr', {}, html('td', { colspan: 8, class: 'lh-quiet' }, text)));
    }
    const isSame = shown.length === rows.children.length && shown.every((one, at) => one === rows.children[at]);
    if (!isSame) {
      show(rows, shown);
    }
    search.hidden = sessions.all.length < 10;
  }

  function row(session) {
    const id = String(session.id);
    const done = (error) => {
      say(error);
      sessions.refresh().catch(() => {});
    };
    const take = async (answer) => sessions.update(await answer);
    const rate = rateChoice(session);
    rate.addEventListener('change', async () => {
      rate.blur();
      if (session.status === 'running') {
        await take(post(sessionPath(id, 'run'), { rate: Number(rate.value) })).catch(say);
      }
    });
    const isOver = session.status === 'ended' || session.status === 'failed';
    const alarms = summary(session.alarms);
    const time = html('td', { class: 'lh-nowrap' });
    const element = html('tr', { 'data-session': id, 'data-status': session.status },
      html('th', { scope: 'row' }, html('a', { href: addressOf(id, 'overview'), onclick: () => sessions.choose(id) }, session.name),
        html('span', { class: 'lh-quiet' }, `${session.scenario}, ${session.difficulty}, seed ${session.seed}`)),
      html('td', {}, session.mode === 'advisory' ? `${session.controller}, advisory` : session.controller),
      html('td', {}, html('span', { class: 'lh-badge', 'data-standing': standing(session) }, outcome(session))),
      time,
      html('td', {}, `${session.crew_alive} of ${session.crew_size}`),
      html('td', { 'data-standing': alarms.level }, alarms.text),
      html('td', {}, rate),
      html('td', {}, html('div', { class: 'lh-row is-line' },
        isOver ? null : session.status === 'running'
          ? action('Pause', () => take(post(sessionPath(id, 'pause'))), done, { 'aria-label': `Pause ${session.name}` })
          : action('Run', () => take(post(sessionPath(id, 'run'), { rate: Number(rate.value) })), done, { 'aria-label': `Run ${session.name}` }),
        isOver || session.status === 'running' ? null : action('Step', () => take(post(sessionPath(id, 'step'), { steps: 10 })), done, { 'aria-label': `Ten steps of ${session.name}`, title: 'Ten steps' }),
        action('Save', async () => say(`Saved at ${missionTime((await post(sessionPath(id, 'snapshot'))).t_s)}.`), (error) => error !== null && say(error), { 'aria-label': `Save ${session.name}` }),
        action('Branch', async () => sessions.update(await post(sessionPath(id, 'fork'), { name: `${session.name} branch` })), done, { 'aria-label': `Branch ${session.name}`, title: 'A second session from this moment on' }),
        stop(session, done))));
    return { element, time };
  }

  /** Stopping asks once: what was not saved is gone. */
  function stop(session, done) {
    let isAsked = false;
    const button = action('Stop', async () => {
      if (!isAsked) {
        isAsked = true;
        button.textContent = 'Stop for good?';
        setTimeout(() => {
          isAsked = false;
          button.textContent = 'Stop';
        }, 4000);
        return;
      }
      await remove(sessionPath(String(session.id)));
    }, done, { class: 'lh-button is-danger', 'aria-label': `Stop ${session.name}` });
    return button;
  }

  get('/api/scenarios').then(({ scenarios, controllers }) => {
    const names = scenarios.map((one) => (typeof one === 'string' ? one : one.name));
    const scenario = choice({}, names, names.includes('artemis-30d') ? 'artemis-30d' : names[0]);
    const difficulty = choice({}, ['easy', 'nominal', 'hard', 'extreme'], 'nominal');
    const controller = choice({}, controllers, 'rules');
    const rate = choice({}, [['0', 'paused'], ...RATES], '600');
    const seed = html('input', { type: 'number', min: 0, step: 1, value: 0, class: 'is-narrow' });
    const name = html('input', { type: 'text', placeholder: 'Name' });
    const advisory = html('input', { type: 'checkbox' });
    const start = action('Start', async () => {
      const asked = {
        scenario: scenario.value,
        difficulty: difficulty.value,
        controller: controller.value,
        seed: Number(seed.value),
        rate: Number(rate.value),
        advisory: advisory.checked
      };
      if (name.value.trim() !== '') {
        asked.name = name.value.trim();
      }
      const session = await post('/api/sessions', asked);
      sessions.update(session);
      sessions.choose(String(session.id));
    }, say, { class: 'lh-button is-major', 'aria-label': 'Start session' });
    show(form, labelled('Name', name), labelled('Scenario', scenario), labelled('Difficulty', difficulty), labelled('Seed', seed), labelled('Controller', controller), labelled('Rate', rate), labelled('Advisory: people decide', advisory), start);
  }, say);

  sessions.addEventListener('change', draw);
  ending.add(() => sessions.removeEventListener('change', draw));
  draw();
  return ending.end;
}

/** A list of rates with the one of the session among them. */
export function rateChoice({ rate, name }) {
  const chosen = rate > 0 ? String(rate) : '600';
  const known = RATES.some(([value]) => value === chosen) ? RATES : [...RATES, [chosen, rate % 60 === 0 ? `${rate / 60} min/s` : `${chosen} s/s`]];
  return choice({ 'aria-label': `Rate of ${name}` }, known, chosen);
}

/** State and outcome in a word or two. */
export function outcome({ status, success, abort_reason, reason }) {
  if (status === 'failed') {
    return `failed: ${reason ?? 'no reason'}`;
  }
  if (status !== 'ended') {
    return status;
  }
  return success ? 'ended, success' : `ended: ${abort_reason ?? 'no success'}`;
}

function standing({ status, success }) {
  if (status === 'failed' || (status === 'ended' && !success)) {
    return 'warning';
  }
  return status === 'paused' ? 'caution' : 'nominal';
}
