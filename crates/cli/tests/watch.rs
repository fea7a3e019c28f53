//! The verb `watch`: what is listed, scored and proposed.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::process::Output;

use serde_json::Value;

use self::program::{run_in as run, stderr};

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn alarms_are_on_sensed_channels_and_channels_without_limits_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let plan = json(&run(dir.path(), &["watch", "alarms", "--json"]));
    let channels = plan["channels"].as_array().unwrap();
    assert!(channels.len() > 100);
    for channel in channels {
        let id = channel["id"].as_str().unwrap();
        assert!(id.contains(".sensed_") || id.contains(".anomaly_"), "{id}");
    }
    let text = String::from_utf8(run(dir.path(), &["watch", "alarms"]).stdout).unwrap();
    assert!(text.contains("living.air.sensed_pp_co2_pa:warning_high"));
    let (_, without) = text.split_once("No limits: ").unwrap();
    assert!(without.contains("living.oga.sensed_power_w"), "{without}");
}

#[test]
fn a_file_that_loosens_a_limit_of_safety_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("a.toml"), text).unwrap();
    let change = "[[alarm]]\nchannel = \"living.air.sensed_pp_co2_pa\"\nbound = \"warning_high\"\n";
    write(&format!("{change}limit = 2500.0\n"));
    let refused = run(dir.path(), &["watch", "alarms", "--alarms", "a.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("may be tightened only") && words.contains("2500"), "{words}");
    write(&format!("{change}limit = 1500.0\n"));
    assert!(run(dir.path(), &["watch", "alarms", "--alarms", "a.toml"]).status.success());
    write("[[alarn]]\n");
    assert_eq!(run(dir.path(), &["watch", "alarms", "--alarms", "a.toml"]).status.code(), Some(2));
}

#[test]
fn days_that_cannot_be_flown_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for verb in ["score", "tune"] {
        for days in ["0", "-1", "NaN", "inf", "1e18", "many"] {
            let refused = run(dir.path(), &["watch", verb, "--days", days]);
            assert_eq!(refused.status.code(), Some(2), "{verb} {days}");
            assert!(stderr(&refused).contains("more than 0 and up to 1000000"), "{verb} {days}");
        }
    }
}

#[test]
fn scores_do_not_depend_on_the_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let of = |threads: &str| {
        let arguments =
            ["watch", "score", "--faults", "4", "--days", "1", "--threads", threads, "--json"];
        json(&run(dir.path(), &arguments))
    };
    let one = of("1");
    assert_eq!(one, of("2"));
    let tally = &one["settings"][0];
    assert_eq!(tally["cases"].as_array().unwrap().len(), 4);
    assert_eq!(tally["quiet_days"].as_f64(), Some(30.0));
    for case in tally["cases"].as_array().unwrap() {
        // Only what an instrument shows is counted, and nothing is found before it is there.
        assert!(case["shown_by"].as_str().unwrap().contains("sensed_"));
        assert!(case["delay_min"].as_f64().is_none_or(|min| min > 0.0 && min <= 1_440.0));
    }
}

#[test]
fn recorded_missions_are_tuned_on_and_nothing_is_written_unless_approved() {
    let dir = tempfile::tempdir().unwrap();
    let fly = ["simulate", "--scenario", "artemis-30d", "--days", "8", "--out", "run"];
    assert!(run(dir.path(), &fly).status.success());
    let before = std::fs::read_dir(dir.path()).unwrap().count();
    let tuned = json(&run(dir.path(), &["watch", "tune", "run", "--json"]));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), before);
    assert!(tuned["approved"].is_null());
    // Odd days of eight are four, less what is wrong in them.
    let days = tuned["before"]["quiet_days"].as_f64().unwrap();
    assert!(days > 0.5 && days <= 4.0, "{days}");
    for proposal in tuned["proposals"].as_array().unwrap() {
        assert!(!proposal["alarm"].as_str().unwrap().contains(":warning_"), "{proposal}");
    }
    let approved = run(dir.path(), &["watch", "tune", "run", "--approve", "a.toml"]);
    assert!(approved.status.success());
    // What is approved is a file that other verbs take, for this scenario.
    assert!(run(dir.path(), &["watch", "alarms", "--alarms", "a.toml"]).status.success());
    let other = ["watch", "alarms", "--scenario", "cabin-30d", "--alarms", "a.toml"];
    let refused = run(dir.path(), &other);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("`artemis-30d`") && words.contains("`cabin-30d`"), "{words}");
    // It says how it is written again.
    let text = std::fs::read_to_string(dir.path().join("a.toml")).unwrap();
    let (_, command) = text.lines().nth(1).unwrap().split_once("lunar-habitat ").unwrap();
    let command: Vec<&str> = command.split(' ').collect();
    std::fs::remove_file(dir.path().join("a.toml")).unwrap();
    assert!(run(dir.path(), &command).status.success());
    assert_eq!(std::fs::read_to_string(dir.path().join("a.toml")).unwrap(), text);
    // Others read it: nothing in it says where on this machine it was written, and from what.
    let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (from, to) = (place("run"), place("b.toml"));
    assert!(run(dir.path(), &["watch", "tune", &from, "--approve", &to]).status.success());
    let elsewhere = std::fs::read_to_string(dir.path().join("b.toml")).unwrap();
    assert_eq!(elsewhere, text.replace("a.toml", "b.toml"));
    let none = run(dir.path(), &["watch", "tune", "a.toml"]);
    assert_ne!(none.status.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn the_machine_is_shown_look_by_look() {
    let dir = tempfile::tempdir().unwrap();
    let shown = run(dir.path(), &["watch", "system", "--seconds", "0.2", "--looks", "3", "--json"]);
    assert!(shown.status.success(), "{}", stderr(&shown));
    let lines = String::from_utf8(shown.stdout).unwrap();
    let looks: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(looks.len(), 3);
    for look in &looks {
        let span_s = look["span_s"].as_f64().unwrap();
        assert!((0.2..30.0).contains(&span_s), "{look}");
        let processors = look["processors"].as_array().unwrap();
        assert!(!processors.is_empty());
        let shares = processors.iter().map(|share| share.as_f64().unwrap());
        assert!(shares.into_iter().all(|share| (0.0..=1.0).contains(&share)), "{look}");
        let memory = &look["memory"];
        assert!(
            memory["used"].as_u64() <= memory["total"].as_u64()
                && memory["used"].as_u64() > Some(0)
        );
        let bounds = look["bounds"].as_array().unwrap();
        assert!(bounds.iter().any(|bound| bound["source"] == "machine"), "{look}");
    }
    let text = String::from_utf8(run(dir.path(), &["watch", "system", "--seconds", "0.1"]).stdout)
        .unwrap();
    assert!(text.contains("processor 0") && text.contains("memory"), "{text}");
    let refused = run(dir.path(), &["watch", "system", "--seconds", "0"]);
    assert!(!refused.status.success() && stderr(&refused).contains("allowed: 0.1 to 3600"));
}
