//! What the workers of one executor share.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::figures::{ExecutorFigures, GroupFigures};
use super::handle::lock;
use super::packet::Work;
use super::queue::Queue;
use super::rest::Rest;
use super::worker::{Group, Seat, since_ns};
use super::{ExecutorOptions, OnDrop};
use crate::governor::{Governor, Load};
use crate::{Priority, quota};

/// How often the number of workers is thought over.
const TICK: Duration = Duration::from_millis(100);
/// How many of these times later the quota is read again.
const TICKS_PER_QUOTA: u32 = 10;
/// Niceness that nobody knows.
const UNKNOWN: i32 = i32::MIN;

pub(super) struct Shared {
    start: Instant,
    queues: [Queue; 4],
    /// By group.
    rests: [Rest; 3],
    seats: [Vec<Arc<Seat>>; 3],
    /// Foreground workers that may run tasks now.
    size: AtomicUsize,
    range: (usize, usize),
    changes: AtomicU64,
    is_closing: AtomicBool,
    is_abandoned: AtomicBool,
    /// Where the workers beyond the size wait, and the governor for its next tick.
    dormitory: Mutex<()>,
    size_changed: Condvar,
    tick: Condvar,
    niceness: i32,
    real_niceness: AtomicI32,
    /// Processors by the last look, bits of a number.
    cores: AtomicU64,
}

impl Shared {
    pub(super) fn new(options: &ExecutorOptions) -> Shared {
        let (least, most) = options.size.range();
        let cores = quota::cores();
        let whole = cores.ceil() as usize;
        let seats = |group, count| {
            (0..count).map(|index| Arc::new(Seat::new(group, index))).collect::<Vec<_>>()
        };
        Shared {
            start: Instant::now(),
            queues: std::array::from_fn(|_| Queue::new(options.queue)),
            rests: Default::default(),
            seats: [
                seats(Group::Foreground, most),
                seats(Group::Express, 1),
                seats(Group::Background, options.background),
            ],
            size: AtomicUsize::new(whole.clamp(least, most)),
            range: (least, most),
            changes: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
            dormitory: Mutex::new(()),
            size_changed: Condvar::new(),
            tick: Condvar::new(),
            niceness: options.niceness,
            real_niceness: AtomicI32::new(UNKNOWN),
            cores: AtomicU64::new(cores.to_bits()),
        }
    }

    pub(super) fn now_ns(&self) -> u64 {
        since_ns(self.start)
    }

    pub(super) fn queue(&self, class: Priority) -> &Queue {
        &self.queues[class.index()]
    }

    pub(super) fn rest(&self, group: Group) -> &Rest {
        &self.rests[group as usize]
    }

    pub(super) fn seats(&self, group: Group) -> &[Arc<Seat>] {
        &self.seats[group as usize]
    }

