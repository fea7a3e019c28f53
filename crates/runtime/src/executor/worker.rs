//! What a worker does all day: pick, run, seek, sleep.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crossbeam_deque::{Steal, Stealer, Worker};
use crossbeam_utils::Backoff;

use super::Shared;
use super::figures::Tally;
use super::handle::lock;
use super::packet::{Work, drop_quietly};
use crate::Priority;
use crate::priority::Turns;

/// Which classes a worker serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Critical, high and normal work.
    Foreground,
    /// Critical work alone, so that a long task never delays it.
    Express,
    /// Background work alone.
    Background,
}

impl Group {
    pub(super) fn serves(self, class: Priority) -> bool {
        match self {
            Group::Foreground => class != Priority::Background,
            Group::Express => class == Priority::Critical,
            Group::Background => class == Priority::Background,
        }
    }
}

/// Tasks that a worker has taken and others may steal, by class. Critical work is taken one by one and never lies here.
pub(super) struct Local {
    deques: [Worker<Arc<dyn Work>>; 3],
}

impl Local {
    pub(super) fn new() -> Local {
        Local { deques: std::array::from_fn(|_| Worker::new_fifo()) }
    }

    fn of(&self, class: Priority) -> Option<&Worker<Arc<dyn Work>>> {
        class.index().checked_sub(1).and_then(|at| self.deques.get(at))
    }

    pub(super) fn stealers(&self) -> [Stealer<Arc<dyn Work>>; 3] {
        std::array::from_fn(|at| self.deques[at].stealer())
    }
}

/// What others may know of a worker.
pub(super) struct Seat {
    pub(super) group: Group,
    pub(super) index: usize,
    pub(super) stealers: [Stealer<Arc<dyn Work>>; 3],
    /// Taken by the thread when it starts.
    pub(super) local: Mutex<Option<Local>>,
    pub(super) tally: Mutex<Tally>,
    /// Time asleep in all, ns.
    asleep_ns: AtomicU64,
    /// Since when it has slept, ns after the start of the executor, plus one; 0 awake.
    since_ns: AtomicU64,
    /// When its thread began, ns after the start of the executor, plus one; 0 before.
    pub(super) born_ns: AtomicU64,
}

impl Seat {
    pub(super) fn new(group: Group, index: usize) -> Seat {
        let local = Local::new();
        Seat {
            group,
            index,
            stealers: local.stealers(),
            local: Mutex::new(Some(local)),
            tally: Mutex::default(),
            asleep_ns: AtomicU64::new(0),
            since_ns: AtomicU64::new(0),
            born_ns: AtomicU64::new(0),
        }
    }

    /// Time alive and time asleep up to now, ns.
    pub(super) fn times(&self, now_ns: u64) -> (u64, u64) {
        let born = self.born_ns.load(Ordering::Relaxed);
        if born == 0 {
            return (0, 0);
        }
        let since = self.since_ns.load(Ordering::Relaxed);
        let now = if since == 0 { 0 } else { (now_ns + 1).saturating_sub(since) };
        let alive = (now_ns + 1).saturating_sub(born);
        (alive, (self.asleep_ns.load(Ordering::Relaxed) + now).min(alive))
    }
}

thread_local! {
    static SEAT: RefCell<Option<Arc<Seat>>> = const { RefCell::new(None) };
}

/// Whether this thread is a worker of an executor.
pub(super) fn is_worker() -> bool {
    SEAT.with_borrow(Option::is_some)
}

/// Run a task on this thread and count it with the worker that it is, if it is one.
pub(super) fn book(class: Priority, work: &dyn Work) {
    let seat = SEAT.with_borrow(Clone::clone);
    work.run(&mut |end, waited| {
        if let Some(seat) = &seat {
            lock(&seat.tally).count(class, end, waited);
        }
    });
}

/// A worker on its own thread.
pub(super) struct Hand {
    shared: Arc<Shared>,
    seat: Arc<Seat>,
    local: Local,
    turns: Turns,
    is_seeking: bool,
}

impl Hand {
    /// The worker of a seat; `None` when the seat is taken.
    pub(super) fn of(shared: &Arc<Shared>, seat: &Arc<Seat>) -> Option<Hand> {
        let local = lock(&seat.local).take()?;
        let (shared, seat) = (Arc::clone(shared), Arc::clone(seat));
        Some(Hand { shared, seat, local, turns: Turns::default(), is_seeking: false })
    }

