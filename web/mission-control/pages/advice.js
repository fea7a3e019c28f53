import { get, post, sessionPath } from '../habitat/api.js';
import { Catalogue } from '../habitat/catalogue.js';
import { action, html, show, verdict } from '../draw/element.js';
import { duration, figure, missionTime, scaleOf, symbolOf } from '../draw/number.js';
import { addressOf } from '../tree/identity.js';
import { endings } from '../tree/views.js';

/** How often the proposal is read, s of wall time. */
const EVERY_S = 1.5;

/**
 * @typedef {object} Proposal
 * @property {number} number
 * @property {number} t_s
 * @property {number} expires_s
 * @property {string} by
 * @property {{channel: string, now: number, value: number}[]} proposed
 */

/** What the controller proposes: take it, or do something else and say why; and what was decided before. */
export function open(element, { session, sessions, feed }) {
  const ending = endings();
  const { element: said, say } = verdict();
  const current = html('section', { class: 'lh-advice', 'aria-label': 'Proposal' });
  const history = html('tbody', {});
  const manner = html('div', { class: 'lh-row' });
  show(
    element,
    html('header', { class: 'lh-head' }, html('h2', {}, 'Advice'), manner),
    said,
    current,
    html('h3', {}, 'Decisions'),
    html('table', { class: 'lh-table', 'aria-label': 'Decisions' },
      html('thead', {}, html('tr', {}, ['No.', 'Mission time', 'Decision', 'By', 'Commands', 'Why'].map((text) => html('th', { scope: 'col' }, text)))),
      history)
  );
  let number = undefined;
  let left = null;
  let knownHistory = '';
  let knownMode = null;

  Catalogue.of(session).then((catalogue) => {
    async function read() {
      try {
        const [proposal, decisions] = await Promise.all([get(sessionPath(session, 'advice')), get(sessionPath(session, 'advice/history'))]);
        if (ending.isOver) {
          return;
        }
        drawMode();
        // The numbers that somebody is typing stay; a new proposal takes their place.
        if ((proposal?.number ?? null) !== number) {
          number = proposal?.number ?? null;
          left = null;
          show(current, proposal === null ? nothing() : offer(proposal));
        }
        if (left !== null && proposal !== null) {
          left.textContent = `${duration(proposal.expires_s - (feed.t_s ?? proposal.t_s))} of mission time left`;
        }
        const text = JSON.stringify(decisions);
        if (text !== knownHistory) {
          knownHistory = text;
          draw(decisions);
        }
      } catch (error) {
        say(error);
      }
    }

    /** Who decides, and the way to change it. */
    function drawMode() {
      const mode = sessions.find(session)?.mode;
      if (mode === knownMode) {
        return;
      }
      knownMode = mode;
      number = undefined;
      const other = mode === 'advisory' ? 'auto' : 'advisory';
      show(manner,
        html('span', { class: 'lh-badge' }, mode === 'advisory' ? 'people decide' : 'the controller decides'),
        action(mode === 'advisory' ? 'Let the controller decide' : 'Let people decide', async () => {
          sessions.update(await post(sessionPath(session, 'mode'), { mode: other }));
          await read();
        }, say));
    }

    function nothing() {
      return html('p', { class: 'lh-quiet' }, sessions.find(session)?.mode === 'advisory'
        ? 'No proposal is open. The next one comes with the next decision.'
        : 'The controller acts without being asked.');
    }

    /** @param {Proposal} proposal */
    function offer(proposal) {
      left = html('span', { class: 'lh-time' });
      const inputs = proposal.proposed.map(({ channel, now, value }) => {
        const unit = catalogue.byId.get(channel)?.unit ?? '';
        const { scale, shift } = scaleOf(unit, channel);
        const input = html('input', { type: 'number', step: 'any', class: 'is-narrow', value: Number((value * scale + shift).toPrecision(6)), 'aria-label': `Instead for ${channel}` });
        return { channel, unit, now, value, input, given: input.value, read: () => (Number(input.value) - shift) / scale };
      });
      const why = html('input', { type: 'text', placeholder: 'Why', 'aria-label': 'Reason of the override' });
      const after = (error) => {
        say(error);
        read();
      };
      return [
        html('header', { class: 'lh-head' }, html('h3', {}, `Proposal ${proposal.number}`),
          html('span', { class: 'lh-quiet' }, `by ${proposal.by}, ${missionTime(proposal.t_s)}`), left),
        html('table', { class: 'lh-table', 'aria-label': 'Proposed commands' },
          html('thead', {}, html('tr', {}, ['Channel', 'Now', 'Proposed', 'Instead', 'Unit'].map((text) => html('th', { scope: 'col' }, text)))),
          html('tbody', {}, inputs.map(({ channel, unit, now, value, input }) =>
            html('tr', { 'data-changed': now === value ? null : 'true' },
              html('th', { scope: 'row' }, html('a', { href: addressOf(session, 'channel', channel) }, channel)),
              html('td', { class: 'lh-number' }, figure(now, unit, channel)),
              html('td', { class: 'lh-number' }, figure(value, unit, channel)),
              html('td', {}, input),
              html('td', {}, symbolOf(unit, channel)))))),
        html('div', { class: 'lh-row' },
          action('Accept', () => post(sessionPath(session, 'advice/accept'), { number: proposal.number }), after, { class: 'lh-button is-major' }),
          why,
          action('Override', async () => {
            if (why.value.trim() === '') {
              throw new Error('Say why the proposal is not taken: the reason is kept with the decision.');
            }
            // What was not changed is sent as it was proposed, to the last digit.
            const commands = inputs.map((one) => ({ channel: one.channel, value: one.input.value === one.given ? one.value : one.read() }));
            await post(sessionPath(session, 'advice/override'), { number: proposal.number, commands, why: why.value.trim() });
          }, after, { class: 'lh-button is-danger' }))
      ];
    }

    function draw(decisions) {
      const sorted = [...decisions].sort((a, b) => b.number - a.number);
      const text = (commands) => (commands ?? []).map(({ channel, value }) => {
        const unit = catalogue.byId.get(channel)?.unit ?? '';
        return html('div', { class: 'lh-nowrap' }, `${channel} = ${figure(value, unit, channel)} ${symbolOf(unit, channel)}`);
      });
      show(history, sorted.length === 0
        ? html('tr', {}, html('td', { colspan: 6, class: 'lh-quiet' }, 'Nothing has been decided yet.'))
        : sorted.map((one) => {
            const commands = changed(one);
            return html('tr', { 'data-decision': one.decision },
              html('td', {}, String(one.number)),
              html('td', { class: 'lh-nowrap' }, missionTime(one.t_s)),
              html('td', {}, html('span', { class: 'lh-badge', 'data-standing': { accepted: 'nominal', overridden: 'caution' }[one.decision] ?? 'none' }, one.decision)),
              html('td', {}, one.by ?? '–'),
              html('td', {}, commands.length === 0 ? html('span', { class: 'lh-quiet' }, one.decision === 'expired' ? 'none' : 'as proposed') : text(commands)),
              html('td', {}, one.why ?? ''));
          }));
    }

    read();
    ending.every(EVERY_S, read);
  }, say);
  return ending.end;
}

/** The commands of a decision that differ from the proposal. */
function changed({ proposed, commands, decision }) {
  if (decision !== 'overridden') {
    return [];
  }
  const before = new Map((proposed ?? []).map(({ channel, value }) => [channel, value]));
  return (commands ?? []).filter(({ channel, value }) => before.get(channel) !== value);
}
