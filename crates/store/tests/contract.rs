//! What every database owes, whichever it is: one suite, run on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;

use std::sync::OnceLock;
use std::time::Duration;

use cluster::Cluster;
use lunar_habitat_store::{
    Command, Database, DatabaseSettings, Event, Ingest, IngestSettings, Location, NewRun, Rows,
    RunFilter, RunStatus, Schedule, Severity, Signal, Span, StoreError, Stream,
};
use runtime::Block;

/// One server for all tests; it ends with the process.
fn server() -> Option<&'static Cluster> {
    static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
    extern "C" fn stop() {
        if let Some(Some(cluster)) = SERVER.get() {
            cluster.remove();
        }
    }
    SERVER
        .get_or_init(|| {
            let started = Cluster::start();
            // A static is never dropped.
            // SAFETY: `stop` is a function without captures that unwinds over nothing.
            unsafe { libc::atexit(stop) };
            started
        })
        .as_ref()
}

/// Run `test` on an empty database of each kind.
fn on_each(name: &str, test: fn(&Location)) {
    let dir = tempfile::tempdir().unwrap();
    test(&Location::Sqlite(dir.path().join("runs.db")));
    if let Some(server) = server() {
        test(&server.database(name).parse().unwrap());
    }
}

fn open(location: &Location) -> Database {
    Database::open(location, &DatabaseSettings::default()).unwrap()
}

fn stream(database: &Database, channels: usize) -> Stream {
    let run = match database.run("first") {
        Ok(run) => run.id,
        Err(_) => database.begin_run(&NewRun::named("first")).unwrap(),
    };
    let signals: Vec<Signal> =
        (0..channels).map(|at| Signal::new(&format!("living.air.c{at}_pa"), "Pa")).collect();
    database.stream(run, "telemetry", &signals).unwrap()
}

fn block(from: i64, rows: i64, channels: usize) -> Block {
    let mut block = Block::new(channels, rows as usize);
    for row in from..from + rows {
        let values: Vec<f64> = (0..channels).map(|at| value(row, at)).collect();
        block.push(60.0 * row as f64, &values).unwrap();
    }
    block
}

fn value(row: i64, channel: usize) -> f64 {
    (row as f64 * 0.01 + channel as f64).sin() * 100.0
}

fn expect(rows: &Rows, from: i64, count: i64, channel: usize) {
    assert_eq!(rows.len() as i64, count);
    for (at, (time_us, found)) in rows.time_us().iter().zip(rows.column(0)).enumerate() {
        let row = from + at as i64;
        assert_eq!((*time_us, *found), (row * 60_000_000, value(row, channel)));
    }
}

#[test]
fn runs_are_kept() {
    on_each("runs", |location| {
        let database = open(location);
        let told = NewRun {
            kind: "train".into(),
            config: "{\"lanes\": 64}".into(),
            seeds: "[1, 2]".into(),
            ..NewRun::named("a run of a name with \"quotes\"; DROP TABLE run; --")
        };
        let id = database.begin_run(&told).unwrap();
        assert!(database.begin_run(&told).is_err(), "two runs of one name");
        database.begin_run(&NewRun::named("other")).unwrap();
        database.end_run(id, RunStatus::Done, Some("{\"mean\": 0.98}")).unwrap();
        let run = database.run(&told.name).unwrap();
        assert_eq!((run.told, run.status), (told.clone(), RunStatus::Done));
        assert_eq!(run.results.as_deref(), Some("{\"mean\": 0.98}"));
        assert!(run.ended_us.unwrap() >= run.started_us);
        let kind = RunFilter { kind: Some("train".into()), ..RunFilter::default() };
        assert_eq!(database.runs(&kind).unwrap().len(), 1);
        assert_eq!(database.runs(&RunFilter { most: 1, ..RunFilter::default() }).unwrap().len(), 1);
        drop(database);
        let again = open(location);
        assert_eq!(again.runs(&RunFilter::default()).unwrap().len(), 2);
        again.remove_run(&told.name).unwrap();
        assert!(matches!(again.run(&told.name), Err(StoreError::Missing { .. })));
        assert!(matches!(again.remove_run(&told.name), Err(StoreError::Missing { .. })));
    });
}

