//! `campaign` as a user meets it: what it says, what it keeps, what it refuses.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use self::program::{stderr, stdout};

/// The JSON of a campaign that is done.
fn list(dir: &Path, line: &str) -> Value {
    let output = program::line(dir, &format!("campaign {line} --json"));
    assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1);
    serde_json::from_str(&text).unwrap()
}

/// The words of a refusal that has written nothing.
fn refusal(dir: &Path, line: &str) -> String {
    let before = everything(dir);
    let output = program::line(dir, &format!("campaign {line}"));
    assert_eq!(output.status.code(), Some(2), "{line}: {}", stderr(&output));
    assert!(output.stdout.is_empty(), "{line}");
    assert_eq!(everything(dir), before, "{line}");
    stderr(&output)
}

/// Files in `dir` and in folders in it, with their bytes.
fn everything(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.push((path.display().to_string(), Vec::new()));
            found.extend(everything(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Cabin days that no controller loses: enough for what does not depend on the end of a mission.
const SHORT: &str = "--scenario cabin-30d --days 0.25 --controllers hold,rules";

#[test]
fn hold_loses_the_darkness_and_rules_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let line = "--scenario polar-darkness --seeds 8 --controllers hold,rules";
    let found = list(dir.path(), line);
    let [hold, rules] = found.as_array().unwrap().as_slice() else { unreachable!() };
    let mut keys: Vec<&String> = hold.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["causes", "controller", "high", "low", "seeds", "success_rate"]);
    assert_eq!((&hold["controller"], &hold["seeds"]), (&json!("hold"), &json!(8)));
    assert_eq!((&hold["success_rate"], &hold["low"]), (&json!(0.0), &json!(0.0)));
    // 0 of 8: z²/(8 + z²).
    assert!((hold["high"].as_f64().unwrap() - 0.324_407_6).abs() < 1e-6);
    let causes = hold["causes"].as_object().unwrap();
    assert_eq!(causes.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), 8);
    assert_eq!((&rules["controller"], &rules["success_rate"]), (&json!("rules"), &json!(1.0)));
    assert_eq!((&rules["high"], &rules["causes"]), (&json!(1.0), &json!({})));

    // The table says the same from what is stored.
    let output = program::line(dir.path(), &format!("campaign {line}"));
    let text = stdout(&output);
    assert!(text.contains("16: 0 flown now, 16 stored before"), "{text}");
    assert!(text.contains("0.0 to 32.4") && text.contains("67.6 to 100.0"), "{text}");
    assert!(stderr(&output).is_empty(), "no progress bar into a file");
    assert!(dir.path().join("out/campaign-polar-darkness/missions.csv").is_file());
}

#[test]
fn the_same_file_on_one_and_on_three_threads() {
    let dir = tempfile::tempdir().unwrap();
    for threads in [1, 3] {
        list(dir.path(), &format!("{SHORT} --seeds 10 --threads {threads} --out {threads}"));
    }
    let file = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(file("1/missions.csv"), file("3/missions.csv"));
    assert_eq!(file("1/missions.csv").lines().filter(|line| !line.starts_with('#')).count(), 21);
}

#[test]
fn an_interrupted_campaign_ends_as_an_uninterrupted_one() {
    let dir = tempfile::tempdir().unwrap();
    let line = format!("{SHORT} --seeds 6 --first-seed 3");
    let whole = list(dir.path(), &format!("{line} --out whole"));
    let bytes = fs::read(dir.path().join("whole/missions.csv")).unwrap();
    let head = String::from_utf8(bytes.clone()).unwrap().find("hold").unwrap();
    // Killed in the head, before and after its last line end, in the first line, at a line end, in
    // the middle of a number and before the last line end.
    let line_end = bytes.len() - 1 - bytes.iter().rev().skip(1).position(|b| *b == b'\n').unwrap();
    for kept in [0, 30, head - 1, head, head + 9, line_end, bytes.len() - 4, bytes.len() - 1] {
        let out = dir.path().join(format!("cut-{kept}"));
        fs::create_dir(&out).unwrap();
        fs::write(out.join("missions.csv"), &bytes[..kept]).unwrap();
        let resumed = list(dir.path(), &format!("{line} --out cut-{kept}"));
        assert_eq!(resumed, whole, "after {kept} bytes");
        assert_eq!(fs::read(out.join("missions.csv")).unwrap(), bytes, "after {kept} bytes");
    }
    // Fewer seeds, then one controller, then all.
    list(dir.path(), &format!("{SHORT} --seeds 2 --first-seed 5 --out parts"));
    let rules = SHORT.replace("hold,rules", "rules");
    list(dir.path(), &format!("{rules} --seeds 9 --out parts"));
    assert_eq!(list(dir.path(), &format!("{line} --out parts")), whole);
}

#[test]
fn a_killed_process_leaves_a_campaign_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let line = "campaign --scenario cabin-30d --days 2 --controllers hold,rules --seeds 40 --json";
    let mut child = Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(line.split_whitespace().chain(["--out", "killed", "--threads", "1"]))
        .current_dir(dir.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Wait for the first chunk, or for the end where the machine is quicker than this loop.
    let file = dir.path().join("killed/missions.csv");
    while fs::metadata(&file).map_or(0, |file| file.len()) == 0 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let arguments = line.trim_start_matches("campaign ").trim_end_matches(" --json");
    let resumed = list(dir.path(), &format!("{arguments} --out killed"));
    assert_eq!(resumed, list(dir.path(), &format!("{arguments} --out whole")));
    let whole = fs::read(dir.path().join("whole/missions.csv")).unwrap();
    assert_eq!(fs::read(file).unwrap(), whole);
}

