//! Running shipped scenarios and scenarios in code to their end.

use std::sync::Arc;

use env::{EnvError, Observer, Outcome, Timing, run_mission};
use habitat::scenario::{self, Scenario};
use habitat::{Habitat, Plan, StreamKey};

use crate::error::CliError;

/// Calls a function at the start and after every step.
struct EveryStep<F>(F);

impl<F: FnMut(&Habitat)> Observer<EnvError> for EveryStep<F> {
    fn step(&mut self, habitat: &Habitat, _: f64) {
        (self.0)(habitat);
    }

    fn decision(&mut self, _: &Habitat, _: &[f64]) -> Result<(), EnvError> {
        Ok(())
    }
}

/// Run a scenario under `rules`, the controller of `simulate`, and call `look` at the start and
/// after every step.
///
/// # Errors
/// Whatever the plan or the mission refuses.
pub fn run(scenario: &Scenario, mut look: impl FnMut(&Habitat)) -> Result<Outcome, CliError> {
    let hash = scenario::hash(scenario)?;
    let mut habitat = Habitat::new(Arc::new(Plan::compile(scenario, hash)?), StreamKey::default());
    let mut controller = env::build("rules", &habitat)?;
    let timing = Timing::of(scenario);
    look(&habitat);
    Ok(run_mission(&mut habitat, controller.as_mut(), timing, &mut EveryStep(look))?)
}

/// Run a shipped scenario.
///
/// # Errors
/// As [`run`].
pub fn run_shipped(name: &str, look: impl FnMut(&Habitat)) -> Result<Outcome, CliError> {
    run(&scenario::load(name)?.scenario, look)
}

/// The value of the channel `id`.
pub fn channel(habitat: &Habitat, id: &str) -> f64 {
    habitat.catalogue().find(id).ok().and_then(|index| habitat.value(index)).unwrap_or(f64::NAN)
}

/// A quantity over time, as pairs of time and value.
#[derive(Debug, Clone, Default)]
pub struct Trace(Vec<(f64, f64)>);

impl Trace {
    /// Add a sample; samples come in the order of time.
    pub fn push(&mut self, time: f64, value: f64) {
        self.0.push((time, value));
    }

    fn within(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> {
        let inside = move |(t, _): &(f64, f64)| (from - 1e-9..=to + 1e-9).contains(t);
        self.0.iter().copied().filter(inside)
    }

    /// Mean over time by trapezia; not a number if fewer than two samples lie inside.
    pub fn mean(&self, from: f64, to: f64) -> f64 {
        let (mut area, mut length) = (0.0, 0.0);
        let mut last: Option<(f64, f64)> = None;
        for (t, value) in self.within(from, to) {
            if let Some((t_last, value_last)) = last {
                area += 0.5 * (value + value_last) * (t - t_last);
                length += t - t_last;
            }
            last = Some((t, value));
        }
        area / length
    }

    /// Least value.
    pub fn least(&self, from: f64, to: f64) -> f64 {
        self.within(from, to).map(|(_, value)| value).fold(f64::INFINITY, f64::min)
    }

    /// Largest value.
    pub fn largest(&self, from: f64, to: f64) -> f64 {
        self.within(from, to).map(|(_, value)| value).fold(f64::NEG_INFINITY, f64::max)
    }

    /// First time at which the straight line between two samples crosses `level`; not a number if
    /// it never does.
    pub fn crossing(&self, level: f64) -> f64 {
        self.0
            .windows(2)
            .find_map(|pair| match pair {
                [(t, value), (t_next, next)] if (value - level) * (next - level) <= 0.0 => {
                    let share = if next == value { 0.0 } else { (level - value) / (next - value) };
                    Some(t + share * (t_next - t))
                }
                _ => None,
            })
            .unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_crossings_of_a_line() {
        let mut trace = Trace::default();
        for i in 0..=10 {
            trace.push(f64::from(i), 2.0 * f64::from(i));
        }
        assert!((trace.mean(0.0, 10.0) - 10.0).abs() < 1e-12);
        assert!((trace.mean(4.0, 6.0) - 10.0).abs() < 1e-12);
        assert!((trace.crossing(7.0) - 3.5).abs() < 1e-12);
        assert!(trace.crossing(70.0).is_nan() && trace.mean(3.1, 3.9).is_nan());
        assert_eq!((trace.least(2.0, 4.0), trace.largest(2.0, 4.0)), (4.0, 8.0));
    }
}
