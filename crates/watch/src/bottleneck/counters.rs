//! What a verdict stands on.

use crate::profile::Profile;
use crate::system::{OwnUse, Waits};

/// How full a queue was, by looks of the program.
///
/// ```
/// use lunar_habitat_watch::bottleneck::QueueLooks;
/// let mut looks = QueueLooks::new("blocks", 4, "writer", "rollout");
/// for waiting in [0, 0, 4] {
///     looks.see(waiting);
/// }
/// assert_eq!((looks.empty, looks.full, looks.looks), (2, 1, 3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueLooks {
    /// What the queue is called.
    pub name: String,
    /// Most that may wait in it.
    pub limit: usize,
    /// Stage that takes from it.
    pub taker: String,
    /// Stage that puts into it.
    pub giver: String,
    /// How often it was looked at.
    pub looks: u64,
    /// How often nothing waited.
    pub empty: u64,
    /// How often there was no room.
    pub full: u64,
}

impl QueueLooks {
    /// A queue that was not looked at yet.
    #[must_use]
    pub fn new(name: &str, limit: usize, taker: &str, giver: &str) -> QueueLooks {
        let (name, taker, giver) = (name.to_owned(), taker.to_owned(), giver.to_owned());
        QueueLooks { name, limit, taker, giver, ..QueueLooks::default() }
    }

    /// So many wait now.
    pub fn see(&mut self, waiting: usize) {
        self.looks += 1;
        self.empty += u64::from(waiting == 0);
        self.full += u64::from(waiting >= self.limit);
    }
}

/// Everything that [`super::find`] goes by.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Processors that the program may use; a part of one counts.
    pub cores: f64,
    /// Threads that the program was told to compute on; none where it takes what there is.
    pub threads: Option<usize>,
    /// Time and memory by stage.
    pub profile: Profile,
    /// What threads in stages waited for.
    pub waits: Waits,
    /// What the process did.
    pub own: OwnUse,
    /// Queues between stages.
    pub queues: Vec<QueueLooks>,
    /// Bytes that one thread reads and writes in a second of processor time when nothing is in the caches, by
    /// [`super::bandwidth`]; without it no loop is said to wait for memory.
    pub bandwidth_s: Option<f64>,
}
