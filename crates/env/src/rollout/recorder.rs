//! Rows of the lanes of a vector.

use std::sync::Arc;

use super::{Moment, Rollout, Taken};
use crate::{COSTS, Shield, Status, TERMS, Task, TaskError, Transition, VectorEnv};

/// A lane while it is recorded.
#[derive(Debug, Clone)]
struct Track {
    rows: Rollout,
    /// Where the lane is, as far as this recorder knows.
    moment: Moment,
    /// Rows of an episode are there that has not ended.
    is_open: bool,
    /// Whether the step under way is a decision to be recorded.
    decides: bool,
    /// Episodes that are still wanted.
    left: u64,
}

impl Track {
    /// End the episode under way as it is.
    fn cut(&mut self) {
        if self.is_open {
            self.rows.close(&self.moment, Status::Running);
            self.is_open = false;
        }
    }
}

/// Records what the lanes of a vector see, do and get, whatever the autoreset mode.
///
/// **Each lane is asked for a number of episodes of its own.** To take the first n that end on any lane would prefer the
/// short ones, which are those that were lost.
///
/// An episode that is left before its end, by a reset or by bytes that are restored, is closed with the status
/// `running`; it counts for nothing.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, scenario};
/// use lunar_habitat_env::{Recorder, Task, TaskOptions, VectorEnv, VectorOptions};
/// let loaded = scenario::load("cabin-30d")?;
/// let mut model = loaded.scenario.clone();
/// model.duration_days = 0.25;
/// let plan = Arc::new(Plan::compile(&model, scenario::hash(&model)?)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// let mut vector = VectorEnv::new(&task, VectorOptions { lanes: 2, ..VectorOptions::default() })?;
/// let mut recorder = Recorder::new(&vector, &[2, 1]);
/// let mut actions = vec![0.0; 2 * task.actions().len()];
/// while recorder.left() > 0 {
///     vector.hold(&mut actions)?;
///     recorder.step(&mut vector, &actions)?;
/// }
/// assert_eq!(recorder.finish().episodes(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recorder {
    task: Arc<Task>,
    is_shielded: bool,
    tracks: Vec<Track>,
}

impl Recorder {
    /// Record as many episodes of each lane of `vector` as `episodes` says; lanes beyond its end have none.
    #[must_use]
    pub fn new(vector: &VectorEnv, episodes: &[u64]) -> Recorder {
        let track = |lane: usize| Track {
            rows: blank(vector.task(), vector.is_shielded()),
            moment: Moment::default(),
            is_open: false,
            decides: false,
            left: episodes.get(lane).copied().unwrap_or(0),
        };
        Recorder {
            task: Arc::clone(vector.task()),
            is_shielded: vector.is_shielded(),
            tracks: (0..vector.len()).map(track).collect(),
        }
    }

    /// Episodes that are still wanted, of all lanes.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.tracks.iter().map(|track| track.left).fold(0, u64::saturating_add)
    }

    /// [`VectorEnv::step`], recorded.
    ///
    /// # Errors
    /// As [`VectorEnv::step`]; no row is added then.
    pub fn step(&mut self, vector: &mut VectorEnv, actions: &[f32]) -> Result<(), TaskError> {
        let task = Arc::clone(vector.task());
        let (seen, set) = (task.observations().len(), task.actions().len());
        let row = |lane: usize, width: usize| lane * width..(lane + 1) * width;
        for (lane, track) in self.tracks.iter_mut().enumerate() {
            let episode = vector.episode(lane)?;
            let observation = &vector.batch().observations()[row(lane, seen)];
            if track.is_open && !track.moment.is_of(episode, observation) {
                track.cut();
            }
            if track.is_open {
                // The clock of the habitat, which adds step to step, not a sum of decisions.
                track.moment.t_s = episode.habitat().t_s();
            }
            track.decides = track.left > 0 && episode.status().is_running();
            if track.decides && !track.is_open {
                track.moment = Moment::of(episode, observation);
            }
        }
        vector.step(actions)?;
        let batch = vector.batch();
        for (lane, track) in self.tracks.iter_mut().enumerate().filter(|(_, track)| track.decides) {
            let status = match (batch.terminated()[lane], batch.truncated()[lane]) {
                (true, _) => Status::Terminated(batch.reasons()[lane]),
                (false, true) => Status::Truncated,
                (false, false) => Status::Running,
            };
            let transition = Transition {
                status,
                reward: batch.rewards()[lane],
                duration_s: batch.durations_s()[lane],
            };
            let action = match vector.taken(lane)? {
                taken if self.is_shielded => taken,
                _ => &actions[row(lane, set)],
            };
            let taken = Taken {
                action,
                transition,
                terms: &batch.terms()[row(lane, TERMS)],
                costs: &batch.costs()[row(lane, COSTS)],
                intervention: batch.interventions()[lane].as_ref(),
            };
            track.rows.push(&track.moment, &taken);
            track.is_open = status.is_running();
            let after =
                if track.is_open { batch.observations() } else { batch.final_observations() };
            track.moment.follow(transition.duration_s, &after[row(lane, seen)]);
            if !track.is_open {
                track.rows.close(&track.moment, status);
                track.left -= 1;
            }
        }
        Ok(())
    }

    /// Everything that was recorded, lane after lane.
    #[must_use]
    pub fn finish(self) -> Rollout {
        let mut all = blank(&self.task, self.is_shielded);
        for mut track in self.tracks {
            track.cut();
            all.extend(track.rows);
        }
        all
    }
}

/// No rows, with the columns of the usual shield where there is one.
fn blank(task: &Arc<Task>, is_shielded: bool) -> Rollout {
    if is_shielded {
        Rollout::shielded(task, Shield::usual_horizon_s(task))
    } else {
        Rollout::new(task)
    }
}
