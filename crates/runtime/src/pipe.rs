//! A bounded queue between a hot loop and a sink, with a writer thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

use crate::error::panic_message;
use crate::{Block, Sink, SinkError};

/// Time without a block after which a sink is told so.
const IDLE: Duration = Duration::from_millis(10);

/// What a sender does when the queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnFull {
    /// Wait until the sink has caught up: every row counts (missions).
    Wait,
    /// Give the block up, count its rows and go on: the loop must not wait (training).
    DropAndCount,
}

/// What became of the rows sent through a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PipeSummary {
    /// Rows the sink has accepted.
    pub rows: u64,
    /// Rows given up because the queue was full.
    pub dropped_rows: u64,
}

enum Message {
    Rows(Block),
    Finish,
}

/// A sender of blocks to a [`Sink`] that runs on a thread of its own.
///
/// A pipe owns a fixed set of blocks; each send hands a full one over and returns an empty one,
/// so nothing is allocated after the start. An error of the sink is returned by the next send and
/// again by [`finish`](Pipe::finish). Dropping a pipe abandons the run: queued blocks are
/// discarded and the sink is dropped without being finished.
pub struct Pipe {
    queue: Option<Sender<Message>>,
    empty: Receiver<Block>,
    worker: Option<JoinHandle<u64>>,
    failure: Arc<OnceLock<SinkError>>,
    abandoned: Arc<AtomicBool>,
    on_full: OnFull,
    dropped_rows: u64,
}

impl Pipe {
    /// Start the writer thread and return the pipe with the first empty block.
    ///
    /// `depth` blocks (at least one) may wait in the queue; two more are allocated, one for the
    /// sender to fill and one for the sink to read.
    ///
    /// # Errors
    /// [`SinkError::Thread`] when the operating system refuses the thread.
    pub fn start(
        sink: Box<dyn Sink>,
        channels: usize,
        rows: usize,
        depth: usize,
        on_full: OnFull,
    ) -> Result<(Pipe, Block), SinkError> {
        let depth = depth.max(1);
        let (queue, full) = bounded(depth);
        let (recycle, empty) = bounded(depth + 2);
        for _ in 0..=depth {
            // The channel holds one more than is put into it, so this cannot block or fail.
            let _ = recycle.try_send(Block::new(channels, rows));
        }
        let failure = Arc::new(OnceLock::new());
        let abandoned = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            full,
            recycle,
            failure: Arc::clone(&failure),
            abandoned: Arc::clone(&abandoned),
        };
        let worker = thread::Builder::new()
            .name("telemetry-writer".to_owned())
            .spawn(move || writer.run(sink))
            .map_err(|error| SinkError::Thread { reason: error.to_string() })?;
        let pipe = Pipe {
            queue: Some(queue),
            empty,
            worker: Some(worker),
            failure,
            abandoned,
            on_full,
            dropped_rows: 0,
        };
        Ok((pipe, Block::new(channels, rows)))
    }

    /// Hand the rows of `block` to the sink and return an empty block.
    ///
    /// An empty block is returned as it is.
    ///
    /// # Errors
    /// The first error of the sink, whichever block caused it.
    pub fn send(&mut self, mut block: Block) -> Result<Block, SinkError> {
        if let Some(error) = self.failure.get() {
            return Err(error.clone());
        }
        if block.is_empty() {
            return Ok(block);
        }
        let Some(queue) = &self.queue else {
            return Err(self.gone());
        };
        let delivered = match self.on_full {
            OnFull::Wait => queue.send(Message::Rows(block)).is_ok(),
            OnFull::DropAndCount => match queue.try_send(Message::Rows(block)) {
                Ok(()) => true,
                Err(TrySendError::Full(Message::Rows(back))) => {
                    block = back;
                    self.dropped_rows += block.len() as u64;
                    block.clear();
                    return Ok(block);
                }
                Err(_) => false,
            },
        };
        if !delivered {
            return Err(self.gone());
        }
        self.empty.recv().map_err(|_| self.gone())
    }

    /// Wait until the sink has taken every queued block and has finished.
    ///
    /// # Errors
    /// The first error of the sink, also when a send has already returned it.
    pub fn finish(mut self) -> Result<PipeSummary, SinkError> {
        if let Some(queue) = self.queue.take() {
            // A send that fails means the writer has stopped; its reason is read below.
            let _ = queue.send(Message::Finish);
        }
        let rows = match self.worker.take().map(JoinHandle::join) {
            Some(Ok(rows)) => rows,
            _ => return Err(self.gone()),
        };
        match self.failure.get() {
            Some(error) => Err(error.clone()),
            None => Ok(PipeSummary { rows, dropped_rows: self.dropped_rows }),
        }
    }

    /// Blocks that wait for the sink now. Where they are as many as may wait, a send has to wait too, or gives up.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.as_ref().map_or(0, Sender::len)
    }

    /// Rows given up so far because the queue was full.
    #[must_use]
    pub fn dropped_rows(&self) -> u64 {
        self.dropped_rows
    }

    fn gone(&self) -> SinkError {
        self.failure.get().cloned().unwrap_or_else(|| SinkError::Thread {
            reason: "it stopped without saying why".to_owned(),
        })
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.queue = None;
        if let Some(worker) = self.worker.take() {
            // Joined so that the sink has cleaned up before the process may end.
            let _ = worker.join();
        }
    }
}

