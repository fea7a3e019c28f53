//! Every piece of advice tried: a program with the fault, and the same program after the advice was taken.
//!
//! Programs run for a time and count the pieces of work that they do in it, so that the ratio of their rates is what the advice
//! gains. `lunar-habitat bench --only advice` measures it; `tests/bottlenecks.rs` holds the finder against them.
//!
//! Not here: stages of our own programs; those of trials are in no list and heard by no other profiler.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel,
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{Dispatch, Level, span};

use super::{Diagnosis, Kind, Observation, QueueLooks, bandwidth};
use crate::profile::{Profiler, ProfilerOptions};

/// Turns of some milliseconds.
const LONG: u64 = 1_000_000;
/// Bytes of a row that is made durable: the first for which one waits. A disk that forgets at a power cut makes nobody wait for a
/// small one.
const ROWS: [usize; 3] = [512, 64 << 10, 1 << 20];
/// Time of processors for a row, and least time that somebody waits for a disk that is slow.
const ROW_TURNS: u64 = 20_000;
const SLOW: Duration = Duration::from_micros(200);

/// Turns of the faster end of a queue.
const FAST: u64 = LONG / 100;

/// Whether a program has its fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As it was found.
    Faulty,
    /// After the advice was taken.
    Mended,
}

/// What a program did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What is found to hold it back.
    pub diagnosis: Diagnosis,
    /// Pieces of work that it did in a second.
    pub rate: f64,
    /// Share of the time of all threads in stages that they were on no processor, 0 to 1.
    pub off_cpu: f64,
}

/// A fault, and the advice against it.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// What there is too little of.
    pub kind: Kind,
    /// The stage that is at fault.
    pub stage: &'static str,
    /// The program, and what is done about it.
    pub what: &'static str,
    run: fn(Way, Duration) -> io::Result<Outcome>,
}

impl Trial {
    /// Run the program for about `time`.
    ///
    /// # Errors
    /// What the operating system refuses: threads, a file without a name in the folder at hand, a connection inside the machine.
    pub fn run(&self, way: Way, time: Duration) -> io::Result<Outcome> {
        (self.run)(way, time)
    }
}

const fn trial(
    kind: Kind,
    stage: &'static str,
    what: &'static str,
    run: fn(Way, Duration) -> io::Result<Outcome>,
) -> Trial {
    Trial { kind, stage, what, run }
}

/// One for each kind of fault.
pub const TRIALS: &[Trial] = &[
    trial(Kind::Lock, "ledger", "four threads compute inside a lock; outside it", lock),
    trial(Kind::Allocation, "rows", "a new list for each row; one list, cleared", allocation),
    trial(Kind::Disk, "commit", "each row made durable; 64 rows at once", disk),
    trial(Kind::Pages, "lookup", "pages that were dropped are read again; they stay", pages),
    trial(Kind::Network, "ask", "a question at a time of a peer far away; 16 at a time", network),
    trial(Kind::Sleep, "pause", "a look every 5 ms; waiting for the event", sleep),
    trial(Kind::StarvedQueue, "learn", "one thread fills a queue; two do", starved),
    trial(Kind::FullQueue, "collect", "one thread empties a queue; two do", full),
    trial(Kind::OneThread, "missions", "one thread; one for each processor", one_thread),
    trial(
        Kind::MemoryBandwidth,
        "sums",
        "sixteen passes over 128 MB; over 4 kB at a time",
        memory_bandwidth,
    ),
    trial(Kind::SmallBatches, "batch", "one piece at a time; 256 at a time", small_batches),
    trial(
        Kind::BusyWait,
        "poll",
        "looking for work without end; blocked until it comes",
        busy_wait,
    ),
    trial(
        Kind::Oversubscription,
        "missions",
        "eight threads for each processor; one",
        oversubscription,
    ),
];

/// A program under observation.
struct Program {
    dispatch: Dispatch,
    observation: Observation,
    begun: Instant,
    time: Duration,
    pieces: AtomicU64,
    /// One after the other: two would hold each other back.
    _turn: MutexGuard<'static, ()>,
}

