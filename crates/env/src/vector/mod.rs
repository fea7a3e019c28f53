//! Many episodes side by side, in contiguous memory.
//!
//! Lane `i` plays the episodes of environment `base + i`. Identity of an episode is (run, environment,
//! episode number); neither the number of lanes nor the number of threads enters, so 16 vectors of one lane
//! give the bits of one vector of 16 lanes.
//!
//! # Autoreset
//! As in Gymnasium 1.x. A lane whose episode has ended at a step shows `terminated` or `truncated` at that
//! step and has its final observation in [`Batch::final_observations`] in every mode.
//!
//! | mode | observation at the end | next step of the lane |
//! |---|---|---|
//! | [`Autoreset::NextStep`] | the final one | takes no action: begins the next episode, reward, terms, costs and duration 0, neither flag set |
//! | [`Autoreset::SameStep`] | the first one of the next episode | goes on in it |
//! | [`Autoreset::Disabled`] | the final one | refused until the lane is reset |

mod batch;

use std::mem;
use std::sync::Arc;

use habitat::StreamKey;
use habitat::scenario::Drawn;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use runtime::Team;

pub use batch::Batch;

use self::batch::LaneSlices;
use crate::{Episode, Shield, StepSlices, Task, TaskError};

/// When a lane begins its next episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Autoreset {
    /// In the step after the last one.
    #[default]
    NextStep,
    /// In the last step itself.
    SameStep,
    /// When it is told to.
    Disabled,
}

impl Autoreset {
    /// Name as in Gymnasium's `AutoresetMode`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Autoreset::NextStep => "NextStep",
            Autoreset::SameStep => "SameStep",
            Autoreset::Disabled => "Disabled",
        }
    }
}

/// What a vector may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VectorOptions {
    /// Lanes, at least 1.
    pub lanes: usize,
    /// Threads, at least 1.
    pub threads: usize,
    /// Seed of the run.
    pub run: u64,
    /// Environment of lane 0.
    pub base_env: u64,
    /// When a lane begins its next episode.
    pub autoreset: Autoreset,
}

impl Default for VectorOptions {
    /// One lane on one thread, run 0, environment 0, [`Autoreset::NextStep`].
    fn default() -> VectorOptions {
        VectorOptions { lanes: 1, threads: 1, run: 0, base_env: 0, autoreset: Autoreset::default() }
    }
}

/// One lane.
#[derive(Debug)]
struct Lane {
    episode: Episode,
    /// Made at the first step of an episode, on a vector with shields.
    shield: Option<Box<Shield>>,
    /// The action that was taken last, where there is a shield.
    taken: Vec<f32>,
    /// What went wrong in the step under way.
    error: Option<TaskError>,
}

impl Lane {
    /// Begin the next episode of this lane's environment.
    fn next(&mut self, observation: &mut [f32]) -> Result<(), TaskError> {
        self.episode.reset(next_of(&self.episode), &[], observation)
    }

    /// One step of the lane with autoreset.
    fn step(
        &mut self,
        action: &[f32],
        autoreset: Autoreset,
        shielded: bool,
        mut out: LaneSlices<'_>,
    ) -> Result<(), TaskError> {
        out.clear();
        if autoreset == Autoreset::NextStep && !self.episode.status().is_running() {
            return self.next(out.observation);
        }
        let slices = StepSlices {
            observation: &mut *out.observation,
            terms: &mut *out.terms,
            costs: &mut *out.costs,
        };
        let transition = if shielded {
            let shield = match self.shield.take().filter(|shield| shield.is_next(&self.episode)) {
                Some(shield) => shield,
                None => Box::new(Shield::new(&self.episode)?),
            };
            self.taken.clear();
            self.taken.extend_from_slice(action);
            let shield = self.shield.insert(shield);
            let done = shield.step(&mut self.episode, &mut self.taken, slices)?;
            *out.intervention = done.intervention;
            done.transition
        } else {
            self.episode.step(action, slices)?
        };
        *out.reward = transition.reward;
        *out.duration_s = transition.duration_s;
        *out.terminated = transition.status.is_terminated();
        *out.truncated = transition.status.is_truncated();
        *out.reason = transition.status.reason();
        if !transition.status.is_running() {
            *out.final_valid = true;
            out.final_observation.copy_from_slice(out.observation);
            if autoreset == Autoreset::SameStep {
                self.next(out.observation)?;
            }
        }
        Ok(())
    }
}

