//! What a policy saw, did and got: columns of equal length, a row for each decision and one for the end.
//!
//! # Rows
//! ```text
//! decision 0   obs 0   action 0   reward, terms, costs, duration of decision 0   status after it
//! decision 1   obs 1   action 1   …
//! final        obs 2   NaN        NaN                                            status of the end, is_final
//! ```
//! An episode of n decisions is n rows and a final one, in order and side by side. A row holds the moment before an
//! action and what came of the action. The final row holds the last moment: nothing was done there and nothing came
//! of it, so action, duration, reward, terms and costs are not numbers. `status` and `reason` are those of the
//! last decision again, so that the final rows alone are a table of the episodes, and all other rows alone a table of the
//! decisions. An episode that was left before its end has a final row with the status `running`.
//!
//! What is seen next is in the next row, for the last decision in the final one; see `DESIGN.md` for why there
//! are no columns of their own for it.
//!
//! # Columns
//! | column | type | meaning |
//! |---|---|---|
//! | `run`, `env_id`, `episode` | u64 | which episode: seed of the run, environment, number |
//! | `step` | u64 | decisions taken before this row |
//! | `is_final` | bool | the row is the end of an episode |
//! | `t_s` | f64 | mission time of the row, s |
//! | `duration_s` | f64 | time that the decision took, s |
//! | `reward` | f64 | weighted sum of the terms, with the 32 bits that the episode returned |
//! | `status` | text | `running`, `terminated` or `truncated` |
//! | `reason` | text | why the mission was lost, else empty |
//! | `obs.FIELD` | f32 | observation, from -1 to 1 |
//! | `action.DIAL` | f32 | action as it was given, nothing clipped |
//! | `term.NAME`, `cost.NAME` | f32 | reward terms and costs of the decision |
//! | `param.KEY` | f64 | numbers that were drawn for the episode or given; NaN in an episode without |
//!
//! Under a [`crate::Shield`] also, with the fact `shield` (its horizon in seconds):
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `shield.limit` | text | the limit for which the decision was handed over to the rules, else empty |
//! | `shield.breaks_s`, `shield.rules_break_s` | f64 | as in [`crate::Intervention`]; NaN in all other rows |
//! | `asked.DIAL` | f32 | what the policy asked for where it was handed over; NaN in all other rows |
//!
//! `action.DIAL` is then what was taken: the nearest action to what the rules did.
//!
//! # Facts
//! `format`, `version`, `scenario`, `scenario_hash`, `task_hash`, `use`, `acts` (`dials` or `thresholds`), `reward` (a
//! preset or `custom`), `weights`, `dt_s`, `decision_s`, `mission_s`. Of a column `unit:COLUMN` and `words:COLUMN`; of observations and actions also
//! `low:COLUMN` and `high:COLUMN`, the values in that unit for which -1 and 1 stand, and of thresholds
//! `middle:COLUMN`, the one for which 0 stands.

mod commanded;
mod facts;
mod guard;
mod pilot;
mod recorder;

use std::sync::Arc;

use catalogue::{Frame, Values, Words};
use habitat::StreamKey;
use habitat::scenario::Drawn;

use self::guard::Guard;
use crate::{
    COST_TABLE, COSTS, Episode, Intervention, Shield, Status, StepSlices, TERM_NAMES, TERMS, Task,
    TaskError, Transition,
};

pub use commanded::Commanded;
pub use pilot::Pilot;
pub use recorder::Recorder;

/// The moment before a decision, or after the last one.
#[derive(Debug, Clone, Default)]
struct Moment {
    key: StreamKey,
    drawn: Vec<Drawn>,
    step: u64,
    t_s: f64,
    observation: Vec<f32>,
}

impl Moment {
    /// The moment in which `episode` is, seen as `observation`.
    fn of(episode: &Episode, observation: &[f32]) -> Moment {
        Moment {
            key: episode.key(),
            drawn: episode.drawn().to_vec(),
            step: episode.decisions(),
            t_s: episode.habitat().t_s(),
            observation: observation.to_vec(),
        }
    }

    /// Whether `episode` is in this moment and is seen alike.
    fn is_of(&self, episode: &Episode, observation: &[f32]) -> bool {
        let (known, seen) = (self.observation.iter(), observation.iter());
        self.key == episode.key()
            && self.step == episode.decisions()
            && self.drawn == episode.drawn()
            && known.map(|value| value.to_bits()).eq(seen.map(|value| value.to_bits()))
    }

    /// Go on to the moment after a decision.
    fn follow(&mut self, duration_s: f64, observation: &[f32]) {
        self.step += 1;
        self.t_s += duration_s;
        self.observation.clear();
        self.observation.extend_from_slice(observation);
    }
}