struct Writer {
    full: Receiver<Message>,
    recycle: Sender<Block>,
    failure: Arc<OnceLock<SinkError>>,
    abandoned: Arc<AtomicBool>,
}

impl Writer {
    /// Feed the sink until the pipe finishes, is dropped or the sink fails; return the rows taken.
    fn run(self, mut sink: Box<dyn Sink>) -> u64 {
        let mut rows = 0;
        let mut rested = true;
        loop {
            // A sink that has rested already is not asked again until something has come.
            let next = if rested {
                self.full.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.full.recv_timeout(IDLE)
            };
            let message = match next {
                Ok(message) => message,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = contain(|| sink.idle()) {
                        self.fail(error, sink);
                        return rows;
                    }
                    rested = true;
                    continue;
                }
            };
            rested = false;
            if self.abandoned.load(Ordering::Relaxed) {
                break;
            }
            match message {
                Message::Rows(mut block) => {
                    if let Err(error) = contain(|| sink.accept(&block)) {
                        self.fail(error, sink);
                        return rows;
                    }
                    rows += block.len() as u64;
                    block.clear();
                    // Fails only when the pipe is gone; the next receive says so.
                    let _ = self.recycle.send(block);
                }
                Message::Finish => {
                    if let Err(error) = contain(|| sink.finish()) {
                        let _ = self.failure.set(error);
                    }
                    return rows;
                }
            }
        }
        let _ = contain(|| {
            drop(sink);
            Ok(())
        });
        rows
    }

    /// Record the error before the channels close, so that a waiting sender finds it.
    fn fail(&self, error: SinkError, sink: Box<dyn Sink>) {
        let _ = contain(|| {
            drop(sink);
            Ok(())
        });
        let _ = self.failure.set(error);
    }
}

/// Run `work` of a sink and turn a panic into an error.
fn contain(work: impl FnOnce() -> Result<(), SinkError>) -> Result<(), SinkError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        Err(SinkError::Panicked { message: panic_message(payload.as_ref()) })
    })
}

#[cfg(test)]
mod tests {
    /// Counts how often it was told that nothing comes.
    struct Resting(Arc<std::sync::atomic::AtomicUsize>);

    impl Sink for Resting {
        fn accept(&mut self, _: &Block) -> Result<(), SinkError> {
            Ok(())
        }

        fn idle(&mut self) -> Result<(), SinkError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<(), SinkError> {
            Ok(())
        }
    }

