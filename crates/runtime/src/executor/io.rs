//! Futures, for input and output: one thread, let in by priority, so many at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Instant;

use tokio::sync::Notify;

use super::figures::{FutureFigures, Tally};
use super::handle::{Awaited, Place, lock};
use super::packet::End;
use super::{Handle, OnDrop, Ticket};
use crate::error::panic_message;
use crate::priority::Turns;
use crate::{RuntimeError, Token};

/// A future that waits to be let in.
trait Entrant: Send {
    /// Start it on the runtime of this thread. How that went.
    fn start(self: Box<Self>, io: &Arc<Io>) -> End;
}

#[derive(Default)]
struct Admission {
    waiting: [VecDeque<(Instant, Box<dyn Entrant>)>; 4],
    turns: Turns,
    running: usize,
    tally: Tally,
}

/// The door to the thread of futures.
pub(super) struct Io {
    admission: Mutex<Admission>,
    changed: Notify,
    is_closing: AtomicBool,
    /// Futures that may run at once.
    limit: usize,
    /// Futures of a class that may wait.
    queue: usize,
    on_drop: OnDrop,
}

struct Entry<F, T> {
    future: F,
    promise: Promise<T>,
    ticket: Ticket,
}

/// The outcome of a future.
struct Outcome<T> {
    place: Place<T>,
    name: String,
    token: Token,
}

impl<T: Send> Awaited<T> for Outcome<T> {
    fn place(&self) -> &Place<T> {
        &self.place
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cancel(&self) {
        self.token.cancel();
        self.place.put(Err(RuntimeError::TaskCancelled { task: self.name.clone() }));
    }

    fn run_here(&self) {}
}

/// Who must put an outcome; dropped without one, the task was cancelled.
struct Promise<T>(Arc<Outcome<T>>);

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.place.put(Err(RuntimeError::TaskCancelled { task: self.0.name.clone() }));
    }
}

impl<F, T> Entrant for Entry<F, T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn start(self: Box<Self>, io: &Arc<Io>) -> End {
        let Entry { future, promise, ticket } = *self;
        let token = promise.0.token.clone();
        if let Err(error) = ticket.check(Instant::now()) {
            let is_late = matches!(error, RuntimeError::TaskLate { .. });
            promise.0.place.put(Err(error));
            return if is_late { End::Late } else { End::Cancelled };
        }
        // The inner task holds what may panic, the outer one sees how it ended.
        let inner = tokio::spawn(async move {
            let mut future = Box::pin(future);
            let mut cancelled = Box::pin(token.cancelled());
            std::future::poll_fn(|context| {
                if cancelled.as_mut().poll(context).is_ready() {
                    return Poll::Ready(None);
                }
                future.as_mut().poll(context).map(Some)
            })
            .await
        });
        let io = Arc::clone(io);
        tokio::spawn(async move {
            let task = promise.0.name.clone();
            let outcome = match inner.await {
                Ok(Some(value)) => Ok(value),
                Ok(None) => Err(RuntimeError::TaskCancelled { task }),
                Err(error) => Err(match error.try_into_panic() {
                    Ok(payload) => {
                        let message = panic_message(payload.as_ref());
                        super::packet::drop_quietly(payload);
                        RuntimeError::TaskPanicked { task, message }
                    }
                    Err(_) => RuntimeError::TaskCancelled { task },
                }),
            };
            let has_panicked = matches!(outcome, Err(RuntimeError::TaskPanicked { .. }));
            promise.0.place.put(outcome);
            io.left(ticket.priority.index(), has_panicked);
        });
        End::Done
    }
}

impl Io {
    pub(super) fn new(limit: usize, queue: usize, on_drop: OnDrop) -> Io {
        Io {
            admission: Mutex::default(),
            changed: Notify::new(),
            is_closing: AtomicBool::new(false),
            limit,
            queue,
            on_drop,
        }
    }

    /// Let a future wait for its turn.
    pub(super) fn enter<F, T>(
        &self,
        mut ticket: Ticket,
        future: F,
    ) -> Result<Handle<T>, RuntimeError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let token = ticket.token.as_ref().map_or_else(Token::new, Token::child);
        let name = ticket.name.clone().into_owned();
        let priority = ticket.priority;
        ticket.token = Some(token.clone());
        let outcome = Arc::new(Outcome { place: Place::new(), name, token });
        let entry = Entry { future, promise: Promise(Arc::clone(&outcome)), ticket };
        let mut admission = lock(&self.admission);
        let queue = &mut admission.waiting[priority.index()];
        if queue.len() >= self.queue {
            return Err(RuntimeError::QueueFull { priority, limit: self.queue });
        }
        queue.push_back((Instant::now(), Box::new(entry)));
        drop(admission);
        self.changed.notify_one();
        Ok(Handle { work: outcome })
    }

    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Let futures in until the end; on a thread of its own.
    pub(super) fn run(self: Arc<Self>, runtime: tokio::runtime::Runtime) {
        runtime.block_on(async {
            loop {
                let is_closing = self.is_closing.load(Ordering::Acquire);
                if is_closing && self.on_drop == OnDrop::Cancel {
                    break;
                }
                self.admit();
                if is_closing && self.is_empty() {
                    break;
                }
                self.changed.notified().await;
            }
        });
        // Futures that run are dropped with the runtime, futures that wait here; their promises say so.
        drop(runtime);
        let waiting = std::mem::take(&mut lock(&self.admission).waiting);
        super::packet::drop_quietly(waiting);
    }

    fn admit(self: &Arc<Self>) {
        loop {
            let mut admission = lock(&self.admission);
            if admission.running >= self.limit {
                return;
            }
            let order = admission.turns.order();
            let next = order.into_iter().find_map(|class| {
                admission.waiting[class.index()].pop_front().map(|one| (class, one))
            });
            let Some((class, (entered, entrant))) = next else {
                return;
            };
            admission.turns.advance();
            admission.running += 1;
            drop(admission);
            let end = entrant.start(self);
            let mut admission = lock(&self.admission);
            admission.tally.count(class, end, entered.elapsed());
            if end != End::Done {
                admission.running -= 1;
            }
        }
    }

    fn left(&self, class: usize, has_panicked: bool) {
        let mut admission = lock(&self.admission);
        admission.running -= 1;
        if has_panicked {
            admission.tally.panicked_after_all(class);
        }
        drop(admission);
        self.changed.notify_one();
    }

    fn is_empty(&self) -> bool {
        let admission = lock(&self.admission);
        admission.running == 0 && admission.waiting.iter().all(VecDeque::is_empty)
    }

    pub(super) fn figures(&self) -> FutureFigures {
        let admission = lock(&self.admission);
        let mut figures = FutureFigures {
            running: admission.running,
            limit: self.limit,
            ..FutureFigures::default()
        };
        admission.tally.add_to(&mut figures.classes);
        for (class, queue) in figures.classes.iter_mut().zip(&admission.waiting) {
            (class.waiting, class.limit) = (queue.len(), self.queue);
        }
        figures
    }
}