/// What was done and what came of it.
struct Taken<'a> {
    action: &'a [f32],
    transition: Transition,
    terms: &'a [f32],
    costs: &'a [f32],
    intervention: Option<&'a Intervention>,
}

/// What is seen, done and got at a decision.
struct Now {
    observation: Vec<f32>,
    action: Vec<f32>,
    terms: [f32; TERMS],
    costs: [f32; COSTS],
}

impl Now {
    fn new(task: &Task) -> Now {
        Now {
            observation: vec![0.0; task.observations().len()],
            action: vec![0.0; task.actions().len()],
            terms: [0.0; TERMS],
            costs: [0.0; COSTS],
        }
    }

    /// The action, and where a step writes.
    fn parts(&mut self) -> (&mut [f32], StepSlices<'_>) {
        let Now { observation, action, terms, costs } = self;
        (action, StepSlices { observation, terms, costs })
    }
}

/// Rows of episodes of one task.
///
/// # Examples
/// A day under the rules, as columns:
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, StreamKey, scenario};
/// use lunar_habitat_env::{Episode, Pilot, Rollout, Task, TaskOptions};
/// let loaded = scenario::load("cabin-30d")?;
/// let mut model = loaded.scenario.clone();
/// model.duration_days = 1.0;
/// let plan = Arc::new(Plan::compile(&model, scenario::hash(&model)?)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// let mut episode = Episode::new(&task, StreamKey::default(), &[])?;
/// let mut pilot = Pilot::new("rules", &episode)?;
/// let mut rollout = Rollout::new(&task);
/// let end = rollout.play(&mut episode, |episode, _, action| pilot.act(episode, action))?;
/// assert!(end.is_truncated());
/// let frame = rollout.into_frame();
/// assert_eq!(frame.rows(), 144 + 1);
/// assert_eq!(frame.fact("scenario"), Some("cabin-30d"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # Tests
/// `rollout` in this crate.
#[derive(Debug, Clone)]
pub struct Rollout {
    task: Arc<Task>,
    runs: Vec<u64>,
    env_ids: Vec<u64>,
    episodes: Vec<u64>,
    steps: Vec<u64>,
    is_final: Vec<bool>,
    t_s: Vec<f64>,
    durations_s: Vec<f64>,
    rewards: Vec<f64>,
    status: Words,
    reasons: Words,
    observations: Vec<Vec<f32>>,
    actions: Vec<Vec<f32>>,
    terms: Vec<Vec<f32>>,
    costs: Vec<Vec<f32>>,
    params: Vec<(String, Vec<f64>)>,
    /// What a shield did, under one.
    guard: Option<Guard>,
}

impl Rollout {
    /// No rows; the columns are those of `task`, with a `param.KEY` for each number that its scenario draws.
    #[must_use]
    pub fn new(task: &Arc<Task>) -> Rollout {
        let vary = &task.plan().scenario.vary;
        Rollout {
            runs: Vec::new(),
            env_ids: Vec::new(),
            episodes: Vec::new(),
            steps: Vec::new(),
            is_final: Vec::new(),
            t_s: Vec::new(),
            durations_s: Vec::new(),
            rewards: Vec::new(),
            status: Words::default(),
            reasons: Words::default(),
            observations: vec![Vec::new(); task.observations().len()],
            actions: vec![Vec::new(); task.actions().len()],
            terms: vec![Vec::new(); TERMS],
            costs: vec![Vec::new(); COSTS],
            params: vary.iter().map(|vary| (vary.key.clone(), Vec::new())).collect(),
            guard: None,
            task: Arc::clone(task),
        }
    }

    /// No rows, with the columns of a shield that looks `horizon_s` ahead.
    #[must_use]
    pub fn shielded(task: &Arc<Task>, horizon_s: f64) -> Rollout {
        let guard = Guard::new(task.actions().len(), horizon_s);
        Rollout { guard: Some(guard), ..Rollout::new(task) }
    }

    /// Play `episode` from where it is to its end, and return how it ended.
    ///
    /// `policy` gets the episode, what is seen and the action to write, `f32` of [`crate::ActionSpace::len`]; the action
    /// is zeros before it. A policy that learns from what it sees looks at the observation alone: the episode tells
    /// the truth.
    ///
    /// # Errors
    /// Whatever `policy` returns, and what [`Episode::step`] refuses. The rows up to there stay, closed by a final
    /// row with the status `running`.
    pub fn play<E: From<TaskError>>(
        &mut self,
        episode: &mut Episode,
        mut policy: impl FnMut(&Episode, &[f32], &mut [f32]) -> Result<(), E>,
    ) -> Result<Status, E> {
        self.play_on(episode, |episode, now| {
            policy(episode, &now.observation, &mut now.action)?;
            let (action, slices) = now.parts();
            Ok((episode.step(action, slices)?, None))
        })
    }

