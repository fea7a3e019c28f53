//! Gathers counters while a program runs.

use std::time::Duration;

use super::counters::{Counters, QueueLooks};
use super::finder::find;
use super::finding::Diagnosis;
use crate::profile::Profiler;
use crate::system::{Own, Sampler};

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
    own: Own,
    sampler: Sampler,
}

impl Observation {
    /// Begin, for a program that may use `cores` processors; a part of one counts.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(profiler: &Profiler, cores: f64) -> std::io::Result<Observation> {
        let sampler = Sampler::start(profiler.clone(), PERIOD)?;
        Ok(Observation { profiler: profiler.clone(), cores, own: Own::now(), sampler })
    }

    /// What was counted so far and what is found in it, with looks at queues and the bandwidth of memory where they are known.
    ///
    /// Stages that ran before the beginning are in it too: a profiler counts from its own.
    #[must_use]
    pub fn look(&self, queues: Vec<QueueLooks>, bandwidth_s: Option<f64>) -> (Counters, Diagnosis) {
        let counters = Counters {
            cores: self.cores,
            profile: self.profiler.profile(),
            waits: self.sampler.waits(),
            own: Own::now().since(&self.own),
            queues,
            bandwidth_s,
        };
        let diagnosis = find(&counters);
        (counters, diagnosis)
    }
}
