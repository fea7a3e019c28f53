//! A habitat under way: one step after the other, under whoever commands it.

use std::collections::BTreeMap;
use std::sync::Arc;

use env::habitat::fault::Mode;
use env::habitat::{AbortReason, Habitat, Plan, StreamKey};
use env::{Command, Timing};
use store::Severity;

use super::pilot::Pilot;
use crate::ApiError;

/// How a mission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It goes on.
    Flying,
    /// Its time is over.
    Over,
    /// Nobody is alive.
    Lost,
}

/// Something that a step has brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Kind of event.
    pub kind: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Unit or person.
    pub source: String,
    /// One sentence.
    pub text: String,
}

/// A habitat, who commands it, and what operators hold against that.
pub struct Flight {
    habitat: Habitat,
    pilot: Pilot,
    timing: Timing,
    /// Steps since the start of the mission.
    steps: u64,
    /// Set-points that an operator has taken in hand, by actuator.
    held: BTreeMap<usize, f64>,
    row: Vec<f64>,
    known: Vec<f64>,
    commands: Vec<Command>,
    /// Modes of the units before the last step.
    modes: Vec<u64>,
    alive: usize,
    abort: AbortReason,
}

impl Flight {
    /// A flight of `habitat` under `pilot`, `steps` into its mission.
    pub fn new(habitat: Habitat, pilot: Pilot, timing: Timing) -> Flight {
        let channels = habitat.catalogue().len();
        let mut flight = Flight {
            steps: (habitat.t_s() / timing.dt_s).round() as u64,
            held: BTreeMap::new(),
            row: vec![f64::NAN; channels],
            known: vec![f64::NAN; channels],
            commands: Vec::with_capacity(habitat.actuators().len()),
            modes: habitat.state().faults.units.iter().map(|unit| unit.mode).collect(),
            alive: habitat.crew_alive(),
            abort: habitat.abort_reason(),
            habitat,
            pilot,
            timing,
        };
        flight.habitat.read(&mut flight.row);
        flight
    }

    /// The habitat.
    pub fn habitat(&self) -> &Habitat {
        &self.habitat
    }

    /// Its plan.
    pub fn plan(&self) -> &Arc<Plan> {
        self.habitat.plan()
    }

    /// Who commands it.
    pub fn pilot(&self) -> &Pilot {
        &self.pilot
    }

    /// Times of the mission.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Set-points that operators hold, by actuator.
    pub fn held(&self) -> &BTreeMap<usize, f64> {
        &self.held
    }

    /// Every channel as it stands.
    pub fn row(&self) -> &[f64] {
        &self.row
    }

    /// Samples that its instruments have given so far; none where they show everything at all times.
    pub fn samples(&self) -> Option<u64> {
        let state = self.habitat.state();
        self.plan().sensors.err.then_some(state.sensors.samples)
    }

    /// Whether the mission goes on.
    pub fn standing(&self) -> Standing {
        if !self.plan().crew.is_empty() && self.habitat.crew_alive() == 0 {
            Standing::Lost
        } else if self.habitat.t_s() >= self.timing.days * 86_400.0 - 1e-6 {
            Standing::Over
        } else {
            Standing::Flying
        }
    }

    /// Whether a decision is due before the next step.
    pub fn decision_is_due(&self) -> bool {
        let every = (self.timing.decision_s / self.timing.dt_s).round().max(1.0) as u64;
        self.steps.is_multiple_of(every)
    }

    /// What the pilot wants now, less what operators hold and what is ordered already.
    ///
    /// # Errors
    /// As [`Pilot::decide`].
    pub fn wanted(&mut self) -> Result<Vec<Command>, ApiError> {
        self.habitat.read_known(&mut self.known);
        self.commands.clear();
        self.pilot.decide(&self.habitat, &self.known, &mut self.commands)?;
        let (habitat, held) = (&self.habitat, &self.held);
        let is_new = |command: &&Command| {
            !held.contains_key(&command.actuator)
                && habitat.ordered(command.actuator) != Some(command.value)
        };
        Ok(self.commands.iter().filter(is_new).copied().collect())
    }