    /// [`Rollout::play`] under `shield`, which was made for `episode`; what it does is in the columns of
    /// [`Rollout::shielded`], and lost without them.
    ///
    /// # Errors
    /// As [`Rollout::play`], and what [`Shield::step`] refuses.
    pub fn play_shielded<E: From<TaskError>>(
        &mut self,
        episode: &mut Episode,
        shield: &mut Shield,
        mut policy: impl FnMut(&Episode, &[f32], &mut [f32]) -> Result<(), E>,
    ) -> Result<Status, E> {
        self.play_on(episode, |episode, now| {
            policy(episode, &now.observation, &mut now.action)?;
            let (action, slices) = now.parts();
            let done = shield.step(episode, action, slices)?;
            Ok((done.transition, done.intervention))
        })
    }

    /// Play `episode` to its end: `step` takes the decision that is due, and leaves in what it gets the action and what came of it.
    fn play_on<E: From<TaskError>>(
        &mut self,
        episode: &mut Episode,
        mut step: impl FnMut(&mut Episode, &mut Now) -> Result<(Transition, Option<Intervention>), E>,
    ) -> Result<Status, E> {
        let mut now = Now::new(&self.task);
        episode.observe(&mut now.observation)?;
        let mut moment = Moment::of(episode, &now.observation);
        let rows = self.len();
        while episode.status().is_running() {
            // The clock of the habitat, which adds step to step, not a sum of decisions.
            moment.t_s = episode.habitat().t_s();
            now.action.fill(0.0);
            let (transition, intervention) = match step(episode, &mut now) {
                Ok(stepped) => stepped,
                Err(error) => {
                    if self.len() > rows {
                        self.close(&moment, Status::Running);
                    }
                    return Err(error);
                }
            };
            self.push(
                &moment,
                &Taken {
                    action: &now.action,
                    transition,
                    terms: &now.terms,
                    costs: &now.costs,
                    intervention: intervention.as_ref(),
                },
            );
            moment.follow(transition.duration_s, &now.observation);
        }
        if self.len() > rows {
            self.close(&moment, episode.status());
        }
        Ok(episode.status())
    }

    /// Append the row of a decision.
    fn push(&mut self, moment: &Moment, taken: &Taken<'_>) {
        let Transition { status, reward, duration_s } = taken.transition;
        self.identify(moment, status);
        self.is_final.push(false);
        self.durations_s.push(duration_s);
        self.rewards.push(f64::from(reward));
        if let Some(guard) = &mut self.guard {
            guard.push(taken.intervention);
        }
        let filled = [
            (&mut self.actions, taken.action),
            (&mut self.terms, taken.terms),
            (&mut self.costs, taken.costs),
        ];
        for (columns, values) in filled {
            columns.iter_mut().zip(values).for_each(|(column, value)| column.push(*value));
        }
    }

    /// Append the final row of an episode.
    fn close(&mut self, moment: &Moment, status: Status) {
        self.identify(moment, status);
        self.is_final.push(true);
        self.durations_s.push(f64::NAN);
        self.rewards.push(f64::NAN);
        if let Some(guard) = &mut self.guard {
            guard.push(None);
        }
        for columns in [&mut self.actions, &mut self.terms, &mut self.costs] {
            columns.iter_mut().for_each(|column| column.push(f32::NAN));
        }
    }

    /// Append what every row has.
    fn identify(&mut self, moment: &Moment, status: Status) {
        let rows = self.len();
        for drawn in &moment.drawn {
            if !self.params.iter().any(|(key, _)| *key == drawn.key) {
                self.params.push((drawn.key.clone(), vec![f64::NAN; rows]));
            }
        }
        for (key, column) in &mut self.params {
            // Of several values for one key the last one is in force.
            let value = moment.drawn.iter().rev().find(|drawn| drawn.key == *key);
            column.push(value.map_or(f64::NAN, |drawn| drawn.value));
        }
        self.runs.push(moment.key.run);
        self.env_ids.push(moment.key.env);
        self.episodes.push(moment.key.episode);
        self.steps.push(moment.step);
        self.t_s.push(moment.t_s);
        self.status.push(status.name());
        self.reasons.push(status.reason().name());
        let columns = self.observations.iter_mut().zip(&moment.observation);
        columns.for_each(|(column, value)| column.push(*value));
    }