#[test]
fn rows_come_back_to_the_bit_from_packets_and_segments() {
    on_each("rows", |location| {
        let database = open(location);
        let stream = stream(&database, 3);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        let mut at = 0;
        // Blocks of uneven length, far beyond a segment, each acknowledged.
        for rows in [1, 100, 4_000, 4_095, 1, 4_097, 777, 9_000] {
            ingest.append(&block(at, rows, 3)).unwrap();
            ingest.commit().unwrap();
            at += rows;
            let count = database.streams(stream.run).unwrap()[0].count;
            assert_eq!(count as i64, at);
        }
        let all = database.read(&stream, &["living.air.c1_pa"], Span::ALL).unwrap();
        expect(&all, 0, at, 1);
        let day = Span::Time(9_000 * 60_000_000, 10_439 * 60_000_000);
        expect(&database.read(&stream, &["living.air.c2_pa"], day).unwrap(), 9_000, 1_440, 2);
        let summary = ingest.finish().unwrap();
        assert_eq!((summary.rows as i64, summary.repeated, summary.late), (at, 0, 0));
        let all = database.read(&stream, &["living.air.c0_pa"], Span::ALL).unwrap();
        expect(&all, 0, at, 0);
        let ends = database.extremes(&stream, "living.air.c0_pa").unwrap().unwrap();
        let low = all.column(0).iter().copied().fold(f64::INFINITY, f64::min);
        let high = all.column(0).iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(ends, (low, high));
        assert!(database.verify().unwrap().is_sound());
        let missing = database.read(&stream, &["living.air.c9_pa"], Span::ALL);
        assert!(matches!(missing, Err(StoreError::Missing { what: "channel", .. })));
    });
}

#[test]
fn a_row_that_is_sent_again_is_there_once() {
    on_each("repeated", |location| {
        let database = open(location);
        let stream = stream(&database, 2);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        ingest.append(&block(0, 9_000, 2)).unwrap();
        ingest.commit().unwrap();
        // The sender was cut off and does not know: it begins again earlier, in another session.
        let mut again = Ingest::new(&database, &stream, &IngestSettings::default());
        again.append(&block(8_000, 1_500, 2)).unwrap();
        let summary = again.finish().unwrap();
        assert_eq!((summary.rows, summary.repeated), (500, 1_000));
        // The first one goes on without having been told.
        ingest.append(&block(9_400, 200, 2)).unwrap();
        let summary = ingest.finish().unwrap();
        assert_eq!((summary.rows, summary.repeated), (9_100, 100));
        expect(&database.read(&stream, &["living.air.c0_pa"], Span::ALL).unwrap(), 0, 9_600, 0);
        assert!(database.verify().unwrap().is_sound());
    });
}

#[test]
fn late_rows_find_their_place_and_a_follower_gets_each_row_once() {
    on_each("late", |location| {
        let database = open(location);
        let stream = stream(&database, 1);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        let mut got: Vec<i64> = Vec::new();
        let mut follow = |database: &Database| {
            let new = database.read(&stream, &[], Span::Arrival(got.len() as u64)).unwrap();
            got.extend(new.time_us().iter().map(|time_us| time_us / 60_000_000));
            got.len()
        };
        ingest.append(&block(0, 5_000, 1)).unwrap();
        ingest.commit().unwrap();
        assert_eq!(follow(&database), 5_000);
        ingest.append(&block(6_000, 5_000, 1)).unwrap();
        ingest.commit().unwrap();
        assert_eq!(follow(&database), 10_000);
        let gaps = database.gaps(&stream, 60_000_000).unwrap();
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].to_us - gaps[0].from_us, 1_001 * 60_000_000);
        ingest.append(&block(5_000, 1_000, 1)).unwrap();
        let summary = ingest.finish().unwrap();
        assert_eq!((summary.late, summary.repeated), (1_000, 0));
        assert_eq!(follow(&database), 11_000);
        assert!(database.gaps(&stream, 60_000_000).unwrap().is_empty());
        expect(&database.read(&stream, &["living.air.c0_pa"], Span::ALL).unwrap(), 0, 11_000, 0);
        assert_eq!(got[10_000], 5_000);
        got.sort_unstable();
        assert!(got.iter().copied().eq(0..11_000));
    });
}

