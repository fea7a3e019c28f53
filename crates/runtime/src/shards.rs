//! Executors side by side, and where a job goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::executor::lock;
use crate::{Executor, ExecutorOptions, Handle, OnDrop, RuntimeError, Size, Ticket};

/// How the jobs of a class are spread over shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// One shard after the other, whatever they have to do: least to think about, for jobs that are alike.
    #[default]
    RoundRobin,
    /// The shard with the fewest jobs a worker: for jobs that nobody can judge before.
    LeastLoaded,
    /// The shard that would be done first by the declared costs, of those whose memory holds the job: for jobs that differ
    /// and are declared. A job waits while its memory is taken everywhere.
    ResourceAware,
}

/// What a shard is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardOptions {
    /// Workers, at least 1.
    pub workers: usize,
    /// Memory that its jobs may declare together, bytes.
    pub memory_bytes: u64,
}

/// What is declared of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// Class of jobs, which has a policy.
    pub class: &'static str,
    /// What it costs beside others, in any unit that all jobs share, such as seconds of one worker. Not negative.
    pub cost: f64,
    /// Memory that it needs while it runs, bytes.
    pub memory_bytes: u64,
}

/// What a shard has to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShardFigures {
    /// Its workers.
    pub workers: usize,
    /// Jobs that wait or run.
    pub jobs: usize,
    /// Their declared costs.
    pub cost: f64,
    /// Their declared memory, bytes.
    pub memory_bytes: u64,
    /// What it may be, bytes.
    pub memory_limit_bytes: u64,
    /// Jobs that were sent here since the start.
    pub taken: u64,
}

impl ShardFigures {
    fn holds(&self, memory_bytes: u64) -> bool {
        memory_bytes <= self.memory_limit_bytes.saturating_sub(self.memory_bytes)
    }
}

/// Where a job goes; `None` when it has to wait. `turn` counts the jobs that went round.
fn place(policy: Policy, shards: &[ShardFigures], job: &Job, turn: u64) -> Option<usize> {
    let least = |fits: &dyn Fn(&ShardFigures) -> bool, worth: &dyn Fn(&ShardFigures) -> f64| {
        let all = shards.iter().enumerate().filter(|(_, shard)| fits(shard));
        // The first of equals, so that the choice can be foretold.
        all.min_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b))).map(|(at, _)| at)
    };
    match policy {
        Policy::RoundRobin => (turn as usize).checked_rem(shards.len()),
        Policy::LeastLoaded => least(&|_| true, &|shard| shard.jobs as f64 / shard.workers as f64),
        Policy::ResourceAware => least(&|shard| shard.holds(job.memory_bytes), &|shard| {
            // With fewer jobs than workers it runs at once, on a worker of its own.
            let before = if shard.jobs < shard.workers { 0.0 } else { shard.cost };
            (before + job.cost) / shard.workers as f64
        }),
    }
}

struct Books {
    shards: Vec<ShardFigures>,
    turns: BTreeMap<&'static str, u64>,
}

struct Desk {
    books: Mutex<Books>,
    freed: Condvar,
}

/// Takes a job out of the books again when it has run, or was given up.
struct Entry {
    desk: Arc<Desk>,
    shard: usize,
    job: Job,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut books = lock(&self.desk.books);
        let shard = &mut books.shards[self.shard];
        shard.jobs -= 1;
        // Without jobs there is no cost, whatever the sums were rounded to.
        shard.cost = if shard.jobs == 0 { 0.0 } else { (shard.cost - self.job.cost).max(0.0) };
        shard.memory_bytes = shard.memory_bytes.saturating_sub(self.job.memory_bytes);
        drop(books);
        self.desk.freed.notify_all();
    }
}

/// Executors of a fixed size side by side, each with memory of its own to give, and a policy for each class of jobs.
///
/// Shards do not steal from each other: what one is sent stays there. That is what keeps the memory of a class in one place,
/// and why the policy matters.
///
/// # Examples
/// ```
/// use lunar_habitat_runtime::{Job, Policy, Priority, ShardOptions, Shards};
/// let shard = ShardOptions { workers: 1, memory_bytes: 1 << 30 };
/// let shards = Shards::new(&[shard, shard], &[("analysis", Policy::ResourceAware)])?;
/// let job = Job { class: "analysis", cost: 2.5, memory_bytes: 200 << 20 };
/// let handle = shards.submit(job, Priority::Normal, || 1 + 1)?;
/// assert_eq!(handle.wait()?, 2);
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
pub struct Shards {
    executors: Vec<Executor>,
    policies: BTreeMap<&'static str, Policy>,
    desk: Arc<Desk>,
}

