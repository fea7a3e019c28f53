//! One episode: a mission of one habitat, from reset to its end.
//!
//! ```text
//! reset(key, exact) ──► step(action) ──► Running ──► step ──► …  Terminated(reason) | Truncated
//! ```
//! # End
//! **Terminated** is the loss of the mission: a broken abort rule of [`habitat::mission`], the death of a
//! person among them. There is no future to value. **Truncated** is the planned end of the mission with no rule
//! broken: people live on, so a learner values the final observation as it values any other (a time limit is
//! not death). The two are never both true. The final observation is written in either case.
//!
//! A rule that breaks within a decision ends the decision at the end of that step; the last decision ends
//! with the mission. [`Transition::duration_s`] tells the time that passed, for the discount.
//!
//! # Supervision
//! Where a policy sets thresholds ([`crate::Acts::Thresholds`]), the rules decide within its decision, at the interval of
//! the scenario. With thresholds that are never moved an episode is the mission of the controller `rules`, to the bit,
//! up to its end.

mod bytes;
mod supervisor;

use std::sync::Arc;

use habitat::constants::DAY_S;
use habitat::scenario::Drawn;
use habitat::{AbortReason, CommandError, Habitat, Plan, StreamKey};

use self::supervisor::Supervisor;
use crate::cost::{COSTS, CostMeter, judge};
use crate::reward::{Stocks, TERMS, power_channel};
use crate::space::{Light, Memory, Reading};
use crate::task::{HELD_OUT_FROM, Task, Use, steps_in};
use crate::{Command, Controller, Rules, RulesSettings, TaskError};

/// How an episode stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It goes on.
    Running,
    /// The mission is lost.
    Terminated(AbortReason),
    /// The planned end is reached and the mission is not lost.
    Truncated,
}

impl Status {
    /// Whether it goes on.
    #[must_use]
    pub fn is_running(self) -> bool {
        self == Status::Running
    }

    /// Name: `running`, `terminated`, `truncated`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Terminated(_) => "terminated",
            Status::Truncated => "truncated",
        }
    }

    /// Why the mission is lost; [`AbortReason::None`] where it is not.
    #[must_use]
    pub fn reason(self) -> AbortReason {
        match self {
            Status::Terminated(reason) => reason,
            Status::Running | Status::Truncated => AbortReason::None,
        }
    }

    /// Whether the mission is lost.
    #[must_use]
    pub fn is_terminated(self) -> bool {
        matches!(self, Status::Terminated(_))
    }

    /// Whether the planned end is reached.
    #[must_use]
    pub fn is_truncated(self) -> bool {
        self == Status::Truncated
    }
}

/// Where a step writes; every slice has exactly the length of its kind.
#[derive(Debug)]
pub struct StepSlices<'a> {
    /// Observation, [`crate::ObservationSpace::len`] values from -1 to 1.
    pub observation: &'a mut [f32],
    /// Reward terms, [`TERMS`] values in the units of [`crate::TERM_UNITS`].
    pub terms: &'a mut [f32],
    /// Costs, [`COSTS`] values of at least 0.
    pub costs: &'a mut [f32],
}

/// What a step returns beside its slices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// How the episode stands after it.
    pub status: Status,
    /// Weighted sum of the terms.
    pub reward: f32,
    /// Time that passed, s.
    pub duration_s: f64,
}

/// Integrals over the steps of a decision.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    time_s: f64,
    alive_s: f64,
    discomfort_s: f64,
    energy_j: f64,
    shed_s: f64,
    costs: CostMeter,
}

/// A controller that commands the habitat of an episode for a decision.
struct Guest<'a> {
    controller: &'a mut dyn Controller,
    known: Vec<f64>,
    /// Steps between two of its decisions.
    every: u64,
}

impl Guest<'_> {
    /// Let it decide, and command that.
    fn decide(
        &mut self,
        habitat: &mut Habitat,
        commands: &mut Vec<Command>,
    ) -> Result<(), CommandError> {
        habitat.read_known(&mut self.known);
        commands.clear();
        self.controller.decide(&self.known, habitat.t_s(), commands);
        for command in commands.iter() {
            habitat.command(command.actuator, command.value)?;
        }
        Ok(())
    }
}

