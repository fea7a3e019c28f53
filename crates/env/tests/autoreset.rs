//! The three modes of autoreset mean what they mean in Gymnasium 1.x.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::{Autoreset, Status, TaskError, VectorEnv, VectorOptions};
use player::{Player, key, short};

fn vector(autoreset: Autoreset) -> (VectorEnv, Vec<f32>) {
    let task = short("cabin-30d");
    let options = VectorOptions { lanes: 2, run: 7, autoreset, ..VectorOptions::default() };
    let vector = VectorEnv::new(&task, options).unwrap();
    let actions = vec![0.0; 2 * task.actions().len()];
    (vector, actions)
}

/// What lane `lane` sees first in its episode number `episode`.
fn first(vector: &VectorEnv, lane: usize, episode: u64) -> Vec<f32> {
    Player::new(vector.task(), key(7, lane as u64, episode)).observation
}

fn row(vector: &VectorEnv, lane: usize) -> &[f32] {
    let width = vector.task().observations().len();
    &vector.batch().observations()[lane * width..(lane + 1) * width]
}

fn hold(vector: &mut VectorEnv, actions: &mut [f32], times: usize) {
    for _ in 0..times {
        vector.hold(actions).unwrap();
        vector.step(actions).unwrap();
    }
}

#[test]
fn next_step_resets_in_the_step_after_and_takes_no_action() {
    let (mut vector, mut actions) = vector(Autoreset::NextStep);
    hold(&mut vector, &mut actions, 4);
    assert_eq!(vector.batch().truncated(), [true; 2]);
    assert_eq!(vector.episode(0).unwrap().status(), Status::Truncated);
    // Not even an action without meaning is looked at.
    actions.fill(f32::NAN);
    let batch = vector.step(&actions).unwrap();
    assert_eq!((batch.truncated(), batch.terminated()), (&[false; 2][..], &[false; 2][..]));
    assert_eq!((batch.rewards(), batch.durations_s()), (&[0.0; 2][..], &[0.0; 2][..]));
    assert!(batch.terms().iter().chain(batch.costs()).all(|x| *x == 0.0));
    assert_eq!(batch.final_valid(), [false; 2]);
    for lane in 0..2 {
        assert_eq!(row(&vector, lane), first(&vector, lane, 1));
        assert_eq!(vector.episode(lane).unwrap().decisions(), 0);
    }
    assert!(matches!(vector.step(&actions).unwrap_err(), TaskError::Lane { lane: 0, .. }));
}

#[test]
fn same_step_shows_the_next_episode_and_keeps_the_end() {
    let (mut vector, mut actions) = vector(Autoreset::SameStep);
    hold(&mut vector, &mut actions, 4);
    let batch = vector.batch();
    assert_eq!((batch.truncated(), batch.final_valid()), (&[true; 2][..], &[true; 2][..]));
    assert!(batch.rewards().iter().all(|reward| *reward > 0.0), "the reward is that of the end");
    assert_eq!(batch.durations_s(), [600.0; 2]);
    for lane in 0..2 {
        assert_eq!(row(&vector, lane), first(&vector, lane, 1));
        assert_eq!(vector.episode(lane).unwrap().status(), Status::Running);
    }
    hold(&mut vector, &mut actions, 1);
    assert_eq!(vector.batch().durations_s(), [600.0; 2], "no step is lost");
}

#[test]
fn disabled_waits_for_a_reset_of_the_lane() {
    let (mut vector, mut actions) = vector(Autoreset::Disabled);
    hold(&mut vector, &mut actions, 4);
    let error = vector.step(&actions).unwrap_err().to_string();
    assert!(error.contains("lane 0") && error.contains("reset it"), "{error}");
    vector.reset_lanes(&[(0, None)], &[]).unwrap();
    assert_eq!(row(&vector, 0), first(&vector, 0, 1));
    assert_eq!(vector.batch().truncated(), [false, true], "the other lane stays as it is");
    let before = vector.episode(0).unwrap().habitat().hash();
    assert!(matches!(vector.step(&actions), Err(TaskError::Lane { lane: 1, .. })));
    assert_eq!(vector.episode(0).unwrap().habitat().hash(), before, "no lane has moved");
    vector.reset_lanes(&[(1, None)], &[]).unwrap();
    hold(&mut vector, &mut actions, 1);
    assert!(vector.reset_lanes(&[(2, None)], &[]).is_err());
}

#[test]
fn names_are_those_of_gymnasium() {
    let names =
        [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled].map(Autoreset::name);
    assert_eq!(names, ["NextStep", "SameStep", "Disabled"]);
}
