//! Tasks by priority on workers that steal from each other.

mod crew;
mod delays;
mod figures;
mod flow;
mod handle;
mod io;
mod lend;
mod map;
mod options;
mod packet;
mod queue;
mod rest;
mod shared;
mod ticket;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub use delays::Delays;
pub use figures::{ClassFigures, ExecutorFigures, FutureFigures, GroupFigures};
pub use handle::Handle;
pub(crate) use handle::lock;
pub use options::{ExecutorOptions, OnDrop, Size};
pub use ticket::Ticket;

use self::io::Io;
use self::shared::Shared;
use self::worker::{Group, Hand};
use crate::{Priority, RuntimeError, Team};

/// Runs tasks by priority.
///
/// # Who does what
/// | threads | classes | how many |
/// |---|---|---|
/// | foreground workers | critical, high and normal | [`Size`], by measurement or fixed |
/// | express | critical alone, so that a long task never delays it | 1 |
/// | background workers | background alone; the operating system lets them stand back | [`ExecutorOptions::background`] |
/// | futures | futures of all classes, let in by priority | 1 |
///
/// Threads are started when the first task of their classes comes. A foreground worker takes the most urgent task that
/// waits, and of every [`Priority::ROUND`] picks it begins some with a less urgent class ([`Priority::least_picks`]). Within
/// a class one worker keeps the order in which tasks came; several keep it nearly.
///
/// Which worker runs a task, and how many there are, changes no result.
///
/// # Examples
/// ```
/// use lunar_habitat_runtime::{Executor, ExecutorOptions, Priority};
/// let executor = Executor::new(ExecutorOptions::default())?;
/// let handle = executor.submit(Priority::High, || 6 * 7)?;
/// assert_eq!(handle.wait()?, 42);
/// assert_eq!(executor.figures().class(Priority::High).done, 1);
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
pub struct Executor {
    shared: Arc<Shared>,
    io: Arc<Io>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// By group, then the thread of futures.
    is_started: [AtomicBool; 4],
    options: ExecutorOptions,
}

