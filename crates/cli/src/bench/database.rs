//! The row `database`: durable operations per second through the store, beside the plain driver on the same mix.
//!
//! The mix is 70 % insert of an event, 25 % read of one event by its time through the index, 5 % update of a run's results; one sync
//! a group of 10 ms. The plain driver runs the same statements on tables of the same shape with the same settings of the file.
//! Both are timed in turn, in one process.
//!
//! # Bar
//! 0.9 of the plain driver.
//!
//! # JSON
//! `detail`: `ratio`, `plain_per_s`; `samples_per_s`: channel samples made durable per second of processor time by
//! [`store::Ingest`], in blocks of 64 rows of 100 channels, one sync a group; `plain_rows_per_s`: rows of eight values that the
//! plain driver inserts, one sync a group; `postgres`: `rows_per_s` of eight values through the store and `copy_rows_per_s` of
//! plain `COPY`, both of wall time, or null; `mission`: a mission of 30 days with 100 channels of `artemis-30d` at a sample a
//! minute: `mb` on the disk and `day_ms`, the time in which a channel's day is read, the middle of all channels and the longest.
//!
//! The server is the one that the variable `LUNAR_HABITAT_BENCH_POSTGRES` names; its database has to be empty.

use std::path::Path;
use std::time::{Duration, Instant};

use habitat::Habitat;
use runtime::Block;
use rusqlite::{Connection, params};
use serde::Serialize;
use store::{
    Database, DatabaseSettings, Event, Ingest, IngestSettings, Location, NewRun, Severity, Signal,
    Span,
};

use super::rate::{self, Rate};
use super::simulator::SCENARIO;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::table::fixed;
use crate::usage;

/// Least share of the plain driver.
const BAR: f64 = 0.9;
/// Figure of the predecessor: inserts into a dictionary.
const PREDECESSOR: f64 = 942_080.0;
/// Repetitions.
const REPETITIONS: usize = 5;
/// Length of a repetition.
const LENGTH: Duration = Duration::from_secs(1);
/// Time between two syncs.
const GROUP: Duration = Duration::from_millis(10);
/// Operations between two looks at the clock.
const LOOK: u64 = 20;
/// Channels of the stream that is ingested.
const CHANNELS: usize = 100;
/// Rows of a block.
const ROWS: usize = 64;
/// Days and minutes of the mission.
const MISSION: (usize, usize) = (30, 1_440);
/// Variable that names a server.
const SERVER: &str = "LUNAR_HABITAT_BENCH_POSTGRES";
/// Rows that are sent to a server.
const SERVER_ROWS: usize = 2_000_000;