#[test]
fn stored_missions_are_not_flown_again_but_one_of_each_controller_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let line = format!("{SHORT} --seeds 4 --out here");
    list(dir.path(), &line);
    let path = dir.path().join("here/missions.csv");
    let text = fs::read_to_string(&path).unwrap();
    // A loss that never was shows that the line is believed …
    fs::write(&path, text.replace("rules,2,true,,,", "rules,2,false,oxygen,60,")).unwrap();
    let found = list(dir.path(), &line);
    assert_eq!(found[1]["causes"], json!({"oxygen": 1}));
    assert_eq!(found[1]["success_rate"], json!(0.75));
    // … and in the first mission that it is not.
    fs::write(&path, text.replace("rules,0,true,,,", "rules,0,false,oxygen,60,")).unwrap();
    let words = refusal(dir.path(), &line);
    assert!(words.contains("`rules` with seed 0 there ends otherwise"), "{words}");
}

#[test]
fn other_settings_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let line = format!("{SHORT} --seeds 1 --out here");
    list(dir.path(), &line);
    let refused = |line: &str, named: &str, not_named: &str| {
        let words = refusal(dir.path(), line);
        assert!(words.contains(named), "{line}: {words}");
        assert!(!words.contains(not_named), "{line}: {words}");
    };
    refused(&line.replace("0.25", "0.5"), "days 0.25 there, 0.5 here", "scenario_hash");
    refused(&format!("{line} --dt 30"), "dt_s 60 there, 30 here", "days");
    refused(
        &line.replace("cabin-30d", "polar-darkness"),
        "scenario cabin-30d there, polar-darkness here",
        "dt_s",
    );
    // The same name and times, another hole.
    let text = "schema = 1\nextends = \"cabin-30d\"\nname = \"cabin-30d\"\n\
        title = \"Leaking\"\n[[zone]]\nname = \"laboratory\"\nhole_diameter_m = 0.0005\n";
    fs::write(dir.path().join("mine.toml"), text).unwrap();
    refused(&line.replace("cabin-30d", "mine.toml"), "scenario_hash", "days");
    let path = dir.path().join("here/missions.csv");
    let stored = fs::read_to_string(&path).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    fs::write(&path, stored.replace(version, "0.0.9")).unwrap();
    refused(&line, &format!("version 0.0.9 there, {version} here"), "days");
    // Damage that is no kill.
    fs::write(&path, stored.replace("hold,0,true", "hold,zero,true")).unwrap();
    refused(&line, "line 12 of `missions.csv` is no mission", "days");
    fs::write(&path, "name,age\nMarie,37\n").unwrap();
    refused(&line, "no logbook of a campaign", "days");
}

#[test]
fn two_campaigns_do_not_write_one_file() {
    let dir = tempfile::tempdir().unwrap();
    list(dir.path(), &format!("{SHORT} --seeds 1 --out here"));
    let file = fs::File::open(dir.path().join("here/missions.csv")).unwrap();
    file.lock().unwrap();
    let output = program::line(dir.path(), &format!("campaign {SHORT} --seeds 2 --out here"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another campaign is writing"), "{}", stderr(&output));
    file.unlock().unwrap();
    list(dir.path(), &format!("{SHORT} --seeds 2 --out here"));
}

#[test]
fn bad_input_is_refused_and_nothing_written() {
    let dir = tempfile::tempdir().unwrap();
    let base = "--scenario cabin-30d --seeds 2";
    for (line, named) in [
        ("--scenario nowhere --seeds 2 --controllers hold".to_owned(), "`cabin-30d`"),
        (
            format!("{base} --controllers hold,magic"),
            "found `magic`; allowed `random`, `hold`, `rules`, `mpc`",
        ),
        (format!("{base} --controllers hold,rules,hold"), "`hold` stands there twice"),
        (format!("{base} --controllers hold,"), "no such controller"),
        (base.to_owned(), "--controllers"),
        ("--scenario cabin-30d --seeds 0 --controllers hold".to_owned(), "--seeds"),
        (format!("{base} --controllers hold --first-seed {}", u64::MAX), "allowed up to"),
        (format!("{base} --controllers hold --days -1"), "--days -1"),
        (format!("{base} --controllers hold --dt 7"), "--dt 7"),
        (format!("{base} --controllers hold --threads 0"), "--threads"),
    ] {
        let words = refusal(dir.path(), &line);
        assert!(words.contains(named), "{line}: {words}");
    }
    assert!(everything(dir.path()).is_empty());
    let help = stdout(&program::line(dir.path(), "campaign --help"));
    assert!(help.contains("Example:") && help.contains("--seeds 512"), "{help}");
}

/// Ten times the failures in one flag; a scenario in which nothing fails refuses it.
#[test]
fn the_fault_rate_is_a_setting() {
    let dir = tempfile::tempdir().unwrap();
    let line = "--scenario artemis-30d --days 0.25 --controllers hold --seeds 2";
    list(dir.path(), &format!("{line} --fault-rate 10"));
    assert!(dir.path().join("out/campaign-artemis-30d-faults-10/missions.csv").is_file());
    let here = format!("{line} --out out/campaign-artemis-30d-faults-10");
    let other = refusal(dir.path(), &here);
    assert!(other.contains("fault_rate 10 there, 1 here"), "{other}");
    let none = refusal(dir.path(), &format!("{SHORT} --seeds 1 --fault-rate 10"));
    assert!(none.contains("--fault-rate 10") && none.contains("no [faults]"), "{none}");
    let negative = refusal(dir.path(), &format!("{line} --fault-rate -1"));
    assert!(negative.contains("--fault-rate -1"), "{negative}");
}
