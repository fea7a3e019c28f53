//! Story: a store of many runs grows slow, its log says where, and an index is made, judged, kept or undone.
//!
//! Told on SQLite and on PostgreSQL. That an index serves is told by the plan of the database, asked for on a connection of
//! the test's own.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;
mod telemetry;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cluster::Cluster;
use lunar_habitat_store::advice::{Budget, Evidence, Proposal};
use lunar_habitat_store::{
    Database, DatabaseSettings, Location, NewRun, Owner, RunFilter, Schedule, StoreError,
};
use telemetry::{Actor, Dice, part, tell};

const RUNS: u64 = 20_000;
/// The list of the latest runs, as [`Database::runs`] asks for it.
const LATEST: RunFilter = RunFilter { kind: None, ended_before_us: None, most: 50 };

/// A connection past the store.
enum Raw {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client),
}

impl Raw {
    fn open(location: &Location) -> Raw {
        match location {
            Location::Sqlite(path) => Raw::Sqlite(rusqlite::Connection::open(path).unwrap()),
            Location::Postgres(url) => {
                Raw::Postgres(postgres::Client::connect(url, postgres::NoTls).unwrap())
            }
        }
    }

    fn run(&mut self, sql: &str) {
        match self {
            Raw::Sqlite(raw) => raw.execute_batch(sql).unwrap(),
            Raw::Postgres(raw) => raw.batch_execute(sql).unwrap(),
        }
    }

    fn texts(&mut self, sql: &str) -> Vec<String> {
        match self {
            Raw::Sqlite(raw) => {
                let mut statement = raw.prepare(sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            }
            Raw::Postgres(raw) => {
                raw.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Indexes of ours that there are; on a server those that are not whole with a mark.
    fn made(&mut self) -> Vec<String> {
        self.texts(match self {
            Raw::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'made\\_%' ESCAPE '\\' AND tbl_name <> 'made_index'"
            }
            Raw::Postgres(_) => {
                "SELECT i.relname || CASE WHEN x.indisvalid THEN '' ELSE ' broken' END FROM pg_index x
                 JOIN pg_class i ON i.oid = x.indexrelid
                 WHERE i.relname LIKE 'made\\_%' AND i.relname NOT LIKE 'made\\_index%'"
            }
        })
    }

    /// The plan of the list of the latest runs.
    fn plan(&mut self) -> String {
        let sql =
            "SELECT id, name, kind, code, config, seeds, status, results, started_us, ended_us
             FROM run ORDER BY started_us DESC, id DESC LIMIT";
        match self {
            Raw::Sqlite(raw) => {
                // Unlike a plan, an answer makes a connection look whether the schema is still the one it knows.
                raw.execute_batch("SELECT COUNT(*) FROM sqlite_schema").unwrap();
                let mut statement = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql} ?1")).unwrap();
                let rows = statement.query_map([50], |row| row.get::<_, String>(3)).unwrap();
                rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
            }
            Raw::Postgres(_) => self.texts(&format!("EXPLAIN {sql} 50")).join("\n"),
        }
    }

    /// Put a statement into the log as if it had been asked `calls` times and given a row each time.
    fn plant(&mut self, text: &str, calls: u64, total_us: f64, since_us: i64) {
        let text = text.replace('\'', "''");
        self.run(&format!(
            "INSERT INTO slow_query VALUES
             ('{text}', {calls}, {total_us}, {total_us}, {calls}, 0, {since_us}, {since_us})"
        ));
    }
}

fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64
}

/// Open with every statement counted as slow.
fn open_slow(location: &Location) -> Database {
    let settings = DatabaseSettings { slow: Duration::ZERO, ..DatabaseSettings::default() };
    Database::open(location, &settings).unwrap()
}

fn open(location: &Location) -> Database {
    telemetry::open(location)
}

/// A store of many runs.
fn fill(location: &Location, runs: u64) {
    drop(open(location));
    Raw::open(location).run(&format!(
        "INSERT INTO run (name, kind, code, config, seeds, status, started_us, ended_us)
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {})
         SELECT 'run-' || i, 'simulate', '0.1.0', '{}', '[1]', 'done', 1000000 * CAST(i AS BIGINT), 1000000 * CAST(i AS BIGINT) + 5 FROM n;
         ANALYZE",
        runs - 1,
        "x".repeat(300)
    ));
}

