//! Instruments that jump, beside what moves by itself: coolant after loads went or came back, a tank that holds much, a bed that
//! warms and cools by 190 K.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod sensed;

use catalogue::Unit;
use lunar_habitat_watch::alarm::{Overrides, State};
use lunar_habitat_watch::anomaly::{Facts, Lookout, rules_of};

const IDS: [(&str, Unit); 4] = [
    ("habitat.low_loop.sensed_return_k", Unit::Kelvin),
    ("habitat.power.sensed_shed", Unit::One),
    ("stores.tanks.sensed_potable_kg", Unit::Kilogram),
    ("a.cdra.sensed_bed_a_k", Unit::Kelvin),
];

/// A bed in a cycle of 288 minutes: it warms, is held for an hour, and cools.
fn bed(k: usize) -> f64 {
    match k % 288 {
        minute @ 0..70 => 290.0 + 187.0 * minute as f64 / 70.0,
        70..130 => 477.0,
        minute => 290.0 + 187.0 * (-((minute - 130) as f64) / 30.0).exp(),
    }
}

/// The first minute of each alarm in four days, rows changed by `change`.
fn raised(change: impl Fn(usize, &mut [f64; 4])) -> Vec<(String, usize)> {
    let catalogue = sensed::catalogue(&IDS);
    let rules = rules_of(&catalogue, &Facts::default());
    let mut lookout = Lookout::new(&catalogue, rules, &Overrides::default()).unwrap();
    let mut found: Vec<(String, usize)> = Vec::new();
    for k in 0..4 * 1_440 {
        let noise = f64::from(((k * 7_919) % 101) as u32) / 101.0 - 0.5;
        let mut row = [280.0 + 0.2 * noise, 0.0, 300.0 + 4.0 * noise, bed(k) + 0.1 * noise];
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

#[test]
fn what_moves_by_itself_is_no_jump() {
    // Loads go for an hour, and coolant is colder by four kelvin meanwhile.
    let shed = |k: usize, row: &mut [f64; 4]| {
        if (2_000..2_060).contains(&k) {
            (row[0], row[1]) = (row[0] - 4.0, 3.0);
        }
    };
    assert_eq!(raised(|_, _| {}), []);
    assert_eq!(raised(shed), []);
}

#[test]
fn coolant_that_jumps_alone_is_an_instrument() {
    let found = raised(|k, row| {
        if k >= 2_000 {
            row[0] += 2.0;
        }
    });
    let id = "habitat.low_loop.anomaly_jump_return_k".to_owned();
    assert!(
        found.len() == 1 && found[0].0 == id && (2_000..2_005).contains(&found[0].1),
        "{found:?}"
    );
}

#[test]
fn a_tank_that_jumps_by_a_tenth_is_an_instrument() {
    let found = raised(|k, row| {
        if k >= 2_000 {
            row[2] *= 0.9;
        }
    });
    let at = found.iter().find(|(id, _)| id == "stores.tanks.anomaly_jump_potable_kg");
    assert!(at.is_some_and(|(_, at)| (2_000..2_005).contains(at)), "{found:?}");
}

#[test]
fn a_bed_is_told_by_what_its_heater_holds() {
    for offset in [-2.0, 2.0] {
        let found = raised(|k, row| {
            if k >= 3_000 {
                row[3] += offset;
            }
        });
        let id = "a.cdra.anomaly_held_bed_a_k".to_owned();
        // In the next time that it is held, one cycle later at most.
        assert!(found.len() == 1 && found[0].0 == id && found[0].1 < 3_300, "{found:?}");
    }
}
