/**
 * Requests to the server: JSON in, JSON out.
 */

/** A request that the server refused, or that never reached it. */
export class ApiError extends Error {
  /**
   * @param {string} message one sentence for people
   * @param {number} status HTTP status, 0 if no answer came
   */
  constructor(message, status) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/**
 * Make a request.
 *
 * @param {string} method GET, POST or DELETE
 * @param {string} path from `/api/` on
 * @param {object} [body] sent as JSON
 * @param {AbortSignal} [signal] ends the request
 * @returns {Promise<any>} the answer
 * @throws {ApiError} with the sentence of the server
 */
async function request(method, path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body)
    });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError('The server does not answer.', 0);
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text === '' ? null : JSON.parse(text);
  } catch {
    answer = null;
  }
  if (!response.ok) {
    throw new ApiError(answer?.error ?? `The server answers ${response.status}.`, response.status);
  }
  return answer;
}

export const get = (path, signal) => request('GET', path, undefined, signal);
export const post = (path, body = {}) => request('POST', path, body);
export const remove = (path) => request('DELETE', path);

/**
 * The path of something that belongs to a session.
 *
 * @param {string} id of the session
 * @param {string} [rest] for example `channels`
 * @returns {string}
 */
export function sessionPath(id, rest) {
  const base = `/api/sessions/${encodeURIComponent(id)}`;
  return rest === undefined ? base : `${base}/${rest}`;
}

/**
 * A query string of what is given; lists are joined by commas.
 *
 * @param {Object<string, any>} parts
 * @returns {string} with `?` before it, or nothing
 */
export function query(parts) {
  const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null);
  const text = given.map(([key, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return `${key}=${values.map((one) => encodeURIComponent(one)).join(',')}`;
  });
  return text.length === 0 ? '' : `?${text.join('&')}`;
}
