//! The mission loop.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use habitat::scenario;
use habitat::{Habitat, Plan, StreamKey};
use lunar_habitat_env::{
    CONTROLLERS, Command, Controller, EnvError, Hold, Observer, Timing, build, run_mission,
};

fn cabin() -> Habitat {
    let loaded = scenario::load("cabin-30d").unwrap();
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap());
    Habitat::new(plan, StreamKey::default())
}

const TIMING: Timing = Timing { dt_s: 60.0, decision_s: 600.0, days: 0.25 };

/// Counts what it is told.
#[derive(Default)]
struct Count {
    steps: u64,
    times_s: Vec<f64>,
}

impl Observer<EnvError> for Count {
    fn step(&mut self, _: &Habitat, dt_s: f64) {
        assert_eq!(dt_s, 60.0);
        self.steps += 1;
    }

    fn decision(&mut self, habitat: &Habitat, _: &[f64]) -> Result<(), EnvError> {
        self.times_s.push(habitat.t_s());
        Ok(())
    }
}

#[test]
fn the_observer_sees_every_step_and_every_decision() {
    let mut count = Count::default();
    let outcome = run_mission(&mut cabin(), &mut Hold, TIMING, &mut count).unwrap();
    assert_eq!((outcome.steps, outcome.decisions), (360, 36));
    assert_eq!(count.steps, 360);
    let expected: Vec<f64> = (0..=36).map(|i| 600.0 * f64::from(i)).collect();
    assert_eq!(count.times_s, expected);
    assert_eq!(outcome.t_s, 21_600.0);
    assert!(outcome.success);
}

#[test]
fn times_that_do_not_divide_are_refused() {
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    for (dt_s, decision_s, words) in [
        (7.0, 600.0, "step of 7 s: allowed is a whole part of 600 s"),
        (60.0, 1_020.0, "decision interval of 1020 s: allowed is a whole part of 21600 s"),
        (0.0, 600.0, "step of 0 s"),
        (f64::NAN, 600.0, "step of NaN s"),
        (-60.0, 600.0, "step of -60 s"),
    ] {
        let timing = Timing { dt_s, decision_s, ..TIMING };
        let error = run_mission(&mut cabin(), &mut Hold, timing, quiet).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// Commands an actuator that is not there.
struct Wild;

impl Controller for Wild {
    fn name(&self) -> &'static str {
        "wild"
    }

    fn decide(&mut self, _: &[f64], _: f64, commands: &mut Vec<Command>) {
        commands.push(Command { actuator: 10_000, value: 1.0 });
    }
}

#[test]
fn a_command_to_nothing_ends_the_mission_with_an_error() {
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    let error = run_mission(&mut cabin(), &mut Wild, TIMING, quiet).unwrap_err();
    assert!(error.to_string().starts_with("controller `wild`: there is no actuator 10000"));
}

#[test]
fn controllers_are_built_by_name() {
    for (name, _) in CONTROLLERS {
        assert_eq!(build(name, &cabin()).unwrap().name(), name);
    }
    let error = build("magic", &cabin()).err().unwrap();
    let allowed = "`random`, `hold`, `rules`, `mpc`";
    assert_eq!(error.to_string(), format!("no such controller: found `magic`; allowed {allowed}"));
}

#[test]
fn a_mission_without_survivors_ends_early() {
    let loaded = scenario::load("cabin-30d").unwrap();
    let mut model = loaded.scenario;
    // A hole of 20 cm empties the cabin in minutes.
    model.zones[0].hole_diameter_m = 0.2;
    let plan = Arc::new(Plan::compile(&model, loaded.hash).unwrap());
    let mut habitat = Habitat::new(plan, StreamKey::default());
    let mut rules = build("rules", &habitat).unwrap();
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    let timing = Timing { days: 30.0, ..TIMING };
    let outcome = run_mission(&mut habitat, rules.as_mut(), timing, quiet).unwrap();
    assert_eq!((outcome.crew_size, outcome.crew_alive), (4, 0));
    assert!(!outcome.success && outcome.t_s < 86_400.0, "{outcome:?}");
    assert!(outcome.abort_s.is_some());
}
