/**
 * Names of the objects in the tree of Open MCT.
 *
 * A key is a row of parts with `~` between them: `sessions`, `s~ID`, `s~ID~place~living`, `s~ID~unit~living.cdra`,
 * `s~ID~channel~living.air.t_k`, `s~ID~page~schematic`, `s~ID~plot~air`, `page~training`.
 */

export const NAMESPACE = 'habitat';

/** @param {string[]} parts @returns {{namespace: string, key: string}} */
export function identifier(...parts) {
  return { namespace: NAMESPACE, key: parts.map((part) => encodeURIComponent(part)).join('~') };
}

/** @param {{key: string}} of @returns {string[]} */
export function parts(of) {
  return of.key.split('~').map((part) => decodeURIComponent(part));
}

/** The text by which Open MCT calls an object in addresses. */
export function keyString(...all) {
  const { namespace, key } = identifier(...all);
  return `${namespace}:${key}`;
}

/**
 * The session that an object belongs to.
 *
 * @param {{namespace: string, key: string}} of
 * @returns {string|null}
 */
export function sessionOf(of) {
  if (of.namespace !== NAMESPACE) {
    return null;
  }
  const [first, session] = parts(of);
  return first === 's' ? session : null;
}

/**
 * The address of an object of a session, for links.
 *
 * @param {string} session
 * @param {...string} rest parts below the session
 * @returns {string} `#/browse/…`
 */
export function addressOf(session, ...rest) {
  const path = [keyString('sessions'), keyString('s', session)];
  if (rest.length > 0) {
    path.push(...between(session, rest), keyString('s', session, ...rest));
  }
  return `#/browse/${path.join('/')}`;
}

/** The address of a page that belongs to no session. @param {string} page @returns {string} */
export function addressOfPage(page) {
  return page === 'sessions' ? `#/browse/${keyString('sessions')}` : `#/browse/${keyString('page', page)}`;
}

/** What stands in the tree between a session and something in it. */
function between(session, [kind, name]) {
  if (kind === 'unit' || kind === 'channel') {
    const [place, unit] = name.split('.');
    const above = [keyString('s', session, 'place', place)];
    return kind === 'unit' ? above : [...above, keyString('s', session, 'unit', `${place}.${unit}`)];
  }
  return [];
}