fn on_each(name: &str, test: fn(&Location)) {
    let dir = tempfile::tempdir().unwrap();
    test(&Location::Sqlite(dir.path().join("runs.db")));
    if let Some(server) = Cluster::start() {
        test(&server.database(name).parse().unwrap());
    }
}

fn proposal(table: &str, columns: &[&str], text: &str) -> Proposal {
    let evidence = Evidence {
        text: text.to_owned(),
        calls: 1,
        total_s: 1.0,
        examined_per_used: 1.0,
        saved_s: 1.0,
    };
    Proposal {
        table: table.to_owned(),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        evidence: vec![evidence],
        saved_s: 1.0,
        write_s: 0.0,
        bytes: 0,
        replaces: vec![],
    }
}

#[test]
fn a_missing_index_is_found_made_used_and_kept() {
    on_each("missing", |location| {
        fill(location, RUNS);
        // One command asks, and is over.
        let database = open_slow(location);
        for _ in 0..20 {
            assert_eq!(database.runs(&LATEST).unwrap().len(), 50);
        }
        database.run("run-77").unwrap();
        drop(database);
        // Another one looks at what was asked.
        let database = open(location);
        let advice = database.advise_indexes(&Budget::default()).unwrap();
        let [proposal] = advice.proposals.as_slice() else {
            unreachable!("{:?}", advice.proposals);
        };
        assert_eq!((proposal.table.as_str(), &proposal.columns[0][..]), ("run", "started_us"));
        let evidence = &proposal.evidence[0];
        assert!(evidence.text.contains("ORDER BY started_us DESC"), "{}", evidence.text);
        assert_eq!(evidence.calls, 20);
        assert!((evidence.examined_per_used - 400.0).abs() < 40.0, "{evidence:?}");
        let mut raw = Raw::open(location);
        assert!(!raw.plan().contains("made_run"), "{}", raw.plan());

        let made = database.make_index(proposal).unwrap();
        assert!(!made.was_there && made.index.before_us.is_some() && made.bytes > 0);
        assert!(raw.plan().contains(&made.index.name), "{}", raw.plan());
        assert!(database.make_index(proposal).unwrap().was_there);
        // Twenty thousand rows against fifty: kept, unless something else has the machine each time it is asked again.
        let is_kept = (0..5).any(|_| {
            database.make_index(proposal).unwrap();
            let judged = database.judge_index(&made.index.name).unwrap();
            assert!(judged.is_used, "{judged:?}");
            judged.is_kept
        });
        assert!(is_kept, "{:?}", raw.made());
        assert_eq!(raw.made(), [made.index.name.as_str()]);
        assert_eq!(database.runs(&LATEST).unwrap()[0].told.name, "run-19999");

        // It is asked for on, and nothing more is wanted.
        drop(database);
        let database = open_slow(location);
        for _ in 0..20 {
            database.runs(&LATEST).unwrap();
        }
        let advice = database.advise_indexes(&Budget::default()).unwrap();
        assert_eq!(advice.proposals, []);
        assert!(advice.unused.iter().all(|unused| unused.owner != Owner::Made));
        assert_eq!(database.made_indexes().unwrap().len(), 1);
        // A copy of the runs elsewhere does not need it.
        assert!(database.verify().unwrap().is_sound());
    });
}

