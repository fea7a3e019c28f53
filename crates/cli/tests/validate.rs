//! The verb `validate`: its JSON, and every case within its tolerance but for the misses named here.

#![allow(clippy::unwrap_used, clippy::panic)]

mod program;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

/// Cases that are missed, and why. A case that is missed and not named here is a fault; so is one
/// that is named here and no longer missed.
const MISSES: [(&str, &str); 1] = [(
    "J-4bco2",
    "the beds of the 4BCO2 are not known; those of the CDRA lose more to the swap at 80 min",
)];

fn run(arguments: &[&str]) -> Output {
    program::run_in(Path::new("."), &[&["validate"], arguments].concat())
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let output = run(&[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ids(cases: &[Value]) -> Vec<&str> {
    cases.iter().map(|case| case["id"].as_str().unwrap()).collect()
}

#[test]
fn every_case_passes_but_for_the_misses_named() {
    let cases = json(&[]);
    let missed: Vec<&str> = cases
        .iter()
        .filter(|case| case["pass"] != true)
        .map(|case| case["id"].as_str().unwrap())
        .collect();
    assert_eq!(missed, MISSES.map(|(id, _)| id), "{cases:#?}");
}

#[test]
fn the_list_is_long_and_its_keys_are_the_documented_ones() {
    let cases = json(&[]);
    assert!(cases.len() >= 30, "{}", cases.len());
    let mut unique = ids(&cases);
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), cases.len());
    for case in &cases {
        let mut keys: Vec<&str> = case.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let documented = [
            "error",
            "id",
            "pass",
            "quantity",
            "reference",
            "source",
            "tolerance",
            "tuned",
            "unit",
            "value",
        ];
        assert_eq!(keys, documented);
        let number = |key: &str| case[key].as_f64().unwrap_or_else(|| panic!("{key} in {case}"));
        let error = number("value") - number("reference");
        assert!((error - number("error")).abs() <= 1e-12 * number("value").abs(), "{case}");
        assert_eq!(case["pass"], number("error").abs() <= number("tolerance"), "{case}");
        assert!(number("tolerance") > 0.0 && case["tuned"].is_boolean(), "{case}");
        for key in ["id", "source", "quantity", "unit"] {
            assert!(!case[key].as_str().unwrap().is_empty(), "{key} in {case}");
        }
    }
    for letter in ["A-", "B-", "C-", "D-", "G-", "I-", "J-", "L-", "R-"] {
        assert!(ids(&cases).iter().any(|id| id.starts_with(letter)), "{letter}");
    }
}

/// The tolerances that the acceptance tests state, so that nobody widens one in passing.
#[test]
fn tolerances_are_those_of_the_acceptance_tests() {
    for case in json(&[]) {
        let id = case["id"].as_str().unwrap();
        let reference = case["reference"].as_f64().unwrap().abs();
        let tolerance = case["tolerance"].as_f64().unwrap();
        let share = tolerance / reference;
        let is = |value: f64, stated: f64| (value / stated - 1.0).abs() < 1e-9;
        let stated = match id {
            "A-1" | "J-4bco2" => is(share, 0.10),
            _ if id.starts_with("B-") && id.ends_with("-condensate") => is(share, 0.15),
            _ if id.starts_with("B-") && id.ends_with("-heat") => is(share, 0.10),
            _ if id.starts_with("B-") => is(tolerance, 1.0),
            "C-1-closure" | "C-2-closure" | "C-3-exact" | "C-7-h2" | "C-7-water" => is(share, 1e-9),
            "C-3" => is(tolerance, 5e-4),
            "C-7-energy" => tolerance <= 0.005 + 1e-12,
            "C-8-printed" => tolerance <= 0.05 + 1e-12,
            _ if id.starts_with("C-1-") || id.starts_with("C-2-") => is(tolerance, 1e-3),
            _ if id.starts_with("C-4-") || id.starts_with("C-9-") => is(share, 0.005),
            _ if id.starts_with("C-8-") => is(share, 1e-9),
            _ if id.starts_with("C-11-") => is(share, 0.002),
            _ if id.starts_with("C-") || id.starts_with("G-") => is(share, 0.01),
            "D-co2-mean" => is(tolerance, 0.1),
            _ if id.starts_with("D-o2-") => is(tolerance, 0.55),
            _ if id.starts_with("D-co2-") => is(tolerance, 0.225),
            _ if id.starts_with("L-") => is(tolerance, 1e-9),
            _ => true,
        };
        assert!(stated, "{case}");
    }
}

#[test]
fn only_the_cases_asked_for() {
    assert_eq!(ids(&json(&["--only", "C-9-1"])), ["C-9-1"]);
    assert_eq!(json(&["--only", "B-1"]).len(), 4);
    assert_eq!(json(&["--only", "I", "C-11"]).len(), 9);
    let output = run(&["--only", "Z-1"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("Z-1") && message.contains("A, B, C"), "{message}");
}

#[test]
fn what_is_kept_back_or_not_modelled_is_listed_apart() {
    let kept_back = json(&["--predictions", "--only", "A"]);
    assert!(ids(&kept_back).contains(&"A-4cm-window"), "{kept_back:?}");
    for remark in &kept_back {
        assert!(remark["value"].is_number() && remark.get("pass").is_none(), "{remark}");
    }
    let missing = json(&["--not-modelled"]);
    assert!(missing.len() > 5 && missing.iter().all(|it| it["reason"].is_string()));
}

#[test]
fn people_see_verdicts_misses_explained_and_a_summary() {
    let shown = String::from_utf8(run(&[]).stdout).unwrap();
    for words in ["tuned", "predicted", "pass", "MISS", "Not modelled yet", "cases:"] {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    for (id, _) in MISSES {
        assert!(shown.contains(&format!("{id} is missed: ")), "{shown}");
    }
    let page = String::from_utf8(run(&["--markdown"]).stdout).unwrap();
    assert!(page.contains("| case | quantity |") && page.contains("## A."), "{page}");
}
