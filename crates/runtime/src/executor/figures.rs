//! What an executor tells about itself.

use std::time::Duration;

use super::packet::End;
use crate::{Delays, Priority, TeamFigures};

/// What became of the tasks of one class.
#[derive(Debug, Clone, Default)]
pub struct ClassFigures {
    /// Tasks that wait now.
    pub waiting: usize,
    /// Most that may wait.
    pub limit: usize,
    /// Tasks that gave a result.
    pub done: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks whose token was cancelled before their turn.
    pub cancelled: u64,
    /// Tasks whose deadline had passed when their turn came.
    pub late: u64,
    /// From when a task was handed in until its turn came.
    pub delays: Delays,
}

impl ClassFigures {
    fn add(&mut self, other: &ClassFigures) {
        self.done += other.done;
        self.panicked += other.panicked;
        self.cancelled += other.cancelled;
        self.late += other.late;
        self.delays.merge(&other.delays);
    }
}

/// What workers did since they began.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GroupFigures {
    /// Workers that may run tasks now.
    pub workers: usize,
    /// Time that all of them have lived, s.
    pub alive_s: f64,
    /// Time that they did not sleep, s.
    pub busy_s: f64,
}

impl GroupFigures {
    /// Share of their time that the workers did not sleep, 0 to 1; 0 before they began.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        if self.alive_s > 0.0 { (self.busy_s / self.alive_s).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// What was added since an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &GroupFigures) -> GroupFigures {
        GroupFigures {
            workers: self.workers,
            alive_s: self.alive_s - earlier.alive_s,
            busy_s: self.busy_s - earlier.busy_s,
        }
    }
}

/// What became of futures.
#[derive(Debug, Clone, Default)]
pub struct FutureFigures {
    /// Futures that run now.
    pub running: usize,
    /// Most that may run at once.
    pub limit: usize,
    /// By [`Priority::index`]; a future is counted when it is let in.
    pub classes: [ClassFigures; 4],
}

/// What an executor did since it began, and how it stands.
#[derive(Debug, Clone, Default)]
pub struct ExecutorFigures {
    /// By [`Priority::index`].
    pub classes: [ClassFigures; 4],
    /// Workers of critical, high and normal work.
    pub foreground: GroupFigures,
    /// The thread of critical work alone.
    pub express: GroupFigures,
    /// Workers of background work.
    pub background: GroupFigures,
    /// What the operating system says of the background workers: how far they stand back, 0 to 19; `None` before there are
    /// any, or where it cannot be told.
    pub niceness: Option<i32>,
    /// How often the number of foreground workers changed.
    pub changes: u64,
    /// Processors that this program may use, by the last look; a part of one counts.
    pub cores: f64,
    /// The thread of input and output.
    pub futures: FutureFigures,
    /// Teams of this program, whoever asked for them.
    pub teams: Vec<TeamFigures>,
}

impl ExecutorFigures {
    /// Figures of one class.
    #[must_use]
    pub fn class(&self, priority: Priority) -> &ClassFigures {
        &self.classes[priority.index()]
    }
}

/// What one worker counts; `waiting` and `limit` of its figures are not used.
#[derive(Debug, Default)]
pub(super) struct Tally {
    classes: [ClassFigures; 4],
    /// Tasks begun, and how long they had waited in all.
    pub(super) begun: u64,
    pub(super) waited: Duration,
}

impl Tally {
    pub(super) fn count(&mut self, class: Priority, end: End, waited: Duration) {
        let figures = &mut self.classes[class.index()];
        match end {
            End::Done => figures.done += 1,
            End::Panicked => figures.panicked += 1,
            End::Cancelled => figures.cancelled += 1,
            End::Late => figures.late += 1,
        }
        figures.delays.record(waited);
        self.begun += 1;
        self.waited += waited;
    }

    /// A future that was counted as done when it was let in has panicked.
    pub(super) fn panicked_after_all(&mut self, class: usize) {
        let figures = &mut self.classes[class];
        figures.done = figures.done.saturating_sub(1);
        figures.panicked += 1;
    }

    pub(super) fn add_to(&self, classes: &mut [ClassFigures; 4]) {
        for (to, from) in classes.iter_mut().zip(&self.classes) {
            to.add(from);
        }
    }
}
