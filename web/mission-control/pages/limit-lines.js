import { plain, scaleOf } from '../draw/number.js';

/**
 * The limits of a channel as lines of a chart, in the unit for people.
 *
 * @param {import('../habitat/catalogue.js').Channel|undefined} channel
 * @returns {import('../draw/chart.js').Level[]}
 */
export function levelsOf(channel) {
  if (!channel?.limits) {
    return [];
  }
  const { scale, shift, digits } = scaleOf(channel.unit, channel.id);
  return Object.entries(channel.limits)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => {
      const y = value * scale + shift;
      const className = name.startsWith('warning') ? 'is-warning' : 'is-caution';
      return { y, className, text: `${name.replace('_', ' ')} ${plain(y, digits)}` };
    });
}