#[test]
fn an_index_that_cannot_serve_is_undone_and_not_proposed_again() {
    on_each("vain", |location| {
        fill(location, RUNS);
        // Another order of letters than the index has.
        let text = match location {
            Location::Sqlite(_) => "SELECT id FROM run WHERE status = ?1 COLLATE NOCASE",
            Location::Postgres(_) => "SELECT id FROM run WHERE status = ?1 COLLATE \"C\"",
        };
        let mut raw = Raw::open(location);
        raw.plant(text, 10, 1e6, now_us());
        let database = open(location);
        let advice = database.advise_indexes(&Budget::default()).unwrap();
        assert_eq!(advice.proposals.len(), 1, "{advice:?}");
        assert_eq!(advice.proposals[0].columns, ["status"]);
        let made = database.make_index(&advice.proposals[0]).unwrap();
        assert_eq!(raw.made(), [made.index.name.as_str()]);
        let judged = database.judge_index(&made.index.name).unwrap();
        assert!(!judged.is_used && !judged.is_kept);
        assert!(judged.index.before_us.is_some() && judged.index.after_us.is_some());
        assert!(raw.made().is_empty());
        // It is slow still, and the same is not tried twice.
        raw.plant(text, 10, 1e6, now_us());
        let advice = database.advise_indexes(&Budget::default()).unwrap();
        assert!(advice.proposals.is_empty(), "{advice:?}");
        assert_eq!(advice.declined.len(), 1);
        assert!(advice.declined[0].undone);
        // Whoever asks for it gets it.
        assert!(!database.make_index(&proposal("run", &["status"], text)).unwrap().was_there);
    });
}

#[test]
fn what_stands_in_the_log_is_never_obeyed_and_holds_no_values() {
    on_each("hostile", |location| {
        fill(location, 2_000);
        let database = open_slow(location);
        let secret = "'); DROP TABLE run; -- s3cret";
        database.begin_run(&NewRun::named(secret)).unwrap();
        database.run(secret).unwrap();
        database.runs(&RunFilter { kind: Some("s3cret".into()), ..LATEST }).unwrap();
        drop(database);
        let mut raw = Raw::open(location);
        let texts = raw.texts("SELECT text FROM slow_query");
        assert!(texts.iter().any(|text| text.contains("WHERE name = ?1")), "{texts:?}");
        assert!(texts.iter().all(|text| !text.contains("s3cret")), "{texts:?}");

        for text in [
            "SELECT id FROM run; DROP TABLE run",
            "DROP TABLE run",
            "COMMIT; DROP TABLE run; BEGIN",
            "SELECT id FROM run WHERE kind = 'x'); DROP TABLE run; --",
            "DELETE FROM run WHERE kind = ?1 AND status = ?2",
            "SELECT \"",
            "SELECT ?99999999999999999999 FROM run",
            "SELECT ?4000000000 FROM run",
            "\u{1F680}",
        ] {
            raw.plant(text, 10, 1e6, now_us());
        }
        let database = open(location);
        let advice = database.advise_indexes(&Budget::default()).unwrap();
        for proposal in &advice.proposals {
            let made = database.make_index(proposal).unwrap();
            database.judge_index(&made.index.name).unwrap();
        }
        let hostile = "run\"; DROP TABLE run; --";
        for (table, column) in [(hostile, "id"), ("run", hostile), ("run", "")] {
            let made = database.make_index(&proposal(table, &[column], "DROP TABLE run"));
            assert!(matches!(made, Err(StoreError::Missing { .. })), "{made:?}");
        }
        assert!(database.make_index(&proposal("run", &[], "SELECT 1")).is_err());
        assert!(matches!(database.drop_index(hostile), Err(StoreError::Missing { .. })));
        assert!(matches!(database.judge_index(hostile), Err(StoreError::Missing { .. })));
        // Not replayed: it would change something.
        let made = database.make_index(&proposal("run", &["seeds"], "DELETE FROM run")).unwrap();
        assert_eq!(made.index.before_us, None);
        // A table of somebody else, whatever it is called.
        raw.run("CREATE TABLE \"odd \"\" table\" (\"a \"\" b; --\" BIGINT); INSERT INTO \"odd \"\" table\" VALUES (1)");
        let odd = proposal("odd \" table", &["a \" b; --"], "SELECT 1 FROM \"odd \"\" table\"");
        let made = database.make_index(&odd).unwrap();
        assert!(raw.made().contains(&made.index.name));
        database.drop_index(&made.index.name).unwrap();
        assert!(!raw.made().contains(&made.index.name));
        assert_eq!(database.runs(&RunFilter::default()).unwrap().len(), 2_001);
    });
}

