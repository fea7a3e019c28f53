import { Feed } from '../habitat/feed.js';
import { html } from '../draw/element.js';
import { parts, sessionOf } from './identity.js';

/**
 * @typedef {object} Context what a page is opened with
 * @property {object} openmct
 * @property {import('../habitat/sessions.js').Sessions} sessions
 * @property {string|null} session id, null on pages beside the sessions
 * @property {Feed|null} feed
 * @property {string[]} parts of the key of the object
 */

/**
 * A page: fills an element and returns what ends it.
 *
 * @callback Page
 * @param {HTMLElement} element empty
 * @param {Context} context
 * @returns {() => void}
 */

/**
 * Show objects of a type by one of our pages.
 *
 * @param {object} openmct
 * @param {import('../habitat/sessions.js').Sessions} sessions
 * @param {string} type
 * @param {string} name of the view
 * @param {string} cssClass sign
 * @param {Page} open
 */
export function addPage(openmct, sessions, type, name, cssClass, open) {
  openmct.objectViews.addProvider({
    key: `${type}.view`,
    name,
    cssClass,
    canView: (object) => object.type === type,
    // Before the folder view that Open MCT has for everything with children.
    priority: () => openmct.priority.HIGH,
    view(object) {
      let close = () => {};
      return {
        show(element) {
          const session = sessionOf(object.identifier);
          const page = html('section', { class: 'lh-page', 'aria-label': object.name });
          element.append(page);
          const end = open(page, {
            openmct,
            sessions,
            session,
            feed: session === null ? null : Feed.of(session, sessions),
            parts: parts(object.identifier)
          });
          close = () => {
            end();
            page.remove();
          };
        },
        destroy() {
          close();
        }
      };
    }
  });
}

/**
 * Gather what a page has to undo.
 *
 * @returns {{add: (...ends: (() => void)[]) => void, every: (s: number, act: () => void) => void, end: () => void, readonly isOver: boolean}}
 */
export function endings() {
  const ends = [];
  let isOver = false;
  return {
    add: (...more) => ends.push(...more),
    every(s, act) {
      const timer = setInterval(act, s * 1000);
      ends.push(() => clearInterval(timer));
    },
    end() {
      isOver = true;
      ends.splice(0).forEach((one) => one());
    },
    get isOver() {
      return isOver;
    }
  };
}
