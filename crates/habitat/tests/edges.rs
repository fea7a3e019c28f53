//! Edges of the cabin that once gave a wrong answer, each with its story.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat, live, value};
use lunar_habitat_habitat::scenario::{Rate, SourceKind, SourceTerm};

/// The removal unit kept showing its last power for as long as its cabin was empty.
#[test]
fn a_removal_unit_in_a_vacuum_rests() {
    let plan = changed("cabin-30d", |s| {
        s.acs.clear();
        for zone in &mut s.zones {
            zone.hole_diameter_m = 0.5;
        }
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 0.1, 60.0);
    assert!(value(&cabin, "living.air.p_total_pa") < 100.0);
    assert_eq!(value(&cabin, "living.cdra.power_w"), 0.0);
    assert_eq!(value(&cabin, "living.cdra.co2_inlet_mol_s"), 0.0);
}

/// A crop at night gave CO2 and took no oxygen.
#[test]
fn a_crop_at_night_takes_oxygen() {
    let plan = changed("sealed-box", |s| {
        s.source_terms = vec![SourceTerm {
            name: "crop".into(),
            zone: s.zones[0].name.clone(),
            kind: SourceKind::Crop,
            schedule: vec![Rate { from_h: 0.0, to_h: 1_000.0, kg_d: -1.0, w: 0.0 }],
        }];
    });
    let mut cabin = habitat(&plan, 1);
    let before = cabin.state().zones[0].n_mol;
    live(&mut cabin, 1.0 / 24.0, 60.0);
    let after = cabin.state().zones[0].n_mol;
    let (o2_mol, co2_mol) = (after[0] - before[0], after[1] - before[1]);
    assert!((co2_mol - 0.947).abs() < 0.001, "{co2_mol}");
    assert!((o2_mol + co2_mol).abs() < 1e-9, "{o2_mol} {co2_mol}");
}

/// A zone at 0 Pa with a hole to full surroundings stayed empty.
#[test]
fn an_empty_zone_fills_through_its_hole() {
    let plan = changed("leak-box", |s| {
        s.atmosphere.pressure_pa = 0.0;
        s.zones[0].surroundings_pa = 100_000.0;
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    let p_pa = value(&cabin, "box.air.p_total_pa");
    assert!((p_pa / 100_000.0 - 1.0).abs() < 0.01, "{p_pa}");
    assert!((value(&cabin, "box.air.o2_fraction") - 0.2095).abs() < 1e-6);
    assert!(cabin.mass_residual_max() < 1e-9);
}

/// With everybody dead the means of the abort rules were fed infinity.
#[test]
fn the_state_stays_finite_when_nobody_is_left() {
    let plan = changed("cabin-30d", |s| {
        s.acs.clear();
        s.zones[0].hole_diameter_m = 0.5;
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 0.5, 60.0);
    assert_eq!(cabin.crew_alive(), 0);
    assert!(cabin.state().mission.o2.integral.iter().all(|x| x.is_finite()));
}
