//! The same work on many items, each result taken as soon as its turn comes.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::crew::Crew;
use super::handle::lock;
use super::lend::Lender;
use super::packet::drop_quietly;
use super::{Executor, Ticket};
use crate::RuntimeError;
use crate::error::panic_message;

/// What is left to do, and what waits for its turn.
struct State<T, R> {
    items: std::vec::IntoIter<T>,
    /// Number of the next item.
    next: usize,
    /// Results that were taken.
    taken: usize,
    /// Results that wait, or what a panic said.
    ready: BTreeMap<usize, Result<R, String>>,
    /// Workers inside.
    helpers: usize,
    /// Nothing more is begun.
    is_over: bool,
}

struct Field<'a, T, R, F> {
    state: Mutex<State<T, R>>,
    changed: Condvar,
    /// Results that may be in work or wait.
    ahead: usize,
    ticket: &'a Ticket,
    work: &'a F,
}

impl<T: Send, R: Send, F: Fn(T) -> R + Sync> Field<'_, T, R, F> {
    /// Do one item, if there is one and room for its result; also whether there was.
    fn work_once<'g>(
        &'g self,
        mut state: MutexGuard<'g, State<T, R>>,
    ) -> (MutexGuard<'g, State<T, R>>, bool) {
        if state.is_over || state.next - state.taken >= self.ahead {
            return (state, false);
        }
        let number = state.next;
        let Some(item) = state.items.next() else { return (state, false) };
        state.next += 1;
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(item))).map_err(|payload| {
            let message = panic_message(payload.as_ref());
            drop_quietly(payload);
            message
        });
        let mut state = lock(&self.state);
        state.ready.insert(number, result);
        self.changed.notify_all();
        (state, true)
    }

    /// What a worker does: items, until there is none or no room. It does not wait for room, others may need it.
    fn help(&self) {
        let (mut state, mut goes_on) = (lock(&self.state), true);
        while goes_on {
            (state, goes_on) = self.work_once(state);
        }
        state.helpers -= 1;
    }
}

/// Ends the flow however it is left.
struct Closing<'f, 'a, T: Send, R: Send, F: Fn(T) -> R + Sync>(&'f Field<'a, T, R, F>);

impl<T: Send, R: Send, F: Fn(T) -> R + Sync> Drop for Closing<'_, '_, T, R, F> {
    fn drop(&mut self) {
        lock(&self.0.state).is_over = true;
    }
}

