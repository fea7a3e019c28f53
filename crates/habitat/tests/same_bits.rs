//! The same seed gives the same bits: on one thread and two, in one habitat and sixty-four, at every
//! SIMD level, after a snapshot, and as the golden hash says.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use std::sync::Arc;

use common::{habitat, live, shipped};
use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario, snapshot};
use physics::math::SimdLevel;

fn hex(hash: [u8; 32]) -> String {
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

/// Any change of this hash is a change of results and belongs into the changelog.
#[test]
fn golden_hash_of_a_day_in_the_cabin() {
    let plan = shipped("cabin-30d");
    let mut cabin = habitat(&plan, 42);
    live(&mut cabin, 1.0, 60.0);
    assert_eq!(hex(cabin.hash()), include_str!("golden/cabin-30d-day-1.sha256").trim());
}

#[test]
fn every_simd_level_gives_the_same_bits() {
    let run = |level: SimdLevel| {
        let loaded = scenario::load("cabin-30d").unwrap();
        let mut plan = Plan::compile(&loaded.scenario, loaded.hash).unwrap();
        plan.layout.simd = level;
        let mut cabin = Habitat::new(Arc::new(plan), StreamKey::default());
        live(&mut cabin, 1.0, 60.0);
        cabin.hash()
    };
    let scalar = run(SimdLevel::Scalar);
    for level in SimdLevel::ALL {
        if level.is_available() {
            assert_eq!(run(level), scalar, "{level:?}");
        } else {
            println!("{level:?} skipped: this processor lacks it");
        }
    }
}

#[test]
fn lanes_and_threads_do_not_enter() {
    let plan = shipped("cabin-30d");
    let alone: Vec<[u8; 32]> = (0..64)
        .map(|run| {
            let mut cabin = habitat(&plan, run);
            live(&mut cabin, 0.25, 60.0);
            cabin.hash()
        })
        .collect();
    // The same sixty-four stepped in turn on two threads.
    let mut together: Vec<Habitat> = (0..64).map(|run| habitat(&plan, run)).collect();
    let (left, right) = together.split_at_mut(32);
    std::thread::scope(|scope| {
        for half in [left, right] {
            scope.spawn(move || {
                for _ in 0..360 {
                    for cabin in half.iter_mut() {
                        cabin.step(60.0).unwrap();
                    }
                }
            });
        }
    });
    let hashes: Vec<[u8; 32]> = together.iter().map(Habitat::hash).collect();
    assert_eq!(hashes, alone);
    assert_ne!(alone[0], alone[1], "two runs must differ");
}

#[test]
fn a_snapshot_restores_to_the_same_future() {
    let plan = shipped("cabin-30d");
    let mut cabin = habitat(&plan, 5);
    // In the middle of a half-cycle, of a day and of an air-save phase.
    live(&mut cabin, 1.3, 60.0);
    let bytes = cabin.snapshot();
    let mut back = Habitat::restore(Arc::clone(&plan), &bytes).unwrap();
    assert_eq!(back.hash(), cabin.hash());
    assert_eq!(back.snapshot(), bytes);
    live(&mut cabin, 3.0, 60.0);
    live(&mut back, 3.0, 60.0);
    assert_eq!(back.hash(), cabin.hash());
}

#[test]
fn a_damaged_or_foreign_snapshot_is_refused() {
    let plan = shipped("cabin-30d");
    let cabin = habitat(&plan, 6);
    let bytes = cabin.snapshot();
    let other = shipped("sealed-box");
    assert!(matches!(
        Habitat::restore(other, &bytes),
        Err(snapshot::SnapshotError::Scenario { .. })
    ));
    for at in [0, 9, 20, 60, bytes.len() / 2, bytes.len() - 1] {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert!(Habitat::restore(Arc::clone(&plan), &bad).is_err(), "byte {at}");
    }
    for length in [0, 7, 12, 79, bytes.len() - 1] {
        assert!(Habitat::restore(Arc::clone(&plan), &bytes[..length]).is_err(), "length {length}");
    }
}

/// A fork keeps what has happened and draws its own future: today's metabolic rates are the same,
/// tomorrow's differ.
#[test]
fn a_fork_does_not_foresee() {
    let plan = shipped("cabin-30d");
    let mut cabin = habitat(&plan, 7);
    live(&mut cabin, 0.5, 60.0);
    let mut fork = cabin.fork(0);
    let today = |h: &Habitat| h.state().crew.iter().map(|p| p.today).collect::<Vec<_>>();
    assert_eq!(today(&fork), today(&cabin));
    live(&mut cabin, 0.25, 60.0);
    live(&mut fork, 0.25, 60.0);
    assert_eq!(today(&fork), today(&cabin));
    live(&mut cabin, 1.0, 60.0);
    live(&mut fork, 1.0, 60.0);
    assert_ne!(today(&fork), today(&cabin));
    let mut other = cabin.fork(1);
    let mut same = cabin.fork(1);
    live(&mut other, 1.0, 60.0);
    live(&mut same, 1.0, 60.0);
    assert_eq!(other.hash(), same.hash());
}

/// A snapshot with a fitting checksum and impossible values once panicked in the next step.
#[test]
fn a_forged_snapshot_is_refused() {
    use sha2::{Digest, Sha256};
    let plan = shipped("cabin-30d");
    let bytes = habitat(&plan, 6).snapshot();
    let forge = |name: &str, raw: [u8; 8]| {
        let mut body = bytes[..bytes.len() - 32].to_vec();
        let at = body.windows(name.len()).position(|w| w == name.as_bytes()).unwrap();
        body[at + name.len() + 1..at + name.len() + 9].copy_from_slice(&raw);
        let sum: [u8; 32] = Sha256::digest(&body).into();
        body.extend_from_slice(&sum);
        Habitat::restore(Arc::clone(&plan), &body)
    };
    assert!(forge("cdra.0.adsorbing", 1_u64.to_le_bytes()).is_ok());
    assert!(forge("cdra.0.adsorbing", 7_u64.to_le_bytes()).is_err());
    assert!(forge("crew.0.piece", 99_u64.to_le_bytes()).is_err());
    assert!(forge("zones.0.u_j", f64::NAN.to_le_bytes()).is_err());
    assert!(forge("zones.0.n_mol.0", (-1.0_f64).to_le_bytes()).is_err());
    assert!(forge("sensors.samples", u64::MAX.to_le_bytes()).is_err());
    assert!(forge("orders.0.wait_s", 100.0_f64.to_le_bytes()).is_ok());
    assert!(forge("orders.0.wait_s", 1e9_f64.to_le_bytes()).is_err());
    // How many orders are open is counted anew.
    let counted = forge("orders_open", u64::MAX.to_le_bytes()).unwrap();
    assert_eq!(counted.state().orders_open, 0);
}
