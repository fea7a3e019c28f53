//! The queue of one class: how much waits in it, and who waits for room.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crossbeam_deque::{Injector, Steal, Worker};

use super::handle::lock;
use super::packet::Work;

/// Tasks that a worker takes at once where it may.
const BATCH: usize = 32;

pub(super) struct Queue {
    injector: Injector<Arc<dyn Work>>,
    /// Tasks admitted and not yet begun, here and in the deques of workers.
    waiting: AtomicUsize,
    limit: usize,
    /// Threads that wait for room.
    blocked: AtomicUsize,
    door: Mutex<()>,
    room: Condvar,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Queue {
        Queue {
            injector: Injector::new(),
            waiting: AtomicUsize::new(0),
            limit,
            blocked: AtomicUsize::new(0),
            door: Mutex::new(()),
            room: Condvar::new(),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Take a place if there is one.
    pub(super) fn try_enter(&self) -> bool {
        let more = |waiting| (waiting < self.limit).then_some(waiting + 1);
        self.waiting.fetch_update(Ordering::SeqCst, Ordering::Relaxed, more).is_ok()
    }

    /// Take a place, and wait for it if need be.
    pub(super) fn enter(&self) {
        while !self.try_enter() {
            let mut door = lock(&self.door);
            // Announced before the last look, and `leave` looks after it has made room: one of them sees the other.
            self.blocked.fetch_add(1, Ordering::SeqCst);
            while self.waiting() >= self.limit {
                door = self.room.wait(door).unwrap_or_else(PoisonError::into_inner);
            }
            self.blocked.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Give a place back. Who waits is woken once half of the queue is free, so that a queue that stays full does not wake
    /// somebody for every task.
    pub(super) fn leave(&self) {
        let left = self.waiting.fetch_sub(1, Ordering::SeqCst) - 1;
        if left <= self.limit / 2 && self.blocked.load(Ordering::SeqCst) > 0 {
            drop(lock(&self.door));
            self.room.notify_all();
        }
    }

    pub(super) fn push(&self, work: Arc<dyn Work>) {
        self.injector.push(work);
    }

    /// The next task that is with no worker; with `local`, more of them go there.
    pub(super) fn take(&self, local: Option<&Worker<Arc<dyn Work>>>) -> Option<Arc<dyn Work>> {
        loop {
            let stolen = match local {
                Some(local) => self.injector.steal_batch_with_limit_and_pop(local, BATCH),
                None => self.injector.steal(),
            };
            match stolen {
                Steal::Success(work) => return Some(work),
                Steal::Empty => return None,
                Steal::Retry => {}
            }
        }
    }
}
