//! Story: bytes of a file are not those that were written, and nobody is given a wrong number.
//!
//! Places all over a file are overwritten, one at a time. `verify` tells it; whoever reads gets the right numbers or the
//! word that the database is damaged. A backup brings everything back. A backup that is damaged itself is refused.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod telemetry;

use std::fs;
use std::path::Path;

use lunar_habitat_store::{
    Database, DatabaseSettings, Event, Location, NewRun, Rows, Severity, Signal, Span, StoreError,
    Stream,
};
use telemetry::{Dice, block, expect_all, ingest, names, open, stream, value};

const CHANNELS: usize = 4;
/// A segment of 8 192 rows, and packets behind it.
const ROWS: i64 = 12_000;
/// Places that are overwritten.
const PLACES: u64 = 60;

/// A database with segments, packets, a file and a command; closed.
fn written(path: &Path) -> Stream {
    let database = open(&path.into());
    let stream = stream(&database, "telemetry", CHANNELS);
    let mut ingest = ingest(&database, &stream);
    for at in 0..ROWS / 500 {
        ingest.append(&block(500 * at..500 * (at + 1), CHANNELS)).unwrap();
        ingest.commit().unwrap();
    }
    let file: Vec<u8> = (0..50_000).map(|at| value(at, 9).to_bits() as u8).collect();
    database.keep_artifact(stream.run, "policy", "p", "{}", &file).unwrap();
    // No page that nothing uses.
    database.vacuum().unwrap();
    database.find_stream(stream.run, "telemetry").unwrap()
}

fn is_damaged(error: &StoreError) -> bool {
    matches!(error, StoreError::DatabaseDamaged { .. })
}

/// Read channel by channel: right numbers or the word of damage; returns how many could be read.
fn right_or_refused(database: &Database, stream: &Stream, place: &str) -> usize {
    let mut right = 0;
    for (channel, signal) in stream.signals.iter().enumerate() {
        match database.read(stream, &[&signal.name], Span::ALL) {
            Ok(rows) => {
                assert_eq!(rows.len() as i64, ROWS, "{place}: channel {channel}");
                for row in 0..ROWS {
                    let found = rows.column(0)[row as usize];
                    assert_eq!(found.to_bits(), value(row, channel).to_bits(), "{place}");
                }
                right += 1;
            }
            Err(error) => assert!(is_damaged(&error), "{place}: {error}"),
        }
    }
    right
}

#[test]
fn overwritten_places_are_found_and_give_no_wrong_number() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let stream = written(&path);
    let sound = fs::read(&path).unwrap();
    let mut dice = Dice(7);
    let (mut told, mut partly) = (0, 0);
    for _ in 0..PLACES {
        let mut bytes = sound.clone();
        // Not the first page: what it holds is another story.
        let at = 8_192 + dice.below((sound.len() - 8_192 - 64) as u64) as usize;
        let length = 1 + dice.below(64) as usize;
        bytes[at..at + length].iter_mut().for_each(|byte| *byte ^= 1 + dice.below(255) as u8);
        let place = format!("{length} bytes from {at} on");
        fs::write(&path, &bytes).unwrap();
        let database = match Database::open(&path.as_path().into(), &DatabaseSettings::default()) {
            Ok(database) => database,
            Err(error) => {
                assert!(is_damaged(&error), "{place}: {error}");
                told += 1;
                continue;
            }
        };
        let verified = database.verify().unwrap();
        let right = right_or_refused(&database, &stream, &place);
        if verified.is_sound() {
            // Bytes that nothing uses.
            assert_eq!(right, CHANNELS, "{place} is not told");
        } else {
            told += 1;
        }
        partly += u64::from(0 < right && right < CHANNELS);
        drop(database);
    }
    // The others lie behind the end of what a page holds.
    assert!(3 * told >= 2 * PLACES, "{told} of {PLACES} places were told");
    assert!(partly > 0, "damage of one channel always took the others along");
}

