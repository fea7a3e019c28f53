//! What the machine and this program do: a look now and then, kept for an hour.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::memory::{AccountUse, MemoryBudget};
use runtime::{Executor, ExecutorFigures, Priority};
use serde::Serialize;
use utoipa::ToSchema;
use watch::profile::{Profile, Profiler, StageFigures};
use watch::system::{DiskUse, Gpu, Machine, MachineUse, NetworkUse, Own, OwnUse, Stall, ThreadUse};

use crate::fleet::now_ms;

/// Looks that are kept: an hour of one every five seconds.
const MOST: usize = 720;
/// Threads and stages that are named.
const NAMED: usize = 12;

/// Looks at the machine, one value a look; what the system does not tell is null.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Looks {
    /// When, ms since 1970.
    time_ms: Vec<i64>,
    /// Share of time since the look before that all processors were busy, 0 to 1.
    processors: Vec<Option<f64>>,
    /// The same for this program alone.
    own_processors: Vec<Option<f64>>,
    /// Memory of the machine that is in use, bytes.
    memory_bytes: Vec<Option<f64>>,
    /// Memory that this program uses, bytes.
    own_bytes: Vec<Option<f64>>,
    /// Share of the last ten seconds in which some task waited for a processor, 0 to 1.
    processor_stall: Vec<Option<f64>>,
    /// The same for memory.
    memory_stall: Vec<Option<f64>>,
    /// The same for a disk.
    disk_stall: Vec<Option<f64>>,
    /// Bytes a second read from all disks.
    read_s: Vec<Option<f64>>,
    /// Bytes a second written to all disks.
    written_s: Vec<Option<f64>>,
    /// Bytes a second received on all networks but the one inside the machine.
    received_s: Vec<Option<f64>>,
    /// Bytes a second sent there.
    sent_s: Vec<Option<f64>>,
    /// Share of their time that workers for what somebody waits for were busy, 0 to 1.
    foreground_busy: Vec<Option<f64>>,
    /// The same for workers for what runs by itself.
    background_busy: Vec<Option<f64>>,
    /// Tasks that waited for a worker.
    tasks_waiting: Vec<Option<f64>>,
}

/// Something with a share of something: a thread, a stage, a disk.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Part {
    /// What it is called.
    name: String,
    /// How often it was there or ran since the look before.
    count: u64,
    /// Processors that it had, or share of time that it was busy.
    busy: f64,
}

/// A graphics processor.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GpuView {
    /// What it is called.
    name: String,
    /// Share of the last second in which it computed, 0 to 1.
    busy: f64,
    /// Memory in use, bytes.
    used_bytes: u64,
    /// Memory that it has, bytes.
    total_bytes: u64,
}

/// Memory that a part of the program has reserved.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AccountView {
    /// What part.
    name: String,
    /// Bytes.
    used_bytes: u64,
    /// Most bytes at once.
    peak_bytes: u64,
}

/// The last look in detail.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Detail {
    /// Share of time that each processor was busy, 0 to 1.
    processors: Vec<f64>,
    /// Tasks that ran or wanted to over 1, 5 and 15 minutes; empty where the system does not tell.
    load: Vec<f64>,
    /// Memory of the machine, bytes; null where the system does not tell.
    memory_total_bytes: Option<u64>,
    /// Least that machine, groups of processes and limits still leave this program, bytes.
    memory_left_bytes: u64,
    /// Threads of this program by name, the busiest first, with the processors that they had.
    threads: Vec<Part>,
    /// Stages of this program, the busiest first, with the processors that they had without those inside.
    stages: Vec<Part>,
    /// Disks, with the share of time that they were busy.
    disks: Vec<Part>,
    /// Graphics processors.
    gpus: Vec<GpuView>,
    /// Memory that parts of the program have reserved.
    accounts: Vec<AccountView>,
}

/// What the machine and this program do.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct MachineView {
    /// The last hour, a look every five seconds, the earliest first.
    looks: Looks,
    /// The last look.
    now: Detail,
}

