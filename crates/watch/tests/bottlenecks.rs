//! Planted faults of performance as real programs: each is named, and is not named any more after its advice was taken.
//!
//! Programs run for a time, not for a number of turns, and are judged by ratios of counters, so that a busy machine changes
//! nothing. They run one after the other.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use std::alloc::System;
use std::hint::black_box;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lunar_habitat_watch::bottleneck::{
    Counters, Diagnosis, Kind, Observation, Outcome, QueueLooks, TRIALS, Trial, Way, find,
};
use lunar_habitat_watch::profile::{Profiler, ProfilerOptions};
use runtime::memory::Tracked;
use runtime::{Block, OnFull, Pipe, Sink, SinkError};
use tracing::Dispatch;

#[global_allocator]
static ALLOCATOR: Tracked<System> = Tracked::new(System);

/// How long a program runs.
const RUN: Duration = Duration::from_millis(900);

static TURN: Mutex<()> = Mutex::new(());

/// A program under observation.
struct Program {
    dispatch: Dispatch,
    observation: Observation,
    begun: Instant,
    _turn: MutexGuard<'static, ()>,
}

impl Program {
    fn begin() -> Program {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let options =
            ProfilerOptions { targets: vec!["bottlenecks".into()], ..ProfilerOptions::default() };
        let profiler = Profiler::new(options);
        let observation = Observation::start(&profiler, cores() as f64).unwrap();
        Program {
            dispatch: Dispatch::new(profiler),
            observation,
            begun: Instant::now(),
            _turn: turn,
        }
    }

    fn goes_on(&self) -> bool {
        self.begun.elapsed() < RUN
    }

    /// Run `work` on so many threads at once, each with its number.
    fn threads(&self, count: usize, work: impl Fn(usize) + Sync) {
        std::thread::scope(|scope| {
            for number in 0..count {
                let (work, dispatch) = (&work, &self.dispatch);
                scope.spawn(move || tracing::dispatcher::with_default(dispatch, || work(number)));
            }
        });
    }

