//! The ledger closes: every atom and joule, every step, whatever is commanded.
//!
//! Story: a peer simulator loses 51 kg in 2 000 h and nobody notices, because its mass balance is a
//! log line. Here the residual of each column stays below 1e-9 of what moved in that step.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{assert_closed, assert_physical, changed, failure, habitat, live, shipped};
use lunar_habitat_habitat::scenario::Span;
use lunar_habitat_habitat::{Habitat, StreamKey, scenario};
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn cabin_closes_over_thirty_days() {
    let plan = shipped("cabin-30d");
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 30.0, 60.0);
    assert_closed(&cabin);
    assert_eq!(cabin.crew_alive(), 4);
    assert_eq!(cabin.abort_reason().name(), "");
}

#[test]
fn every_shipped_scenario_closes() {
    for shipped_scenario in scenario::SHIPPED {
        let plan = shipped(shipped_scenario.name);
        let mut cabin = habitat(&plan, 2);
        let days = plan.scenario.duration_days.min(10.0);
        live(&mut cabin, days, 60.0);
        assert_closed(&cabin);
    }
}

/// What was held at the end minus what was held at the start is what crossed the boundary, over a
/// whole mission and not only in every step.
#[test]
fn nothing_drifts_over_a_sealed_mission() {
    let plan = changed("cabin-30d", |s| {
        for zone in &mut s.zones {
            zone.leak_fraction_per_day = 0.0;
            zone.offgassing = Default::default();
        }
        s.cdra[0].feed_reducer = false;
        s.cdra[0].on = false;
        s.oga[0].o2_kg_d = 0.0;
    });
    let mut cabin = habitat(&plan, 3);
    let before = cabin.state().held(&plan);
    live(&mut cabin, 5.0, 60.0);
    let after = cabin.state().held(&plan);
    for column in 0..5 {
        let drift = (after.0[column] - before.0[column]).abs();
        assert!(drift <= 1e-12 * before.0[column].abs().max(1.0), "column {column}: {drift}");
    }
}

/// With less to move than rounding can resolve, the residual is still no more than rounding.
#[test]
fn an_empty_box_closes() {
    let plan = shipped("leak-box");
    let mut cabin = habitat(&plan, 4);
    live(&mut cabin, 5.0, 600.0);
    assert_closed(&cabin);
}

