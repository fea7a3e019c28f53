//! A stored episode goes on as if nothing had been.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::{
    Autoreset, Episode, RewardWeights, Task, TaskError, TaskOptions, VectorEnv, VectorOptions,
};
use player::{Player, key, plan, short, task, value};

#[test]
fn a_restored_episode_has_the_same_future() {
    let exact = [value("stores.potable_kg", 222.0)];
    let task = task("artemis-30d", &[]);
    let mut one = Player::of(Episode::new(&task, key(8, 3, 2), &exact).unwrap());
    one.episode.set_decision_s(300.0).unwrap();
    for decision in 0..20 {
        one.random(decision);
    }
    let mut two = Player::of(Episode::restore(&task, &one.episode.snapshot()).unwrap());
    assert_eq!(two.observation, one.observation);
    assert_eq!((two.episode.drawn(), two.episode.decisions()), (&exact[..], 20));
    for decision in 20..60 {
        if !one.episode.status().is_running() {
            break;
        }
        assert_eq!(two.random(decision), one.random(decision));
        assert_eq!(two.observation, one.observation);
        assert_eq!((two.terms, two.costs), (one.terms, one.costs));
    }
    assert_eq!(two.episode.habitat().hash(), one.episode.habitat().hash());
    assert_eq!(two.episode.snapshot(), one.episode.snapshot());
}

#[test]
fn a_lane_goes_on_in_another_vector_and_through_its_reset() {
    let task = short("artemis-30d");
    let autoreset = Autoreset::NextStep;
    let options = VectorOptions { lanes: 3, run: 8, autoreset, ..VectorOptions::default() };
    let mut one = VectorEnv::new(&task, options).unwrap();
    let mut actions = vec![0.0; 3 * task.actions().len()];
    for _ in 0..2 {
        one.step(&actions).unwrap();
    }
    let bytes = one.snapshot(2).unwrap();
    let options = VectorOptions { lanes: 2, run: 99, base_env: 50, autoreset, threads: 2 };
    let mut two = VectorEnv::new(&task, options).unwrap();
    two.restore(0, &bytes).unwrap();
    let width = task.observations().len();
    let mut fewer = vec![0.0; 2 * task.actions().len()];
    for _ in 0..5 {
        one.hold(&mut actions).unwrap();
        two.hold(&mut fewer).unwrap();
        let (left, right) = (one.step(&actions).unwrap(), two.step(&fewer).unwrap());
        assert_eq!(left.observations()[2 * width..], right.observations()[..width]);
        assert_eq!(left.truncated()[2], right.truncated()[0]);
    }
    assert_eq!(one.episode(2).unwrap().key(), key(8, 2, 1));
    assert_eq!(two.episode(0).unwrap().key(), key(8, 2, 1));
    two.reset(Some(1), &[]).unwrap();
    assert_eq!(two.episode(0).unwrap().key(), key(1, 50, 0), "a seed gives the lane its own again");
    assert!(one.snapshot(3).is_err() && one.restore(3, &bytes).is_err());
}

#[test]
fn an_episode_that_is_over_stays_over() {
    let mut one = Player::new(&player::thirsty(), key(1, 0, 0));
    one.hold();
    let task = one.episode.task().clone();
    let two = Episode::restore(&task, &one.episode.snapshot()).unwrap();
    assert_eq!(two.status(), one.episode.status());
}

#[test]
fn damaged_and_foreign_bytes_are_refused() {
    let artemis = task("artemis-30d", &[]);
    let bytes = Player::new(&artemis, key(1, 0, 0)).episode.snapshot();
    for (at, words) in [(0, "LHABEPIS"), (60, "check sum"), (bytes.len() - 1, "check sum")] {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        let error = Episode::restore(&artemis, &wrong).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    for length in [0, 8, 40, bytes.len() - 1] {
        assert!(Episode::restore(&artemis, &bytes[..length]).is_err());
    }
    for other in [task("cabin-30d", &[]), task("artemis-30d", &[value("crew.amina.age_y", 50.0)])] {
        let error = Episode::restore(&other, &bytes).unwrap_err();
        assert!(matches!(error, TaskError::Bytes(_)), "{error}");
    }
    // Weights belong to the task: another reward may go on with the same episode.
    let weights = RewardWeights::preset("balanced").unwrap();
    let options = TaskOptions { weights, ..TaskOptions::default() };
    let balanced = Task::new(plan("artemis-30d", &[]), options).unwrap();
    assert!(Episode::restore(&balanced, &bytes).is_ok());
}

#[test]
fn a_fork_does_not_foresee() {
    let mut one = Player::new(&task("artemis-30d", &[]), key(1, 0, 0));
    one.hold();
    let mut fork = Player::of(one.episode.fork(0));
    assert_eq!(fork.observation, one.observation);
    assert_ne!(fork.episode.key(), one.episode.key());
    one.hold();
    fork.hold();
    assert_ne!(fork.observation, one.observation, "noise of the instruments is drawn anew");
}