#[test]
fn a_statement_that_does_not_take_the_values_of_the_tables_says_nothing_and_stops_nobody() {
    on_each("refused", |location| {
        fill(location, 2_000);
        // Planned like any other, and refused once it is asked with values: a text that is no JSON; three letters for a
        // number of four bytes, a number that the driver does not read, and letters that are no number.
        let refused: &[&str] = match location {
            Location::Sqlite(_) => &["SELECT id FROM run WHERE json_extract(config, '$.x') = ?1"],
            Location::Postgres(_) => &[
                "SELECT id FROM run WHERE LENGTH(seeds) = ?1",
                "SELECT SUM(started_us) FROM run WHERE kind = ?1",
                "SELECT id FROM run WHERE CAST(name AS INTEGER) = ?1",
            ],
        };
        let database = open(location);
        let good = "SELECT id FROM run WHERE seeds = ?1";
        for text in refused {
            let vain = database.make_index(&proposal("run", &["config"], text)).unwrap();
            assert_eq!(vain.index.before_us, None, "{text}");
            let judged = database.judge_index(&vain.index.name).unwrap();
            assert!(!judged.is_kept && judged.index.after_us.is_none(), "{text}");
            // It stands before one that can be asked, whose time is taken all the same.
            let mut wanted = proposal("run", &["seeds"], text);
            wanted.evidence.extend(proposal("run", &["seeds"], good).evidence);
            let made = database.make_index(&wanted).unwrap();
            assert!(!made.was_there && made.index.before_us.is_some(), "{text}");
            let judged = database.judge_index(&made.index.name).unwrap();
            assert!(judged.index.after_us.is_some(), "{text}");
            if judged.is_kept {
                database.drop_index(&made.index.name).unwrap();
            }
        }
    });
}

#[test]
fn only_what_may_go_is_dropped() {
    on_each("dropped", |location| {
        fill(location, 2_000);
        let database = open(location);
        let mut raw = Raw::open(location);
        raw.run("CREATE INDEX mine ON run (code); CREATE UNIQUE INDEX strict ON run (name, code)");
        // The log is older than the rarest report.
        raw.plant("SELECT id FROM run WHERE id = ?1", 1, 1.0, now_us() - 2 * 86_400_000_000);
        let unused = database.advise_indexes(&Budget::default()).unwrap().unused;
        let owner = |name: &str| {
            unused.iter().find(|unused| unused.dropping.name == name).map(|unused| unused.owner)
        };
        assert_eq!(owner("run_by_kind"), Some(Owner::Schema), "{unused:?}");
        assert_eq!(owner("mine"), Some(Owner::Other));
        assert_eq!(owner("strict"), None);
        let error = database.drop_index("run_by_kind").unwrap_err().to_string();
        assert!(error.contains("belongs to the schema"), "{error}");
        let error = database.drop_index("strict").unwrap_err().to_string();
        assert!(error.contains("forbids two equal rows"), "{error}");
        database.drop_index("mine").unwrap();
        assert!(matches!(database.drop_index("mine"), Err(StoreError::Missing { .. })));
        // One of ours that nobody has used for a day is one to drop.
        let made = database.make_index(&proposal("run", &["seeds"], "SELECT 1")).unwrap();
        let is_unused = |database: &Database| {
            let advice = database.advise_indexes(&Budget::default()).unwrap();
            advice.unused.iter().any(|unused| unused.owner == Owner::Made)
        };
        assert!(!is_unused(&database), "it is a moment old");
        raw.run("UPDATE made_index SET made_us = made_us - 172800000000");
        assert!(is_unused(&database));
        database.drop_index(&made.index.name).unwrap();
        assert_eq!((raw.made().len(), database.made_indexes().unwrap().len()), (0, 0));
    });
}

