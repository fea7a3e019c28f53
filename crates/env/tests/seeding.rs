//! Seeds: every episode of every lane is drawn anew, and can be had again by its name.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::{Autoreset, Episode, Task, TaskOptions, VectorEnv, VectorOptions};
use player::{Player, key, plan, short, value};

fn row(vector: &VectorEnv, lane: usize) -> Vec<f32> {
    let width = vector.task().observations().len();
    vector.batch().observations()[lane * width..(lane + 1) * width].to_vec()
}

#[test]
fn seeding_after_autoreset_goes_on_by_lane_and_episode() {
    let task = short("artemis-30d");
    let options = VectorOptions {
        lanes: 2,
        run: 5,
        base_env: 100,
        autoreset: Autoreset::SameStep,
        ..VectorOptions::default()
    };
    let mut vector = VectorEnv::new(&task, options).unwrap();
    let mut actions = vec![0.0; 2 * task.actions().len()];
    let mut seen = vec![row(&vector, 0), row(&vector, 1)];
    for episode in 1..4 {
        for _ in 0..4 {
            vector.hold(&mut actions).unwrap();
            vector.step(&actions).unwrap();
        }
        for lane in 0..2 {
            let name = key(5, 100 + lane as u64, episode);
            assert_eq!(vector.episode(lane).unwrap().key(), name);
            let now = row(&vector, lane);
            assert_eq!(now, Player::new(&task, name).observation);
            assert!(!seen.contains(&now), "no first observation comes twice");
            seen.push(now);
        }
    }
}

#[test]
fn a_seed_begins_the_run_anew_and_none_goes_on() {
    let task = short("artemis-30d");
    let options = VectorOptions { lanes: 2, run: 5, ..VectorOptions::default() };
    let mut vector = VectorEnv::new(&task, options).unwrap();
    let start = row(&vector, 1);
    vector.reset(None, &[]).unwrap();
    assert_ne!(row(&vector, 1), start);
    assert_eq!(vector.episode(1).unwrap().key(), key(5, 1, 1));
    vector.reset(Some(5), &[]).unwrap();
    assert_eq!(row(&vector, 1), start);
    vector.reset(Some(6), &[]).unwrap();
    assert_ne!(row(&vector, 1), start);
}

#[test]
fn drawn_and_exact_values_are_recorded() {
    let mut model = plan("cabin-30d", &[]).scenario.clone();
    model.vary = vec![habitat::scenario::Vary {
        key: "stores.potable_kg".to_owned(),
        low: 200.0,
        high: 300.0,
    }];
    let hash = habitat::scenario::hash(&model).unwrap();
    let varied = habitat::Plan::compile(&model, hash).unwrap();
    let task = Task::new(varied.into(), TaskOptions::default()).unwrap();
    let of = |episode| Episode::new(&task, key(1, 0, episode), &[]).unwrap().drawn()[0].value;
    assert_ne!(of(0), of(1));
    assert_eq!(of(0), of(0));
    let exact = Episode::new(&task, key(1, 0, 0), &[value("stores.potable_kg", 222.0)]).unwrap();
    assert_eq!(exact.drawn(), [value("stores.potable_kg", 222.0)]);
    assert_eq!(exact.habitat().state().stores.potable_kg, 222.0);
    assert!(Episode::new(&task, key(1, 0, 0), &[value("stores.tea_kg", 1.0)]).is_err());
}