impl Program {
    fn begin(time: Duration) -> io::Result<Program> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let options =
            ProfilerOptions { targets: vec!["trial".into()], ..ProfilerOptions::default() };
        let profiler = Profiler::new(options);
        let observation = Observation::start(&profiler, cores() as f64)?;
        Ok(Program {
            dispatch: Dispatch::new(profiler),
            observation,
            begun: Instant::now(),
            time,
            pieces: AtomicU64::new(0),
            _turn: turn,
        })
    }

    fn goes_on(&self) -> bool {
        self.begun.elapsed() < self.time
    }

    fn did(&self, pieces: u64) {
        self.pieces.fetch_add(pieces, Ordering::Relaxed);
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

    fn end(self, queues: Vec<QueueLooks>, bandwidth_s: Option<f64>) -> Outcome {
        let wall_s = self.begun.elapsed().as_secs_f64();
        let (counters, diagnosis) = self.observation.look(queues, bandwidth_s);
        let stages = &counters.profile.stages;
        let all = |part: fn(&crate::profile::Cost) -> u64| {
            stages.iter().map(|stage| part(&stage.own)).sum::<u64>() as f64
        };
        let (wall, off) = (all(|cost| cost.wall_ns), all(crate::profile::Cost::off_cpu_ns));
        Outcome {
            diagnosis,
            rate: self.pieces.load(Ordering::Relaxed) as f64 / wall_s,
            off_cpu: if wall > 0.0 { off / wall } else { 0.0 },
        }
    }
}

macro_rules! stage {
    ($name:literal) => {
        span!(target: "trial", Level::INFO, $name).entered()
    };
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

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What went wrong on another thread, if anything did.
#[derive(Default)]
struct Failed(Mutex<Option<io::Error>>);

impl Failed {
    fn note(&self, work: impl FnOnce() -> io::Result<()>) {
        if let Err(error) = work() {
            *held(&self.0) = Some(error);
        }
    }

    fn ends(self, outcome: Outcome) -> io::Result<Outcome> {
        match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(outcome),
        }
    }
}

fn lock(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let ledger = Mutex::new(0_u64);
    program.threads(4, |_| {
        while program.goes_on() {
            let _stage = stage!("ledger");
            if way == Way::Faulty {
                let mut sum = held(&ledger);
                compute(LONG);
                *sum += 1;
            } else {
                compute(LONG);
                *held(&ledger) += 1;
            }
            program.did(1);
        }
    });
    Ok(program.end(Vec::new(), None))
}

fn allocation(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    program.threads(cores(), |_| {
        let mut kept: Vec<f64> = Vec::new();
        while program.goes_on() {
            let _stage = stage!("rows");
            for row in 0..50_000 {
                if way == Way::Faulty {
                    black_box(vec![f64::from(row); 4]);
                } else {
                    kept.clear();
                    kept.resize(4, f64::from(row));
                    black_box(&mut kept);
                }
            }
            program.did(50_000);
        }
    });
    Ok(program.end(Vec::new(), None))
}

/// Size of the smallest row that somebody waits for, of the largest one where nobody does.
fn slow_row(mut file: &File) -> io::Result<usize> {
    for row in ROWS {
        let bytes = vec![7; row];
        let begun = Instant::now();
        for _ in 0..8 {
            file.write_all(&bytes)?;
            file.sync_data()?;
        }
        if begun.elapsed() >= 8 * SLOW {
            return Ok(row);
        }
    }
    Ok(ROWS[ROWS.len() - 1])
}

fn disk(way: Way, time: Duration) -> io::Result<Outcome> {
    let file = tempfile::tempfile_in(".")?;
    let bytes = vec![7; slow_row(&file)?];
    let program = Program::begin(time)?;
    let failed = Failed::default();
    program.threads(1, |_| {
        failed.note(|| {
            let (mut file, mut rows) = (&file, 0_u64);
            while program.goes_on() {
                let _stage = stage!("commit");
                compute(ROW_TURNS);
                file.write_all(&bytes)?;
                rows += 1;
                if way == Way::Faulty || rows.is_multiple_of(64) {
                    file.sync_data()?;
                }
                program.did(1);
            }
            Ok(())
        });
    });
    failed.ends(program.end(Vec::new(), None))
}

/// Files whose pages can be dropped are those of Linux.
#[cfg(not(target_os = "linux"))]
fn pages(_: Way, time: Duration) -> io::Result<Outcome> {
    Ok(Program::begin(time)?.end(Vec::new(), None))
}

#[cfg(target_os = "linux")]
fn pages(way: Way, time: Duration) -> io::Result<Outcome> {
    let length = 32 << 20;
    let mut file = tempfile::tempfile_in(".")?;
    file.write_all(&vec![7; length])?;
    file.sync_all()?;
    let program = Program::begin(time)?;
    let failed = Failed::default();
    program.threads(1, |_| {
        failed.note(|| {
            let (mut sum, mut at) = (0_u64, 0_usize);
            while program.goes_on() {
                let _stage = stage!("lookup");
                if way == Way::Faulty {
                    // As if more were mapped than there is memory for.
                    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
                }
                let map = mapped(&file)?;
                for _ in 0..200 {
                    at = (at + 1_299_709) % length;
                    sum += u64::from(map[at]);
                    compute(500);
                }
                program.did(200);
            }
            black_box(sum);
            Ok(())
        });
    });
    failed.ends(program.end(Vec::new(), None))
}

