//! Story: the server is stopped as if the power had failed, in the middle of a run, and the run goes on.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;
mod telemetry;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use cluster::Cluster;
use lunar_habitat_store::{
    Database, DatabaseSettings, Ingest, IngestSettings, Location, RunFilter, Span, StoreError,
};
use telemetry::{block, expect, expect_all, ingest, open, stream};

const CHANNELS: usize = 2;

#[test]
fn rows_wait_while_the_server_is_away_and_arrive_once_and_in_order() {
    let Some(server) = Cluster::start() else { return };
    let location: Location = server.database("away").parse().unwrap();
    let database = open(&location);
    let stream = stream(&database, "telemetry", CHANNELS);
    let patience = Duration::from_secs(120);
    let settings = IngestSettings { patience, ..IngestSettings::default() };
    let mut sender = Ingest::new(&database, &stream, &settings);
    let (sent, enough, back) = (AtomicI64::new(0), AtomicBool::new(false), AtomicI64::new(0));
    let start = Instant::now();
    let wait_for = |rows: i64| {
        while sent.load(Ordering::SeqCst) < rows {
            if start.elapsed() > 2 * patience {
                enough.store(true, Ordering::SeqCst);
                panic!("the sender does not go on");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    let summary = std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut at = 0;
            while !enough.load(Ordering::SeqCst) {
                let rows = 1 + at % 97;
                sender.append(&block(at..at + rows, CHANNELS)).unwrap();
                sender.commit().unwrap();
                at += rows;
                sent.store(at, Ordering::SeqCst);
            }
            sender.finish().unwrap()
        });
        // Readers look all the time; while the server is away they are told so and nothing else.
        for _ in 0..6 {
            scope.spawn(|| {
                while !enough.load(Ordering::SeqCst) {
                    match database.read(&stream, &[], Span::ALL) {
                        Ok(rows) => assert!(rows.time_us().windows(2).all(|p| p[0] < p[1])),
                        Err(StoreError::DatabaseAway { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                // It is back, and so is every reader at once.
                for _ in 0..3 {
                    database.read(&stream, &[], Span::ALL).unwrap();
                }
                back.fetch_add(1, Ordering::SeqCst);
            });
        }
        for stop in 1..=3 {
            let before = sent.load(Ordering::SeqCst);
            wait_for(before + 500);
            server.down();
            std::thread::sleep(Duration::from_millis(100 * stop));
            server.up();
        }
        let before = sent.load(Ordering::SeqCst);
        wait_for(before + 500);
        enough.store(true, Ordering::SeqCst);
        sending.join().unwrap()
    });
    assert_eq!(back.load(Ordering::SeqCst), 6);
    let count = sent.load(Ordering::SeqCst);
    assert!(summary.retries > 0, "the server was never away: {summary:?}");
    // What was written before the answer was lost counts as repeated.
    assert_eq!((summary.rows + summary.repeated) as i64, count);
    assert_eq!(summary.late, 0);
    assert_eq!(database.find_stream(stream.run, "telemetry").unwrap().count as i64, count);
    expect(&database, &stream, Span::Arrival(0), 0..count);
    expect_all(&database, &stream, count);
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
}

#[test]
fn patience_ends_and_the_rows_still_wait() {
    let Some(server) = Cluster::start() else { return };
    let database = open(&server.database("patience").parse().unwrap());
    let stream = stream(&database, "telemetry", CHANNELS);
    let patience = Duration::from_millis(300);
    let settings = IngestSettings { patience, ..IngestSettings::default() };
    let mut sender = Ingest::new(&database, &stream, &settings);
    sender.append(&block(0..100, CHANNELS)).unwrap();
    sender.commit().unwrap();
    server.down();
    sender.append(&block(100..200, CHANNELS)).and_then(|()| sender.commit()).unwrap_err();
    let error = sender.commit().unwrap_err();
    assert!(matches!(error, StoreError::DatabaseAway { .. }), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
    let error = database.read(&stream, &[], Span::ALL).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseAway { .. }), "{error}");
    // Whoever sends may go on; the rows gather.
    let _ = sender.append(&block(200..300, CHANNELS));
    server.up();
    let summary = sender.finish().unwrap();
    assert_eq!((summary.rows, summary.repeated), (300, 0));
    expect_all(&database, &stream, 300);
    // A segment that could not be packed is packed the next time.
    sender.append(&block(300..400, CHANNELS)).unwrap();
    sender.commit().unwrap();
    server.down();
    assert!(sender.finish().is_err());
    server.up();
    sender.finish().unwrap();
    sender.append(&block(400..500, CHANNELS)).unwrap();
    sender.finish().unwrap();
    expect_all(&database, &stream, 500);
    assert!(database.verify().unwrap().is_sound());
}

/// Whoever only wants to leave a word in the log does not knock at a server that takes calls and never answers.
#[test]
fn a_database_of_a_server_that_is_gone_is_closed_at_once() {
    let Some(server) = Cluster::start() else { return };
    let location: Location = server.database("gone").parse().unwrap();
    let settings = DatabaseSettings { slow: Duration::ZERO, ..DatabaseSettings::default() };
    let database = Database::open(&location, &settings).unwrap();
    database.runs(&RunFilter::default()).unwrap();
    server.down();
    let socket = server.socket();
    let _ = std::fs::remove_file(&socket);
    let deaf = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    // Long enough that the connection is asked whether it lives.
    std::thread::sleep(Duration::from_millis(1_200));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(database);
        tell.send(()).unwrap();
    });
    assert!(told.recv_timeout(Duration::from_secs(15)).is_ok(), "it waits for the server");
    drop(deaf);
    // A look is told that nobody answers.
    let _ = std::fs::remove_file(&socket);
    let error = Database::open(&location, &settings).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseAway { .. }), "{error}");
    server.up();
    let database = Database::open(&location, &settings).unwrap();
    database.runs(&RunFilter::default()).unwrap();
    server.down();
    let error = database.runs(&RunFilter::default()).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseAway { .. }), "{error}");
    drop(database);
}

#[test]
fn a_connection_that_was_ended_while_it_rested_is_replaced() {
    let Some(server) = Cluster::start() else { return };
    let location: Location = server.database("rested").parse().unwrap();
    let database = open(&location);
    let stream = stream(&database, "telemetry", CHANNELS);
    let mut sender = ingest(&database, &stream);
    let Location::Postgres(url) = &location else { panic!("a server has a URL") };
    for round in 0..5 {
        sender.append(&block(50 * round..50 * (round + 1), CHANNELS)).unwrap();
        sender.commit().unwrap();
        expect_all(&database, &stream, 50 * (round + 1));
        let mut other = postgres::Client::connect(url, postgres::NoTls).unwrap();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(other.query(end, &[]).unwrap().len() >= 2);
        // What only looks does not even notice; nor does whoever records something.
        expect_all(&database, &stream, 50 * (round + 1));
        database.keep_artifact(stream.run, "policy", "p", "{}", b"weights").unwrap();
    }
}
