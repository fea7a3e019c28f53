//! Units fail by hazard and by scenario, are repaired by people with spares, and a fork does not know.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use std::sync::Arc;

use common::{changed, habitat, live, shipped, value};
use lunar_habitat_habitat::scenario::{FaultEvent, Faults, Scenario};
use lunar_habitat_habitat::{Habitat, Plan};

fn with_faults(change: impl FnOnce(&mut Faults)) -> Arc<Plan> {
    changed("cabin-30d", |s: &mut Scenario| {
        let mut faults = Faults::default();
        change(&mut faults);
        s.faults = Some(faults);
    })
}

fn failures(cabin: &Habitat) -> u64 {
    cabin.state().faults.units.iter().map(|f| f.failures).sum()
}

/// The field rate of the six units is 1.2 failures in thirty days (physics::reliability).
#[test]
fn failures_come_at_the_field_rate() {
    let plan = with_faults(|_| {});
    let runs = 300;
    let mut sum = 0;
    for run in 0..runs {
        let mut cabin = habitat(&plan, run);
        live(&mut cabin, 30.0, 3_600.0);
        sum += failures(&cabin);
    }
    let mean = sum as f64 / runs as f64;
    // Poisson: 1.196 with a standard error of 0.063 over 300 runs; three of them.
    assert!((mean - 1.196).abs() < 0.19, "{mean}");
}

#[test]
fn a_placed_failure_stops_the_unit_and_a_repair_brings_it_back() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.events = vec![FaultEvent { unit: "living.cdra".into(), at_h: 24.0 }];
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 0.0);
    live(&mut cabin, 3.0 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 2.0);
    assert_eq!(value(&cabin, "living.cdra.power_w"), 0.0);
    live(&mut cabin, 3.5 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 0.0);
    assert_eq!(value(&cabin, "living.cdra.spares"), 0.0);
    assert!((cabin.state().faults.spent_h - 6.0).abs() < 1e-6);
    live(&mut cabin, 0.5, 60.0);
    assert!(value(&cabin, "living.cdra.power_w") > 0.0);
}

/// In a peer simulator repair acts on the wrong target, clearing several malfunctions at once crashes,
/// and malfunctions survive a reset.
#[test]
fn biosim_8_repair_hits_its_target_and_nothing_survives_a_new_start() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.crew_h_per_week = 168.0;
        f.events = ["living.cdra", "living.oga", "laboratory.upa"]
            .map(|unit| FaultEvent { unit: unit.into(), at_h: 1.0 })
            .to_vec();
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 2.0 / 24.0, 60.0);
    let failed = |cabin: &Habitat| -> Vec<String> {
        let units = cabin.state().faults.units.iter().zip(&cabin.plan().faults.units);
        units.filter(|(f, _)| f.mode != 0).map(|(_, u)| u.unit.clone()).collect()
    };
    assert_eq!(failed(&cabin), ["living.cdra", "living.oga", "laboratory.upa"]);
    // 6 h each, one after the other, in the declared order.
    live(&mut cabin, 6.0 / 24.0, 60.0);
    assert_eq!(failed(&cabin), ["living.oga", "laboratory.upa"]);
    live(&mut cabin, 12.0 / 24.0, 60.0);
    assert!(failed(&cabin).is_empty());
    assert!(failed(&habitat(&plan, 1)).is_empty());
}

/// A fork taken one minute before a seeded failure does not predict it.
#[test]
fn a_fork_one_minute_before_a_failure_does_not_foresee_it() {
    let plan = with_faults(|f| f.rate_factor = 10.0);
    let mut foreseen = 0;
    let mut looked = 0;
    for run in 0..40 {
        let mut cabin = habitat(&plan, run);
        let mut before = cabin.clone();
        let mut steps = 0;
        while failures(&cabin) == 0 && steps < 43_200 {
            before = cabin.clone();
            cabin.step(60.0).unwrap();
            steps += 1;
        }
        if failures(&cabin) == 0 {
            continue;
        }
        looked += 1;
        let mut fork = before.fork(run);
        fork.step(60.0).unwrap();
        foreseen += failures(&fork);
    }
    assert!(looked > 30, "{looked}");
    // Twelve failures in thirty days are 0.0003 a minute.
    assert_eq!(foreseen, 0);
}

#[test]
fn the_account_closes_with_every_fault_on() {
    let plan = changed("artemis-30d", |s| {
        s.faults.as_mut().unwrap().rate_factor = 30.0;
    });
    for run in 0..4 {
        let mut cabin = habitat(&plan, run);
        live(&mut cabin, 30.0, 60.0);
        assert!(failures(&cabin) > 5);
        let worst = cabin.mass_residual_max().max(cabin.energy_residual_max());
        assert!(worst < 1e-9, "{worst}");
    }
}

#[test]
fn faults_are_bits_too() {
    let plan = shipped("artemis-30d");
    let mut cabin = habitat(&plan, 3);
    live(&mut cabin, 10.0, 60.0);
    let mut back = Habitat::restore(Arc::clone(&plan), &cabin.snapshot()).unwrap();
    live(&mut cabin, 10.0, 60.0);
    live(&mut back, 10.0, 60.0);
    assert_eq!(back.hash(), cabin.hash());
}
