//! What is kept for evaluation is never trained on.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::{
    Episode, HELD_OUT_FROM, Task, TaskError, TaskOptions, Use, VectorEnv, VectorOptions,
};
use player::{Player, key, plan, short};

#[test]
fn training_refuses_held_out_environments() {
    let task = short("cabin-30d");
    assert_eq!(HELD_OUT_FROM, 1 << 31);
    assert!(!Episode::new(&task, key(1, HELD_OUT_FROM - 1, 0), &[]).unwrap().is_held_out());
    let mut one = Player::new(&task, key(1, 0, 0));
    for env in [HELD_OUT_FROM, u64::MAX] {
        let error = Episode::new(&task, key(1, env, 0), &[]).unwrap_err();
        assert!(matches!(error, TaskError::HeldOut { .. }), "{error}");
        assert!(one.episode.reset(key(1, env, 0), &[], &mut one.observation).is_err());
        assert_eq!(one.episode.key(), key(1, 0, 0), "the episode stays");
    }
    // The last lane would be the first held-out one.
    let options =
        VectorOptions { lanes: 2, base_env: HELD_OUT_FROM - 1, ..VectorOptions::default() };
    assert!(matches!(VectorEnv::new(&task, options), Err(TaskError::Lane { lane: 1, .. })));
}

#[test]
fn evaluation_may_use_them_and_says_so() {
    let options = TaskOptions { used_for: Use::Evaluation, ..TaskOptions::default() };
    let plan = plan("cabin-30d", &[]);
    let evaluation = Task::new(plan.clone(), options).unwrap();
    let held_out = Episode::new(&evaluation, key(1, HELD_OUT_FROM, 0), &[]).unwrap();
    assert!(held_out.is_held_out());
    assert!(!Episode::new(&evaluation, key(1, 5, 0), &[]).unwrap().is_held_out());
    // Not through the back door of a snapshot either.
    let training = Task::new(plan, TaskOptions::default()).unwrap();
    let error = Episode::restore(&training, &held_out.snapshot()).unwrap_err();
    assert!(matches!(error, TaskError::HeldOut { env: HELD_OUT_FROM }));
}
