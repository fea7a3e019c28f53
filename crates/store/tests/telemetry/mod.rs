//! Rows whose values follow from their number, and processes that send them.

#![allow(dead_code)] // Each story takes a part.

use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use lunar_habitat_store::{
    Database, DatabaseSettings, Ingest, IngestSettings, Location, NewRun, Signal, Span, Stream,
};
use runtime::Block;

/// Time between two rows, µs.
pub const STEP_US: i64 = 60_000_000;

/// Numbers that follow from a seed.
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0) % limit
    }
}

/// A number in which no bit looks like those of its neighbours.
fn mixed(seed: u64) -> u64 {
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    seed ^ (seed >> 31)
}

/// Noise, so that nothing compresses and no two rows are alike.
pub fn value(row: i64, channel: usize) -> f64 {
    let bits = mixed((row as u64) << 16 | channel as u64);
    (bits >> 11) as f64 / (1_u64 << 53) as f64 * 200.0 - 100.0
}

pub fn open(location: &Location) -> Database {
    Database::open(location, &DatabaseSettings::default()).unwrap()
}

/// The stream of a name in the run `first`, which is made where it is missing, also when others make it meanwhile.
pub fn stream(database: &Database, name: &str, channels: usize) -> Stream {
    let run = match database.run("first") {
        Ok(run) => run.id,
        Err(_) => database
            .begin_run(&NewRun::named("first"))
            .unwrap_or_else(|_| database.run("first").unwrap().id),
    };
    let signals: Vec<Signal> =
        (0..channels).map(|at| Signal::new(&format!("living.air.c{at}_pa"), "Pa")).collect();
    database.stream(run, name, &signals).unwrap()
}

pub fn ingest(database: &Database, stream: &Stream) -> Ingest {
    Ingest::new(database, stream, &IngestSettings::default())
}

pub fn block(rows: Range<i64>, channels: usize) -> Block {
    let mut block = Block::new(channels, (rows.end - rows.start) as usize);
    for row in rows {
        let values: Vec<f64> = (0..channels).map(|at| value(row, at)).collect();
        block.push((row * STEP_US) as f64 / 1e6, &values).unwrap();
    }
    block
}

/// Demand that the rows in the order of time are rows 0 to `count`, once each and to the bit.
pub fn expect_all(database: &Database, stream: &Stream, count: i64) {
    expect(database, stream, Span::ALL, 0..count);
}

/// Demand that the rows of a span are these, once each and to the bit.
pub fn expect(database: &Database, stream: &Stream, span: Span, rows: Range<i64>) {
    let names: Vec<&str> = stream.signals.iter().map(|signal| signal.name.as_str()).collect();
    let found = database.read(stream, &names, span).unwrap();
    assert_eq!(found.len() as i64, rows.end - rows.start, "rows of {}", stream.name);
    for (at, row) in rows.enumerate() {
        assert_eq!(found.time_us()[at], row * STEP_US, "row {row} of {}", stream.name);
        for channel in 0..names.len() {
            let (found, sent) = (found.column(channel)[at], value(row, channel));
            assert_eq!(found.to_bits(), sent.to_bits(), "row {row}, channel {channel}");
        }
    }
}

/// Names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// This program once more as a process of its own, which plays one part of a story.
pub struct Actor {
    pub child: Child,
    lines: Receiver<String>,
}

/// The word by which an actor begins what it tells the story.
const TOLD: &str = "told ";

impl Actor {
    /// Start the test `part` in a process of its own, with these words for it.
    pub fn start(part: &str, words: &[&str]) -> Actor {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([part, "--exact", "--nocapture", "--test-threads=1"])
            .env("STORY_PART", words.join("\n"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, lines) = channel();
        let told = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut told = told;
            let mut line = String::new();
            // A line without its end was cut off by a kill: it was not told.
            while told.read_line(&mut line).unwrap_or(0) > 0 && line.ends_with('\n') {
                // The test harness may have written its own words before ours on the same line.
                if let Some((_, words)) = line.trim_end().split_once(TOLD) {
                    let _ = out.send(words.to_owned());
                }
                line.clear();
            }
        });
        Actor { child, lines }
    }

    /// The next thing it tells; `None` when it has ended.
    pub fn next(&self) -> Option<String> {
        self.lines.recv().ok()
    }

    /// Kill it; returns what it has told until then.
    pub fn kill(mut self) -> Vec<String> {
        use std::os::unix::process::ExitStatusExt;
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "it ended before it was killed");
        self.lines.iter().collect()
    }

    /// Wait until it ends well; returns what it has told.
    pub fn end(mut self) -> Vec<String> {
        let told = self.lines.iter().collect();
        assert!(self.child.wait().unwrap().success(), "a part of the story failed");
        told
    }
}

impl Drop for Actor {
    /// A story that fails leaves nobody behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The words for an actor; `None` where this process is none.
pub fn part() -> Option<Vec<String>> {
    let words = std::env::var("STORY_PART").ok()?;
    Some(words.split('\n').map(str::to_owned).collect())
}

/// Tell the story something; returns when the words have left the process.
pub fn tell(words: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{TOLD}{words}").unwrap();
    out.flush().unwrap();
}
