//! Story: however often and in whichever parts a stream is thinned, no extreme is lost; and what is thinned and removed by age
//! is what is old.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod telemetry;

use std::collections::BTreeMap;
use std::time::Duration;

use lunar_habitat_store::{
    Database, Ingest, IngestSettings, NewRun, Rows, RunStatus, Signal, Span, Stream, Thinned,
};
use proptest::prelude::*;
use telemetry::{open, stream, value};

/// An interval, µs.
const EVERY_US: i64 = 600_000_000;

/// What is done: rows arrive from a time on, so many, so far apart in seconds, and are packed; or what is older than a time, in
/// seconds, is thinned.
#[derive(Debug, Clone)]
enum Act {
    Rows(i64, i64, i64),
    Thin(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..20_000_i64, 1..60_i64, 7..400_i64).prop_map(|(from, rows, step)| Act::Rows(from, rows, step)),
        2 => (0..40_000_i64).prop_map(Act::Thin),
    ]
}

fn write(database: &Database, stream: &Stream, times_s: impl Iterator<Item = i64>) {
    let mut rows = Rows::new(1);
    times_s.for_each(|time_s| rows.push(time_s * 1_000_000, &[value(time_s, 0)]));
    let mut ingest = Ingest::new(database, stream, &IngestSettings::default());
    ingest.append_rows(&mut rows).unwrap();
    ingest.finish().unwrap();
}

/// Lowest and highest value by interval.
type Ends = BTreeMap<i64, (f64, f64)>;

fn take(ends: &mut Ends, time_us: i64, low: f64, high: f64) {
    let known = ends.entry(time_us.div_euclid(EVERY_US)).or_insert((low, high));
    *known = (known.0.min(low), known.1.max(high));
}

/// Extremes of a stream together with those of what was thinned out of it.
fn ends(database: &Database, stream: &Stream) -> Ends {
    let mut ends = Ends::new();
    let signal = stream.signals[0].name.clone();
    let rows = database.read(stream, &[&signal], Span::ALL).unwrap();
    for (time_us, value) in rows.time_us().iter().zip(rows.column(0)) {
        take(&mut ends, *time_us, *value, *value);
    }
    if let Ok(coarse) = database.find_stream(stream.run, &format!("{}.600s", stream.name)) {
        let names = [format!("{signal}.low"), format!("{signal}.high")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = database.read(&coarse, &names, Span::ALL).unwrap();
        assert!(rows.time_us().windows(2).all(|pair| pair[0] < pair[1]), "a time stands twice");
        for (at, time_us) in rows.time_us().iter().enumerate() {
            take(&mut ends, *time_us, rows.column(0)[at], rows.column(1)[at]);
        }
    }
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_extreme_is_lost(acts in proptest::collection::vec(act(), 1..14)) {
        let dir = tempfile::tempdir().unwrap();
        let database = open(&dir.path().join("runs.db").as_path().into());
        let stream = stream(&database, "telemetry", 1);
        let mut expected = Ends::new();
        for act in acts {
            match act {
                Act::Rows(from, rows, step) => {
                    let times = (0..rows).map(|row| from + row * step);
                    times.clone().for_each(|at| take(&mut expected, at * 1_000_000, value(at, 0), value(at, 0)));
                    write(&database, &stream, times);
                }
                Act::Thin(before_s) => {
                    database.thin(&stream, EVERY_US, before_s * 1_000_000).unwrap();
                }
            }
            prop_assert_eq!(&ends(&database, &stream), &expected);
        }
        prop_assert!(database.verify().unwrap().is_sound());
    }
}

/// Two segments that share an interval, thinned one after the other.
#[test]
fn an_interval_that_is_thinned_in_two_parts_keeps_both() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&dir.path().join("runs.db").as_path().into());
    let stream = stream(&database, "telemetry", 1);
    write(&database, &stream, (0..1_000).step_by(60));
    write(&database, &stream, (1_020..4_000).step_by(60));
    let before = ends(&database, &stream);
    let first = database.thin(&stream, EVERY_US, 1_200_000_000).unwrap();
    assert_eq!(first, Thinned { removed: 17, kept: 2 });
    let second = database.thin(&stream, EVERY_US, 6_000_000_000).unwrap();
    // The rest of the interval that was begun, and five whole ones.
    assert_eq!(second, Thinned { removed: 50, kept: 6 });
    assert_eq!(ends(&database, &stream), before);
}

#[test]
fn what_is_thinned_by_age_is_what_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&dir.path().join("runs.db").as_path().into());
    let second = Duration::from_secs(1);
    // Two hours of mission time, written in a moment, in a run that goes on and in one that has ended.
    let mut runs = Vec::new();
    for name in ["goes on", "ended"] {
        let run = database.begin_run(&NewRun::named(name)).unwrap();
        let stream = database.stream(run, "telemetry", &[Signal::new("p", "Pa")]).unwrap();
        (0..7_200)
            .step_by(1_200)
            .for_each(|from| write(&database, &stream, (from..from + 1_200).step_by(60)));
        let metrics = database.stream(run, "metrics", &[Signal::new("loss", "1")]).unwrap();
        write(&database, &metrics, 0..100);
        runs.push((run, stream, metrics));
    }
    database.end_run(runs[1].0, RunStatus::Done, None).unwrap();
    assert_eq!(
        database.thin_older("telemetry", EVERY_US, Duration::from_secs(3_600)).unwrap(),
        Thinned::default()
    );
    assert!(
        database.find_stream(runs[1].0, "telemetry.600s").is_err(),
        "nothing is made for nothing"
    );
    std::thread::sleep(Duration::from_millis(1_100));
    let before: Vec<Ends> = runs.iter().map(|(_, stream, _)| ends(&database, stream)).collect();
    assert_eq!(
        database.thin_older("telemetry", EVERY_US, second).unwrap(),
        Thinned { removed: 120, kept: 12 }
    );
    assert_eq!(database.thin_older("telemetry", EVERY_US, second).unwrap(), Thinned::default());
    for ((run, stream, metrics), before) in runs.iter().zip(before) {
        assert_eq!(ends(&database, stream), before);
        assert_eq!(database.read(metrics, &["loss"], Span::ALL).unwrap().len(), 100);
        let rest = database.read(stream, &["p"], Span::ALL).unwrap().len();
        assert_eq!(rest, if *run == runs[1].0 { 0 } else { 120 });
    }
    assert!(database.verify().unwrap().is_sound());
}

#[test]
fn the_latest_runs_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&dir.path().join("runs.db").as_path().into());
    for at in 0..6 {
        let run = database.begin_run(&NewRun::named(&format!("run {at}"))).unwrap();
        if at != 1 {
            database.end_run(run, RunStatus::Done, None).unwrap();
        }
    }
    let mut gone = database.remove_runs_beyond(2).unwrap();
    gone.sort();
    assert_eq!(gone, ["run 0", "run 2", "run 3"]);
    assert!(database.run("run 1").is_ok(), "what goes on stays");
    assert_eq!(database.remove_runs_beyond(2).unwrap(), [""; 0]);
}
