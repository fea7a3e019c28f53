//! `train` and `evaluate` as a user meets them: files, going on, refusals, the same policy on any number of threads.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;

use serde_json::Value;

use self::program::{run_in, stderr, stdout};

/// A short training of a small habitat: four days, a handful of updates.
const SMALL: [&str; 17] = [
    "train",
    "--scenario",
    "cabin-30d",
    "--days",
    "4",
    "--decisions",
    "512",
    "--lanes",
    "8",
    "--segment",
    "16",
    "--minibatch",
    "64",
    "--hidden",
    "16",
    "--out",
    "t",
];

fn done(dir: &Path, arguments: &[&str]) -> String {
    let output = run_in(dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

fn refused(dir: &Path, arguments: &[&str]) -> String {
    let output = run_in(dir, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
    assert!(stdout(&output).is_empty());
    stderr(&output)
}

#[test]
fn a_training_leaves_a_policy_that_is_evaluated() {
    let dir = tempfile::tempdir().unwrap();
    let all: Value =
        serde_json::from_str(&done(dir.path(), &[&SMALL[..], &["--json"]].concat())).unwrap();
    let one = &all[0];
    assert_eq!((&one["updates"], &one["decisions"]), (&4.into(), &512.into()));
    assert!(one["cpu_s"].as_f64().unwrap() >= 0.0 && one["peak_mb"].as_f64().unwrap() > 1.0);
    let curve = fs::read_to_string(dir.path().join("t/curve.csv")).unwrap();
    assert_eq!(curve.lines().count(), 5);
    assert!(curve.starts_with("update,decisions,wall_s,") && curve.contains(",cost.co2_1h_mean"));

    let line = ["evaluate", "t/policy.safetensors", "--episodes", "4", "--json"];
    let text = done(dir.path(), &line);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&found["scenario"], &found["episodes"]), (&"cabin-30d".into(), &4.into()));
    let policy = &found["policies"][0];
    for figure in ["success", "difference", "iqm", "worst", "improvement"] {
        let value = policy[figure]["value"].as_f64().unwrap();
        assert!((-1.0..=1.0).contains(&value), "{figure}: {value}");
    }
    assert_eq!(policy["violations"].as_object().unwrap().len(), 9);
    assert_eq!(policy["survival"].as_array().unwrap().len(), 10);
    // The four days of the training, flown once.
    let missions = dir.path().join("out/evaluate-cabin-30d-nominal/missions.csv");
    let stored = fs::read_to_string(&missions).unwrap();
    assert!(stored.contains("# days: 4\n") && stored.contains("# held_out: true\n"), "{stored}");
    assert_eq!(done(dir.path(), &line), text);
    assert_eq!(fs::read_to_string(&missions).unwrap(), stored);
}

#[test]
fn a_training_that_was_stopped_ends_as_one_that_was_not() {
    let dir = tempfile::tempdir().unwrap();
    let with = |out: &'static str, rest: &[&'static str]| {
        let mut line = SMALL.to_vec();
        let last = line.len() - 1;
        line[last] = out;
        [&line[..], rest].concat()
    };
    done(dir.path(), &with("whole", &["--threads", "1"]));
    // Its own checkpoints, taken after every update; the newest is damaged as by a disk that lost power.
    done(dir.path(), &with("parts", &["--threads", "2", "--checkpoint-s", "0.000001"]));
    let parts = dir.path().join("parts");
    let policy = fs::read(dir.path().join("whole/policy.safetensors")).unwrap();
    assert!(fs::read(parts.join("policy.safetensors")).unwrap() == policy, "threads change bits");
    let curve = |text: String| -> Vec<String> {
        // All but the clock.
        let keep = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            [&cells[..2], &cells[3..13], &cells[14..]].concat().join(",")
        };
        text.lines().map(keep).collect()
    };
    let whole = curve(fs::read_to_string(dir.path().join("whole/curve.csv")).unwrap());
    for damage in [0, 100] {
        let newest = parts.join("checkpoint.bin");
        let mut bytes = fs::read(&newest).unwrap();
        bytes.truncate(bytes.len() - damage);
        if damage > 0 {
            fs::write(&newest, &bytes).unwrap();
        }
        fs::remove_file(parts.join("policy.safetensors")).unwrap();
        done(dir.path(), &with("parts", &["--threads", "1"]));
        assert!(fs::read(parts.join("policy.safetensors")).unwrap() == policy, "{damage}");
        assert_eq!(curve(fs::read_to_string(parts.join("curve.csv")).unwrap()), whole, "{damage}");
    }
    // None is good.
    for name in ["checkpoint.bin", "checkpoint-1.bin"] {
        fs::write(parts.join(name), b"nothing").unwrap();
    }
    let words = refused(dir.path(), &with("parts", &[]));
    assert!(words.contains("it does not begin as one, and no older one is good"), "{words}");
}

