//! What `rules` make of instruments: only what can be known enters, and one that is stuck, silent or wrong
//! does not lose the mission.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use catalogue::ValueKind;
use habitat::scenario::{self, FaultEvent, FaultMode, Scenario, SensorEvent, SensorMode};
use habitat::{Habitat, Plan, StreamKey};
use lunar_habitat_env::{
    Command, Controller, EnvError, Outcome, Presumed, Rules, Timing, run_mission,
};

/// A habitat in which nothing fails by chance.
fn quiet(name: &str) -> (Scenario, [u8; 32]) {
    let loaded = scenario::load(name).unwrap();
    let mut model = loaded.scenario;
    let sensors = model.sensors.get_or_insert_with(Default::default);
    sensors.rate_factor = 0.0;
    model.faults.get_or_insert_with(Default::default).rate_factor = 0.0;
    (model, loaded.hash)
}

fn build((model, hash): (Scenario, [u8; 32])) -> Habitat {
    scenario::check(&model).unwrap();
    let plan = Arc::new(Plan::compile(&model, hash).unwrap());
    Habitat::new(plan, StreamKey { run: 5, ..StreamKey::default() })
}

fn sensor_fault(
    model: &mut Scenario,
    at_h: f64,
    sensor: &str,
    mode: SensorMode,
    offset: Option<f64>,
) {
    let event = SensorEvent { at_h, sensor: sensor.to_owned(), mode, offset };
    model.sensors.as_mut().unwrap().events.push(event);
}

fn unit_fault(model: &mut Scenario, at_h: f64, unit: &str, mode: FaultMode) {
    let event = FaultEvent { at_h, unit: unit.to_owned(), mode, hole_mm: None, amount: None };
    model.faults.as_mut().unwrap().events.push(event);
}

/// Fly under `rules` and look on after each decision.
fn fly(habitat: &mut Habitat, days: f64, mut look: impl FnMut(&Habitat)) -> (Outcome, Rules) {
    let mut rules = Rules::new(habitat);
    let timing = Timing { dt_s: 60.0, decision_s: 600.0, days };
    let mut observer = |habitat: &Habitat, _: &[f64]| {
        look(habitat);
        Ok::<(), EnvError>(())
    };
    let outcome = run_mission(habitat, &mut rules, timing, &mut observer).unwrap();
    (outcome, rules)
}

fn value(habitat: &Habitat, id: &str) -> f64 {
    habitat.value(habitat.catalogue().find(id).unwrap()).unwrap()
}

/// Keeps what it was given and what `rules` made of it, with true values and without.
struct Twin {
    plain: Rules,
    told: Rules,
    is_true: Vec<bool>,
    decisions: usize,
}

impl Controller for Twin {
    fn name(&self) -> &'static str {
        "twin"
    }

    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        let mut row = readings.to_vec();
        for (at, value) in row.iter_mut().enumerate() {
            if self.is_true[at] {
                assert!(value.is_nan(), "true channel {at} is known");
                // Lies of every size, which differ from decision to decision.
                *value = [0.0, 1e9, -5.0, 300.0][(at + self.decisions) % 4];
            }
        }
        self.decisions += 1;
        self.plain.decide(readings, t_s, commands);
        let mut others = Vec::new();
        self.told.decide(&row, t_s, &mut others);
        assert_eq!(*commands, others);
    }
}

#[test]
fn true_values_are_not_known_and_do_not_matter() {
    let mut model = quiet("artemis-30d");
    unit_fault(&mut model.0, 5.0, "living.cdra", FaultMode::Failed);
    let mut habitat = build(model);
    let channels = habitat.catalogue().channels();
    let is_true: Vec<bool> = channels.iter().map(|c| c.kind == ValueKind::True).collect();
    assert!(is_true.iter().filter(|is_true| **is_true).count() > 100);
    let (plain, told) = (Rules::new(&habitat), Rules::new(&habitat));
    let mut twin = Twin { plain, told, is_true, decisions: 0 };
    let timing = Timing { dt_s: 60.0, decision_s: 600.0, days: 2.0 };
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    run_mission(&mut habitat, &mut twin, timing, quiet).unwrap();
    assert_eq!(twin.decisions, 288);
}

