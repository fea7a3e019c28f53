//! `simulate`, `doctor` and `bench` as a user meets them: exit codes, output, files.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;

use serde_json::Value;

use self::program::{run_in, stderr, stdout};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const FILES: [&str; 4] = ["report.html", "result.json", "telemetry.csv", "telemetry.parquet"];

#[test]
fn a_mission_prints_one_json_object_and_writes_four_files() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = ["simulate", "--scenario", "cabin-30d", "--days", "1", "--seed", "5", "--json"];
    let output = run_in(dir.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1);
    let result: Value = serde_json::from_str(&text).unwrap();
    let is = |key: &str, value: Value| assert_eq!(result[key], value, "{key}");
    is("scenario", "cabin-30d".into());
    is("controller", "rules".into());
    is("seed", 5.into());
    is("days", 1.0.into());
    is("crew_size", 4.into());
    is("crew_alive", 4.into());
    is("success", true.into());
    is("abort_reason", Value::Null);
    is("steps", 1_440.into());
    for key in ["mass_residual_max", "energy_residual_max"] {
        let residual = result[key].as_f64().unwrap();
        assert!((0.0..1e-9).contains(&residual), "{key} {residual}");
    }
    assert!(result["steps_per_s"].as_f64().unwrap() > 0.0);
    assert_eq!(result["zones"].as_array().unwrap().len(), 4);
    assert!(stderr(&output).is_empty(), "no progress bar into a file");

    let out = dir.path().join("out/cabin-30d-rules-5");
    assert_eq!(names(&out), FILES);
    let stored: Value =
        serde_json::from_str(&fs::read_to_string(out.join("result.json")).unwrap()).unwrap();
    assert_eq!(stored, result);
}

