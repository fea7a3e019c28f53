//! A verdict, in words.

use std::fmt;

/// What there is too little of.
///
/// Some kinds need counters that a program gives itself:
///
/// | kind | needs | verbs of this workspace give it |
/// |---|---|---|
/// | [`StarvedQueue`](Kind::StarvedQueue), [`FullQueue`](Kind::FullQueue) | [`QueueLooks`](super::QueueLooks), and a stage around the wait | of the blocks of telemetry of `simulate`, by the mission that fills them: a full queue |
/// | [`SmallBatches`](Kind::SmallBatches), [`BusyWait`](Kind::BusyWait) | `items` of the stage | of `rollout`, `gradient`, `gradient shard` |
/// | [`MemoryBandwidth`](Kind::MemoryBandwidth) | `moved` of the stage, and [`bandwidth`](super::bandwidth()) | none |
///
/// All others are seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Threads wait for each other at a lock.
    Lock,
    /// Memory is asked for so often, or in such amounts, that asking is the work.
    Allocation,
    /// A stage waits for a disk.
    Disk,
    /// Pages of memory come from a disk.
    Pages,
    /// A stage waits for the network.
    Network,
    /// A stage sleeps for a time that it chose itself.
    Sleep,
    /// A stage waits at a queue that is empty.
    StarvedQueue,
    /// A stage waits at a queue that has no room.
    FullQueue,
    /// One thread computes while processors are free.
    OneThread,
    /// A loop waits for memory, not for the processor.
    MemoryBandwidth,
    /// A stage runs again and again for very little work.
    SmallBatches,
    /// A stage looks again and again for work that is not there.
    BusyWait,
    /// Far more threads want to run than there are processors.
    Oversubscription,
}

impl Kind {
    /// One word or two for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Lock => "lock",
            Kind::Allocation => "allocation",
            Kind::Disk => "disk",
            Kind::Pages => "pages from disk",
            Kind::Network => "network",
            Kind::Sleep => "sleep",
            Kind::StarvedQueue => "starved queue",
            Kind::FullQueue => "full queue",
            Kind::OneThread => "one thread",
            Kind::MemoryBandwidth => "memory bandwidth",
            Kind::SmallBatches => "small batches",
            Kind::BusyWait => "busy wait",
            Kind::Oversubscription => "too many threads",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Kind::Lock => {
                "Compute outside the lock and hold it for the exchange alone, or give each thread a part of its own."
            }
            Kind::Allocation => {
                "Keep the buffers from one run of the stage to the next and clear them, instead of making new ones."
            }
            Kind::Disk => {
                "Make many rows durable at once: gather them and sync once for the group."
            }
            Kind::Pages => {
                "Read what is needed once and keep it in memory, or work on pieces that fit."
            }
            Kind::Network => "Ask for several things at once, or for more with each request.",
            Kind::Sleep => {
                "Wait for the event itself, on a channel or a condition, instead of looking after a pause."
            }
            Kind::StarvedQueue => {
                "Give the stage that fills the queue more threads, or make it faster: the one that waits is not at fault."
            }
            Kind::FullQueue => {
                "Give the stage that empties the queue more threads, or make it faster; more room only puts it off."
            }
            Kind::OneThread => {
                "Cut the work into independent pieces and give them to as many threads as there are processors."
            }
            Kind::MemoryBandwidth => {
                "Do more with each number while it is in the cache: join passes over the same data, work in blocks, or store it smaller."
            }
            Kind::SmallBatches => "Take more pieces of work in one run of the stage.",
            Kind::BusyWait => "Block until there is something to do, on a channel or a condition.",
            Kind::Oversubscription => {
                "Start as many threads as there are processors and give them the work in turn."
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that holds a program back.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Name of the stage.
    pub stage: String,
    /// What there is too little of.
    pub kind: Kind,
    /// Share of the time of all threads in stages that it concerns, 0 to 1; an upper bound of what can be won.
    pub share: f64,
    /// The counters that show it, in a sentence.
    pub evidence: String,
}

impl Finding {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.kind.advice()
    }

    /// How many times as fast the program is at most once the advice is taken: 1/(1 - share); none where it concerns all of the
    /// time, which bounds nothing. What advice gains where it was tried, `lunar-habitat bench --only advice` measures.
    ///
    /// ```
    /// use lunar_habitat_watch::bottleneck::{Finding, Kind};
    /// let of = |share| Finding { stage: "commit".into(), kind: Kind::Disk, share, evidence: String::new() };
    /// assert_eq!((of(0.5).bound(), of(1.0).bound()), (Some(2.0), None));
    /// ```
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        (self.share < 0.995).then(|| 1.0 / (1.0 - self.share))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in `{}`: {} {}", self.kind, self.stage, self.evidence, self.advice())?;
        match self.bound() {
            Some(bound) => write!(f, " It can become {bound:.1} times as fast at most."),
            None => Ok(()),
        }
    }
}

/// What holds a program back, as far as its counters tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnosis {
    /// Findings, the one that concerns most time first; none for a program that computes on all processors.
    pub findings: Vec<Finding>,
    /// Share of the time in which threads wanted to run and other programs had the processors, 0 to 1: no fault of this one.
    pub disturbed: f64,
    /// How often threads were looked at.
    pub looks: u64,
}

impl Diagnosis {
    /// Whether that was often enough to say what threads wait for. Where it was not, no finding does not mean that nothing
    /// holds the program back.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.looks >= super::finder::LOOKS
    }

    /// What holds the program back most.
    #[must_use]
    pub fn limit(&self) -> Option<&Finding> {
        self.findings.first()
    }
}
