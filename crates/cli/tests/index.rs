//! Indexes as a user meets them: commands ask, `data index` says what they wanted, makes it and takes back what was in vain.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::path::Path;

use serde_json::{Value, json};

use self::program::{printed, run_in, stderr};

fn object(dir: &Path, words: &str) -> Value {
    serde_json::from_str(&printed(dir, &format!("data index --store runs.db --json {words}")))
        .unwrap()
}

/// A store of many runs, made as the store makes it and filled past it.
fn store(dir: &Path) -> rusqlite::Connection {
    let place: store::Location = dir.join("runs.db").as_path().into();
    drop(store::Database::open(&place, &store::DatabaseSettings::default()).unwrap());
    let raw = rusqlite::Connection::open(dir.join("runs.db")).unwrap();
    raw.execute_batch(
        "INSERT INTO run (name, kind, code, config, seeds, status, started_us, ended_us)
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39999)
         SELECT 'run-' || i, 'simulate', '0.1.0', printf('{\"days\": %200d}', i), '[1]', 'done',
             1000000 * i, 1000000 * i + 5 FROM n",
    )
    .unwrap();
    raw
}

/// Log a statement as if it had been asked ten times for 100 ms and a row.
fn plant(raw: &rusqlite::Connection, text: &str) {
    let values = (text, 10, 1e6, 1e5, 10, 0, 1_700_000_000_000_000_i64, 1_700_000_000_000_000_i64);
    raw.execute("INSERT INTO slow_query VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", values).unwrap();
}

fn indexes(raw: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'run' AND name LIKE 'made%'";
    let mut statement = raw.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_store_that_has_grown_asks_for_an_index_and_gets_it() {
    let dir = tempfile::tempdir().unwrap();
    let raw = store(dir.path());
    // Forty thousand runs are sorted to show fifty. Whether that is slow is a matter of the machine, so it is said to be.
    for _ in 0..3 {
        assert_eq!(printed(dir.path(), "data runs --store runs.db").lines().count(), 53);
    }
    let slow =
        "UPDATE slow_query SET calls = 3, quick = 0, total_us = 3e5, most_us = 1e5, rows = 150
         WHERE text LIKE '% FROM run%ORDER BY started_us DESC%'";
    assert_eq!(raw.execute(slow, []).unwrap(), 1);
    let advice = object(dir.path(), "");
    let proposal = &advice["proposals"][0];
    assert_eq!((&proposal["table"], &proposal["columns"]), (&json!("run"), &json!(["started_us"])));
    assert_eq!(proposal["evidence"][0]["calls"], json!(3));
    assert_eq!(proposal["evidence"][0]["examined_per_used"], json!(800.0));
    assert_eq!((&advice["made"], indexes(&raw).len()), (&json!([]), 0));
    let words = printed(dir.path(), "data index --store runs.db");
    assert!(words.contains("an index on run (started_us) would save"), "{words}");
    assert!(words.contains("3 calls") && words.contains("ORDER BY started_us DESC"), "{words}");
    // What a budget does not allow is not proposed.
    assert_eq!(object(dir.path(), "--most-bytes 1000")["proposals"], json!([]));

    let done = object(dir.path(), "--apply");
    assert_eq!(done["made"][0]["kept"], json!(null));
    assert_eq!(indexes(&raw), [done["made"][0]["name"].as_str().unwrap()]);
    // The next one judges it.
    let done = object(dir.path(), "--auto");
    assert_eq!((&done["proposals"], &done["made"][0]["kept"]), (&json!([]), &json!(true)));
    let (before, after) = (&done["made"][0]["before_us"], &done["made"][0]["after_us"]);
    assert!(before.as_f64().unwrap() > 0.0 && after.as_f64().unwrap() > 0.0, "{done}");
    assert_eq!(indexes(&raw).len(), 1);
    assert!(
        printed(dir.path(), "data index --store runs.db --auto").contains("no index is missing")
    );
}

#[test]
fn what_does_not_pay_is_undone_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let raw = store(dir.path());
    plant(&raw, "SELECT id FROM run WHERE status = ?1 COLLATE NOCASE");
    let words = printed(dir.path(), "data index --store runs.db --auto");
    assert!(words.contains("it does not pay and is undone"), "{words}");
    assert!(words.contains("ms a call before"), "{words}");
    assert!(indexes(&raw).is_empty());
    plant(&raw, "SELECT id FROM run WHERE status = ?1 COLLATE NOCASE");
    let advice = object(dir.path(), "--auto");
    assert_eq!((&advice["proposals"], &advice["made"]), (&json!([]), &json!([])));
    assert_eq!(advice["declined"], json!(["run (status)"]));
    assert!(indexes(&raw).is_empty());
}

#[test]
fn a_new_store_needs_nothing_and_bad_flags_are_told() {
    let dir = tempfile::tempdir().unwrap();
    printed(dir.path(), "simulate --scenario artemis-30d --days 1 --out files --store runs.db");
    let advice = object(dir.path(), "");
    assert_eq!((&advice["proposals"], &advice["unused"]), (&json!([]), &json!([])));
    for (words, code, told) in [
        ("--most-write-share 2", 2, "from 0 to 1"),
        ("--most-write-share NaN", 2, "from 0 to 1"),
        ("--apply --auto", 2, "cannot be used with"),
        ("--store absent.db", 1, "absent.db"),
    ] {
        let words = match words.contains("--store") {
            true => format!("data index {words}"),
            false => format!("data index --store runs.db {words}"),
        };
        let output = run_in(dir.path(), &words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(code), "{words}: {}", stderr(&output));
        assert!(stderr(&output).contains(told), "{words}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    assert!(!dir.path().join("absent.db").exists());
}
