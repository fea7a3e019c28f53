//! `data` as a user meets it: what it writes, what it shows, what it refuses.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;
use std::process::Output;

use catalogue::Values;
use serde_json::{Value, json};

use self::program::{run_in, stderr, stdout};

/// Run the verb in `dir` with words of one line.
fn run_line(dir: &Path, line: &str) -> Output {
    program::line(dir, &format!("data {line}"))
}

/// The JSON that a line prints.
fn object(dir: &Path, line: &str) -> Value {
    let output = run_line(dir, &format!("{line} --json"));
    assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1);
    serde_json::from_str(&text).unwrap()
}

/// The words of a refusal.
fn refusal(dir: &Path, line: &str) -> String {
    let output = run_line(dir, line);
    assert_eq!(output.status.code(), Some(2), "{line}: {}", stderr(&output));
    assert!(output.stdout.is_empty(), "{line}");
    stderr(&output)
}

const SHORT: &str = "rollout --scenario artemis-30d --days 0.25 --controller random";

#[test]
fn what_is_written_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let line =
        format!("{SHORT} --episodes 3 --first-env 5 --seed 9 --reward balanced --out a.parquet");
    let written = object(dir.path(), &line);
    assert_eq!((&written["rows"], &written["episodes"]), (&json!(3 * 37), &json!(3)));
    let frame = store::read_frame(&dir.path().join("a.parquet")).unwrap();
    assert_eq!(frame.rows(), 111);
    let Some(Values::U64(envs)) = frame.column("env_id") else { panic!() };
    assert_eq!([envs[0], envs[37], envs[110]], [5, 6, 7]);
    for (key, value) in [
        ("controller", "random"),
        ("seed", "9"),
        ("first_env", "5"),
        ("episodes", "3"),
        ("reward", "balanced"),
        ("difficulty", "nominal"),
        ("scenario", "artemis-30d"),
        ("mission_s", "21600"),
    ] {
        assert_eq!(frame.fact(key), Some(value), "{key}");
    }

    let shown = object(dir.path(), "show a.parquet");
    assert_eq!(shown["rows"], json!(111));
    for key in ["episodes", "terminated", "truncated", "running", "mean", "min", "max"] {
        assert_eq!(shown["returns"][key], written[key], "{key}");
    }
    let Some(Values::F64(rewards)) = frame.column("reward") else { panic!() };
    let sum: f64 = rewards.iter().filter(|reward| reward.is_finite()).sum();
    assert!((written["mean"].as_f64().unwrap() - sum / 3.0).abs() < 1e-12);
    let columns = shown["columns"].as_array().unwrap();
    assert_eq!(columns.len(), frame.names().len());
    let co2 = columns.iter().find(|column| column["name"] == "obs.air.pp_co2_pa_max").unwrap();
    assert_eq!(
        (&co2["type"], &co2["unit"], &co2["low"]),
        (&json!("f32"), &json!("Pa"), &json!(0.0))
    );
    assert!(co2["min"].as_f64() <= co2["max"].as_f64() && co2["high"].as_f64() > Some(0.0));
    let dial = columns.iter().find(|column| column["name"] == "action.oxygen.rate").unwrap();
    assert_eq!(dial["not_finite"], json!(3), "one for the end of each episode");
    assert_eq!(shown["facts"]["controller"], json!("random"));
    assert!(shown["facts"].get("unit:reward").is_none(), "what is of a column stands there");
    let people = stdout(&run_line(dir.path(), "show a.parquet"));
    for words in ["episodes        3, of which 0 lost", "obs.air.pp_co2_pa_max", "balanced"] {
        assert!(people.contains(words), "{people}");
    }
}

