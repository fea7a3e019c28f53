//! Story: a database of every release that there was is opened, taken to today's schema and read.
//!
//! `assets/schema-N.db` is a database as the release with schema N has left it. It is made once, by the ignored test below,
//! before schema N + 1 is begun, and never again.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;
mod telemetry;

use std::fs;
use std::path::PathBuf;

use cluster::Cluster;
use lunar_habitat_store::{
    Command, Database, DatabaseSettings, Event, Location, NewRun, RunStatus, Severity, Span,
    StoreError,
};
use telemetry::{STEP_US, block, expect_all, ingest, open, stream};

const CHANNELS: usize = 3;
/// Rows in a segment, and those in packets behind it.
const PACKED: i64 = 300;
const ROWS: i64 = 340;

fn asset(schema: i64) -> PathBuf {
    let assets = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/assets");
    assets.join(format!("schema-{schema}.db"))
}

fn told() -> NewRun {
    NewRun {
        kind: "train".into(),
        code: "0.1.0".into(),
        config: "{\"lanes\": 64}".into(),
        seeds: "[1, 2]".into(),
        ..NewRun::named("first")
    }
}

fn event() -> Event {
    Event {
        time_us: 7 * STEP_US,
        kind: "failure".into(),
        severity: Severity::Warning,
        source: "living.cdra".into(),
        text: "the blower stands still \u{2013} \u{1F680}".into(),
        detail: "{\"spare\": 1}".into(),
    }
}

fn command() -> Command {
    Command {
        who: "commander".into(),
        action: "set".into(),
        target: "living.ccaa.set_t_k".into(),
        detail: "{\"value\": 295.0}".into(),
    }
}

#[test]
#[ignore = "makes the asset of today's schema; run once, before the next schema is begun"]
fn make_the_asset() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(&Location::Sqlite(dir.path().join("runs.db")));
    let run = database.begin_run(&told()).unwrap();
    let stream = stream(&database, "telemetry", CHANNELS);
    let mut ingest = ingest(&database, &stream);
    ingest.append(&block(0..PACKED, CHANNELS)).unwrap();
    ingest.finish().unwrap();
    for at in [PACKED, PACKED + 20] {
        ingest.append(&block(at..at + 20, CHANNELS)).unwrap();
        ingest.commit().unwrap();
    }
    database.record_events(run, &[event()]).unwrap();
    database.keep_artifact(run, "policy", "best", "{\"steps\": 9}", b"weights").unwrap();
    database.record_command(&command()).unwrap();
    database.record_command(&command()).unwrap();
    database.end_run(run, RunStatus::Done, Some("{\"mean\": 0.98}")).unwrap();
    // A backup is one file without a log.
    database.backup(&asset(Database::newest_schema())).unwrap();
}

/// Demand everything that the asset holds.
fn expect_asset(database: &Database) {
    let run = database.run("first").unwrap();
    assert_eq!((run.told, run.status), (told(), RunStatus::Done));
    assert_eq!(run.results.as_deref(), Some("{\"mean\": 0.98}"));
    let stream = database.find_stream(run.id, "telemetry").unwrap();
    assert_eq!(stream.span_us, Some((0, (ROWS - 1) * STEP_US)));
    expect_all(database, &stream, ROWS);
    // Numbers as they stand, should the rule behind them ever change.
    let rows = database.read(&stream, &["living.air.c1_pa"], Span::ALL).unwrap();
    for (row, bits) in [(0, KNOWN[0]), (PACKED, KNOWN[1]), (ROWS - 1, KNOWN[2])] {
        assert_eq!(rows.column(0)[row as usize].to_bits(), bits, "row {row}");
    }
    assert_eq!(database.events(run.id, (i64::MIN, i64::MAX)).unwrap(), [event()]);
    let artifact = database.artifact(run.id, "policy", "best").unwrap();
    assert_eq!(
        (artifact.bytes.as_slice(), artifact.info.detail.as_str()),
        (&b"weights"[..], "{\"steps\": 9}")
    );
    let audit = database.audit(10).unwrap();
    assert_eq!(audit.len(), 2);
    assert!(audit.iter().all(|entry| entry.command == command()));
    let verified = database.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.problems);
    assert_eq!((verified.rows as i64, verified.audit), (ROWS, 2));
}