    /// Append the rows of `other`.
    ///
    /// # Errors
    /// [`TaskError::Bytes`] when it is of another task, or under another shield or none.
    pub fn append(&mut self, other: Rollout) -> Result<(), TaskError> {
        let same = Arc::ptr_eq(&self.task, &other.task)
            || self.task.plan().hash == other.task.plan().hash
                && self.task.options == other.task.options
                && self.task.hash() == other.task.hash();
        if !same {
            return Err(TaskError::Bytes(
                "its scenario, fields, dials, weights or times are others",
            ));
        }
        let horizon_s = |rollout: &Rollout| rollout.guard.as_ref().map(Guard::horizon_s);
        if horizon_s(self) != horizon_s(&other) {
            return Err(TaskError::Bytes("it has another shield, or one of the two has none"));
        }
        self.extend(other);
        Ok(())
    }

    /// Append rows of the same task and shield.
    fn extend(&mut self, other: Rollout) {
        let (before, rows) = (self.len(), other.len());
        for (key, values) in other.params {
            match self.params.iter_mut().find(|(known, _)| *known == key) {
                Some((_, column)) => column.extend(values),
                None => {
                    let mut column = vec![f64::NAN; before];
                    column.extend(values);
                    self.params.push((key, column));
                }
            }
        }
        for (_, column) in &mut self.params {
            column.resize(before + rows, f64::NAN);
        }
        if let (Some(guard), Some(others)) = (&mut self.guard, other.guard) {
            guard.extend(others);
        }
        let wholes = [
            (&mut self.runs, other.runs),
            (&mut self.env_ids, other.env_ids),
            (&mut self.episodes, other.episodes),
            (&mut self.steps, other.steps),
        ];
        wholes.into_iter().for_each(|(to, from)| to.extend(from));
        let doubles = [
            (&mut self.t_s, other.t_s),
            (&mut self.durations_s, other.durations_s),
            (&mut self.rewards, other.rewards),
        ];
        doubles.into_iter().for_each(|(to, from)| to.extend(from));
        self.is_final.extend(other.is_final);
        other.status.iter().for_each(|word| self.status.push(word));
        other.reasons.iter().for_each(|word| self.reasons.push(word));
        let singles = [
            (&mut self.observations, other.observations),
            (&mut self.actions, other.actions),
            (&mut self.terms, other.terms),
            (&mut self.costs, other.costs),
        ];
        for (to, from) in singles {
            to.iter_mut().zip(from).for_each(|(to, from)| to.extend(from));
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Episodes, those that were left before their end among them.
    #[must_use]
    pub fn episodes(&self) -> usize {
        self.is_final.iter().filter(|is| **is).count()
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// The columns with their facts, see the module.
    #[must_use]
    pub fn into_frame(self) -> Frame {
        let Rollout { task, .. } = self;
        let mut columns: Vec<(String, Values)> = vec![
            ("run".into(), Values::U64(self.runs)),
            ("env_id".into(), Values::U64(self.env_ids)),
            ("episode".into(), Values::U64(self.episodes)),
            ("step".into(), Values::U64(self.steps)),
            ("is_final".into(), Values::Bool(self.is_final)),
            ("t_s".into(), Values::F64(self.t_s)),
            ("duration_s".into(), Values::F64(self.durations_s)),
            ("reward".into(), Values::F64(self.rewards)),
            ("status".into(), Values::Words(self.status)),
            ("reason".into(), Values::Words(self.reasons)),
        ];
        let mut add = |group: &str, name: &str, values: Values| {
            columns.push((format!("{group}.{name}"), values));
        };
        for (field, values) in task.observations().fields().iter().zip(self.observations) {
            add("obs", &field.name, Values::F32(values));
        }
        for (dial, values) in task.actions().dials().iter().zip(self.actions) {
            add("action", &dial.name, Values::F32(values));
        }
        for (name, values) in TERM_NAMES.iter().zip(self.terms) {
            add("term", name, Values::F32(values));
        }
        for (cost, values) in COST_TABLE.iter().zip(self.costs) {
            add("cost", cost.name, Values::F32(values));
        }
        for (key, values) in self.params {
            add("param", &key, Values::F64(values));
        }
        let mut shield = Vec::new();
        if let Some(guard) = self.guard {
            shield = guard.facts(&task);
            guard.into_columns(&task, &mut add);
        }
        let mut frame = Frame::default();
        for (name, values) in columns {
            let pushed = frame.push(&name, values);
            debug_assert!(pushed.is_ok(), "{pushed:?}");
        }
        frame.facts = facts::of(&task);
        frame.facts.extend(shield);
        frame
    }
}