    pub(super) fn size(&self) -> usize {
        self.size.load(Ordering::Acquire)
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::SeqCst)
    }

    /// Whether a task waits that a group serves.
    pub(super) fn has_work(&self, group: Group) -> bool {
        Priority::ALL.iter().any(|class| group.serves(*class) && self.queue(*class).waiting() > 0)
    }

    /// Put a task that has its place into its queue, and call somebody.
    pub(super) fn push(&self, class: Priority, work: Arc<dyn Work>) {
        self.queue(class).push(work);
        self.call(class);
    }

    fn call(&self, class: Priority) {
        match class {
            Priority::Critical => {
                if !self.rest(Group::Express).call() {
                    self.rest(Group::Foreground).call();
                }
            }
            Priority::High | Priority::Normal => {
                self.rest(Group::Foreground).call();
            }
            Priority::Background => {
                self.rest(Group::Background).call();
            }
        }
    }

    /// The last one of a group who looked for work looks no more: if work waits, somebody else looks.
    pub(super) fn pass_on(&self, group: Group) {
        if self.has_work(group) && !self.rest(group).call() && group == Group::Express {
            self.rest(Group::Foreground).call();
        }
    }

    /// Let the operating system prefer others to this thread.
    pub(super) fn step_back(&self) {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{getpriority_process, setpriority_process};
            // Without a number, the call is about the thread that makes it; nobody asks to come forward.
            let before = getpriority_process(None).unwrap_or(0);
            let _ = setpriority_process(None, self.niceness.max(before));
            let found = getpriority_process(None).unwrap_or(UNKNOWN);
            self.real_niceness.store(found, Ordering::Relaxed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = self.niceness;
    }

    /// Wait until there is a place for a worker again; `false` when the executor ends.
    pub(super) fn wait_for_size(&self, index: usize) -> bool {
        let mut bed = lock(&self.dormitory);
        while index >= self.size() && !self.is_closing() {
            bed = self.size_changed.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        !self.is_closing()
    }

    fn set_size(&self, size: usize) {
        if self.size.swap(size, Ordering::AcqRel) != size {
            self.changes.fetch_add(1, Ordering::Relaxed);
            drop(lock(&self.dormitory));
            self.size_changed.notify_all();
        }
    }

    /// Measure and set the size again and again, until the end.
    pub(super) fn govern(&self) {
        let (least, most) = self.range;
        let mut governor = Governor::new(least, most, self.size());
        let mut cores = quota::cores();
        let mut before = self.measure(cores);
        let mut ticks = 0_u32;
        let mut bed = lock(&self.dormitory);
        while !self.is_closing() {
            let waited = self.tick.wait_timeout(bed, TICK);
            drop(waited);
            ticks = ticks.wrapping_add(1);
            if ticks.is_multiple_of(TICKS_PER_QUOTA) {
                cores = quota::cores();
            }
            let now = self.measure(cores);
            if let Some(load) = now.since(&before, self.size()) {
                self.cores.store(load.cores.to_bits(), Ordering::Relaxed);
                self.set_size(governor.observe(&load));
                before = now;
            }
            bed = lock(&self.dormitory);
        }
    }

    fn measure(&self, cores: f64) -> Measurement {
        let mut measurement = Measurement {
            at: Instant::now(),
            cores,
            cpu: quota::processor_time(),
            ..Measurement::default_at(self.start)
        };
        let now_ns = self.now_ns();
        for seat in self.seats(Group::Foreground) {
            let (alive, asleep) = seat.times(now_ns);
            measurement.busy_ns += alive - asleep;
            let tally = lock(&seat.tally);
            measurement.begun += tally.begun;
            measurement.waited += tally.waited;
        }
        let classes = [Priority::Critical, Priority::High, Priority::Normal];
        measurement.waiting = classes.iter().map(|class| self.queue(*class).waiting()).sum();
        measurement
    }

    /// Nothing more is handed in: let the workers end.
    pub(super) fn close(&self, on_drop: OnDrop) {
        if on_drop == OnDrop::Cancel {
            self.is_abandoned.store(true, Ordering::SeqCst);
        }
        self.is_closing.store(true, Ordering::SeqCst);
        for rest in &self.rests {
            rest.call_all();
        }
        drop(lock(&self.dormitory));
        self.size_changed.notify_all();
        self.tick.notify_all();
    }

    /// Give up what waits and is with no worker.
    pub(super) fn give_up_all(&self) {
        for queue in &self.queues {
            while let Some(work) = queue.take(None) {
                queue.leave();
                work.give_up();
                super::packet::drop_quietly(work);
            }
        }
    }

    pub(super) fn figures(&self) -> ExecutorFigures {
        let now_ns = self.now_ns();
        let mut figures = ExecutorFigures {
            changes: self.changes.load(Ordering::Relaxed),
            cores: f64::from_bits(self.cores.load(Ordering::Relaxed)),
            niceness: Some(self.real_niceness.load(Ordering::Relaxed)).filter(|n| *n != UNKNOWN),
            ..ExecutorFigures::default()
        };
        for seats in &self.seats {
            let mut group = GroupFigures { workers: seats.len(), ..GroupFigures::default() };
            for seat in seats {
                let (alive, asleep) = seat.times(now_ns);
                group.alive_s += alive as f64 * 1e-9;
                group.busy_s += (alive - asleep) as f64 * 1e-9;
                lock(&seat.tally).add_to(&mut figures.classes);
            }
            match seats.first().map(|seat| seat.group) {
                Some(Group::Foreground) => {
                    figures.foreground = GroupFigures { workers: self.size(), ..group };
                }
                Some(Group::Express) => figures.express = group,
                Some(Group::Background) => figures.background = group,
                None => {}
            }
        }
        for (class, queue) in figures.classes.iter_mut().zip(&self.queues) {
            (class.waiting, class.limit) = (queue.waiting(), queue.limit());
        }
        figures
    }
}

/// What the governor reads.
#[derive(Debug, Clone, Copy)]
struct Measurement {
    at: Instant,
    busy_ns: u64,
    begun: u64,
    waited: Duration,
    waiting: usize,
    cores: f64,
    cpu: Option<Duration>,
}

impl Measurement {
    fn default_at(at: Instant) -> Measurement {
        Measurement {
            at,
            busy_ns: 0,
            begun: 0,
            waited: Duration::ZERO,
            waiting: 0,
            cores: 1.0,
            cpu: None,
        }
    }

    /// The load of the time between an earlier look and this one; `None` when there was none.
    fn since(&self, earlier: &Measurement, size: usize) -> Option<Load> {
        let seconds = self.at.duration_since(earlier.at).as_secs_f64();
        if seconds <= 0.0 {
            return None;
        }
        let busy_s = self.busy_ns.saturating_sub(earlier.busy_ns) as f64 * 1e-9;
        let begun = self.begun.saturating_sub(earlier.begun);
        let waited = self.waited.saturating_sub(earlier.waited).as_secs_f64();
        let delay_s = match begun {
            // Nothing began: what waits has waited for all of the time.
            0 if self.waiting > 0 => seconds,
            0 => 0.0,
            _ => waited / begun as f64,
        };
        let cpu = self.cpu.zip(earlier.cpu).map(|(now, then)| now.saturating_sub(then));
        Some(Load {
            utilisation: (busy_s / (seconds * size as f64)).clamp(0.0, 1.0),
            delay_s,
            waiting: self.waiting,
            cores: self.cores,
            processor: cpu.map_or(1.0, |cpu| cpu.as_secs_f64() / (seconds * self.cores)),
        })
    }
}
