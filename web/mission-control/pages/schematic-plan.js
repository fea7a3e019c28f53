/**
 * What the schematic shows and where: boxes, figures and flows, all by channel. What a habitat does not have is left out.
 */

/** Size of the drawing. */
export const SIZE = { width: 1000, height: 574 };
/** Left edge and width of a column of units and tanks. */
export const column = (at) => ({ x: 8 + at * 94, width: 88, middle: 52 + at * 94 });
/** Rows from top to bottom: upper edge and height. */
export const ROWS = {
  power: { y: 8, height: 76 },
  hull: { y: 122, height: 148 },
  units: { y: 314, height: 96 },
  tanks: { y: 466, height: 82 }
};

/**
 * @typedef {object} Figure a number in a box
 * @property {string} text before it
 * @property {string} quantity of the unit of the box, or a whole id
 */

/** Boxes of the power row, left to right. */
export const POWER = [
  {
    title: 'Solar array',
    unit: 'habitat.array',
    figures: [
      { text: 'gives', quantity: 'habitat.power.source_w' },
      { text: 'sun', quantity: 'habitat.power.lit_fraction' }
    ]
  },
  {
    title: 'Battery',
    unit: 'habitat.battery',
    level: 'habitat.battery.usable',
    figures: [
      { text: 'charge', quantity: 'habitat.battery.usable' },
      { text: 'takes', quantity: 'habitat.battery.p_w' }
    ]
  },
  {
    title: 'Fuel cell',
    unit: 'habitat.fuel_cell',
    level: 'habitat.fuel_cell.store_fraction',
    figures: [
      { text: 'store', quantity: 'habitat.fuel_cell.store_fraction' },
      { text: 'gives', quantity: 'habitat.fuel_cell.p_w' },
      { text: 'takes', quantity: 'habitat.fuel_cell.electrolyser_w' }
    ]
  },
  {
    title: 'Loads',
    unit: 'habitat.power',
    figures: [
      { text: 'draw', quantity: 'habitat.power.drawn_w' },
      { text: 'shed', quantity: 'habitat.power.shed' }
    ]
  }
];

/** Figures of the air of a zone. */
export const AIR = [
  { text: 'O₂', quantity: 'pp_o2_pa' },
  { text: 'CO₂', quantity: 'pp_co2_pa' },
  { text: 'total', quantity: 'p_total_pa' },
  { text: 'air', quantity: 't_k' },
  { text: 'humidity', quantity: 'rh' }
];

/** Units by their name in the scenario; several of one column share its height. */
export const UNITS = [
  { name: 'acs', title: 'ACS', words: 'pressure', column: 0, figures: [{ text: 'O₂', quantity: 'o2_mol_s' }, { text: 'N₂', quantity: 'n2_mol_s' }] },
  { name: 'cdra', title: 'CDRA', words: 'CO₂ removal', column: 1, figures: [{ text: '', quantity: 'co2_removed_mol_s' }, { text: '', quantity: 'power_w' }] },
  { name: 'sabatier', title: 'Sabatier', words: 'CO₂ to water', column: 2, figures: [{ text: '', quantity: 'water_mol_s' }, { text: '', quantity: 'power_w' }] },
  { name: 'ccaa', title: 'CCAA', words: 'cooling', column: 3, figures: [{ text: '', quantity: 'condensate_kg_s' }, { text: '', quantity: 'coolant_w' }] },
  { name: 'wpa', title: 'WPA', words: 'clean water', column: 4, figures: [{ text: '', quantity: 'water_kg_s' }, { text: 'filter', quantity: 'filter_used' }] },
  { name: 'oga', title: 'OGA', words: 'oxygen', column: 5, figures: [{ text: '', quantity: 'o2_mol_s' }, { text: '', quantity: 'power_w' }] },
  { name: 'upa', title: 'UPA', words: 'urine', column: 6, figures: [{ text: '', quantity: 'distillate_kg_s' }, { text: '', quantity: 'power_w' }] },
  { name: 'brine_processor', title: 'Brine', words: 'drier', column: 7, figures: [{ text: '', quantity: 'water_kg_s' }, { text: '', quantity: 'power_w' }] },
  { name: 'tccs', title: 'TCCS', column: 8, slot: 0, figures: [] },
  { name: 'lioh', title: 'LiOH', column: 8, slot: 1, figures: [] },
  { name: 'candle', title: 'Candles', column: 8, slot: 2, figures: [] }
];

