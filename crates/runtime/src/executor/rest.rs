//! Where the workers of one group sleep while there is nothing to do.
//!
//! Waking costs a call of the system, so a task that is handed in wakes somebody only where nobody of the group is looking
//! for work already. Who looks and finds wakes the next one if more waits. Two orders make it safe. Who hands in makes the
//! task visible, then looks for seekers and sleepers. Who goes to sleep ceases to be a seeker and becomes a sleeper, then
//! looks for tasks once more. One of the two always sees the other.

use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Condvar, Mutex, PoisonError};

use super::handle::lock;

#[derive(Default)]
pub(super) struct Rest {
    /// Workers that sleep and were not called; changed under `calls` alone.
    sleepers: AtomicUsize,
    /// Workers that look for work, or were called to.
    seekers: AtomicUsize,
    /// Calls that no sleeper has heard yet.
    calls: Mutex<usize>,
    called: Condvar,
}

impl Rest {
    /// A task was made visible: see that somebody looks for it. Whether somebody does.
    pub(super) fn call(&self) -> bool {
        fence(Ordering::SeqCst);
        if self.seekers.load(Ordering::SeqCst) > 0 {
            return true;
        }
        if self.sleepers.load(Ordering::SeqCst) == 0 {
            return false;
        }
        let mut calls = lock(&self.calls);
        if self.sleepers.load(Ordering::SeqCst) == 0 {
            return false;
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        self.seekers.fetch_add(1, Ordering::SeqCst);
        *calls += 1;
        drop(calls);
        self.called.notify_one();
        true
    }

    /// Call everybody, for the end.
    pub(super) fn call_all(&self) {
        let mut calls = lock(&self.calls);
        let sleepers = self.sleepers.swap(0, Ordering::SeqCst);
        self.seekers.fetch_add(sleepers, Ordering::SeqCst);
        *calls += sleepers;
        drop(calls);
        self.called.notify_all();
    }

    pub(super) fn begin_seeking(&self) {
        self.seekers.fetch_add(1, Ordering::SeqCst);
    }

    /// Look no more; whether this was the last one who did.
    pub(super) fn end_seeking(&self) -> bool {
        self.seekers.fetch_sub(1, Ordering::SeqCst) == 1
    }

    /// Sleep unless `is_awake` finds a reason not to. Whoever slept comes back as a seeker: `true`.
    pub(super) fn sleep(&self, is_awake: impl Fn() -> bool) -> bool {
        let mut calls = lock(&self.calls);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if is_awake() {
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        while *calls == 0 {
            calls = self.called.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        *calls -= 1;
        true
    }
}
