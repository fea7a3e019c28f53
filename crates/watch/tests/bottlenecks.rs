//! Planted faults of performance as real programs: each is named, and is not named any more after its advice was taken.
//!
//! Programs run for a time, not for a number of turns, and are judged by ratios of counters, so that a busy machine changes
//! nothing. They run one after the other.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use std::alloc::System;
use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError, channel, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lunar_habitat_watch::bottleneck::{
    Counters, Diagnosis, Kind, Observation, QueueLooks, bandwidth, find,
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

fn with_a_lock(is_held: bool) -> Diagnosis {
    let program = Program::begin();
    let ledger = Mutex::new(0_u64);
    program.threads(4, |_| {
        while program.goes_on() {
            let _stage = tracing::info_span!("ledger").entered();
            if is_held {
                let mut sum = ledger.lock().unwrap();
                compute(LONG);
                *sum += 1;
            } else {
                compute(LONG);
                *ledger.lock().unwrap() += 1;
            }
        }
    });
    program.end(Vec::new(), None)
}

#[test]
fn a_lock_that_is_held_too_long() {
    named(&with_a_lock(true), Kind::Lock, "ledger");
    not_named(&with_a_lock(false), Kind::Lock);
}

fn with_allocations(is_new: bool) -> Diagnosis {
    let program = Program::begin();
    program.threads(cores(), |_| {
        let mut kept: Vec<f64> = Vec::new();
        while program.goes_on() {
            let _stage = tracing::info_span!("rows").entered();
            for row in 0..50_000 {
                if is_new {
                    black_box(vec![f64::from(row); 4]);
                } else {
                    kept.clear();
                    kept.resize(4, f64::from(row));
                    black_box(&mut kept);
                }
            }
        }
    });
    program.end(Vec::new(), None)
}

#[test]
fn a_storm_of_allocations() {
    named(&with_allocations(true), Kind::Allocation, "rows");
    not_named(&with_allocations(false), Kind::Allocation);
}

/// Rows of so many bytes into a file, and the share of the time in which the thread that writes them had no processor.
fn on_a_disk(syncs_each: bool, row: usize) -> (Diagnosis, f64) {
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let file = File::create(dir.path().join("rows")).unwrap();
    let bytes = vec![7; row];
    let program = Program::begin();
    let waited = Mutex::new(0.0);
    program.threads(1, |_| {
        let (mut file, mut rows) = (&file, 0_u64);
        let (begun, cpu) = (Instant::now(), thread_s());
        while program.goes_on() {
            let _stage = tracing::info_span!("commit").entered();
            compute(2_000);
            file.write_all(&bytes).unwrap();
            rows += 1;
            if syncs_each || rows % 50_000 == 0 {
                file.sync_data().unwrap();
            }
        }
        *waited.lock().unwrap() = 1.0 - (thread_s() - cpu) / begun.elapsed().as_secs_f64();
    });
    let waited = *waited.lock().unwrap();
    (program.end(Vec::new(), None), waited)
}

/// Processor time of this thread, s.
fn thread_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[test]
fn a_disk_that_is_waited_for_at_every_row() {
    // A disk that forgets at a power cut, or a file system in memory, makes nobody wait for a small row.
    let slow = [512, 64 << 10, 1 << 20]
        .into_iter()
        .map(|row| on_a_disk(true, row))
        .find(|(_, waited)| *waited >= 0.5);
    match slow {
        Some((diagnosis, _)) => named(&diagnosis, Kind::Disk, "commit"),
        None => {
            eprintln!("skipped: the disk of this machine makes nobody wait, even for rows of 1 MiB")
        }
    }
    not_named(&on_a_disk(false, 512).0, Kind::Disk);
}

fn at_a_queue(givers: usize, slow: u64, fast: u64) -> (Diagnosis, QueueLooks) {
    let program = Program::begin();
    let (give, take) = sync_channel::<u64>(4);
    let take = Mutex::new(take);
    let waiting = AtomicUsize::new(0);
    let looks = Mutex::new(QueueLooks::new("blocks", 4, "learn", "collect"));
    program.threads(givers + 1, |number| {
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
    (program.end(vec![looks.clone()], None), looks)
}

#[test]
fn a_queue_that_is_starved() {
    let (diagnosis, looks) = at_a_queue(1, 10 * LONG, LONG / 100);
    let starved = diagnosis.findings.iter().find(|one| one.kind == Kind::StarvedQueue);
    let starved = starved.unwrap_or_else(|| panic!("{diagnosis:#?} {looks:?}"));
    assert_eq!(starved.stage, "learn");
    assert_eq!(diagnosis.limit(), Some(starved), "{diagnosis:#?}");
    // The stage that fills it made faster.
    let (cured, _) = at_a_queue(1, LONG / 10, LONG);
    not_named(&cured, Kind::StarvedQueue);
}

#[test]
fn a_queue_without_room() {
    let (diagnosis, looks) = at_a_queue(1, LONG / 100, 5 * LONG);
    let full = diagnosis.findings.iter().find(|one| one.kind == Kind::FullQueue);
    let full = full.unwrap_or_else(|| panic!("{diagnosis:#?} {looks:?}"));
    assert_eq!((full.stage.as_str(), diagnosis.limit()), ("collect", Some(full)));
    let (cured, _) = at_a_queue(1, 5 * LONG, LONG / 100);
    not_named(&cured, Kind::FullQueue);
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

fn on_threads(threads: usize) -> Diagnosis {
    let program = Program::begin();
    program.threads(threads, |_| {
        while program.goes_on() {
            let _stage = tracing::info_span!("missions").entered();
            compute(LONG);
        }
    });
    program.end(Vec::new(), None)
}

#[test]
fn one_thread_among_free_processors() {
    if cores() < 2 {
        return;
    }
    named(&on_threads(1), Kind::OneThread, "missions");
    not_named(&on_threads(cores()), Kind::OneThread);
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

#[test]
fn far_more_threads_than_processors() {
    named(&on_threads(8 * cores()), Kind::Oversubscription, "missions");
    not_named(&on_threads(cores()), Kind::Oversubscription);
}

fn through_memory(numbers: usize) -> Diagnosis {
    let bandwidth_s = bandwidth();
    let mut arrays: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..cores() {
        arrays.push((vec![1.0; numbers], vec![2.0; numbers]));
    }
    let arrays: Vec<_> = arrays.into_iter().map(Mutex::new).collect();
    let program = Program::begin();
    program.threads(cores(), |number| {
        let (to, from) = &mut *arrays[number].lock().unwrap();
        while program.goes_on() {
            let _stage = tracing::info_span!("sums").entered();
            for _ in 0..(16 << 20) / numbers {
                for (to, from) in to.iter_mut().zip(black_box(&*from)) {
                    *to += *from;
                }
                black_box(&mut *to);
            }
            tracing::info!(moved = 3 * 8 * (16_u64 << 20));
        }
    });
    program.end(Vec::new(), bandwidth_s)
}

#[test]
fn a_loop_that_waits_for_memory() {
    named(&through_memory(8 << 20), Kind::MemoryBandwidth, "sums");
    // In pieces that stay in the cache.
    not_named(&through_memory(1 << 10), Kind::MemoryBandwidth);
}

fn in_batches(size: u64) -> Diagnosis {
    let program = Program::begin();
    program.threads(cores(), |_| {
        while program.goes_on() {
            let _stage = tracing::info_span!("batch").entered();
            compute(200 * size);
            tracing::info!(items = size);
        }
    });
    program.end(Vec::new(), None)
}

#[test]
fn batches_that_are_too_small() {
    named(&in_batches(1), Kind::SmallBatches, "batch");
    not_named(&in_batches(4_096), Kind::SmallBatches);
}

fn from_a_file(is_dropped: bool) -> Diagnosis {
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let path = dir.path().join("pages");
    let length = 32 << 20;
    File::create(&path).unwrap().write_all(&vec![7; length]).unwrap();
    let file = File::open(&path).unwrap();
    file.sync_all().unwrap();
    let program = Program::begin();
    program.threads(1, |_| {
        let (mut sum, mut at) = (0_u64, 0_usize);
        while program.goes_on() {
            let _stage = tracing::info_span!("lookup").entered();
            if is_dropped {
                // As if more were mapped than there is memory for.
                rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
            }
            // SAFETY: the file is of this test alone and is not written any more.
            let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
            map.advise(memmap2::Advice::Random).unwrap();
            for _ in 0..200 {
                at = (at + 1_299_709) % length;
                sum += u64::from(map[at]);
                compute(500);
            }
        }
        black_box(sum);
    });
    program.end(Vec::new(), None)
}

#[test]
fn pages_that_come_from_the_disk_again_and_again() {
    named(&from_a_file(true), Kind::Pages, "lookup");
    not_named(&from_a_file(false), Kind::Pages);
}

fn looking_for_work(is_blocking: bool) -> Diagnosis {
    let program = Program::begin();
    let (give, take) = channel::<u64>();
    let take = Mutex::new(take);
    let is_over = AtomicBool::new(false);
    program.threads(2, |number| {
        if number == 0 {
            let take = take.lock().unwrap();
            while !is_over.load(Ordering::Relaxed) {
                let _stage = tracing::info_span!("poll").entered();
                let found = if is_blocking {
                    take.recv_timeout(Duration::from_millis(100)).is_ok()
                } else {
                    !matches!(
                        take.try_recv(),
                        Err(TryRecvError::Empty | TryRecvError::Disconnected)
                    )
                };
                tracing::info!(items = u64::from(found));
            }
        } else {
            while program.goes_on() {
                let _stage = tracing::info_span!("make").entered();
                compute(5 * LONG);
                give.send(1).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        }
    });
    program.end(Vec::new(), None)
}

#[test]
fn a_thread_that_looks_for_work_without_end() {
    let diagnosis = looking_for_work(false);
    named(&diagnosis, Kind::BusyWait, "poll");
    not_named(&looking_for_work(true), Kind::BusyWait);
}

#[test]
fn a_peer_that_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut question = [0; 1];
        while stream.read_exact(&mut question).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
            if stream.write_all(&question).is_err() {
                break;
            }
        }
    });
    let program = Program::begin();
    program.threads(1, |_| {
        let mut stream = TcpStream::connect(place).unwrap();
        let mut answer = [0; 1];
        while program.goes_on() {
            let _stage = tracing::info_span!("ask").entered();
            stream.write_all(&[1]).unwrap();
            stream.read_exact(&mut answer).unwrap();
        }
    });
    peer.join().unwrap();
    named(&program.end(Vec::new(), None), Kind::Network, "ask");
}

#[test]
fn a_stage_that_sleeps_between_two_looks() {
    let program = Program::begin();
    program.threads(1, |_| {
        while program.goes_on() {
            let _stage = tracing::info_span!("pause").entered();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    named(&program.end(Vec::new(), None), Kind::Sleep, "pause");
}