fn random_command(cabin: &mut Habitat, seed: u64, round: u64) {
    let key = StreamKey { run: seed, ..StreamKey::default() };
    for actuator in 0..cabin.actuators().len() {
        let (low, high) = (cabin.actuators()[actuator].low, cabin.actuators()[actuator].high);
        let u = key.uniform(
            lunar_habitat_habitat::stream::Purpose::Commands,
            round * 64 + actuator as u64,
        );
        // A quarter of the commands lie outside the range and are clamped by the habitat.
        let value = low + (high - low) * (2.0 * u - 0.5);
        cabin.command(actuator, value).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Random cabins, random commands, random steps: finite, non-negative, closed.
    #[test]
    fn any_cabin_under_any_command_stays_finite_and_closed(
        seed in any::<u64>(),
        pressure_pa in 20e3..110e3_f64,
        o2_fraction in 0.0..1.0_f64,
        temperature_k in 275.0..315.0_f64,
        rh in 0.0..1.0_f64,
        volumes in prop::collection::vec(2.0..400.0_f64, 4),
        flow_m3_h in 0.0..900.0_f64,
        leak in 0.0..0.5_f64,
        hole_m in prop_oneof![Just(0.0), 1e-4..0.05_f64],
        potable_kg in 0.0..300.0_f64,
        relief in prop::option::of(1e3..120e3_f64),
        dt_s in prop_oneof![Just(60.0), Just(600.0), 1.0..900.0_f64],
    ) {
        let mut scenario = scenario::load("cabin-30d").unwrap().scenario;
        scenario.atmosphere.pressure_pa = pressure_pa;
        scenario.atmosphere.o2_fraction = o2_fraction;
        scenario.atmosphere.temperature_k = temperature_k;
        scenario.atmosphere.relative_humidity = rh;
        scenario.stores.potable_kg = potable_kg;
        for (zone, volume_m3) in scenario.zones.iter_mut().zip(&volumes) {
            zone.volume_m3 = *volume_m3;
            zone.leak_fraction_per_day = leak;
            zone.relief_pa = relief;
        }
        scenario.zones[1].hole_diameter_m = hole_m;
        for link in &mut scenario.ventilation {
            link.flow_m3_h = flow_m3_h;
        }
        let hash = scenario::hash(&scenario).unwrap();
        let plan = lunar_habitat_habitat::Plan::compile(&scenario, hash).unwrap();
        let mut cabin = Habitat::new(Arc::new(plan), StreamKey { run: seed, ..StreamKey::default() });
        for round in 0..60 {
            random_command(&mut cabin, seed, round);
            for _ in 0..5 {
                cabin.step(dt_s).unwrap();
            }
            prop_assert!(assert_physical(&cabin) > 100);
        }
        assert_closed(&cabin);
    }
    /// The reference habitat with all it has, while every unit that can fail fails again and again, under
    /// random commands: finite, non-negative, closed.
    #[test]
    fn the_step_with_every_fault_on_stays_finite_and_closed(
        seed in any::<u64>(),
        spares in prop_oneof![Just(0_u32), Just(60_u32)],
        repair_h in prop_oneof![Just(6.0), 0.01..40.0_f64],
        at_h in prop::collection::vec(0.0..200.0_f64, 6),
        pressure_pa in 20_000.0..110_000.0_f64,
        hole_m in prop_oneof![Just(0.0), 1e-4..0.02_f64],
        array_m2 in prop_oneof![Just(70.0), 0.0..200.0_f64],
        battery_start in 0.0..1.0_f64,
        store_start in 0.0..1.0_f64,
        radiator_m2 in prop_oneof![Just(45.0), 0.1..200.0_f64],
        dark_h in 0.0..100.0_f64,
        dt_s in prop_oneof![Just(60.0), Just(600.0), 1.0..900.0_f64],
    ) {
        let plan = changed("artemis-30d", |s| {
            s.atmosphere.pressure_pa = pressure_pa;
            s.zones[1].hole_diameter_m = hole_m;
            let power = s.power.as_mut().unwrap();
            power.array_m2 = array_m2;
            power.battery_start = battery_start;
            power.store_start = store_start;
            power.site.darkness = vec![Span { from_h: 1.0, to_h: 1.0 + dark_h.max(0.1) }];
            s.thermal.as_mut().unwrap().radiator_m2 = radiator_m2;
            let faults = s.faults.as_mut().unwrap();
            faults.rate_factor = 300.0;
            faults.spares = spares;
            faults.repair_h = repair_h;
            faults.crew_h_per_week = 168.0;
        });
        // Every unit that can fail fails at a time of its own as well.
        let mut scenario = plan.scenario.clone();
        scenario.faults.as_mut().unwrap().events = (plan.faults.units.iter())
            .zip(at_h.iter().cycle())
            .enumerate()
            .map(|(index, (unit, at_h))| failure(unit, *at_h, index + seed as usize))
            .collect();
        scenario::check(&scenario).unwrap();
        let hash = scenario::hash(&scenario).unwrap();
        let plan = Arc::new(lunar_habitat_habitat::Plan::compile(&scenario, hash).unwrap());
        let mut cabin = habitat(&plan, seed);
        for round in 0..40 {
            random_command(&mut cabin, seed, round);
            for _ in 0..25 {
                cabin.step(dt_s).unwrap();
            }
            prop_assert!(assert_physical(&cabin) > 100);
        }
        assert_closed(&cabin);
        // Each unit has a failure placed within the run; most come at these lengths of a step.
        if dt_s >= 600.0 {
            let failures: u64 = cabin.state().faults.units.iter().map(|f| f.failures).sum();
            prop_assert!(failures > 20, "{failures}");
        }
    }
}
