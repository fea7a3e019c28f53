//! Looks at threads many times a second and says what they wait for.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wait::Wait;
use crate::profile::Profiler;

/// Looks after which they become rarer, and how much.
const OFTEN: u32 = 200;
const RARER: u32 = 5;

/// Looks at a stage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageWaits {
    /// How often a thread was in the stage and did this, by [`Wait::index`].
    pub by_kind: [u64; 8],
    /// Most threads that were in it at once.
    pub threads: usize,
}

impl StageWaits {
    /// Looks but those that found it ready: how long it waits for a processor says more of the machine than of the stage.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.by_kind.iter().sum::<u64>() - self.by_kind[Wait::Ready.index()]
    }

    /// Share of those looks that found this, 0 to 1; 0 without any.
    #[must_use]
    pub fn share(&self, wait: Wait) -> f64 {
        let looks = self.looks();
        if looks > 0 { self.by_kind[wait.index()] as f64 / looks as f64 } else { 0.0 }
    }
}

/// What threads in stages did, by samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Waits {
    /// By the name of the innermost stage.
    pub stages: BTreeMap<String, StageWaits>,
    /// Times that was looked.
    pub looks: u64,
    /// Threads that were in a stage and ran or wanted to, added up over the looks.
    pub running: u64,
    /// Processor time and time without one of each thread at the last look, ns.
    times: BTreeMap<i32, (u64, u64)>,
}

impl Waits {
    /// Threads in stages that ran or wanted to, in the mean.
    #[must_use]
    pub fn running_mean(&self) -> f64 {
        if self.looks > 0 { self.running as f64 / self.looks as f64 } else { 0.0 }
    }

    /// What was seen after `earlier`, a copy of these; most threads at once are those of both.
    #[must_use]
    pub fn since(&self, earlier: &Waits) -> Waits {
        let mut left = self.clone();
        left.looks = self.looks.saturating_sub(earlier.looks);
        left.running = self.running.saturating_sub(earlier.running);
        for (name, before) in &earlier.stages {
            let Some(stage) = left.stages.get_mut(name) else { continue };
            for (now, before) in stage.by_kind.iter_mut().zip(before.by_kind) {
                *now = now.saturating_sub(before);
            }
        }
        left.stages.retain(|_, stage| stage.by_kind.iter().any(|looks| *looks > 0));
        left
    }

    /// Look once at the threads of `profiler` that are in a stage.
    #[cfg(target_os = "linux")]
    pub fn look(&mut self, profiler: &Profiler) {
        let mut together: BTreeMap<String, usize> = BTreeMap::new();
        for (thread, path) in profiler.now() {
            let Some(name) = path.last() else {
                continue;
            };
            // The first word alone is of use; a thread may end while it is looked at.
            let Ok(text) = std::fs::read_to_string(format!("/proc/self/task/{thread}/syscall"))
            else {
                continue;
            };
            let wait = match text.split_whitespace().next() {
                Some("running") => self.running_or_ready(thread),
                Some(number) => Wait::of_call(number.parse().unwrap_or(i64::MAX)),
                None => continue,
            };
            self.running += u64::from(matches!(wait, Wait::Running | Wait::Ready));
            self.stages.entry(name.clone()).or_default().by_kind[wait.index()] += 1;
            *together.entry(name.clone()).or_default() += 1;
        }
        for (name, threads) in together {
            let stage = self.stages.entry(name).or_default();
            stage.threads = stage.threads.max(threads);
        }
        self.looks += 1;
    }

    /// Which of the two a thread was for longer since the last look.
    #[cfg(target_os = "linux")]
    fn running_or_ready(&mut self, thread: i32) -> Wait {
        let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat"));
        let mut numbers =
            text.as_deref().unwrap_or_default().split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(ran)), Some(Ok(waited))) = (numbers.next(), numbers.next()) else {
            return Wait::Running;
        };
        let before = self.times.insert(thread, (ran, waited)).unwrap_or((ran, waited));
        // While it still waits neither grows: the time is told when it gets a processor.
        let (ran, waited) = (ran.saturating_sub(before.0), waited.saturating_sub(before.1));
        if waited > ran { Wait::Ready } else { Wait::Running }
    }

    /// The system does not tell what threads wait for.
    #[cfg(not(target_os = "linux"))]
    pub fn look(&mut self, _: &Profiler) {}
}

/// A thread that looks at the others until it is dropped.
///
/// A look costs some microseconds a thread that is in a stage. Whatever the system does not tell to this program is not counted.
///
/// ```
/// use std::time::Duration;
/// use lunar_habitat_watch::profile::{Profiler, ProfilerOptions};
/// use lunar_habitat_watch::system::Sampler;
/// let sampler = Sampler::start(Profiler::new(ProfilerOptions::default()), Duration::from_millis(10))?;
/// assert!(sampler.waits().stages.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sampler {
    seen: Arc<Mutex<Waits>>,
    /// Nothing only while it is dropped.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sampler {
    /// Look every `period` for the first 200 times, and a fifth as often from then on: a long run gives looks enough.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(profiler: Profiler, period: Duration) -> std::io::Result<Sampler> {
        let (stop, stopped) = mpsc::channel();
        let seen = Arc::new(Mutex::new(Waits::default()));
        let to = Arc::clone(&seen);
        let look = move || {
            let (mut pause, mut taken) = (period, 0);
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                to.lock().unwrap_or_else(PoisonError::into_inner).look(&profiler);
                taken += 1;
                if taken == OFTEN {
                    pause = period * RARER;
                }
            }
        };
        let thread = std::thread::Builder::new().name("sampler".to_owned()).spawn(look)?;
        Ok(Sampler { seen, stop: Some(stop), thread: Some(thread) })
    }

    /// What was seen so far.
    #[must_use]
    pub fn waits(&self) -> Waits {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell that is not in what was seen.
            let _ = thread.join();
        }
    }
}