    #[test]
    fn a_sink_is_told_once_after_each_block_that_nothing_comes() {
        let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let sink = Box::new(Resting(Arc::clone(&count)));
        let (mut pipe, mut block) = Pipe::start(sink, 1, 4, 1, OnFull::Wait).unwrap();
        for told in 1..=2 {
            block.push(f64::from(told), &[0.0]).unwrap();
            block = pipe.send(block).unwrap();
            while count.load(Ordering::SeqCst) < told as usize {
                thread::sleep(Duration::from_millis(1));
            }
        }
        thread::sleep(4 * IDLE);
        assert_eq!(count.load(Ordering::SeqCst), 2);
        pipe.finish().unwrap();
    }

    use std::collections::HashSet;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    /// What happened to a probe sink.
    #[derive(Default)]
    struct Seen {
        times: Mutex<Vec<f64>>,
        finished: AtomicBool,
        dropped: AtomicBool,
    }

    /// A sink that waits for a permit before each block and fails where it is told to.
    struct Probe {
        seen: Arc<Seen>,
        gate: Option<Receiver<()>>,
        fail_at: Option<usize>,
        panic_at: Option<usize>,
        blocks: usize,
    }

    impl Probe {
        fn new(seen: &Arc<Seen>) -> Probe {
            Probe { seen: Arc::clone(seen), gate: None, fail_at: None, panic_at: None, blocks: 0 }
        }
    }

    impl Sink for Probe {
        fn accept(&mut self, block: &Block) -> Result<(), SinkError> {
            if let Some(gate) = &self.gate {
                let _ = gate.recv();
            }
            if self.fail_at == Some(self.blocks) {
                return Err(SinkError::failed("no space left"));
            }
            assert!(self.panic_at != Some(self.blocks), "probe broke");
            self.blocks += 1;
            self.seen.times.lock().unwrap().extend_from_slice(block.time_s());
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<(), SinkError> {
            self.seen.finished.store(true, Ordering::SeqCst);
            Ok(())
        }
    }

    impl Drop for Probe {
        fn drop(&mut self) {
            self.seen.dropped.store(true, Ordering::SeqCst);
        }
    }

