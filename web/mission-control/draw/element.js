/**
 * Elements of HTML and SVG in one call. Text is always set as text, never read as markup.
 */

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (name === 'value' && 'value' in element) {
      element.value = value;
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * An HTML element.
 *
 * @param {string} name
 * @param {Object<string, any>} [attributes] `onclick` and its like are listeners
 * @param {...(Node|string|null|Array<Node|string|null>)} children
 * @returns {HTMLElement}
 */
export function html(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An SVG element; arguments as of {@link html}. @returns {SVGElement} */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Put `children` in the place of what an element holds. @param {Element} element */
export function show(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

/** A list to choose from. @param {string[]|[string, string][]} options values, or values and texts @returns {HTMLSelectElement} */
export function choice(attributes, options, chosen) {
  const select = html(
    'select',
    attributes,
    options.map((option) => {
      const [value, text] = Array.isArray(option) ? option : [option, option];
      return html('option', { value, selected: value === chosen }, text);
    })
  );
  return select;
}

/** A label with its control. @param {string} text @param {HTMLElement} control @returns {HTMLElement} */
export function labelled(text, control) {
  // The options of a list are no part of its name.
  if (text !== '' && !control.hasAttribute('aria-label')) {
    control.setAttribute('aria-label', text);
  }
  return html('label', { class: 'lh-field' }, html('span', {}, text), control);
}

/**
 * A button that does one thing at a time and says why it failed.
 *
 * @param {string} text
 * @param {() => Promise<any>} act
 * @param {(error: Error|null) => void} said called with the reason, or with null when it went well
 * @param {Object<string, any>} [attributes]
 * @returns {HTMLButtonElement}
 */
export function action(text, act, said, attributes = {}) {
  const button = html('button', { type: 'button', class: 'lh-button', ...attributes }, text);
  button.addEventListener('click', async (event) => {
    event.stopPropagation();
    button.disabled = true;
    try {
      await act();
      said(null);
    } catch (error) {
      said(error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

/** A line that says what went wrong, or nothing. @returns {{element: HTMLElement, say: (error: Error|string|null) => void}} */
export function verdict() {
  const element = html('p', { class: 'lh-verdict', role: 'status', 'aria-live': 'polite' });
  const say = (what) => {
    element.textContent = what === null ? '' : what instanceof Error ? what.message : what;
    element.classList.toggle('is-error', what instanceof Error);
  };
  return { element, say };
}