#[test]
fn bad_input_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let line = |rest: &[&'static str]| [&SMALL[..], rest].concat();
    for (rest, words) in [
        (&["--head", "categorical"][..], "`clipped` or `squashed`"),
        (&["--activation", "gelu"], "allowed is `tanh`, `relu`, `silu`"),
        (&["--rate", "7"], "learning rate: found 7, allowed is 0 to 1"),
        (&["--limits", "co2_1h_mean"], "written as name=limit"),
        (&["--limits", "smell=1"], "the costs are "),
        (&["--limits", "pressure=-1"], "a number from 0 to 1000000"),
        (&["--tau-d", "0"], "allowed is above 0"),
        (&["--every-h", "0.07"], "decision interval"),
        (&["--reward", "glory"], "`survival`"),
        (&["--log-std", "9"], "logarithm of the deviations: found 9"),
        (&["--clone", "mpc"], "allowed is `rules`"),
    ] {
        let found = refused(dir.path(), &line(rest));
        assert!(found.contains(words), "{rest:?}: {found}");
    }
    assert!(!dir.path().join("t").exists());

    done(dir.path(), &SMALL);
    let found = refused(dir.path(), &line(&["--rate", "0.001"]));
    assert!(found.contains("rate: ") && found.contains("asked for"), "{found}");

    fs::write(dir.path().join("no.safetensors"), b"no").unwrap();
    let found = refused(dir.path(), &["evaluate", "no.safetensors"]);
    assert!(found.contains("no.safetensors") && found.contains("no policy"), "{found}");
    let policy = "t/policy.safetensors";
    let found = refused(dir.path(), &["evaluate", policy, "--scenario", "artemis-30d"]);
    assert!(found.contains("the task has") && found.contains("train it on this task"), "{found}");
    let found = refused(dir.path(), &["evaluate", policy, policy]);
    assert!(found.contains("twice"), "{found}");
}

/// [`SMALL`] without the words that choose the batch.
fn free() -> Vec<&'static str> {
    let pins = ["--lanes", "--segment", "--minibatch"];
    let mut words = SMALL.into_iter();
    let mut line = Vec::new();
    while let Some(word) = words.next() {
        if pins.contains(&word) {
            words.next();
        } else {
            line.push(word);
        }
    }
    line
}

