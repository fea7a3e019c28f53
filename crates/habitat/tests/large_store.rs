//! A fuel cell store so large that a second's hydrogen is lost in its digits: the ledger books what it holds.
//!
//! Story: a store of 700 MWh holds ten million moles, whose last digit is 2e-9 mol or half a millijoule. The heat
//! of the stacks was booked from the hydrogen asked for, and the ledger was open by 1e-9.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, habitat};

#[test]
fn hydrogen_that_a_large_store_cannot_resolve_gives_no_heat() {
    let plan = changed("artemis-30d", |s| {
        let power = s.power.as_mut().unwrap();
        power.fuel_cell_kwh = 697_135.0;
        power.array_m2 = 0.0;
    });
    let mut cabin = habitat(&plan, 1);
    for _ in 0..200 {
        cabin.step(1.0).unwrap();
        let ledger = &cabin.state().ledger;
        // Sixteen roundings of what is held.
        let allowed_j = (1e-9 * ledger.moved[5]).max(16.0 * f64::EPSILON * ledger.held[5].abs());
        assert!(ledger.residual[5].abs() <= allowed_j, "{} of {allowed_j} J", ledger.residual[5]);
    }
}
