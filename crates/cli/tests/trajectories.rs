//! What is kept of a run leaves the database as a set of data for learning, and rows of it in each format.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;

use catalogue::{Frame, Values};
use serde_json::{Value, json};

use self::program::{line, printed, stderr};

/// The latest run of a kind.
fn latest(dir: &Path, kind: &str) -> Value {
    let words = format!("data runs --kind {kind} --store runs.db --json");
    let runs: Value = serde_json::from_str(&printed(dir, &words)).unwrap();
    let name = runs[0]["name"].as_str().unwrap().to_owned();
    let words = format!("data runs {name} --store runs.db --json");
    serde_json::from_str::<Value>(&printed(dir, &words)).unwrap()[0].clone()
}

fn frame(dir: &Path, file: &str) -> Frame {
    store::read_frame(&dir.join(file)).unwrap()
}

fn numbers(frame: &Frame, name: &str) -> Vec<f64> {
    let values = frame.column(name).unwrap();
    (0..frame.rows()).map(|row| values.number(row).unwrap()).collect()
}

#[test]
fn a_rollout_leaves_the_database_as_the_file_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    // More rows than a part holds: 8 episodes of 4 321 rows.
    printed(
        dir,
        "data rollout --scenario artemis-30d --dt 600 --controller hold --episodes 8 --out a.parquet --store runs.db",
    );
    let run = latest(dir, "rollout");
    assert_eq!((&run["status"], &run["results"]["episodes"]), (&json!("done"), &json!(8)));
    let files = run["files"].as_array().unwrap();
    let parts = files.iter().filter(|file| file["kind"] == "trajectory").count();
    // Beside them where its time went.
    assert!(files.iter().any(|file| file["kind"] == "profile"), "{files:?}");
    let rows = frame(dir, "a.parquet").rows();
    assert_eq!(parts, rows / store::ROW_GROUP_ROWS + 1);
    let name = run["name"].as_str().unwrap();
    let output =
        line(dir, &format!("data export {name} --episodes --out b.parquet --store runs.db"));
    assert!(stderr(&output).contains(&format!("{rows} rows of 8 episodes")), "{}", stderr(&output));
    assert!(fs::read(dir.join("a.parquet")).unwrap() == fs::read(dir.join("b.parquet")).unwrap());
    // The flag takes no run for its name.
    printed(dir, &format!("data export --episodes {name} --out c.parquet --store runs.db"));
    printed(
        dir,
        &format!("data export {name} --episodes=episodes --out d.parquet --store runs.db"),
    );
    for other in ["c.parquet", "d.parquet"] {
        assert!(fs::read(dir.join("a.parquet")).unwrap() == fs::read(dir.join(other)).unwrap());
    }
    let refused =
        line(dir, &format!("data export {name} --episodes=mine --out e.parquet --store runs.db"));
    assert_eq!(refused.status.code(), Some(2));
    let words = stderr(&refused);
    assert!(words.contains("--episodes=mine") && words.contains("`episodes`"), "{words}");
    printed(dir, &format!("data export {name} --episodes --out b.arrow --store runs.db"));
    printed(dir, &format!("data export {name} --episodes --out b.feather --store runs.db"));
    let arrow = fs::read(dir.join("b.arrow")).unwrap();
    assert_eq!(&arrow[..6], b"ARROW1");
    assert!(arrow == fs::read(dir.join("b.feather")).unwrap());
    assert_eq!(latest(dir, "rollout")["name"], run["name"], "to export is no run");
}

#[test]
fn a_mission_is_a_set_of_data_without_conversion() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for controller in ["rules", "hold"] {
        let words =
            "simulate --scenario cascade --days 2 --seed 5 --difficulty hard --store runs.db";
        printed(dir, &format!("{words} --controller {controller} --out {controller}"));
        let run = latest(dir, "simulate");
        let name = run["name"].as_str().unwrap();
        printed(dir, &format!("data export {name} --episodes --out x.parquet --store runs.db"));
        printed(
            dir,
            "data rollout --scenario cascade --days 2 --seed 5 --difficulty hard --controller hold --episodes 1 --out r.parquet",
        );
        let (mission, rollout) = (frame(dir, "x.parquet"), frame(dir, "r.parquet"));
        assert_eq!(mission.names(), rollout.names());
        for (key, value) in &rollout.facts {
            let expected = if key == "controller" { controller } else { value };
            assert_eq!(mission.fact(key), Some(expected), "{key}");
        }
        assert_eq!(mission.fact("actions"), Some("nearest"));
        assert_eq!(mission.fact("decisions"), Some("288"));
        assert_eq!(numbers(&mission, "run")[0], 5.0);
        if controller == "hold" {
            // Who commands nothing does the same through dials.
            assert_eq!(mission.fact("actions_exact"), Some("288"));
            for (at, values) in rollout.columns().iter().enumerate() {
                assert!(values.same_bits(&mission.columns()[at]), "{}", rollout.names()[at]);
            }
        }
        // The clock of the rows is that of the telemetry.
        let telemetry =
            store::read_parquet(&dir.join(controller).join("telemetry.parquet")).unwrap();
        assert_eq!(telemetry.column("time_s").unwrap(), numbers(&mission, "t_s"));
        let shown = printed(dir, "data show x.parquet --json");
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["returns"]["episodes"], json!(1));
    }
}