#[test]
fn lanes_are_chosen_once_and_kept_for_all_seeds() {
    let dir = tempfile::tempdir().unwrap();
    let between = ["--lanes-between", "4,16", "--segment", "8", "--seeds", "2", "--json"];
    let line = [&free()[..], &between].concat();
    let output = run_in(dir.path(), &line);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(told.contains("4 lanes ") && told.contains("taken: --lanes "), "{told}");
    let json = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(dir.path().join(name)).unwrap()).unwrap()
    };
    let batch = json("t/batch.json");
    let lanes = batch["lanes"].as_u64().unwrap();
    let tried: Vec<u64> = batch["tried"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert!(one["decisions_per_s"].as_f64().unwrap() > 0.0, "{batch}");
            one["lanes"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(tried, [4, 8, 16]);
    assert!(tried.contains(&lanes));
    let all: Value = serde_json::from_str(&stdout(&output)).unwrap();
    for seed in 0..2 {
        assert_eq!(all[seed]["decisions"].as_u64().unwrap() % (8 * lanes), 0);
    }
    // Gone on with, nothing is tried again; other bounds are another training.
    let again = run_in(dir.path(), &line);
    assert!(!stderr(&again).contains("tried"), "{}", stderr(&again));
    assert_eq!(json("t/batch.json"), batch);
    let found = refused(dir.path(), &[&line[..], &["--minibatch", "16"]].concat());
    assert!(found.contains("--minibatch or bounds of them"), "{found}");
    for (rest, words) in [
        (&["--lanes-between", "9,3"][..], "FEWEST,MOST, as in 64,256"),
        (&["--lanes-between", "9"], "FEWEST,MOST"),
        (&["--memory-mb", "0"], "allowed is 1 to"),
    ] {
        let out = ["--out", "new"];
        let found = refused(dir.path(), &[&free()[..free().len() - 2], &out, rest].concat());
        assert!(found.contains(words), "{rest:?}: {found}");
    }
    assert!(!dir.path().join("new").exists());
}

#[test]
fn a_cloned_start_does_what_the_rules_do() {
    let dir = tempfile::tempdir().unwrap();
    let line = [&SMALL[..], &["--acts", "dials", "--every-h", "6", "--clone", "rules"]].concat();
    let output = run_in(dir.path(), &line);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let words: Vec<&str> =
        told.lines().find(|line| line.contains("cloned rules")).unwrap().split(' ').collect();
    let number = |at: usize| words[words.len() - at].trim_end_matches(',').parse::<f64>().unwrap();
    let (before, after) = (number(4), number(2));
    assert!(after < 0.5 * before, "{told}");
}

#[test]
fn a_stacked_policy_flies_and_its_black_box_is_taken_again() {
    let dir = tempfile::tempdir().unwrap();
    let line = [&SMALL[..], &["--stack", "3"]].concat();
    done(dir.path(), &line);
    let words =
        done(dir.path(), &["evaluate", "t/policy.safetensors", "--episodes", "2", "--json"]);
    let found: Value = serde_json::from_str(&words).unwrap();
    assert!(found["policies"][0]["success"]["value"].is_number(), "{words}");
    let found = refused(dir.path(), &[&SMALL[..], &["--stack", "2", "--clone", "rules"]].concat());
    assert!(found.contains("seen one by one"), "{found}");
    let drill = ["--out", "d", "--drill", "diverge:2"];
    let output = run_in(dir.path(), &[&line[..line.len() - 4], &["--stack", "3"], &drill].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let words = done(dir.path(), &["replay", "d/black-box-0.bin"]);
    assert!(words.contains("action rules."), "{words}");
}

#[test]
fn a_shield_is_counted_and_what_it_did_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    // A policy of dials that has learned with large steps and little: it would break limits.
    let wild = ["--acts", "dials", "--every-h", "1", "--rate", "0.01", "--log-std", "0.5"];
    done(dir.path(), &[&SMALL[..], &wild].concat());
    let line = ["evaluate", "t/policy.safetensors", "--episodes", "3", "--out", "e", "--json"];
    let plain: Value = serde_json::from_str(&done(dir.path(), &line)).unwrap();
    assert!(plain["policies"][0]["interventions"].is_null());
    let line = [&line[..], &["--shield"]].concat();
    let shielded: Value = serde_json::from_str(&done(dir.path(), &line)).unwrap();
    let found = &shielded["policies"][0]["interventions"];
    let text = fs::read_to_string(dir.path().join("e/interventions.csv")).unwrap();
    assert!(text.starts_with("controller,seed,decision,t_s,limit,breaks_s,rules_break_s\n"));
    let kept = text.lines().count() - 1;
    assert!(kept > 0 && found["share"]["value"].as_f64().unwrap() > 0.0, "{found}");
    assert!((found["each"].as_f64().unwrap() * 3.0 - kept as f64).abs() < 1e-9, "{found} {text}");
    // Both kinds of missions stand in one logbook, and nothing is flown twice.
    let missions = fs::read_to_string(dir.path().join("e/missions.csv")).unwrap();
    let of = |word: &str| missions.lines().filter(|line| line.contains(word)).count();
    assert_eq!((of("-shielded,"), of("policy-"), of("rules,")), (3, 6, 3));
    let words = done(
        dir.path(),
        &line[..line.len() - 2].iter().copied().chain(["--shield"]).collect::<Vec<_>>(),
    );
    assert!(words.contains("decisions handed over, a mission"), "{words}");
    assert_eq!(fs::read_to_string(dir.path().join("e/interventions.csv")).unwrap(), text);
}

#[test]
fn a_supervised_training_survives_what_kills_it() {
    for (drill, why, key, factor) in [
        ("kill:3", "killed, as for want of memory", "lanes_factor", 0.5),
        ("diverge:3", "not finite any more", "rate_factor", 0.5),
        ("crash:3", "ended by itself", "rate_factor", 1.0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut line = SMALL.to_vec();
        line.extend(["--checkpoint-s", "0.000001", "--supervise", "--drill", drill, "--json"]);
        for (flag, value) in [("--lanes", "16"), ("--decisions", "1024")] {
            let at = line.iter().position(|word| *word == flag).unwrap();
            line[at + 1] = value;
        }
        let all: Value = serde_json::from_str(&done(dir.path(), &line)).unwrap();
        assert!(all[0]["decisions"].as_u64().unwrap() >= 768, "{drill}: {all}");
        let settings = fs::read_to_string(dir.path().join("t/settings.json")).unwrap();
        let settings: Value = serde_json::from_str(&settings).unwrap();
        let changes = settings["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{drill}: {settings}");
        assert_eq!(changes[0]["why"], why);
        assert_eq!(changes[0][key], factor);
        assert!(dir.path().join("t/policy.safetensors").exists());
        if drill == "diverge:3" {
            let words = done(dir.path(), &["replay", "t/black-box-0.bin"]);
            assert!(words.contains("action rules."), "{words}");
        }
    }
}

#[test]
fn a_supervisor_gives_up_and_passes_refusals_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut line = SMALL.to_vec();
    line.extend(["--supervise", "--retries", "0", "--drill", "crash:1"]);
    let output = run_in(dir.path(), &line);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("more often than is allowed"), "{}", stderr(&output));
    let found = refused(dir.path(), &[&SMALL[..], &["--drill", "sleep:1"]].concat());
    assert!(found.contains("HOW:UPDATE"), "{found}");
}

