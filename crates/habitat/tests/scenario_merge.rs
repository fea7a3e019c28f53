//! Bases, merging and the canonical hash.

// Helpers outside `#[test]` functions panic on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use lunar_habitat_habitat::scenario::{Kind, Loaded, ScenarioError, canonical, hash, load, parse};
use tempfile::TempDir;

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn loaded(path: &str) -> Loaded {
    load(path).unwrap_or_else(|error| panic!("{error}"))
}

fn line(error: &ScenarioError) -> String {
    let text = error.to_string();
    // The folder is another one in every run.
    match text.rfind('/') {
        Some(place) if Path::new(&text[..place]).is_absolute() => text[place + 1..].to_owned(),
        _ => text,
    }
}

#[test]
fn a_child_changes_single_keys() {
    let folder = tempfile::tempdir().unwrap();
    let child = write(
        &folder,
        "child.toml",
        r#"
extends = "cabin-30d"
name = "thin"

[atmosphere]
pp_co2_pa = 400.0

[[zone]]
name = "quarters"
volume_m3 = 70.0

[[zone]]
name = "attic"
volume_m3 = 5.0

[[crew]]
name = "chen"
schedule = [{ from_h = 0, to_h = 24, activity = "nominal", zone = "attic" }]
"#,
    );
    let base = loaded("cabin-30d").scenario;
    let child = loaded(&child).scenario;
    assert_eq!(child.name, "thin");
    assert_eq!(child.atmosphere.pp_co2_pa, 400.0);
    assert_eq!(child.atmosphere.pressure_pa, base.atmosphere.pressure_pa);
    let names: Vec<&str> = child.zones.iter().map(|zone| zone.name.as_str()).collect();
    assert_eq!(names, ["living", "laboratory", "quarters", "airlock", "attic"]);
    assert_eq!(child.zones[2].volume_m3, 70.0);
    assert_eq!(child.zones[2].structure_w_k, base.zones[2].structure_w_k);
    // A schedule has no names, so it is replaced as a whole.
    assert_eq!(child.crew[2].schedule.len(), 1);
    assert_eq!(child.crew[2].mass_kg, base.crew[2].mass_kg);
    assert_eq!(child.crew[0], base.crew[0]);
    assert_eq!(child.ventilation, base.ventilation);
}

#[test]
fn an_empty_array_takes_everything_away() {
    let text = "extends = \"cabin-30d\"\ncrew = []\ncandle = []\n";
    let scenario = parse("child.toml", text).unwrap().scenario;
    assert!(scenario.crew.is_empty() && scenario.candles.is_empty());
    assert_eq!(scenario.lioh.len(), 1);
}

#[test]
fn bases_are_found_beside_the_file_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "deep/a.toml", "extends = \"sealed-box\"\nname = \"a\"\nduration_days = 2.0\n");
    write(&folder, "b.toml", "extends = \"deep/a.toml\"\nname = \"b\"\n");
    let top = write(&folder, "c.toml", "extends = \"b.toml\"\nduration_days = 3.0\n");
    let scenario = loaded(&top).scenario;
    assert_eq!((scenario.name.as_str(), scenario.duration_days), ("b", 3.0));
}

#[test]
fn an_error_is_shown_in_the_file_that_wrote_it() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        "base.toml",
        "schema = 1\nname = \"base\"\nduration_days = 1\n[[zone]]\nname = \"box\"\nvolume_m3 = -1\n",
    );
    let child = write(&folder, "child.toml", "extends = \"base.toml\"\nduration_days = 2\n");
    assert_eq!(
        line(&load(&child).unwrap_err()),
        "base.toml:6:13: out of range: found -1 m3; allowed 0.001 to 1000000 m3"
    );
    let child = write(
        &folder,
        "other.toml",
        "extends = \"base.toml\"\n[[zone]]\nname = \"box\"\nvolume_m3 = 1\nvolume_l = 2\n",
    );
    assert_eq!(
        line(&load(&child).unwrap_err()),
        "other.toml:5:1: wrong unit in key: found `volume_l`; allowed `volume_m3`, in m3"
    );
}

#[test]
fn a_name_twice_in_the_child_is_still_refused() {
    let text = "extends = \"leak-box\"\n[[zone]]\nname = \"box\"\n[[zone]]\nname = \"box\"\nvolume_m3 = 2\n";
    let error = parse("child.toml", text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "child.toml:5:8: name of a zone used twice: found \"box\"; allowed a name that no other zone has"
    );
}