#[derive(Debug, Serialize)]
struct Detail {
    ratio: f64,
    plain_per_s: f64,
    samples_per_s: f64,
    plain_rows_per_s: f64,
    postgres: Option<Server>,
    mission: Mission,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Server {
    rows_per_s: f64,
    copy_rows_per_s: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Mission {
    mb: f64,
    day_ms: f64,
    day_ms_most: f64,
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Failed(error.to_string())
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when a database cannot be made or written.
pub fn measure() -> Result<Measured, CliError> {
    let (mut ours, mut plain, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first of each warms up and is not counted.
    for repetition in 0..=REPETITIONS {
        let (one, other) = (mixed()?, mixed_plain()?);
        if repetition > 0 {
            ours.push(one);
            plain.push(other);
            ratios.push(one / other);
        }
    }
    let (ours, plain, ratio) = (Rate::of(ours), Rate::of(plain), Rate::of(ratios));
    let detail = Detail {
        ratio: ratio.median,
        plain_per_s: plain.median,
        samples_per_s: ingested()?,
        plain_rows_per_s: inserted_plain()?,
        postgres: server()?,
        mission: mission()?,
    };
    let pass = detail.ratio >= BAR;
    let text = format!(
        "database  {} durable operations/s, {:.2} of the plain driver's {} (bar {BAR})  {}\n\
         {:10}lowest {}, highest {}; predecessor: {} inserts into a dictionary, not comparable\n\
         {:10}{} samples/s of one core into SQLite; the plain driver inserts {} rows of eight/s\n\
         {:10}{}\n\
         {:10}mission of 30 days, 100 channels: {:.1} MB; a channel's day in {:.2} ms, at most {:.2}\n",
        fixed(ours.median, 0),
        detail.ratio,
        fixed(plain.median, 0),
        verdict(pass),
        "",
        fixed(ours.lowest, 0),
        fixed(ours.highest, 0),
        fixed(PREDECESSOR, 0),
        "",
        fixed(detail.samples_per_s, 0),
        fixed(detail.plain_rows_per_s, 0),
        "",
        match detail.postgres {
            Some(server) => format!(
                "PostgreSQL: {} rows of eight/s, plain COPY {}",
                fixed(server.rows_per_s, 0),
                fixed(server.copy_rows_per_s, 0)
            ),
            None => format!("PostgreSQL: not measured; {SERVER} names an empty database"),
        },
        "",
        detail.mission.mb,
        detail.mission.day_ms,
        detail.mission.day_ms_most,
    );
    let row = Row {
        row: "database",
        value: ours.median,
        unit: "durable operations/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail,
    };
    Measured::new(&row, text)
}

fn folder() -> Result<tempfile::TempDir, CliError> {
    // Beside the program and not in memory: what is measured is a disk.
    let place = std::env::current_dir().map_err(failed)?;
    tempfile::Builder::new().prefix(".bench-").tempdir_in(place).map_err(failed)
}

fn open(dir: &Path) -> Result<Database, CliError> {
    let place = dir.join("store.db");
    Ok(Database::open(&place.as_path().into(), &DatabaseSettings::default())?)
}

/// What operation number `at` of the mix is: below 70 an insert, below 95 a read, else an update.
fn kind(at: u64) -> u64 {
    // Spread evenly and without a pattern that a cache could learn.
    (at.wrapping_mul(2_654_435_761) >> 8) % 100
}

fn event(at: u64) -> Event {
    Event {
        time_us: at as i64,
        kind: "limit".to_owned(),
        severity: Severity::Caution,
        source: "living.air".to_owned(),
        text: "CO2 above its caution limit".to_owned(),
        detail: "{\"value\": 533.2}".to_owned(),
    }
}

/// Operations per second through the store.
fn mixed() -> Result<f64, CliError> {
    let dir = folder()?;
    let database = open(dir.path())?;
    let run = database.begin_run(&NewRun::named("bench"))?;
    let (start, mut done, mut inserted) = (Instant::now(), 0_u64, 0_u64);
    while start.elapsed() < LENGTH {
        let group = Instant::now();
        database.batch(|batch| {
            while group.elapsed() < GROUP {
                for _ in 0..LOOK {
                    match kind(done) {
                        0..70 => {
                            batch.record_event(run, &event(inserted))?;
                            inserted += 1;
                        }
                        70..95 => {
                            let at = (done * 7_919 % inserted.max(1)) as i64;
                            std::hint::black_box(batch.events(run, (at, at))?);
                        }
                        _ => batch.set_results(run, "{\"updates\": 12}")?,
                    }
                    done += 1;
                }
            }
            Ok(())
        })?;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

/// A file of the plain driver with the settings of the store's.
fn plain(dir: &Path) -> Result<Connection, CliError> {
    let connection = Connection::open(dir.join("plain.db")).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
             PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON;
             CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, results TEXT);
             CREATE TABLE event (id INTEGER PRIMARY KEY, run BIGINT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
                 time_us BIGINT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL, source TEXT NOT NULL,
                 text TEXT NOT NULL, detail TEXT NOT NULL);
             CREATE INDEX event_by_time ON event (run, time_us);
             CREATE TABLE sample (id INTEGER PRIMARY KEY, a REAL, b REAL, c REAL, d REAL, e REAL, f REAL, g REAL,
                 h REAL);
             INSERT INTO run (id, name) VALUES (1, 'bench');",
        )
        .map_err(failed)?;
    Ok(connection)
}

/// The same with the plain driver.
fn mixed_plain() -> Result<f64, CliError> {
    let dir = folder()?;
    let connection = plain(dir.path())?;
    let (start, mut done, mut inserted) = (Instant::now(), 0_u64, 0_u64);
    let mut one = |done: u64| -> rusqlite::Result<()> {
        match kind(done) {
            0..70 => {
                let Event { time_us, kind, severity, source, text, detail } = event(inserted);
                connection
                    .prepare_cached(
                        "INSERT INTO event (run, time_us, kind, severity, source, text, detail)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![1, time_us, kind, severity.name(), source, text, detail])?;
                inserted += 1;
            }
            70..95 => {
                let at = (done * 7_919 % inserted.max(1)) as i64;
                let mut found = connection.prepare_cached(
                    "SELECT time_us, kind, severity, source, text, detail FROM event
                     WHERE run = ?1 AND time_us >= ?2 AND time_us <= ?3 ORDER BY time_us, id",
                )?;
                let rows = found.query_map(params![1, at, at], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                        row.get::<_, String>(3)?,
                        row.get::<_, String>(4)?,
                        row.get::<_, String>(5)?,
                    ))
                })?;
                std::hint::black_box(rows.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            _ => {
                connection
                    .prepare_cached("UPDATE run SET results = ?2 WHERE id = ?1")?
                    .execute(params![1, "{\"updates\": 12}"])?;
            }
        }
        Ok(())
    };
    while start.elapsed() < LENGTH {
        let group = Instant::now();
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        while group.elapsed() < GROUP {
            for _ in 0..LOOK {
                one(done).map_err(failed)?;
                done += 1;
            }
        }
        connection.execute_batch("COMMIT").map_err(failed)?;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

/// Rows of the telemetry of a mission, a row a minute.
struct Telemetry {
    signals: Vec<Signal>,
    rows: Vec<Vec<f64>>,
}

/// Fly `artemis-30d` with everything on and note its first channels that are measured each minute.
fn telemetry(rows: usize) -> Result<Telemetry, CliError> {
    let plan = rate::shipped(SCENARIO)?;
    let mut habitat: Habitat = rate::everything_on(&plan)?;
    let channels = habitat.catalogue().channels();
    let signals = channels[..CHANNELS.min(channels.len())]
        .iter()
        .map(|channel| Signal::new(&channel.id, channel.unit.symbol()))
        .collect();
    let mut row = vec![0.0; habitat.catalogue().len()];
    let mut all = Vec::with_capacity(rows);
    for _ in 0..rows {
        habitat.step(rate::DT_S).map_err(env::EnvError::from)?;
        habitat.read(&mut row);
        all.push(row[..CHANNELS.min(row.len())].to_vec());
    }
    Ok(Telemetry { signals, rows: all })
}

/// Samples made durable per second of processor time.
fn ingested() -> Result<f64, CliError> {
    let flown = telemetry(43_200)?;
    let channels = flown.signals.len();
    let mut rates = Vec::new();
    for repetition in 0..=REPETITIONS {
        let dir = folder()?;
        let database = open(dir.path())?;
        let run = database.begin_run(&NewRun::named("bench"))?;
        let stream = database.stream(run, "telemetry", &flown.signals)?;
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        let mut block = Block::new(channels, ROWS);
        let start_s = usage::cpu_s();
        let mut sent = 0;
        // Twice the mission, one after the other: about a second of work.
        for turn in 0..2 {
            for (at, row) in flown.rows.iter().enumerate() {
                block.push(60.0 * (turn * flown.rows.len() + at) as f64, row)?;
                sent += channels;
                if block.is_full() {
                    ingest.append(&block)?;
                    block.clear();
                }
            }
        }
        ingest.append(&block)?;
        ingest.finish()?;
        if repetition > 0 {
            rates.push(sent as f64 / (usage::cpu_s() - start_s));
        }
    }
    Ok(Rate::of(rates).median)
}

/// Rows of eight values per second of processor time with the plain driver.
fn inserted_plain() -> Result<f64, CliError> {
    let dir = folder()?;
    let connection = plain(dir.path())?;
    let (start, start_s, mut done) = (Instant::now(), usage::cpu_s(), 0_u64);
    while start.elapsed() < 2 * LENGTH {
        let group = Instant::now();
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        while group.elapsed() < GROUP {
            for _ in 0..LOOK {
                let x = done as f64;
                connection
                    .prepare_cached(
                        "INSERT INTO sample (a, b, c, d, e, f, g, h) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    )
                    .and_then(|mut sql| sql.execute(params![x, x, x, x, x, x, x, x]))
                    .map_err(failed)?;
                done += 1;
            }
        }
        connection.execute_batch("COMMIT").map_err(failed)?;
    }
    Ok(done as f64 / (usage::cpu_s() - start_s))
}

/// Rows per second into a server, through the store and by plain COPY; `None` where no server is named.
fn server() -> Result<Option<Server>, CliError> {
    let Ok(url) = std::env::var(SERVER) else {
        return Ok(None);
    };
    let location: Location = url.parse()?;
    let database = Database::open(&location, &DatabaseSettings::default())?;
    let run = database.begin_run(&NewRun::named("bench"))?;
    let signals: Vec<Signal> = (0..8).map(|at| Signal::new(&format!("c{at}"), "1")).collect();
    let stream = database.stream(run, "telemetry", &signals)?;
    let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
    let mut block = Block::new(8, 1_024);
    let value = |row: usize, at: usize| (row as f64 * 1e-3 + at as f64).sin();
    let start = Instant::now();
    for row in 0..SERVER_ROWS {
        let values: [f64; 8] = std::array::from_fn(|at| value(row, at));
        block.push(row as f64, &values)?;
        if block.is_full() {
            ingest.append(&block)?;
            block.clear();
        }
    }
    ingest.append(&block)?;
    ingest.finish()?;
    let rows_per_s = SERVER_ROWS as f64 / start.elapsed().as_secs_f64();
    database.remove_run("bench")?;
    Ok(Some(Server { rows_per_s, copy_rows_per_s: copied(&url, &value)? }))
}

/// Rows of a time and eight values per second by plain binary COPY, with the same numbers and as many rows a commit.
fn copied(url: &str, value: &dyn Fn(usize, usize) -> f64) -> Result<f64, CliError> {
    use std::io::Write;
    let mut client = postgres::Client::connect(url, postgres::NoTls).map_err(failed)?;
    client
        .batch_execute(
            "CREATE TABLE bench_sample (time_us BIGINT, a FLOAT8, b FLOAT8, c FLOAT8, d FLOAT8, e FLOAT8,
             f FLOAT8, g FLOAT8, h FLOAT8)",
        )
        .map_err(failed)?;
    let start = Instant::now();
    let mut row = 0;
    while row < SERVER_ROWS {
        let mut copy = client.copy_in("COPY bench_sample FROM STDIN BINARY").map_err(failed)?;
        let group = Instant::now();
        let mut bytes = b"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        while row < SERVER_ROWS && group.elapsed() < GROUP {
            for _ in 0..1_024.min(SERVER_ROWS - row) {
                bytes.extend_from_slice(&9_i16.to_be_bytes());
                bytes.extend_from_slice(&8_i32.to_be_bytes());
                bytes.extend_from_slice(&(row as i64 * 1_000_000).to_be_bytes());
                for at in 0..8 {
                    bytes.extend_from_slice(&8_i32.to_be_bytes());
                    bytes.extend_from_slice(&value(row, at).to_be_bytes());
                }
                row += 1;
            }
            copy.write_all(&bytes).map_err(failed)?;
            bytes.clear();
        }
        copy.write_all(&(-1_i16).to_be_bytes()).map_err(failed)?;
        copy.finish().map_err(failed)?;
    }
    let rate = SERVER_ROWS as f64 / start.elapsed().as_secs_f64();
    client.batch_execute("DROP TABLE bench_sample").map_err(failed)?;
    Ok(rate)
}

/// Size on the disk and time to read of a mission.
fn mission() -> Result<Mission, CliError> {
    let (days, minutes) = MISSION;
    let flown = telemetry(days * minutes)?;
    let dir = folder()?;
    let database = open(dir.path())?;
    let run = database.begin_run(&NewRun::named("bench"))?;
    let stream = database.stream(run, "telemetry", &flown.signals)?;
    let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
    let mut block = Block::new(flown.signals.len(), 10);
    for (at, row) in flown.rows.iter().enumerate() {
        block.push(60.0 * at as f64, row)?;
        if block.is_full() {
            ingest.append(&block)?;
            block.clear();
        }
    }
    ingest.append(&block)?;
    ingest.finish()?;
    database.vacuum()?;
    let bytes = std::fs::metadata(dir.path().join("store.db")).map_err(failed)?.len();
    let mut times_ms = Vec::new();
    for (at, signal) in flown.signals.iter().enumerate() {
        let from = (at % days) as i64 * 86_400_000_000;
        let start = Instant::now();
        let rows =
            database.read(&stream, &[&signal.name], Span::Time(from, from + 86_399_999_999))?;
        times_ms.push(1e3 * start.elapsed().as_secs_f64());
        if rows.len() != minutes {
            return Err(failed(format!("{} rows of a day of {minutes}", rows.len())));
        }
    }
    let times = Rate::of(times_ms);
    Ok(Mission { mb: bytes as f64 / 1e6, day_ms: times.median, day_ms_most: times.highest })
}