#[cfg(target_os = "linux")]
fn mapped(file: &File) -> io::Result<memmap2::Mmap> {
    // SAFETY: the file has no name, so that it is this program's alone, and nothing writes it while it is mapped.
    let map = unsafe { memmap2::Mmap::map(file) }?;
    map.advise(memmap2::Advice::Random)?;
    Ok(map)
}

/// A peer that takes 5 ms for each request, however much it asks for.
fn network(way: Way, time: Duration) -> io::Result<Outcome> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let place = listener.local_addr()?;
    let program = Program::begin(time)?;
    let failed = Failed::default();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut count = [0];
            // Who asks may go at any time.
            while stream.read_exact(&mut count).is_ok() {
                std::thread::sleep(Duration::from_millis(5));
                if stream.write_all(&vec![1; usize::from(count[0])]).is_err() {
                    break;
                }
            }
        });
        let ask = |mut stream: TcpStream| {
            let count: u8 = if way == Way::Faulty { 1 } else { 16 };
            let mut answer = vec![0; usize::from(count)];
            while program.goes_on() {
                let _stage = stage!("ask");
                stream.write_all(&[count])?;
                stream.read_exact(&mut answer)?;
                program.did(u64::from(count));
            }
            Ok(())
        };
        // Connected first, so that the peer does not wait for nobody.
        match TcpStream::connect(place) {
            Ok(stream) => {
                let stream = Mutex::new(Some(stream));
                program.threads(1, |_| {
                    if let Some(stream) = held(&stream).take() {
                        failed.note(|| ask(stream));
                    }
                });
            }
            Err(error) => failed.note(|| Err(error)),
        }
    });
    failed.ends(program.end(Vec::new(), None))
}

fn sleep(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let (give, take) = sync_channel::<()>(1);
    let (give, take) = (Mutex::new(Some(give)), Mutex::new(take));
    program.threads(2, |number| match number {
        0 => {
            // What it waits for is no stage: it would do more.
            let give = held(&give).take();
            while program.goes_on() {
                compute(LONG / 10);
                // What nobody has taken yet is enough.
                let _ = give.as_ref().map(|give| give.try_send(()));
            }
        }
        _ => {
            let take = held(&take);
            loop {
                let _stage = stage!("pause");
                let found = match way {
                    Way::Faulty => {
                        std::thread::sleep(Duration::from_millis(5));
                        take.try_recv().map_err(|error| error == TryRecvError::Disconnected)
                    }
                    Way::Mended => take
                        .recv_timeout(Duration::from_millis(100))
                        .map_err(|error| error == RecvTimeoutError::Disconnected),
                };
                match found {
                    Ok(()) => program.did(1),
                    Err(true) => break,
                    Err(false) => {}
                }
            }
        }
    });
    Ok(program.end(Vec::new(), None))
}

/// So many threads fill a queue of four places, and so many empty it; what a piece costs each of them.
fn at_a_queue(
    time: Duration,
    (givers, slow): (usize, u64),
    (takers, fast): (usize, u64),
) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let (give, take) = sync_channel::<()>(4);
    let (give, take) = (Mutex::new(Some(give)), Mutex::new(take));
    let givers_left = AtomicUsize::new(givers);
    let waiting = AtomicUsize::new(0);
    let looks = Mutex::new(QueueLooks::new("blocks", 4, "learn", "collect"));
    let empties = || loop {
        let _stage = stage!("learn");
        held(&looks).see(waiting.load(Ordering::Relaxed).min(4));
        let found = next(&take);
        match found {
            Ok(()) => {
                waiting.fetch_sub(1, Ordering::Relaxed);
                compute(fast);
                program.did(1);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    };
    let fills = || {
        let own: Option<SyncSender<()>> = held(&give).clone();
        while program.goes_on() {
            let _stage = stage!("collect");
            compute(slow);
            waiting.fetch_add(1, Ordering::Relaxed);
            // The one who takes may have left.
            let _ = own.as_ref().map(|own| own.send(()));
        }
        if givers_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            held(&give).take();
        }
    };
    program.threads(givers + takers, |number| if number < takers { empties() } else { fills() });
    let looks = looks.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(program.end(vec![looks], None))
}

/// The next piece: whoever waits for it holds the others off.
fn next(take: &Mutex<Receiver<()>>) -> Result<(), RecvTimeoutError> {
    held(take).recv_timeout(Duration::from_millis(100))
}