impl Shards {
    /// Shards in a row, and the policies of the classes; a class that is not named goes [`Policy::RoundRobin`].
    ///
    /// # Errors
    /// [`RuntimeError::Setting`] for no shard or a number of workers that an executor refuses.
    pub fn new(
        shards: &[ShardOptions],
        policies: &[(&'static str, Policy)],
    ) -> Result<Shards, RuntimeError> {
        if shards.is_empty() {
            let (found, allowed) = ("0".to_owned(), "at least 1".to_owned());
            return Err(RuntimeError::Setting { what: "the number of shards", found, allowed });
        }
        let executor = |(number, shard): (usize, &ShardOptions)| {
            Executor::new(ExecutorOptions {
                name: format!("shard-{number}"),
                size: Size::Fixed(shard.workers),
                background: shard.workers,
                on_drop: OnDrop::Cancel,
                ..ExecutorOptions::default()
            })
        };
        let figures = |shard: &ShardOptions| ShardFigures {
            workers: shard.workers,
            jobs: 0,
            cost: 0.0,
            memory_bytes: 0,
            memory_limit_bytes: shard.memory_bytes,
            taken: 0,
        };
        let executors = shards.iter().enumerate().map(executor).collect::<Result<_, _>>()?;
        let books = Books { shards: shards.iter().map(figures).collect(), turns: BTreeMap::new() };
        Ok(Shards {
            executors,
            policies: policies.iter().copied().collect(),
            desk: Arc::new(Desk { books: Mutex::new(books), freed: Condvar::new() }),
        })
    }

    /// Send a job to the shard that the policy of its class chooses. Where it has to wait for memory, the call waits; a
    /// deadline or a token of the ticket ends that too.
    ///
    /// # Errors
    /// [`RuntimeError::Setting`] for a cost that is no number or negative, and for more memory than any shard has;
    /// [`RuntimeError::TaskLate`] and [`RuntimeError::TaskCancelled`] while it waits for memory; as [`Executor::submit`].
    pub fn submit<F, T>(
        &self,
        job: Job,
        ticket: impl Into<Ticket>,
        work: F,
    ) -> Result<Handle<T>, RuntimeError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let ticket = ticket.into();
        if !(job.cost.is_finite() && job.cost >= 0.0) {
            let (found, allowed) = (job.cost.to_string(), "0 or more".to_owned());
            return Err(RuntimeError::Setting { what: "the cost of a job", found, allowed });
        }
        let entry = self.enter(job, &ticket)?;
        let shard = entry.shard;
        self.executors[shard].submit(ticket, move || {
            // Out of the books before the result is told, so that who has it finds the room.
            let _entry = entry;
            work()
        })
    }

    fn enter(&self, job: Job, ticket: &Ticket) -> Result<Entry, RuntimeError> {
        let policy = self.policies.get(job.class).copied().unwrap_or_default();
        let mut books = lock(&self.desk.books);
        let most = books.shards.iter().map(|shard| shard.memory_limit_bytes).max().unwrap_or(0);
        if policy == Policy::ResourceAware && job.memory_bytes > most {
            let (found, allowed) =
                (format!("{} bytes", job.memory_bytes), format!("at most {most} bytes"));
            return Err(RuntimeError::Setting { what: "the memory of a job", found, allowed });
        }
        loop {
            let turn = books.turns.get(job.class).copied().unwrap_or(0);
            if let Some(shard) = place(policy, &books.shards, &job, turn) {
                *books.turns.entry(job.class).or_insert(0) += 1;
                let figures = &mut books.shards[shard];
                figures.jobs += 1;
                figures.taken += 1;
                figures.cost += job.cost;
                figures.memory_bytes = figures.memory_bytes.saturating_add(job.memory_bytes);
                return Ok(Entry { desk: Arc::clone(&self.desk), shard, job });
            }
            ticket.check(Instant::now())?;
            // A token does not wake who waits here, so it is looked at now and then.
            let waited = self.desk.freed.wait_timeout(books, Ticket::LOOK);
            books = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What each shard has to do.
    #[must_use]
    pub fn figures(&self) -> Vec<ShardFigures> {
        lock(&self.desk.books).shards.clone()
    }
}

impl std::fmt::Debug for Shards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shards").field("shards", &self.figures()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(workers: usize, jobs: usize, cost: f64, memory: u64) -> ShardFigures {
        ShardFigures {
            workers,
            jobs,
            cost,
            memory_bytes: memory,
            memory_limit_bytes: 100,
            taken: 0,
        }
    }

    const JOB: Job = Job { class: "any", cost: 1.0, memory_bytes: 40 };

    #[test]
    fn each_policy_looks_at_what_it_says() {
        let shards = [shard(1, 1, 50.0, 10), shard(1, 3, 3.0, 10), shard(4, 8, 9.0, 80)];
        let place = |policy, turn| place(policy, &shards, &JOB, turn);
        assert_eq!(
            (0..4).map(|turn| place(Policy::RoundRobin, turn)).collect::<Vec<_>>(),
            [Some(0), Some(1), Some(2), Some(0)]
        );
        // One job a worker, three, two.
        assert_eq!(place(Policy::LeastLoaded, 0), Some(0));
        // 51, 4 and 2.5 s of work a worker, but the last one has no memory left.
        assert_eq!(place(Policy::ResourceAware, 0), Some(1));
    }

    #[test]
    fn a_job_waits_where_no_shard_has_its_memory() {
        let shards = [shard(1, 0, 0.0, 70), shard(1, 0, 0.0, 61)];
        assert_eq!(place(Policy::ResourceAware, &shards, &JOB, 0), None);
        assert_eq!(place(Policy::LeastLoaded, &shards, &JOB, 0), Some(0));
    }

    #[test]
    fn an_idle_worker_comes_before_one_with_work() {
        let shards = [shard(2, 2, 0.1, 0), shard(2, 1, 90.0, 0)];
        assert_eq!(place(Policy::ResourceAware, &shards, &JOB, 0), Some(1));
    }
}
