import { post, sessionPath } from '../habitat/api.js';
import { action, choice, html } from '../draw/element.js';

/** What an amount is: the area of a hole, the share of an array that dies or of a surface that dust covers; else nothing. */
function amountOf({ kind }, mode) {
  if (kind === 'hull') {
    return 'hole, m²';
  }
  return kind === 'array' || mode === 'dusty' ? 'share' : null;
}

/**
 * A form that injects a fault into a unit.
 *
 * @param {string} session
 * @param {{unit: string, kind: string, modes: string[], mode: string|null, spares: number}} unit as the server says
 * @param {(error: Error|null|string) => void} said
 * @returns {HTMLElement}
 */
export function faultForm(session, unit, said) {
  const modes = choice({ 'aria-label': `Fault of ${unit.unit}` }, unit.modes);
  const amount = html('input', { type: 'number', step: 'any', min: 0, class: 'is-narrow', 'aria-label': 'Amount' });
  const show = () => {
    const what = amountOf(unit, modes.value);
    amount.hidden = what === null;
    amount.placeholder = what ?? '';
    amount.title = what === null ? '' : `${what}; the usual one if nothing is said`;
  };
  modes.addEventListener('change', show);
  show();
  const inject = action(
    'Inject',
    async () => {
      const asked = { unit: unit.unit, mode: modes.value };
      if (!amount.hidden && amount.value !== '') {
        asked.amount = Number(amount.value);
      }
      await post(sessionPath(session, 'faults'), asked);
    },
    (error) => said(error ?? `${unit.unit}: ${modes.value}.`),
    { class: 'lh-button is-danger', 'aria-label': `Inject fault into ${unit.unit}` }
  );
  return html('div', { class: 'lh-row is-line', 'data-fault-of': unit.unit }, modes, amount, inject);
}
