//! What the machine and this program do: a look now and then, kept for an hour.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use runtime::memory::MemoryBudget;
use runtime::{Executor, ExecutorFigures, Priority};
use serde::Serialize;
use utoipa::ToSchema;
use watch::profile::Profiler;
use watch::system::{Gpu, Machine, MachineUse, Own, OwnUse, Stall};

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

/// One look.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    time_ms: i64,
    values: [Option<f64>; 14],
}

struct Inner {
    machine: Machine,
    own: Own,
    executor: ExecutorFigures,
    /// Runs and processor time of each stage, ns.
    stages: BTreeMap<String, (u64, u64)>,
    rows: VecDeque<Row>,
    now: Detail,
}

/// Looks at the machine.
pub struct MachineLog {
    inner: Mutex<Inner>,
}

impl MachineLog {
    /// One with no look yet: what is told of a span begins now.
    pub fn new(executor: &Executor, profiler: Option<&Profiler>) -> MachineLog {
        MachineLog {
            inner: Mutex::new(Inner {
                machine: Machine::now(),
                own: Own::now(),
                executor: executor.figures(),
                stages: stages(profiler),
                rows: VecDeque::new(),
                now: Detail::default(),
            }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Look. It takes milliseconds, and some hundred where there are graphics processors.
    pub fn look(&self, executor: &Executor, profiler: Option<&Profiler>) {
        let gpus = Gpu::all();
        let (machine, own) = (Machine::now(), Own::now());
        let (figures, stages) = (executor.figures(), stages(profiler));
        let mut inner = self.inner();
        let used = machine.since(&inner.machine);
        let program = own.since(&inner.own);
        let row =
            Row { time_ms: now_ms(), values: values(&used, &program, &figures, &inner.executor) };
        inner.now = detail(&used, &program, &stages, &inner.stages, gpus);
        inner.rows.push_back(row);
        if inner.rows.len() > MOST {
            inner.rows.pop_front();
        }
        (inner.machine, inner.own, inner.executor, inner.stages) = (machine, own, figures, stages);
    }

    /// What was seen.
    pub fn view(&self) -> MachineView {
        let inner = self.inner();
        let mut looks = Looks::default();
        for Row { time_ms, values } in &inner.rows {
            looks.time_ms.push(*time_ms);
            for (column, value) in looks.columns().into_iter().zip(values) {
                column.push(*value);
            }
        }
        MachineView { looks, now: inner.now.clone() }
    }
}

impl Looks {
    /// Columns in the order of [`values`].
    fn columns(&mut self) -> [&mut Vec<Option<f64>>; 14] {
        [
            &mut self.processors,
            &mut self.own_processors,
            &mut self.memory_bytes,
            &mut self.own_bytes,
            &mut self.processor_stall,
            &mut self.memory_stall,
            &mut self.disk_stall,
            &mut self.read_s,
            &mut self.written_s,
            &mut self.received_s,
            &mut self.sent_s,
            &mut self.foreground_busy,
            &mut self.background_busy,
            &mut self.tasks_waiting,
        ]
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Runs and processor time of each stage so far.
fn stages(profiler: Option<&Profiler>) -> BTreeMap<String, (u64, u64)> {
    let mut all: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for stage in profiler.map(Profiler::profile).unwrap_or_default().stages {
        let sum = all.entry(stage.name().to_owned()).or_default();
        sum.0 += stage.runs;
        sum.1 += stage.own.cpu_ns;
    }
    all
}

fn values(
    machine: &MachineUse,
    own: &OwnUse,
    executor: &ExecutorFigures,
    earlier: &ExecutorFigures,
) -> [Option<f64>; 14] {
    let count = machine.processors.len() as f64;
    let known = !machine.processors.is_empty();
    let busy = machine.processors.iter().sum::<f64>() / count;
    let share = own.cpu_s / (own.span_s * count);
    let some = |stall: Option<Stall>| stall.map(|stall| stall.some);
    let outside = || machine.networks.iter().filter(|network| network.name != "lo");
    let disks = !machine.disks.is_empty();
    let waiting: u64 = [Priority::Critical, Priority::High, Priority::Normal, Priority::Background]
        .into_iter()
        .map(|class| executor.class(class).waiting as u64)
        .sum();
    [
        known.then_some(busy),
        (known && own.span_s > 0.0).then_some(share.clamp(0.0, 1.0)),
        machine.memory.map(|(used, _)| used as f64),
        (own.resident_bytes > 0).then_some(own.resident_bytes as f64),
        some(machine.processor_stall),
        some(machine.memory_stall),
        some(machine.disk_stall),
        disks.then(|| machine.disks.iter().map(|disk| disk.read_s).sum()),
        disks.then(|| machine.disks.iter().map(|disk| disk.written_s).sum()),
        outside().next().map(|_| outside().map(|network| network.received_s).sum()),
        outside().next().map(|_| outside().map(|network| network.sent_s).sum()),
        Some(executor.foreground.since(&earlier.foreground).utilisation()),
        Some(executor.background.since(&earlier.background).utilisation()),
        Some(waiting as f64),
    ]
}

fn detail(
    machine: &MachineUse,
    own: &OwnUse,
    stages: &BTreeMap<String, (u64, u64)>,
    earlier: &BTreeMap<String, (u64, u64)>,
    gpus: Vec<Gpu>,
) -> Detail {
    let span_s = own.span_s.max(1e-9);
    let ranked = |mut parts: Vec<Part>| {
        parts.sort_by(|a, b| b.busy.total_cmp(&a.busy));
        parts.truncate(NAMED);
        parts
    };
    let thread = |threads: &watch::system::ThreadUse| Part {
        name: threads.name.clone(),
        count: threads.count as u64,
        busy: threads.cpu_s / span_s,
    };
    let stage = |(name, (runs, cpu_ns)): (&String, &(u64, u64))| {
        let (runs_before, ns_before) = earlier.get(name).copied().unwrap_or_default();
        Part {
            name: name.clone(),
            count: runs.saturating_sub(runs_before),
            busy: cpu_ns.saturating_sub(ns_before) as f64 / 1e9 / span_s,
        }
    };
    let budget = MemoryBudget::process();
    Detail {
        processors: machine.processors.clone(),
        load: machine.load.map(Vec::from).unwrap_or_default(),
        memory_total_bytes: machine.memory.map(|(_, total)| total),
        memory_left_bytes: budget.left(),
        threads: ranked(own.threads.iter().map(thread).collect()),
        stages: ranked(stages.iter().map(stage).filter(|stage| stage.count > 0).collect()),
        disks: machine
            .disks
            .iter()
            .map(|disk| Part { name: disk.name.clone(), count: 1, busy: disk.busy })
            .collect(),
        gpus: gpus
            .into_iter()
            .map(|Gpu { name, busy, used_bytes, total_bytes }| GpuView {
                name,
                busy,
                used_bytes,
                total_bytes,
            })
            .collect(),
        accounts: budget
            .accounts()
            .into_iter()
            .map(|account| AccountView {
                name: account.name,
                used_bytes: account.used,
                peak_bytes: account.peak,
            })
            .collect(),
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
        let first = log.inner().rows[0].time_ms;
        log.inner().rows.resize_with(MOST, Row::default);
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
