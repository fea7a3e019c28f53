//! Habitats as a world to learn in.

use std::sync::Arc;

use env::{Autoreset, COSTS, DISCOUNT_TIME_S, Task, VectorEnv, VectorOptions, discount};

use crate::LearnError;
use crate::world::{End, Moment, World};

/// Lanes of missions of one task.
///
/// Lane i of a training plays the episodes of environment i of the run, one after the other; environments that are held out
/// for evaluation are refused by the task. The discount is a time constant, so that a decision that took longer discounts
/// more.
#[derive(Debug)]
pub struct HabitatWorld {
    lanes: VectorEnv,
    tau_s: f64,
}

impl HabitatWorld {
    /// Lanes `first` to `first + lanes` of run `run`, with a discount of the time constant `tau_s`
    /// ([`env::DISCOUNT_TIME_S`] by default).
    ///
    /// # Errors
    /// What [`VectorEnv::new`] refuses.
    pub fn new(
        task: &Arc<Task>,
        run: u64,
        first: u64,
        lanes: usize,
        tau_s: Option<f64>,
    ) -> Result<HabitatWorld, LearnError> {
        let options = VectorOptions {
            lanes,
            threads: 1,
            run,
            base_env: first,
            autoreset: Autoreset::SameStep,
        };
        let lanes = VectorEnv::new(task, options)?;
        Ok(HabitatWorld { lanes, tau_s: tau_s.unwrap_or(DISCOUNT_TIME_S) })
    }
}

impl World for HabitatWorld {
    fn lanes(&self) -> usize {
        self.lanes.len()
    }

    fn observations(&self) -> usize {
        self.lanes.task().observations().len()
    }

    fn actions(&self) -> usize {
        self.lanes.task().actions().len()
    }

    fn costs(&self) -> usize {
        COSTS
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.copy_from_slice(self.lanes.batch().observations());
        Ok(())
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        let batch = self.lanes.step(actions)?;
        moment.observations.copy_from_slice(batch.observations());
        moment.rewards.copy_from_slice(batch.rewards());
        moment.costs.copy_from_slice(batch.costs());
        moment.finals.copy_from_slice(batch.final_observations());
        let flags = batch.terminated().iter().zip(batch.truncated());
        for (end, (terminated, truncated)) in moment.ends.iter_mut().zip(flags) {
            *end = match (terminated, truncated) {
                (true, _) => End::Terminated,
                (false, true) => End::Truncated,
                (false, false) => End::Running,
            };
        }
        for (to, duration_s) in moment.discounts.iter_mut().zip(batch.durations_s()) {
            *to = discount(*duration_s, self.tau_s) as f32;
        }
        Ok(())
    }

    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(Some(self.lanes.snapshot(lane)?))
    }

    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError> {
        self.lanes.restore(lane, bytes)?;
        Ok(())
    }
}
