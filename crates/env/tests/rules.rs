//! The controllers on the shipped scenarios, and the rules one by one on readings made up for them.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use habitat::scenario::{self, SHIPPED};
use habitat::{AbortReason, Habitat, Plan, StreamKey};
use lunar_habitat_env::{Command, Controller, EnvError, Outcome, Timing, build, run_mission};

const DAY_S: f64 = 86_400.0;

fn habitat(name: &str) -> Habitat {
    let loaded = scenario::load(name).unwrap();
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap());
    Habitat::new(plan, StreamKey { run: 1, ..StreamKey::default() })
}

/// Run `name` for at most `days`.
fn mission(name: &str, controller: &str, days: f64) -> Outcome {
    let mut habitat = habitat(name);
    let timing = Timing::of(&habitat.plan().scenario);
    let timing = Timing { days: days.min(timing.days), ..timing };
    let mut controller = build(controller, &habitat).unwrap();
    let mut rows = 0;
    let catalogue_len = habitat.catalogue().len();
    let outcome =
        run_mission(&mut habitat, controller.as_mut(), timing, &mut |_: &Habitat, row: &[f64]| {
            assert_eq!(row.len(), catalogue_len);
            rows += 1;
            Ok::<(), EnvError>(())
        })
        .unwrap();
    assert_eq!(rows, outcome.decisions + 1);
    outcome
}

#[test]
fn every_shipped_scenario_runs_under_every_controller() {
    for shipped in SHIPPED {
        for controller in ["hold", "rules"] {
            let outcome = mission(shipped.name, controller, 2.0);
            assert!(outcome.t_s > 0.0, "{} {controller}", shipped.name);
            let residual = outcome.mass_residual_max.max(outcome.energy_residual_max);
            assert!(residual < 1e-9, "{} {outcome:?}", shipped.name);
        }
    }
}

/// 120 h without sun: without orders the battery runs down first and the bus breaks; the rules shed
/// what can wait and let the fuel cell carry the rest.
#[test]
fn darkness_is_lost_on_hold_and_won_by_rules() {
    let hold = mission("polar-darkness", "hold", 12.0);
    assert!(!hold.success, "{hold:?}");
    let rules = mission("polar-darkness", "rules", 12.0);
    assert!(rules.success, "{rules:?}");
    assert_eq!(rules.crew_alive, 4);
}

#[test]
fn the_reference_habitat_lives_through_its_month_under_rules() {
    let outcome = mission("artemis-30d", "rules", 30.0);
    assert!(outcome.success, "{outcome:?}");
    assert_eq!((outcome.crew_size, outcome.crew_alive), (4, 4));
}

#[test]
fn the_cabin_lives_for_thirty_days_under_rules() {
    let outcome = mission("cabin-30d", "rules", 30.0);
    assert!(outcome.success, "{outcome:?}");
    assert_eq!((outcome.crew_size, outcome.crew_alive), (4, 4));
    assert_eq!(outcome.abort_reason, AbortReason::None);
    assert_eq!(outcome.steps, 43_200);
}

#[test]
fn rules_find_their_actuators_in_the_cabin() {
    let habitat = habitat("cabin-30d");
    let mut readings = vec![0.0; habitat.catalogue().len()];
    habitat.read_known(&mut readings);
    let mut commands = Vec::new();
    build("rules", &habitat).unwrap().decide(&readings, 0.0, &mut commands);
    let commanded: Vec<&str> = commands
        .iter()
        .map(|c| {
            let channel = habitat.actuators()[c.actuator].channel;
            habitat.catalogue().channels()[channel].id.as_str()
        })
        .collect();
    for id in [
        "living.oga.set_o2_mol_s",
        "living.ccaa.set_t_k",
        "living.cdra.set_on",
        "living.lioh.set_on",
        "living.candle.set_on",
        "laboratory.wpa.set_on",
        "laboratory.upa.set_on",
        "living.brine_processor.set_on",
    ] {
        assert_eq!(commanded.iter().filter(|c| **c == id).count(), 1, "{id} in {commanded:?}");
    }
}

/// A cabin at the bench: its readings can be changed before each decision.
struct Bench {
    habitat: Habitat,
    controller: Box<dyn Controller>,
    readings: Vec<f64>,
    t_s: f64,
}

impl Bench {
    fn new() -> Bench {
        let habitat = habitat("cabin-30d");
        let mut readings = vec![0.0; habitat.catalogue().len()];
        habitat.read_known(&mut readings);
        let controller = build("rules", &habitat).unwrap();
        Bench { habitat, controller, readings, t_s: 0.0 }
    }

    fn set(&mut self, id: &str, value: f64) {
        let index = self.habitat.catalogue().find(id).unwrap();
        self.readings[index] = value;
    }