/** Molar masses, kg/mol, of what tanks hold as amounts: tanks are weighed. */
const KG_PER_MOL = { o2: 0.0319988, n2: 0.0280134, co2: 0.0440095 };

/** Tanks of the last row. */
export const TANKS = [
  { title: 'O₂', id: 'stores.tanks.o2_mol', kg_per_mol: KG_PER_MOL.o2, unit: 'stores.o2_tank', column: 0, half: 0 },
  { title: 'N₂', id: 'stores.tanks.n2_mol', kg_per_mol: KG_PER_MOL.n2, unit: 'stores.n2_tank', column: 0, half: 1 },
  { title: 'CO₂', id: 'stores.tanks.co2_mol', kg_per_mol: KG_PER_MOL.co2, unit: 'stores.tanks', column: 1 },
  { title: 'Food', id: 'stores.tanks.food_kg', unit: 'stores.tanks', column: 2 },
  { title: 'Waste water', id: 'stores.tanks.condensate_kg', unit: 'stores.tanks', column: 3 },
  { title: 'Solid waste', id: 'stores.tanks.waste_kg', unit: 'stores.tanks', column: 4 },
  { title: 'Potable', id: 'stores.tanks.potable_kg', unit: 'stores.potable_tank', column: 5 },
  { title: 'Urine', id: 'stores.tanks.urine_kg', unit: 'stores.tanks', column: 6 },
  { title: 'Brine', id: 'stores.tanks.brine_kg', unit: 'stores.tanks', column: 7 },
  { title: 'Repair time', id: 'habitat.repair.crew_s', unit: 'habitat.repair', column: 8, isTime: true }
];

/** Boxes of the heat column, top to bottom. */
export const HEAT = [
  { title: 'Radiator', unit: 'habitat.radiator', figures: [{ text: 'rejects', quantity: 'rejected_w' }, { text: 'sink', quantity: 'sink_k' }], y: 8, height: 76 },
  {
    title: 'Moderate loop',
    unit: 'habitat.moderate_loop',
    pump: 'habitat.moderate_pump',
    figures: [{ text: 'supply', quantity: 'supply_k' }, { text: 'return', quantity: 'return_k' }, { text: 'heat', quantity: 'heat_w' }],
    y: 122,
    height: 110
  },
  {
    title: 'Low loop',
    unit: 'habitat.low_loop',
    pump: 'habitat.low_pump',
    figures: [{ text: 'supply', quantity: 'supply_k' }, { text: 'return', quantity: 'return_k' }, { text: 'heat', quantity: 'heat_w' }],
    y: 300,
    height: 110
  }
];

const UP = ROWS.hull.y + ROWS.hull.height;
const TOP = ROWS.units.y;
const BOTTOM = ROWS.units.y + ROWS.units.height;
const STORE = ROWS.tanks.y;
const BEND = (BOTTOM + STORE) / 2;

/** A line straight up or down at a column. */
const straight = (at, shift, from, to) => `M${column(at).middle + shift} ${from}V${to}`;
/** A line from one column to its neighbour by the bend between units and tanks. */
const bent = (from, shift, y, to, other, end) =>
  `M${column(from).middle + shift} ${y}V${BEND}H${column(to).middle + other}V${end}`;

/**
 * Flows: medium, the channel that says how much, the line with its arrow at the end. One that `isTwoWay` runs against its
 * arrow while its channel is negative.
 */