#[test]
fn a_co2_analyser_that_sticks_or_jumps_does_not_lose_the_mission_and_is_calibrated() {
    for (mode, offset) in [
        (SensorMode::Stuck, None),
        (SensorMode::Bias, Some(2_500.0)),
        (SensorMode::Bias, Some(-260.0)),
    ] {
        let mut model = quiet("artemis-30d");
        sensor_fault(&mut model.0, 30.0, "quarters.air.pp_co2_pa", mode, offset);
        let mut habitat = build(model);
        let mut healed_h = None;
        let (outcome, _) = fly(&mut habitat, 6.0, |habitat| {
            let (t_h, faults) =
                (habitat.t_s() / 3_600.0, value(habitat, "quarters.air.sensor_faults"));
            if t_h > 31.0 && faults == 0.0 && healed_h.is_none() {
                healed_h = Some(t_h);
            }
        });
        assert!(outcome.success, "{mode:?} {outcome:?}");
        // An offset within the difference that zones can have is not to be told from one.
        if offset != Some(-260.0) {
            assert!(healed_h.is_some_and(|h| h < 36.0), "{mode:?} {offset:?} {healed_h:?}");
        }
        // No hydroxide is spent on air that is clean.
        let used_mol =
            habitat.plan().lioh.len() as f64 * 3_340.7 - value(&habitat, "living.lioh.left_mol");
        assert!(used_mol < 1.0, "{mode:?} {offset:?} {used_mol}");
    }
}

#[test]
fn a_zone_without_any_instrument_is_survived_and_brought_back() {
    let mut model = quiet("artemis-30d");
    for quantity in ["p_total_pa", "pp_o2_pa", "pp_co2_pa", "t_k", "rh"] {
        let id = format!("living.air.{quantity}");
        sensor_fault(&mut model.0, 20.0, &id, SensorMode::DropOut, None);
    }
    let mut habitat = build(model);
    let mut worst = 0.0_f64;
    let (outcome, _) = fly(&mut habitat, 8.0, |habitat| {
        worst = worst.max(value(habitat, "living.air.sensor_faults"));
    });
    assert!(outcome.success, "{outcome:?}");
    assert_eq!(worst, 5.0);
    assert_eq!(value(&habitat, "living.air.sensor_faults"), 0.0);
}

#[test]
fn a_battery_without_a_gauge_is_survived_in_darkness() {
    let mut model = quiet("polar-darkness");
    // The gauges fall silent again and again, one as the sun goes down.
    for at_h in [47.9, 60.0, 100.0, 150.0] {
        sensor_fault(&mut model.0, at_h, "habitat.battery.usable", SensorMode::DropOut, None);
        sensor_fault(&mut model.0, at_h, "habitat.power.source_w", SensorMode::Stuck, None);
    }
    let mut habitat = build(model);
    let (outcome, _) = fly(&mut habitat, 12.0, |_| ());
    assert!(outcome.success, "{outcome:?}");
    assert_eq!(outcome.crew_alive, 4);
}

#[test]
fn a_dead_co2_removal_unit_is_found_within_two_hours_and_mended() {
    let mut model = quiet("artemis-30d");
    unit_fault(&mut model.0, 30.0, "living.cdra", FaultMode::Failed);
    let mut habitat = build(model.clone());
    let (_, rules) = fly(&mut habitat, 30.0 / 24.0, |_| ());
    assert_eq!(rules.presumed("living.cdra"), Some(Presumed::Sound));
    assert_eq!(value(&habitat, "living.cdra.set_repair"), 0.0);
    let mut habitat = build(model.clone());
    let (_, rules) = fly(&mut habitat, 32.0 / 24.0, |_| ());
    assert_eq!(rules.presumed("living.cdra"), Some(Presumed::Failed));
    assert_eq!(value(&habitat, "living.cdra.set_repair"), 1.0);
    let mut habitat = build(model);
    let (outcome, rules) = fly(&mut habitat, 2.0, |_| ());
    assert!(outcome.success);
    assert_eq!(value(&habitat, "living.cdra.fault"), 0.0);
    assert_eq!(rules.presumed("living.cdra"), Some(Presumed::Sound));
}