#[test]
fn telemetry_has_a_row_at_the_start_and_at_each_decision() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(
        dir.path(),
        &["simulate", "--scenario", "cdra-chamber-test", "--days", "0.125", "--out", "here"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = store::read_csv(&dir.path().join("here/telemetry.csv")).unwrap();
    assert_eq!(table.names[0], "time_s");
    assert_eq!(table.names[1], "chamber.air.p_total_pa");
    let last = table.names.len() - 2;
    assert_eq!(&table.names[last..], ["test_hour", "pp_co2_torr"]);
    assert_eq!(table.rows(), 181);
    let time_s = table.column("time_s").unwrap();
    let hour = table.column("test_hour").unwrap();
    assert_eq!((time_s[0], time_s[180]), (0.0, 10_800.0));
    assert!((hour[0] - 18.7).abs() < 1e-9 && (hour[180] - 21.7).abs() < 1e-9);
    let pa = table.column("chamber.air.pp_co2_pa").unwrap();
    let torr = table.column("pp_co2_torr").unwrap();
    assert!(pa.iter().zip(torr).all(|(pa, torr)| (pa / 133.322 - torr).abs() < 1e-9));
    let parquet = store::read_parquet(&dir.path().join("here/telemetry.parquet")).unwrap();
    assert_eq!(parquet.names, table.names);
    assert_eq!(parquet.columns, table.columns);
    assert_eq!(parquet.unit("pp_co2_torr"), Some("torr"));
    assert_eq!(parquet.fact("controller"), Some("rules"));
}

#[test]
fn the_same_bytes_on_one_and_on_two_threads() {
    let dir = tempfile::tempdir().unwrap();
    for threads in ["1", "2"] {
        let output = run_in(
            dir.path(),
            &[
                "simulate",
                "--scenario",
                "cabin-30d",
                "--days",
                "2",
                "--threads",
                threads,
                "--out",
                threads,
            ],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    for file in ["telemetry.csv", "telemetry.parquet"] {
        let read = |threads: &str| fs::read(dir.path().join(threads).join(file)).unwrap();
        assert!(read("1") == read("2"), "{file}");
    }
}

#[test]
fn another_seed_is_another_mission() {
    let dir = tempfile::tempdir().unwrap();
    for seed in ["1", "2"] {
        run_in(
            dir.path(),
            &[
                "simulate",
                "--scenario",
                "cabin-30d",
                "--days",
                "0.5",
                "--seed",
                seed,
                "--out",
                seed,
            ],
        );
    }
    let read = |seed: &str| fs::read(dir.path().join(seed).join("telemetry.csv")).unwrap();
    assert!(read("1") != read("2"));
}

#[test]
fn a_lost_crew_is_done_and_not_a_success() {
    let dir = tempfile::tempdir().unwrap();
    let text = "extends = \"cabin-30d\"\nschema = 1\nname = \"holed\"\n\n\
        [[zone]]\nname = \"living\"\nhole_diameter_m = 0.2\n";
    fs::write(dir.path().join("holed.toml"), text).unwrap();
    let output = run_in(dir.path(), &["simulate", "--scenario", "holed.toml", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let result: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(result["success"], false);
    assert_eq!(result["crew_alive"], 0);
    assert!(result["abort_reason"].is_string());
    assert!(result["end_s"].as_f64().unwrap() < 86_400.0);
    let page = fs::read_to_string(dir.path().join("out/holed-rules-0/report.html")).unwrap();
    assert!(page.contains("Mission lost") && page.contains("crew.amina is dead"));
}

#[test]
fn a_power_system_is_summed_up_and_plotted() {
    let dir = tempfile::tempdir().unwrap();
    let run = |scenario: &str, days: &str| {
        let output = run_in(
            dir.path(),
            &["simulate", "--scenario", scenario, "--days", days, "--out", scenario],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let out = dir.path().join(scenario);
        let result = fs::read_to_string(out.join("result.json")).unwrap();
        let page = fs::read_to_string(out.join("report.html")).unwrap();
        (stdout(&output), serde_json::from_str::<Value>(&result).unwrap(), page)
    };
    let plots = ["Power of sources and loads", "Stores of energy", "Loads shed"];
    let figures = ["battery_usable_min", "store_fraction_min", "dark_s", "shed_s"];

    // Two days of sun, one of darkness.
    let (text, result, page) = run("polar-darkness", "3");
    let [battery, store, dark_s, shed_s] =
        figures.map(|key| result["power"][key].as_f64().unwrap());
    assert!((0.0..1.0).contains(&battery) && (0.0..1.0).contains(&store), "{result}");
    assert_eq!(dark_s, 86_400.0);
    assert!((80_000.0..=86_400.0).contains(&shed_s), "{shed_s}");
    for (words, value) in [
        ("lowest usable charge of the battery", 100.0 * battery),
        ("lowest store of the fuel cell", 100.0 * store),
        ("time without sun", 24.0),
        ("time with loads shed", shed_s / 3_600.0),
    ] {
        let line = text.lines().find(|line| line.contains(words)).unwrap();
        assert!(line.contains(&format!("{value:.1}")), "{line} {value}");
    }
    for title in plots {
        assert!(page.contains(&format!("<b>{title}</b>")), "{title}");
    }

    let (text, result, page) = run("cabin-30d", "0.125");
    assert!(figures.iter().all(|key| result["power"][*key].is_null()), "{result}");
    assert!(!text.contains("time without sun"), "{text}");
    assert!(plots.iter().all(|title| !page.contains(title)));
}

#[test]
fn bad_input_ends_with_two_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = |name: &str, rest: &str| {
        let text = format!("extends = \"cabin-30d\"\nschema = 1\nname = \"bad\"\n{rest}");
        fs::write(dir.path().join(name), text).unwrap();
    };
    scenario("unknown.toml", "[[zone]]\nname = \"living\"\nvolumen = 3.0\n");
    scenario("negative.toml", "[[zone]]\nname = \"living\"\nvolume_m3 = -3.0\n");
    let column = "[[telemetry.column]]\nname = ";
    scenario(
        "unit.toml",
        &format!("{column}\"x\"\nchannel = \"living.air.t_k\"\nunit = \"torr\"\n"),
    );
    scenario(
        "channel.toml",
        &format!("{column}\"x\"\nchannel = \"living.air.u_k\"\nunit = \"c\"\n"),
    );
    scenario(
        "name.toml",
        &format!("{column}\"time_s\"\nchannel = \"living.air.t_k\"\nunit = \"c\"\n"),
    );
    let cases: [(&[&str], &[&str]); 15] = [
        (&["--scenario", "absent"], &["found `absent`", "allowed", "`cabin-30d`"]),
        (&["--scenario", "unknown.toml"], &["unknown.toml:6:1:", "volumen", "volume_m3"]),
        (
            &["--scenario", "negative.toml"],
            &["negative.toml:6:13:", "found -3", "allowed 0.001 to 1000000 m3"],
        ),
        (&["--scenario", "unit.toml"], &["unit.toml:7:8:", "found \"torr\"", "allowed k, c, f"]),
        (&["--scenario", "channel.toml"], &["channel.toml:6:11:", "no such channel", "nearest"]),
        (&["--scenario", "name.toml"], &["name.toml:5:8:", "time_s"]),
        (&["--scenario", "cabin-30d", "--dt", "7"], &["--dt 7: step does not divide", "600 s"]),
        (
            &["--scenario", "cabin-30d", "--dt", "0"],
            &["--dt 0: ", "found 0", "allowed 0.01 to 3600"],
        ),
        (
            &["--scenario", "cabin-30d", "--days", "nan"],
            &["--days NaN: ", "allowed a finite number"],
        ),
        (
            &["--scenario", "cabin-30d", "--days", "-1"],
            &["--days -1: ", "found -1", "allowed more than 0"],
        ),
        (&["--scenario", "cabin-30d", "--decision-s", "1e9"], &["--decision-s 1000000000: "]),
        (
            &["--scenario", "cabin-30d", "--fault-rate", "10"],
            &["--fault-rate 10: nothing fails in `cabin-30d`"],
        ),
        (
            &["--scenario", "artemis-30d", "--fault-rate", "-1"],
            &["--fault-rate -1: ", "found -1", "allowed"],
        ),
        (&["--scenario", "sealed-box", "--days", "9"], &["--days 9: ", "source_term[0]", "216"]),
        (
            &["--scenario", "cabin-30d", "--controller", "magic"],
            &["found `magic`", "allowed `random`, `hold`, `rules`, `mpc`"],
        ),
    ];
    let before = names(dir.path());
    for (arguments, words) in cases {
        let all: Vec<&str> =
            ["simulate", "--out", "nothing", "--json"].iter().chain(arguments).copied().collect();
        let output = run_in(dir.path(), &all);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let said = stderr(&output);
        for word in words {
            assert!(said.contains(word), "{arguments:?} lacks {word:?}: {said}");
        }
        assert_eq!(names(dir.path()), before, "{arguments:?}");
    }
}

/// More failures are another mission, in a directory of its own.
#[test]
fn the_fault_rate_is_a_flag() {
    let dir = tempfile::tempdir().unwrap();
    let line = ["simulate", "--scenario", "artemis-30d", "--days", "0.25", "--json"];
    let fly = |rest: &[&str]| -> Value {
        let output = run_in(dir.path(), &[&line, rest].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let (usual, worse) = (fly(&[]), fly(&["--fault-rate", "10"]));
    assert_ne!(usual["scenario_hash"], worse["scenario_hash"]);
    assert_eq!(usual["files"]["dir"], "out/artemis-30d-rules-0");
    assert_eq!(worse["files"]["dir"], "out/artemis-30d-rules-0-faults-10");
    assert_eq!(names(&dir.path().join("out/artemis-30d-rules-0-faults-10")), FILES);
}

#[test]
fn a_directory_that_cannot_be_made_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("taken"), "a file").unwrap();
    let output = run_in(
        dir.path(),
        &[
            "simulate",
            "--scenario",
            "leak-box",
            "--days",
            "0.01",
            "--decision-s",
            "864",
            "--dt",
            "8",
            "--out",
            "taken/inside",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("taken/inside"), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn the_summary_is_for_people() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), &["simulate", "--scenario", "cabin-30d", "--days", "1"]);
    let text = stdout(&output);
    for part in [
        "Mission succeeded: 4 of 4 alive",
        "Atmosphere",
        "inspired O2, mmHg",
        "potable water",
        "O2 used by the crew",
        "Residual of matter",
        "steps/s",
        "telemetry.csv",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(stderr(&output).is_empty());
}

#[test]
fn help_of_every_verb_has_an_example() {
    let dir = tempfile::tempdir().unwrap();
    for verb in ["simulate", "component", "validate", "doctor", "bench"] {
        let output = run_in(dir.path(), &[verb, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{verb}");
        let example = format!("  lunar-habitat {verb}");
        assert!(stdout(&output).contains(&example), "{verb}: {}", stdout(&output));
    }
    let output = run_in(dir.path(), &["--version"]);
    assert_eq!(stdout(&output), format!("lunar-habitat {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_doctor_finds_the_program_sound() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), &["doctor", "--json"]);
    let findings: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(output.status.code(), Some(0), "{findings}");
    assert_eq!(findings["ok"], true);
    assert_eq!(findings["checks"].as_array().unwrap().len(), 3);
    assert!(names(dir.path()).is_empty());
    let text = stdout(&run_in(dir.path(), &["doctor"]));
    assert!(text.contains("Everything is there."), "{text}");
}

#[test]
fn a_row_that_cannot_be_measured_yet_is_bad_input() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), &["bench", "--only", "autoscaling", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the rows are simulator"), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
}
