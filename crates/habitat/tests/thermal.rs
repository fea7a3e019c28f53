//! The habitat on a coolant loop and radiator of its own: heat closes, the loop keeps its set-point or
//! says that it cannot.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat, live, shipped, value};

/// Over days the radiator gives off what units, people and pump put in: everything electric, and the
/// heat of metabolism, leaves through it or is stored.
#[test]
fn the_radiator_rejects_what_the_habitat_makes() {
    let plan = changed("polar-darkness", |s| {
        s.power.as_mut().unwrap().site.darkness.clear();
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 2.0, 60.0);
    let (mut heat_j, mut rejected_j, mut drawn_j) = (0.0, 0.0, 0.0);
    for _ in 0..4_320 {
        cabin.step(60.0).unwrap();
        heat_j += value(&cabin, "habitat.coolant.heat_w") * 60.0;
        rejected_j += value(&cabin, "habitat.radiator.rejected_w") * 60.0;
        drawn_j += value(&cabin, "habitat.power.drawn_w") * 60.0;
    }
    assert!((rejected_j / heat_j - 1.0).abs() < 1e-3, "{rejected_j} {heat_j}");
    // Four people give 144 W each; a part of the power leaves as hydrogen's enthalpy in methane.
    let ratio = rejected_j / drawn_j;
    assert!((0.95..1.10).contains(&ratio), "{ratio}");
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
    assert!((value(&cabin, "habitat.coolant.supply_k") - 277.31).abs() < 0.05);
}

/// A radiator too small for the load lets the loop warm until it balances; the cabin follows.
#[test]
fn a_small_radiator_warms_the_loop() {
    let warm = |radiator_m2: f64| {
        let plan = changed("polar-darkness", |s| {
            s.power.as_mut().unwrap().site.darkness.clear();
            s.thermal.as_mut().unwrap().radiator_m2 = radiator_m2;
        });
        let mut cabin = habitat(&plan, 1);
        live(&mut cabin, 3.0, 60.0);
        assert!(cabin.energy_residual_max() < 1e-9);
        (value(&cabin, "habitat.coolant.supply_k"), value(&cabin, "living.air.t_k"))
    };
    let (cool_k, _) = warm(45.0);
    let (warm_k, cabin_k) = warm(14.0);
    assert!(warm_k > cool_k + 5.0, "{warm_k} {cool_k}");
    assert!(cabin_k > 293.0, "{cabin_k}");
}

/// Without power the pump stands and nothing is rejected; nothing is lost either.
#[test]
fn a_blackout_stops_the_loop_and_the_account_closes() {
    let plan = shipped("polar-darkness");
    let mut cabin = habitat(&plan, 1);
    let mut stood = false;
    for _ in 0..12 * 1_440 {
        cabin.step(60.0).unwrap();
        stood |= value(&cabin, "habitat.radiator.rejected_w") == 0.0;
    }
    assert!(stood);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

#[test]
fn a_loop_without_power_is_refused() {
    let mut scenario = lunar_habitat_habitat::scenario::load("cabin-30d").unwrap().scenario;
    scenario.thermal = Some(Default::default());
    assert!(lunar_habitat_habitat::Plan::compile(&scenario, [0; 32]).is_err());
}