/// One episode.
///
/// # Examples
/// A day of `cabin-30d` under its own set-points:
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, StreamKey, scenario};
/// use lunar_habitat_env::{COSTS, Episode, StepSlices, TERMS, Task, TaskOptions};
/// let loaded = scenario::load("cabin-30d")?;
/// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// let mut observation = vec![0.0; task.observations().len()];
/// let mut episode = Episode::new(&task, StreamKey::default(), &[])?;
/// episode.observe(&mut observation)?;
/// let mut action = vec![0.0; task.actions().len()];
/// let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
/// for _ in 0..144 {
///     episode.hold(&mut action)?;
///     let slices =
///         StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
///     let transition = episode.step(&action, slices)?;
///     assert!(transition.status.is_running() && transition.duration_s == 600.0);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Episode {
    task: Arc<Task>,
    habitat: Habitat,
    light: Option<Arc<Light>>,
    memory: Memory,
    drawn: Vec<Drawn>,
    status: Status,
    decision_s: f64,
    steps: u64,
    steps_total: u64,
    decisions: u64,
    start: Stocks,
    power_channel: Option<usize>,
    commands: Vec<Command>,
    /// The rules, where a policy supervises.
    supervisor: Option<Box<Supervisor>>,
}

impl Episode {
    /// The start of the episode of `key`; `exact` values stand instead of what `[[vary]]` draws, or beside it.
    ///
    /// The same task, key and values give the same episode, to the bit; nothing else enters.
    ///
    /// # Errors
    /// - [`TaskError::HeldOut`]: a task for training, and `key.env` of [`HELD_OUT_FROM`] or more.
    /// - [`TaskError::Episode`]: a value is refused.
    /// - [`TaskError::Channels`], [`TaskError::Timing`]: the values change the channels, or the length of the
    ///   mission to no whole number of steps.
    pub fn new(task: &Arc<Task>, key: StreamKey, exact: &[Drawn]) -> Result<Episode, TaskError> {
        if task.used_for() == Use::Training && key.env >= HELD_OUT_FROM {
            return Err(TaskError::HeldOut { env: key.env });
        }
        let (plan, drawn) = task.plan().for_episode(key, exact)?;
        let habitat = Habitat::new(plan, key);
        let mut episode = Episode::on(task, habitat, drawn)?;
        task.observations.measure(&episode.habitat, &mut episode.memory);
        Ok(episode)
    }

    /// An episode at the start of `habitat`, nothing measured yet.
    fn on(task: &Arc<Task>, habitat: Habitat, drawn: Vec<Drawn>) -> Result<Episode, TaskError> {
        let plan: &Arc<Plan> = habitat.plan();
        let (found, expected) = (plan.catalogue.len(), task.plan.catalogue.len());
        if found != expected {
            return Err(TaskError::Channels { found, expected });
        }
        let light = if Arc::ptr_eq(plan, &task.plan) {
            task.light.clone()
        } else {
            Light::new(plan).map(Arc::new)
        };
        Ok(Episode {
            light,
            memory: task.observations.memory(),
            drawn,
            status: Status::Running,
            decision_s: task.decision_s(),
            steps: 0,
            steps_total: steps_in(task.dt_s(), plan.duration_s())?,
            decisions: 0,
            start: Stocks::of(&habitat),
            power_channel: power_channel(plan),
            commands: Vec::with_capacity(habitat.actuators().len()),
            supervisor: task.is_supervised().then(|| Box::new(Supervisor::new(&habitat))),
            task: Arc::clone(task),
            habitat,
        })
    }

    /// Begin another episode in place of this one and write its first observation; the decision interval is
    /// the task's again. On an error this episode stays as it is.
    ///
    /// # Errors
    /// As [`Episode::new`] and [`Episode::observe`].
    pub fn reset(
        &mut self,
        key: StreamKey,
        exact: &[Drawn],
        observation: &mut [f32],
    ) -> Result<(), TaskError> {
        let fresh = Episode::new(&self.task, key, exact)?;
        fresh.observe(observation)?;
        *self = fresh;
        Ok(())
    }

