//! The physical range of every number a scenario may hold.

use super::error::number;

const DAY_S: f64 = 86_400.0;
const DAY_H: f64 = 24.0;
/// Longest mission: ten years, in days.
const DURATION_MAX_D: f64 = 3_653.0;

/// Declared range of a number of the scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Key without indices, for example `zone.volume_m3`; for a key of an atmosphere, wherever it
    /// stands, `atmosphere.pressure_pa`.
    pub key: &'static str,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Unit, for people; empty for a pure number.
    pub unit: &'static str,
    /// Whether `min` itself is outside.
    pub open: bool,
}

impl Range {
    /// Whether a value is inside.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let low = if self.open { value > self.min } else { value >= self.min };
        low && value <= self.max
    }

    /// The range in words, for example `more than 0, up to 1000000 m3`.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::scenario::RANGES;
    /// let volume = RANGES.iter().find(|range| range.key == "zone.volume_m3").unwrap();
    /// assert_eq!(volume.words(), "0.001 to 1000000 m3");
    /// assert!(!volume.contains(0.0) && volume.contains(1e5) && !volume.contains(f64::NAN));
    /// ```
    #[must_use]
    pub fn words(&self) -> String {
        let (min, max) = (number(self.min), number(self.max));
        let space = if self.unit.is_empty() { "" } else { " " };
        let range = if self.open {
            format!("more than {min}, up to {max}")
        } else {
            format!("{min} to {max}")
        };
        format!("{range}{space}{}", self.unit)
    }
}

const fn within(key: &'static str, min: f64, max: f64, unit: &'static str) -> Range {
    Range { key, min, max, unit, open: false }
}

const fn above(key: &'static str, min: f64, max: f64, unit: &'static str) -> Range {
    Range { key, min, max, unit, open: true }
}