    /// Set what is measured of the air of every zone.
    fn set_air(&mut self, quantity: &str, value: f64) {
        for zone in ["living", "laboratory", "quarters", "airlock"] {
            self.set(&format!("{zone}.air.sensed_{quantity}"), value);
        }
    }

    /// Let every zone measure this inspired O2 pressure at 56.5 kPa and half of saturation at 295 K.
    fn set_inspired(&mut self, pa: f64) {
        let fraction = pa / (56_500.0 - 47.0 * 133.322);
        self.set_air("p_total_pa", 56_500.0);
        self.set_air("t_k", 295.0);
        self.set_air("rh", 0.5);
        // 2 621 Pa of saturation at 295.0 K.
        self.set_air("pp_o2_pa", fraction * (56_500.0 - 0.5 * 2_621.0));
    }

    fn decide(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        self.controller.decide(&self.readings, self.t_s, &mut commands);
        self.t_s += 600.0;
        commands
    }

    /// What the next decision commands to the actuator with the channel `id`.
    fn command(&mut self, id: &str) -> Option<f64> {
        let channel = self.habitat.catalogue().find(id).unwrap();
        let commands = self.decide();
        let actuators = self.habitat.actuators();
        commands.iter().find(|c| actuators[c.actuator].channel == channel).map(|c| c.value)
    }
}

#[test]
fn readings_that_are_no_numbers_are_no_information() {
    let mut bench = Bench::new();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        bench.readings.fill(bad);
        assert_eq!(bench.decide(), []);
    }
    let before = Bench::new();
    bench.readings = before.readings.clone();
    assert!(bench.decide().iter().all(|c| c.value.is_finite()));
    // One zone without instruments changes next to nothing.
    let whole = Bench::new().command("living.oga.set_o2_mol_s").unwrap();
    let mut blind = Bench::new();
    for quantity in ["pp_o2_pa", "t_k", "rh", "pp_co2_pa", "p_total_pa"] {
        blind.set(&format!("quarters.air.sensed_{quantity}"), f64::NAN);
    }
    let partly = blind.command("living.oga.set_o2_mol_s").unwrap();
    assert!((partly / whole - 1.0).abs() < 0.02, "{partly} {whole}");
    // A short row is like missing readings.
    bench.readings.truncate(3);
    assert!(bench.decide().iter().all(|c| c.value.is_finite()));
}

#[test]
fn less_oxygen_means_more_production_within_the_range() {
    let id = "living.oga.set_o2_mol_s";
    let at = |pa: f64| {
        let mut bench = Bench::new();
        bench.set_air("pp_o2_pa", pa);
        bench.command(id).unwrap()
    };
    let (low, set, high) = (at(18_650.0), at(18_850.0), at(19_050.0));
    assert!(low > set && set > high, "{low} {set} {high}");
    let most = 9.2 / DAY_S / 0.031_998;
    assert!((at(10_000.0) / most - 1.0).abs() < 1e-9);
    assert_eq!(at(25_000.0), 0.0);
}

#[test]
fn the_demand_is_learnt_from_the_trend() {
    let mut bench = Bench::new();
    let id = "living.oga.set_o2_mol_s";
    let made = bench.command(id).unwrap();
    // The generator gives nothing, the regulator 4 mmol/s from the tank for three days: that is the use.
    bench.set("living.oga.sensed_o2_mol_s", 0.0);
    bench.set("living.acs.sensed_o2_mol_s", 4e-3);
    for _ in 0..432 {
        bench.decide();
    }
    let learnt = bench.command(id).unwrap();
    // Three days of an average over one: all but e^-3 of it.
    assert!(learnt > made && (learnt / 0.004 - 1.0).abs() < 0.25, "{made} {learnt}");
}

#[test]
fn air_that_burns_too_well_stops_production_unless_people_are_short_of_it() {
    let id = "living.oga.set_o2_mol_s";
    let mut bench = Bench::new();
    let usual = bench.command(id).unwrap();
    // 0.3475 and 0.36 of the dry gas at 56.5 kPa, 295.15 K and 40 %.
    bench.set("laboratory.air.sensed_pp_o2_pa", 0.3475 * 55_445.0);
    let less = bench.command(id).unwrap();
    assert!(less > 0.0 && less < 0.7 * usual, "{less} {usual}");
    bench.set("laboratory.air.sensed_pp_o2_pa", 0.36 * 55_445.0);
    assert_eq!(bench.command(id), Some(0.0));
    // One zone burns and the others are short of it: breathing goes first.
    let mut bench = Bench::new();
    bench.set_inspired(122.0 * 133.322);
    bench.set("laboratory.air.sensed_pp_o2_pa", 0.36 * 55_445.0);
    assert!(bench.command(id).unwrap() > 0.9 * usual);
}

