//! Story: several processes share one file, and clocks step back.
//!
//! Two processes race to make the file, write a stream each and one together, while two others read along. Nobody loses a
//! row and nobody sees one twice. A process that comes and goes does not take the log away from one that stays. A backup is
//! finished although somebody never stops writing.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;
mod telemetry;

use std::fs;
use std::os::fd::AsRawFd;
use std::time::Duration;

use cluster::Cluster;
use lunar_habitat_store::{Database, Location, NewRun, Schedule, Signal, Span, StoreError};
use telemetry::{Actor, Dice, STEP_US, block, expect_all, ingest, names, open, part, stream, tell};

const CHANNELS: usize = 2;
const ROWS: i64 = 12_000;

/// Writes a stream of its own and, with others, the stream `common`.
#[test]
fn writer() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    let own = stream(&database, &words[1], CHANNELS);
    let common = stream(&database, "common", CHANNELS);
    let (mut own, mut common) = (ingest(&database, &own), ingest(&database, &common));
    let mut dice = Dice(words[2].parse().unwrap());
    let mut at = 0;
    while at < ROWS {
        let next = ROWS.min(at + 1 + dice.below(300) as i64);
        for ingest in [&mut own, &mut common] {
            ingest.append(&block(at..next, CHANNELS)).unwrap();
            ingest.commit().unwrap();
        }
        if dice.below(10) == 0 {
            common.finish().unwrap();
        }
        at = next;
    }
    own.finish().unwrap();
    common.finish().unwrap();
    tell("done");
}

/// Follows the stream `common` to its end.
#[test]
fn reader() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    let common = stream(&database, "common", CHANNELS);
    let mut got: Vec<i64> = Vec::new();
    while (got.len() as i64) < ROWS {
        let name = &common.signals[1].name;
        let rows = database.read(&common, &[name], Span::Arrival(got.len() as u64)).unwrap();
        for (time_us, found) in rows.time_us().iter().zip(rows.column(0)) {
            let row = time_us / STEP_US;
            assert_eq!(found.to_bits(), telemetry::value(row, 1).to_bits());
            got.push(row);
        }
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    got.sort_unstable();
    assert!(got.into_iter().eq(0..ROWS), "a row was missed or seen twice");
}

/// Tells whether anybody has the file open, as older releases of SQLite ask before they take the log away.
#[test]
fn stranger() {
    let Some(words) = part() else { return };
    let file = fs::OpenOptions::new().read(true).write(true).open(&words[0]).unwrap();
    // SAFETY: a lock is numbers only, and zero is one of each.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK as _;
    // The bytes that a reader of SQLite locks.
    (lock.l_start, lock.l_len) = (0x4000_0002, 510);
    // SAFETY: the descriptor is open and the lock outlives the call.
    let asked = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &mut lock) };
    assert_eq!(asked, 0);
    tell(if i32::from(lock.l_type) == libc::F_UNLCK { "free" } else { "in use" });
}

/// Writes a few rows into a stream of its own and ends.
#[test]
fn guest() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    let signals = [Signal::new("a", "Pa"), Signal::new("b", "Pa")];
    let own = database.stream(words[2].parse().unwrap(), &words[1], &signals).unwrap();
    let mut ingest = ingest(&database, &own);
    ingest.append(&block(0..100, CHANNELS)).unwrap();
    ingest.finish().unwrap();
}

/// Demands that the stream `telemetry` has so many rows.
#[test]
fn witness() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    expect_all(&database, &stream(&database, "telemetry", CHANNELS), words[1].parse().unwrap());
}

/// Writes without end.
#[test]
fn chatterbox() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    let mut ingest = ingest(&database, &stream(&database, "telemetry", CHANNELS));
    for at in 0.. {
        ingest.append(&block(10 * at..10 * (at + 1), CHANNELS)).unwrap();
        ingest.commit().unwrap();
        tell(&(10 * (at + 1)).to_string());
    }
}

fn words(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(url) => url.clone(),
    }
}

