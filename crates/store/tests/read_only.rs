//! Story: a disk that cannot be written is said to be one, and nothing is made on it.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod disk;
mod telemetry;

use disk::{Disk, with_disk};
use lunar_habitat_store::{Database, DatabaseSettings, Location, StoreError};
use telemetry::{block, expect_all, ingest, names, open, stream};

/// Open and demand the sentence that says why not.
fn refused(location: &Location) {
    let opened = Database::open(location, &DatabaseSettings::default());
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseReadOnly { .. }), "{error}");
    let words = error.to_string();
    assert!(words.contains("read only") && !words.contains('\n'), "{words}");
}

/// Every file of a directory with its bytes.
fn everything(disk: &Disk) -> Vec<(String, Vec<u8>)> {
    let files = names(disk.path()).into_iter();
    files.map(|name| (name.clone(), std::fs::read(disk.path().join(&name)).unwrap())).collect()
}

#[test]
fn a_database_that_was_closed_is_left_as_it_is() {
    with_disk("16m", |disk: &Disk| {
        let location = Location::Sqlite(disk.path().join("runs.db"));
        let database = open(&location);
        let stream = stream(&database, "telemetry", 2);
        let mut sender = ingest(&database, &stream);
        sender.append(&block(0..9_000, 2)).unwrap();
        sender.commit().unwrap();
        let backup = disk.path().join("backup.db");
        database.backup(&backup).unwrap();
        drop((sender, database));
        disk.read_only();
        let before = everything(disk);
        refused(&location);
        // Neither a file that a backup left in the older mode, nor one that is not there.
        refused(&Location::Sqlite(backup.clone()));
        refused(&Location::Sqlite(disk.path().join("new.db")));
        assert_eq!(everything(disk), before);
        // A backup on it can be brought back elsewhere.
        let elsewhere = tempfile::tempdir().unwrap();
        let back = Location::Sqlite(elsewhere.path().join("back.db"));
        Database::restore(&backup, &back, false).unwrap();
        expect_all(&open(&back), &stream, 9_000);
        disk.writable();
        expect_all(&open(&location), &stream, 9_000);
    });
}

#[test]
fn a_database_whose_log_was_left_behind_is_left_as_it_is() {
    with_disk("16m", |disk: &Disk| {
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("runs.db");
        let database = open(&Location::Sqlite(file.clone()));
        let stream = stream(&database, "telemetry", 2);
        let mut sender = ingest(&database, &stream);
        sender.append(&block(0..500, 2)).unwrap();
        sender.commit().unwrap();
        // What a crash leaves: the file and its log, nobody having closed them.
        for ending in ["runs.db", "runs.db-wal"] {
            std::fs::copy(elsewhere.path().join(ending), disk.path().join(ending)).unwrap();
        }
        let location = Location::Sqlite(disk.path().join("runs.db"));
        disk.read_only();
        let before = everything(disk);
        refused(&location);
        assert_eq!(everything(disk), before);
        disk.writable();
        expect_all(&open(&location), &stream, 500);
    });
}