#[test]
fn two_writers_of_one_stream_lose_and_double_nothing() {
    on_each("two_writers", |location| {
        let database = open(location);
        let stream = stream(&database, 2);
        std::thread::scope(|scope| {
            for part in 0..2 {
                let (database, stream) = (open(location), stream.clone());
                scope.spawn(move || {
                    let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
                    // Every row is sent by both.
                    for at in 0..60 {
                        ingest.append(&block(200 * at, 200 + part, 2)).unwrap();
                        ingest.commit().unwrap();
                    }
                    ingest.finish().unwrap();
                });
            }
        });
        let rows = database.read(&stream, &["living.air.c1_pa"], Span::ALL).unwrap();
        expect(&rows, 0, 12_001, 1);
        assert!(database.verify().unwrap().is_sound());
    });
}

#[test]
fn ten_thousand_channels() {
    on_each("wide", |location| {
        let database = open(location);
        let stream = stream(&database, 10_000);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        for at in 0..5 {
            ingest.append(&block(50 * at, 50, 10_000)).unwrap();
            ingest.commit().unwrap();
        }
        ingest.finish().unwrap();
        let rows = database.read(&stream, &["living.air.c9999_pa"], Span::ALL).unwrap();
        expect(&rows, 0, 250, 9_999);
    });
}

#[test]
fn what_does_not_fit_is_refused_whole() {
    on_each("refused", |location| {
        let database = open(location);
        let stream = stream(&database, 2);
        let run = stream.run;
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        let error = ingest.append(&block(0, 3, 4)).unwrap_err().to_string();
        assert!(error.contains("4 values") && error.contains("2 channels"), "{error}");
        let mut bad = Block::new(2, 1);
        bad.push(f64::NAN, &[0.0, 0.0]).unwrap();
        assert!(ingest.append(&bad).is_err());
        assert_eq!(ingest.finish().unwrap().rows, 0);
        let twice = [Signal::new("a", "Pa"), Signal::new("a", "K")];
        assert!(database.stream(run, "other", &twice).unwrap_err().to_string().contains("twice"));
        assert!(database.stream(run, "other", &[]).is_err());
        assert!(database.stream(run, "telemetry", &[Signal::new("a", "Pa")]).is_err());
        assert!(database.stream(run + 99, "telemetry", &[Signal::new("a", "Pa")]).is_err());
    });
}

#[test]
fn events_files_and_commands_are_kept() {
    on_each("events", |location| {
        let database = open(location);
        let run = database.begin_run(&NewRun::named("first")).unwrap();
        let event = |time_us, text: &str| Event {
            time_us,
            kind: "failure".into(),
            severity: Severity::Warning,
            source: "living.cdra".into(),
            text: text.into(),
            detail: "{}".into(),
        };
        let hostile = "'); DROP TABLE event; -- \u{1F680} \\ \" \n";
        database.record_events(run, &[event(20, "second"), event(10, hostile)]).unwrap();
        let found = database.events(run, (0, 15)).unwrap();
        assert_eq!(found, [event(10, hostile)]);
        assert_eq!(database.events(run, (i64::MIN, i64::MAX)).unwrap().len(), 2);

        let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at * 7) as u8).collect();
        database.keep_artifact(run, "policy", "first", "{}", b"old").unwrap();
        database.keep_artifact(run, "policy", "first", "{}", &bytes).unwrap();
        assert_eq!(database.artifact(run, "policy", "first").unwrap().bytes, bytes);
        assert_eq!(database.artifacts(run).unwrap()[0].len, 300_000);
        assert!(database.artifact(run, "policy", "second").is_err());

        let command = |who: &str| Command {
            who: who.into(),
            action: "set".into(),
            target: "living.ccaa.set_t_k".into(),
            detail: "{\"value\": 295}".into(),
        };
        let first = database.record_command(&command("a")).unwrap();
        let second = database.record_command(&command(hostile)).unwrap();
        assert_eq!(second.previous, first.hash);
        assert_eq!(database.audit(10).unwrap(), [first, second]);
        let verified = database.verify().unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problems);
        assert_eq!(verified.audit, 2);
    });
}

