import { get, post, sessionPath } from './habitat/api.js';
import { Feed } from './habitat/feed.js';
import { action, choice, html, show, verdict } from './draw/element.js';
import { missionTime } from './draw/number.js';
import { addressOf, addressOfPage } from './tree/identity.js';
import { summary } from './pages/alarms.js';
import { outcome, rateChoice } from './pages/sessions.js';

/** Pages of the session that the bar leads to. */
const LINKS = [
  ['Overview', ['overview']],
  ['Alarms', ['page', 'alarms']],
  ['Events', ['page', 'events']],
  ['Crew', ['page', 'crew']],
  ['Commands', ['page', 'commands']],
  ['What if', ['page', 'what-if']],
  ['Advice', ['page', 'advice']]
];
/** Pages beside the sessions. */
const OTHERS = [
  ['Sessions', 'sessions'],
  ['Replay', 'replay'],
  ['Training', 'training'],
  ['Machine', 'machine']
];

/**
 * The bar on top: which session, what time it is there, run and pause, alarms, and the way to each page.
 *
 * @param {HTMLElement} element
 * @param {import('./habitat/sessions.js').Sessions} sessions
 */
export function fillBar(element, sessions) {
  const time = html('span', { class: 'lh-time', title: 'Mission time' });
  const state = html('span', { class: 'lh-badge' });
  const alarms = html('a', { class: 'lh-badge', href: '#' });
  const link = html('span', { class: 'lh-link', role: 'status' });
  const who = html('span', { class: 'lh-quiet' });
  const list = html('select', { 'aria-label': 'Session' });
  const control = html('span', { class: 'lh-row' });
  const pages = html('nav', { 'aria-label': 'Pages' });
  const others = html('nav', { 'aria-label': 'All sessions' }, OTHERS.map(([text, page]) => html('a', { href: addressOfPage(page) }, text)));
  const { element: said, say } = verdict();
  show(element, list, time, state, control, alarms, link, said, pages, others, who);

  let feed = null;
  let release = null;
  const tick = () => (time.textContent = missionTime(feed?.t_s ?? sessions.chosen?.t_s));
  const linked = () => {
    link.textContent = feed === null || feed.isLinked ? '' : 'no connection';
  };

  list.addEventListener('change', () => {
    sessions.choose(list.value);
    location.hash = addressOf(list.value, 'overview');
  });

  let drawn = '';
  function draw() {
    const session = sessions.chosen;
    const id = session === undefined ? null : String(session.id);
    if (feed?.id !== id) {
      feed?.removeEventListener('row', tick);
      feed?.removeEventListener('link', linked);
      release?.();
      feed = id === null ? null : Feed.of(id, sessions);
      release = feed?.hold() ?? null;
      feed?.addEventListener('row', tick);
      feed?.addEventListener('link', linked);
    }
    tick();
    linked();
    const names = JSON.stringify([id, sessions.all.map(({ id: one, name }) => [one, name])]);
    if (names !== drawn) {
      drawn = names;
      show(list, sessions.all.map(({ id: one, name }) => html('option', { value: String(one), selected: String(one) === id }, name)));
      show(pages, session === undefined ? [] : LINKS.map(([text, rest]) => html('a', { href: addressOf(id, ...rest) }, text)));
      mark();
    }
    list.hidden = session === undefined;
    time.hidden = session === undefined;
    if (session === undefined) {
      state.textContent = 'no session';
      show(control);
      alarms.textContent = '';
      return;
    }
    state.textContent = outcome(session);
    state.setAttribute('data-standing', session.status === 'running' ? 'nominal' : session.status === 'failed' ? 'warning' : 'caution');
    const { text, level } = summary(session.alarms);
    alarms.textContent = text;
    alarms.href = addressOf(id, 'page', 'alarms');
    alarms.setAttribute('data-standing', level);
    controls(session, id);
  }

  let controlled = '';
  /** Run or pause, and the rate; made again when they change only, so that they can be used. */
  function controls(session, id) {
    const key = `${id} ${session.status} ${session.rate}`;
    if (key === controlled) {
      return;
    }
    controlled = key;
    if (session.status === 'ended' || session.status === 'failed') {
      show(control);
      return;
    }
    const rate = rateChoice(session);
    const take = async (answer) => sessions.update(await answer);
    rate.addEventListener('change', () => session.status === 'running' && take(post(sessionPath(id, 'run'), { rate: Number(rate.value) })).catch(say));
    const button = session.status === 'running'
      ? action('Pause', () => take(post(sessionPath(id, 'pause'))), say)
      : action('Run', () => take(post(sessionPath(id, 'run'), { rate: Number(rate.value) })), say, { class: 'lh-button is-major' });
    show(control, button, rate);
  }

  /** Show which page is open. */
  function mark() {
    for (const one of element.querySelectorAll('nav a')) {
      const target = one.getAttribute('href');
      const isHere = location.hash.split('?')[0] === target;
      one.toggleAttribute('aria-current', isHere);
      if (isHere) {
        one.setAttribute('aria-current', 'page');
      }
    }
  }

  sessions.addEventListener('change', draw);
  sessions.addEventListener('choice', draw);
  window.addEventListener('hashchange', mark);
  get('/api/whoami').then(({ who: name, role }) => (who.textContent = `${name} (${role})`), () => {});
  draw();
}
