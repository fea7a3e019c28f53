//! The verb `component`: units alone, against measurements, and their bad inputs.

#![allow(clippy::unwrap_used, clippy::panic)]

mod program;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

const COMPONENTS: [&str; 7] = ["ccaa", "cdra", "oga", "sabatier", "wpa", "upa", "crew"];

fn run(arguments: &[&str]) -> Output {
    program::run_in(Path::new("."), &[&["component"], arguments].concat())
}

/// The outputs of a component with some inputs set.
fn outputs(name: &str, set: &[&str]) -> Value {
    let mut arguments = vec![name, "--json"];
    for pair in set {
        arguments.extend(["--set", pair]);
    }
    let output = run(&arguments);
    assert!(output.status.success(), "{output:?}");
    let mut result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["component"], name);
    result["outputs"].take()
}

fn number(outputs: &Value, key: &str) -> f64 {
    outputs[key].as_f64().unwrap_or_else(|| panic!("no number `{key}` in {outputs}"))
}

fn assert_closes(name: &str, outputs: &Value, set: &[&str]) {
    for key in ["mass_residual_share", "energy_residual_share"] {
        let residual = number(outputs, key);
        assert!(residual < 1e-9, "{name} {set:?}: {key} {residual}");
    }
    for (key, value) in outputs.as_object().unwrap() {
        let value = value.as_f64().unwrap_or(f64::NAN);
        assert!(value.is_finite(), "{name} {set:?}: {key}");
    }
}

/// PFT-ISSA-9610, points 1 to 3: coolant in, air in, dew point (C), valve angle, coolant g/s; air and
/// coolant out (K), condensate (kg/h), coolant heat (W).
const POINTS: [[f64; 9]; 3] = [
    [6.44, 18.16, 13.06, 40.0, 145.15, 284.86, 284.53, 1.483, 3_002.0],
    [5.61, 18.01, 12.81, 5.0, 74.27, 283.82, 288.84, 1.932, 3_134.0],
    [5.72, 20.81, 14.65, 5.0, 75.13, 284.99, 291.03, 1.978, 3_824.0],
];

#[test]
fn heat_exchanger_meets_points_1_to_3() {
    for point in POINTS {
        let set = [
            format!("coolant_in_c={}", point[0]),
            format!("air_in_c={}", point[1]),
            format!("dew_point_c={}", point[2]),
            format!("tccv_angle_deg={}", point[3]),
            format!("coolant_g_s={}", point[4]),
        ];
        let out = outputs("ccaa", &set.each_ref().map(String::as_str));
        assert!((number(&out, "air_out_k") - point[5]).abs() < 1.0, "{out}");
        assert!((number(&out, "coolant_out_k") - point[6]).abs() < 1.0, "{out}");
        assert!((number(&out, "condensate_kg_h") / point[7] - 1.0).abs() < 0.15, "{out}");
        assert!((number(&out, "coolant_heat_w") / point[8] - 1.0).abs() < 0.10, "{out}");
    }
}

#[test]
fn every_component_closes_at_its_defaults() {
    for name in COMPONENTS {
        assert_closes(name, &outputs(name, &[]), &[]);
    }
}

#[test]
fn every_component_closes_and_is_finite_at_the_ends_of_every_range() {
    let output = run(&["--list", "--json"]);
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|c| c["component"].as_str().unwrap()).collect();
    assert_eq!(names, COMPONENTS);
    for component in listed.as_array().unwrap() {
        let name = component["component"].as_str().unwrap();
        for input in component["inputs"].as_array().unwrap() {
            let key = input["key"].as_str().unwrap();
            let mut values: Vec<String> = Vec::new();
            match input["words"].as_array() {
                Some(words) => values.extend(words.iter().map(|w| w.as_str().unwrap().into())),
                None => values.extend(["min", "max"].map(|end| input[end].to_string())),
            }
            for value in values {
                let mut set = vec![format!("{key}={value}")];
                // These two are bounded by each other.
                match key {
                    "air_in_c" => set.push("dew_point_c=-20".into()),
                    "dew_point_c" => set.push("air_in_c=40".into()),
                    _ => {}
                }
                if key == "dew_point_c" && name == "ccaa" {
                    set[1] = "air_in_c=45".into();
                }
                let set: Vec<&str> = set.iter().map(String::as_str).collect();
                assert_closes(name, &outputs(name, &set), &set);
            }
        }
    }
}

#[test]
fn json_names_its_inputs_and_outputs() {
    let output = run(&["ccaa", "--json", "--set", "coolant_in_c=5.61"]);
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<&String> = result.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["component", "inputs", "outputs"]);
    assert_eq!(result["inputs"]["coolant_in_c"], 5.61);
    for key in ["coolant_in_c", "coolant_g_s", "air_in_c", "dew_point_c", "tccv_angle_deg"] {
        assert!(result["inputs"][key].is_number(), "{key}");
    }
    for key in ["air_out_k", "coolant_out_k", "condensate_kg_h", "coolant_heat_w"] {
        assert!(result["outputs"][key].is_number(), "{key}");
    }
}

#[test]
fn bad_input_is_refused_in_one_line() {
    for (arguments, words) in [
        (vec!["ccaa", "--set", "coolant_k=280"], vec!["coolant_k", "coolant_in_c"]),
        (vec!["ccaa", "--set", "coolant_in_c=cold"], vec!["coolant_in_c", "cold", "1 to 40 C"]),
        (vec!["ccaa", "--set", "coolant_in_c=-5"], vec!["coolant_in_c", "-5", "1 to 40 C"]),
        (vec!["ccaa", "--set", "coolant_in_c=NaN"], vec!["NaN", "1 to 40 C"]),
        (vec!["ccaa", "--set", "coolant_in_c"], vec!["coolant_in_c", "key=value"]),
        (vec!["ccaa", "--set", "air_in_c=10"], vec!["dew_point_c", "13.06", "at most air_in_c"]),
        (vec!["ccaa", "--set", "air_in_c=20", "--set", "air_in_c=21"], vec!["air_in_c", "twice"]),
        (vec!["cdra", "--set", "cells=9.5"], vec!["cells", "9.5", "whole numbers from 10 to 40"]),
        (vec!["crew", "--set", "sex=other"], vec!["sex", "other", "female, male"]),
        (vec!["heater"], vec!["heater", "ccaa, cdra, oga"]),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(message.trim().lines().count(), 1, "{message}");
        for word in words {
            assert!(message.contains(word), "`{word}` is not in {message}");
        }
    }
}

#[test]
fn people_see_defaults_units_and_ranges() {
    let shown = String::from_utf8(run(&["cdra", "--list"]).stdout).unwrap();
    assert!(shown.contains("half_cycle_min") && shown.contains("20 to 400 min"), "{shown}");
    let shown = String::from_utf8(run(&["oga"]).stdout).unwrap();
    assert!(shown.contains("specific_energy_kwh_kg"), "{shown}");
}
