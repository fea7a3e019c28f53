//! A database as a user meets it: what verbs keep in it, what `data` finds there, and how it is kept well.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use self::program::{line, printed, stderr};

fn object(dir: &Path, words: &str) -> Value {
    serde_json::from_str(&printed(dir, &format!("{words} --json"))).unwrap()
}

/// A mission of a day that is kept; its name.
fn mission(dir: &Path) -> String {
    printed(dir, "simulate --scenario artemis-30d --days 1 --out files --store runs.db");
    let runs = object(dir, "data runs --store runs.db");
    assert_eq!((&runs[0]["kind"], &runs[0]["status"]), (&json!("simulate"), &json!("done")));
    runs[0]["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_mission_is_kept_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let name = mission(dir.path());
    let run = &object(dir.path(), &format!("data runs {name} --store runs.db"))[0];
    let result: Value =
        serde_json::from_slice(&fs::read(dir.path().join("files/result.json")).unwrap()).unwrap();
    assert_eq!(run["results"]["steps"], result["steps"]);
    assert_eq!(run["results"]["success"], json!(true));
    assert_eq!(run["streams"][0]["rows"], json!(145));
    let names: Vec<&str> =
        run["files"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["profile.json", "report.html"]);

    // What the database holds is what the file holds, to the bit.
    let words = format!("data query {name} --store runs.db --channel living.air.pp_co2_pa");
    let csv = printed(dir.path(), &words);
    let table = store::read_parquet(&dir.path().join("files/telemetry.parquet")).unwrap();
    let expected = table.column("living.air.pp_co2_pa").unwrap();
    let found: Vec<f64> =
        csv.lines().skip(1).map(|row| row.split_once(',').unwrap().1.parse().unwrap()).collect();
    assert_eq!(found, expected);
    assert_eq!(
        printed(dir.path(), &format!("{words} --from-s 600 --to-s 1200")).lines().count(),
        3
    );

    // Out and in again, twice: nothing is there twice.
    let words = format!("data export {name} --store runs.db --out mission.parquet");
    printed(dir.path(), &words);
    for (new, known) in [(145, 0), (0, 145)] {
        let output = line(dir.path(), "data import mission.parquet --run again --store runs.db");
        let told = format!("{new} rows of 482 channels; {known} were there already");
        assert!(stderr(&output).contains(&told), "{}", stderr(&output));
    }
}

#[test]
fn a_training_is_kept_with_its_metrics_and_policy() {
    let dir = tempfile::tempdir().unwrap();
    printed(
        dir.path(),
        "train --scenario artemis-30d --acts dials --lanes 8 --segment 16 --decisions 512 --out t --store runs.db",
    );
    let runs = object(dir.path(), "data runs --kind train --store runs.db");
    let name = runs[0]["name"].as_str().unwrap();
    let run = &object(dir.path(), &format!("data runs {name} --store runs.db"))[0];
    assert_eq!(run["streams"][0]["name"], json!("metrics"));
    assert_eq!(run["streams"][0]["rows"], json!(4));
    assert_eq!(run["results"]["decisions"], json!(512));
    let kinds: Vec<&str> =
        run["files"].as_array().unwrap().iter().map(|f| f["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["policy", "profile", "report"]);
    let words = format!("data query {name} --stream metrics --channel decisions --store runs.db");
    let csv = printed(dir.path(), &words);
    let decisions: Vec<&str> =
        csv.lines().skip(1).map(|row| row.split_once(',').unwrap().1).collect();
    assert_eq!(decisions, ["128", "256", "384", "512"]);
}

#[test]
fn a_database_is_verified_copied_and_brought_back() {
    let dir = tempfile::tempdir().unwrap();
    let name = mission(dir.path());
    assert_eq!(object(dir.path(), "data verify --store runs.db")["sound"], json!(true));
    let told = object(dir.path(), "data backup --to backups --keep 1 --drill --store runs.db");
    assert_eq!(told["drill"]["sound"], json!(true));
    let backup = told["place"].as_str().unwrap().to_owned();
    printed(dir.path(), &format!("data restore {backup} --store back.db"));
    let before = printed(dir.path(), &format!("data query {name} --store runs.db"));
    assert_eq!(printed(dir.path(), &format!("data query {name} --store back.db")), before);

    let output = line(dir.path(), &format!("data restore {backup} --store back.db"));
    assert_eq!(output.status.code(), Some(1));
    let words = "data thin RUN --every-s 3600 --before-s 86400 --store back.db";
    printed(dir.path(), &words.replace("RUN", &name));
    printed(dir.path(), "data vacuum --store back.db");
    printed(dir.path(), "data migrate --store back.db");
    printed(dir.path(), "data prune --older-than-days 0 --store back.db");
    assert_eq!(object(dir.path(), "data runs --store back.db"), json!([]));

    // A byte that has changed is found.
    let place = dir.path().join("runs.db");
    let mut bytes = fs::read(&place).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 4_096] {
        *byte ^= 0x55;
    }
    fs::write(&place, bytes).unwrap();
    assert_ne!(line(dir.path(), "data verify --store runs.db").status.code(), Some(0));
}

#[test]
fn what_is_not_there_is_told_in_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    mission(dir.path());
    for (words, code, told) in [
        ("data query nobody --store runs.db", 1, "has no run `nobody`"),
        ("data runs --store absent.db", 1, "absent.db"),
        ("data runs --store mysql://x/y", 2, "is no place of a database"),
        ("data export x --out file.xls --store runs.db", 2, ".parquet, .arrow"),
        ("data backup --to b --every soon --store runs.db", 2, "15m"),
    ] {
        let output = line(dir.path(), words);
        assert_eq!(output.status.code(), Some(code), "{words}: {}", stderr(&output));
        assert!(stderr(&output).contains(told), "{words}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    assert!(!dir.path().join("absent.db").exists());
}