    /// Take one decision: command what `action` asks for, let the decision interval pass, and write what is
    /// seen and how it is judged.
    ///
    /// `action` is `f32` of [`crate::ActionSpace::len`]. Nothing changes on an error of the arguments.
    ///
    /// # Errors
    /// - [`TaskError::Over`]: the episode has ended.
    /// - [`TaskError::Length`]: a slice has the wrong length.
    /// - [`TaskError::Action`]: an entry is not finite, and the task refuses that.
    pub fn step(
        &mut self,
        action: &[f32],
        slices: StepSlices<'_>,
    ) -> Result<Transition, TaskError> {
        self.ready(action)?;
        self.fits(&slices)?;
        let turned = self.set(action)?;
        self.take(turned, None, slices)
    }

    /// Take one decision in which `controller` commands the habitat itself, at the interval of the scenario as far as
    /// the decision holds whole ones, instead of an action: nothing of what it commands is lost in dials.
    ///
    /// It sees what can be known ([`Habitat::read_known`]). The term for turned dials counts those that stand elsewhere
    /// after its first commands.
    ///
    /// # Errors
    /// As [`Episode::step`]; [`TaskError::Thresholds`] where a policy sets thresholds: the rules decide there already.
    ///
    /// # Tests
    /// `shield::a_decision_under_the_rules_is_a_decision_of_their_mission`.
    pub fn step_under(
        &mut self,
        controller: &mut dyn Controller,
        slices: StepSlices<'_>,
    ) -> Result<Transition, TaskError> {
        self.goes_on()?;
        if self.supervisor.is_some() {
            return Err(TaskError::Thresholds);
        }
        self.fits(&slices)?;
        let mut guest = Guest {
            controller,
            known: vec![f64::NAN; self.habitat.catalogue().len()],
            every: steps_in(self.task.dt_s(), self.task.rules_s()).unwrap_or(u64::MAX),
        };
        let mut before = vec![0.0; self.task.dials.len()];
        self.task.dials.from_commands(&self.habitat, &mut before)?;
        guest.decide(&mut self.habitat, &mut self.commands)?;
        let mut after = vec![0.0; before.len()];
        self.task.dials.from_commands(&self.habitat, &mut after)?;
        let turned = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        self.take(turned, Some(guest), slices)
    }

    /// Whether `slices` have the lengths of the task.
    fn fits(&self, slices: &StepSlices<'_>) -> Result<(), TaskError> {
        for (what, found, expected) in [
            ("observation", slices.observation.len(), self.task.observations.len()),
            ("reward terms", slices.terms.len(), TERMS),
            ("costs", slices.costs.len(), COSTS),
        ] {
            if found != expected {
                return Err(TaskError::Length { what, found, expected });
            }
        }
        Ok(())
    }

    /// Let a decision pass whose commands are given, and write what is seen and how it is judged.
    fn take(
        &mut self,
        turned: usize,
        guest: Option<Guest<'_>>,
        slices: StepSlices<'_>,
    ) -> Result<Transition, TaskError> {
        let task = Arc::clone(&self.task);
        let before = Stocks::of(&self.habitat);
        let spent_h = self.habitat.state().faults.spent_h;
        let tally = self.advance(task.dt_s(), guest)?;
        task.observations.measure(&self.habitat, &mut self.memory);
        self.observe(slices.observation)?;
        self.judge(slices.terms, slices.costs, &tally);
        let used = Stocks::of(&self.habitat).used(&before, &self.start);
        slices.terms[5] = used as f32;
        slices.terms[8] = (self.habitat.state().faults.spent_h - spent_h) as f32;
        slices.terms[9] = turned as f32 / (task.actions().len() as f32).max(1.0);
        let reward = task.weights().of(slices.terms);
        Ok(Transition { status: self.status, reward, duration_s: tally.time_s })
    }