/// One look; the fields are those of [`Looks`].
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    time_ms: i64,
    processors: Option<f64>,
    own_processors: Option<f64>,
    memory_bytes: Option<f64>,
    own_bytes: Option<f64>,
    processor_stall: Option<f64>,
    memory_stall: Option<f64>,
    disk_stall: Option<f64>,
    read_s: Option<f64>,
    written_s: Option<f64>,
    received_s: Option<f64>,
    sent_s: Option<f64>,
    foreground_busy: Option<f64>,
    background_busy: Option<f64>,
    tasks_waiting: Option<f64>,
}

/// Counters that only grow, as they stood at one moment.
struct Counted {
    machine: Machine,
    own: Own,
    executor: ExecutorFigures,
    profile: Profile,
}

impl Counted {
    fn now(executor: &Executor, profiler: Option<&Profiler>) -> Counted {
        Counted {
            machine: Machine::now(),
            own: Own::now(),
            executor: executor.figures(),
            profile: profiler.map(Profiler::profile).unwrap_or_default(),
        }
    }
}

struct Inner {
    before: Counted,
    looks: VecDeque<Look>,
    now: Detail,
}

/// Looks at the machine.
pub struct MachineLog {
    inner: Mutex<Inner>,
}

impl MachineLog {
    /// One with no look yet: what is told of a span begins now.
    pub fn new(executor: &Executor, profiler: Option<&Profiler>) -> MachineLog {
        let before = Counted::now(executor, profiler);
        let (looks, now) = (VecDeque::new(), Detail::default());
        MachineLog { inner: Mutex::new(Inner { before, looks, now }) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Look. It takes milliseconds, and some hundred where there are graphics processors.
    pub fn look(&self, executor: &Executor, profiler: Option<&Profiler>) {
        let gpus = Gpu::all();
        let counted = Counted::now(executor, profiler);
        let mut inner = self.inner();
        let machine = counted.machine.since(&inner.before.machine);
        let own = counted.own.since(&inner.before.own);
        let stages = counted.profile.since(&inner.before.profile).by_name();
        let look = look(&machine, &own, &counted.executor, &inner.before.executor);
        inner.now = detail(&machine, &own, &stages, gpus);
        inner.looks.push_back(look);
        if inner.looks.len() > MOST {
            inner.looks.pop_front();
        }
        inner.before = counted;
    }

    /// What was seen.
    pub fn view(&self) -> MachineView {
        let inner = self.inner();
        let of =
            |value: fn(&Look) -> Option<f64>| -> Vec<_> { inner.looks.iter().map(value).collect() };
        let looks = Looks {
            time_ms: inner.looks.iter().map(|look| look.time_ms).collect(),
            processors: of(|look| look.processors),
            own_processors: of(|look| look.own_processors),
            memory_bytes: of(|look| look.memory_bytes),
            own_bytes: of(|look| look.own_bytes),
            processor_stall: of(|look| look.processor_stall),
            memory_stall: of(|look| look.memory_stall),
            disk_stall: of(|look| look.disk_stall),
            read_s: of(|look| look.read_s),
            written_s: of(|look| look.written_s),
            received_s: of(|look| look.received_s),
            sent_s: of(|look| look.sent_s),
            foreground_busy: of(|look| look.foreground_busy),
            background_busy: of(|look| look.background_busy),
            tasks_waiting: of(|look| look.tasks_waiting),
        };
        MachineView { looks, now: inner.now.clone() }
    }
}

fn look(
    machine: &MachineUse,
    own: &OwnUse,
    executor: &ExecutorFigures,
    earlier: &ExecutorFigures,
) -> Look {
    let count = machine.processors.len() as f64;
    let known = !machine.processors.is_empty();
    let busy = machine.processors.iter().sum::<f64>() / count;
    let share = own.cpu_s / (own.span_s * count);
    let some = |stall: Option<Stall>| stall.map(|stall| stall.some);
    let disks = |rate: fn(&DiskUse) -> f64| {
        (!machine.disks.is_empty()).then(|| machine.disks.iter().map(rate).sum())
    };
    let outside: Vec<&NetworkUse> =
        machine.networks.iter().filter(|network| network.name != "lo").collect();
    let networks = |rate: fn(&NetworkUse) -> f64| {
        (!outside.is_empty()).then(|| outside.iter().map(|network| rate(network)).sum())
    };
    let waiting: usize = Priority::ALL.into_iter().map(|class| executor.class(class).waiting).sum();
    Look {
        time_ms: now_ms(),
        processors: known.then_some(busy),
        own_processors: (known && own.span_s > 0.0).then_some(share.clamp(0.0, 1.0)),
        memory_bytes: machine.memory.map(|(used, _)| used as f64),
        own_bytes: (own.resident_bytes > 0).then_some(own.resident_bytes as f64),
        processor_stall: some(machine.processor_stall),
        memory_stall: some(machine.memory_stall),
        disk_stall: some(machine.disk_stall),
        read_s: disks(|disk| disk.read_s),
        written_s: disks(|disk| disk.written_s),
        received_s: networks(|network| network.received_s),
        sent_s: networks(|network| network.sent_s),
        foreground_busy: Some(executor.foreground.since(&earlier.foreground).utilisation()),
        background_busy: Some(executor.background.since(&earlier.background).utilisation()),
        tasks_waiting: Some(waiting as f64),
    }
}

fn detail(machine: &MachineUse, own: &OwnUse, stages: &[StageFigures], gpus: Vec<Gpu>) -> Detail {
    let span_s = own.span_s.max(1e-9);
    let ranked = |mut parts: Vec<Part>| {
        parts.sort_by(|a, b| b.busy.total_cmp(&a.busy));
        parts.truncate(NAMED);
        parts
    };
    let thread = |threads: &ThreadUse| Part {
        name: threads.name.clone(),
        count: threads.count as u64,
        busy: threads.cpu_s / span_s,
    };
    let stage = |stage: &StageFigures| Part {
        name: stage.name().to_owned(),
        count: stage.runs,
        busy: stage.own.cpu_ns as f64 / 1e9 / span_s,
    };
    let disk = |disk: &DiskUse| Part { name: disk.name.clone(), count: 1, busy: disk.busy };
    let gpu = |Gpu { name, busy, used_bytes, total_bytes }| GpuView {
        name,
        busy,
        used_bytes,
        total_bytes,
    };
    let account = |AccountUse { name, used, peak, .. }| AccountView {
        name,
        used_bytes: used,
        peak_bytes: peak,
    };
    let budget = MemoryBudget::process();
    Detail {
        processors: machine.processors.clone(),
        load: machine.load.map(Vec::from).unwrap_or_default(),
        memory_total_bytes: machine.memory.map(|(_, total)| total),
        memory_left_bytes: budget.left(),
        threads: ranked(own.threads.iter().map(thread).collect()),
        stages: ranked(stages.iter().map(stage).collect()),
        disks: machine.disks.iter().map(disk).collect(),
        gpus: gpus.into_iter().map(gpu).collect(),
        accounts: budget.accounts().into_iter().map(account).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_kept_for_an_hour_and_no_longer() {
        let executor = Executor::of_process().unwrap();
        let log = MachineLog::new(executor, None);
        assert!(log.view().looks.time_ms.is_empty());
        for _ in 0..3 {
            log.look(executor, None);
        }
        let view = log.view();
        assert_eq!((view.looks.time_ms.len(), view.looks.tasks_waiting.len()), (3, 3));
        let first = log.inner().looks[0].time_ms;
        log.inner().looks.resize_with(MOST, Look::default);
        log.look(executor, None);
        let looks = log.view().looks;
        // The first one has gone, the last one is there.
        assert_eq!((looks.time_ms.len(), looks.processors.len()), (MOST, MOST));
        assert!(looks.time_ms[MOST - 1] >= first && looks.time_ms[MOST - 2] == 0);
        if cfg!(target_os = "linux") {
            assert!(view.looks.own_bytes[2] > Some(1e6), "{:?}", view.looks);
            assert!(!view.now.processors.is_empty() && !view.now.threads.is_empty());
            let share = view.looks.processors.iter().flatten();
            assert!(share.into_iter().all(|share| (0.0..=1.0).contains(share)));
        }
    }
}
