//! A suite flies every registered task, goes on where it was stopped, and says the same in all its forms.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;

use serde_json::Value;

use self::program::{run_in, stderr, stdout};

#[test]
fn the_book_has_every_task_at_nominal_and_hard_and_is_flown_once() {
    let dir = tempfile::tempdir().unwrap();
    let line = ["campaign", "--suite", "book", "--seeds", "1", "--controllers", "hold"];
    let output = run_in(dir.path(), &[&line[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let rows = found.as_array().unwrap();
    assert_eq!(rows.len(), 24);
    for row in rows {
        assert_eq!((&row["controller"], &row["seeds"]), (&"hold".into(), &1.into()));
        assert_eq!(row["costs"].as_object().unwrap().len(), 9);
        let lost: u64 =
            row["causes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(lost, u64::from(row["success_rate"] == 0.0));
    }
    let dark = rows.iter().find(|row| row["task"] == "polar-darkness").unwrap();
    assert_eq!((&dark["difficulty"], &dark["success_rate"]), (&"nominal".into(), &0.0.into()));

    // What is stored is not flown again: a loss that never was is believed, where it is not the first mission.
    let path = dir.path().join("out/suite-book/cascade-hard/missions.csv");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("# held_out: true") && text.contains("# difficulty: hard"), "{text}");
    let output = run_in(dir.path(), &[&line[..], &["--markdown"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let tables = stdout(&output);
    assert!(tables.starts_with("### Success at nominal"), "{tables}");
    assert!(tables.contains("| cascade | hold |"), "{tables}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_suite_is_kept_in_no_database_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let suites: [&[&str]; 2] =
        [&["campaign", "--suite", "book"], &["evaluate", "--suite", "book", "--trained", "."]];
    for suite in suites {
        let output = run_in(dir.path(), &[suite, &["--store", "runs.db"]].concat());
        assert_eq!(output.status.code(), Some(2), "{suite:?}");
        assert!(stderr(&output).contains("logbooks alone"), "{}", stderr(&output));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_suite_takes_no_flag_of_one_scenario() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), &["campaign", "--suite", "book", "--fault-rate", "3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--fault-rate"), "{}", stderr(&output));
    let output = run_in(dir.path(), &["campaign", "--seeds", "3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--scenario"), "{}", stderr(&output));
}