    /// Work until the executor ends.
    pub(super) fn run(mut self) {
        SEAT.set(Some(Arc::clone(&self.seat)));
        self.seat.born_ns.store(self.shared.now_ns() + 1, Ordering::Relaxed);
        if self.seat.group == Group::Background {
            self.shared.step_back();
        }
        let backoff = Backoff::new();
        loop {
            if self.shared.is_abandoned() {
                break;
            }
            if !self.is_wanted() {
                self.hand_back();
                if !self.lie_dormant() {
                    break;
                }
            }
            if let Some((class, work)) = self.pick() {
                self.stop_seeking();
                backoff.reset();
                let tally = &self.seat.tally;
                work.run(&mut |end, waited| lock(tally).count(class, end, waited));
                // The result of a task whose handle is gone goes here.
                drop_quietly(work);
                continue;
            }
            if !self.is_seeking {
                self.is_seeking = true;
                self.rest().begin_seeking();
            }
            if !backoff.is_completed() {
                backoff.snooze();
                continue;
            }
            backoff.reset();
            if !self.sleep() {
                break;
            }
        }
        self.stop_seeking();
        self.hand_back();
        if self.shared.is_abandoned() {
            // Whoever dropped the executor does not wait for itself: what that worker had taken is given up here.
            self.shared.give_up_all();
        }
        SEAT.set(None);
    }

    fn rest(&self) -> &super::rest::Rest {
        self.shared.rest(self.seat.group)
    }

    fn is_wanted(&self) -> bool {
        self.seat.group != Group::Foreground || self.seat.index < self.shared.size()
    }

    fn stop_seeking(&mut self) {
        if self.is_seeking {
            self.is_seeking = false;
            if self.rest().end_seeking() {
                self.shared.pass_on(self.seat.group);
            }
        }
    }

    /// Sleep until called; `false` when there is nothing more to come.
    fn sleep(&mut self) -> bool {
        self.is_seeking = false;
        self.rest().end_seeking();
        let shared = Arc::clone(&self.shared);
        let group = self.seat.group;
        self.fall_asleep();
        let was_called = shared.rest(group).sleep(|| shared.has_work(group) || shared.is_closing());
        self.wake_up();
        self.is_seeking = was_called;
        !shared.is_closing() || shared.has_work(group)
    }

    fn fall_asleep(&self) {
        self.seat.since_ns.store(self.shared.now_ns() + 1, Ordering::Relaxed);
    }

    fn wake_up(&self) {
        let since = self.seat.since_ns.swap(0, Ordering::Relaxed);
        let slept = (self.shared.now_ns() + 1).saturating_sub(since);
        self.seat.asleep_ns.fetch_add(slept, Ordering::Relaxed);
    }

    /// Wait until the executor grows again; `false` when it ends.
    fn lie_dormant(&mut self) -> bool {
        self.stop_seeking();
        self.fall_asleep();
        let goes_on = self.shared.wait_for_size(self.seat.index);
        self.wake_up();
        goes_on
    }

    /// Give what was taken and not begun to the others.
    fn hand_back(&mut self) {
        for class in Priority::ALL {
            while let Some(work) = self.local.of(class).and_then(Worker::pop) {
                self.shared.queue(class).push(work);
            }
        }
    }

    fn pick(&mut self) -> Option<(Priority, Arc<dyn Work>)> {
        for class in self.turns.order() {
            if !self.seat.group.serves(class) || self.shared.queue(class).waiting() == 0 {
                continue;
            }
            if let Some(work) = self.take(class) {
                self.shared.queue(class).leave();
                self.turns.advance();
                return Some((class, work));
            }
        }
        None
    }

    fn take(&self, class: Priority) -> Option<Arc<dyn Work>> {
        let local = self.local.of(class);
        local
            .and_then(Worker::pop)
            .or_else(|| self.shared.queue(class).take(local))
            .or_else(|| self.steal(class))
    }

    /// Take from a neighbour, the next one first.
    fn steal(&self, class: Priority) -> Option<Arc<dyn Work>> {
        let at = class.index().checked_sub(1)?;
        let seats = self.shared.seats(self.seat.group);
        let local = self.local.of(class)?;
        (1..seats.len()).find_map(|step| {
            let other = &seats[(self.seat.index + step) % seats.len()];
            loop {
                match other.stealers[at].steal_batch_and_pop(local) {
                    Steal::Success(work) => return Some(work),
                    Steal::Empty => return None,
                    Steal::Retry => {}
                }
            }
        })
    }
}

/// Nanoseconds since `start`.
pub(super) fn since_ns(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
