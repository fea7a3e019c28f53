//! Units held against what they are rated for: found without a past, in any light, and left alone while they start and stop.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod sensed;

use catalogue::Unit;
use lunar_habitat_watch::alarm::{Overrides, State};
use lunar_habitat_watch::anomaly::{Detection, Facts, Lookout, rules_of};

const IDS: [(&str, Unit); 11] = [
    ("a.upa.sensed_distillate_kg_s", Unit::KilogramPerSecond),
    ("habitat.power.sensed_lit_fraction", Unit::One),
    ("habitat.power.sensed_source_w", Unit::Watt),
    ("habitat.power.sensed_drawn_w", Unit::Watt),
    ("habitat.power.sensed_total_w", Unit::Watt),
    ("habitat.power.sensed_shed", Unit::One),
    ("habitat.battery.sensed_p_w", Unit::Watt),
    ("habitat.fuel_cell.sensed_p_w", Unit::Watt),
    ("habitat.fuel_cell.sensed_electrolyser_w", Unit::Watt),
    ("habitat.fuel_cell.sensed_store_fraction", Unit::One),
    ("habitat.fuel_cell.set_electrolyser_w", Unit::Watt),
];

fn facts() -> Facts {
    let rated = [
        ("a.upa.sensed_distillate_kg_s", 1e-4),
        ("habitat.power.sensed_source_w", 25_000.0),
        ("habitat.fuel_cell.sensed_electrolyser_w", 15_000.0),
    ];
    Facts {
        shed_order: vec!["a.lamp".into(), "a.oven".into()],
        rated: rated.map(|(id, most)| (id.to_owned(), most)).into(),
        ..Facts::default()
    }
}

/// A minute of a sound day: dawn, full light, a processor that runs for an hour in each three.
fn sound(k: usize) -> [f64; 11] {
    let noise = |size: f64| size * f64::from(((k * 7_919) % 101) as u32) / 101.0;
    let lit = (k as f64 / 600.0).min(1.0);
    let source = 25_000.0 * lit.powf(0.86) + noise(50.0);
    let drawn = 6_000.0 + noise(30.0);
    let kept = if lit < 0.3 { (source - drawn).clamp(-5_000.0, 1_000.0) } else { 0.0 };
    let battery = kept + noise(2.0);
    let taken = (source - drawn - battery).clamp(0.0, 15_000.0) + noise(20.0);
    let distillate = match k % 180 {
        1..=60 => 1e-4 + noise(1e-6),
        // What is left runs out.
        61 => 3e-5,
        _ => 0.0,
    };
    let shed = if lit < 0.2 { 2.0 } else { 0.0 };
    let store = 0.4 + noise(0.01);
    [distillate, lit, source, drawn, drawn + noise(9.0), shed, battery, 0.0, taken, store, 15_000.0]
}

/// What is raised in so many minutes, each with its first one.
fn raised(
    facts: &Facts,
    minutes: usize,
    change: impl Fn(usize, &mut [f64; 11]),
) -> Vec<(String, usize)> {
    let catalogue = sensed::catalogue(&IDS);
    let rules = rules_of(&catalogue, facts);
    let mut lookout = Lookout::new(&catalogue, rules, &Overrides::default()).unwrap();
    let mut found: Vec<(String, usize)> = Vec::new();
    for k in 0..minutes {
        let mut row = sound(k);
        change(k, &mut row);
        for one in lookout.push(60.0 * k as f64, &row) {
            let id = one.alarm.trim_end_matches(":caution_high");
            if one.to == State::Unacknowledged && found.iter().all(|(other, _)| other != id) {
                found.push((id.to_owned(), k));
            }
        }
    }
    found
}

fn ids(found: &[(String, usize)]) -> Vec<&str> {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn a_sound_day_raises_nothing() {
    assert_eq!(raised(&facts(), 1_440, |_, _| {}), []);
}

#[test]
fn half_of_a_rate_is_found_in_the_first_run_there_is() {
    let found = raised(&facts(), 400, |_, row| row[0] *= 0.5);
    assert_eq!(ids(&found), ["a.upa.anomaly_rated_distillate"]);
    assert!((20..40).contains(&found[0].1), "{found:?}");
    // Nobody knows what it is rated for.
    let unknown = Facts { rated: Default::default(), ..facts() };
    assert_eq!(raised(&unknown, 400, |_, row| row[0] *= 0.5), []);
}

#[test]
fn a_dead_string_of_the_array_is_found_at_dawn() {
    let found = raised(&facts(), 600, |_, row| row[2] *= 0.88);
    let at = found.iter().find(|(id, _)| id == "habitat.power.anomaly_array_rated");
    // Some minutes after a third of the light is there, and not in full light alone.
    assert!(at.is_some_and(|(_, at)| (180..230).contains(at)), "{found:?}");
}

#[test]
fn an_electrolyser_that_takes_nothing_leaves_power_over() {
    let found = raised(&facts(), 900, |k, row| {
        if k >= 500 {
            row[8] = 0.0;
        }
    });
    let at = found.iter().find(|(id, _)| id == "habitat.fuel_cell.anomaly_unused");
    assert!(at.is_some_and(|(_, at)| (500..520).contains(at)), "{found:?}");
    // One that is told to take less does as it is told.
    let found = raised(&facts(), 900, |k, row| {
        if k >= 500 {
            (row[8], row[10]) = (2_000.0, 2_000.0);
        }
    });
    assert!(!ids(&found).contains(&"habitat.fuel_cell.anomaly_unused"), "{found:?}");
}

#[test]
fn a_habitat_in_the_dark_says_so() {
    let found = raised(&facts(), 300, |k, row| {
        if k >= 250 {
            (row[3], row[4], row[5]) = (0.0, 0.0, 3.0);
        }
    });
    let at = found.iter().find(|(id, _)| id == "habitat.power.anomaly_dark").map(|(_, at)| *at);
    assert_eq!(at, Some(250), "{found:?}");
}

#[test]
fn a_jump_of_a_large_value_is_a_larger_one() {
    let step = Detection::Step { limit: 0.5, relative: 0.04, hold_s: 600.0 };
    let score = |low: f64, high: f64| {
        let mut detector = step.build();
        let values = [[low; 6], [high; 6]].concat();
        let scores =
            values.iter().enumerate().map(|(k, value)| detector.push(60.0 * k as f64, *value));
        scores.flatten().fold(0.0, f64::max)
    };
    assert!((score(1.0, 2.0) - 2.0).abs() < 1e-12);
    // Four of a hundred.
    assert!((score(96.0, 100.0) - 1.0).abs() < 1e-12);
    assert!((score(300.0, 303.0) - 3.0 / (0.04 * 303.0)).abs() < 1e-12);
}