export const FLOWS = [
  { medium: 'oxygen', unit: 'acs', quantity: 'o2_mol_s', line: straight(0, -22, TOP, UP) },
  { medium: 'nitrogen', unit: 'acs', quantity: 'n2_mol_s', line: straight(0, 22, TOP, UP) },
  { medium: 'oxygen', unit: 'acs', quantity: 'o2_mol_s', line: straight(0, -22, STORE, BOTTOM) },
  { medium: 'nitrogen', unit: 'acs', quantity: 'n2_mol_s', line: straight(0, 22, STORE, BOTTOM) },
  { medium: 'air', unit: 'cdra', quantity: 'co2_inlet_mol_s', line: straight(1, -14, UP, TOP) },
  { medium: 'air', unit: 'cdra', quantity: 'co2_outlet_mol_s', line: straight(1, 14, TOP, UP) },
  { medium: 'co2', unit: 'cdra', quantity: 'co2_removed_mol_s', line: straight(1, -14, BOTTOM, STORE) },
  { medium: 'co2', unit: 'sabatier', quantity: 'co2_mol_s', line: bent(1, 20, STORE, 2, -20, BOTTOM) },
  { medium: 'water', unit: 'sabatier', quantity: 'water_mol_s', line: bent(2, 20, BOTTOM, 3, -24, STORE) },
  { medium: 'air', unit: 'ccaa', quantity: 'power_w', line: straight(3, -14, UP, TOP) },
  { medium: 'air', unit: 'ccaa', quantity: 'power_w', line: straight(3, 14, TOP, UP) },
  { medium: 'water', unit: 'ccaa', quantity: 'condensate_kg_s', line: straight(3, 0, BOTTOM, STORE) },
  { medium: 'water', unit: 'wpa', quantity: 'water_kg_s', line: bent(3, 24, STORE, 4, -20, BOTTOM) },
  { medium: 'water', unit: 'wpa', quantity: 'water_kg_s', line: bent(4, 20, BOTTOM, 5, -24, STORE) },
  { medium: 'water', unit: 'oga', quantity: 'o2_mol_s', line: straight(5, 0, STORE, BOTTOM) },
  { medium: 'oxygen', unit: 'oga', quantity: 'o2_mol_s', line: straight(5, 0, TOP, UP) },
  { medium: 'water', unit: 'upa', quantity: 'distillate_kg_s', line: straight(6, 0, STORE, BOTTOM) },
  { medium: 'water', unit: 'brine_processor', quantity: 'water_kg_s', line: straight(7, 0, STORE, BOTTOM) },
  { medium: 'water', unit: 'brine_processor', quantity: 'water_kg_s', line: straight(7, 0, TOP, UP) },
  { medium: 'power', id: 'habitat.power.source_w', line: `M108 84V103` },
  { medium: 'power', id: 'habitat.battery.p_w', line: `M320 103V84`, isTwoWay: true },
  { medium: 'power', id: 'habitat.fuel_cell.p_w', line: `M522 84V103` },
  { medium: 'power', id: 'habitat.fuel_cell.electrolyser_w', line: `M542 103V84` },
  { medium: 'power', id: 'habitat.power.drawn_w', line: `M744 103V84` },
  { medium: 'power', id: 'habitat.power.drawn_w', line: `M60 103V122` },
  { medium: 'heat', id: 'habitat.moderate_loop.heat_w', line: `M846 177H868` },
  { medium: 'heat', id: 'habitat.moderate_loop.rejected_w', line: `M932 122V84` },
  { medium: 'heat', id: 'habitat.low_loop.heat_w', line: `M848 355H868` },
  { medium: 'heat', id: 'habitat.low_loop.rejected_w', line: `M985 300V268H996V46H992` }
];

/** Media with their names, for the key of the drawing. */
export const MEDIA = [
  ['air', 'air'],
  ['oxygen', 'oxygen'],
  ['nitrogen', 'nitrogen'],
  ['co2', 'CO₂'],
  ['water', 'water'],
  ['power', 'power'],
  ['heat', 'heat']
];
