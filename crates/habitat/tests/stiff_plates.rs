//! A battery a thousand times the reference's conducts more heat to its loop in a step than the loop can hold or carry
//! away. Taken from the coolant as it was at the start of the step, the heat swung to and fro and grew until the
//! temperatures of loop and equipment were not numbers. The nodes now see the loop that they warm.
//!
//! Nodes colder than a loop of half a gram of water took in a step what a passing flow could carry, and none carries
//! heat to them: the coolant fell below zero kelvin. They now see what the loop holds.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat, value};
use lunar_habitat_habitat::scenario::Scenario;

/// Steps of every length, as the fuzz target takes them.
const STEPS_S: [f64; 9] = [60.0, 60.0, 1.0, 3_600.0, 0.001, 600.0, 3_600.0, 10.0, 60.0];

fn holds(change: impl FnOnce(&mut Scenario)) {
    let mut cabin = habitat(&changed("artemis-30d", change), 1);
    for _ in 0..20 {
        for dt_s in STEPS_S {
            cabin.step(dt_s).unwrap();
            let loop_k = value(&cabin, "habitat.moderate_loop.supply_k");
            assert!((250.0..400.0).contains(&loop_k), "{loop_k}");
            let ledger = &cabin.state().ledger;
            let allowed = (1e-9 * ledger.moved[5]).max(64.0 * f64::EPSILON * ledger.held[5].abs());
            let water_j = 0.5 * 285_830.0 * ledger.held[1];
            let allowed = allowed.max(64.0 * f64::EPSILON * water_j);
            assert!(ledger.residual[5].abs() <= allowed, "{:e}", ledger.residual[5]);
        }
    }
    for zone in &cabin.state().zones {
        assert!((250.0..400.0).contains(&zone.equipment_k), "{}", zone.equipment_k);
    }
}

#[test]
fn a_battery_of_a_thousand_habitats_does_not_shake_its_loop() {
    holds(|s| {
        s.power.as_mut().unwrap().battery_kwh = 741_470.0;
        s.power.as_mut().unwrap().fission_kw = 10_000.0;
        s.zones[1].plate_w_k = 1e6;
        s.thermal.as_mut().unwrap().moderate_share = 0.01;
    });
}

#[test]
fn nor_does_it_shake_one_that_holds_next_to_nothing() {
    holds(|s| {
        s.power.as_mut().unwrap().battery_kwh = 1e6;
        s.power.as_mut().unwrap().battery_start = 0.0;
        s.thermal.as_mut().unwrap().loop_kj_k = 0.001;
        s.thermal.as_mut().unwrap().moderate_share = 0.01;
        s.faults.as_mut().unwrap().rate_factor = 0.0;
    });
}

#[test]
fn nor_do_cold_nodes_draw_more_than_it_holds() {
    holds(|s| {
        s.zones[2].equipment_w = 0.0;
        s.zones[2].plate_w_k = 1e6;
        s.thermal.as_mut().unwrap().loop_kj_k = 0.001;
        s.thermal.as_mut().unwrap().moderate_share = 0.01;
        s.sensors.as_mut().unwrap().sample_s = Some(1.000_086_399);
        s.faults.as_mut().unwrap().rate_factor = 0.0;
    });
}
