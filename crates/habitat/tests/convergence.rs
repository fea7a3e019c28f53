//! Results converge as the step shrinks, at the order the scheme promises.
//!
//! Story: in a peer simulator halving the step halves the cabin's CO2 (80.6 to 42.2 mol at 240 h).

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat, value};
use std::sync::Arc;

/// A cabin in which nothing switches for two hours: everything acts, no regulator opens, no bed is
/// swapped, nobody changes activity.
fn quiet() -> Arc<lunar_habitat_habitat::Plan> {
    changed("cabin-30d", |s| {
        s.acs.clear();
        s.upa.clear();
        s.wpa.clear();
        s.crew_habits.daily_variation = 0.0;
        // One activity for everybody all day.
        for member in &mut s.crew {
            let mut block = member.schedule[0].clone();
            block.from_h = 0.0;
            block.to_h = 24.0;
            member.schedule = vec![block];
        }
    })
}

/// 110 minutes at `dt_s` from a state half an hour into the mission: the change of phase at ten
/// minutes lies before it, the swap of beds after it.
fn end(dt_s: f64) -> Vec<f64> {
    let plan = quiet();
    let mut cabin = habitat(&plan, 1);
    for _ in 0..240 {
        cabin.step(7.5).unwrap();
    }
    let steps = (6_600.0 / dt_s).round() as u64;
    for _ in 0..steps {
        cabin.step(dt_s).unwrap();
    }
    CHANNELS.iter().map(|id| value(&cabin, id)).collect()
}

const CHANNELS: [&str; 9] = [
    "living.air.pp_co2_pa",
    "quarters.air.pp_co2_pa",
    "living.air.pp_o2_pa",
    "living.air.pp_h2o_pa",
    "quarters.air.pp_h2o_pa",
    "living.air.t_k",
    "quarters.air.t_k",
    "living.cdra.bed_a_co2_mol",
    "living.cdra.bed_a_k",
];

/// The distance of two runs is the root of the sum of squared relative differences of the channels:
/// a single channel may pass through zero difference where two first-order errors cancel.
#[test]
fn biosim_3_halving_the_step_halves_the_error() {
    let runs: Vec<Vec<f64>> = [60.0, 30.0, 15.0, 7.5].into_iter().map(end).collect();
    let distance = |a: &[f64], b: &[f64]| {
        a.iter().zip(b).map(|(x, y)| ((x - y) / y).powi(2)).sum::<f64>().sqrt()
    };
    let steps: Vec<f64> = runs.windows(2).map(|pair| distance(&pair[0], &pair[1])).collect();
    let orders: Vec<f64> = steps.windows(2).map(|pair| (pair[0] / pair[1]).log2()).collect();
    println!("distances {steps:?}, observed orders {orders:?}");
    assert!(orders.iter().all(|order| *order >= 0.9), "{orders:?} from {steps:?}");
    // And it converges to something: the last distance is small.
    assert!(steps[2] < 5e-4, "{steps:?}");
}

/// Ten-minute steps stay close to the default over a day with every switch and swap in it.
#[test]
fn long_steps_stay_close() {
    let plan = common::shipped("cabin-30d");
    let run = |dt_s: f64| {
        let mut cabin = habitat(&plan, 1);
        let mut sum = 0.0;
        let steps = (86_400.0 / dt_s).round() as u64;
        for _ in 0..steps {
            cabin.step(dt_s).unwrap();
            sum += value(&cabin, "living.air.pp_co2_pa");
        }
        sum / steps as f64
    };
    let (short, long) = (run(60.0), run(600.0));
    assert!((long / short - 1.0).abs() < 0.05, "{short} {long}");
}