    fn end(self, queues: Vec<QueueLooks>, bandwidth_s: Option<f64>) -> Diagnosis {
        self.observation.look(queues, bandwidth_s).1
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Work for the processor alone.
fn compute(turns: u64) {
    let mut x = 0.5_f64;
    for _ in 0..turns {
        x = black_box(3.7 * x * (1.0 - x));
    }
    black_box(x);
}

/// Some milliseconds of it.
const LONG: u64 = 1_000_000;

fn named(diagnosis: &Diagnosis, kind: Kind, stage: &str) {
    let limit = diagnosis.limit().unwrap_or_else(|| panic!("nothing is named: {diagnosis:#?}"));
    assert_eq!((limit.kind, limit.stage.as_str()), (kind, stage), "{diagnosis:#?}");
    assert!(!limit.evidence.is_empty() && limit.share > 0.0 && limit.share <= 1.0);
}

fn not_named(diagnosis: &Diagnosis, kind: Kind) {
    assert!(diagnosis.findings.iter().all(|one| one.kind != kind), "{diagnosis:#?}");
}

#[test]
fn a_sound_program_is_left_alone() {
    let program = Program::begin();
    program.threads(cores(), |_| {
        let mut kept = Vec::new();
        while program.goes_on() {
            let _stage = tracing::info_span!("lanes").entered();
            kept.clear();
            kept.extend((0..1_000).map(f64::from));
            compute(LONG);
            tracing::info!(items = kept.len() as u64);
        }
    });
    let diagnosis = program.end(Vec::new(), None);
    // On a machine of one processor one thread is all there can be.
    assert!(diagnosis.limit().is_none(), "{diagnosis:#?}");
}

/// Takes rows, each of which costs it so much.
struct Rows {
    dispatch: Dispatch,
    turns: u64,
}

impl Sink for Rows {
    fn accept(&mut self, block: &Block) -> Result<(), SinkError> {
        tracing::dispatcher::with_default(&self.dispatch, || {
            let _stage = tracing::info_span!("rows").entered();
            compute(self.turns * block.len() as u64);
        });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

/// A mission that sends blocks of 64 rows to a sink.
fn through_a_pipe(row: u64, sink: u64) -> (Diagnosis, QueueLooks) {
    let program = Program::begin();
    let rows = Box::new(Rows { dispatch: program.dispatch.clone(), turns: sink });
    let (mut pipe, mut block) = Pipe::start(rows, 1, 64, 4, OnFull::Wait).unwrap();
    let mut looks = QueueLooks::new("telemetry", 4, "rows", "mission");
    tracing::dispatcher::with_default(&program.dispatch, || {
        let stage = tracing::info_span!("mission").entered();
        let mut t_s = 0.0;
        while program.goes_on() {
            while !block.is_full() {
                compute(row);
                t_s += 60.0;
                block.push(t_s, &[1.0]).unwrap();
            }
            looks.see(pipe.waiting());
            block = pipe.send(std::mem::replace(&mut block, Block::new(1, 1))).unwrap();
        }
        stage.exit();
    });
    pipe.finish().unwrap();
    (program.end(vec![looks.clone()], None), looks)
}

#[test]
fn a_pipe_whose_sink_is_slow() {
    let (diagnosis, looks) = through_a_pipe(LONG / 10_000, LONG / 20);
    let full = diagnosis.findings.iter().find(|one| one.kind == Kind::FullQueue);
    let full = full.unwrap_or_else(|| panic!("{diagnosis:#?} {looks:?}"));
    assert_eq!(full.stage, "mission");
    assert!(full.evidence.contains("`telemetry`") && full.evidence.contains("`rows`"));
    let (cured, _) = through_a_pipe(LONG / 20, LONG / 10_000);
    not_named(&cured, Kind::FullQueue);
}

#[test]
fn one_thread_that_was_asked_for_is_not_alone() {
    let mut program = Program::begin();
    program.observation = program.observation.on_threads(1);
    let mark = program.observation.mark();
    program.threads(1, |_| {
        while program.goes_on() {
            let _stage = tracing::info_span!("missions").entered();
            compute(LONG);
        }
    });
    let (counters, diagnosis) = program.observation.look_since(&mark, Vec::new(), None);
    assert!(diagnosis.is_seen() && diagnosis.limit().is_none(), "{diagnosis:#?}");
    assert!(counters.profile.stage("missions").is_some_and(|stage| stage.runs > 0));
    // From here on nothing ran.
    let mark = program.observation.mark();
    let (counters, _) = program.observation.look_since(&mark, Vec::new(), None);
    assert!(counters.profile.stages.is_empty() && counters.own.span_s < 900.0);
    assert!(counters.waits.stages.is_empty(), "{:?}", counters.waits);
}

#[test]
fn what_was_hardly_looked_at_is_not_called_sound() {
    let program = Program::begin();
    program.threads(1, |_| tracing::info_span!("missions").in_scope(|| compute(100)));
    let diagnosis = find(&Counters { cores: 2.0, ..Counters::default() });
    assert!(!diagnosis.is_seen() && diagnosis.limit().is_none());
    let (mut counters, _) = program.observation.look(Vec::new(), None);
    for looks in [0, 9, 10] {
        counters.waits.looks = looks;
        let diagnosis = find(&counters);
        assert_eq!((diagnosis.looks, diagnosis.is_seen()), (looks, looks >= 10));
    }
}

fn trial(kind: Kind) -> &'static Trial {
    TRIALS.iter().find(|trial| trial.kind == kind).unwrap()
}

fn run(kind: Kind, way: Way) -> Outcome {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    trial(kind).run(way, RUN).unwrap()
}

/// The trial of a kind is named at its stage, and is not named any more once the advice was taken.
fn tried(kind: Kind) {
    named(&run(kind, Way::Faulty).diagnosis, kind, trial(kind).stage);
    not_named(&run(kind, Way::Mended).diagnosis, kind);
}

#[test]
fn a_lock_that_is_held_too_long() {
    tried(Kind::Lock);
}

#[test]
fn a_storm_of_allocations() {
    tried(Kind::Allocation);
}

#[test]
fn a_disk_that_is_waited_for_at_every_row() {
    let outcome = run(Kind::Disk, Way::Faulty);
    // A disk that forgets at a power cut, or a file system in memory, makes nobody wait.
    match outcome.off_cpu >= 0.5 {
        true => named(&outcome.diagnosis, Kind::Disk, trial(Kind::Disk).stage),
        false => {
            eprintln!("skipped: the disk of this machine makes nobody wait, even for rows of 1 MiB")
        }
    }
    // Small rows, and thousands of them at once, as a disk likes it.
    let file = tempfile::tempfile_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let program = Program::begin();
    program.threads(1, |_| {
        let (mut file, mut rows) = (&file, 0_u64);
        while program.goes_on() {
            let _stage = tracing::info_span!("commit").entered();
            compute(2_000);
            file.write_all(&[7; 512]).unwrap();
            rows += 1;
            if rows.is_multiple_of(50_000) {
                file.sync_data().unwrap();
            }
        }
    });
    not_named(&program.end(Vec::new(), None), Kind::Disk);
}

#[test]
fn pages_that_come_from_the_disk_again_and_again() {
    tried(Kind::Pages);
}

#[test]
fn a_peer_that_is_waited_for() {
    let faulty = run(Kind::Network, Way::Faulty);
    named(&faulty.diagnosis, Kind::Network, trial(Kind::Network).stage);
    // It is still waited for, and tells more each time.
    assert!(run(Kind::Network, Way::Mended).rate > 2.0 * faulty.rate);
}

#[test]
fn a_stage_that_sleeps_between_two_looks() {
    tried(Kind::Sleep);
}

/// A queue whose ends take so much for a piece.
fn at_a_queue(slow: u64, fast: u64) -> Diagnosis {
    let program = Program::begin();
    let (give, take) = sync_channel::<u64>(4);
    let take = Mutex::new(take);
    let waiting = AtomicUsize::new(0);
    let looks = Mutex::new(QueueLooks::new("blocks", 4, "learn", "collect"));
    program.threads(2, |number| {
        if number == 0 {
            let take = take.lock().unwrap();
            loop {
                let _stage = tracing::info_span!("learn").entered();
                looks.lock().unwrap().see(waiting.load(Ordering::Relaxed).min(4));
                match take.recv_timeout(Duration::from_millis(200)) {
                    Ok(_) => {
                        waiting.fetch_sub(1, Ordering::Relaxed);
                        compute(fast);
                    }
                    Err(RecvTimeoutError::Timeout) if program.goes_on() => {}
                    Err(_) => break,
                }
            }
        } else {
            while program.goes_on() {
                let _stage = tracing::info_span!("collect").entered();
                compute(slow);
                waiting.fetch_add(1, Ordering::Relaxed);
                // The one who takes may have left.
                let _ = give.try_send(1).map_err(|error| match error {
                    std::sync::mpsc::TrySendError::Full(value) => give.send(value).is_ok(),
                    std::sync::mpsc::TrySendError::Disconnected(_) => false,
                });
            }
        }
    });
    let looks = looks.into_inner().unwrap();
    program.end(vec![looks], None)
}

#[test]
fn a_queue_that_is_starved() {
    let kind = Kind::StarvedQueue;
    named(&run(kind, Way::Faulty).diagnosis, kind, trial(kind).stage);
    // The stage that fills it made faster: more threads do as much only where processors are free.
    not_named(&at_a_queue(LONG / 10, LONG), kind);
}

#[test]
fn a_queue_without_room() {
    let kind = Kind::FullQueue;
    named(&run(kind, Way::Faulty).diagnosis, kind, trial(kind).stage);
    not_named(&at_a_queue(5 * LONG, LONG / 100), kind);
}

#[test]
fn one_thread_among_free_processors() {
    if cores() < 2 {
        eprintln!("skipped: with one processor one thread is all there can be");
        return;
    }
    tried(Kind::OneThread);
}

#[test]
fn far_more_threads_than_processors() {
    tried(Kind::Oversubscription);
}

#[test]
fn a_loop_that_waits_for_memory() {
    tried(Kind::MemoryBandwidth);
}

#[test]
fn batches_that_are_too_small() {
    tried(Kind::SmallBatches);
}

#[test]
fn a_thread_that_looks_for_work_without_end() {
    tried(Kind::BusyWait);
}

#[test]
fn every_kind_is_tried_once() {
    let mut kinds: Vec<&str> = TRIALS.iter().map(|trial| trial.kind.name()).collect();
    assert!(TRIALS.iter().all(|trial| !trial.kind.advice().is_empty() && !trial.what.is_empty()));
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 13);
}