#[test]
fn a_backup_is_taken_while_others_write_and_comes_back() {
    on_each("backup", |location| {
        let dir = tempfile::tempdir().unwrap();
        let database = open(location);
        let stream = stream(&database, 2);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        ingest.append(&block(0, 10_000, 2)).unwrap();
        ingest.commit().unwrap();
        database.keep_artifact(stream.run, "policy", "p", "{}", b"weights").unwrap();
        let schedule = Schedule { directory: dir.path().join("backups"), keep: 2 };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for at in 100..200 {
                    ingest.append(&block(100 * at, 100, 2)).unwrap();
                    ingest.commit().unwrap();
                }
            });
            for _ in 0..3 {
                database.scheduled_backup(&schedule).unwrap();
            }
        });
        let backups = schedule.backups().unwrap();
        assert_eq!(backups.len(), 2);
        let drill = database.drill(&schedule, "test").unwrap();
        assert!(drill.verified.is_sound(), "{:?}", drill.verified.problems);
        assert_eq!(database.audit(1).unwrap()[0].command.action, "backup drill");

        // Back as a file.
        let file = Location::Sqlite(dir.path().join("back.db"));
        Database::restore(&backups[1], &file, false).unwrap();
        assert!(Database::restore(&backups[1], &file, false).is_err(), "replaced unasked");
        Database::restore(&backups[1], &file, true).unwrap();
        let back = open(&file);
        let found = back.find_stream(back.run("first").unwrap().id, "telemetry").unwrap();
        let rows = back.read(&found, &["living.air.c0_pa"], Span::ALL).unwrap();
        assert!(rows.len() >= 10_000 && rows.len().is_multiple_of(100));
        expect(&rows, 0, rows.len() as i64, 0);
        // And as a server, which then counts on.
        if let (Location::Postgres(_), Some(server)) = (location, server()) {
            let empty: Location = server.database("restored").parse().unwrap();
            Database::restore(&backups[1], &empty, false).unwrap();
            let back = open(&empty);
            assert!(back.verify().unwrap().is_sound());
            back.begin_run(&NewRun::named("after")).unwrap();
            assert!(Database::restore(&backups[1], &empty, false).is_err(), "not empty");
        }
    });
}

#[test]
fn old_rows_are_thinned_and_their_extremes_stay() {
    on_each("thin", |location| {
        let database = open(location);
        let stream = stream(&database, 2);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        ingest.append(&block(0, 30_000, 2)).unwrap();
        ingest.finish().unwrap();
        let before = database.read(&stream, &["living.air.c1_pa"], Span::ALL).unwrap();
        let hour = 3_600_000_000;
        let thinned = database.thin(&stream, hour, 20_000 * 60_000_000).unwrap();
        assert!(thinned.removed > 0 && thinned.kept * 59 < thinned.removed, "{thinned:?}");
        let coarse = database.find_stream(stream.run, "telemetry.3600s").unwrap();
        let names = ["living.air.c1_pa.low", "living.air.c1_pa.mean", "living.air.c1_pa.high"];
        let rows = database.read(&coarse, &names, Span::ALL).unwrap();
        let old = &before.column(0)[..thinned.removed as usize];
        let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(least(rows.column(0)), least(old));
        assert_eq!(most(rows.column(2)), most(old));
        assert_eq!(least(&old[..60]), rows.column(0)[0]);
        let rest = database.read(&stream, &["living.air.c1_pa"], Span::ALL).unwrap();
        assert_eq!(rest.column(0), &before.column(0)[thinned.removed as usize..]);
        assert!(database.verify().unwrap().is_sound());
        assert_eq!(database.thin(&stream, hour, 20_000 * 60_000_000).unwrap().removed, 0);
        assert!(database.thin(&stream, 1, 0).is_err());
        // Rows go on arriving after it.
        ingest.append(&block(30_000, 10, 2)).unwrap();
        ingest.finish().unwrap();
        assert!(database.verify().unwrap().is_sound());
    });
}