#[test]
fn a_mission_that_is_lost_is_an_episode_up_to_its_loss() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(
        dir,
        "simulate --scenario micrometeorite-leak --controller hold --days 6 --difficulty extreme --out m --store runs.db",
    );
    let text = fs::read_to_string(dir.join("m/result.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let (lost_s, end_s) = (&result["abort_s"], &result["end_s"]);
    assert!(lost_s.as_f64().unwrap() < end_s.as_f64().unwrap(), "it flies on after its loss");
    let run = latest(dir, "simulate");
    let name = run["name"].as_str().unwrap();
    printed(dir, &format!("data export {name} --episodes --out x.parquet --store runs.db"));
    let times = numbers(&frame(dir, "x.parquet"), "t_s");
    assert_eq!(times.last().copied(), lost_s.as_f64());
}

#[test]
fn a_policy_leaves_what_it_flew() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(
        dir,
        "train --scenario artemis-30d --days 1 --acts dials --lanes 8 --segment 16 --decisions 256 --out t",
    );
    let words = "evaluate t/policy.safetensors --episodes 4 --out e --store runs.db";
    printed(dir, &format!("{words} --trajectories 3"));
    let run = latest(dir, "evaluate");
    let name = run["name"].as_str().unwrap();
    printed(dir, &format!("data export {name} --episodes --out x.parquet --store runs.db"));
    let frame = frame(dir, "x.parquet");
    assert_eq!(frame.fact("episodes"), Some("3"));
    assert_eq!(frame.fact("use"), Some("evaluation"));
    let Some(Values::U64(envs)) = frame.column("env_id") else { panic!() };
    let mut envs = envs.clone();
    envs.dedup();
    assert_eq!(envs, [1 << 31, (1 << 31) + 1, (1 << 31) + 2]);
    // They end as the logbook says.
    let logbook = fs::read_to_string(dir.join("e/missions.csv")).unwrap();
    let ends: Vec<f64> = numbers(&frame, "is_final")
        .iter()
        .zip(numbers(&frame, "t_s"))
        .filter(|(is_final, _)| **is_final == 1.0)
        .map(|(_, t_s)| t_s)
        .collect();
    let flown: Vec<f64> = logbook
        .lines()
        .filter(|line| line.starts_with("policy-"))
        .take(3)
        .map(|line| line.split(',').nth(6).unwrap().parse().unwrap())
        .collect();
    assert_eq!(ends, flown);
    printed(dir, &format!("{words} --trajectories 0"));
    let name = latest(dir, "evaluate")["name"].as_str().unwrap().to_owned();
    let output =
        line(dir, &format!("data export {name} --episodes --out y.parquet --store runs.db"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("has no trajectory"), "{}", stderr(&output));
}

#[test]
fn what_is_not_whole_and_what_is_not_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(
        dir,
        "data rollout --scenario artemis-30d --days 0.25 --controller hold --episodes 1 --out a.parquet --store runs.db",
    );
    let name = latest(dir, "rollout")["name"].as_str().unwrap().to_owned();
    let database =
        store::Database::open(&dir.join("runs.db").as_path().into(), &Default::default()).unwrap();
    let run = database.run(&name).unwrap().id;
    let file = fs::read(dir.join("a.parquet")).unwrap();
    fs::write(dir.join("x.arrow"), "old").unwrap();
    let refused = |words: &str, told: &str| {
        let output = line(dir, &format!("data export {words} --store runs.db"));
        assert_ne!(output.status.code(), Some(0), "{words}");
        assert!(stderr(&output).contains(told), "{words}: {}", stderr(&output));
        assert_eq!(fs::read_to_string(dir.join("x.arrow")).unwrap(), "old");
    };
    let words = format!("{name} --episodes --out x.arrow");
    // A run that was cut off: its last part is missing.
    let part = "episodes-000000.parquet";
    database.keep_artifact(run, "trajectory", part, "{\"last\": false}", b"not read").unwrap();
    refused(&words, "is not whole");
    database.keep_artifact(run, "trajectory", part, "{\"last\": false}", &file).unwrap();
    refused(&words, "is not whole");
    database
        .keep_artifact(run, "trajectory", "episodes-000002.parquet", "{\"last\": true}", &file)
        .unwrap();
    refused(&words, "part 1 of the trajectory `episodes` is missing");
    database
        .keep_artifact(run, "trajectory", "other-000000.parquet", "{\"last\": true}", &file)
        .unwrap();
    refused(&words, "name one of `episodes`, `other`");
    refused(&format!("{name} --episodes=nobody --out x.arrow"), "has `episodes`, `other`");
    refused(&format!("{name} --episodes --out x.csv"), ".feather");
    refused(&format!("{name} --out x.xls"), ".parquet, .arrow, .feather, .csv");
    drop(database);
    printed(dir, &format!("data export {name} --episodes=other --out y.arrow --store runs.db"));
}
