//! A heavy structure in thin air: the air gives what the structure's temperature can hold, not more.
//!
//! Story: a box with 8.4 GJ/K of structure and next to no gas. The last digit of the structure's
//! temperature is worth 0.5 mJ there; heat given in smaller portions vanished in rounding, and the
//! ledger was open by 5e-9. The walls now say how much they have taken.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat};

#[test]
fn heat_that_a_heavy_structure_cannot_resolve_stays_in_the_air() {
    for isothermal_k in [Some(295.0), None] {
        let plan = changed("leak-box", |s| {
            s.atmosphere.pressure_pa = 0.0002;
            s.zones[0].isothermal_k = isothermal_k;
            s.zones[0].structure_j_k = 8_417_940_611.067_713;
            s.zones[0].structure_w_k = 0.001;
            s.zones[0].surroundings_exchange_per_day = 0.269_875_466_869_997_86;
        });
        let mut cabin = habitat(&plan, 1);
        for dt_s in [60.0, 60.0, 1.0, 3_600.0, 0.001, 600.0, 10.0] {
            cabin.step(dt_s).unwrap();
            let relative = cabin.state().ledger.relative_max;
            assert!(relative.iter().all(|r| *r < 1e-9), "{dt_s} s: {relative:?}");
        }
    }
}