/// Episodes of one task side by side.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, scenario};
/// use lunar_habitat_env::{Task, TaskOptions, VectorEnv, VectorOptions};
/// let loaded = scenario::load("cabin-30d")?;
/// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// let mut vector = VectorEnv::new(&task, VectorOptions { lanes: 4, ..VectorOptions::default() })?;
/// let mut actions = vec![0.0; 4 * task.actions().len()];
/// vector.hold(&mut actions)?;
/// let batch = vector.step(&actions)?;
/// assert_eq!(batch.rewards().len(), 4);
/// assert_eq!(batch.observations().len(), 4 * task.observations().len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct VectorEnv {
    task: Arc<Task>,
    lanes: Vec<Lane>,
    batch: Batch,
    /// None for one thread: the caller's.
    team: Option<Team>,
    threads: usize,
    base_env: u64,
    autoreset: Autoreset,
    shielded: bool,
}

impl VectorEnv {
    /// Lanes at the start of episode 0 of their environments; [`Batch::observations`] holds what they see.
    ///
    /// # Errors
    /// - [`TaskError::Count`]: no lane or no thread.
    /// - [`TaskError::Threads`]: the threads cannot be started.
    /// - [`TaskError::Lane`]: what [`Episode::new`] refuses, with the number of the lane.
    pub fn new(task: &Arc<Task>, options: VectorOptions) -> Result<VectorEnv, TaskError> {
        let VectorOptions { lanes, threads, run, base_env, autoreset } = options;
        for (what, found) in [("lanes", lanes), ("threads", threads)] {
            if found == 0 {
                return Err(TaskError::Count { what, found, allowed: "at least 1".to_owned() });
            }
        }
        let team = if threads == 1 {
            None
        } else {
            let team = Team::of(threads)
                .map_err(|error| TaskError::Threads { threads, reason: error.to_string() })?;
            Some(team)
        };
        let starts: Vec<_> = (0..lanes).map(|lane| (lane, of_seed(run, base_env, lane))).collect();
        let begun = begin(task, team.as_ref(), &starts, &[])?;
        let mut batch = Batch::new(task, lanes);
        let mut made = Vec::with_capacity(lanes);
        for (lane, fresh) in begun.into_iter().enumerate() {
            batch.lane(lane).observation.copy_from_slice(&fresh.observation);
            made.push(Lane {
                episode: fresh.episode,
                shield: None,
                taken: Vec::new(),
                error: None,
            });
        }
        let task = Arc::clone(task);
        Ok(VectorEnv {
            task,
            lanes: made,
            batch,
            team,
            threads,
            base_env,
            autoreset,
            shielded: false,
        })
    }

    /// The same with a [`Shield`] on every lane, which begins anew with each episode.
    ///
    /// A shield is no part of an episode: on one that is restored under way it begins with what is seen then. A fork of an
    /// episode that is restored on such a vector is refused at the next step, before anything moves.
    #[must_use]
    pub fn with_shields(mut self) -> VectorEnv {
        self.shielded = true;
        self
    }

    /// Whether there is a shield on every lane.
    #[must_use]
    pub fn is_shielded(&self) -> bool {
        self.shielded
    }

    /// The action that a lane took last: what was asked for, or what the rules did instead. Empty without shields.
    ///
    /// # Errors
    /// [`TaskError::Count`] for a lane that does not exist.
    pub fn taken(&self, lane: usize) -> Result<&[f32], TaskError> {
        self.has(lane)?;
        Ok(&self.lanes[lane].taken)
    }

    /// Begin new episodes on all lanes and return what they see.
    ///
    /// With a seed, the run is that seed and every lane begins with episode 0 of its own environment, whatever was
    /// restored on it; without one, every lane begins its next episode. `exact` values stand instead of what `[[vary]]` draws.
    ///
    /// # Errors
    /// As [`VectorEnv::reset_lanes`].
    pub fn reset(&mut self, run: Option<u64>, exact: &[Drawn]) -> Result<&Batch, TaskError> {
        let all: Vec<_> = (0..self.lanes.len()).map(|lane| (lane, run)).collect();
        self.reset_lanes(&all, exact)
    }