#[test]
fn old_runs_go_and_running_ones_stay() {
    on_each("old_runs", |location| {
        let database = open(location);
        let ended = database.begin_run(&NewRun::named("ended")).unwrap();
        database.begin_run(&NewRun::named("running")).unwrap();
        database.end_run(ended, RunStatus::Failed, None).unwrap();
        let later = database.run("ended").unwrap().ended_us.unwrap() + 1_000_000_000;
        assert_eq!(database.remove_runs_before(later).unwrap(), ["ended"]);
        assert_eq!(database.runs(&RunFilter::default()).unwrap().len(), 1);
        let (before, after) = database.vacuum().unwrap();
        assert!(after <= before);
    });
}

#[test]
fn a_thousand_readers_wait_their_turn() {
    on_each("readers", |location| {
        let wait = Duration::from_secs(120);
        let settings = DatabaseSettings { wait, ..DatabaseSettings::default() };
        let database = Database::open(location, &settings).unwrap();
        let stream = stream(&database, 2);
        let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
        ingest.append(&block(0, 9_000, 2)).unwrap();
        ingest.commit().unwrap();
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..1_000)
                .map(|reader: i64| {
                    let (database, stream) = (database.clone(), stream.clone());
                    let read = move || {
                        let from = reader * 8;
                        let span = Span::Time(from * 60_000_000, (from + 99) * 60_000_000);
                        expect(
                            &database.read(&stream, &["living.air.c0_pa"], span).unwrap(),
                            from,
                            100,
                            0,
                        );
                    };
                    std::thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, read)
                })
                .collect();
            // Rows go on arriving meanwhile.
            for at in 0..20 {
                ingest.append(&block(9_000 + 10 * at, 10, 2)).unwrap();
                ingest.commit().unwrap();
            }
            for reader in readers {
                reader.unwrap().join().unwrap();
            }
        });
        assert!(database.connections().open <= 8);
    });
}

#[test]
fn remembered_rows_are_those_of_now() {
    on_each("remembered", |location| {
        let mut settings = DatabaseSettings::default();
        settings.cache.freshness = Duration::ZERO;
        let database = Database::open(location, &settings).unwrap();
        let stranger = open(location);
        let stream = stream(&database, 2);
        let mut own = Ingest::new(&database, &stream, &IngestSettings::default());
        let mut other = Ingest::new(&stranger, &stream, &IngestSettings::default());
        let mut count = 0;
        for turn in 0..40 {
            let ingest = if turn % 2 == 0 { &mut own } else { &mut other };
            ingest.append(&block(100 * turn, 100, 2)).unwrap();
            ingest.commit().unwrap();
            count += 100;
            for _ in 0..3 {
                let rows = database.recall(&stream, &["living.air.c0_pa"], Span::ALL).unwrap();
                assert_eq!(rows.len(), count);
            }
        }
        let figures = database.cache_figures();
        assert!(figures.hits >= 40, "{figures:?}");
        own.finish().unwrap();
        database.set_cache_enabled(false);
        let rows = database.recall(&stream, &["living.air.c1_pa"], Span::ALL).unwrap();
        expect(&rows, 0, 4_000, 1);
        database.remove_run("first").unwrap();
        database.set_cache_enabled(true);
        assert!(database.recall(&stream, &["living.air.c0_pa"], Span::ALL).unwrap().is_empty());
    });
}

