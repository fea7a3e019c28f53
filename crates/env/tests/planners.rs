//! The controllers that do more or less than follow rules: random ones can be repeated, planners do not foresee.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

use std::sync::Arc;

use habitat::{Habitat, Plan, StreamKey, scenario};
use lunar_habitat_env::{CONTROLLERS, EnvError, Outcome, Timing, build, run_mission};

fn plan(name: &str) -> Arc<Plan> {
    let loaded = scenario::load(name).unwrap();
    Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap())
}

fn fly(plan: &Arc<Plan>, controller: &str, seed: u64, days: f64) -> (Outcome, [u8; 32]) {
    let key = StreamKey { run: seed, ..StreamKey::default() };
    let mut cabin = Habitat::new(Arc::clone(plan), key);
    let mut pilot = build(controller, &cabin).unwrap();
    let timing = Timing { dt_s: 60.0, decision_s: 600.0, days };
    let mut nobody = |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    let outcome = run_mission(&mut cabin, pilot.as_mut(), timing, &mut nobody).unwrap();
    (outcome, cabin.hash())
}

#[test]
fn every_controller_flies_by_name_and_can_be_repeated() {
    let plan = plan("artemis-30d");
    for (name, _) in CONTROLLERS {
        let (outcome, hash) = fly(&plan, name, 3, 0.5);
        assert_eq!(outcome.decisions, 72, "{name}");
        assert_eq!(fly(&plan, name, 3, 0.5).1, hash, "{name}");
        assert_ne!(fly(&plan, name, 4, 0.5).1, hash, "{name}");
    }
}

/// A planner looks at the habitat and leaves it as it is: only its commands act.
#[test]
fn looking_changes_nothing() {
    let plan = plan("artemis-30d");
    let mut cabin = Habitat::new(Arc::clone(&plan), StreamKey::default());
    let mut mpc = build("mpc", &cabin).unwrap();
    cabin.step(600.0).unwrap();
    let before = cabin.hash();
    mpc.see(&cabin);
    assert_eq!(cabin.hash(), before);
}

/// While units fail one after the other a planner keeps the crew for eight days; without commands it is lost.
#[test]
fn a_planner_holds_the_cascade() {
    let (outcome, _) = fly(&plan("cascade"), "mpc", 1, 8.0);
    assert!(outcome.success, "{outcome:?}");
    let (hold, _) = fly(&plan("cascade"), "hold", 1, 8.0);
    assert!(!hold.success, "{hold:?}");
}