    /// Begin new episodes on these lanes, each with its own seed or none, on all threads; the others stay as they
    /// are, and so do their rows of the batch. The rows of a lane that is reset hold its first observation and
    /// zeros. Until all new episodes are made, the old ones are kept beside them.
    ///
    /// # Errors
    /// [`TaskError::Count`] for a lane that does not exist or is named twice. [`TaskError::Lane`] for what
    /// [`Episode::new`] refuses, of the first such lane in the order of `lanes`, whatever the number of
    /// threads. Nothing changes then.
    pub fn reset_lanes(
        &mut self,
        lanes: &[(usize, Option<u64>)],
        exact: &[Drawn],
    ) -> Result<&Batch, TaskError> {
        let mut named = vec![false; self.lanes.len()];
        let mut starts = Vec::with_capacity(lanes.len());
        for &(lane, run) in lanes {
            self.has(lane)?;
            if mem::replace(&mut named[lane], true) {
                let allowed = "each lane once".to_owned();
                return Err(TaskError::Count { what: "lane", found: lane, allowed });
            }
            let key = match run {
                Some(run) => of_seed(run, self.base_env, lane),
                None => next_of(&self.lanes[lane].episode),
            };
            starts.push((lane, key));
        }
        let begun = begin(&self.task, self.team.as_ref(), &starts, exact)?;
        for ((lane, _), fresh) in starts.into_iter().zip(begun) {
            (self.lanes[lane].episode, self.lanes[lane].shield) = (fresh.episode, None);
            let mut out = self.batch.lane(lane);
            out.observation.copy_from_slice(&fresh.observation);
            out.clear();
        }
        Ok(&self.batch)
    }

    /// Take one decision on every lane.
    ///
    /// `actions` is `f32` of lanes × [`crate::ActionSpace::len`], lane after lane. They are looked at before
    /// anything moves: what one lane refuses stops the whole step. The action of a lane that begins its
    /// next episode in this step ([`Autoreset::NextStep`]) is not looked at.
    ///
    /// # Errors
    /// - [`TaskError::Length`]: `actions` has the wrong length.
    /// - [`TaskError::Lane`]: what [`Episode::step`] refuses, with the number of the lane. What [`Episode::new`]
    ///   refuses of a next episode comes after the lanes have moved; reset that lane then.
    pub fn step(&mut self, actions: &[f32]) -> Result<&Batch, TaskError> {
        let width = self.width_of("actions", actions.len())?;
        let (autoreset, shielded) = (self.autoreset, self.shielded);
        let action = |lane: usize| &actions[lane * width..(lane + 1) * width];
        for (number, lane) in self.lanes.iter().enumerate() {
            let begins = autoreset == Autoreset::NextStep && !lane.episode.status().is_running();
            if !begins {
                let ready = lane.episode.ready(action(number)).and_then(|()| {
                    if self.shielded { Shield::may_guard(&lane.episode) } else { Ok(()) }
                });
                ready.map_err(|source| of_lane(number, source))?;
            }
        }
        let run = |(number, (lane, out)): (usize, (&mut Lane, LaneSlices<'_>))| {
            lane.error = lane.step(action(number), autoreset, shielded, out).err();
        };
        match &self.team {
            None => self.lanes.iter_mut().zip(self.batch.lanes()).enumerate().for_each(run),
            Some(team) => {
                let mut slices: Vec<_> =
                    self.lanes.iter_mut().zip(self.batch.lanes()).enumerate().collect();
                // Several pieces a thread, so that one that is late does not wait with all of its lanes.
                let piece = slices.len().div_ceil(4 * self.threads).max(1);
                team.run(|| {
                    slices.par_chunks_mut(piece).with_max_len(1).for_each(|piece| {
                        for (number, (lane, out)) in piece {
                            run((*number, (&mut **lane, out.again())));
                        }
                    });
                });
            }
        }
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(source) = lane.error.take() {
                return Err(of_lane(number, source));
            }
        }
        Ok(&self.batch)
    }

    /// Write the actions that change nothing, lanes × [`crate::ActionSpace::len`].
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn hold(&self, actions: &mut [f32]) -> Result<(), TaskError> {
        let width = self.width_of("actions", actions.len())?;
        let rows = actions.chunks_mut(width.max(1));
        self.lanes.iter().zip(rows).try_for_each(|(lane, row)| lane.episode.hold(row))
    }

    /// Write which dials do something now, lanes × [`crate::ActionSpace::len`].
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn mask(&self, mask: &mut [bool]) -> Result<(), TaskError> {
        let width = self.width_of("mask", mask.len())?;
        let rows = mask.chunks_mut(width.max(1));
        self.lanes.iter().zip(rows).try_for_each(|(lane, row)| lane.episode.mask(row))
    }

