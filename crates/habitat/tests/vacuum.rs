//! Rooms that lose their air, and rooms that are heated beyond reason: temperatures stay above zero.
//!
//! Story: a room of 98 m3 without walls, with a megawatt of equipment in it, was at 150 000 K when its heat
//! exchanger took more heat in a step of ten minutes than the gas held. The temperature went below
//! zero, and the relative humidity, over the saturation pressure of so cold an air, to -inf.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{assert_closed, assert_physical, changed, habitat};
use lunar_habitat_habitat::Habitat;

const STEPS_S: [f64; 10] = [60.0, 60.0, 1.0, 3_600.0, 0.001, 600.0, 3_600.0, 10.0, 60.0, 60.0];

fn assert_sound(cabin: &Habitat) {
    assert_physical(cabin);
    assert_closed(cabin);
}

#[test]
fn a_heat_exchanger_takes_no_more_than_the_gas_holds() {
    let plan = changed("cdra-chamber-test", |s| {
        s.atmosphere.o2_fraction = 0.51;
        s.zones[0].equipment_w = 1e6;
        s.zones[0].relief_pa = Some(200_000.0);
        s.zones[0].structure_j_k = 0.0;
        s.zones[0].isothermal_k = None;
    });
    let mut cabin = habitat(&plan, 1);
    for dt_s in STEPS_S {
        cabin.step(dt_s).unwrap();
        assert_sound(&cabin);
    }
}

/// A rigid vessel emptied without heat: T = T_0 (n/n_0)^(γ−1).
#[test]
fn a_box_without_walls_blows_down_cold_and_stays_above_zero() {
    for dt_s in [1.0, 10.0, 600.0, 3_600.0] {
        let plan = changed("leak-box", |s| {
            s.zones[0].isothermal_k = None;
            s.zones[0].structure_j_k = 0.0;
            s.zones[0].hole_diameter_m = 0.2;
        });
        let mut cabin = habitat(&plan, 1);
        let (t_0_k, n_0_mol) = (cabin.state().zones[0].t_k, cabin.state().zones[0].total_mol());
        for step in 0..5 {
            cabin.step(dt_s).unwrap();
            assert_sound(&cabin);
            let zone = &cabin.state().zones[0];
            let share = zone.total_mol() / n_0_mol;
            if share > 1e-3 {
                let t_k = t_0_k * share.powf(0.4);
                assert!((zone.t_k / t_k - 1.0).abs() < 0.005, "{step}: {} K, {t_k} K", zone.t_k);
            }
        }
    }
}
