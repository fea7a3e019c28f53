/**
 * Follows a channel in the page as a plot of Open MCT does: listens first, then asks for history, and puts both together
 * by the identity of the points.
 */

/**
 * Begin to record in the page.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} session
 * @param {string} channel
 */
export function record(page, session, channel) {
  return page.evaluate(
    async ([id, name]) => {
      const { openmct } = window;
      const key = ['s', id, 'channel', name].map(encodeURIComponent).join('~');
      const object = await openmct.objects.get({ namespace: 'habitat', key });
      const recorded = { live: [], history: [], batches: 0 };
      window.recorded = recorded;
      recorded.stop = openmct.telemetry.subscribe(
        object,
        (points) => {
          recorded.batches += 1;
          recorded.live.push(...points);
        },
        { strategy: openmct.telemetry.SUBSCRIBE_STRATEGY.BATCH }
      );
      const { start, end } = openmct.time.getBounds();
      const points = await openmct.telemetry.request(object, { start, end, size: 1000, strategy: 'minmax' });
      // What came by the stream meanwhile is the same object as in history, or it is no part of it.
      const known = new Set(points);
      recorded.history = [...points, ...recorded.live.filter((point) => !known.has(point))].sort((a, b) => a.utc - b.utc);
      recorded.live = [];
    },
    [session, channel]
  );
}

/**
 * What a plot would show now, as pairs of mission time and value.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{points: [number, number|null][], live: number}>}
 */
export function recorded(page) {
  return page.evaluate(() => {
    const { history, live } = window.recorded;
    const points = [...history, ...live].map(({ t_s, value }) => [t_s, Number.isNaN(value) ? null : value]);
    return { points, live: live.length };
  });
}

/** End the recording. @param {import('playwright-core').Page} page */
export function stop(page) {
  return page.evaluate(() => window.recorded.stop());
}