fn together(location: &Location) {
    let place = words(location);
    let actors = [
        Actor::start("writer", &[&place, "first", "1"]),
        Actor::start("writer", &[&place, "second", "2"]),
        Actor::start("reader", &[&place]),
        Actor::start("reader", &[&place]),
    ];
    actors.into_iter().for_each(|actor| {
        actor.end();
    });
    let database = open(location);
    for name in ["first", "second", "common"] {
        expect_all(&database, &stream(&database, name, CHANNELS), ROWS);
    }
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    assert_eq!(verified.rows as i64, 3 * ROWS);
}

#[test]
fn processes_share_a_file() {
    let dir = tempfile::tempdir().unwrap();
    together(&Location::Sqlite(dir.path().join("runs.db")));
}

#[test]
fn processes_share_a_server() {
    let Some(server) = Cluster::start() else { return };
    together(&server.database("together").parse().unwrap());
}

#[test]
fn a_file_that_is_made_by_many_at_once_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..25 {
        let location = Location::Sqlite(dir.path().join(format!("{round}.db")));
        let start = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for name in ["a", "b", "c", "d"] {
                let (location, start) = (&location, &start);
                scope.spawn(move || {
                    start.wait();
                    open(location).begin_run(&NewRun::named(name)).unwrap();
                });
            }
        });
        let database = open(&location);
        assert_eq!(database.runs(&lunar_habitat_store::RunFilter::default()).unwrap().len(), 4);
    }
}

#[test]
fn a_guest_that_leaves_takes_no_log_away() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(dir.path().join("runs.db"));
    let database = open(&location);
    let stream = stream(&database, "telemetry", CHANNELS);
    let mut sender = ingest(&database, &stream);
    for round in 0..5 {
        sender.append(&block(100 * round..100 * round + 50, CHANNELS)).unwrap();
        sender.commit().unwrap();
        // The same process looks once more, in every way there is.
        drop(open(&location));
        drop(Database::open_existing(&location, database.settings()).unwrap());
        database.backup(&dir.path().join(format!("{round}.backup"))).unwrap();
        assert_eq!(Actor::start("stranger", &[&words(&location)]).end(), ["in use"]);
        let (name, run) = (format!("guest-{round}"), stream.run.to_string());
        Actor::start("guest", &[&words(&location), &name, &run]).end();
        sender.append(&block(100 * round + 50..100 * (round + 1), CHANNELS)).unwrap();
        sender.commit().unwrap();
        let count = (100 * (round + 1)).to_string();
        Actor::start("witness", &[&words(&location), &count]).end();
    }
    drop((sender, database));
    let database = open(&location);
    expect_all(&database, &stream, 500);
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    assert_eq!(verified.rows, 1_000);
}

#[test]
fn a_backup_ends_although_somebody_never_stops_writing() {
    // In memory where there is such a place: there a writer never waits for the disk, and writes between any two moments.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let location = Location::Sqlite(dir.path().join("runs.db"));
    let database = open(&location);
    let telemetry = stream(&database, "telemetry", CHANNELS);
    // More than is copied at a time.
    let big: Vec<u8> = (0..6_000_000).flat_map(|at| (at as u64).to_le_bytes()).collect();
    database.keep_artifact(telemetry.run, "trajectory", "big", "{}", &big).unwrap();
    let actor = Actor::start("chatterbox", &[&words(&location)]);
    actor.next();
    let backup = dir.path().join("backup.db");
    let told = std::thread::scope(|scope| {
        let (out, done) = std::sync::mpsc::channel();
        let (database, backup) = (&database, &backup);
        scope.spawn(move || out.send(database.backup(backup)));
        let ended = done.recv_timeout(Duration::from_secs(120));
        // It was writing before and is writing still: it is killed and has not ended.
        let told = actor.kill();
        ended.expect("the backup begins again with every write").unwrap();
        told
    });
    let last: i64 = told.last().unwrap().parse().unwrap();
    let copy = open(&Location::Sqlite(backup));
    let found = copy.find_stream(telemetry.run, "telemetry").unwrap();
    assert!(found.count > 0 && found.count as i64 <= last + 10, "{} of {last} rows", found.count);
    expect_all(&copy, &found, found.count as i64);
    assert!(copy.verify().unwrap().is_sound());
}