#[test]
fn what_stands_beside_the_numbers_is_sealed_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let stream = written(&path);
    let sound = fs::read(&path).unwrap();
    // Each is one change that leaves every page of the file in order.
    for change in [
        "UPDATE segment SET count = count - 1",
        "UPDATE segment SET count = 1152921504606846976",
        "UPDATE segment SET count = -1",
        "UPDATE segment SET first_us = first_us + 60000000",
        "UPDATE segment SET last_us = 0",
        "UPDATE segment SET arrival = arrival + 1",
        "UPDATE packet SET count = count - 1 WHERE id = (SELECT MAX(id) FROM packet)",
        "UPDATE packet SET count = 1152921504606846976",
        "UPDATE packet SET first_us = 0",
        "UPDATE packet SET arrival = arrival + 100000",
        "UPDATE chunk SET low = -1000.0 WHERE position = 1",
        "UPDATE chunk SET high = NULL WHERE position = 1",
        "DELETE FROM chunk WHERE position = 2",
        "DELETE FROM segment",
        "DELETE FROM packet",
        "UPDATE stream SET count = count + 1",
        "UPDATE stream SET first_us = 60000000",
        "DELETE FROM channel WHERE position = 3",
        "UPDATE artifact SET bytes = x'00'",
    ] {
        let database = rusqlite::Connection::open(&path).unwrap();
        assert!(database.execute(change, []).unwrap() > 0, "{change}");
        drop(database);
        let database = open(&path.as_path().into());
        let verified = database.verify().unwrap();
        assert!(!verified.is_sound(), "{change} is not told");
        right_or_refused(&database, &stream, change);
        if let Ok(Some((low, high))) = database.extremes(&stream, &stream.signals[1].name) {
            assert!((-100.0..-99.0).contains(&low) && (99.0..100.0).contains(&high), "{change}");
        }
        drop(database);
        fs::write(&path, &sound).unwrap();
    }
    let database = open(&path.as_path().into());
    assert!(database.verify().unwrap().is_sound());
}

#[test]
fn a_damaged_time_does_not_double_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let stream = written(&path);
    let database = rusqlite::Connection::open(&path).unwrap();
    // Steady times are a tag, the first one and the interval: another first one decodes without a word.
    let change =
        "UPDATE segment SET times = CAST(substr(times, 1, 1) || x'01' || substr(times, 3) AS BLOB)";
    assert_eq!(database.execute(change, []).unwrap(), 1);
    drop(database);
    let database = open(&path.as_path().into());
    let mut again = ingest(&database, &stream);
    let sent = again.append(&block(0..100, CHANNELS)).and_then(|()| again.commit());
    assert!(is_damaged(&sent.unwrap_err()), "rows were written beside themselves");
    assert_eq!(database.find_stream(stream.run, "telemetry").unwrap().count as i64, ROWS);
}

#[test]
fn a_backup_brings_everything_back_and_a_damaged_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let location = Location::Sqlite(path.clone());
    let stream = written(&path);
    let backup = dir.path().join("backup.db");
    open(&location).backup(&backup).unwrap();
    let sound = fs::read(&backup).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 5_000].fill(0xA5);
    fs::write(&path, &bytes).unwrap();

    // Every way to be wrong: a byte in the middle, the end cut off, garbage, nothing at all.
    let mut one = sound.clone();
    one[half] ^= 1;
    let wrong = [one, sound[..half].to_vec(), vec![0x5A; 100_000], Vec::new(), b"x".to_vec()];
    let bad = dir.path().join("bad.db");
    for wrong in wrong {
        fs::write(&bad, &wrong).unwrap();
        let before = names(dir.path());
        let error = Database::restore(&bad, &location, true).unwrap_err();
        assert!(is_damaged(&error), "{} bytes: {error}", wrong.len());
        assert!(error.to_string().contains("bad.db"), "{error}");
        assert_eq!(names(dir.path()), before);
        assert_eq!(fs::read(&path).unwrap(), bytes, "the target was touched");
    }
    Database::restore(&backup, &location, true).unwrap();
    let database = open(&location);
    expect_all(&database, &stream, ROWS);
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    assert_eq!(fs::read(dir.path().join("runs.db.before-restore")).unwrap(), bytes);
}

#[test]
fn a_restore_that_was_broken_off_is_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let location = Location::Sqlite(path.clone());
    let stream = written(&path);
    let backup = dir.path().join("backup.db");
    open(&location).backup(&backup).unwrap();
    // The old file was set aside, its log not yet: then the power failed.
    let database = open(&location);
    let mut later = ingest(&database, &stream);
    later.append(&block(ROWS..ROWS + 900, CHANNELS)).unwrap();
    later.commit().unwrap();
    let (file, log) = (fs::read(&path).unwrap(), fs::read(dir.path().join("runs.db-wal")).unwrap());
    drop((later, database));
    fs::remove_file(&path).unwrap();
    fs::write(dir.path().join("runs.db.before-restore"), &file).unwrap();
    fs::write(dir.path().join("runs.db-wal"), &log).unwrap();

    Database::restore(&backup, &location, false).unwrap();
    let database = open(&location);
    expect_all(&database, &stream, ROWS);
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    // And what was set aside is whole.
    let aside = open(&Location::Sqlite(dir.path().join("runs.db.before-restore")));
    expect_all(&aside, &stream, ROWS + 900);
}