#[test]
fn what_a_shield_did_is_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    // A policy at random leaves the water processor off half of the time, with water for little more than a day.
    let text = "schema = 1\nextends = \"artemis-30d\"\nname = \"scant\"\ntitle = \"Scant\"\nduration_days = 1.0\n\
        [stores]\npotable_kg = 20.0\n";
    fs::write(dir.path().join("scant.toml"), text).unwrap();
    let line = "rollout --scenario scant.toml --controller random --episodes 2";
    let written = object(dir.path(), &format!("{line} --shield --out guarded.parquet"));
    let frame = store::read_frame(&dir.path().join("guarded.parquet")).unwrap();
    let Some(Values::Words(limits)) = frame.column("shield.limit") else { panic!() };
    let handed = limits.iter().filter(|limit| !limit.is_empty()).count();
    assert!(handed > 0 && written["interventions"] == json!(handed), "{written}");
    assert_eq!(frame.fact("shield"), Some("21600"));
    let people = stdout(&run_line(dir.path(), &format!("{line} --shield --out again.parquet")));
    assert!(people.contains(&format!("{handed} decisions by the rules")), "{people}");
    let bytes = |name: &str| fs::read(dir.path().join(name)).unwrap();
    assert!(bytes("guarded.parquet") == bytes("again.parquet"));
    let bare = object(dir.path(), &format!("{line} --out bare.parquet"));
    assert!(bare.get("interventions").is_none());
    let frame = store::read_frame(&dir.path().join("bare.parquet")).unwrap();
    assert!(frame.column("shield.limit").is_none());
}

#[test]
fn the_file_depends_on_the_question_alone() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = |line: &str| {
        object(dir.path(), &format!("{SHORT} {line} --out x.parquet"));
        fs::read(dir.path().join("x.parquet")).unwrap()
    };
    let one = bytes("--episodes 5 --threads 1");
    assert!(one == bytes("--episodes 5 --threads 3"), "threads");
    assert!(one != bytes("--episodes 5 --seed 1"), "seed");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left behind");
}

/// An episode does not depend on which others are in the file.
#[test]
fn the_rows_of_an_episode_are_its_own() {
    let dir = tempfile::tempdir().unwrap();
    object(dir.path(), &format!("{SHORT} --episodes 3 --first-env 4 --out many.parquet"));
    object(dir.path(), &format!("{SHORT} --episodes 1 --first-env 5 --out one.parquet"));
    let many = store::read_frame(&dir.path().join("many.parquet")).unwrap();
    let one = store::read_frame(&dir.path().join("one.parquet")).unwrap();
    let mut own = many.shape();
    own.append(&many, 37..74).unwrap();
    own.facts.clone_from(&one.facts);
    assert!(own.same_bits(&one));
}

#[test]
fn lost_episodes_are_counted_as_lost() {
    let dir = tempfile::tempdir().unwrap();
    let text = "schema = 1\nextends = \"cabin-30d\"\nname = \"dry\"\ntitle = \"Dry\"\n[stores]\npotable_kg = 5.0\n";
    fs::write(dir.path().join("dry.toml"), text).unwrap();
    let line = "rollout --scenario dry.toml --controller hold --episodes 2 --out dry.parquet";
    let written = object(dir.path(), line);
    assert_eq!((&written["terminated"], &written["truncated"]), (&json!(2), &json!(0)));
    assert!(written["max"].as_f64().unwrap() < -9.0);
    let frame = store::read_frame(&dir.path().join("dry.parquet")).unwrap();
    let Some(Values::Words(reasons)) = frame.column("reason") else { panic!() };
    assert!(reasons.iter().all(|reason| reason == "potable_water"));
}

#[test]
fn difficulties_are_written_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let facts = |line: &str| {
        object(dir.path(), &format!("{SHORT} {line} --episodes 1 --out x.parquet"));
        object(dir.path(), "show x.parquet")["facts"].clone()
    };
    let (nominal, hard) = (facts(""), facts("--difficulty hard"));
    assert_eq!((&nominal["difficulty"], &hard["difficulty"]), (&json!("nominal"), &json!("hard")));
    assert_ne!(nominal["scenario_hash"], hard["scenario_hash"]);
}

