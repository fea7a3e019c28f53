//! Cabins for tests: shipped ones, and ones made by a random draw.

#![allow(dead_code, clippy::unwrap_used)] // Each test binary uses its own part; a test fails by panicking.

use std::sync::Arc;

use lunar_habitat_habitat::fault::{FaultPlan, Kind, Mode};
use lunar_habitat_habitat::scenario::{self, FaultEvent, FaultMode, Scenario};
use lunar_habitat_habitat::{Habitat, Plan, StreamKey};

/// The plan of a shipped scenario.
pub fn shipped(name: &str) -> Arc<Plan> {
    changed(name, |_| {})
}

/// The plan of a shipped scenario with changes.
pub fn changed(name: &str, change: impl FnOnce(&mut Scenario)) -> Arc<Plan> {
    let mut scenario = scenario::load(name).unwrap().scenario;
    change(&mut scenario);
    scenario::check(&scenario).unwrap();
    let hash = scenario::hash(&scenario).unwrap();
    Arc::new(Plan::compile(&scenario, hash).unwrap())
}

/// A habitat on `plan` with the stream of `run`.
pub fn habitat(plan: &Arc<Plan>, run: u64) -> Habitat {
    Habitat::new(Arc::clone(plan), StreamKey { run, ..StreamKey::default() })
}

/// Step for `days` of `dt_s`.
pub fn live(habitat: &mut Habitat, days: f64, dt_s: f64) {
    let steps = (days * 86_400.0 / dt_s).round() as u64;
    for _ in 0..steps {
        habitat.step(dt_s).unwrap();
    }
}

/// Value of the channel `id`.
pub fn value(habitat: &Habitat, id: &str) -> f64 {
    habitat.value(habitat.catalogue().find(id).unwrap()).unwrap()
}

/// A failure of `unit` in the mode number `pick` of those it knows.
pub fn failure(unit: &FaultPlan, at_h: f64, pick: usize) -> FaultEvent {
    let modes = unit.kind.modes();
    FaultEvent {
        unit: unit.unit.clone(),
        at_h,
        mode: match modes[pick % modes.len()].0 {
            Mode::Degraded => FaultMode::Degraded,
            Mode::Stuck => FaultMode::Stuck,
            Mode::Leaking => FaultMode::Leaking,
            Mode::Slow => FaultMode::Slow,
            Mode::Dusty => FaultMode::Dusty,
            Mode::Failed | Mode::Sound => FaultMode::Failed,
        },
        hole_mm: (unit.kind == Kind::Hull).then_some(3.0),
        amount: None,
    }
}
