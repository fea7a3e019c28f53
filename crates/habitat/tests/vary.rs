//! Numbers drawn for an episode: reproducible, recorded, replaced by exact values, refused when they do not fit.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::changed;
use lunar_habitat_habitat::StreamKey;
use lunar_habitat_habitat::scenario::{self, Drawn, Scenario, Vary};

fn vary(key: &str, low: f64, high: f64) -> Vary {
    Vary { key: key.into(), low, high }
}

fn varied(entries: Vec<Vary>) -> Scenario {
    let mut model = scenario::load("artemis-30d").unwrap().scenario;
    model.vary = entries;
    model
}

fn key(run: u64, episode: u64) -> StreamKey {
    StreamKey { run, episode, ..StreamKey::default() }
}

#[test]
fn draws_follow_the_key_and_are_recorded() {
    let plan = changed("artemis-30d", |s| {
        s.vary = vec![
            vary("stores.potable_kg", 200.0, 300.0),
            vary("crew.amina.mass_kg", 55.0, 70.0),
            vary("faults.spares", 1.0, 1.0),
        ];
    });
    let (one, drawn) = plan.for_episode(key(1, 0), &[]).unwrap();
    let (again, _) = plan.for_episode(key(1, 0).forked(3), &[]).unwrap();
    let (other, _) = plan.for_episode(key(1, 1), &[]).unwrap();
    assert_eq!(drawn.len(), 3);
    assert_eq!(one.scenario.stores.potable_kg, drawn[0].value);
    assert!((200.0..300.0).contains(&drawn[0].value));
    assert_eq!(one.scenario.crew[0].mass_kg, drawn[1].value);
    assert_eq!(again.hash, one.hash);
    assert_ne!(other.hash, one.hash);
    let mean = (0..400).map(|run| plan.scenario.draws(key(run, 0))[0].value).sum::<f64>() / 400.0;
    // 100/sqrt(12·400) = 1.4 kg.
    assert!((mean - 250.0).abs() < 5.0, "{mean}");
}

#[test]
fn exact_values_take_the_place_of_draws() {
    let plan = changed("artemis-30d", |s| s.vary = vec![vary("stores.potable_kg", 200.0, 300.0)]);
    let exact = |key: &str, value| Drawn { key: key.into(), value };
    let given = [exact("stores.potable_kg", 123.0), exact("zone.living.volume_m3", 100.0)];
    let (episode, drawn) = plan.for_episode(key(1, 0), &given).unwrap();
    assert_eq!(episode.scenario.stores.potable_kg, 123.0);
    assert_eq!(episode.zones[0].volume_m3, 100.0);
    assert_eq!(drawn, given);
    let error =
        plan.for_episode(key(1, 0), &[exact("stores.o2_kg", -1.0)]).unwrap_err().to_string();
    assert!(error.contains("stores.o2_kg") && error.contains("allowed 0 to"), "{error}");
    let error =
        plan.for_episode(key(1, 0), &[exact("stores.tea_kg", 1.0)]).unwrap_err().to_string();
    assert!(error.contains("stores.tea_kg"), "{error}");
}

#[test]
fn ranges_that_cannot_be_are_refused() {
    let refused = |entries| scenario::check(&varied(entries)).unwrap_err().path;
    assert_eq!(refused(vec![vary("stores.tea_kg", 1.0, 2.0)]), "vary[0].key");
    assert_eq!(refused(vec![vary("stores.potable_kg", 300.0, 200.0)]), "vary[0].high");
    assert_eq!(refused(vec![vary("stores.potable_kg", 200.0, 1e9)]), "vary[0].high");
    let twice = vec![vary("stores.o2_kg", 1.0, 2.0), vary("stores.o2_kg", 1.0, 2.0)];
    assert_eq!(refused(twice), "vary[1].key");
}
