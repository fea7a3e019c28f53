//! The report of a mission as a flight controller reads it: margins, time line, plots.
//!
//! Margins are compared with figures made by hand from the telemetry of the same mission, events
//! with failures and darkness that the scenario declares.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::path::Path;

use serde_json::Value;

use self::program::{run_in, stderr};

/// What a mission left behind.
struct Flown {
    result: Value,
    page: String,
    telemetry: store::Table,
}

impl Flown {
    fn column(&self, name: &str) -> &[f64] {
        self.telemetry.column(name).unwrap()
    }

    fn last(&self, name: &str) -> f64 {
        *self.column(name).last().unwrap()
    }

    fn margin(&self, key: &str) -> &Value {
        let margins = self.result["margins"].as_array().unwrap();
        margins.iter().find(|one| one["key"] == key).unwrap_or(&Value::Null)
    }

    /// A section of the page, from its heading to the end of the section.
    fn section(&self, title: &str) -> &str {
        let from = self.page.find(&format!("<h2>{title}</h2>")).unwrap();
        let rest = &self.page[from..];
        &rest[..rest.find("</section>").unwrap()]
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn fly(scenario: &str, arguments: &[&str]) -> Flown {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scenario.toml");
    fs::write(&file, scenario).unwrap();
    let words = ["simulate", "--scenario", "scenario.toml", "--out", "here"];
    let output = run_in(dir.path(), &[&words, arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let here = |name: &str| dir.path().join("here").join(name);
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    Flown {
        result: serde_json::from_str(&text(&here("result.json"))).unwrap(),
        page: text(&here("report.html")),
        telemetry: store::read_csv(&here("telemetry.csv")).unwrap(),
    }
}

fn cabin(rest: &str) -> String {
    format!("extends = \"cabin-30d\"\nschema = 1\nname = \"small\"\n{rest}")
}

#[test]
fn margins_are_those_of_the_telemetry() {
    let flown = fly(&cabin(""), &["--days", "2"]);
    // N2: what is in the tank, kg, to a limit of 0.
    let n2 = flown.margin("n2_tank");
    let hand = flown.last("stores.tanks.n2_mol") * 0.028_014;
    assert!((number(&n2["end"]) - hand).abs() < 1e-3 * hand, "{n2} {hand}");
    assert_eq!((number(&n2["limit"]), n2["unit"].as_str()), (0.0, Some("kg")));
    // Water: days of need, of which one has to stay. Four people drink and wash with 16.7 kg/d.
    let water = flown.margin("potable_water");
    let days = number(&water["end"]);
    assert_eq!(number(&water["limit"]), 1.0);
    assert!((number(&water["end_margin"]) - (days - 1.0)).abs() < 1e-9);
    let kg = flown.column("stores.tanks.potable_kg");
    let day_kg = flown.last("stores.tanks.potable_kg") / days;
    assert!((day_kg - 16.67).abs() < 0.05, "{day_kg} kg/d");
    let least = kg.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((number(&water["worst"]) - least / day_kg).abs() < 1e-9);
    let at = kg.iter().position(|one| *one == least).unwrap();
    assert_eq!(number(&water["worst_s"]), flown.column("time_s")[at]);
    let share = (least / day_kg - 1.0) / (kg[0] / day_kg - 1.0);
    assert!((number(&water["worst_share"]) - share).abs() < 1e-9);
    // Oxygen: the tank over the mean use of the crew.
    let totals = &flown.result["totals"];
    let tank_kg = flown.last("stores.tanks.o2_mol") * 0.031_998_8;
    let hand = tank_kg / (number(&totals["crew_o2_kg"]) / 2.0);
    let o2 = flown.margin("o2_tank");
    assert!((number(&o2["end"]) - hand).abs() < 1e-3 * hand, "{o2} {hand}");
    // The hottest zone with people is at least as hot as the coldest, and both are somewhere.
    let (hot, cold) = (flown.margin("temperature_high"), flown.margin("temperature_low"));
    assert!(number(&hot["worst"]) > number(&cold["worst"]));
    assert!((number(&hot["worst_margin"]) - (35.0 - number(&hot["worst"]))).abs() < 1e-9);
    assert!(
        ["living", "laboratory", "quarters", "airlock"]
            .contains(&hot["worst_at"].as_str().unwrap())
    );
    // CO2 against the abort rule: the mean is never above the highest reading of any zone.
    let highest = ["living", "laboratory", "quarters"]
        .map(|zone| {
            flown.column(&format!("{zone}.air.pp_co2_pa")).iter().copied().fold(0.0, f64::max)
        })
        .into_iter()
        .fold(0.0, f64::max);
    let co2 = flown.margin("co2_1h");
    assert!((number(&co2["limit"]) - 20.0).abs() < 1e-9);
    assert!((1.0..=highest / 133.322).contains(&number(&co2["worst"])), "{co2} {highest}");
    // Nothing is told of what this cabin does not have.
    for absent in ["battery", "fuel_cell_store", "spares", "repair_hours"] {
        assert!(flown.margin(absent).is_null(), "{absent}");
    }
}

#[test]
fn the_tightest_margin_comes_first() {
    let flown = fly(&cabin(""), &["--days", "2"]);
    let margins = flown.result["margins"].as_array().unwrap();
    let shares: Vec<f64> = margins.iter().map(|one| number(&one["worst_share"])).collect();
    assert!(shares.is_sorted() && shares.len() > 8, "{shares:?}");
    let section = flown.section("Margins");
    let places: Vec<usize> = margins
        .iter()
        .map(|one| section.find(&format!("<td>{}</td>", one["name"].as_str().unwrap())).unwrap())
        .collect();
    assert!(places.is_sorted());
}

const DARK_AND_BROKEN: &str = "extends = \"polar-darkness\"\nschema = 1\nname = \"dark\"\n\
    [faults]\nrate_factor = 0.0\nspares = 1\n\
    [[faults.event]]\nunit = \"laboratory.wpa\"\nat_h = 5.0\n";

#[test]
fn declared_failures_and_darkness_are_on_the_time_line() {
    let flown = fly(DARK_AND_BROKEN, &["--days", "4"]);
    let time_line = flown.section("Time line");
    // Darkness begins 48 h after the start and outlasts these four days.
    assert!(time_line.contains("<td>2 d 00:00</td><td>2.0 d</td>"), "{time_line}");
    assert!(time_line.contains("no sun on the array, until the end"));
    assert!(time_line.contains("laboratory.wpa failed"));
    let fault = flown.column("laboratory.wpa.fault");
    let rows = fault.iter().filter(|one| **one > 0.0).count();
    assert!((30..60).contains(&rows), "repaired within 6 to 9 h: {rows} rows of 10 min");
    let kinds = &flown.result["event_kinds"];
    assert_eq!((kinds["failure"].as_u64(), kinds["light"].as_u64()), (Some(1), Some(1)));
    let sum: u64 = kinds.as_object().unwrap().values().map(|one| one.as_u64().unwrap()).sum();
    assert_eq!(flown.result["events"].as_u64(), Some(sum));
    // The failure is shaded behind every plot over mission time, the unit's own once more.
    let own =
        flown.section("Units").split("<figure").find(|one| one.contains("<b>laboratory.wpa</b>"));
    assert_eq!(own.unwrap().matches("class=\"band p\"").count(), 1);
    assert!(flown.section("Atmosphere").matches("class=\"band f\"").count() >= 14);
    assert_eq!(number(&flown.margin("spares")["worst"]), 0.0);
    assert_eq!(flown.margin("spares")["worst_at"], "laboratory.wpa");
}

#[test]
fn sections_of_what_a_habitat_does_not_have_are_left_out() {
    let flown = fly(&cabin(""), &["--days", "1.5"]);
    for heading in ["Margins", "Power", "Atmosphere", "Water", "Crew", "Units", "Ledger"] {
        assert!(flown.page.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    for absent in ["Sun and power", "no sun", "Stores of energy", "Radiator sink", "Coolant loops"]
    {
        assert!(!flown.page.contains(absent), "{absent}");
    }
    let order =
        ["Margins", "Time line", "Power", "Atmosphere", "Water", "Heat", "Crew", "Units", "Ledger"]
            .map(|heading| flown.page.find(&format!("<h2>{heading}</h2>")).unwrap());
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn a_box_without_people_has_no_crew_and_no_rules() {
    let flown = fly(
        "extends = \"leak-box\"\nschema = 1\nname = \"box\"\n",
        &["--days", "0.1", "--decision-s", "864", "--dt", "8"],
    );
    assert!(flown.margin("co2_1h").is_null() && flown.margin("potable_water").is_null());
    assert!(!flown.page.contains("<h2>Crew</h2>") && flown.page.contains("<h2>Atmosphere</h2>"));
}

#[test]
fn the_page_stands_alone_and_texts_of_the_scenario_are_escaped() {
    let flown = fly(&cabin("title = \"<b>Cabin</b> & \\\"co\\\"\"\n"), &["--days", "0.25"]);
    assert!(flown.page.contains("<h1>&lt;b&gt;Cabin&lt;/b&gt; &amp; &quot;co&quot;</h1>"));
    assert!(!flown.page.contains("<b>Cabin"));
    for outside in ["http", "src=", "url(", "@import", "<link", "<img"] {
        assert!(!flown.page.contains(outside), "{outside}");
    }
    let body = flown.page.split("<script>").next().unwrap();
    assert!(!body.contains("NaN") && !body.contains("inf\""));
    assert_eq!(body.matches("<svg").count(), body.matches("</svg>").count());
    assert_eq!(body.matches("<g ").count(), body.matches("</g>").count());
}