    /// Whether a step with `action` would be taken.
    ///
    /// # Errors
    /// As [`Episode::step`].
    pub fn ready(&self, action: &[f32]) -> Result<(), TaskError> {
        self.goes_on()?;
        self.task.actions().check(action, self.task.options.on_bad_action)
    }

    /// Whether it has not ended.
    fn goes_on(&self) -> Result<(), TaskError> {
        let how = match self.status {
            Status::Running => return Ok(()),
            Status::Truncated => "the mission has reached its end",
            Status::Terminated(reason) => reason.words(),
        };
        Err(TaskError::Over { how })
    }

    /// Take over `action`, which is ready: turn dials, or go by other thresholds. Returns how many were moved.
    fn set(&mut self, action: &[f32]) -> Result<usize, TaskError> {
        if let Some(supervisor) = &mut self.supervisor {
            return Ok(supervisor.set(action));
        }
        self.commands.clear();
        let (dials, on_bad) = (&self.task.dials, self.task.options.on_bad_action);
        let turned = dials.apply(action, on_bad, &self.habitat, &mut self.commands)?;
        for command in &self.commands {
            self.habitat.command(command.actuator, command.value)?;
        }
        Ok(turned)
    }

    /// Let the decision interval pass, or what is left of the mission, or the time to its loss.
    fn advance(&mut self, dt_s: f64, mut guest: Option<Guest<'_>>) -> Result<Tally, TaskError> {
        let count = steps_in(dt_s, self.decision_s)?.min(self.steps_total - self.steps);
        let rules_steps = match &self.supervisor {
            Some(_) => steps_in(dt_s, self.task.rules_s())?,
            None => count.max(1),
        };
        let mut tally = Tally::default();
        let plan = Arc::clone(self.habitat.plan());
        let people = (plan.crew.len() as f64).max(1.0);
        for step in 0..count {
            if let Some(supervisor) = &mut self.supervisor
                && step % rules_steps == 0
            {
                supervisor.decide(&mut self.habitat, &mut self.commands)?;
            }
            if let Some(guest) = &mut guest
                && step > 0
                && step % guest.every == 0
            {
                guest.decide(&mut self.habitat, &mut self.commands)?;
            }
            self.habitat.step(dt_s)?;
            self.steps += 1;
            tally.time_s += dt_s;
            let alive = if plan.crew.is_empty() { 1.0 } else { self.habitat.crew_alive() as f64 };
            tally.alive_s += dt_s * alive / people;
            let judged = judge(&plan, &self.habitat);
            tally.costs.book(&judged, dt_s);
            tally.discomfort_s += dt_s * judged.discomfort;
            if let (Some(power), Some(power_plan)) =
                (self.habitat.state().power.first(), &plan.power)
            {
                tally.energy_j += dt_s * power.drawn_w;
                let loads = power_plan.shed_order.len() as f64;
                tally.shed_s += dt_s * (power.shed as f64 / loads.max(1.0)).min(1.0);
            } else if let Some(power_w) = self.power_channel.and_then(|at| self.habitat.value(at)) {
                tally.energy_j += dt_s * power_w;
            }
            let reason = self.habitat.abort_reason();
            if reason != AbortReason::None {
                self.status = Status::Terminated(reason);
                break;
            }
        }
        self.decisions += 1;
        if self.status.is_running() && self.steps >= self.steps_total {
            self.status = Status::Truncated;
        }
        Ok(tally)
    }

    /// Write the terms that are integrals, and the costs.
    fn judge(&self, terms: &mut [f32], costs: &mut [f32], tally: &Tally) {
        let flag = |is: bool| if is { 1.0 } else { 0.0 };
        terms[0] = (tally.alive_s / DAY_S) as f32;
        terms[1] = (tally.time_s / self.habitat.plan().duration_s()) as f32;
        terms[2] = flag(self.status.is_terminated());
        terms[3] = flag(self.status.is_truncated());
        terms[4] = (tally.discomfort_s / DAY_S) as f32;
        terms[6] = (tally.energy_j / 3.6e6) as f32;
        terms[7] = (tally.shed_s / DAY_S) as f32;
        for (cost, mean) in costs.iter_mut().zip(tally.costs.mean()) {
            *cost = mean as f32;
        }
    }