#[test]
fn files_that_are_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice(3);
    let mut noise = |length: usize| (0..length).map(|_| dice.below(256) as u8).collect::<Vec<u8>>();
    let mut wrong = vec![b"x".to_vec(), noise(15), noise(100), noise(70_000), vec![0; 20_000]];
    // It begins as one does, and goes on otherwise.
    wrong.push([b"SQLite format 3\0", &noise(30_000)[..]].concat());
    wrong.push(b"SQLite format 3\0".to_vec());
    for (at, bytes) in wrong.iter().enumerate() {
        let path = dir.path().join(format!("{at}.db"));
        fs::write(&path, bytes).unwrap();
        let before = names(dir.path());
        for _ in 0..2 {
            let error = Database::open(&path.as_path().into(), &DatabaseSettings::default());
            let error = error.map(|_| ()).unwrap_err();
            assert!(is_damaged(&error), "file {at}: {error}");
            assert_eq!(fs::read(&path).unwrap(), *bytes, "file {at} was changed");
        }
        assert_eq!(names(dir.path()), before);
    }
    // An empty file is where a database begins.
    let path = dir.path().join("empty.db");
    fs::write(&path, b"").unwrap();
    let database = open(&path.as_path().into());
    database.begin_run(&NewRun::named("first")).unwrap();
    assert!(database.verify().unwrap().is_sound());
    // A database of another program is not taken over.
    let path = dir.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let error = Database::open(&path.as_path().into(), &DatabaseSettings::default());
    let error = error.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("another program"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    // A directory is none either.
    assert!(Database::open(&dir.path().into(), &DatabaseSettings::default()).is_err());
}

#[test]
fn a_file_that_is_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let stream = written(&path);
    let sound = fs::read(&path).unwrap();
    for part in 1..8 {
        fs::write(&path, &sound[..sound.len() * part / 8 - 100]).unwrap();
        match Database::open(&path.as_path().into(), &DatabaseSettings::default()) {
            Ok(database) => {
                assert!(!database.verify().unwrap().is_sound(), "{part} eighths");
                right_or_refused(&database, &stream, &format!("{part} eighths"));
            }
            Err(error) => assert!(is_damaged(&error), "{part} eighths: {error}"),
        }
    }
}

#[test]
fn writing_into_a_damaged_database_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let stream = written(&path);
    let sound = fs::read(&path).unwrap();
    let mut dice = Dice(11);
    let event = Event {
        time_us: 0,
        kind: "limit".into(),
        severity: Severity::Caution,
        source: "living.air".into(),
        text: "low".into(),
        detail: "{}".into(),
    };
    for _ in 0..20 {
        let mut bytes = sound.clone();
        for _ in 0..10 {
            let at = 8_192 + dice.below((sound.len() - 9_000) as u64) as usize;
            bytes[at..at + 300].fill(dice.below(256) as u8);
        }
        fs::write(&path, &bytes).unwrap();
        let Ok(database) = Database::open(&path.as_path().into(), &DatabaseSettings::default())
        else {
            continue;
        };
        let mut rows = Rows::new(CHANNELS);
        rows.push(ROWS * telemetry::STEP_US, &[0.0; CHANNELS]);
        let mut ingest = ingest(&database, &stream);
        let written = [
            ingest.append_rows(&mut rows).and_then(|()| ingest.finish().map(|_| ())),
            database.record_events(stream.run, std::slice::from_ref(&event)),
            database.stream(stream.run, "other", &[Signal::new("a", "Pa")]).map(|_| ()),
            database.thin(&stream, 3_600_000_000, i64::MAX / 2).map(|_| ()),
            database.remove_run("first"),
            database.vacuum().map(|_| ()),
        ];
        for error in written.into_iter().filter_map(Result::err) {
            let told = is_damaged(&error)
                || matches!(error, StoreError::Missing { .. } | StoreError::Database { .. });
            assert!(told, "{error}");
        }
        drop((ingest, database));
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(format!("runs.db{ending}")));
        }
    }
}
