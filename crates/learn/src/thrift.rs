//! What a training does when memory becomes scarce. None of it changes a bit of what is learned.
//!
//! | from | what is done |
//! |---|---|
//! | [`Level::Compress`] | lanes that are kept for a black box are compressed |
//! | [`Level::Spill`] | collected experience goes to mapped files |
//! | [`Level::Narrow`] | a part of the lanes plays its whole segment while the others wait compressed |

use std::path::PathBuf;

use runtime::memory::{Level, MemoryBudget, Spill};

use crate::segment::Segments;
use crate::worker::Worker;

/// Bytes of a lane that plays over those of its snapshot: assumed, a lane keeps its numbers twice at most.
const LIVE: u64 = 2;

/// What a training does about memory, and how that stands.
#[derive(Debug)]
pub struct Thrift {
    budget: MemoryBudget,
    dir: Option<PathBuf>,
    spill: Option<Spill>,
    /// Once lanes wait, they wait until memory is calm and there is room for all of them.
    is_narrow: bool,
    failure: Option<String>,
}

impl Thrift {
    /// That of the budget of this process, without a directory for files.
    pub(crate) fn new() -> Thrift {
        Thrift::by(MemoryBudget::process().clone(), None)
    }

    /// That of a budget; files go to `dir`, where there is one.
    pub(crate) fn by(budget: MemoryBudget, dir: Option<PathBuf>) -> Thrift {
        Thrift { budget, dir, spill: None, is_narrow: false, failure: None }
    }

    /// Whether lanes that are made now have to wait until their turn: earlier than those that play, since more are to come.
    pub(crate) fn is_scarce(&mut self) -> bool {
        self.is_narrow |= self.budget.look() >= Level::Spill;
        self.is_narrow
    }

    /// The budget, to look at it while workers collect.
    pub(crate) fn budget(&self) -> &MemoryBudget {
        &self.budget
    }

    /// Lanes that play from now on take turns.
    pub(crate) fn narrow(&mut self) {
        self.is_narrow = true;
    }

    /// Look at the memory, and make room by what does not change the results.
    pub(crate) fn look(
        &mut self,
        workers: &mut [Worker],
        segments: &mut [Segments],
        black_box: bool,
    ) {
        let level = self.budget.look();
        if level >= Level::Narrow {
            self.is_narrow = true;
        } else if self.is_narrow && level == Level::Calm {
            let parked: u64 = workers.iter().map(Worker::parked_bytes).sum();
            self.is_narrow = self.budget.left() < LIVE * parked;
        }
        // What is not held yet may be more than is left, however calm memory is now.
        let wanted: u64 = workers.iter().map(|worker| worker.wanted_bytes(black_box)).sum();
        let packs = level >= Level::Compress || self.budget.left() / 2 < wanted;
        for worker in workers {
            worker.packs = packs;
        }
        if level >= Level::Spill && self.failure.is_none() {
            let moved = self.spill().and_then(|spill| {
                let Some(spill) = spill else {
                    return Ok(());
                };
                segments.iter_mut().try_for_each(|one| one.move_to(&spill))
            });
            // The experience is still in memory: training goes on there, and says why.
            self.failure = moved.err().map(|error| error.to_string());
        } else if level == Level::Calm && !self.is_narrow {
            let size: u64 = segments.iter().map(Segments::spilled_bytes).sum();
            if size > 0 && self.budget.left() > 2 * size {
                segments.iter_mut().for_each(Segments::move_home);
            }
        }
    }

    fn spill(&mut self) -> Result<Option<Spill>, runtime::RuntimeError> {
        if let (None, Some(dir)) = (&self.spill, &self.dir) {
            self.spill = Some(Spill::open(dir)?);
        }
        Ok(self.spill.clone())
    }

    /// How scarce memory was at the last look.
    #[must_use]
    pub fn level(&self) -> Level {
        self.budget.level()
    }

    /// Whether lanes play in turns.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.is_narrow
    }

    /// Bytes of experience in files.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        self.spill.as_ref().map_or(0, Spill::bytes)
    }

    /// Why experience could not go to files, where it could not; it is in memory then.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}
