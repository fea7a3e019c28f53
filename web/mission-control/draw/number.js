/**
 * Numbers for people: SI values in the unit that is said aloud.
 */

/** Unit for people by SI symbol: symbol, factor, shift, digits after the point. */
const SPOKEN = {
  Pa: { symbol: 'kPa', scale: 1e-3, shift: 0, digits: 2 },
  K: { symbol: '°C', scale: 1, shift: -273.15, digits: 1 },
  W: { symbol: 'kW', scale: 1e-3, shift: 0, digits: 2 },
  J: { symbol: 'kWh', scale: 1 / 3.6e6, shift: 0, digits: 2 },
  'mol/s': { symbol: 'mol/h', scale: 3600, shift: 0, digits: 2 },
  'kg/s': { symbol: 'kg/h', scale: 3600, shift: 0, digits: 2 },
  'm3/s': { symbol: 'm³/h', scale: 3600, shift: 0, digits: 1 },
  m2: { symbol: 'mm²', scale: 1e6, shift: 0, digits: 2 }
};

/**
 * How a channel is shown.
 *
 * @param {string} unit SI symbol
 * @param {string} [id] of the channel: partial pressures and shares are said in other units
 * @returns {{symbol: string, scale: number, shift: number, digits: number}}
 */
export function scaleOf(unit, id = '') {
  if (unit === '1' || unit === '') {
    return /(_fraction|\.rh|_rh|usable|coil_share|filter_used)$/.test(id)
      ? { symbol: '%', scale: 100, shift: 0, digits: 1 }
      : { symbol: '', scale: 1, shift: 0, digits: 2 };
  }
  if (unit === 'Pa' && /(pp_co2|pp_h2o|pp_ch4|pp_h2|pp_co|pp_nh3)_pa$/.test(id)) {
    return { symbol: 'Pa', scale: 1, shift: 0, digits: 0 };
  }
  if (unit === 'W' && id.startsWith('crew.')) {
    return { symbol: 'W', scale: 1, shift: 0, digits: 0 };
  }
  return SPOKEN[unit] ?? { symbol: unit === 'm2' ? 'm²' : unit, scale: 1, shift: 0, digits: 2 };
}

/**
 * A value in the unit for people, without the unit.
 *
 * @param {number|null|undefined} value in SI
 * @param {string} unit SI symbol
 * @param {string} [id] of the channel
 * @returns {string} `–` where there is no value
 */
export function figure(value, unit, id) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '–';
  }
  const { scale, shift, digits } = scaleOf(unit, id);
  const isCount = scale === 1 && unit === '1' && Number.isInteger(value);
  if (unit === 'W' && Math.abs(value * scale) < 10 ** -digits / 2) {
    return '0';
  }
  return plain(value * scale + shift, isCount ? 0 : digits);
}

/** As {@link figure}; what is too small to be seen beside other values of its kind is 0. @returns {string} */
export function rough(value, unit, id) {
  const { scale, shift, digits } = scaleOf(unit, id);
  const isSmall = Number.isFinite(value) && shift === 0 && Math.abs(value * scale) < 10 ** -digits / 2;
  return isSmall ? '0' : figure(value, unit, id);
}

/** The unit for people. @param {string} unit SI symbol @param {string} [id] @returns {string} */
export function symbolOf(unit, id) {
  return scaleOf(unit, id).symbol;
}

/**
 * A value with its unit for people.
 *
 * @param {number|null|undefined} value in SI
 * @param {string} unit SI symbol
 * @param {string} [id] of the channel
 * @returns {string}
 */
export function shown(value, unit, id) {
  const symbol = symbolOf(unit, id);
  const text = figure(value, unit, id);
  return symbol === '' || text === '–' ? text : `${text} ${symbol}`;
}

/**
 * A number with `digits` after the point, more where it is small, none of them where it is whole or large.
 *
 * @param {number} value
 * @param {number} digits
 * @returns {string}
 */
export function plain(value, digits = 2) {
  if (!Number.isFinite(value)) {
    return '–';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 10 ** -digits / 2 || size >= 1e7)) {
    return value.toExponential(1).replace('e+', 'e').replaceAll('-', '−');
  }
  const places = size >= 1000 ? 0 : size >= 100 ? Math.min(digits, 1) : digits;
  const text = value.toFixed(places);
  const grouped = size >= 10000 ? text.replace(/\B(?=(\d{3})+$)/g, '\u202f') : text;
  return (Number(text) === 0 ? '0' : grouped).replace('-', '−');
}

/**
 * Mission time for people: days and time of day, `day 3 04:10`.
 *
 * @param {number|null|undefined} t_s s since the start
 * @returns {string}
 */
export function missionTime(t_s) {
  if (t_s === null || t_s === undefined || !Number.isFinite(t_s)) {
    return '–';
  }
  const sign = t_s < 0 ? '−' : '';
  const total = Math.floor(Math.abs(t_s));
  const two = (value) => String(Math.floor(value)).padStart(2, '0');
  const seconds = total % 60;
  const clock = `${two((total % 86400) / 3600)}:${two((total % 3600) / 60)}`;
  return `${sign}day ${Math.floor(total / 86400) + 1} ${clock}${seconds === 0 ? '' : `:${two(seconds)}`}`;
}

/** A length of time for people: `6 h`, `2.5 d`, `40 s`. @param {number} s @returns {string} */
export function duration(s) {
  if (!Number.isFinite(s)) {
    return '–';
  }
  const size = Math.abs(s);
  if (size >= 2 * 86400) {
    return `${plain(s / 86400, 1)} d`;
  }
  if (size >= 2 * 3600) {
    return `${plain(s / 3600, 1)} h`;
  }
  return size >= 120 ? `${plain(s / 60, 0)} min` : `${plain(s, 0)} s`;
}