    /// Command what is wanted.
    ///
    /// # Errors
    /// 500 where the habitat refuses a command of its pilot.
    pub fn obey(&mut self, commands: &[Command]) -> Result<(), ApiError> {
        for command in commands {
            self.habitat.command(command.actuator, command.value).map_err(ApiError::broken)?;
        }
        Ok(())
    }

    /// Advance by one step and append what happened.
    ///
    /// # Errors
    /// 500 where the step is refused.
    pub fn step(&mut self, happenings: &mut Vec<Happening>) -> Result<(), ApiError> {
        self.habitat.step(self.timing.dt_s).map_err(ApiError::broken)?;
        self.steps += 1;
        self.habitat.read(&mut self.row);
        self.look_around(happenings);
        Ok(())
    }

    /// Advance by one step and look at nothing.
    ///
    /// # Errors
    /// 500 where the step is refused.
    pub fn pass(&mut self) -> Result<(), ApiError> {
        self.habitat.step(self.timing.dt_s).map_err(ApiError::broken)?;
        self.steps += 1;
        Ok(())
    }

    /// Compare units, people and the mission with what they were before.
    fn look_around(&mut self, happenings: &mut Vec<Happening>) {
        let units = &self.habitat.state().faults.units;
        let plans = &self.habitat.plan().faults.units;
        for ((fault, plan), before) in units.iter().zip(plans).zip(&mut self.modes) {
            if fault.mode == *before {
                continue;
            }
            let (kind, severity, text) = match mode_name(fault.mode) {
                "sound" => ("repair", Severity::Advisory, format!("{} works again", plan.unit)),
                mode => ("failure", Severity::Warning, format!("{} is {mode}", plan.unit)),
            };
            happenings.push(Happening { kind, severity, source: plan.unit.clone(), text });
            *before = fault.mode;
        }
        let alive = self.habitat.crew_alive();
        if alive < self.alive {
            happenings.push(Happening {
                kind: "crew",
                severity: Severity::Emergency,
                source: "crew".into(),
                text: format!("{} of {} people are alive", alive, self.habitat.plan().crew.len()),
            });
        }
        self.alive = alive;
        let abort = self.habitat.abort_reason();
        if abort != self.abort {
            happenings.push(Happening {
                kind: "abort",
                severity: Severity::Emergency,
                source: "habitat.mission".into(),
                text: format!("the mission is lost: {}", abort.words()),
            });
            self.abort = abort;
        }
    }

    /// Take the set-point `actuator` in hand, or give it back to the pilot.
    ///
    /// # Errors
    /// 422 for a value that is no number; nothing changes.
    pub fn hold(&mut self, actuator: usize, value: Option<f64>) -> Result<(), ApiError> {
        match value {
            Some(value) => {
                self.habitat.command(actuator, value).map_err(ApiError::refused)?;
                self.held.insert(actuator, value);
            }
            None => {
                self.held.remove(&actuator);
            }
        }
        Ok(())
    }

    /// Break a unit.
    ///
    /// # Errors
    /// 422 for what the unit cannot have; nothing changes.
    pub fn fail(&mut self, unit: usize, mode: Mode, amount: f64) -> Result<(), ApiError> {
        self.habitat.fail(unit, mode, amount).map_err(ApiError::refused)
    }

    /// Put another pilot in command.
    pub fn change_pilot(&mut self, pilot: Pilot) {
        self.pilot = pilot;
    }

    /// The habitat with a future of its own.
    pub fn fork(&self, salt: u64) -> Habitat {
        self.habitat.fork(salt)
    }
}

/// Name of a mode by its number in the state.
pub fn mode_name(mode: u64) -> &'static str {
    [Mode::Sound, Mode::Degraded, Mode::Failed, Mode::Stuck, Mode::Leaking, Mode::Slow, Mode::Dusty]
        .into_iter()
        .find(|known| *known as u64 == mode)
        .map_or("unknown", Mode::name)
}

/// A habitat at the start of a mission.
///
/// # Errors
/// 422 for a scenario whose values do not go together.
pub fn beginning(plan: &Arc<Plan>, seed: u64) -> Result<Habitat, ApiError> {
    let key = StreamKey { run: seed, ..StreamKey::default() };
    let (plan, _) = plan.for_episode(key, &[]).map_err(ApiError::refused)?;
    Ok(Habitat::new(plan, key))
}
