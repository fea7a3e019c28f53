//! Actions that are no actions.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::{
    OnBadAction, StepSlices, TERMS, Task, TaskError, TaskOptions, VectorEnv, VectorOptions,
};
use player::{Player, key, plan, short};

#[test]
fn what_is_not_finite_is_refused_and_nothing_moves() {
    let mut one = Player::new(&short("cabin-30d"), key(1, 0, 0));
    let before = one.episode.habitat().hash();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        one.action.fill(0.25);
        one.action[2] = bad;
        let error = one.step().unwrap_err();
        assert!(matches!(error, TaskError::Action { place: 2, .. }), "{error}");
        let dial = &one.episode.task().actions().dials()[2].name;
        assert!(error.to_string().contains(dial) && error.to_string().contains("from -1 to 1"));
        assert_eq!(one.episode.habitat().hash(), before);
        assert_eq!(one.episode.decisions(), 0);
    }
}

#[test]
fn clipping_takes_the_nearest_end_and_leaves_what_is_no_number() {
    let options = TaskOptions { on_bad_action: OnBadAction::Clip, ..TaskOptions::default() };
    let task = Task::new(plan("cabin-30d", &[]), options).unwrap();
    let play = |values: [f32; 3]| {
        let mut one = Player::new(&task, key(1, 0, 0));
        one.episode.hold(&mut one.action).unwrap();
        one.action[..3].copy_from_slice(&values);
        one.step().unwrap();
        one.episode.habitat().hash()
    };
    let mut held = Player::new(&task, key(1, 0, 0));
    held.episode.hold(&mut held.action).unwrap();
    let still = held.action[1];
    assert_eq!(play([f32::INFINITY, f32::NAN, 0.5]), play([1.0, still, 0.5]));
    assert_eq!(play([f32::NEG_INFINITY, 0.5, 0.5]), play([-1.0, 0.5, 0.5]));
    assert_ne!(play([1.0, 0.5, 0.5]), play([-1.0, 0.5, 0.5]));
}

#[test]
fn finite_numbers_beyond_the_ends_count_as_the_ends() {
    let task = short("cabin-30d");
    let play = |value: f32| {
        let mut one = Player::new(&task, key(1, 0, 0));
        one.episode.hold(&mut one.action).unwrap();
        one.action[0] = value;
        one.step().unwrap();
        one.episode.habitat().hash()
    };
    assert_eq!(play(1e30), play(1.0));
    assert_eq!(play(-3.0), play(-1.0));
}

#[test]
fn wrong_lengths_are_refused() {
    let task = short("cabin-30d");
    let mut one = Player::new(&task, key(1, 0, 0));
    one.action.push(0.0);
    let error = one.step().unwrap_err().to_string();
    let (found, expected) = (task.actions().len() + 1, task.actions().len());
    assert_eq!(error, format!("action of length {found}: allowed is {expected}"));
    one.action.pop();
    let before = one.episode.habitat().hash();
    let mut few = vec![0.0; 3];
    let slices =
        StepSlices { observation: &mut few, terms: &mut [0.0; TERMS], costs: &mut one.costs };
    assert!(one.episode.step(&one.action, slices).is_err());
    assert_eq!(one.episode.habitat().hash(), before);
}

#[test]
fn one_bad_lane_stops_all_before_they_move() {
    let task = short("cabin-30d");
    let options = VectorOptions { lanes: 3, threads: 2, ..VectorOptions::default() };
    let mut vector = VectorEnv::new(&task, options).unwrap();
    let width = task.actions().len();
    let mut actions = vec![0.0; 3 * width];
    actions[2 * width] = f32::NAN;
    let error = vector.step(&actions).unwrap_err();
    assert!(error.to_string().starts_with("lane 2: action[0] (`oxygen.rate`) is NaN"), "{error}");
    for lane in 0..3 {
        assert_eq!(vector.episode(lane).unwrap().steps(), 0);
    }
    assert!(vector.step(&actions[1..]).is_err());
}