#[test]
fn circles_long_chains_and_absent_bases_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "a.toml", "extends = \"b.toml\"\n");
    let b = write(&folder, "b.toml", "extends = \"./a.toml\"\n");
    assert_eq!(
        line(&load(&b).unwrap_err()),
        "a.toml:1:11: bases in a circle: found \"b.toml\"; allowed a base that does not lead back"
    );
    let itself = write(&folder, "self.toml", "extends = \"self.toml\"\n");
    assert_eq!(load(&itself).unwrap_err().refusal().unwrap().problem.kind, Kind::Extends);

    write(&folder, "0.toml", "extends = \"leak-box\"\n");
    let mut last = String::new();
    for i in 1..5 {
        last = write(&folder, &format!("{i}.toml"), &format!("extends = \"{}.toml\"\n", i - 1));
    }
    assert_eq!(
        line(&load(&last).unwrap_err()),
        "0.toml:1:11: too many bases: found \"leak-box\"; allowed a chain of at most 4"
    );
    assert_eq!(loaded(folder.path().join("3.toml").to_str().unwrap()).scenario.name, "leak-box");

    let absent = write(&folder, "absent.toml", "\nextends = \"nowhere.toml\"\n");
    let error = load(&absent).unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.line, refusal.column, refusal.problem.kind), (2, 11, Kind::Extends));
    assert!(error.to_string().contains("found \"nowhere.toml\""), "{error}");
    assert!(error.to_string().contains("cabin-30d"), "{error}");

    let number = write(&folder, "number.toml", "extends = 3\n");
    assert_eq!(
        line(&load(&number).unwrap_err()),
        "number.toml:1:11: wrong type: found 3; allowed the name of a shipped scenario or a file, in quotes"
    );
}

#[test]
fn a_zones_atmosphere_says_only_what_differs() {
    let text = "extends = \"cabin-30d\"\n[[zone]]\nname = \"airlock\"\natmosphere = { pressure_pa = 30_000.0 }\n";
    let scenario = parse("child.toml", text).unwrap().scenario;
    let airlock = scenario.zones[3].atmosphere.unwrap();
    assert_eq!((airlock.pressure_pa, airlock.o2_fraction), (30_000.0, 0.34));
}

const PLAIN: &str =
    "schema = 1\nname = \"x\"\nduration_days = 1.0\n[[zone]]\nname = \"box\"\nvolume_m3 = 5.0\n";

#[test]
fn the_hash_sees_the_scenario_and_not_the_text() {
    let plain = parse("a", PLAIN).unwrap();
    let other = parse(
        "b",
        "# A comment.\nduration_days = 1\ndt_s = 60 # the default\nname = 'x'\ncrew = []\nschema = 0x1\n\
         zone = [{ volume_m3 = 5e0, fan_w = -0.0, name = \"box\" }]\n[atmosphere]\npressure_pa = 101_325\n",
    )
    .unwrap();
    assert_eq!(plain.scenario, other.scenario);
    assert_eq!(plain.hash_hex(), other.hash_hex());
    assert_eq!(plain.hash_hex().len(), 64);

    let changed = parse("c", &PLAIN.replace("5.0", "5.000000000000001")).unwrap();
    assert_ne!(plain.hash, changed.hash);
}

#[test]
fn the_hash_of_a_merged_scenario_is_that_of_the_same_scenario_written_out() {
    let child = parse("child", "extends = \"leak-box\"\nduration_days = 2.0\n").unwrap();
    let mut base = load("leak-box").unwrap().scenario;
    base.duration_days = 2.0;
    assert_eq!(child.hash, hash(&base).unwrap());
}

#[test]
fn the_canonical_form_is_sorted_json_that_reads_back() {
    let scenario = load("cabin-30d").unwrap().scenario;
    let text = canonical(&scenario).unwrap();
    assert!(
        text.starts_with("{\"acs\":[{\"dead_band\":0.01,\"flow_max_kg_h\":2.0,\"name\":\"acs\""),
        "{text}"
    );
    assert!(!text.contains("null"));
    assert_eq!(
        serde_json::from_str::<lunar_habitat_habitat::scenario::Scenario>(&text).unwrap(),
        scenario
    );
}
