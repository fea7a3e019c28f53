//! Habitats as a world to learn in.

use std::sync::Arc;

use env::{Autoreset, COSTS, DISCOUNT_TIME_S, Task, VectorEnv, VectorOptions, discount};
use runtime::memory::{Codec, Cold};

use crate::LearnError;
use crate::world::{End, Moment, World};

/// Lanes of missions of one task.
///
/// Lane i of a training plays the episodes of environment i of the run, one after the other; environments that are held out
/// for evaluation are refused by the task. The discount is a time constant, so that a decision that took longer discounts
/// more.
#[derive(Debug)]
pub struct HabitatWorld {
    task: Arc<Task>,
    options: VectorOptions,
    lanes: Lanes,
    tau_s: f64,
}

/// The lanes, or what they are made of again.
#[derive(Debug)]
enum Lanes {
    Live(Box<VectorEnv>),
    Parked(Vec<Cold>),
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
        let lanes = Lanes::Live(Box::new(VectorEnv::new(task, options)?));
        let task = Arc::clone(task);
        Ok(HabitatWorld { task, options, lanes, tau_s: tau_s.unwrap_or(DISCOUNT_TIME_S) })
    }

    /// The lanes, awake.
    fn live(&mut self) -> Result<&mut VectorEnv, LearnError> {
        self.wake()?;
        match &mut self.lanes {
            Lanes::Live(lanes) => Ok(lanes),
            // What wakes is live.
            Lanes::Parked(_) => Err(LearnError::World("its lanes are parked".to_owned())),
        }
    }

    fn unpacked(cold: &Cold) -> Result<Vec<u8>, LearnError> {
        let mut bytes = vec![0; cold.unpacked_bytes()];
        cold.unpack(&mut bytes)?;
        Ok(bytes)
    }
}

impl World for HabitatWorld {
    fn lanes(&self) -> usize {
        self.options.lanes
    }

    fn observations(&self) -> usize {
        self.task.observations().len()
    }

    fn actions(&self) -> usize {
        self.task.actions().len()
    }

    fn costs(&self) -> usize {
        COSTS
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.copy_from_slice(self.live()?.batch().observations());
        Ok(())
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        let tau_s = self.tau_s;
        let batch = self.live()?.step(actions)?;
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
            *to = discount(*duration_s, tau_s) as f32;
        }
        Ok(())
    }

    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(Some(match &self.lanes {
            Lanes::Live(lanes) => lanes.snapshot(lane)?,
            Lanes::Parked(all) => {
                let (found, expected) = (lane, all.len());
                let none =
                    LearnError::Size { what: "lane, below which there are", found, expected };
                HabitatWorld::unpacked(all.get(lane).ok_or(none)?)?
            }
        }))
    }

    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError> {
        self.live()?.restore(lane, bytes)?;
        Ok(())
    }

    fn park(&mut self) -> Result<u64, LearnError> {
        if let Lanes::Live(lanes) = &self.lanes {
            let pack = |lane| -> Result<Cold, LearnError> {
                Ok(Cold::pack(&lanes.snapshot(lane)?, Codec::Lz4)?)
            };
            let all =
                (0..self.options.lanes).map(pack).collect::<Result<Vec<Cold>, LearnError>>()?;
            self.lanes = Lanes::Parked(all);
        }
        match &self.lanes {
            Lanes::Live(_) => Ok(0),
            Lanes::Parked(all) => Ok(all.iter().map(|one| one.unpacked_bytes() as u64).sum()),
        }
    }

    fn wake(&mut self) -> Result<(), LearnError> {
        if let Lanes::Parked(all) = &self.lanes {
            let mut lanes = VectorEnv::new(&self.task, self.options)?;
            for (lane, cold) in all.iter().enumerate() {
                lanes.restore(lane, &HabitatWorld::unpacked(cold)?)?;
            }
            self.lanes = Lanes::Live(Box::new(lanes));
        }
        Ok(())
    }
}
