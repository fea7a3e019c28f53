//! Gathers counters while a program runs.

use std::time::Duration;

use super::counters::{Counters, QueueLooks};
use super::finder::find;
use super::finding::Diagnosis;
use crate::profile::{Profile, Profiler};
use crate::system::{Own, Sampler, Waits};

/// Time between two looks at the threads.
const PERIOD: Duration = Duration::from_millis(10);

/// What a program does from now on.
///
/// ```
/// use lunar_habitat_watch::bottleneck::Observation;
/// use lunar_habitat_watch::profile::{Profiler, ProfilerOptions};
/// let profiler = Profiler::new(ProfilerOptions::default());
/// let observation = Observation::start(&profiler, 2.0)?;
/// let (counters, diagnosis) = observation.look(Vec::new(), None);
/// assert!(counters.profile.stages.is_empty() && diagnosis.limit().is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Observation {
    profiler: Profiler,
    cores: f64,
    threads: Option<usize>,
    own: Own,
    sampler: Sampler,
}

/// A moment of an observation, from which on it is looked at ([`Observation::look_since`]).
#[derive(Debug)]
pub struct Mark {
    profile: Profile,
    waits: Waits,
    own: Own,
}

impl Observation {
    /// Begin, for a program that may use `cores` processors; a part of one counts.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(profiler: &Profiler, cores: f64) -> std::io::Result<Observation> {
        let sampler = Sampler::start(profiler.clone(), PERIOD)?;
        let (profiler, own) = (profiler.clone(), Own::now());
        Ok(Observation { profiler, cores, threads: None, own, sampler })
    }

    /// The same for a program that was told to compute on so many threads: one is not said to be alone where it is to be.
    #[must_use]
    pub fn on_threads(mut self, threads: usize) -> Observation {
        self.threads = Some(threads);
        self
    }

    /// Remember this moment.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { profile: self.profiler.profile(), waits: self.sampler.waits(), own: Own::now() }
    }

    /// What was counted so far and what is found in it, with looks at queues and the bandwidth of memory where they are known.
    ///
    /// Stages that ran before the beginning are in it too: a profiler counts from its own.
    #[must_use]
    pub fn look(&self, queues: Vec<QueueLooks>, bandwidth_s: Option<f64>) -> (Counters, Diagnosis) {
        let (profile, waits) = (self.profiler.profile(), self.sampler.waits());
        self.judge(profile, waits, &self.own, queues, bandwidth_s)
    }

    /// The same, of what came after `mark` alone.
    #[must_use]
    pub fn look_since(
        &self,
        mark: &Mark,
        queues: Vec<QueueLooks>,
        bandwidth_s: Option<f64>,
    ) -> (Counters, Diagnosis) {
        let profile = self.profiler.profile().since(&mark.profile);
        let waits = self.sampler.waits().since(&mark.waits);
        self.judge(profile, waits, &mark.own, queues, bandwidth_s)
    }

    fn judge(
        &self,
        profile: Profile,
        waits: Waits,
        own: &Own,
        queues: Vec<QueueLooks>,
        bandwidth_s: Option<f64>,
    ) -> (Counters, Diagnosis) {
        let counters = Counters {
            cores: self.cores,
            threads: self.threads,
            profile,
            waits,
            own: Own::now().since(own),
            queues,
            bandwidth_s,
        };
        let diagnosis = find(&counters);
        (counters, diagnosis)
    }
}