/// Range of every number of a scenario. The bounds say what the models accept, not what is wise;
/// a test proves that no numeric key is left out, and the JSON Schema takes its bounds from here.
pub const RANGES: &[Range] = &[
    within("schema", 1.0, 1.0, ""),
    above("duration_days", 0.0, DURATION_MAX_D, "d"),
    within("dt_s", 0.01, 3_600.0, "s"),
    above("decision_s", 0.0, DAY_S, "s"),
    within("atmosphere.pressure_pa", 0.0, 200_000.0, "Pa"),
    within("atmosphere.o2_fraction", 0.0, 1.0, "mol/mol of dry gas"),
    within("atmosphere.pp_co2_pa", 0.0, 20_000.0, "Pa"),
    // Range of the saturation-pressure formula.
    within("atmosphere.temperature_k", 233.15, 323.15, "K"),
    within("atmosphere.relative_humidity", 0.0, 1.0, ""),
    // A litre.
    within("zone.volume_m3", 1e-3, 1e6, "m3"),
    within("zone.structure_j_k", 0.0, 1e10, "J/K"),
    within("zone.structure_w_k", 0.0, 1e6, "W/K"),
    within("zone.isothermal_k", 233.15, 323.15, "K"),
    within("zone.leak_fraction_per_day", 0.0, 1.0, "1/d"),
    within("zone.hole_diameter_m", 0.0, 1.0, "m"),
    within("zone.discharge_coefficient", 0.0, 1.0, ""),
    within("zone.exposed_m2", 0.0, 1e5, "m2"),
    within("zone.surroundings_pa", 0.0, 200_000.0, "Pa"),
    within("zone.surroundings_exchange_per_day", 0.0, 1_000.0, "1/d"),
    above("zone.relief_pa", 0.0, 200_000.0, "Pa"),
    within("zone.equipment_w", 0.0, 1e6, "W"),
    within("zone.equipment_air_fraction", 0.0, 1.0, ""),
    above("zone.equipment_j_k", 0.0, 1e9, "J/K"),
    above("zone.plate_w_k", 0.0, 1e6, "W/K"),
    within("zone.fan_w", 0.0, 1e5, "W"),
    within("zone.heater_w", 0.0, 1e5, "W"),
    within("zone.heater_set_k", 273.15, 308.15, "K"),
    within("zone.cover_m2", 0.0, 1e5, "m2"),
    within("zone.cover_depth_m", 0.1, 100.0, "m"),
    within("zone.ground_k", 20.0, 400.0, "K"),
    within("zone.offgassing.ch4_kg_d", 0.0, 1.0, "kg/d"),
    within("zone.offgassing.h2_kg_d", 0.0, 1.0, "kg/d"),
    within("zone.offgassing.co_kg_d", 0.0, 1.0, "kg/d"),
    within("zone.offgassing.nh3_kg_d", 0.0, 1.0, "kg/d"),
    within("ventilation.flow_m3_h", 0.0, 100_000.0, "m3/h"),
    within("ventilation.hatch_m3_s_pa", 0.0, 10.0, "m3/s/Pa"),
    within("source_term.schedule.from_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("source_term.schedule.to_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("source_term.schedule.kg_d", -1_000.0, 1_000.0, "kg/d"),
    within("source_term.schedule.w", -1e6, 1e6, "W"),
    within("crew.age_y", 16.0, 90.0, "years"),
    within("crew.mass_kg", 30.0, 200.0, "kg"),
    within("crew.height_m", 1.2, 2.3, "m"),
    within("crew.schedule.from_h", 0.0, DAY_H, "h"),
    within("crew.schedule.to_h", 0.0, DAY_H, "h"),
    within("crew.illness.from_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("crew.illness.to_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("crew.illness.metabolic_factor", 0.5, 2.0, ""),
    within("crew_habits.hygiene_kg_cm_d", 0.0, 50.0, "kg per crew-member-day"),
    within("crew_habits.daily_variation", 0.0, 0.5, ""),
    within("crew_habits.hygiene_return_fraction", 0.0, 1.0, ""),
    within("stores.o2_kg", 0.0, 1e6, "kg"),
    within("stores.n2_kg", 0.0, 1e6, "kg"),
    within("stores.potable_kg", 0.0, 1e6, "kg"),
    within("stores.potable_capacity_kg", 0.0, 1e6, "kg"),
    within("stores.condensate_kg", 0.0, 1e6, "kg"),
    within("stores.condensate_capacity_kg", 0.0, 1e6, "kg"),
    within("stores.urine_kg", 0.0, 1e6, "kg"),
    within("stores.urine_capacity_kg", 0.0, 1e6, "kg"),
    within("stores.brine_kg", 0.0, 1e6, "kg"),
    within("stores.brine_capacity_kg", 0.0, 1e6, "kg"),
    within("stores.food_dry_kg", 0.0, 1e6, "kg"),
    within("stores.food_water_ratio", 0.0, 10.0, "kg/kg"),
    within("stores.temperature_k", 273.15, 323.15, "K"),
    above("acs.p_total_pa", 0.0, 200_000.0, "Pa"),
    within("acs.pp_o2_pa", 0.0, 110_000.0, "Pa"),
    above("acs.dead_band", 0.0, 0.5, ""),
    within("acs.flow_max_kg_h", 0.0, 1_000.0, "kg/h"),
    within("oga.o2_kg_d", 0.0, 100.0, "kg/d"),
    above("oga.o2_max_kg_d", 0.0, 100.0, "kg/d"),
    within("oga.standby_w", 0.0, 10_000.0, "W"),
    within("oga.air_heat_fraction", 0.0, 1.0, ""),
    within("cdra.half_cycle_min", 10.0, 1_440.0, "min"),
    within("cdra.air_save_min", 0.0, 120.0, "min"),
    above("cdra.flow_m3_h", 0.0, 1_000.0, "m3/h"),
    within("cdra.cells", 10.0, 40.0, "cells"),
    within("cdra.coolant_k", 273.15, 303.15, "K"),
    within("sabatier.h2_co2_ratio", 2.0, 8.0, "mol/mol"),
    within("sabatier.conversion", 0.0, 1.0, ""),
    above("ccaa.flow_m3_s", 0.0, 5.0, "m3/s"),
    above("ccaa.coolant_kg_s", 0.0, 5.0, "kg/s"),
    within("ccaa.coolant_k", 273.15, 303.15, "K"),
    within("ccaa.set_point_k", 283.15, 308.15, "K"),
    within("ccaa.fan_w", 0.0, 10_000.0, "W"),
    within("lioh.lioh_kg", 0.0, 10_000.0, "kg"),
    within("lioh.flow_m3_h", 0.0, 1_000.0, "m3/h"),
    within("candle.count", 0.0, 10_000.0, "candles"),
    above("candle.naclo3_kg", 0.0, 100.0, "kg"),
    above("candle.burn_min", 0.0, 1_440.0, "min"),
    within("wpa.rate_kg_h", 0.0, 1_000.0, "kg/h"),
    above("wpa.filter_life_kg", 0.0, 1e6, "kg"),
    within("upa.rate_kg_d", 0.0, 1_000.0, "kg/d"),
    within("upa.recovery", 0.0, 1.0, ""),
    above("brine_processor.batch_kg", 0.0, 1_000.0, "kg"),
    above("brine_processor.batch_d", 0.0, 365.0, "d"),
    within("faults.rate_factor", 0.0, 1_000.0, ""),
    within("faults.spares", 0.0, 1_000.0, "spares"),
    above("faults.repair_h", 0.0, 1_000.0, "h"),
    within("faults.crew_h_per_week", 0.0, 168.0, "h"),
    above("faults.event.hole_mm", 0.0, 100.0, "mm"),
    within("faults.event.amount", 0.0, 1.0, ""),
    within("faults.event.at_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("sensors.error_factor", 0.0, 100.0, ""),
    within("sensors.rate_factor", 0.0, 1_000.0, ""),
    within("sensors.sample_s", 1.0, DAY_S, "s"),
    within("sensors.event.at_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("sensors.event.offset", -1e9, 1e9, "of the channel's unit"),
    above("thermal.radiator_m2", 0.0, 100_000.0, "m2"),
    within("thermal.age_years", 0.0, 50.0, "years"),
    within("thermal.dust_fraction", 0.0, 1.0, ""),
    within("thermal.dust_fraction_per_day", 0.0, 1.0, "1/d"),
    within("thermal.moderate_share", 0.01, 0.99, ""),
    above("thermal.coolant_kg_s", 0.0, 100.0, "kg/s"),
    // Half a gram of water: less cannot be resolved beside what a loop carries.
    within("thermal.loop_kj_k", 0.001, 1e6, "kJ/K"),
    within("thermal.set_point_k", 273.15, 303.15, "K"),
    within("thermal.moderate_set_point_k", 273.15, 303.15, "K"),
    within("thermal.pump_w", 0.0, 1e5, "W"),
    within("thermal.heater_w", 0.0, 1e5, "W"),
    within("thermal.pipe_w_k", 0.0, 1e3, "W/K"),
    within("power.site.latitude_deg", -90.0, 90.0, "deg"),
    within("power.site.hour_phase_turns", 0.0, 1.0, "turns"),
    within("power.site.season_phase_turns", 0.0, 1.0, "turns"),
    within("power.site.darkness.from_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("power.site.darkness.to_h", 0.0, DURATION_MAX_D * DAY_H, "h"),
    within("power.array_m2", 0.0, 100_000.0, "m2"),
    within("power.dust_fraction", 0.0, 1.0, ""),
    within("power.dust_fraction_per_day", 0.0, 1.0, "1/d"),
    above("power.battery_kwh", 0.0, 1e6, "kWh"),
    within("power.battery_start", 0.0, 1.0, ""),
    within("power.fuel_cell_kwh", 0.0, 1e6, "kWh"),
    within("power.fuel_cell_kw", 0.0, 1e4, "kW"),
    within("power.electrolyser_kw", 0.0, 1e4, "kW"),
    within("power.store_start", 0.0, 1.0, ""),
    within("power.fission_kw", 0.0, 1e4, "kW"),
    within("vary.low", -1e12, 1e12, "of the key's unit"),
    within("vary.high", -1e12, 1e12, "of the key's unit"),
    within("telemetry.column.offset", -1e12, 1e12, "of the column's unit"),
];

/// Range of the number at `path`, with or without indices.
pub(super) fn range_of(path: &str) -> Option<&'static Range> {
    let mut key = String::with_capacity(path.len());
    let mut inside = false;
    for character in path.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ if !inside => key.push(character),
            _ => {}
        }
    }
    let key = match key.strip_prefix("zone.") {
        Some(rest) if rest.starts_with("atmosphere.") => rest,
        _ => key.as_str(),
    };
    RANGES.iter().find(|range| range.key == key)
}
