import { post, sessionPath } from '../habitat/api.js';
import { action, html } from '../draw/element.js';
import { plain, scaleOf } from '../draw/number.js';

/**
 * A control for a commanded channel: a switch for a mode, a number for a set-point, in the unit that is said aloud.
 *
 * @param {string} session
 * @param {import('../habitat/catalogue.js').Channel} channel
 * @param {(error: Error|null|string) => void} said
 * @returns {{element: HTMLElement, update: (value: number|null|undefined) => void}}
 */
export function setPoint(session, channel, said) {
  const send = (value) => post(sessionPath(session, 'commands'), { channel: channel.id, value });
  const range = channel.actuator;
  const release = action('Give back', () => send(null), (error) => said(error ?? `${channel.id} is the controller's again.`), {
    class: 'lh-button is-small',
    title: 'Let the controller set it again',
    'aria-label': `Give ${channel.id} back to the controller`
  });
  if (isSwitch(channel)) {
    const state = html('span', { class: 'lh-badge' }, '–');
    const turn = (text, value) =>
      action(text, () => send(value), (error) => said(error ?? `${channel.id}: ${text.toLowerCase()}.`), {
        'aria-label': `${channel.id} ${text.toLowerCase()}`
      });
    return {
      element: html('div', { class: 'lh-row', 'data-set': channel.id }, state, turn('On', 1), turn('Off', 0), release),
      update(value) {
        state.textContent = value === null || value === undefined ? '–' : value > 0.5 ? 'on' : 'off';
      }
    };
  }
  const { scale, shift, symbol, digits } = scaleOf(channel.unit, channel.id);
  const toPeople = (value) => value * scale + shift;
  const fromPeople = (value) => (value - shift) / scale;
  const now = html('span', { class: 'lh-badge' }, '–');
  const input = html('input', {
    type: 'number',
    step: 'any',
    class: 'is-narrow',
    min: range ? toPeople(range.low) : undefined,
    max: range ? toPeople(range.high) : undefined,
    'aria-label': `${channel.id} in ${symbol === '' ? 'its unit' : symbol}`
  });
  const allowed = range ? `${plain(toPeople(range.low), digits)} to ${plain(toPeople(range.high), digits)} ${symbol}` : '';
  const set = action('Set', async () => {
    if (input.value === '' || !Number.isFinite(Number(input.value))) {
      throw new Error(`${channel.id}: a number is needed, ${allowed}.`);
    }
    await send(fromPeople(Number(input.value)));
  }, (error) => said(error ?? `${channel.id}: ${input.value} ${symbol}.`), { 'aria-label': `Set ${channel.id}` });
  return {
    element: html('div', { class: 'lh-row', 'data-set': channel.id }, now, input, html('span', { class: 'lh-unit' }, symbol), set, release, html('span', { class: 'lh-quiet' }, allowed)),
    update(value) {
      now.textContent = value === null || value === undefined ? '–' : `${plain(toPeople(value), digits)} ${symbol}`;
      if (input.value === '' && value !== null && value !== undefined && document.activeElement !== input) {
        input.placeholder = toPeople(value).toPrecision(4);
      }
    }
  };
}

/** Whether a commanded channel is on or off. */
function isSwitch({ id, unit, actuator }) {
  return unit === '1' && actuator?.low === 0 && actuator?.high === 1 && /\.set_(on|repair|calibrate)$/.test(id);
}
