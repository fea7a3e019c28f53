//! What a step of many lanes writes: one contiguous piece of memory for each kind.

use habitat::AbortReason;

use crate::{COSTS, Intervention, TERMS, Task};

/// The arrays of a vector, row after row by lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    width: usize,
    observations: Vec<f32>,
    rewards: Vec<f32>,
    terms: Vec<f32>,
    costs: Vec<f32>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    reasons: Vec<AbortReason>,
    final_observations: Vec<f32>,
    final_valid: Vec<bool>,
    durations_s: Vec<f64>,
    interventions: Vec<Option<Intervention>>,
}

/// The rows of one lane.
#[derive(Debug)]
pub(super) struct LaneSlices<'a> {
    pub(super) observation: &'a mut [f32],
    pub(super) reward: &'a mut f32,
    pub(super) terms: &'a mut [f32],
    pub(super) costs: &'a mut [f32],
    pub(super) terminated: &'a mut bool,
    pub(super) truncated: &'a mut bool,
    pub(super) reason: &'a mut AbortReason,
    pub(super) final_observation: &'a mut [f32],
    pub(super) final_valid: &'a mut bool,
    pub(super) duration_s: &'a mut f64,
    pub(super) intervention: &'a mut Option<Intervention>,
}

impl LaneSlices<'_> {
    /// Zeros in everything but the observation.
    pub(super) fn clear(&mut self) {
        *self.reward = 0.0;
        self.terms.fill(0.0);
        self.costs.fill(0.0);
        *self.terminated = false;
        *self.truncated = false;
        *self.reason = AbortReason::None;
        if *self.final_valid {
            self.final_observation.fill(0.0);
            *self.final_valid = false;
        }
        *self.duration_s = 0.0;
        *self.intervention = None;
    }

    /// The same rows for a shorter time.
    pub(super) fn again(&mut self) -> LaneSlices<'_> {
        LaneSlices {
            observation: self.observation,
            reward: self.reward,
            terms: self.terms,
            costs: self.costs,
            terminated: self.terminated,
            truncated: self.truncated,
            reason: self.reason,
            final_observation: self.final_observation,
            final_valid: self.final_valid,
            duration_s: self.duration_s,
            intervention: self.intervention,
        }
    }
}

impl Batch {
    pub(super) fn new(task: &Task, lanes: usize) -> Batch {
        let width = task.observations().len();
        Batch {
            width,
            observations: vec![0.0; lanes * width],
            rewards: vec![0.0; lanes],
            terms: vec![0.0; lanes * TERMS],
            costs: vec![0.0; lanes * COSTS],
            terminated: vec![false; lanes],
            truncated: vec![false; lanes],
            reasons: vec![AbortReason::None; lanes],
            final_observations: vec![0.0; lanes * width],
            final_valid: vec![false; lanes],
            durations_s: vec![0.0; lanes],
            interventions: vec![None; lanes],
        }
    }

    /// Rows of every lane, in order.
    pub(super) fn lanes(&mut self) -> impl Iterator<Item = LaneSlices<'_>> {
        let width = self.width.max(1);
        self.observations
            .chunks_exact_mut(width)
            .zip(self.final_observations.chunks_exact_mut(width))
            .zip(self.terms.chunks_exact_mut(TERMS).zip(self.costs.chunks_exact_mut(COSTS)))
            .zip(self.rewards.iter_mut().zip(&mut self.durations_s))
            .zip(self.terminated.iter_mut().zip(&mut self.truncated))
            .zip(self.reasons.iter_mut().zip(&mut self.final_valid))
            .zip(&mut self.interventions)
            .map(
                |(
                    (((((observation, final_observation), rows), numbers), flags), end),
                    intervention,
                )| {
                    let ((terms, costs), (reward, duration_s)) = (rows, numbers);
                    let ((terminated, truncated), (reason, final_valid)) = (flags, end);
                    LaneSlices {
                        observation,
                        reward,
                        terms,
                        costs,
                        terminated,
                        truncated,
                        reason,
                        final_observation,
                        final_valid,
                        duration_s,
                        intervention,
                    }
                },
            )
    }

    /// Rows of one lane, which exists.
    pub(super) fn lane(&mut self, lane: usize) -> LaneSlices<'_> {
        let row = lane * self.width..(lane + 1) * self.width;
        LaneSlices {
            observation: &mut self.observations[row.clone()],
            reward: &mut self.rewards[lane],
            terms: &mut self.terms[lane * TERMS..(lane + 1) * TERMS],
            costs: &mut self.costs[lane * COSTS..(lane + 1) * COSTS],
            terminated: &mut self.terminated[lane],
            truncated: &mut self.truncated[lane],
            reason: &mut self.reasons[lane],
            final_observation: &mut self.final_observations[row],
            final_valid: &mut self.final_valid[lane],
            duration_s: &mut self.durations_s[lane],
            intervention: &mut self.interventions[lane],
        }
    }

    /// Observations, `f32`, lanes × [`crate::ObservationSpace::len`], each from -1 to 1.
    #[must_use]
    pub fn observations(&self) -> &[f32] {
        &self.observations
    }

    /// Rewards, `f32`, one a lane.
    #[must_use]
    pub fn rewards(&self) -> &[f32] {
        &self.rewards
    }

    /// Reward terms, `f32`, lanes × [`TERMS`], in the units of [`crate::TERM_UNITS`].
    #[must_use]
    pub fn terms(&self) -> &[f32] {
        &self.terms
    }

    /// Costs, `f32`, lanes × [`COSTS`], at least 0.
    #[must_use]
    pub fn costs(&self) -> &[f32] {
        &self.costs
    }

    /// Whether the mission was lost in this step, one a lane.
    #[must_use]
    pub fn terminated(&self) -> &[bool] {
        &self.terminated
    }

    /// Whether the planned end was reached in this step, one a lane.
    #[must_use]
    pub fn truncated(&self) -> &[bool] {
        &self.truncated
    }

    /// Why the mission was lost in this step, one a lane; [`AbortReason::None`] where it was not. It is that of
    /// the episode that ended, also where the lane has begun the next one.
    #[must_use]
    pub fn reasons(&self) -> &[AbortReason] {
        &self.reasons
    }

    /// Final observations, `f32`, lanes × [`crate::ObservationSpace::len`]: what was seen at the end of an
    /// episode that ended in this step; rows of other lanes are zeros.
    #[must_use]
    pub fn final_observations(&self) -> &[f32] {
        &self.final_observations
    }

    /// Whether the lane's row of [`Batch::final_observations`] holds one.
    #[must_use]
    pub fn final_valid(&self) -> &[bool] {
        &self.final_valid
    }

    /// Time that passed in this step, `f64`, s, one a lane; 0 in a step that only began an episode.
    #[must_use]
    pub fn durations_s(&self) -> &[f64] {
        &self.durations_s
    }
    /// What a shield did in this step instead of what was asked for, one a lane; nothing on a vector without shields.
    #[must_use]
    pub fn interventions(&self) -> &[Option<Intervention>] {
        &self.interventions
    }
}