#[test]
fn a_degraded_unit_does_not_use_the_spare() {
    let mut model = quiet("artemis-30d");
    for unit in ["living.cdra", "laboratory.wpa", "laboratory.upa", "living.oga", "living.ccaa"] {
        unit_fault(&mut model.0, 30.0, unit, FaultMode::Degraded);
    }
    let mut habitat = build(model);
    let (outcome, rules) = fly(&mut habitat, 6.0, |_| ());
    assert!(outcome.success);
    for unit in ["living.cdra", "laboratory.wpa", "laboratory.upa", "living.oga", "living.ccaa"] {
        assert_eq!(value(&habitat, &format!("{unit}.spares")), 1.0, "{unit}");
    }
    for unit in ["living.cdra", "laboratory.wpa", "laboratory.upa", "living.ccaa"] {
        assert_eq!(rules.presumed(unit), Some(Presumed::Degraded), "{unit}");
    }
}

#[test]
fn units_that_rest_in_their_rhythm_are_not_taken_for_broken() {
    let mut habitat = build(quiet("artemis-30d"));
    let units: Vec<String> =
        habitat.plan().faults.units.iter().map(|unit| unit.unit.clone()).collect();
    let mut rules = Rules::new(&habitat);
    let mut row = vec![0.0; habitat.catalogue().len()];
    let mut commands = Vec::new();
    // Through the darkness of day 12, in which loads are shed.
    for _ in 0..17 * 144 {
        habitat.read_known(&mut row);
        commands.clear();
        rules.decide(&row, habitat.t_s(), &mut commands);
        for command in &commands {
            habitat.command(command.actuator, command.value).unwrap();
        }
        for unit in &units {
            let presumed = rules.presumed(unit).unwrap();
            assert!(
                matches!(presumed, Presumed::Sound | Presumed::Unknown),
                "{unit} {presumed:?} at {} h",
                habitat.t_s() / 3_600.0
            );
        }
        for _ in 0..10 {
            habitat.step(60.0).unwrap();
        }
    }
}

#[test]
fn a_tank_that_leaks_and_a_wall_with_a_hole_are_told_by_what_is_missing() {
    for (unit, mode) in [("stores.o2_tank", "tank"), ("laboratory.hull", "hull")] {
        let mut model = quiet("artemis-30d");
        let event = FaultEvent {
            at_h: 13.0,
            unit: unit.to_owned(),
            mode: FaultMode::Leaking,
            hole_mm: (mode == "hull").then_some(4.0),
            amount: None,
        };
        let faults = model.0.faults.as_mut().unwrap();
        faults.events.push(event);
        faults.crew_h_per_week = 0.0;
        faults.spares = 0;
        let mut habitat = build(model);
        let mut told = false;
        let mut rules = Rules::new(&habitat);
        let mut row = vec![0.0; habitat.catalogue().len()];
        let mut commands = Vec::new();
        for decision in 0..6 * 26 {
            habitat.read_known(&mut row);
            commands.clear();
            rules.decide(&row, habitat.t_s(), &mut commands);
            let leaks = rules.presumed(unit) == Some(Presumed::Leaking);
            assert!(!leaks || decision > 6 * 13, "{unit} too early");
            told |= leaks;
            for _ in 0..10 {
                habitat.step(60.0).unwrap();
            }
        }
        assert!(told, "{unit}");
    }
}

/// The thresholds are frozen: whoever changes one gives the opponent of every policy another name.
#[test]
fn the_thresholds_are_those_whose_hash_is_recorded() {
    let hash = lunar_habitat_env::RulesSettings::default().hash();
    assert_eq!(hash, "3efd5202de73d036bf2c8708db5be3d48b85c6ac4dadf707588df3791e4a5aed");
}