#[test]
fn candles_burn_only_when_nothing_else_gives_oxygen() {
    let id = "living.candle.set_on";
    let mut bench = Bench::new();
    bench.set("living.oga.sensed_o2_mol_s", 1e-3);
    bench.set_inspired(126.0 * 133.322);
    assert_eq!(bench.command(id), Some(0.0));
    bench.set("stores.tanks.sensed_o2_mol", 0.0);
    assert_eq!(bench.command(id), Some(1.0));
    bench.set_inspired(127.5 * 133.322);
    assert_eq!(bench.command(id), Some(1.0));
    bench.set_inspired(128.5 * 133.322);
    assert_eq!(bench.command(id), Some(0.0));
    bench.set("stores.tanks.sensed_o2_mol", 1_000.0);
    bench.set("living.oga.sensed_o2_mol_s", 0.0);
    bench.set_inspired(126.0 * 133.322);
    assert_eq!(bench.command(id), Some(0.0));
    bench.set_inspired(124.0 * 133.322);
    assert_eq!(bench.command(id), Some(1.0));
}

#[test]
fn hydroxide_is_used_above_nine_mmhg_and_saved_below() {
    let id = "living.lioh.set_on";
    let mut bench = Bench::new();
    assert_eq!(bench.command(id), Some(0.0));
    for (pa, on) in [(1_250.0, 1.0), (800.0, 1.0), (550.0, 0.0), (1_100.0, 0.0)] {
        bench.set("quarters.air.sensed_pp_co2_pa", pa);
        assert_eq!(bench.command(id), Some(on), "{pa}");
    }
}

#[test]
fn removal_rests_only_in_air_without_co2() {
    let id = "living.cdra.set_on";
    let mut bench = Bench::new();
    for (pa, on) in [(267.0, 1.0), (30.0, 1.0), (10.0, 0.0), (40.0, 0.0), (90.0, 1.0)] {
        bench.set_air("pp_co2_pa", pa);
        assert_eq!(bench.command(id), Some(on), "{pa}");
    }
}

#[test]
fn the_set_point_follows_temperature_before_humidity_and_slowly() {
    let id = "living.ccaa.set_t_k";
    let mut bench = Bench::new();
    let base_k = bench.command(id).unwrap();
    // Three kelvin colder, and not below the range of the actuator.
    let coldest_k = (base_k - 3.0).max(288.15);
    bench.set("quarters.air.sensed_rh", 0.70);
    let one = bench.command(id).unwrap();
    assert!((one - (base_k - 1.0 / 6.0)).abs() < 1e-9, "{one}");
    for _ in 0..60 {
        bench.decide();
    }
    assert!((bench.command(id).unwrap() - coldest_k).abs() < 1e-9);
    bench.set_air("rh", 0.25);
    for _ in 0..60 {
        bench.decide();
    }
    assert!((bench.command(id).unwrap() - (base_k + 2.0)).abs() < 1e-9);
    bench.set("laboratory.air.sensed_t_k", 301.0);
    assert!(bench.command(id).unwrap() < base_k + 2.0);
}

#[test]
fn processors_stop_before_the_tank_they_fill_is_full() {
    let mut bench = Bench::new();
    let cases = [
        ("laboratory.wpa.set_on", "potable_kg", 400.0),
        ("laboratory.upa.set_on", "brine_kg", 45.0),
        ("laboratory.upa.set_on", "condensate_kg", 100.0),
    ];
    for (id, tank, capacity_kg) in cases {
        let channel = format!("stores.tanks.sensed_{tank}");
        for (share, on) in [(0.5, 1.0), (0.95, 1.0), (0.98, 0.0), (0.95, 0.0), (0.85, 1.0)] {
            bench.set(&channel, share * capacity_kg);
            assert_eq!(bench.command(id), Some(on), "{id} {tank} {share}");
        }
    }
    bench.set("stores.tanks.sensed_potable_kg", 0.98 * 400.0);
    for (condensate_kg, on) in [(50.0, 0.0), (70.0, 1.0)] {
        bench.set("stores.tanks.sensed_condensate_kg", condensate_kg);
        assert_eq!(bench.command("laboratory.wpa.set_on"), Some(on));
    }
    let id = "living.brine_processor.set_on";
    for (rh, on) in [(0.5, 1.0), (0.72, 0.0), (0.66, 0.0), (0.6, 1.0)] {
        bench.set("living.air.sensed_rh", rh);
        assert_eq!(bench.command(id), Some(on), "{rh}");
    }
}