/// Bits of channel 1 in the first row, the first in a packet, and the last.
const KNOWN: [u64; 3] = [0xC040_2EEF_5CA5_BBB4, 0xC03A_25B3_7F5D_5754, 0xC001_12B1_8CBF_3240];

#[test]
fn every_schema_there_was_is_taken_to_the_newest() {
    let server = Cluster::start();
    for schema in 1..=Database::newest_schema() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("runs.db");
        fs::copy(asset(schema), &path).unwrap();
        let location = Location::Sqlite(path);
        let newest = Database::newest_schema();
        assert_eq!(Database::migrate(&location).unwrap(), (schema, newest));
        assert_eq!(Database::migrate(&location).unwrap(), (newest, newest));
        let database = open(&location);
        assert_eq!(database.schema().unwrap(), newest);
        expect_asset(&database);
        // It is used on: rows go on arriving where they stopped, and the old ones are known.
        let run = database.run("first").unwrap().id;
        let stream = database.find_stream(run, "telemetry").unwrap();
        let mut sender = ingest(&database, &stream);
        sender.append(&block(ROWS - 100..ROWS + 100, CHANNELS)).unwrap();
        let summary = sender.finish().unwrap();
        assert_eq!((summary.rows, summary.repeated), (100, 100));
        expect_all(&database, &stream, ROWS + 100);
        database.record_command(&command()).unwrap();
        assert!(database.verify().unwrap().is_sound());
        // As a backup of that release it comes back, as a file and on a server.
        let back = Location::Sqlite(dir.path().join("back.db"));
        Database::restore(&asset(schema), &back, false).unwrap();
        expect_asset(&open(&back));
        if let Some(server) = &server {
            let back = server.database(&format!("schema_{schema}")).parse().unwrap();
            Database::restore(&asset(schema), &back, false).unwrap();
            expect_asset(&open(&back));
        }
    }
}

/// Open and demand that it is refused for being newer.
fn newer(location: &Location) {
    let error = Database::open(location, &DatabaseSettings::default()).map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseNewer { found: 99, .. }), "{error}");
    assert!(matches!(Database::migrate(location), Err(StoreError::DatabaseNewer { .. })));
}

#[test]
fn a_database_of_a_later_release_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for mode in ["DELETE", "WAL"] {
        let path = dir.path().join(format!("{mode}.db"));
        fs::copy(asset(Database::newest_schema()), &path).unwrap();
        let raw = rusqlite::Connection::open(&path).unwrap();
        let set = format!("PRAGMA journal_mode = {mode}; PRAGMA user_version = 99");
        raw.execute_batch(&set).unwrap();
        raw.close().unwrap();
        let (bytes, before) = (fs::read(&path).unwrap(), telemetry::names(dir.path()));
        newer(&Location::Sqlite(path.clone()));
        assert_eq!(fs::read(&path).unwrap(), bytes, "{mode}");
        assert_eq!(telemetry::names(dir.path()), before, "{mode}");
        // It is no backup for this release either.
        let back = Location::Sqlite(dir.path().join("back.db"));
        let error = Database::restore(&path, &back, false).unwrap_err();
        assert!(matches!(error, StoreError::DatabaseNewer { .. }), "{error}");
        assert!(!dir.path().join("back.db").exists());
    }
    if let Some(server) = Cluster::start() {
        let url = server.database("newer");
        let location: Location = url.parse().unwrap();
        drop(open(&location));
        let mut raw = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        raw.batch_execute("UPDATE schema_number SET number = 99").unwrap();
        newer(&location);
        let row = raw.query_one("SELECT number FROM schema_number", &[]).unwrap();
        assert_eq!(row.get::<_, i64>(0), 99);
    }
}
