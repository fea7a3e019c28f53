//! Values for keys that a scenario leaves out, each with its source.

/// Design of the reference habitat: 70 m2 tracking, about 24 kW.
pub(super) fn array_m2() -> f64 {
    70.0
}
/// Assumed: 2 %.
pub(super) fn dust_fraction() -> f64 {
    0.02
}
/// Design of the reference habitat.
pub(super) fn battery_kwh() -> f64 {
    120.0
}
/// Design of the reference habitat.
pub(super) fn fuel_cell_kwh() -> f64 {
    400.0
}
/// Design of the reference habitat.
pub(super) fn fuel_cell_kw() -> f64 {
    6.0
}
/// GRC closed regenerative fuel cell (2005): 15 kW charge.
pub(super) fn electrolyser_kw() -> f64 {
    15.0
}
/// Assumed: one minute; the coarsest step of `biosim_3_halving_the_step_halves_the_error`.
pub(super) fn dt_s() -> f64 {
    60.0
}
/// Assumed: ten steps of a minute.
pub(super) fn decision_s() -> f64 {
    600.0
}
/// Assumed: a unit that a scenario names runs.
pub(super) fn yes() -> bool {
    true
}
/// Assumed: all equipment heat goes to the air.
pub(super) fn one() -> f64 {
    1.0
}
/// Assumed: 60 kg of electronics at 0.83 kJ/kg/K.
pub(super) fn equipment_j_k() -> f64 {
    50e3
}
/// Assumed: 900 W at 9 K above the coolant.
pub(super) fn plate_w_k() -> f64 {
    100.0
}
/// Assumed: 18 C.
pub(super) fn heater_set_k() -> f64 {
    291.15
}
/// Assumed: two metres.
pub(super) fn cover_depth_m() -> f64 {
    2.0
}
/// Assumed: about the equatorial temperature at depth.
pub(super) fn ground_k() -> f64 {
    250.0
}
/// Assumed: a tenth of the heat of the oxygen generator goes to the air.
pub(super) fn tenth() -> f64 {
    0.1
}
/// Ideal nozzle; a long rough hole is nearer 0.4 (observed decay of a 2 mm hole, 2018).
pub(super) fn discharge_coefficient() -> f64 {
    1.0
}
/// Assumed: levels 10 Pa with 0.1 m3/s, so neighbours stay within pascals of each other.
pub(super) fn hatch_m3_s_pa() -> f64 {
    0.01
}
/// Assumed: regulator dead band of 1 %.
pub(super) fn dead_band() -> f64 {
    0.01
}
/// Assumed: pressure control panel flow.
pub(super) fn acs_kg_h() -> f64 {
    2.0
}
/// HabNet quoting ISS papers: 2.3 to 9.2 kg/d.
pub(super) fn oga_max_kg_d() -> f64 {
    9.2
}
/// HabNet: 469 W in standby.
pub(super) fn oga_standby_w() -> f64 {
    469.0
}
/// ICES-2015-160: 144 min.
pub(super) fn half_cycle_min() -> f64 {
    144.0
}
/// ICES-2014-160: about 10 min.
pub(super) fn air_save_min() -> f64 {
    10.0
}
/// 41 to 43.65 kg/h in V-HAB, as a constant volume flow at the CCAA outlet.
pub(super) fn cdra_flow_m3_h() -> f64 {
    35.6
}
/// Forty cells change the mean CO2 by less than 1 % (`tests/chamber.rs`).
pub(super) fn cdra_cells() -> usize {
    10
}
/// V-HAB: low-temperature loop at 277.31 K.
pub(super) fn coolant_k() -> f64 {
    277.31
}
/// V-HAB and HabNet: 3.5 mol/mol.
pub(super) fn h2_co2_ratio() -> f64 {
    3.5
}
/// ICES 2005-01-2864 Table 5: mostly 88 %.
pub(super) fn sabatier_conversion() -> f64 {
    0.88
}
/// PFT-ISSA-9610: 0.2 m3/s.
pub(super) fn ccaa_flow_m3_s() -> f64 {
    0.2
}
/// V-HAB: 272 to 558 kg/h; the middle of the range is 0.115 kg/s.
pub(super) fn ccaa_coolant_kg_s() -> f64 {
    0.115
}
/// HabNet: 469 W mean.
pub(super) fn ccaa_fan_w() -> f64 {
    469.0
}
/// Assumed: flow of a canister with its own fan.
pub(super) fn lioh_flow_m3_h() -> f64 {
    30.0
}
/// Assumed: a candle that gives about 1 kg of oxygen.
pub(super) fn candle_kg() -> f64 {
    2.2
}
/// Assumed: a candle burns for 45 min.
pub(super) fn candle_min() -> f64 {
    45.0
}
/// HabNet: 13 lb/h.
pub(super) fn wpa_kg_h() -> f64 {
    5.9
}
/// Assumed from the 131-day life of a multifiltration bed at about 15 kg/d.
pub(super) fn filter_life_kg() -> f64 {
    1_965.0
}
/// V-HAB and HabNet: 8.4 to 9 kg/d.
pub(super) fn upa_kg_d() -> f64 {
    8.4
}
/// 85 % design, 87 % later.
pub(super) fn upa_recovery() -> f64 {
    0.87
}
/// V-HAB: 22.5 L a batch, taken at 1 kg/L.
pub(super) fn brine_batch_kg() -> f64 {
    22.5
}
/// V-HAB: about 26 d a batch.
pub(super) fn brine_batch_d() -> f64 {
    26.0
}
