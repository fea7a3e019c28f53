//! The loop of a mission: read, decide, command, step.

use habitat::constants::DAY_S;
use habitat::scenario::Scenario;
use habitat::{AbortReason, Habitat};

use crate::{Command, Controller, EnvError};

/// The three times of a mission; each divides the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Length of a step, s.
    pub dt_s: f64,
    /// Time between two decisions, s.
    pub decision_s: f64,
    /// Length of the mission, d.
    pub days: f64,
}

impl Timing {
    /// The times that a scenario declares.
    #[must_use]
    pub fn of(model: &Scenario) -> Timing {
        Timing { dt_s: model.dt_s, decision_s: model.decision_s, days: model.duration_days }
    }

    /// Decisions in the mission and steps in a decision.
    fn counts(&self) -> Result<(u64, u64), EnvError> {
        let duration_s = self.days * DAY_S;
        let steps = parts("step", self.dt_s, self.decision_s)?;
        let decisions = parts("decision interval", self.decision_s, duration_s)?;
        Ok((decisions, steps))
    }

    /// Decisions in the mission, or 0 when the times do not divide each other.
    #[must_use]
    pub fn decisions(&self) -> u64 {
        self.counts().map_or(0, |(decisions, _)| decisions)
    }
}

/// How many times `part` fits into `whole`.
fn parts(quantity: &'static str, part: f64, whole: f64) -> Result<u64, EnvError> {
    let ratio = whole / part;
    let count = ratio.round();
    // Written so that a ratio which is not a number is refused too.
    if part > 0.0 && count >= 1.0 && (ratio - count).abs() <= 1e-9 * count {
        Ok(count as u64)
    } else {
        Err(EnvError::Timing { quantity, found: part, limit: whole })
    }
}

/// Looks on while a mission runs.
pub trait Observer<E> {
    /// A step of `dt_s` is over.
    fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        let _ = (habitat, dt_s);
    }

    /// The readings are taken: at the start, before each decision, and at the end.
    ///
    /// # Errors
    /// Whatever ends the mission from outside.
    fn decision(&mut self, habitat: &Habitat, readings: &[f64]) -> Result<(), E>;

    /// Whether the mission is flown on from here; asked after each decision.
    fn goes_on(&self, habitat: &Habitat) -> bool {
        let _ = habitat;
        true
    }
}

impl<E, F: FnMut(&Habitat, &[f64]) -> Result<(), E>> Observer<E> for F {
    fn decision(&mut self, habitat: &Habitat, readings: &[f64]) -> Result<(), E> {
        self(habitat, readings)
    }
}

/// How a mission ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// People at the start.
    pub crew_size: usize,
    /// People alive at the end.
    pub crew_alive: usize,
    /// Everybody lives and no abort rule was broken.
    pub success: bool,
    /// The first abort rule that was broken.
    pub abort_reason: AbortReason,
    /// When that was, s of mission time.
    pub abort_s: Option<f64>,
    /// Steps taken, of the length asked for.
    pub steps: u64,
    /// Decisions taken.
    pub decisions: u64,
    /// Mission time at the end, s.
    pub t_s: f64,
    /// Largest residual of matter, as a share of what moved in its step.
    pub mass_residual_max: f64,
    /// Largest residual of energy, as a share of what moved in its step.
    pub energy_residual_max: f64,
}

impl Outcome {
    /// How the mission of `habitat` ended if this was its end; steps and decisions are not known to it and 0.
    #[must_use]
    pub fn of(habitat: &Habitat) -> Outcome {
        let crew_size = habitat.plan().crew.len();
        let crew_alive = habitat.crew_alive();
        let abort_reason = habitat.abort_reason();
        let aborted = abort_reason != AbortReason::None;
        Outcome {
            crew_size,
            crew_alive,
            success: crew_alive == crew_size && !aborted,
            abort_reason,
            abort_s: aborted.then(|| habitat.state().mission.abort_s),
            steps: 0,
            decisions: 0,
            t_s: habitat.t_s(),
            mass_residual_max: habitat.mass_residual_max(),
            energy_residual_max: habitat.energy_residual_max(),
        }
    }
}

/// Run a mission to its end under `controller`.
///
/// The controller gets what can be known ([`Habitat::read_known`]); the observer sees the full row.
///
/// A broken abort rule is noted and the mission goes on; it ends early only when a crew was there
/// and nobody is alive, or when the observer has seen enough ([`Observer::goes_on`]).
///
/// # Errors
/// [`EnvError`] when the times do not divide each other or the habitat refuses a command or a step;
/// whatever the observer returns.
pub fn run_mission<E: From<EnvError>>(
    habitat: &mut Habitat,
    controller: &mut dyn Controller,
    timing: Timing,
    observer: &mut impl Observer<E>,
) -> Result<Outcome, E> {
    let (decisions, steps_each) = timing.counts()?;
    let mut readings = vec![f64::NAN; habitat.catalogue().len()];
    let mut known = readings.clone();
    let mut commands = Vec::with_capacity(habitat.actuators().len());
    let mut outcome = Outcome::of(habitat);
    habitat.read(&mut readings);
    observer.decision(habitat, &readings)?;
    for _ in 0..decisions {
        if outcome.crew_size > 0 && habitat.crew_alive() == 0 {
            break;
        }
        controller.see(habitat);
        habitat.read_known(&mut known);
        decide(habitat, controller, &known, &mut commands)?;
        for _ in 0..steps_each {
            habitat.step(timing.dt_s).map_err(EnvError::from)?;
            observer.step(habitat, timing.dt_s);
        }
        outcome.decisions += 1;
        outcome.steps += steps_each;
        habitat.read(&mut readings);
        observer.decision(habitat, &readings)?;
        if !observer.goes_on(habitat) {
            break;
        }
    }
    Ok(Outcome { steps: outcome.steps, decisions: outcome.decisions, ..Outcome::of(habitat) })
}

fn decide(
    habitat: &mut Habitat,
    controller: &mut dyn Controller,
    readings: &[f64],
    commands: &mut Vec<Command>,
) -> Result<(), EnvError> {
    commands.clear();
    controller.decide(readings, habitat.t_s(), commands);
    for command in commands.iter() {
        habitat
            .command(command.actuator, command.value)
            .map_err(|source| EnvError::Command { controller: controller.name(), source })?;
    }
    Ok(())
}