    fn fill(block: &mut Block, from: usize) {
        let mut row = from;
        while !block.is_full() {
            block.push(row as f64, &[row as f64]).unwrap();
            row += 1;
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_allocated_in_wait_mode() {
        let seen = Arc::new(Seen::default());
        let (mut pipe, mut block) =
            Pipe::start(Box::new(Probe::new(&seen)), 1, 8, 2, OnFull::Wait).unwrap();
        let mut memory = HashSet::new();
        for sent in 0..500 {
            memory.insert(block.time_s().as_ptr());
            fill(&mut block, sent * 8);
            block = pipe.send(block).unwrap();
            assert!(block.is_empty());
        }
        block.push(4_000.0, &[0.0]).unwrap();
        pipe.send(block).unwrap();
        let summary = pipe.finish().unwrap();
        assert_eq!(summary, PipeSummary { rows: 4_001, dropped_rows: 0 });
        let expected: Vec<f64> = (0..=4_000).map(f64::from).collect();
        assert_eq!(*seen.times.lock().unwrap(), expected);
        assert!(seen.finished.load(Ordering::SeqCst));
        assert!(memory.len() <= 4, "{} blocks for a queue of 2", memory.len());
    }

    #[test]
    fn blocks_that_wait_are_counted() {
        let seen = Arc::new(Seen::default());
        let (permit, gate) = bounded(64);
        let mut probe = Probe::new(&seen);
        probe.gate = Some(gate);
        let (mut pipe, mut block) = Pipe::start(Box::new(probe), 1, 1, 2, OnFull::Wait).unwrap();
        fill(&mut block, 0);
        block = pipe.send(block).unwrap();
        // The sink takes the first and is held at the gate.
        while pipe.waiting() > 0 {
            thread::yield_now();
        }
        for row in 1..3 {
            fill(&mut block, row);
            block = pipe.send(block).unwrap();
            assert_eq!(pipe.waiting(), row);
        }
        for _ in 0..3 {
            permit.send(()).unwrap();
        }
        assert_eq!(pipe.finish().unwrap().rows, 3);
    }

    #[test]
    fn a_full_queue_waits() {
        let seen = Arc::new(Seen::default());
        let (permit, gate) = bounded(64);
        let mut probe = Probe::new(&seen);
        probe.gate = Some(gate);
        let (mut pipe, mut block) = Pipe::start(Box::new(probe), 1, 1, 1, OnFull::Wait).unwrap();
        let (progress, sent) = bounded(64);
        let sender = thread::spawn(move || {
            for row in 0..6 {
                fill(&mut block, row);
                block = pipe.send(block).unwrap();
                progress.send(row).unwrap();
            }
            pipe.finish().unwrap()
        });
        // Closed gate: one block is with the sink, one in the queue; the next send has to wait.
        assert_eq!(sent.recv_timeout(Duration::from_secs(10)), Ok(0));
        assert_eq!(sent.recv_timeout(Duration::from_secs(10)), Ok(1));
        assert!(sent.recv_timeout(Duration::from_millis(100)).is_err());
        for _ in 0..6 {
            permit.send(()).unwrap();
        }
        assert_eq!(sender.join().unwrap(), PipeSummary { rows: 6, dropped_rows: 0 });
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let seen = Arc::new(Seen::default());
        let (permit, gate) = bounded(64);
        let mut probe = Probe::new(&seen);
        probe.gate = Some(gate);
        let (mut pipe, mut block) =
            Pipe::start(Box::new(probe), 1, 5, 1, OnFull::DropAndCount).unwrap();
        for sent in 0..20 {
            fill(&mut block, sent * 5);
            block = pipe.send(block).unwrap();
        }
        // With the gate closed the sink holds at most one block and the queue one.
        let dropped = pipe.dropped_rows();
        assert!(dropped >= 18 * 5, "{dropped} rows dropped");
        for _ in 0..20 {
            permit.send(()).unwrap();
        }
        let summary = pipe.finish().unwrap();
        assert_eq!(summary.rows + summary.dropped_rows, 100);
        assert_eq!(summary.dropped_rows, dropped);
    }

    fn send_until_error(pipe: &mut Pipe, mut block: Block) -> SinkError {
        for sent in 0..10_000 {
            fill(&mut block, sent);
            match pipe.send(block) {
                Ok(empty) => block = empty,
                Err(error) => return error,
            }
            thread::sleep(Duration::from_micros(50));
        }
        panic!("the error never came back");
    }

    #[test]
    fn an_error_of_the_sink_comes_back_on_send_and_at_finish() {
        for on_full in [OnFull::Wait, OnFull::DropAndCount] {
            let seen = Arc::new(Seen::default());
            let mut probe = Probe::new(&seen);
            probe.fail_at = Some(2);
            let (mut pipe, block) = Pipe::start(Box::new(probe), 1, 1, 2, on_full).unwrap();
            assert_eq!(send_until_error(&mut pipe, block).to_string(), "no space left");
            assert_eq!(pipe.send(Block::new(1, 1)).unwrap_err().to_string(), "no space left");
            assert_eq!(pipe.finish().unwrap_err().to_string(), "no space left");
            assert!(!seen.finished.load(Ordering::SeqCst));
            assert!(seen.dropped.load(Ordering::SeqCst));
        }
    }

    #[test]
    fn a_panicking_sink_is_an_error() {
        let seen = Arc::new(Seen::default());
        let mut probe = Probe::new(&seen);
        probe.panic_at = Some(1);
        let (mut pipe, block) = Pipe::start(Box::new(probe), 1, 1, 2, OnFull::Wait).unwrap();
        let error = send_until_error(&mut pipe, block);
        assert_eq!(error.to_string(), "the telemetry sink panicked: probe broke");
        assert!(pipe.finish().is_err());
    }

    #[test]
    fn a_dropped_pipe_abandons_the_sink() {
        let seen = Arc::new(Seen::default());
        let (mut pipe, mut block) =
            Pipe::start(Box::new(Probe::new(&seen)), 1, 1, 2, OnFull::Wait).unwrap();
        fill(&mut block, 0);
        pipe.send(block).unwrap();
        drop(pipe);
        assert!(seen.dropped.load(Ordering::SeqCst));
        assert!(!seen.finished.load(Ordering::SeqCst));
    }
}
