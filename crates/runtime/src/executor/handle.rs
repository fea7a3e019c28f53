//! The result of a piece of work, once there is one.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::RuntimeError;

/// Lock, whatever became of a thread that held it: nothing here is left half-written by a panic.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What waits for an outcome, and the outcome.
struct Slot<T> {
    outcome: Option<Result<T, RuntimeError>>,
    is_done: bool,
    /// A thread sleeps on the condition: waking costs a call of the system, so it is asked for.
    is_awaited: bool,
    waker: Option<Waker>,
}

/// Where an outcome is put, once.
pub(super) struct Place<T> {
    slot: Mutex<Slot<T>>,
    done: Condvar,
}

impl<T> Place<T> {
    pub(super) fn new() -> Place<T> {
        let slot = Slot { outcome: None, is_done: false, is_awaited: false, waker: None };
        Place { slot: Mutex::new(slot), done: Condvar::new() }
    }

    /// Put the outcome; the first one stays.
    pub(super) fn put(&self, outcome: Result<T, RuntimeError>) {
        let mut slot = lock(&self.slot);
        if slot.is_done {
            return;
        }
        slot.outcome = Some(outcome);
        slot.is_done = true;
        let (is_awaited, waker) = (slot.is_awaited, slot.waker.take());
        drop(slot);
        if is_awaited {
            self.done.notify_all();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn is_done(&self) -> bool {
        lock(&self.slot).is_done
    }

    /// Wait until there is an outcome, at most until `end`; whether there is one.
    fn wait(&self, end: Option<Instant>) -> bool {
        let mut slot = lock(&self.slot);
        while !slot.is_done {
            slot.is_awaited = true;
            slot = match end {
                None => self.done.wait(slot).unwrap_or_else(PoisonError::into_inner),
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let waited = self.done.wait_timeout(slot, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    fn take(&self) -> Option<Result<T, RuntimeError>> {
        lock(&self.slot).outcome.take()
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Result<T, RuntimeError>>> {
        let mut slot = lock(&self.slot);
        if slot.is_done {
            return Poll::Ready(slot.outcome.take());
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Work whose outcome somebody may wait for.
pub(super) trait Awaited<T>: Send + Sync {
    fn place(&self) -> &Place<T>;
    fn name(&self) -> &str;
    /// Give up the work if it has not started.
    fn cancel(&self);
    /// Do the work now, on this thread, if nobody has begun it.
    fn run_here(&self);
}

/// A piece of work that was handed in.
///
/// Dropping a handle leaves the work alone. A handle is also a future, for work that waits for other work on the
/// executor's thread for input and output.
#[must_use = "dropping a handle leaves the work alone; cancel it or wait for it"]
pub struct Handle<T> {
    pub(super) work: Arc<dyn Awaited<T>>,
}

impl<T> Handle<T> {
    /// Wait for the result.
    ///
    /// On a worker of an executor, work that nobody has begun is done at once on that worker, so that tasks that wait for
    /// tasks never wait for each other. Inside a future wait with `.await` instead: this call would stop the thread that
    /// all futures share.
    ///
    /// # Errors
    /// [`RuntimeError::TaskPanicked`], [`RuntimeError::TaskCancelled`], [`RuntimeError::TaskLate`].
    pub fn wait(self) -> Result<T, RuntimeError> {
        if super::worker::is_worker() {
            self.work.run_here();
        }
        self.work.place().wait(None);
        self.outcome()
    }

    /// Wait for the result for at most `time`; the handle comes back when there is none by then.
    ///
    /// # Errors
    /// The handle; inside it is what [`Handle::wait`] gives.
    pub fn wait_for(self, time: Duration) -> Result<Result<T, RuntimeError>, Handle<T>> {
        let end = Instant::now().checked_add(time);
        if self.work.place().wait(end) { Ok(self.outcome()) } else { Err(self) }
    }

    /// Whether there is a result to fetch without waiting.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.work.place().is_done()
    }

    /// Give up the work if it has not started. Work that runs goes on; give it a [`Token`](crate::Token) to ask.
    pub fn cancel(&self) {
        self.work.cancel();
    }

    /// What the work is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.work.name()
    }

    fn outcome(&self) -> Result<T, RuntimeError> {
        let gone = || Err(RuntimeError::TaskCancelled { task: self.work.name().to_owned() });
        self.work.place().take().unwrap_or_else(gone)
    }
}

impl<T> Future for Handle<T> {
    type Output = Result<T, RuntimeError>;

    /// The result; polled again after it was given, [`RuntimeError::TaskCancelled`].
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.work.place().poll(context).map(|outcome| {
            let gone = || Err(RuntimeError::TaskCancelled { task: self.work.name().to_owned() });
            outcome.unwrap_or_else(gone)
        })
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("task", &self.work.name())
            .field("is_done", &self.is_done())
            .finish()
    }
}
