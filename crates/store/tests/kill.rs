//! Story: whoever sends rows is killed at any moment, a hundred times over, and no acknowledged row is lost.
//!
//! A child sends rows into one growing file and tells after each commit how far it has come. It is killed at a moment that
//! nobody has chosen: while it opens, commits, packs a segment, moves the log into the file. The next child does not know
//! what arrived and begins some rows earlier. After every kill the file opens, what was acknowledged is there to the bit
//! and nothing is there twice. The same with a server whose client is killed.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;
mod telemetry;

use std::time::Duration;

use cluster::Cluster;
use lunar_habitat_store::{Location, Span};
use telemetry::{Actor, Dice, block, expect, expect_all, ingest, open, part, stream, tell};

const CHANNELS: usize = 3;

#[test]
fn sender() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    let stream = stream(&database, "telemetry", CHANNELS);
    let mut ingest = ingest(&database, &stream);
    let mut dice = Dice(words[2].parse().unwrap());
    let mut at: i64 = words[1].parse().unwrap();
    loop {
        let rows = 1 + dice.below(400) as i64;
        ingest.append(&block(at..at + rows, CHANNELS)).unwrap();
        ingest.commit().unwrap();
        at += rows;
        tell(&at.to_string());
        if dice.below(16) == 0 {
            ingest.finish().unwrap();
        }
    }
}

/// Let children send and kill them, `kills` times; returns the rows that are there.
fn story(location: &Location, kills: u64, seed: u64) -> i64 {
    let mut dice = Dice(seed);
    let mut acknowledged = 0_i64;
    let mut within = 0;
    for kill in 0..kills {
        let from = (acknowledged - dice.below(600) as i64).max(0);
        let words =
            [&location_words(location), &from.to_string(), &dice.below(1 << 40).to_string()];
        let actor = Actor::start("sender", &words.map(String::as_str));
        // One in four is killed while it starts and opens, the others while they send.
        let mut told = Vec::new();
        if dice.below(4) > 0 {
            told.extend(actor.next());
        }
        std::thread::sleep(Duration::from_micros(dice.below(50_000)));
        told.extend(actor.kill());
        let last = told.last().map_or(from, |rows| rows.parse().unwrap());
        within += u64::from(last > from);
        acknowledged = acknowledged.max(last);
        // Every fifth time the next one finds what this one has left behind, as it is.
        if kill % 5 == 4 {
            continue;
        }
        wait_until_gone(location);
        let database = open(location);
        let stream = stream(&database, "telemetry", CHANNELS);
        let count = stream.count as i64;
        assert!(count >= acknowledged, "{acknowledged} rows were acknowledged, {count} are there");
        let near = (acknowledged - 5_000).max(0);
        expect(&database, &stream, Span::Arrival(near as u64), near..count);
        if kill % 10 == 3 {
            expect_all(&database, &stream, count);
            let verified = database.verify().unwrap();
            assert!(verified.is_sound(), "{:?}", verified.problems);
        }
    }
    assert!(2 * within >= kills, "only {within} of {kills} were killed while they sent");
    wait_until_gone(location);
    let database = open(location);
    let stream = stream(&database, "telemetry", CHANNELS);
    let count = stream.count as i64;
    assert!(count >= acknowledged);
    expect_all(&database, &stream, count);
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    assert_eq!(verified.rows as i64, count);
    count
}

/// Wait until a server has noticed that its clients are dead: until then it may still commit what they sent last.
fn wait_until_gone(location: &Location) {
    let Location::Postgres(url) = location else { return };
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    let others = "SELECT COUNT(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_type = 'client backend'";
    let begun = std::time::Instant::now();
    while client.query_one(others, &[]).unwrap().get::<_, i64>(0) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the server keeps its dead clients");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A place as whoever opens it writes it, password included.
fn location_words(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(url) => url.clone(),
    }
}

#[test]
fn a_hundred_kills_on_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("runs.db");
    let rows = story(&Location::Sqlite(file.clone()), 100, 1);
    let bytes = std::fs::metadata(&file).unwrap().len();
    println!("{rows} rows after 100 kills, {bytes} bytes");
}

#[test]
fn ten_kills_of_the_client_of_a_server() {
    let Some(server) = Cluster::start() else { return };
    let rows = story(&server.database("killed").parse().unwrap(), 10, 2);
    println!("{rows} rows after 10 kills");
}
