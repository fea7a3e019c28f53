//! The same work on many items, with results in the order of the items.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::crew::Crew;
use super::handle::lock;
use super::lend::Lender;
use super::packet::drop_quietly;
use super::{Executor, Ticket};
use crate::RuntimeError;
use crate::error::panic_message;

/// Of what is left, each worker takes one part of so many at a time.
const PARTS: usize = 8;

/// What is left to do, and what was done.
struct State<T, R> {
    items: std::vec::IntoIter<T>,
    /// Number of the next item.
    next: usize,
    /// Pieces of results, by the number of their first item.
    done: Vec<(usize, Vec<R>)>,
    /// Items done or given up.
    over: usize,
    /// The first item that panicked.
    panicked: Option<(usize, String)>,
    /// Why the rest is not done.
    stopped: Option<RuntimeError>,
}

struct Field<'a, T, R, F> {
    state: Mutex<State<T, R>>,
    all_over: Condvar,
    count: usize,
    helpers: usize,
    ticket: &'a Ticket,
    work: &'a F,
}

impl<T: Send, R: Send, F: Fn(T) -> R + Sync> Field<'_, T, R, F> {
    /// Do pieces until none is left.
    fn work_through(&self) {
        loop {
            let stop = self.ticket.check(Instant::now()).err();
            let mut state = lock(&self.state);
            let left = state.items.len();
            if left == 0 {
                return;
            }
            if stop.is_some() {
                state.stopped = stop;
                state.over += left;
                let rest = std::mem::take(&mut state.items);
                drop(state);
                drop_quietly(rest);
                self.all_over.notify_all();
                return;
            }
            let size = (left / (PARTS * (self.helpers + 1))).max(1);
            let first = state.next;
            state.next += size;
            let piece: Vec<T> = state.items.by_ref().take(size).collect();
            drop(state);
            let mut results = Vec::with_capacity(size);
            let mut panicked = None;
            for (at, item) in piece.into_iter().enumerate() {
                match catch_unwind(AssertUnwindSafe(|| (self.work)(item))) {
                    Ok(result) => results.push(result),
                    Err(payload) => {
                        let message = panic_message(payload.as_ref());
                        drop_quietly(payload);
                        panicked.get_or_insert((first + at, message));
                    }
                }
            }
            let mut state = lock(&self.state);
            state.done.push((first, results));
            if let Some(new) = panicked
                && state.panicked.as_ref().is_none_or(|old| new.0 < old.0)
            {
                state.panicked = Some(new);
            }
            state.over += size;
            if state.over == self.count {
                drop(state);
                self.all_over.notify_all();
                return;
            }
        }
    }

    fn wait(&self) {
        let mut state = lock(&self.state);
        while state.over < self.count {
            state = self.all_over.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Executor {
    /// Run `work` on every item and return the results in item order.
    ///
    /// The results do not depend on the number of workers, as long as `work` depends on its item alone. Every item is run
    /// even when another one panics. The thread that calls helps, so that a map inside a task or inside another map ends
    /// however busy the workers are; but for [`Priority::Background`](crate::Priority::Background), where a thread that is no worker waits, since it does
    /// not stand back. Token and deadline of the ticket are looked at before each piece of the items; what has begun then
    /// is finished, and its results are dropped.
    ///
    /// ```
    /// use lunar_habitat_runtime::{Executor, Priority};
    /// let executor = Executor::of_process()?;
    /// let factors = vec![2.0, 3.0, 5.0];
    /// let scaled = executor.map(Priority::Normal, vec![0, 1, 2], |at: usize| 10.0 * factors[at])?;
    /// assert_eq!(scaled, [20.0, 30.0, 50.0]);
    /// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
    /// ```
    ///
    /// # Errors
    /// [`RuntimeError::ItemPanicked`] with the position of the first item that panicked, [`RuntimeError::TaskCancelled`],
    /// [`RuntimeError::TaskLate`], [`RuntimeError::Pool`] when workers cannot be started.
    pub fn map<T, R, F>(
        &self,
        ticket: impl Into<Ticket>,
        items: Vec<T>,
        work: F,
    ) -> Result<Vec<R>, RuntimeError>
    where
        T: Send,
        R: Send,
        F: Fn(T) -> R + Sync,
    {
        self.map_on(usize::MAX, ticket, items, work)
    }

    /// The same on at most `threads` threads, the one that calls included.
    ///
    /// # Errors
    /// As [`Executor::map`]; [`RuntimeError::Threads`] for none.
    pub fn map_on<T, R, F>(
        &self,
        threads: usize,
        ticket: impl Into<Ticket>,
        items: Vec<T>,
        work: F,
    ) -> Result<Vec<R>, RuntimeError>
    where
        T: Send,
        R: Send,
        F: Fn(T) -> R + Sync,
    {
        if threads == 0 {
            return Err(RuntimeError::Threads { found: threads });
        }
        let (ticket, count) = (ticket.into(), items.len());
        if count == 0 {
            return Ok(Vec::new());
        }
        let Crew { helps, workers } = self.crew(threads.min(count), ticket.priority);
        let state = State {
            items: items.into_iter(),
            next: 0,
            done: Vec::new(),
            over: 0,
            panicked: None,
            stopped: None,
        };
        let field = Field {
            state: Mutex::new(state),
            all_over: Condvar::new(),
            count,
            helpers: workers,
            ticket: &ticket,
            work: &work,
        };
        let through = || field.work_through();
        {
            let lender = Lender::new(&through);
            for number in 0..workers {
                // A full queue is no reason to wait for somebody who can work.
                match self.send_helper(&ticket, lender.loan(), !helps) {
                    Err(error) if helps || number == 0 => return Err(error),
                    _ => {}
                }
            }
            if helps {
                through();
            }
            field.wait();
        }
        let State { mut done, panicked, stopped, .. } =
            field.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((item, message)) = panicked {
            return Err(RuntimeError::ItemPanicked { item, items: count, message });
        }
        if let Some(stopped) = stopped {
            return Err(stopped);
        }
        done.sort_unstable_by_key(|(first, _)| *first);
        Ok(done.into_iter().flat_map(|(_, results)| results).collect())
    }
}
