//! A database that is kept well by a policy: each step says a line, none stops the others, and signals end it between two.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.
#![cfg(unix)]

mod program;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use store::{Database, NewRun, RunFilter, RunStatus};

use self::program::{line, printed, run_in, stderr, stdout};

fn open(dir: &Path) -> Database {
    Database::open(&dir.join("runs.db").as_path().into(), &Default::default()).unwrap()
}

/// Three runs that have ended, the first of them a mission of a day with its telemetry.
fn filled(dir: &Path) {
    printed(dir, "simulate --scenario artemis-30d --days 1 --out files --store runs.db");
    let database = open(dir);
    for name in ["second", "third"] {
        let run = database.begin_run(&NewRun::named(name)).unwrap();
        database.end_run(run, RunStatus::Done, None).unwrap();
    }
}

/// Exit code, and the objects of the lines.
fn tend(dir: &Path, words: &str) -> (Option<i32>, Vec<Value>) {
    let output = line(dir, &format!("data tend --store runs.db --json {words}"));
    let lines = stdout(&output);
    (output.status.code(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn steps(told: &[Value]) -> Vec<(&str, bool)> {
    told.iter().map(|one| (one["step"].as_str().unwrap(), one["ok"].as_bool().unwrap())).collect()
}

#[test]
fn a_policy_is_done_step_by_step() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    filled(dir);
    std::thread::sleep(Duration::from_millis(1_100));
    let policy = "verify = true\nbackup-to = \"backups\"\nbackups-kept = 2\nthin-older-than = \"1s\"\n\
                  thin-to = \"1h\"\nprune-older-than = \"30d\"\nkeep = 1\nvacuum = true\n";
    fs::write(dir.join("upkeep.toml"), policy).unwrap();
    let (code, told) = tend(dir, "--policy upkeep.toml --keep 3");
    let all = ["verify", "backup", "thin", "prune", "keep", "vacuum"].map(|name| (name, true));
    assert_eq!((code, steps(&told)), (Some(0), all.to_vec()), "{told:?}");
    assert_eq!(told[0]["sound"], json!(true));
    assert_eq!((&told[2]["removed"], &told[2]["kept"]), (&json!(145), &json!(25)));
    assert_eq!((&told[3]["runs"], &told[4]["runs"]), (&json!([]), &json!([])));
    // What was thinned is in the backup as it was.
    let backup = Path::new(told[1]["place"].as_str().unwrap());
    let (now, then) = (open(dir), dir.join(backup));
    let then = Database::open(&then.as_path().into(), &Default::default()).unwrap();
    let rows = |database: &Database| {
        let run = database.runs(&RunFilter::default()).unwrap().pop().unwrap();
        database
            .read(&database.find_stream(run.id, "telemetry").unwrap(), &[], store::Span::ALL)
            .unwrap()
            .len()
    };
    assert_eq!((rows(&then), rows(&now)), (145, 0));
    drop((now, then));
    let (code, told) = tend(dir, "--policy upkeep.toml");
    assert_eq!(code, Some(0));
    assert_eq!(told[2]["removed"], json!(0));
    assert_eq!(told[4]["runs"].as_array().unwrap().len(), 2);
    tend(dir, "--policy upkeep.toml");
    let kept = fs::read_dir(dir.join("backups")).unwrap();
    let whole =
        kept.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "db"));
    assert_eq!(whole.count(), 2);
}

#[test]
fn a_step_that_fails_does_not_stop_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    filled(dir);
    fs::write(dir.join("backups"), "a file where a directory should be").unwrap();
    let (code, told) = tend(dir, "--backup-to backups --keep 2");
    assert_eq!((code, steps(&told)), (Some(1), vec![("backup", false), ("keep", true)]));
    assert!(told[0]["error"].as_str().unwrap().contains("backups"));
    assert_eq!(told[1]["runs"].as_array().unwrap().len(), 1);
    let output = run_in(dir, &["data", "tend", "--store", "absent.db", "--verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("open: failed: "), "{}", stdout(&output));
    for words in ["", "--thin-to 10min", "--every soon --verify", "--policy absent.toml"] {
        let output = line(dir, &format!("data tend --store runs.db {words}"));
        assert_eq!(output.status.code(), Some(2), "{words}: {}", stderr(&output));
    }
}

#[test]
fn after_damage_no_older_backup_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    filled(dir);
    assert_eq!(tend(dir, "--backup-to backups --backups-kept 1").0, Some(0));
    let database = open(dir);
    let run = database.runs(&RunFilter::default()).unwrap().pop().unwrap();
    drop(database);
    // A chunk that is not what was written; the file itself is whole.
    let raw = rusqlite::Connection::open(dir.join("runs.db")).unwrap();
    let changed =
        raw.execute("UPDATE chunk SET bytes = zeroblob(length(bytes)) WHERE position = 3", []);
    assert!(changed.unwrap() > 0, "{run:?}");
    drop(raw);
    let (code, told) = tend(dir, "--verify --backup-to backups --backups-kept 1");
    assert_eq!((code, steps(&told)), (Some(1), vec![("verify", false), ("backup", true)]));
    let backups = store::Schedule { directory: dir.join("backups"), keep: 1 }.backups().unwrap();
    assert_eq!(backups.len(), 2);
}

#[test]
fn a_directory_of_backups_that_is_in_use_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    filled(dir);
    // Somebody holds the turn in the directory of the backups. How long a busy database is waited for is tested beside
    // `patiently`.
    fs::create_dir(dir.join("backups")).unwrap();
    let turn = fs::File::create(dir.join("backups/.turn")).unwrap();
    turn.lock().unwrap();
    let (code, told) = std::thread::scope(|scope| {
        let told = scope.spawn(|| tend(dir, "--backup-to backups --keep 1 --patience 10m"));
        std::thread::sleep(Duration::from_secs(2));
        assert!(!told.is_finished());
        drop(turn);
        told.join().unwrap()
    });
    assert_eq!((code, steps(&told)), (Some(0), vec![("backup", true), ("keep", true)]));
}

#[test]
fn a_signal_ends_it_between_rounds() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    filled(dir);
    for words in ["--verify", "--backup-to file --verify"] {
        fs::write(dir.join("file"), "no directory").unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
            .args(["data", "tend", "--store", "runs.db", "--every", "1s"])
            .args(words.split_whitespace())
            .current_dir(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Two rounds are told, then it is asked to end.
        let steps = words.matches("--").count();
        let seen: Vec<String> = lines.take(2 * steps).map(Result::unwrap).collect();
        assert_eq!(
            seen.iter().filter(|line| line.starts_with("verify: sound")).count(),
            2,
            "{seen:?}"
        );
        let killed =
            Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let is_well = !words.contains("file");
        assert_eq!(child.wait().unwrap().code(), Some(i32::from(!is_well)));
    }
}
