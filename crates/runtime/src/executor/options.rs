//! What an executor may be told.

use crate::RuntimeError;

/// Most foreground workers on a machine with fewer cores: for tasks that wait for something else.
const MOST: usize = 16;
/// Most tasks of a queue.
const LIMIT: usize = 1 << 24;

/// How many workers serve critical, high and normal work. No result depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// So many, always.
    Fixed(usize),
    /// Between these, by what is measured ([`Governor`](crate::Governor)); never more than the processors that the program
    /// may use, unless workers wait more than they work.
    Adaptive {
        /// Fewest, at least 1.
        least: usize,
        /// Most, up to 16 or the cores of the machine, whichever is more.
        most: usize,
    },
}

impl Size {
    /// Fewest and most.
    #[must_use]
    pub fn range(self) -> (usize, usize) {
        match self {
            Size::Fixed(size) => (size, size),
            Size::Adaptive { least, most } => (least, most),
        }
    }
}

/// What becomes of tasks that wait when an executor is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDrop {
    /// They are run; the drop waits for them.
    Drain,
    /// They are cancelled, and say so; the drop waits for what runs.
    Cancel,
}

/// What an executor may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorOptions {
    /// What its threads are called.
    pub name: String,
    /// Workers of critical, high and normal work.
    pub size: Size,
    /// Workers of background work, at least 1.
    pub background: usize,
    /// How far background workers stand back, 0 to 19: at 15, one of them beside one busy worker on a core has about a
    /// thirtieth of it. Linux only; elsewhere they do not stand back, and the figures say so.
    pub niceness: i32,
    /// Tasks of each class that may wait, at least 1.
    pub queue: usize,
    /// Futures that may run at once, at least 1.
    pub futures: usize,
    /// What becomes of tasks that wait at the end.
    pub on_drop: OnDrop,
}

impl Default for ExecutorOptions {
    /// Between 1 worker and one for each core, as many for the background at niceness 15, queues of 65 536, 256 futures,
    /// cancelled at the end.
    fn default() -> ExecutorOptions {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        ExecutorOptions {
            name: "worker".to_owned(),
            size: Size::Adaptive { least: 1, most: cores },
            background: cores,
            niceness: 15,
            queue: 65_536,
            futures: 256,
            on_drop: OnDrop::Cancel,
        }
    }
}

impl ExecutorOptions {
    /// Refuse what makes no sense.
    ///
    /// # Errors
    /// [`RuntimeError::Setting`] with the setting, what it is and what is allowed.
    pub fn check(&self) -> Result<(), RuntimeError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most = MOST.max(cores);
        let (low, high) = self.size.range();
        for (what, found, least, most) in [
            ("the least size of an executor", low, 1, most),
            ("the most workers of an executor", high, low, most),
            ("the number of background workers", self.background, 1, most),
            ("the niceness of background workers", self.niceness.max(-1) as usize, 0, 19),
            ("the length of a queue", self.queue, 1, LIMIT),
            ("the number of futures at once", self.futures, 1, LIMIT),
        ] {
            if !(least..=most).contains(&found) {
                let (found, allowed) = (found.to_string(), format!("{least} to {most}"));
                return Err(RuntimeError::Setting { what, found, allowed });
            }
        }
        Ok(())
    }
}
