//! A habitat that steps for a long time holds no more at the end than at the start.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::alloc::System;
use std::sync::Arc;

use habitat::{Habitat, Plan, StreamKey, scenario};
use runtime::memory::{Leaks, Sampled, Tracked};

#[global_allocator]
static ALLOCATOR: Tracked<System> = Tracked::new(System);

/// Steps of a habitat on `artemis-30d`, one mission after the other, with a look after each `between`.
fn soak(steps: u64, between: u64) -> (Leaks, f64) {
    let loaded = scenario::load("artemis-30d").unwrap();
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap());
    let mission = (plan.duration_s() / 60.0) as u64;
    let mut leaks = Leaks::default();
    let mut habitat = Habitat::new(Arc::clone(&plan), StreamKey::default());
    let mut readings = Vec::new();
    for step in 0..steps {
        if step % mission == 0 {
            let key = StreamKey { episode: step / mission, ..StreamKey::default() };
            habitat = Habitat::new(Arc::clone(&plan), key);
        }
        habitat.step(60.0).unwrap();
        if step % 10 == 0 {
            readings.resize(plan.catalogue.len(), 0.0);
            habitat.read(&mut readings);
        }
        if step % between == 0 {
            leaks.look(step as f64);
        }
    }
    (leaks, Sampled::now().bytes())
}

fn nothing_leaks(steps: u64, between: u64) {
    let (leaks, bytes) = soak(steps, between);
    let found: Vec<String> =
        leaks.found().iter().map(|(site, growth)| format!("{site}: {growth:?}")).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(bytes < 64e6, "{bytes} bytes live at the end");
}

#[test]
fn a_habitat_that_steps_leaks_nothing() {
    nothing_leaks(200_000, 5_000);
}

#[test]
#[ignore = "ten million steps, a minute or more: cargo test --release -p lunar-habitat-cli --test soak -- --ignored"]
fn a_habitat_that_steps_ten_million_times_leaks_nothing() {
    nothing_leaks(10_000_000, 100_000);
}