#[test]
fn copies_and_checks_are_not_logged_and_a_copy_logs_nothing_of_its_own() {
    on_each("copies", |location| {
        fill(location, 500);
        let dir = tempfile::tempdir().unwrap();
        let backup = dir.path().join("backup.db");
        let database = open_slow(location);
        database.runs(&LATEST).unwrap();
        assert!(database.verify().unwrap().is_sound());
        database.backup(&backup).unwrap();
        let schedule = Schedule { directory: dir.path().join("backups"), keep: 1 };
        database.scheduled_backup(&schedule).unwrap();
        assert!(database.drill(&schedule, "test").unwrap().verified.is_sound());
        drop(database);
        let logged = |location: &Location| {
            let mut texts = Raw::open(location).texts("SELECT text FROM slow_query");
            texts.retain(|text| {
                !text.contains("ORDER BY started_us DESC") && !text.contains("audit")
            });
            texts
        };
        let texts = logged(location);
        for table in ["packet", "segment", "chunk", "artifact", "channel", "event"] {
            assert!(texts.iter().all(|text| !text.contains(table)), "{table}: {texts:?}");
        }
        assert!(texts.iter().all(|text| !text.contains("SELECT id, name FROM run")), "{texts:?}");
        // Rows of a server were written into the file; that is no work of whoever uses it.
        let copy = Location::Sqlite(backup);
        if let Location::Postgres(_) = location {
            assert_eq!(logged(&copy), [""; 0]);
            assert_eq!(Raw::open(&copy).texts("SELECT name FROM written_rows"), [""; 0]);
        }
        let restored = Location::Sqlite(dir.path().join("restored.db"));
        let Location::Sqlite(backup) = &copy else { unreachable!() };
        Database::restore(backup, &restored, false).unwrap();
        assert_eq!(open(&restored).runs(&RunFilter::default()).unwrap().len(), 500);
    });
}

#[test]
fn the_log_adds_up_is_bounded_and_gives_way() {
    on_each("log", |location| {
        fill(location, 100);
        let (one, two) = (open_slow(location), open_slow(location));
        for _ in 0..3 {
            one.runs(&LATEST).unwrap();
            two.runs(&LATEST).unwrap();
        }
        drop((one, two));
        let mut raw = Raw::open(location);
        let latest = "SELECT CAST(calls AS TEXT) FROM slow_query WHERE text LIKE '%ORDER BY started_us DESC, id DESC LIMIT ?1'";
        assert_eq!(raw.texts(latest), ["6"]);
        // Somebody else writes: the log waits for nobody, and whoever closes a database is not held up.
        raw.run(match location {
            Location::Sqlite(_) => "BEGIN IMMEDIATE",
            Location::Postgres(_) => "BEGIN; LOCK TABLE slow_query IN EXCLUSIVE MODE",
        });
        let busy = open_slow(location);
        busy.runs(&LATEST).unwrap();
        drop(busy);
        raw.run("COMMIT");
        assert_eq!(raw.texts(latest), ["6"]);
        // Texts without end push out those that took the least.
        for at in 0..500 {
            raw.plant(&format!("SELECT {at}"), 1, f64::from(at), now_us());
        }
        let last = open_slow(location);
        last.runs(&LATEST).unwrap();
        last.begin_run(&NewRun::named("last")).unwrap();
        drop(last);
        let texts = raw.texts("SELECT text FROM slow_query");
        assert_eq!(texts.len(), 400);
        assert!(
            texts.contains(&"SELECT 499".to_owned()) && !texts.contains(&"SELECT 1".to_owned())
        );
        let written = "SELECT CAST(rows AS TEXT) FROM written_rows WHERE name = 'run'";
        assert_eq!(raw.texts(written), ["1"]);
        // Quick statements alone leave a database as it is.
        raw.run("DELETE FROM slow_query");
        let settings =
            DatabaseSettings { slow: Duration::from_secs(600), ..DatabaseSettings::default() };
        let quick = Database::open(location, &settings).unwrap();
        quick.runs(&LATEST).unwrap();
        drop(quick);
        assert!(raw.texts("SELECT text FROM slow_query").is_empty());
    });
}

