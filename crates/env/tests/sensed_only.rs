//! A policy sees what instruments show, never what is true.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use catalogue::ValueKind;
use habitat::scenario::{self, SensorEvent, SensorMode};
use habitat::{Habitat, Plan};
use lunar_habitat_env::{Task, TaskOptions};
use player::{Player, key, plan, task};

fn largest(habitat: &Habitat, quantity: &str) -> f64 {
    let tail = format!(".air.{quantity}");
    let channels = habitat.catalogue().channels().iter().enumerate();
    channels
        .filter(|(_, channel)| channel.id.ends_with(&tail))
        .map(|(at, _)| habitat.value(at).unwrap())
        .fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn no_true_channel_is_in_an_observation() {
    for shipped in scenario::SHIPPED {
        let task = task(shipped.name, &[]);
        let catalogue = &task.plan().catalogue;
        for id in task.observations().channel_ids() {
            let channel = &catalogue.channels()[catalogue.find(id).unwrap()];
            assert_ne!(channel.kind, ValueKind::True, "{id}");
        }
    }
}

#[test]
fn with_noise_the_observation_differs_from_the_truth() {
    let mut one = Player::new(&task("artemis-30d", &[]), key(1, 0, 0));
    for _ in 0..6 {
        one.hold();
        for quantity in ["p_total_pa", "pp_o2_pa", "pp_co2_pa"] {
            let seen = one.read(&format!("air.{quantity}_max"));
            let (truth, sensed) = (
                largest(one.episode.habitat(), quantity),
                largest(one.episode.habitat(), &format!("sensed_{quantity}")),
            );
            assert_eq!(seen, sensed);
            assert_ne!(seen, truth, "{quantity}");
        }
    }
}

#[test]
fn without_noise_instruments_show_the_truth() {
    let mut one = Player::new(&task("cabin-30d", &[]), key(1, 0, 0));
    one.hold();
    assert_eq!(one.read("air.pp_co2_pa_max"), largest(one.episode.habitat(), "pp_co2_pa"));
}

#[test]
fn a_silent_instrument_is_held_and_counted() {
    let mut model = plan("artemis-30d", &[]).scenario.clone();
    let mut sensors = model.sensors.clone().unwrap();
    // No failures and no missing samples but the one that is placed.
    sensors.rate_factor = 0.0;
    sensors.error_factor = 0.0;
    sensors.events = vec![SensorEvent {
        at_h: 1.0,
        sensor: "stores.tanks.potable_kg".to_owned(),
        mode: SensorMode::DropOut,
        offset: None,
    }];
    model.sensors = Some(sensors);
    let hash = scenario::hash(&model).unwrap();
    let plan = Plan::compile(&model, hash).unwrap();
    let task = Task::new(plan.into(), TaskOptions::default()).unwrap();
    let mut one = Player::new(&task, key(1, 0, 0));
    let mut good = 0.0;
    for decision in 1..=12 {
        one.hold();
        let (seen, truth) =
            (one.read("stores.potable_kg"), one.episode.habitat().state().stores.potable_kg);
        if decision < 6 {
            assert_eq!((seen, one.read("instruments.silent")), (truth, 0.0));
            good = seen;
        } else {
            assert_eq!(seen, good, "the last good value stays");
            assert!(seen != truth && one.read("instruments.silent") > 0.0);
        }
    }
    let place =
        task.observations().fields().iter().position(|f| f.name == "instruments.silent").unwrap();
    assert!(one.observation[place] > -1.0 && one.observation[place] < 0.0);
}
