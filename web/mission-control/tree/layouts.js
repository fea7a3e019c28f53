/**
 * Prepared layouts: plots of what belongs together, and the first look at a session.
 *
 * Plots name true channels; what is drawn is the instrument where there is one. Channels that a habitat does not have
 * are left out, and a plot without any is not there.
 */

import { identifier } from './identity.js';

/** @type {{key: string, name: string, channels: string[]}[]} */
const PLOTS = [
  {
    key: 'co2',
    name: 'CO2 in the air',
    channels: ['living', 'laboratory', 'quarters', 'airlock'].map((place) => `${place}.air.pp_co2_pa`)
  },
  {
    key: 'oxygen',
    name: 'Oxygen in the air',
    channels: ['living', 'laboratory', 'quarters', 'airlock'].map((place) => `${place}.air.pp_o2_pa`)
  },
  {
    key: 'pressure',
    name: 'Total pressure',
    channels: ['living', 'laboratory', 'quarters', 'airlock'].map((place) => `${place}.air.p_total_pa`)
  },
  {
    key: 'temperature',
    name: 'Air temperature',
    channels: ['living', 'laboratory', 'quarters', 'airlock'].map((place) => `${place}.air.t_k`)
  },
  {
    key: 'power',
    name: 'Power',
    channels: ['habitat.power.source_w', 'habitat.power.drawn_w', 'habitat.battery.p_w', 'habitat.fuel_cell.p_w']
  },
  {
    key: 'charge',
    name: 'Battery and fuel cell stores',
    channels: ['habitat.battery.usable', 'habitat.fuel_cell.store_fraction']
  },
  {
    key: 'water',
    name: 'Water',
    channels: ['stores.tanks.potable_kg', 'stores.tanks.condensate_kg', 'stores.tanks.urine_kg', 'stores.tanks.brine_kg']
  },
  {
    key: 'heat',
    name: 'Coolant loops',
    channels: [
      'habitat.low_loop.supply_k',
      'habitat.low_loop.return_k',
      'habitat.moderate_loop.supply_k',
      'habitat.moderate_loop.return_k'
    ]
  }
];

/** Palette of Open MCT in an order that keeps neighbours apart. */
const COLOURS = ['#20b2aa', '#ff8c00', '#9acd32', '#ba55d3', '#4fc3f7', '#f06292'];

/**
 * The plots that a habitat can have.
 *
 * @param {import('../habitat/catalogue.js').Catalogue} catalogue
 * @returns {{key: string, name: string, channels: string[]}[]} with the channels that are drawn
 */
export function plotsOf(catalogue) {
  return PLOTS.map((plot) => ({
    ...plot,
    channels: plot.channels.map((id) => catalogue.shown(id)).filter((id) => id !== null)
  })).filter((plot) => plot.channels.length > 0);
}

/**
 * An overlay plot as an object of Open MCT.
 *
 * @param {string} session
 * @param {{key: string, name: string, channels: string[]}} plot
 * @returns {object}
 */
export function plotObject(session, plot) {
  const composition = plot.channels.map((id) => identifier('s', session, 'channel', id));
  const series = composition.map((one, at) => ({
    identifier: one,
    color: COLOURS[at % COLOURS.length],
    markers: false,
    // The limit is a line; marks at every row beyond it would hide the curves.
    alarmMarkers: false,
    limitLines: at === 0,
    interpolate: 'linear'
  }));
  return {
    name: plot.name,
    type: 'telemetry.plot.overlay',
    composition,
    configuration: {
      series,
      objectStyles: {},
      yAxis: {},
      xAxis: {},
      additionalYAxes: [],
      legend: {
        position: 'top',
        expandByDefault: false,
        hideLegendWhenSmall: false,
        showTimestampWhenExpanded: true,
        showValueWhenExpanded: true,
        showMaximumWhenExpanded: true,
        showMinimumWhenExpanded: true,
        showUnitsWhenExpanded: true,
        valueToShowWhenCollapsed: 'nearestValue'
      }
    }
  };
}

/** The first look: the schematic, a live plot below it, alarms beside both. */
export function overviewObject(session, plot) {
  const schematic = identifier('s', session, 'page', 'schematic');
  const alarms = identifier('s', session, 'page', 'alarms');
  const live = plot === undefined ? [] : [identifier('s', session, 'plot', plot.key)];
  const frame = (of, id, size, noFrame) => ({ id: `${session}-${id}`, domainObjectIdentifier: of, size, noFrame });
  const left = [frame(schematic, 'schematic', plot === undefined ? 100 : 68, true)];
  left.push(...live.map((of) => frame(of, 'live', 32, false)));
  return {
    name: 'Overview',
    type: 'flexible-layout',
    composition: [schematic, ...live, alarms],
    configuration: {
      rowsLayout: false,
      containers: [
        { id: `${session}-left`, frames: left, size: 74 },
        { id: `${session}-right`, frames: [frame(alarms, 'alarms', 100, true)], size: 26 }
      ]
    }
  };
}
