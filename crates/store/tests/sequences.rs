//! Story: whatever is done in whichever order, a database holds what a list in memory would hold.
//!
//! Random sequences of appending, committing, packing, reopening, thinning out by nobody, sending again and sending late,
//! by two writers of one stream, are played on a file and on a model. After each step they are held against each other.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod telemetry;

use std::collections::BTreeMap;
use std::time::Duration;

use lunar_habitat_store::{Database, Ingest, IngestSettings, Location, Rows, Span, Stream};
use proptest::prelude::*;
use telemetry::{open, stream};

const CHANNELS: usize = 2;
const WRITERS: usize = 2;

/// One thing that is done.
#[derive(Debug, Clone)]
enum Act {
    /// A writer is given rows: from this time on, so many, so far apart; a negative step sends them backwards.
    Append { writer: usize, from: i64, rows: i64, step: i64 },
    /// A writer commits.
    Commit(usize),
    /// A writer commits and packs.
    Finish(usize),
    /// A writer is forgotten with what it has not committed, and another takes its place.
    Forget(usize),
    /// Everything is closed and opened again; what was not committed is gone.
    Reopen,
    /// The rows of a span of time are read.
    Read { from: i64, to: i64 },
    /// The rows from some arrival number on are read.
    Follow(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let writer = 0..WRITERS;
    let rows = prop_oneof![8 => 1..40_i64, 1 => 4_000..9_000_i64];
    prop_oneof![
        6 => (writer.clone(), 0..2_000_i64, rows, prop_oneof![Just(1), Just(3), Just(-2), Just(0)])
            .prop_map(|(writer, from, rows, step)| Act::Append { writer, from, rows, step }),
        4 => writer.clone().prop_map(Act::Commit),
        2 => writer.clone().prop_map(Act::Finish),
        1 => writer.prop_map(Act::Forget),
        1 => Just(Act::Reopen),
        2 => (-10..3_000_i64, -10..3_000_i64).prop_map(|(a, b)| Act::Read { from: a.min(b), to: a.max(b) }),
        2 => (0..3_000_u64).prop_map(Act::Follow),
    ]
}

/// What ought to be there.
#[derive(Default)]
struct Model {
    /// Values by time.
    there: BTreeMap<i64, [u64; CHANNELS]>,
    /// Times in the order of arrival.
    arrived: Vec<i64>,
    /// What each writer has been given and has not committed.
    waiting: [Vec<(i64, [f64; CHANNELS])>; WRITERS],
    repeated: [u64; WRITERS],
}

impl Model {
    fn commit(&mut self, writer: usize) {
        for (time_us, values) in self.waiting[writer].drain(..) {
            if self.there.contains_key(&time_us) {
                self.repeated[writer] += 1;
                continue;
            }
            self.there.insert(time_us, values.map(f64::to_bits));
            self.arrived.push(time_us);
        }
    }
}

/// A value of which every row that is sent has another, also for one time.
fn sent(number: u64, channel: usize) -> f64 {
    match (number + channel as u64) % 11 {
        0 => f64::NAN,
        1 => -0.0,
        2 => f64::NEG_INFINITY,
        3 => 21.5,
        _ => telemetry::value(number as i64, channel),
    }
}

fn writer(database: &Database, stream: &Stream) -> Ingest {
    // Only what is told to is committed.
    let settings = IngestSettings { group: Duration::from_secs(3_600), ..Default::default() };
    Ingest::new(database, stream, &settings)
}

fn same(rows: &Rows, model: &Model, times: impl Iterator<Item = i64>) {
    let times: Vec<i64> = times.collect();
    assert_eq!(rows.time_us(), times);
    for (at, time_us) in times.iter().enumerate() {
        for channel in 0..CHANNELS {
            assert_eq!(rows.column(channel)[at].to_bits(), model.there[time_us][channel]);
        }
    }
}

fn play(acts: &[Act]) {
    // In memory where there is such a place: thousands of commits are not there to wear out a disk.
    let memory = std::path::Path::new("/dev/shm");
    let dir = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap();
    let location = Location::Sqlite(dir.path().join("runs.db"));
    let mut database = open(&location);
    let stream = stream(&database, "telemetry", CHANNELS);
    let names: Vec<&str> = stream.signals.iter().map(|signal| signal.name.as_str()).collect();
    let mut writers = [0; WRITERS].map(|_| writer(&database, &stream));
    let mut model = Model::default();
    let mut number = 0;
    for act in acts {
        match *act {
            Act::Append { writer, from, rows, step } => {
                let mut sent_now = Rows::new(CHANNELS);
                for row in 0..rows {
                    number += 1;
                    let values = [sent(number, 0), sent(number, 1)];
                    sent_now.push(from + row * step, &values);
                    model.waiting[writer].push((from + row * step, values));
                }
                writers[writer].append_rows(&mut sent_now).unwrap();
                assert!(sent_now.is_empty());
            }
            Act::Commit(at) => {
                model.commit(at);
                assert_eq!(writers[at].commit().unwrap().repeated, model.repeated[at]);
            }
            Act::Finish(at) => {
                model.commit(at);
                assert_eq!(writers[at].finish().unwrap().repeated, model.repeated[at]);
            }
            Act::Forget(at) => {
                writers[at] = writer(&database, &stream);
                model.waiting[at].clear();
                model.repeated[at] = 0;
            }
            Act::Reopen => {
                drop(database);
                database = open(&location);
                writers = [0; WRITERS].map(|_| writer(&database, &stream));
                model.waiting.iter_mut().for_each(Vec::clear);
                model.repeated = [0; WRITERS];
            }
            Act::Read { from, to } => {
                let rows = database.read(&stream, &names, Span::Time(from, to)).unwrap();
                same(&rows, &model, model.there.range(from..=to).map(|(time_us, _)| *time_us));
            }
            Act::Follow(from) => {
                let rows = database.read(&stream, &names, Span::Arrival(from)).unwrap();
                same(&rows, &model, model.arrived.iter().copied().skip(from as usize));
            }
        }
        let found = database.find_stream(stream.run, "telemetry").unwrap();
        let ends = model.there.first_key_value().zip(model.there.last_key_value());
        assert_eq!(found.count as usize, model.arrived.len());
        assert_eq!(found.span_us, ends.map(|(first, last)| (*first.0, *last.0)));
    }
    let rows = database.read(&stream, &names, Span::ALL).unwrap();
    same(&rows, &model, model.there.keys().copied());
    for (channel, name) in names.iter().enumerate() {
        let values = model.there.values().map(|values| f64::from_bits(values[channel]));
        let known: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        let low = known.iter().copied().reduce(f64::min);
        let high = known.iter().copied().reduce(f64::max);
        assert_eq!(database.extremes(&stream, name).unwrap(), low.zip(high));
    }
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_database_holds_what_a_list_would_hold(acts in proptest::collection::vec(act(), 1..30)) {
        play(&acts);
    }
}
