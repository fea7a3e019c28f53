//! Profiles as a user meets them: files that are read back, a section of the page, and no stage without a span.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use watch::profile::STAGES;

use self::program::{line, stderr, stdout};

fn done(dir: &Path, words: &str) {
    let output = line(dir, words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
    assert!(stderr(&output).contains("profile in ") && !stdout(&output).is_empty(), "{words}");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The profile in `dir`, after its files were looked at.
fn profile(dir: &Path) -> Value {
    for name in ["flame.svg", "flame-waiting.svg", "flame-bytes.svg"] {
        let picture = read(&dir.join(name));
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{name}");
        assert_eq!(picture.matches("<g>").count(), picture.matches("</g>").count(), "{name}");
    }
    let trace: Value = serde_json::from_str(&read(&dir.join("trace.json"))).unwrap();
    let spans = trace["traceEvents"].as_array().unwrap();
    let spans: Vec<&Value> = spans.iter().filter(|event| event["ph"] == "X").collect();
    assert!(spans.iter().all(|span| span["dur"].as_f64().unwrap() >= 0.0 && span["tid"].is_i64()));
    let profile: Value = serde_json::from_str(&read(&dir.join("profile.json"))).unwrap();
    let stages = profile["stages"].as_array().unwrap();
    let runs: u64 = stages.iter().map(|stage| stage["runs"].as_u64().unwrap()).sum();
    assert_eq!(runs, spans.len() as u64 + trace["otherData"]["spans_left_out"].as_u64().unwrap());
    // What stages took themselves is together what the outermost took as a whole.
    let sum = |kind: &str, key: &str, outermost: bool| -> f64 {
        let wanted =
            stages.iter().filter(|one| !outermost || one["path"].as_array().unwrap().len() == 1);
        wanted.map(|one| one[kind][key].as_f64().unwrap()).sum()
    };
    for key in ["cpu_s", "wall_s", "bytes", "allocations"] {
        let (own, whole) = (sum("own", key, false), sum("whole", key, true));
        assert!((own - whole).abs() <= 1e-6 * whole.abs() + 1e-9, "{key}: {own} {whole}");
        assert!(whole > 0.0 || key == "cpu_s", "{key}");
    }
    profile
}

fn names(profile: &Value) -> BTreeSet<String> {
    let stages = profile["stages"].as_array().unwrap();
    stages
        .iter()
        .map(|stage| stage["path"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_stage_is_counted_where_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, "simulate --scenario cabin-30d --days 2 --out s --store runs.db --profile ps");
    done(
        dir,
        "train --scenario cabin-30d --days 4 --decisions 256 --lanes 8 --segment 16 --minibatch 64 --hidden 16 --threads 2 \
         --out t --store runs.db --profile pt",
    );
    done(
        dir,
        "campaign --scenario cabin-30d --days 1 --seeds 2 --controllers hold --out c --profile pc",
    );
    done(dir, "evaluate t/policy.safetensors --episodes 2 --out e --profile pe");
    done(
        dir,
        "data rollout --scenario cabin-30d --days 1 --controller hold --episodes 2 --out r.parquet --profile pr",
    );
    done(dir, "watch score --days 1 --faults 1 --profile pw");
    let mut seen = BTreeSet::new();
    for at in ["ps", "pt", "pc", "pe", "pr", "pw"] {
        seen.extend(names(&profile(&dir.join(at))));
    }
    let wanted: BTreeSet<String> = STAGES
        .iter()
        // Those of the server are looked for where it runs: `serve.rs`.
        .filter(|stage| stage.room != "server")
        .map(|stage| stage.name.to_owned())
        .collect();
    let missing: Vec<&String> = wanted.difference(&seen).collect();
    assert!(missing.is_empty(), "declared and never run: {missing:?}");
    for page in ["s/report.html", "t/report.html"] {
        let page = read(&dir.join(page));
        assert!(page.contains("Time and memory") && page.contains("What held it back"));
        assert!(page.contains("figures, plots and tables become the page of a run"));
    }
    // Two updates of eight lanes and 16 steps, each step in every epoch.
    let training = profile(&dir.join("pt"));
    let items = |name: &str| -> u64 {
        let stages = training["stages"].as_array().unwrap().iter();
        let own = stages.filter(|one| one["path"].as_array().unwrap().last().unwrap() == name);
        own.map(|one| one["items"].as_u64().unwrap()).sum()
    };
    assert_eq!(items("rollout"), 256);
    assert!(items("gradient") >= 256 && items("gradient").is_multiple_of(256));
    assert_eq!(items("gradient shard"), items("gradient"));
    // Shards are work of other threads for the gradient.
    let stages = training["stages"].as_array().unwrap();
    let shard = stages
        .iter()
        .find(|stage| stage["path"].as_array().unwrap().last().unwrap() == "gradient shard");
    let path: Vec<&str> =
        shard.unwrap()["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(path, ["update", "gradient", "gradient shard"]);
}

/// Runs of a stage by the table of a page.
fn runs(page: &str, stage: &str) -> u64 {
    let row = page.split("<tr>").find(|row| row.contains(&format!(">{stage}</t"))).unwrap();
    let cells: Vec<&str> = row.split("</td>").collect();
    let text = cells[2].rsplit('>').next().unwrap();
    text.parse().unwrap_or_else(|error| panic!("{error}: `{text}` in {row}"))
}

#[test]
fn the_page_of_a_seed_is_about_that_seed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(
        dir,
        "train --scenario cabin-30d --days 4 --decisions 256 --lanes 8 --segment 16 --minibatch 64 --hidden 16 --threads 2 \
         --seeds 3 --out t --profile pt",
    );
    for seed in 0..3 {
        let page = read(&dir.join(format!("t/seed-{seed}/report.html")));
        assert_eq!(runs(&page, "update"), 2, "seed {seed}");
    }
    // The files are about all of them.
    let stages = profile(&dir.join("pt"));
    let updates = stages["stages"].as_array().unwrap().iter();
    let updates = updates.filter(|one| one["path"] == serde_json::json!(["update"]));
    assert_eq!(updates.map(|one| one["runs"].as_u64().unwrap()).sum::<u64>(), 6);
}

/// Names of spans in the files below `dir`.
fn spans(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            spans(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = read(&path);
            // Examples in documentation are not run by the crate.
            let code: String =
                text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            for call in code.split("info_span!(").skip(1) {
                let name = call.split('"').nth(1).unwrap_or_default();
                found.insert(name.to_owned());
            }
        }
    }
}

#[test]
fn spans_and_declared_stages_are_the_same() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut declared: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for stage in STAGES {
        assert!(!stage.what.is_empty());
        let is_new = declared.entry(stage.room).or_default().insert(stage.name.to_owned());
        assert!(is_new, "{} stands there twice", stage.name);
    }
    let rooms = fs::read_dir(&crates).unwrap().map(|room| room.unwrap().file_name());
    let rooms: Vec<String> = rooms.map(|room| room.into_string().unwrap()).collect();
    assert!(rooms.len() >= 10, "{rooms:?}");
    for room in rooms.iter().map(String::as_str) {
        let mut found = BTreeSet::new();
        spans(&crates.join(room).join("src"), &mut found);
        assert_eq!(
            found,
            declared.remove(room).unwrap_or_default(),
            "spans of `{room}` and stages declared for it"
        );
    }
    assert!(declared.is_empty(), "{declared:?}");
}