fn starved(way: Way, time: Duration) -> io::Result<Outcome> {
    let givers = if way == Way::Faulty { 1 } else { 2 };
    at_a_queue(time, (givers, LONG), (1, FAST))
}

fn full(way: Way, time: Duration) -> io::Result<Outcome> {
    let takers = if way == Way::Faulty { 1 } else { 2 };
    at_a_queue(time, (1, FAST), (takers, LONG))
}

fn one_thread(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let threads = if way == Way::Faulty { 1 } else { cores() };
    program.threads(threads, |_| {
        while program.goes_on() {
            let _stage = stage!("missions");
            compute(LONG);
            program.did(1);
        }
    });
    Ok(program.end(Vec::new(), None))
}

/// What memory gives to one of so many threads that all want it.
fn bandwidth_of(threads: usize) -> Option<f64> {
    let found = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(bandwidth)).collect();
        // One that broke down has found nothing.
        all.into_iter().filter_map(|one| one.join().ok().flatten()).collect::<Vec<f64>>()
    });
    (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
}

fn memory_bandwidth(way: Way, time: Duration) -> io::Result<Outcome> {
    const NUMBERS: usize = 8 << 20;
    const PASSES: usize = 16;
    let threads = cores().min(4);
    let bandwidth_s = bandwidth_of(threads);
    let arrays = || Mutex::new((vec![1.0_f64; NUMBERS], vec![2.0_f64; NUMBERS]));
    let arrays: Vec<_> = (0..threads).map(|_| arrays()).collect();
    let program = Program::begin(time)?;
    // Numbers of one run of the stage, and of the pieces that all passes are made over one after the other.
    let (part, piece) = match way {
        Way::Faulty => (NUMBERS, NUMBERS),
        Way::Mended => (NUMBERS / 64, 1 << 8),
    };
    program.threads(threads, |number| {
        let (to, from) = &mut *held(&arrays[number]);
        let mut parts = (0..NUMBERS / part).cycle().map(|at| at * part..(at + 1) * part);
        while let Some(part) = parts.next().filter(|_| program.goes_on()) {
            let _stage = stage!("sums");
            let (to, from) = (&mut to[part.clone()], &from[part.clone()]);
            for (to, from) in to.chunks_mut(piece).zip(from.chunks(piece)) {
                for _ in 0..PASSES {
                    for (to, from) in to.iter_mut().zip(black_box(from)) {
                        *to += *from;
                    }
                    black_box(&mut *to);
                }
            }
            program.did((PASSES * part.len()) as u64);
            tracing::info!(target: "trial", moved = (3 * 8 * PASSES * part.len()) as u64);
        }
    });
    Ok(program.end(Vec::new(), bandwidth_s))
}

fn small_batches(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let size = if way == Way::Faulty { 1 } else { 256 };
    program.threads(cores(), |_| {
        while program.goes_on() {
            let _stage = stage!("batch");
            compute(200 * size);
            program.did(size);
            tracing::info!(target: "trial", items = size);
        }
    });
    Ok(program.end(Vec::new(), None))
}

fn busy_wait(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let (give, take) = channel::<()>();
    let (give, take) = (Mutex::new(give), Mutex::new(take));
    let is_over = AtomicBool::new(false);
    program.threads(1 + cores(), |number| {
        if number == 0 {
            let take = held(&take);
            while !is_over.load(Ordering::Relaxed) {
                let _stage = stage!("poll");
                let found = match way {
                    Way::Faulty => take.try_recv().is_ok(),
                    Way::Mended => take.recv_timeout(Duration::from_millis(100)).is_ok(),
                };
                tracing::info!(target: "trial", items = u64::from(found));
            }
        } else {
            while program.goes_on() {
                let _stage = stage!("make");
                compute(5 * LONG);
                program.did(1);
                // The one who takes may have left.
                let _ = held(&give).send(());
            }
            is_over.store(true, Ordering::Relaxed);
        }
    });
    Ok(program.end(Vec::new(), None))
}

/// Each thread works on numbers of its own, which the caches hold for one but not for all.
fn oversubscription(way: Way, time: Duration) -> io::Result<Outcome> {
    let program = Program::begin(time)?;
    let threads = if way == Way::Faulty { 8 * cores() } else { cores() };
    program.threads(threads, |_| {
        let mut own = vec![1.0_f64; 48 << 10];
        while program.goes_on() {
            let _stage = stage!("missions");
            for _ in 0..16 {
                own.iter_mut().for_each(|one| *one = 0.5 * *one + 1.0);
                black_box(&mut own);
                // As where every step ends with a word to somebody else.
                std::thread::yield_now();
            }
            program.did(16);
        }
    });
    Ok(program.end(Vec::new(), None))
}
