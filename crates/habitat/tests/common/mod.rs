//! Cabins for tests: shipped ones, and ones made by a random draw.

#![allow(dead_code, clippy::unwrap_used)] // Each test binary uses its own part; a test fails by panicking.

use std::sync::Arc;

use lunar_habitat_habitat::fault::{FaultPlan, Kind, Mode};
use lunar_habitat_habitat::scenario::{self, FaultEvent, FaultMode, Scenario};
use lunar_habitat_habitat::slots::{Slot, Slots};
use lunar_habitat_habitat::{Habitat, Plan, StreamKey};

/// Largest residual of a step, as a share of what moved in it.
pub const TOLERANCE: f64 = 1e-9;

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

/// Give the command `to` to the channel `id`.
pub fn command(habitat: &mut Habitat, id: &str, to: f64) {
    let channel = habitat.catalogue().find(id).unwrap();
    let actuator = habitat.actuators().iter().position(|a| a.channel == channel).unwrap();
    habitat.command(actuator, to).unwrap();
}

/// The account of `habitat` has closed in every step so far.
pub fn assert_closed(habitat: &Habitat) {
    let columns = habitat.state().ledger.relative_max;
    assert!(columns.iter().all(|r| *r < TOLERANCE), "{columns:?}");
}

/// Endings of names of quantities that are never negative, whatever part of the state they belong to.
const NEVER_NEGATIVE: [&str; 10] =
    ["_mol", "_kg", "_k", "_pa", "_fraction", "_share", "_h", "hazard", "threshold", "spares"];

/// Every number of the state is finite, and none is negative that must not be.
///
/// By name, so that a unit that is added tomorrow, and what breaks in it, is looked at too. The ledger is left
/// out: its columns have signs. Returns at how many numbers it has looked for their sign.
pub fn assert_physical(habitat: &Habitat) -> usize {
    let mut state = habitat.state().clone();
    let mut looked_at = 0;
    state.slots(&mut String::new(), &mut |name, slot| {
        let Slot::Number(value) = slot else { return };
        assert!(value.is_finite(), "{name} = {value}");
        let quantity = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if !name.starts_with("ledger.") && NEVER_NEGATIVE.iter().any(|end| quantity.ends_with(end))
        {
            looked_at += 1;
            assert!(*value >= 0.0, "{name} = {value}");
        }
    });
    assert!(habitat.state().zones.iter().all(|zone| zone.t_k > 0.0));
    let mut row = vec![0.0; habitat.catalogue().len()];
    habitat.read(&mut row);
    for (channel, value) in habitat.catalogue().channels().iter().zip(&row) {
        // A silent instrument shows nothing.
        let silent = value.is_nan() && channel.id.contains(".sensed_");
        assert!(value.is_finite() || silent, "{} = {value}", channel.id);
    }
    looked_at
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
