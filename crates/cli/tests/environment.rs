//! `env` as a user meets it: the list of tasks, the spaces of one, and the contract on a file of one's own.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;

use serde_json::Value;

use self::program::{run_in, stderr, stdout};

fn json(words: &[&str]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), words);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn the_list_has_twelve_tasks_at_four_difficulties() {
    let found = json(&["env", "list", "--json"]);
    let list = found.as_array().unwrap();
    assert_eq!(list.len(), 12);
    for task in list {
        assert_eq!(task["difficulties"].as_array().unwrap().len(), 4, "{task}");
        assert!(task["id"].as_str().unwrap().starts_with("LunarHabitat/"));
        assert!(task["id"].as_str().unwrap().ends_with("-v1"));
    }
    let dir = tempfile::tempdir().unwrap();
    let text = stdout(&run_in(dir.path(), &["env", "list"]));
    assert!(text.contains("LunarHabitat/CoolantLoopFailure-v1"), "{text}");
}

#[test]
fn the_spaces_are_shown_with_ends_and_units() {
    let found = json(&["env", "show", "artemis-30d", "--difficulty", "hard", "--json"]);
    assert_eq!(found["difficulty"], "hard");
    let fields = found["fields"].as_array().unwrap();
    assert!((1..=64).contains(&fields.len()));
    let co2 = fields.iter().find(|field| field["name"] == "air.pp_co2_pa_max").unwrap();
    assert_eq!((&co2["unit"], &co2["high"]), (&"Pa".into(), &3000.0.into()));
    let dials = found["dials"].as_array().unwrap();
    assert!(dials.iter().any(|dial| dial["name"] == "co2.removal" && dial["mode"] == true));
    assert_eq!(found["costs"].as_array().unwrap().len(), 9);
    let dir = tempfile::tempdir().unwrap();
    let text = stdout(&run_in(dir.path(), &["env", "show", "artemis-30d"]));
    assert!(text.contains("oxygen.rate") && text.contains("potable_reserve"), "{text}");
}

#[test]
fn a_scenario_of_ones_own_is_held_against_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let text = "extends = \"cabin-30d\"\nname = \"mine\"\nduration_days = 1.0\n\
        [difficulty.hard.stores]\npotable_kg = 60.0\n";
    fs::write(dir.path().join("mine.toml"), text).unwrap();
    let output = run_in(dir.path(), &["env", "check", "mine.toml", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let difficulties: Vec<&str> =
        found.as_array().unwrap().iter().map(|one| one["difficulty"].as_str().unwrap()).collect();
    assert_eq!(difficulties, ["nominal", "hard"]);
    assert!(found.as_array().unwrap().iter().all(|one| one["ok"] == true));

    // Nothing can be commanded in a box with a hole: no task.
    let output = run_in(dir.path(), &["env", "check", "leak-box"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("FAILED  spaces       0 dials"), "{}", stdout(&output));
}

#[test]
fn thresholds_are_shown_and_held_against_the_contract() {
    let found = json(&["env", "show", "artemis-30d", "--acts", "thresholds", "--json"]);
    assert_eq!((&found["acts"], &found["decision_s"]), (&"thresholds".into(), &21_600.0.into()));
    let dials = found["dials"].as_array().unwrap();
    let hot = dials.iter().find(|dial| dial["name"] == "rules.hot_k").unwrap();
    assert_eq!((dials.len(), &hot["middle"], &hot["unit"]), (16, &303.15.into(), &"K".into()));
    let dir = tempfile::tempdir().unwrap();
    let text = stdout(&run_in(dir.path(), &["env", "show", "artemis-30d", "--acts", "thresholds"]));
    assert!(text.contains("An action has 16 thresholds") && text.contains("at 0"), "{text}");
    let text = "extends = \"cabin-30d\"\nname = \"mine\"\nduration_days = 2.0\n";
    fs::write(dir.path().join("mine.toml"), text).unwrap();
    let words = ["env", "check", "mine.toml", "--acts", "thresholds", "--json"];
    let output = run_in(dir.path(), &words);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&found[0]["acts"], &found[0]["ok"]), (&"thresholds".into(), &true.into()));
}

#[test]
fn what_is_not_there_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        (vec!["env", "check", "nowhere.toml"], "nowhere.toml"),
        (vec!["env", "check", "leak-box", "--difficulty", "hard"], "no such difficulty"),
        (vec!["env", "show", "artemis-30d", "--difficulty", "brutal"], "allowed are `easy`"),
        (vec!["env", "check", "artemis-30d", "--acts", "knobs"], "allowed `dials`, `thresholds`"),
        (vec!["simulate", "--scenario", "artemis-30d", "--crew", "13"], "1 to 12"),
    ];
    for (words, expected) in cases {
        let output = run_in(dir.path(), &words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(stderr(&output).contains(expected), "{words:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}
