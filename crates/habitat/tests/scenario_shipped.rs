//! The shipped scenarios load and say what their sources say; the JSON Schema fits the format.

// Helpers outside `#[test]` functions panic on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use lunar_habitat_habitat::scenario::{
    Origin, RANGES, SHIPPED, Scenario, SourceKind, json_schema, load,
};
use serde_json::Value;

fn scenario(name: &str) -> Scenario {
    load(name).unwrap_or_else(|error| panic!("{error}")).scenario
}

#[test]
fn every_shipped_scenario_loads_and_is_listed_as_it_calls_itself() {
    for shipped in SHIPPED {
        let loaded = load(shipped.name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.origin, Origin::Shipped(shipped.name));
        assert_eq!(loaded.scenario.name, shipped.name);
        assert_eq!(loaded.scenario.title, shipped.title);
        assert!(!loaded.scenario.source.is_empty());
        assert!(shipped.text.starts_with("#:schema ./scenario.schema.json\n"));
    }
}

#[test]
fn every_file_of_the_folder_is_shipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let shipped = SHIPPED.iter().find(|shipped| shipped.name == name);
            assert!(shipped.is_some(), "{name} is not listed in shipped.rs");
            assert_eq!(shipped.unwrap().text, std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_cabin_is_the_reference_habitats() {
    let cabin = scenario("cabin-30d");
    let sum = |what: fn(&lunar_habitat_habitat::scenario::Zone) -> f64| -> f64 {
        cabin.zones.iter().map(what).sum()
    };
    assert_eq!(sum(|zone| zone.volume_m3), 312.0);
    assert_eq!(sum(|zone| zone.structure_j_k), 4.5e6);
    assert_eq!(sum(|zone| zone.equipment_w), 2_000.0);
    assert_eq!(sum(|zone| zone.fan_w), 220.0);
    assert!(cabin.ventilation.iter().all(|link| link.flow_m3_h == 238.0));
    assert_eq!(
        (cabin.stores.o2_kg, cabin.stores.n2_kg, cabin.stores.potable_kg),
        (40.0, 60.0, 300.0)
    );
    assert_eq!(cabin.crew.len(), 4);
    for person in &cabin.crew {
        let hours = |activity: &str| -> f64 {
            person
                .schedule
                .iter()
                .filter(|block| format!("{:?}", block.activity).to_lowercase() == activity)
                .map(|block| block.to_h - block.from_h)
                .sum()
        };
        assert_eq!((hours("sleep"), hours("exercise"), hours("nominal")), (8.0, 0.5, 15.5));
    }
}

#[test]
fn the_chamber_test_injects_what_the_test_did() {
    let test = scenario("cdra-chamber-test");
    assert!((test.duration_days * 24.0 - (84.8 - 18.7)).abs() < 1e-9);
    let co2 = test.source_terms.iter().find(|term| term.kind == SourceKind::Co2).unwrap();
    let expected = [(50.0, 13.2), (68.5, 8.8), (84.8, 6.6)];
    for (rate, (test_hour, lb_d)) in co2.schedule.iter().zip(expected) {
        assert!((rate.to_h + 18.7 - test_hour).abs() < 1e-9);
        assert!((rate.kg_d - lb_d * 0.453_592).abs() < 1e-12);
    }
    let columns: Vec<&str> = test.telemetry.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(columns, ["test_hour", "pp_co2_torr"]);
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/scenario.schema.json");
    let generated = json_schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "scenarios/scenario.schema.json is out of date; write it again with\n  \
         UPDATE_SCHEMA=1 cargo test -p lunar-habitat-habitat --test scenario_shipped"
    );
}

#[test]
fn every_number_of_the_format_has_a_declared_range() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let mut tables = vec![("(top)", &schema)];
    tables.extend(schema["definitions"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v)));
    let mut numbers = 0;
    for (name, table) in tables {
        let Some(properties) = table["properties"].as_object() else {
            continue;
        };
        for (key, property) in properties {
            let types = property["type"].to_string();
            if types.contains("number") || types.contains("integer") {
                numbers += 1;
                assert!(property.get("maximum").is_some(), "{name}.{key} has no range in range.rs");
            }
        }
    }
    assert_eq!(numbers, RANGES.len(), "a range in range.rs belongs to no key");
}