/// Makes an index and tells whether it was there.
#[test]
fn maker() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    // A statement that cannot be asked again, so that all the time goes into the index.
    let text = "DELETE FROM run WHERE started_us = ?1";
    tell("begins");
    let made = database.make_index(&proposal("run", &["started_us"], text)).unwrap();
    tell(if made.was_there { "there" } else { "made" });
}

fn words(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(url) => url.clone(),
    }
}

#[test]
fn of_processes_that_make_one_index_at_once_one_makes_it() {
    on_each("at_once", |location| {
        fill(location, RUNS);
        let actors: Vec<Actor> =
            (0..3).map(|_| Actor::start("maker", &[&words(location)])).collect();
        let mut told: Vec<String> = actors.into_iter().flat_map(Actor::end).collect();
        told.retain(|word| word != "begins");
        told.sort();
        assert_eq!(told, ["made", "there", "there"]);
        let mut raw = Raw::open(location);
        assert_eq!(raw.made().len(), 1);
        assert!(!raw.made()[0].contains("broken"));
        assert_eq!(open(location).made_indexes().unwrap().len(), 1);
    });
}

#[test]
fn whoever_is_killed_while_making_leaves_nothing_half() {
    on_each("killed", |location| {
        fill(location, 100_000);
        let mut dice = Dice(3);
        let (mut within, mut round, mut most_us) = (0, 0, 100_000);
        while round < 10 || (within == 0 && round < 60) {
            round += 1;
            let mut actor = Actor::start("maker", &[&words(location)]);
            actor.next();
            std::thread::sleep(Duration::from_micros(dice.below(most_us)));
            let _ = actor.child.kill();
            if actor.child.wait().unwrap().success() {
                // It was done already: the next one is killed sooner.
                most_us = (most_us / 2).max(1);
            } else {
                within += 1;
            }
            let database = open(location);
            let mut raw = Raw::open(location);
            if let Raw::Postgres(_) = raw {
                // The server notices a lost client when it has something to tell it.
                let others = "SELECT 'busy' FROM pg_stat_activity WHERE query LIKE '%CONCURRENTLY%'
                     AND state = 'active' AND pid <> pg_backend_pid()";
                let mut looks = 0;
                while !raw.texts(others).is_empty() {
                    looks += 1;
                    assert!(looks < 6_000, "a server builds on for whoever is gone");
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            let recorded = || {
                database.advise_indexes(&Budget::default()).unwrap();
                let made = database.made_indexes().unwrap();
                made.into_iter().map(|one| one.name).collect::<Vec<_>>()
            };
            // A lost client's lock goes with its session, a moment later.
            let mut tries = 0;
            while recorded() != raw.made() && tries < 200 {
                std::thread::sleep(Duration::from_millis(50));
                tries += 1;
            }
            assert_eq!(recorded(), raw.made());
            for name in recorded() {
                database.drop_index(&name).unwrap();
            }
            assert!(raw.made().is_empty());
        }
        assert!(within > 0, "nobody was killed in time");
    });
}

#[test]
fn what_a_server_leaves_of_a_broken_index_is_removed() {
    let Some(server) = Cluster::start() else { return };
    let location: Location = server.database("broken").parse().unwrap();
    fill(&location, 2_000);
    // An index is not finished while somebody looks at an older state.
    let mut looks = Raw::open(&location);
    looks.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT COUNT(*) FROM run");
    let settings =
        DatabaseSettings { wait: Duration::from_millis(300), ..DatabaseSettings::default() };
    let hurried = Database::open(&location, &settings).unwrap();
    let wanted = proposal("run", &["started_us"], "SELECT id FROM run ORDER BY started_us");
    let error = hurried.make_index(&wanted).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseBusy { .. }), "{error}");
    let mut raw = Raw::open(&location);
    let left = raw.made();
    assert!(left.len() == 1 && left[0].ends_with("broken"), "{left:?}");
    looks.run("COMMIT");
    let database = open(&location);
    database.advise_indexes(&Budget::default()).unwrap();
    assert_eq!((raw.made().len(), database.made_indexes().unwrap().len()), (0, 0));
    assert!(!database.make_index(&wanted).unwrap().was_there);
    assert_eq!(raw.made().len(), 1);
}