impl Executor {
    /// Run `work` on every item and hand each result to `take`, in item order, on the thread that calls, while later ones are
    /// made: a writer does not have to wait for the last of many, nor do the workers for the writer.
    ///
    /// At most `threads` threads work, the one that calls included, and at most `ahead` results (at least one) are in work or
    /// wait to be taken, which bounds the memory they need. What `take` sees depends on neither. The thread that calls works too while there
    /// is nothing to take; but for [`Priority::Background`](crate::Priority::Background), as in [`Executor::map_on`]. Token and deadline of the ticket are looked
    /// at before each result is taken.
    ///
    /// ```
    /// use lunar_habitat_runtime::{Executor, Priority, RuntimeError};
    /// let mut lines = Vec::new();
    /// Executor::of_process()?.flow_on(2, 4, Priority::Normal, vec![1, 2, 3], |n: u32| n * n, |square| {
    ///     lines.push(square.to_string());
    ///     Ok::<(), RuntimeError>(())
    /// })?;
    /// assert_eq!(lines, ["1", "4", "9"]);
    /// # Ok::<(), RuntimeError>(())
    /// ```
    ///
    /// # Errors
    /// The first error of `take`; no further item is begun then. [`RuntimeError::ItemPanicked`] when the turn of such an item comes,
    /// [`RuntimeError::TaskCancelled`], [`RuntimeError::TaskLate`], [`RuntimeError::Threads`] for none,
    /// [`RuntimeError::Pool`] when workers cannot be started.
    pub fn flow_on<T, R, F, C, E>(
        &self,
        threads: usize,
        ahead: usize,
        ticket: impl Into<Ticket>,
        items: Vec<T>,
        work: F,
        mut take: C,
    ) -> Result<(), E>
    where
        T: Send,
        R: Send,
        F: Fn(T) -> R + Sync,
        C: FnMut(R) -> Result<(), E>,
        E: From<RuntimeError>,
    {
        if threads == 0 {
            return Err(RuntimeError::Threads { found: threads }.into());
        }
        let (ticket, count) = (ticket.into(), items.len());
        let Crew { helps, workers } = self.crew(threads, ticket.priority);
        let state = State {
            items: items.into_iter(),
            next: 0,
            taken: 0,
            ready: BTreeMap::new(),
            helpers: 0,
            is_over: false,
        };
        let field = Field {
            state: Mutex::new(state),
            changed: Condvar::new(),
            ahead: ahead.max(1),
            ticket: &ticket,
            work: &work,
        };
        let help = || field.help();
        let lender = Lender::new(&help);
        // Before the lender, which waits for those who are inside: they leave then.
        let _closing = Closing(&field);
        let mut state = lock(&field.state);
        while state.taken < count {
            // As many as there are results to be made.
            let room = field.ahead.saturating_sub(state.next - state.taken).min(state.items.len());
            let wanted = workers.min(state.helpers + room.saturating_sub(usize::from(helps)));
            let mut missing = wanted.saturating_sub(state.helpers);
            state.helpers += missing;
            drop(state);
            while missing > 0 {
                // A full queue is no reason to wait for somebody who can work; nobody else can where this thread does not.
                let may_wait = !helps && missing == wanted;
                if self.send_helper(field.ticket, lender.loan(), may_wait)? {
                    missing -= 1;
                } else {
                    lock(&field.state).helpers -= missing;
                    missing = 0;
                }
            }
            field.ticket.check(Instant::now())?;
            state = lock(&field.state);
            let turn = state.taken;
            if let Some(result) = state.ready.remove(&turn) {
                state.taken += 1;
                drop(state);
                match result {
                    Ok(result) => take(result)?,
                    Err(message) => {
                        return Err(RuntimeError::ItemPanicked {
                            item: turn,
                            items: count,
                            message,
                        }
                        .into());
                    }
                }
                state = lock(&field.state);
                continue;
            }
            if helps {
                let worked;
                (state, worked) = field.work_once(state);
                if worked {
                    continue;
                }
            }
            state = field.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::{ExecutorOptions, Priority, Token};

    fn flow(
        threads: usize,
        ahead: usize,
        ticket: impl Into<Ticket>,
        items: Vec<u64>,
        work: impl Fn(u64) -> u64 + Sync,
    ) -> Result<Vec<u64>, RuntimeError> {
        let mut seen = Vec::new();
        Executor::of_process()?.flow_on(threads, ahead, ticket, items, work, |result| {
            seen.push(result);
            Ok::<(), RuntimeError>(())
        })?;
        Ok(seen)
    }

    #[test]
    fn results_come_in_order_whoever_makes_them() {
        let items: Vec<u64> = (0..300).collect();
        let expected: Vec<u64> = items.iter().map(|n| n * n).collect();
        let uneven = |n: u64| {
            std::thread::sleep(Duration::from_micros(n * 7919 % 300));
            n * n
        };
        for threads in [1, 2, 5] {
            for ahead in [0, 1, 3, 1_000] {
                for priority in [Priority::Critical, Priority::Normal, Priority::Background] {
                    let seen = flow(threads, ahead, priority, items.clone(), uneven).unwrap();
                    assert_eq!(seen, expected, "{threads} threads, {ahead} ahead, {priority:?}");
                }
            }
        }
        assert_eq!(flow(2, 2, Priority::Normal, Vec::new(), uneven).unwrap(), []);
        assert!(flow(0, 2, Priority::Normal, items, uneven).is_err());
    }

    #[test]
    fn no_more_results_wait_than_were_allowed_and_no_more_threads_work() {
        let (begun, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (inside, most_inside) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let work = |_: usize| {
            let open = begun.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
            most.fetch_max(open, Ordering::SeqCst);
            most_inside.fetch_max(1 + inside.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            std::thread::sleep(Duration::from_micros(200));
            inside.fetch_sub(1, Ordering::SeqCst);
        };
        let executor = Executor::of_process().unwrap();
        let take = |()| {
            // Counted when it is out of the field, which is a moment before.
            taken.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_micros(300));
            Ok::<(), RuntimeError>(())
        };
        executor.flow_on(2, 4, Priority::Normal, (0..200).collect(), work, take).unwrap();
        assert_eq!(taken.into_inner(), 200);
        assert!(most.into_inner() <= 5);
        assert!(most_inside.into_inner() <= 2);
    }

    #[test]
    fn an_error_of_the_taker_ends_it() {
        #[derive(Debug, PartialEq)]
        enum Failure {
            DiskFull(usize),
            Runtime(RuntimeError),
        }
        impl From<RuntimeError> for Failure {
            fn from(error: RuntimeError) -> Failure {
                Failure::Runtime(error)
            }
        }
        let begun = AtomicUsize::new(0);
        let executor = Executor::new(ExecutorOptions::default()).unwrap();
        let work = |n: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            n
        };
        let take = |n: usize| if n == 20 { Err(Failure::DiskFull(n)) } else { Ok(()) };
        let ended = executor.flow_on(2, 4, Priority::Normal, (0..1_000).collect(), work, take);
        assert_eq!(ended, Err(Failure::DiskFull(20)));
        assert!(begun.into_inner() <= 25);
    }

    #[test]
    fn a_panic_is_told_when_its_turn_comes() {
        let mut seen = Vec::new();
        let executor = Executor::of_process().unwrap();
        let work = |n: u64| {
            assert!(n != 13, "unlucky");
            n
        };
        let take = |n| {
            seen.push(n);
            Ok::<(), RuntimeError>(())
        };
        let ended = executor.flow_on(3, 8, Priority::Normal, (0..50).collect(), work, take);
        let message = "unlucky".to_owned();
        assert_eq!(ended, Err(RuntimeError::ItemPanicked { item: 13, items: 50, message }));
        assert_eq!(seen, (0..13).collect::<Vec<u64>>());
    }

    #[test]
    fn it_ends_when_its_token_is_cancelled() {
        let token = Token::new();
        let ticket = Ticket::new("flight", Priority::Normal).under(&token);
        let cancelled = flow(2, 2, ticket, (0..1_000).collect(), |n| {
            if n == 10 {
                token.cancel();
            }
            n
        });
        assert!(matches!(cancelled, Err(RuntimeError::TaskCancelled { .. })), "{cancelled:?}");
    }

    #[test]
    fn inside_tasks_that_fill_every_worker_it_still_ends() {
        let executor = Executor::of_process().unwrap();
        let inner = |n: u64| flow(4, 2, Priority::Normal, (0..20).collect(), |m| n * m).unwrap();
        let sums =
            executor.map(Priority::Normal, (0..40).collect(), |n| inner(n).iter().sum::<u64>());
        let expected: Vec<u64> = (0..40).map(|n| n * 190).collect();
        assert_eq!(sums.unwrap(), expected);
    }
}
