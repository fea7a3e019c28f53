//! A shadow is a habitat as designed, and is told what is seen of another one.
//!
//! It has the channels and actuators of the habitat behind it and none of its luck. What it is told it shows; what it is
//! not told stays; what cannot be is passed over. From one assumption to the next its account closes as any other.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod common;

use std::sync::Arc;

use common::{TOLERANCE, habitat, live};
use lunar_habitat_habitat::fault::Mode;
use lunar_habitat_habitat::scenario::{self, Difficulty};
use lunar_habitat_habitat::shadow::{Air, Assumption, Content, Shadow};
use lunar_habitat_habitat::{Habitat, Plan};

fn plan(name: &str, difficulty: Difficulty) -> Arc<Plan> {
    let loaded = scenario::load_at(name, difficulty).unwrap();
    Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap())
}

fn shadow(plan: &Plan, t_s: f64) -> Shadow {
    Shadow::new(Shadow::plan_of(plan).unwrap(), t_s)
}

fn value(habitat: &Habitat, id: &str) -> f64 {
    habitat.value(habitat.catalogue().find(id).unwrap()).unwrap()
}

#[test]
fn the_design_has_the_same_channels_and_no_luck() {
    for shipped in scenario::SHIPPED {
        let plan = plan(shipped.name, Difficulty::Nominal);
        let design = Shadow::plan_of(&plan).unwrap();
        let ids = |plan: &Plan| -> Vec<String> {
            plan.catalogue.channels().iter().map(|channel| channel.id.clone()).collect()
        };
        assert_eq!(ids(&plan), ids(&design), "{}", shipped.name);
        assert!(design.faults.units.iter().all(|u| u.hazard_per_s == 0.0 && u.placed.is_empty()));
        assert!(
            design.sensors.sensors.iter().all(|s| s.hazard_per_s == 0.0 && s.placed.is_empty())
        );
        assert!(design.crew.iter().all(|p| p.illness.is_none() && p.daily_variation == 0.0));
    }
    // Nothing is drawn: a fork with another key goes the same way, through the failures of a hard mission.
    let mut one = shadow(&plan("cascade", Difficulty::Hard), 0.0);
    let mut other = one.fork(7);
    for _ in 0..2_000 {
        one.step(300.0).unwrap();
        other.step(300.0).unwrap();
    }
    assert_ne!(one.habitat().state().key, other.state().key);
    assert_eq!(one.habitat().state().zones, other.state().zones);
    assert!(one.habitat().state().faults.units.iter().all(|unit| unit.failures == 0));
}

#[test]
fn what_is_assumed_is_shown_and_the_rest_stays() {
    let plan = plan("artemis-30d", Difficulty::Nominal);
    let mut shadow = shadow(&plan, 0.0);
    (0..20).for_each(|_| shadow.step(300.0).unwrap());
    let before = shadow.habitat().clone();
    let air = Air {
        t_k: Some(299.0),
        p_total_pa: Some(52_000.0),
        pp_o2_pa: Some(17_500.0),
        pp_co2_pa: Some(1_100.0),
        rh: Some(0.55),
    };
    let unit = plan.faults.units.iter().position(|unit| unit.unit == "living.cdra").unwrap();
    shadow.assume(&[
        Assumption::Air(2, air),
        Assumption::Structure(2, 298.0),
        Assumption::Content(Content::Potable, 44.0),
        Assumption::Content(Content::Urine, 9.0),
        Assumption::Content(Content::Hydrogen, 0.25),
        Assumption::Battery(0.5),
        Assumption::BatteryTemperature(301.0),
        Assumption::Coolant(0, 280.0),
        Assumption::Array(0.8),
        Assumption::Fault(unit, Mode::Failed),
        Assumption::Spares(unit, 0.0),
    ]);
    let now = shadow.habitat();
    for (id, expected) in [
        ("quarters.air.t_k", 299.0),
        ("quarters.air.p_total_pa", 52_000.0),
        ("quarters.air.pp_o2_pa", 17_500.0),
        ("quarters.air.pp_co2_pa", 1_100.0),
        ("quarters.air.rh", 0.55),
        ("quarters.structure.t_k", 298.0),
        ("stores.tanks.potable_kg", 44.0),
        ("stores.tanks.urine_kg", 9.0),
        ("habitat.fuel_cell.store_fraction", 0.25),
        ("habitat.battery.usable", 0.5),
        ("habitat.battery.t_k", 301.0),
        ("habitat.low_loop.supply_k", 280.0),
        ("living.cdra.fault", 2.0),
    ] {
        let found = value(now, id);
        assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{id}: {found}");
    }
    assert_eq!(now.state().zones[0], before.state().zones[0]);
    assert_eq!(value(now, "stores.tanks.o2_mol"), value(&before, "stores.tanks.o2_mol"));
    let source_w = value(now, "habitat.power.source_w");
    // The unit is out, the array gives less, and the account closes.
    (0..40).for_each(|_| shadow.step(300.0).unwrap());
    let after = shadow.habitat();
    assert_eq!(value(after, "living.cdra.co2_inlet_mol_s"), 0.0);
    assert!(value(after, "habitat.power.source_w") < 0.85 * source_w);
    assert!(after.mass_residual_max() < TOLERANCE && after.energy_residual_max() < TOLERANCE);
}

