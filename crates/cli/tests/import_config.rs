//! `data import-config` as a user meets it: a scenario that flies, a line about every key, and nothing written where
//! something is wrong.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use self::program::{run_in, stderr, stdout};

const CONFIG: &str = "\
name: South Ridge 2
volume: 250
crew: {size: 4}
scenario:
  name: dust_storm_survival
  duration_days: 2
  events:
    - {day: 1, type: solar_array_fault, severity: 0.2}
";

fn import(dir: &Path, words: &str) -> Output {
    let words: Vec<&str> = ["data", "import-config"].into_iter().chain(words.split(' ')).collect();
    run_in(dir, &words)
}

#[test]
fn the_scenario_goes_to_its_file_and_flies() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ridge.yaml"), CONFIG).unwrap();
    let output = import(dir.path(), "ridge.yaml --out ridge.toml");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = stdout(&output);
    assert!(stderr(&output).is_empty());
    let line = |key: &str| report.lines().find(|line| line.trim().starts_with(key)).unwrap();
    assert!(line("volume").contains("250 m3") && line("volume").contains("mapped"));
    assert!(line("recycling_efficiency").contains("(default)"));
    assert!(line("recycling_efficiency").contains("dropped"));
    assert!(line("scenario.name").contains("no weather on the Moon"));
    assert!(line("scenario.events[0]").contains("habitat.array at 24 h"));
    assert!(report.trim_end().ends_with("dropped"));

    let flown = run_in(dir.path(), &["simulate", "--scenario", "ridge.toml", "--json"]);
    assert_eq!(flown.status.code(), Some(0), "{}", stderr(&flown));
    let result: Value = serde_json::from_slice(&flown.stdout).unwrap();
    assert_eq!(result["success"], true, "{result}");
    assert_eq!(result["scenario"], "south-ridge-2");
}

#[test]
fn without_a_file_the_scenario_is_the_output_and_the_report_is_talk() {
    let dir = tempfile::tempdir().unwrap();
    let output = import(dir.path(), "apollo_derived --json");
    assert_eq!(output.status.code(), Some(0));
    let toml = stdout(&output);
    assert!(toml.contains("extends = \"artemis-30d\"") && toml.contains("pressure_pa = 68900.0"));
    let report: Value = serde_json::from_str(stderr(&output).trim()).unwrap();
    let lines = report.as_array().unwrap();
    for line in lines {
        let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 7, "{keys:?}");
        assert!(["kept", "mapped", "dropped"].contains(&line["outcome"].as_str().unwrap()));
    }
    let volume = lines.iter().find(|line| line["key"] == "volume").unwrap();
    assert_eq!(
        (&volume["value"], &volume["unit"], &volume["given"]),
        (&"150".into(), &"m3".into(), &true.into())
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_is_wrong_is_one_sentence_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text, words) in [
        ("a.yaml", "volume: 5\n", "volume: found 5; allowed 10 to 100000 m3"),
        (
            "b.json",
            "{\"crew\": {\"size\": \"four\"}}",
            "crew.size: found \"four\"; allowed a whole number, 1 to 12 people",
        ),
        (
            "c.yaml",
            "scenario: {name: moonbase}\n",
            "scenario.name: found \"moonbase\"; allowed `nominal_operations`",
        ),
        ("d.json", "{\"volume\": 200,}", "JSON, line 1, column 16"),
        ("e.yaml", "volume: 200\nvolume: 300\n", "YAML, line 2"),
        ("f.yaml", "colour: red\n", "colour: found a key that does not exist; allowed `name`"),
    ] {
        fs::write(dir.path().join(name), text).unwrap();
        let output = import(dir.path(), &format!("{name} --out out.toml"));
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty());
        let message = stderr(&output);
        assert!(message.contains(words), "{message}");
        assert_eq!(message.trim().lines().count(), 1, "{message}");
        assert!(!dir.path().join("out.toml").exists());
    }
    let output = import(dir.path(), "none.yaml");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`mars_analog`"), "{}", stderr(&output));
}

#[test]
fn a_file_is_replaced_whole_or_stays() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.toml");
    fs::write(&out, "old").unwrap();
    fs::write(dir.path().join("bad.yaml"), "volume: 5\n").unwrap();
    assert_eq!(import(dir.path(), "bad.yaml --out out.toml").status.code(), Some(2));
    assert_eq!(fs::read_to_string(&out).unwrap(), "old");
    assert_eq!(import(dir.path(), "nasa_reference --out out.toml").status.code(), Some(0));
    assert!(fs::read_to_string(&out).unwrap().contains("extends"));
    let output = import(dir.path(), "nasa_reference --out absent/out.toml");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("absent"));
    let output = import(dir.path(), "nasa_reference --out artemis-30d");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("inside the program"), "{}", stderr(&output));
    fs::write(dir.path().join("mine.yaml"), "volume: 300\n").unwrap();
    let output = import(dir.path(), "mine.yaml --out ./mine.yaml");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the configuration itself"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(dir.path().join("mine.yaml")).unwrap(), "volume: 300\n");
}