/// The executor of the process that made it. A child made by `fork` has none of its threads and gets its own.
static OF_PROCESS: Mutex<Option<(u32, &'static Executor)>> = Mutex::new(None);

impl Executor {
    /// An executor of its own. Most programs want [`Executor::of_process`].
    ///
    /// # Errors
    /// As [`ExecutorOptions::check`].
    pub fn new(options: ExecutorOptions) -> Result<Executor, RuntimeError> {
        options.check()?;
        Ok(Executor {
            shared: Arc::new(Shared::new(&options)),
            io: Arc::new(Io::new(options.futures, options.queue, options.on_drop)),
            threads: Mutex::default(),
            is_started: Default::default(),
            options,
        })
    }

    /// The one that all parts of this program share, as [`ExecutorOptions::default`] says.
    ///
    /// # Errors
    /// None on a machine whose cores can be counted.
    pub fn of_process() -> Result<&'static Executor, RuntimeError> {
        let mut of_process = lock(&OF_PROCESS);
        let id = std::process::id();
        if let Some((owner, executor)) = *of_process
            && owner == id
        {
            return Ok(executor);
        }
        let executor: &'static Executor =
            Box::leak(Box::new(Executor::new(ExecutorOptions::default())?));
        *of_process = Some((id, executor));
        Ok(executor)
    }

    /// Hand in a task; where its queue is full, wait for room. A worker never waits for room: it does the task itself, at
    /// once, since everybody might be waiting.
    ///
    /// # Errors
    /// [`RuntimeError::Pool`] when workers cannot be started.
    pub fn submit<F, T>(
        &self,
        ticket: impl Into<Ticket>,
        work: F,
    ) -> Result<Handle<T>, RuntimeError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let ticket = ticket.into();
        let priority = ticket.priority;
        self.start(priority)?;
        let queue = self.shared.queue(priority);
        let has_place = queue.try_enter();
        let (packet, handle) = packet::pack(ticket, work);
        if has_place {
            self.shared.push(priority, packet);
        } else if worker::is_worker() {
            worker::book(priority, packet.as_ref());
        } else {
            queue.enter();
            self.shared.push(priority, packet);
        }
        Ok(handle)
    }

    /// Hand in a task unless its queue is full.
    ///
    /// # Errors
    /// [`RuntimeError::QueueFull`]; [`RuntimeError::Pool`] when workers cannot be started.
    pub fn try_submit<F, T>(
        &self,
        ticket: impl Into<Ticket>,
        work: F,
    ) -> Result<Handle<T>, RuntimeError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let ticket = ticket.into();
        let priority = ticket.priority;
        self.start(priority)?;
        let queue = self.shared.queue(priority);
        if !queue.try_enter() {
            return Err(RuntimeError::QueueFull { priority, limit: queue.limit() });
        }
        let (packet, handle) = packet::pack(ticket, work);
        self.shared.push(priority, packet);
        Ok(handle)
    }

    /// Hand in a future. All futures share one thread and may use the timers and sockets of `tokio`; work that takes long
    /// belongs into a task, whose handle a future can await. So many run at once as [`ExecutorOptions::futures`] says;
    /// the others wait, the most urgent first, and no class starves ([`Priority::least_picks`]).
    ///
    /// ```
    /// use lunar_habitat_runtime::{Executor, Priority};
    /// let executor = Executor::of_process()?;
    /// let sum = executor.submit(Priority::Normal, || (1..=100_u64).sum::<u64>())?;
    /// let told = executor.spawn(Priority::Normal, async { sum.await.map(|sum| sum.to_string()) })?;
    /// assert_eq!(told.wait()??, "5050");
    /// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
    /// ```
    ///
    /// # Errors
    /// [`RuntimeError::QueueFull`]; [`RuntimeError::Pool`] when the thread cannot be started.
    pub fn spawn<F, T>(
        &self,
        ticket: impl Into<Ticket>,
        future: F,
    ) -> Result<Handle<T>, RuntimeError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.start_io()?;
        self.io.enter(ticket.into(), future)
    }

    /// What it did and how it stands.
    #[must_use]
    pub fn figures(&self) -> ExecutorFigures {
        let mut figures = self.shared.figures();
        figures.futures = self.io.figures();
        figures.teams = Team::figures();
        figures
    }

    /// Foreground workers there may be at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.options.size.range().1
    }

    /// Background workers.
    #[must_use]
    pub fn background(&self) -> usize {
        self.options.background
    }

    /// See that there is somebody for a class.
    fn start(&self, class: Priority) -> Result<(), RuntimeError> {
        for group in [Group::Foreground, Group::Express, Group::Background] {
            let concerns = match group {
                Group::Express => class == Priority::Critical,
                _ => group.serves(class),
            };
            if concerns && !self.is_started[group as usize].load(Ordering::Acquire) {
                self.start_group(group)?;
            }
        }
        Ok(())
    }

    fn start_group(&self, group: Group) -> Result<(), RuntimeError> {
        let mut threads = lock(&self.threads);
        if self.is_started[group as usize].load(Ordering::Acquire) {
            return Ok(());
        }
        let seats = self.shared.seats(group);
        for seat in seats {
            let Some(hand) = Hand::of(&self.shared, seat) else {
                // Started by an earlier call that failed later on.
                continue;
            };
            let word = match group {
                Group::Foreground => String::new(),
                Group::Express => "-express".to_owned(),
                Group::Background => "-background".to_owned(),
            };
            let name = format!("{}{word}-{}", self.options.name, seat.index);
            threads.push(self.thread(name, seats.len(), move || hand.run())?);
        }
        let (least, most) = self.options.size.range();
        if group == Group::Foreground && least < most {
            let shared = Arc::clone(&self.shared);
            let name = format!("{}-governor", self.options.name);
            threads.push(self.thread(name, 1, move || shared.govern())?);
        }
        self.is_started[group as usize].store(true, Ordering::Release);
        Ok(())
    }

    fn start_io(&self) -> Result<(), RuntimeError> {
        let is_started = &self.is_started[3];
        if is_started.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut threads = lock(&self.threads);
        if is_started.load(Ordering::Acquire) {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| RuntimeError::Pool { threads: 1, reason: error.to_string() })?;
        let io = Arc::clone(&self.io);
        let name = format!("{}-futures", self.options.name);
        threads.push(self.thread(name, 1, move || io.run(runtime))?);
        is_started.store(true, Ordering::Release);
        Ok(())
    }

    fn thread(
        &self,
        name: String,
        threads: usize,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<JoinHandle<()>, RuntimeError> {
        thread::Builder::new()
            .name(name)
            .spawn(run)
            .map_err(|error| RuntimeError::Pool { threads, reason: error.to_string() })
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.shared.close(self.options.on_drop);
        self.io.close();
        let own = thread::current().id();
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            // A task may hold the last reference to its executor; its own thread ends by itself.
            if thread.thread().id() != own {
                // Nothing in the loop of a worker panics; a task that does is caught inside.
                let _ = thread.join();
            }
        }
        if self.shared.is_abandoned() {
            self.shared.give_up_all();
        }
    }
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("options", &self.options).finish_non_exhaustive()
    }
}