#[test]
fn a_writer_packs_what_another_has_left() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(dir.path().join("runs.db"));
    let (one, two) = (open(&location), open(&location));
    let stream = stream(&one, "telemetry", CHANNELS);
    let (mut first, mut second) = (ingest(&one, &stream), ingest(&two, &stream));
    first.append(&block(0..100, CHANNELS)).unwrap();
    first.commit().unwrap();
    // The second sends what is there already and packs it: the number of rows stays, the packets are gone.
    second.append(&block(0..100, CHANNELS)).unwrap();
    assert_eq!(second.finish().unwrap().repeated, 100);
    // The first knows nothing of it and packs as well, then fills a segment.
    first.finish().unwrap();
    first.append(&block(100..9_000, CHANNELS)).unwrap();
    first.finish().unwrap();
    expect_all(&one, &stream, 9_000);
    let verified = one.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
}

#[test]
fn a_writer_of_a_removed_run_does_not_write_into_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&Location::Sqlite(dir.path().join("runs.db")));
    let old = stream(&database, "telemetry", CHANNELS);
    let mut sender = ingest(&database, &old);
    sender.append(&block(0..100, CHANNELS)).unwrap();
    sender.commit().unwrap();
    database.remove_run("first").unwrap();
    let new = stream(&database, "telemetry", CHANNELS);
    sender.append(&block(100..200, CHANNELS)).unwrap();
    let error = sender.commit().unwrap_err();
    assert!(matches!(error, StoreError::Missing { what: "stream", .. }), "{error}");
    expect_all(&database, &new, 0);
}

#[test]
fn rows_whose_clock_steps_back_are_late_and_find_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&Location::Sqlite(dir.path().join("runs.db")));
    let stream = stream(&database, "telemetry", CHANNELS);
    let mut sender = ingest(&database, &stream);
    for rows in [0..1_000, 2_000..3_000, 1_000..1_500, 3_000..3_100, 1_500..2_000] {
        sender.append(&block(rows, CHANNELS)).unwrap();
        sender.commit().unwrap();
    }
    let summary = sender.finish().unwrap();
    assert_eq!((summary.rows, summary.late, summary.repeated), (3_100, 1_000, 0));
    expect_all(&database, &stream, 3_100);
    // Who follows gets them as they came.
    let came = database.read(&stream, &[], Span::Arrival(2_000)).unwrap();
    let came: Vec<i64> = came.time_us().iter().map(|time_us| time_us / STEP_US).collect();
    assert!(came.into_iter().eq((1_000..1_500).chain(3_000..3_100).chain(1_500..2_000)));
}

#[test]
fn names_of_backups_rise_when_the_clock_steps_back() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&Location::Sqlite(dir.path().join("runs.db")));
    let run = database.begin_run(&NewRun::named("first")).unwrap();
    let schedule = Schedule { directory: dir.path().join("backups"), keep: 3 };
    database.scheduled_backup(&schedule).unwrap();
    // Taken when the clock was a century ahead.
    let ahead = schedule.directory.join("backup-00004944528000000000.db");
    fs::rename(&schedule.backups().unwrap()[0], &ahead).unwrap();
    // And what is none, whatever its name promises.
    for name in ["backup-latest.db", "backup-99999999999999999999.db", "backup-.db", "notes.txt"] {
        fs::write(schedule.directory.join(name), b"mine").unwrap();
    }
    let mut last = ahead;
    for round in 0..5_i64 {
        database.keep_artifact(run, "policy", "p", "{}", &round.to_le_bytes()).unwrap();
        database.scheduled_backup(&schedule).unwrap();
        let backups = schedule.backups().unwrap();
        let newest = backups.last().unwrap().clone();
        assert!(newest > last, "{newest:?} after {last:?}");
        last = newest;
        // The newest is the one that a drill brings back.
        assert_eq!(database.drill(&schedule, "test").unwrap().backup, last);
        let copy = dir.path().join(format!("{round}.db"));
        Database::restore(&last, &Location::Sqlite(copy.clone()), false).unwrap();
        let policy = open(&Location::Sqlite(copy)).artifact(run, "policy", "p").unwrap();
        assert_eq!(policy.bytes, round.to_le_bytes());
    }
    assert_eq!(schedule.backups().unwrap().len(), 3);
    // Three backups, the turn, and what belongs to somebody else.
    assert_eq!(names(&schedule.directory).len(), 3 + 1 + 4, "{:?}", names(&schedule.directory));
}