    /// Write the observation of now; the instruments are not read anew.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn observe(&self, observation: &mut [f32]) -> Result<(), TaskError> {
        let light = self.light.as_deref();
        let task = &self.task;
        task.observations.observe(&self.habitat, &task.dials, light, &self.memory, observation)
    }

    /// The observation of now for people: name, value in SI, unit.
    #[must_use]
    pub fn dictionary(&self) -> Vec<Reading<'_>> {
        let light = self.light.as_deref();
        self.task.observations.dictionary(&self.habitat, &self.task.dials, light, &self.memory)
    }

    /// Write the action that changes nothing: the positions of the dials, or the thresholds in force.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn hold(&self, action: &mut [f32]) -> Result<(), TaskError> {
        let Some(supervisor) = &self.supervisor else {
            return self.task.dials.from_commands(&self.habitat, action);
        };
        let (entries, found) = (supervisor.entries(), action.len());
        if found != entries.len() {
            return Err(TaskError::Length { what: "action", found, expected: entries.len() });
        }
        action.copy_from_slice(entries);
        Ok(())
    }

    /// Write which dials do something now, see [`crate::ActionSpace::mask`]; of thresholds all.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn mask(&self, mask: &mut [bool]) -> Result<(), TaskError> {
        let Some(supervisor) = &self.supervisor else {
            return self.task.dials.mask(&self.habitat, mask);
        };
        let (found, expected) = (mask.len(), supervisor.entries().len());
        if found != expected {
            return Err(TaskError::Length { what: "mask", found, expected });
        }
        mask.fill(true);
        Ok(())
    }

    /// The thresholds by which the rules go; `None` where a policy turns dials.
    #[must_use]
    pub fn settings(&self) -> Option<&RulesSettings> {
        self.supervisor.as_ref().map(|supervisor| supervisor.rules.settings())
    }

    /// Let the next decisions take `decision_s` each.
    ///
    /// # Errors
    /// [`TaskError::Timing`] unless the step of the task divides it, or for thresholds the interval of the rules; the
    /// interval stays as it is.
    pub fn set_decision_s(&mut self, decision_s: f64) -> Result<(), TaskError> {
        self.task.decisions_of(decision_s)?;
        self.decision_s = decision_s;
        Ok(())
    }

    /// Time that a decision takes, s.
    #[must_use]
    pub fn decision_s(&self) -> f64 {
        self.decision_s
    }

    /// A copy with a future of its own, see [`Habitat::fork`]: it does not tell what this one will meet. Rules remember
    /// there what they remember here.
    #[must_use]
    pub fn fork(&self, salt: u64) -> Episode {
        Episode { habitat: self.habitat.fork(salt), ..self.clone() }
    }

    /// The rules as a policy that supervises has set them, with `action` in force: what is no number leaves its threshold.
    pub(crate) fn rules_under(&self, action: &[f32]) -> Option<Rules> {
        let mut supervisor = self.supervisor.as_deref()?.clone();
        supervisor.set(action);
        Some(supervisor.rules)
    }

    /// Last good values of the instruments.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// The habitat, with everything that a policy must not see.
    #[must_use]
    pub fn habitat(&self) -> &Habitat {
        &self.habitat
    }

    /// Identity of its randomness.
    #[must_use]
    pub fn key(&self) -> StreamKey {
        self.habitat.state().key
    }

    /// The numbers in which it differs from the scenario: drawn, or given.
    #[must_use]
    pub fn drawn(&self) -> &[Drawn] {
        &self.drawn
    }

    /// Whether its environment is one of those held out for evaluation.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        self.key().env >= HELD_OUT_FROM
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Decisions taken.
    #[must_use]
    pub fn decisions(&self) -> u64 {
        self.decisions
    }
}