#[test]
fn telemetry_can_be_shown_too() {
    let dir = tempfile::tempdir().unwrap();
    let line = "simulate --scenario sealed-box --days 0.1 --out run";
    let output = run_in(dir.path(), &line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = object(dir.path(), "show run/telemetry.parquet");
    assert_eq!(shown["returns"], Value::Null);
    assert_eq!(shown["columns"][0]["name"], json!("time_s"));
    assert_eq!(shown["columns"][0]["unit"], json!("s"));
}

#[test]
fn files_that_are_none_are_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    object(dir.path(), &format!("{SHORT} --episodes 1 --out a.parquet"));
    let whole = fs::read(dir.path().join("a.parquet")).unwrap();
    fs::write(dir.path().join("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    fs::write(dir.path().join("text.parquet"), "a,b\n1,2\n").unwrap();
    let mut wrong = whole.clone();
    wrong[whole.len() / 3] ^= 0x10;
    fs::write(dir.path().join("wrong.parquet"), wrong).unwrap();
    for name in ["cut.parquet", "text.parquet", "wrong.parquet"] {
        let words = refusal(dir.path(), &format!("show {name}"));
        assert!(words.contains(&format!("`{name}` cannot be read: ")), "{words}");
    }
    let output = run_line(dir.path(), "show absent.parquet");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("absent.parquet"), "{}", stderr(&output));
}

#[test]
fn thresholds_are_written_as_columns() {
    let dir = tempfile::tempdir().unwrap();
    let line = "rollout --scenario artemis-30d --days 1 --controller random --acts thresholds \
                --episodes 2 --out a.parquet";
    assert_eq!(object(dir.path(), line)["rows"], json!(2 * 5));
    let frame = store::read_frame(&dir.path().join("a.parquet")).unwrap();
    assert_eq!((frame.fact("acts"), frame.fact("decision_s")), (Some("thresholds"), Some("21600")));
    let Some(Values::F32(shed)) = frame.column("action.rules.shed_lit") else { panic!() };
    assert!(shed[0] != shed[1] && shed[4].is_nan());
}

#[test]
fn bad_input_is_refused_and_nothing_written() {
    let dir = tempfile::tempdir().unwrap();
    let base = "rollout --scenario cabin-30d --out x.parquet";
    for (line, named) in [
        (format!("{base} --episodes 1 --controller magic"), "found `magic`; allowed `random`"),
        (format!("{base} --episodes 0 --controller hold"), "--episodes"),
        (
            format!("{base} --episodes 1 --controller mpc --acts thresholds"),
            "controller `mpc` sets no thresholds",
        ),
        (format!("{base} --episodes 1 --controller hold --acts knobs"), "`dials`, `thresholds`"),
        (format!("{base} --episodes 1 --controller hold --reward money"), "`survival`"),
        (format!("{base} --episodes 1 --controller hold --dt 7"), "--dt 7"),
        (format!("{base} --episodes 1 --controller hold --days -1"), "--days -1"),
        (
            format!("{base} --episodes 2 --controller hold --first-env 2147483647"),
            "environment 2147483648 is held out",
        ),
        (
            format!("{base} --episodes 2 --controller hold --evaluation --first-env {}", u64::MAX),
            "allowed up to",
        ),
        (
            "rollout --scenario nowhere --episodes 1 --controller hold --out x".to_owned(),
            "`cabin-30d`",
        ),
    ] {
        let words = refusal(dir.path(), &line);
        assert!(words.contains(named), "{line}: {words}");
    }
    let nowhere = format!("{SHORT} --episodes 1 --out absent/x.parquet");
    let output = run_line(dir.path(), &nowhere);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("absent"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let held =
        format!("{SHORT} --episodes 1 --evaluation --first-env 2147483648 --out held.parquet");
    assert_eq!(object(dir.path(), &held)["episodes"], json!(1));
    for verb in ["rollout", "show"] {
        assert!(stdout(&run_line(dir.path(), &format!("{verb} --help"))).contains("Example:"));
    }
}