#[test]
fn a_black_box_is_taken_again() {
    use std::sync::Arc;

    use env::{Acts, Episode, Task, TaskOptions};
    use habitat::scenario;
    use habitat::{Plan, StreamKey};

    let loaded = scenario::load("cabin-30d").unwrap();
    let mut model = loaded.scenario.clone();
    model.duration_days = 4.0;
    let plan = Arc::new(Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap());
    let task =
        Task::new(plan, TaskOptions { acts: Acts::Thresholds, ..TaskOptions::default() }).unwrap();
    let episode = Episode::new(&task, StreamKey { env: 3, ..StreamKey::default() }, &[]).unwrap();
    let width = task.actions().len();
    let facts = serde_json::json!({
        "scenario": "cabin-30d", "difficulty": "nominal", "acts": "thresholds", "reward": "survival", "days": 4.0,
        "dt_s": 60.0, "decision_s": 21_600.0,
    });
    let kept = learn::BlackBox {
        what: "a reward or cost".to_owned(),
        lane: 3,
        decisions: 5,
        seed: 0,
        start: episode.snapshot(),
        width,
        actions: vec![0.25; 5 * width],
        facts: facts.to_string(),
    };
    let dir = tempfile::tempdir().unwrap();
    kept.write(&dir.path().join("box.bin")).unwrap();
    // Nothing in a habitat ceases to be a number here: the replay says so, and how far it came.
    let text = done(dir.path(), &["replay", "box.bin", "--json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&found["reproduced"], &found["decisions"]), (&false.into(), &5.into()));
    assert_eq!((&found["found"], &found["t_s"]), (&Value::Null, &108_000.0.into()));
    assert_eq!(done(dir.path(), &["replay", "box.bin", "--json"]), text);
    let words = done(dir.path(), &["replay", "box.bin"]);
    assert!(words.contains("everything is finite after 5 decisions, 1.250 d"), "{words}");

    let mut bytes = fs::read(dir.path().join("box.bin")).unwrap();
    bytes[40] ^= 1;
    fs::write(dir.path().join("bad.bin"), bytes).unwrap();
    assert!(refused(dir.path(), &["replay", "bad.bin"]).contains("is damaged"));
}
