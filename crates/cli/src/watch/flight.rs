//! Missions that are watched: one scenario, one fault or none, and every sample that instruments give.

use std::sync::Arc;

use env::{Observer, Timing};
use habitat::constants::DAY_S;
use habitat::scenario::{self, Difficulty, FaultEvent, Scenario, SensorEvent};
use habitat::{Habitat, Plan, StreamKey};
use tracing::info_span;

use crate::error::CliError;

/// Time between two samples, s.
pub const SAMPLE_S: f64 = 60.0;

/// What goes wrong in a mission.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A unit fails.
    Unit(FaultEvent),
    /// An instrument errs.
    Instrument(SensorEvent),
}

impl Event {
    /// Hours after the start.
    pub fn at_h(&self) -> f64 {
        match self {
            Event::Unit(event) => event.at_h,
            Event::Instrument(event) => event.at_h,
        }
    }
}

/// The scenario `name` with every instrument read each minute, where nothing fails but what is placed.
///
/// # Errors
/// [`CliError`] for a scenario that cannot be read, and for one without faults or instruments that err.
pub fn quiet(name: &str, difficulty: Difficulty) -> Result<Scenario, CliError> {
    let mut model = scenario::load_at(name, difficulty)?.scenario;
    let (Some(faults), Some(sensors)) = (&mut model.faults, &mut model.sensors) else {
        let reason = "its scenario has no [faults] or no [sensors], so nothing can be found";
        return Err(CliError::flag(format!("--scenario {name}"), reason));
    };
    faults.rate_factor = 0.0;
    faults.events.clear();
    sensors.rate_factor = 0.0;
    sensors.events.clear();
    sensors.sample_s = Some(SAMPLE_S);
    Ok(model)
}

/// Hands every sample on.
struct Sampler<'a> {
    known: Vec<f64>,
    see: &'a mut dyn FnMut(f64, &[f64]),
}

impl Observer<CliError> for Sampler<'_> {
    fn step(&mut self, habitat: &Habitat, _: f64) {
        habitat.read_known(&mut self.known);
        (self.see)(habitat.t_s(), &self.known);
    }

    fn decision(&mut self, _: &Habitat, _: &[f64]) -> Result<(), CliError> {
        Ok(())
    }
}

/// Compile `model` with `event` in it.
///
/// # Errors
/// [`CliError`] for an event that the scenario does not take.
pub fn plan(model: &Scenario, event: Option<&Event>) -> Result<Arc<Plan>, CliError> {
    let mut model = model.clone();
    match event {
        Some(Event::Unit(event)) => {
            model.faults.iter_mut().for_each(|faults| faults.events.push(event.clone()));
        }
        Some(Event::Instrument(event)) => {
            model.sensors.iter_mut().for_each(|sensors| sensors.events.push(event.clone()));
        }
        None => {}
    }
    let hash = scenario::hash(&model)?;
    Ok(Arc::new(Plan::compile(&model, hash)?))
}

/// Fly `plan` under `rules` for `days`, in steps of a minute, and show each sample to `see`: time in s, and what can be known.
///
/// # Errors
/// [`CliError`] of the mission.
pub fn fly(
    plan: &Arc<Plan>,
    key: StreamKey,
    days: f64,
    see: &mut dyn FnMut(f64, &[f64]),
) -> Result<(), CliError> {
    let _stage = info_span!("watched mission").entered();
    let mut habitat = Habitat::new(Arc::clone(plan), key);
    let mut rules = env::build("rules", &habitat)?;
    let decision_s = plan.scenario.decision_s;
    let decisions = (days * DAY_S / decision_s).ceil();
    let timing = Timing { dt_s: SAMPLE_S, decision_s, days: decisions * decision_s / DAY_S };
    let mut sampler = Sampler { known: vec![f64::NAN; habitat.catalogue().len()], see };
    env::run_mission(&mut habitat, rules.as_mut(), timing, &mut sampler)?;
    Ok(())
}
