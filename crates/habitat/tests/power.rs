//! The habitat on a power system of its own: energy closes, stores fill and empty, loads are shed.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat, live, shipped, value};
use lunar_habitat_habitat::Habitat;

fn command(cabin: &mut Habitat, id: &str, to: f64) {
    let channel = cabin.catalogue().find(id).unwrap();
    let actuator = cabin.actuators().iter().position(|a| a.channel == channel).unwrap();
    cabin.command(actuator, to).unwrap();
}

#[test]
fn the_account_closes_through_darkness_and_blackout() {
    let plan = shipped("polar-darkness");
    let mut cabin = habitat(&plan, 1);
    let mut was_dark = false;
    for _ in 0..12 * 1_440 {
        cabin.step(60.0).unwrap();
        was_dark |= value(&cabin, "habitat.power.drawn_w") == 0.0;
    }
    assert!(was_dark, "without orders the bus must break down in 120 h");
    assert!(cabin.mass_residual_max() < 1e-9, "{}", cabin.mass_residual_max());
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// Sunlight taken = electric energy used + change of stores + heat of battery and stacks.
#[test]
fn stores_refill_when_the_sun_is_back() {
    let plan = changed("polar-darkness", |s| {
        let power = s.power.as_mut().unwrap();
        power.site.darkness.clear();
        power.battery_start = 0.3;
        power.store_start = 0.3;
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    assert!(value(&cabin, "habitat.battery.usable") > 0.99);
    assert!(value(&cabin, "habitat.fuel_cell.electrolyser_w") > 1_000.0);
    live(&mut cabin, 3.0, 60.0);
    assert!(value(&cabin, "habitat.fuel_cell.store_fraction") > 0.99);
    assert!(cabin.energy_residual_max() < 1e-9);
}

#[test]
fn commanded_shedding_saves_energy_and_gives_back() {
    let plan = shipped("polar-darkness");
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 0.5, 60.0);
    let full_w = value(&cabin, "habitat.power.drawn_w");
    command(&mut cabin, "habitat.power.set_shed", 7.0);
    live(&mut cabin, 0.2, 60.0);
    let dark_w = value(&cabin, "habitat.power.drawn_w");
    assert!(dark_w < full_w - 1_200.0, "{full_w} {dark_w}");
    assert_eq!(value(&cabin, "living.tccs.power_w"), 0.0);
    command(&mut cabin, "habitat.power.set_shed", 0.0);
    live(&mut cabin, 0.2, 60.0);
    assert!(value(&cabin, "living.tccs.power_w") > 0.0);
}

/// Round trip of the regenerative fuel cell: 0.8 V out for about 1.6 V in.
#[test]
fn the_fuel_cell_gives_back_half() {
    let plan = changed("polar-darkness", |s| {
        let power = s.power.as_mut().unwrap();
        power.site.darkness.clear();
        power.battery_start = 1.0;
        power.store_start = 0.0;
    });
    let mut cabin = habitat(&plan, 1);
    let mut in_j = 0.0;
    for _ in 0..1_440 {
        cabin.step(60.0).unwrap();
        in_j += value(&cabin, "habitat.fuel_cell.electrolyser_w") * 60.0;
    }
    let fraction = value(&cabin, "habitat.fuel_cell.store_fraction");
    let out_j = fraction * 400.0 * 3.6e6;
    assert!((out_j / in_j - 0.50).abs() < 0.01, "{}", out_j / in_j);
}

#[test]
fn a_load_that_does_not_exist_is_refused() {
    let mut scenario = lunar_habitat_habitat::scenario::load("polar-darkness").unwrap().scenario;
    scenario.power.as_mut().unwrap().shed_order.push("living.toaster".into());
    let error = lunar_habitat_habitat::Plan::compile(&scenario, [0; 32]).unwrap_err().to_string();
    assert!(error.contains("living.toaster") && error.contains("living.cdra"), "{error}");
}
