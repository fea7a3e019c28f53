//! Story: the disk is full, and nothing is lost but time.
//!
//! Rows are sent until the disk takes no more. The error says so, what was acknowledged is there, and the database still
//! opens and reads. When somebody has made room the same sender goes on: rows that waited arrive, none twice. A backup that
//! finds no room leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod disk;
mod telemetry;

use disk::{Disk, with_disk};
use lunar_habitat_store::{Database, DatabaseSettings, Ingest, Location, StoreError, Stream};
use telemetry::{block, expect, expect_all, ingest, names, open, stream};

const CHANNELS: usize = 4;

/// Send until the disk is full; returns the rows that were given to the sender.
fn send_until_full(ingest: &mut Ingest, mut at: i64) -> i64 {
    loop {
        let appended = ingest.append(&block(at..at + 1_000, CHANNELS));
        at += 1_000;
        match appended.and_then(|()| ingest.commit()) {
            Ok(_) => assert!(at < 10_000_000, "the disk is never full"),
            Err(StoreError::DatabaseFull { place }) => {
                assert!(place.ends_with("runs.db"), "{place}");
                return at;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

fn acknowledged(database: &Database, stream: &Stream, ingest: &Ingest) -> i64 {
    let rows = ingest.summary().rows as i64;
    expect_all(database, stream, rows);
    assert_eq!(database.find_stream(stream.run, &stream.name).unwrap().count as i64, rows);
    rows
}

fn sound(database: &Database) {
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
}

#[test]
fn a_sender_goes_on_when_there_is_room_again() {
    with_disk("24m", |disk: &Disk| {
        let location = Location::Sqlite(disk.path().join("runs.db"));
        disk.fill("ballast", 10 << 20);
        let database = open(&location);
        let stream = stream(&database, "telemetry", CHANNELS);
        let mut ingest = ingest(&database, &stream);
        let sent = send_until_full(&mut ingest, 0);
        let rows = acknowledged(&database, &stream, &ingest);
        assert!(rows > 1_000 && rows < sent, "{rows} of {sent}");
        // Nothing changes by trying again, and others can read.
        for _ in 0..3 {
            assert!(matches!(ingest.commit(), Err(StoreError::DatabaseFull { .. })));
        }
        acknowledged(&open(&location), &stream, &ingest);
        let before = names(disk.path());
        let refused = database.backup(&disk.path().join("backup.db")).unwrap_err();
        assert!(refused.to_string().contains("disk full"), "{refused}");
        assert_eq!(names(disk.path()), before);

        std::fs::remove_file(disk.path().join("ballast")).unwrap();
        ingest.commit().unwrap();
        assert_eq!(acknowledged(&database, &stream, &ingest), sent);
        ingest.append(&block(sent..sent + 500, CHANNELS)).unwrap();
        ingest.finish().unwrap();
        assert_eq!(acknowledged(&database, &stream, &ingest), sent + 500);
        assert_eq!(ingest.summary().repeated, 0);
        sound(&database);
    });
}

#[test]
fn a_database_opens_where_no_byte_is_left() {
    with_disk("24m", |disk: &Disk| {
        let location = Location::Sqlite(disk.path().join("runs.db"));
        disk.fill("ballast", 8 << 20);
        let database = open(&location);
        let stream = stream(&database, "telemetry", CHANNELS);
        let mut sender = ingest(&database, &stream);
        let sent = send_until_full(&mut sender, 0);
        let rows = sender.summary().rows as i64;
        disk.fill("last", 0);
        // The last connection closes and cannot move all of its log into the file.
        drop((sender, database));
        disk.fill("very-last", 0);
        let database = open(&location);
        expect_all(&database, &stream, rows);
        sound(&database);
        let big = vec![1; 4 << 20];
        let refused = database.keep_artifact(stream.run, "policy", "big", "{}", &big);
        assert!(matches!(refused, Err(StoreError::DatabaseFull { .. })), "{refused:?}");
        expect_all(&database, &stream, rows);
        drop(database);

        for name in ["ballast", "last", "very-last"] {
            std::fs::remove_file(disk.path().join(name)).unwrap();
        }
        let database = open(&location);
        let mut sender = ingest(&database, &stream);
        // It does not know what arrived, and sends everything again.
        sender.append(&block(0..sent, CHANNELS)).unwrap();
        let summary = sender.finish().unwrap();
        assert_eq!((summary.rows as i64, summary.repeated as i64), (sent - rows, rows));
        expect_all(&database, &stream, sent);
        sound(&database);
    });
}

#[test]
fn a_file_too_big_for_the_disk_costs_nothing_else() {
    with_disk("12m", |disk: &Disk| {
        let location = Location::Sqlite(disk.path().join("runs.db"));
        let database = open(&location);
        let stream = stream(&database, "telemetry", CHANNELS);
        let mut ingest = ingest(&database, &stream);
        ingest.append(&block(0..1_000, CHANNELS)).unwrap();
        ingest.commit().unwrap();
        let big = vec![1; 20 << 20];
        let refused = database.keep_artifact(stream.run, "policy", "big", "{}", &big);
        assert!(matches!(refused, Err(StoreError::DatabaseFull { .. })), "{refused:?}");
        assert!(database.artifacts(stream.run).unwrap().is_empty());
        ingest.append(&block(1_000..2_000, CHANNELS)).unwrap();
        ingest.finish().unwrap();
        expect(&database, &stream, lunar_habitat_store::Span::Arrival(0), 0..2_000);
        sound(&database);
    });
}

#[test]
fn a_new_database_and_a_backup_need_room() {
    with_disk("1m", |disk: &Disk| {
        let elsewhere = tempfile::tempdir().unwrap();
        let database = open(&Location::Sqlite(elsewhere.path().join("runs.db")));
        let stream = stream(&database, "telemetry", CHANNELS);
        let mut ingest = ingest(&database, &stream);
        ingest.append(&block(0..60_000, CHANNELS)).unwrap();
        ingest.finish().unwrap();
        let target = disk.path().join("backup.db");
        let refused = database.backup(&target).unwrap_err();
        assert!(refused.to_string().contains("disk full"), "{refused}");
        assert!(names(disk.path()).is_empty(), "{:?}", names(disk.path()));
        // A backup that is whole is brought back to where there is no room.
        let backup = elsewhere.path().join("backup.db");
        database.backup(&backup).unwrap();
        let back = Location::Sqlite(disk.path().join("back.db"));
        let refused = Database::restore(&backup, &back, false).unwrap_err();
        assert!(refused.to_string().contains("disk full"), "{refused}");
        assert!(names(disk.path()).is_empty(), "{:?}", names(disk.path()));

        disk.fill("ballast", 0);
        let settings = DatabaseSettings::default();
        let refused =
            Database::open(&Location::Sqlite(disk.path().join("new.db")), &settings).unwrap_err();
        assert!(refused.to_string().contains("disk full"), "{refused}");
    });
}