    /// One lane as bytes, see [`Episode::snapshot`].
    ///
    /// # Errors
    /// [`TaskError::Count`] for a lane that does not exist.
    pub fn snapshot(&self, lane: usize) -> Result<Vec<u8>, TaskError> {
        Ok(self.episode(lane)?.snapshot())
    }

    /// Go on with an episode from bytes on one lane: its future is that of the episode, episodes after it included,
    /// whichever lane it came from. The lane's rows hold its observation and zeros.
    ///
    /// # Errors
    /// [`TaskError::Count`] for a lane that does not exist, [`TaskError::Lane`] for what [`Episode::restore`]
    /// refuses; nothing changes.
    pub fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<&Batch, TaskError> {
        self.has(lane)?;
        let episode =
            Episode::restore(&self.task, bytes).map_err(|source| of_lane(lane, source))?;
        let mut out = self.batch.lane(lane);
        episode.observe(out.observation)?;
        out.clear();
        (self.lanes[lane].episode, self.lanes[lane].shield) = (episode, None);
        Ok(&self.batch)
    }

    /// Let the next decisions of one lane take `decision_s` each.
    ///
    /// # Errors
    /// [`TaskError::Count`] for a lane that does not exist, [`TaskError::Lane`] for an interval that the step
    /// does not divide.
    pub fn set_decision_s(&mut self, lane: usize, decision_s: f64) -> Result<(), TaskError> {
        self.has(lane)?;
        let set = self.lanes[lane].episode.set_decision_s(decision_s);
        set.map_err(|source| of_lane(lane, source))
    }

    /// The episode of a lane.
    ///
    /// # Errors
    /// [`TaskError::Count`] for a lane that does not exist.
    pub fn episode(&self, lane: usize) -> Result<&Episode, TaskError> {
        self.has(lane)?;
        Ok(&self.lanes[lane].episode)
    }

    /// What the last step or reset wrote.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// Number of lanes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lanes.len()
    }

    /// Never: there is at least one lane.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Number of threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// When a lane begins its next episode.
    #[must_use]
    pub fn autoreset(&self) -> Autoreset {
        self.autoreset
    }

    /// Values a lane, when `found` are as many as all lanes have of them.
    fn width_of(&self, what: &'static str, found: usize) -> Result<usize, TaskError> {
        let width = self.task.actions().len();
        let expected = self.lanes.len() * width;
        if found == expected { Ok(width) } else { Err(TaskError::Length { what, found, expected }) }
    }

    fn has(&self, lane: usize) -> Result<(), TaskError> {
        let count = self.lanes.len();
        if lane < count {
            Ok(())
        } else {
            Err(TaskError::Count { what: "lane", found: lane, allowed: format!("below {count}") })
        }
    }
}

/// Episode 0 of a lane.
fn of_seed(run: u64, base_env: u64, lane: usize) -> StreamKey {
    StreamKey { run, env: base_env.wrapping_add(lane as u64), ..StreamKey::default() }
}

/// The episode after this one, of the same environment.
fn next_of(episode: &Episode) -> StreamKey {
    let key = episode.key();
    StreamKey { episode: key.episode + 1, fork: 0, ..key }
}

/// An episode that no lane plays yet, and what is seen at its start.
struct Fresh {
    episode: Episode,
    observation: Vec<f32>,
}

/// New episodes by lane and key, in the order of `starts`, made on all threads; the error is that of the first
/// lane in that order.
fn begin(
    task: &Arc<Task>,
    team: Option<&Team>,
    starts: &[(usize, StreamKey)],
    exact: &[Drawn],
) -> Result<Vec<Fresh>, TaskError> {
    let make = |&(lane, key): &(usize, StreamKey)| {
        let mut observation = vec![0.0; task.observations().len()];
        let episode = Episode::new(task, key, exact).map_err(|source| of_lane(lane, source))?;
        episode.observe(&mut observation).map_err(|source| of_lane(lane, source))?;
        Ok(Fresh { episode, observation })
    };
    let Some(team) = team else {
        return starts.iter().map(make).collect();
    };
    // All of them, so that the error does not depend on which thread came first.
    let made: Vec<Result<Fresh, TaskError>> = team.run(|| starts.par_iter().map(make).collect());
    made.into_iter().collect()
}

/// An error of one lane.
fn of_lane(lane: usize, source: TaskError) -> TaskError {
    TaskError::Lane { lane, source: Box::new(source) }
}