#[test]
fn what_cannot_be_is_passed_over() {
    let plan = plan("artemis-30d", Difficulty::Nominal);
    let mut shadow = shadow(&plan, 0.0);
    shadow.step(300.0).unwrap();
    let before = shadow.habitat().hash();
    let nan = f64::NAN;
    let air = Air {
        t_k: Some(nan),
        p_total_pa: Some(-1.0),
        pp_o2_pa: Some(f64::INFINITY),
        pp_co2_pa: Some(nan),
        rh: Some(-0.1),
    };
    shadow.assume(&[
        Assumption::Air(99, Air::default()),
        Assumption::Structure(0, 4.0),
        Assumption::Content(Content::Oxygen, nan),
        Assumption::Content(Content::Candles(9), 1.0),
        Assumption::Battery(nan),
        Assumption::Coolant(7, 290.0),
        Assumption::Array(nan),
        Assumption::Fault(10_000, Mode::Failed),
        Assumption::Holes(nan),
        Assumption::Spares(10_000, 1.0),
        Assumption::CrewTime(nan),
        Assumption::InForce(10_000, 1.0),
        Assumption::InForce(0, nan),
    ]);
    assert_eq!(shadow.habitat().hash(), before);
    // The energy of the air is found anew from amounts and temperature: the same but for rounding.
    shadow.assume(&[Assumption::Air(0, air)]);
    let zone = &shadow.habitat().state().zones[0];
    let n_mol: f64 = zone.n_mol.iter().sum();
    assert!(n_mol.is_finite() && zone.u_j.is_finite() && zone.t_k > 280.0);
    // More than a tank holds is a full tank; a total below its parts leaves no nitrogen.
    shadow.assume(&[
        Assumption::Content(Content::Potable, 1e9),
        Assumption::Air(0, Air { p_total_pa: Some(5_000.0), ..Air::default() }),
    ]);
    let state = shadow.habitat().state();
    assert_eq!(state.stores.potable_kg, plan.stores.potable_kg);
    assert_eq!(state.zones[0].n_mol[2], 0.0);
}

#[test]
fn an_assumed_hole_loses_what_is_assumed() {
    let plan = plan("artemis-30d", Difficulty::Nominal);
    let mut shadow = shadow(&plan, 0.0);
    shadow.step(300.0).unwrap();
    shadow.assume(&[Assumption::Holes(0.05)]);
    let gas_mol = |h: &Habitat| -> f64 {
        let zones: f64 = h.state().zones.iter().map(|z| z.total_mol()).sum();
        zones + h.state().stores.o2_mol + h.state().stores.n2_mol
    };
    let before_mol = gas_mol(shadow.habitat());
    shadow.step(300.0).unwrap();
    let holed_mol = before_mol - gas_mol(shadow.habitat());
    shadow.assume(&[Assumption::Holes(0.0)]);
    let before_mol = gas_mol(shadow.habitat());
    shadow.step(300.0).unwrap();
    let sound_mol = before_mol - gas_mol(shadow.habitat());
    let lost_mol_s = (holed_mol - sound_mol) / 300.0;
    assert!((lost_mol_s / 0.05 - 1.0).abs() < 0.1, "{lost_mol_s}");
}

#[test]
fn a_shadow_can_begin_under_way() {
    // Sun and schedule are those of the hour; what was never seen is as at the start.
    let plan = plan("polar-darkness", Difficulty::Nominal);
    let hour = 60.0;
    let mut real = habitat(&plan, 1);
    live(&mut real, hour / 24.0, 300.0);
    let mut late = shadow(&plan, hour * 3_600.0);
    assert_eq!(late.habitat().t_s(), real.t_s());
    late.step(300.0).unwrap();
    real.step(300.0).unwrap();
    assert_eq!(value(late.habitat(), "habitat.power.lit_fraction"), 0.0);
    for (one, other) in late.habitat().state().crew.iter().zip(&real.state().crew) {
        assert_eq!(one.piece, other.piece);
    }
    assert!(late.habitat().mass_residual_max() < TOLERANCE);
}
