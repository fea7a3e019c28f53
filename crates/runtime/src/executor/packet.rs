//! A piece of work on its way from who hands it in to who does it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::handle::{Awaited, Place, lock};
use super::{Handle, Ticket};
use crate::RuntimeError;
use crate::error::panic_message;

/// How a piece of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Panicked,
    Cancelled,
    Late,
}

/// Work in a queue.
pub(super) trait Work: Send + Sync {
    /// Do it if nobody has begun it. `count` hears how it ended and how long it had waited, before anybody who waits does.
    fn run(&self, count: &mut dyn FnMut(End, Duration));
    /// Give it up if nobody has begun it.
    fn give_up(&self);
}

struct Packet<F, T> {
    ticket: Ticket,
    handed_in: Instant,
    work: Mutex<Option<F>>,
    place: Place<T>,
}

/// Pack `work`: one side goes into a queue, the other to whoever waits.
pub(super) fn pack<F, T>(ticket: Ticket, work: F) -> (Arc<dyn Work>, Handle<T>)
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let packet = Arc::new(Packet {
        ticket,
        handed_in: Instant::now(),
        work: Mutex::new(Some(work)),
        place: Place::new(),
    });
    (packet.clone(), Handle { work: packet })
}

impl<F, T> Packet<F, T> {
    fn begin(&self) -> Option<F> {
        lock(&self.work).take()
    }

    fn task(&self) -> String {
        self.ticket.name.clone().into_owned()
    }
}

impl<F, T> Work for Packet<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn run(&self, count: &mut dyn FnMut(End, Duration)) {
        let Some(work) = self.begin() else {
            return;
        };
        let now = Instant::now();
        let waited = now.saturating_duration_since(self.handed_in);
        if let Err(error) = self.ticket.check(now) {
            let is_late = matches!(error, RuntimeError::TaskLate { .. });
            drop_quietly(work);
            count(if is_late { End::Late } else { End::Cancelled }, waited);
            self.place.put(Err(error));
            return;
        }
        // What the work holds is not seen again after a panic, but for what it shares, which is its own affair.
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(value) => {
                count(End::Done, waited);
                self.place.put(Ok(value));
            }
            Err(payload) => {
                let message = panic_message(payload.as_ref());
                drop_quietly(payload);
                count(End::Panicked, waited);
                self.place.put(Err(RuntimeError::TaskPanicked { task: self.task(), message }));
            }
        }
    }

    fn give_up(&self) {
        if let Some(work) = self.begin() {
            drop_quietly(work);
            self.place.put(Err(RuntimeError::TaskCancelled { task: self.task() }));
        }
    }
}

impl<F, T> Awaited<T> for Packet<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn place(&self) -> &Place<T> {
        &self.place
    }

    fn name(&self) -> &str {
        &self.ticket.name
    }

    fn cancel(&self) {
        self.give_up();
    }

    fn run_here(&self) {
        super::worker::book(self.ticket.priority, self);
    }
}

/// Drop what may panic in being dropped: a worker outlives that too.
pub(super) fn drop_quietly<T>(value: T) {
    // A second panic would come from the payload of the first, which is therefore never dropped.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        std::mem::forget(payload);
    }
}
