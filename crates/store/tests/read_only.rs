//! Story: a disk that cannot be written is said to be one, and nothing is made on it.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod disk;
mod telemetry;

use disk::{Disk, with_disk};
use lunar_habitat_store::{Database, DatabaseSettings, Location, NewRun, StoreError};
use telemetry::{block, expect_all, ingest, names, open, stream};

/// Open and demand the sentence that says why not.
fn refused(location: &Location) {
    let opened = Database::open(location, &DatabaseSettings::default());
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseReadOnly { .. }), "{error}");
    let words = error.to_string();
    assert!(words.contains("read only") && !words.contains('\n'), "{words}");
}

fn writing_is_refused(database: &Database) {
    let error = database.begin_run(&NewRun::named("new")).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseReadOnly { .. }), "{error}");
    let error = database.remove_run("first").unwrap_err();
    assert!(matches!(error, StoreError::DatabaseReadOnly { .. }), "{error}");
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
        // Whoever only reads may: the database and the backup.
        for place in [&location, &Location::Sqlite(backup.clone())] {
            let database = Database::open_to_read(place, &DatabaseSettings::default()).unwrap();
            expect_all(&database, &stream, 9_000);
            assert!(database.verify().unwrap().is_sound());
            writing_is_refused(&database);
        }
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
        // Not even to read: what the log holds would not be seen.
        let opened = Database::open_to_read(&location, &DatabaseSettings::default());
        assert!(matches!(opened, Err(StoreError::DatabaseReadOnly { .. })));
        assert_eq!(everything(disk), before);
        disk.writable();
        expect_all(&open(&location), &stream, 500);
    });
}

/// Also where the disk could be written, and while others write: what is committed is seen.
#[test]
fn who_only_reads_changes_nothing_and_sees_what_others_commit() {
    let dir = tempfile::tempdir().unwrap();
    // A name that is no plain part of an address.
    let location = Location::Sqlite(dir.path().join("runs 100%?#.db"));
    let database = open(&location);
    let stream = stream(&database, "telemetry", 2);
    let mut sender = ingest(&database, &stream);
    sender.append(&block(0..500, 2)).unwrap();
    sender.commit().unwrap();
    let looker = Database::open_to_read(&location, &DatabaseSettings::default()).unwrap();
    expect_all(&looker, &stream, 500);
    sender.append(&block(500..900, 2)).unwrap();
    sender.commit().unwrap();
    expect_all(&looker, &stream, 900);
    writing_is_refused(&looker);
    expect_all(&database, &stream, 900);
    let absent = Location::Sqlite(dir.path().join("absent.db"));
    assert!(Database::open_to_read(&absent, &DatabaseSettings::default()).is_err());
    assert!(!dir.path().join("absent.db").exists());
}

#[test]
fn an_older_schema_is_not_read_where_it_cannot_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    // A database in which nobody has taken a step.
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA application_id = 7; VACUUM").unwrap();
    drop(raw);
    let before = std::fs::read(&path).unwrap();
    assert!(before.len() >= 512);
    let opened = Database::open_to_read(&path.as_path().into(), &DatabaseSettings::default());
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseOlder { found: 0, .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