/// A server keeps the rows of many habitats: one commit for all of them and for what is told of them, or none.
#[test]
fn many_streams_share_a_commit() {
    on_each("together", |location| {
        let database = open(location);
        let (channels, streams) = (7, 40);
        let settings = IngestSettings { segment_samples: 1, ..IngestSettings::default() };
        let made = |number: i64| {
            let run = database.begin_run(&NewRun::named(&format!("session {number}"))).unwrap();
            let signals: Vec<Signal> =
                (0..channels).map(|at| Signal::new(&format!("c{at}"), "Pa")).collect();
            let stream = database.stream(run, "telemetry", &signals).unwrap();
            (Ingest::new(&database, &stream, &settings), stream)
        };
        let mut all: Vec<(Ingest, Stream)> = (0..streams).map(made).collect();
        let row = |at: i64, number: usize| -> Vec<f64> {
            (0..channels).map(|channel| value(at + number as i64, channel)).collect()
        };
        // More than a segment each; two streams get nothing in some rounds.
        for round in 0..150_i64 {
            for (number, (ingest, _)) in all.iter_mut().enumerate() {
                if !(number < 2 && round % 3 == 0) {
                    ingest.gather(round * 60_000_000, &row(round, number)).unwrap();
                }
            }
            assert!(all[0].0.gather(0, &[1.0]).is_err(), "a row of another width");
            let fails = round % 50 == 49;
            let mut writers: Vec<&mut Ingest> = all.iter_mut().map(|(one, _)| one).collect();
            let run = database.run("session 3").unwrap().id;
            let done = Ingest::commit_together(&mut writers, |batch| {
                let bytes = round.to_le_bytes();
                batch.keep_artifact(run, "snapshot", "latest", "{}", &bytes)?;
                match fails {
                    true => Err(StoreError::Missing {
                        place: String::new(),
                        what: "test",
                        name: String::new(),
                    }),
                    false => Ok(round),
                }
            });
            assert_eq!(done.is_ok(), !fails);
            let kept = database.artifact(run, "snapshot", "latest").unwrap().bytes;
            assert_eq!(kept, (round - i64::from(fails)).to_le_bytes());
        }
        let mut writers: Vec<&mut Ingest> = all.iter_mut().map(|(one, _)| one).collect();
        Ingest::commit_together(&mut writers, |_| Ok(())).unwrap();
        // Two handles are two databases, whatever they point at; nobody's transaction holds the rows of both.
        let other = open(location);
        let (_, first) = &all[0];
        let mut stranger = Ingest::new(&other, first, &settings);
        stranger.gather(1, &row(0, 0)).unwrap();
        all[1].0.gather(1, &row(0, 0)).unwrap();
        let mut mixed = [&mut all[1].0, &mut stranger];
        let error = Ingest::commit_together(&mut mixed, |_| Ok(())).unwrap_err();
        assert!(matches!(error, StoreError::Rows { .. }), "{error}");
        let error = Ingest::commit_together(&mut [], |_| Ok(())).unwrap_err();
        assert!(matches!(error, StoreError::Rows { .. }), "{error}");
        all[1].0.discard();
        for (number, (_, stream)) in all.iter().enumerate() {
            let rows = database.read(stream, &["c2"], Span::Time(i64::MIN, i64::MAX)).unwrap();
            let rounds = (0..150).filter(|round| !(number < 2 && round % 3 == 0));
            let expected: Vec<(i64, f64)> =
                rounds.map(|round| (round * 60_000_000, value(round + number as i64, 2))).collect();
            let found: Vec<(i64, f64)> =
                rows.time_us().iter().copied().zip(rows.column(0).iter().copied()).collect();
            assert_eq!(found, expected, "stream {number}");
        }
        assert!(database.verify().unwrap().is_sound());
    });
}
