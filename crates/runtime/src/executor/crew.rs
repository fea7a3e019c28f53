//! Who works on the items of a map or of a flow.

use std::sync::Arc;

use super::lend::Loan;
use super::{Executor, Ticket, worker};
use crate::{Priority, RuntimeError};

/// Who works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crew {
    /// The thread that calls, so that a map inside a task or inside another map ends however busy the workers are; but for
    /// [`Priority::Background`], where a thread that is no worker waits, since it does not stand back.
    pub(super) helps: bool,
    /// Workers beside it, at most.
    pub(super) workers: usize,
}

impl Executor {
    /// Who works on at most `threads` threads, of which there is at least one.
    pub(super) fn crew(&self, threads: usize, priority: Priority) -> Crew {
        let is_background = priority == Priority::Background;
        let helps = !is_background || worker::is_worker();
        let workers = if is_background { self.background() } else { self.most() };
        Crew { helps, workers: (threads - usize::from(helps)).min(workers) }
    }

    /// Send a worker into what is lent for a ticket; false where the queue is full, unless that `may_wait`.
    pub(super) fn send_helper(
        &self,
        ticket: &Ticket,
        loan: Arc<Loan>,
        may_wait: bool,
    ) -> Result<bool, RuntimeError> {
        // A helper has neither token nor deadline: it is the items that are given up.
        let helper = Ticket::new(ticket.name.clone(), ticket.priority);
        let sent = match may_wait {
            true => self.submit(helper, move || loan.enter()),
            false => self.try_submit(helper, move || loan.enter()),
        };
        match sent {
            Ok(_) => Ok(true),
            Err(RuntimeError::QueueFull { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExecutorOptions;

    #[test]
    fn the_thread_that_calls_works_but_not_in_the_place_of_a_background_worker() {
        let options = ExecutorOptions { background: 2, ..ExecutorOptions::default() };
        let executor = Executor::new(options).unwrap();
        let most = executor.most();
        for priority in [Priority::Critical, Priority::Normal] {
            let crew = |threads| executor.crew(threads, priority);
            assert_eq!(crew(1), Crew { helps: true, workers: 0 });
            assert_eq!(crew(usize::MAX), Crew { helps: true, workers: most });
        }
        let outside = |threads| executor.crew(threads, Priority::Background);
        assert_eq!(outside(1), Crew { helps: false, workers: 1 });
        assert_eq!(outside(usize::MAX), Crew { helps: false, workers: 2 });
        let inside = executor.map(Priority::Background, vec![1, 2], |threads: usize| {
            executor.crew(threads, Priority::Background)
        });
        let expected = [0, 1].map(|workers| Crew { helps: true, workers });
        assert_eq!(inside.unwrap(), expected);
    }
}
