//! The end of an episode. The most repeated silent bug of learning libraries takes a time limit for a
//! death: here the two are different values of one type, and the reward does not confuse them either.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use habitat::AbortReason;
use lunar_habitat_env::{DISCOUNT_TIME_S, Status, TaskError, discount};
use player::{Player, key, short, thirsty};

#[test]
fn truncation_is_not_death() {
    let mut one = Player::new(&short("cabin-30d"), key(1, 0, 0));
    for _ in 0..3 {
        let transition = one.hold();
        assert_eq!(transition.status, Status::Running);
        assert_eq!((one.terms[2], one.terms[3]), (0.0, 0.0));
    }
    let last = one.hold();
    assert_eq!(last.status, Status::Truncated);
    assert!(last.status.is_truncated() && !last.status.is_terminated());
    assert_eq!((one.terms[2], one.terms[3]), (0.0, 1.0), "finished, not lost");
    assert!(last.reward > 0.0, "nothing is taken for reaching the end");
    assert_eq!(one.read("clock.elapsed"), 1.0);
}

#[test]
fn a_broken_rule_terminates_at_once() {
    let mut one = Player::new(&thirsty(), key(1, 0, 0));
    let transition = one.hold();
    assert_eq!(transition.status, Status::Terminated(AbortReason::PotableWater));
    assert_eq!(transition.duration_s, 60.0, "the decision ends with the step that broke the rule");
    assert_eq!((one.terms[2], one.terms[3]), (1.0, 0.0));
    assert!(transition.reward < -9.0);
    assert!(one.read("stores.potable_kg") < 11.0, "the final observation is that of the end");
}

#[test]
fn an_episode_that_is_over_takes_no_step() {
    let mut one = Player::new(&thirsty(), key(1, 0, 0));
    one.hold();
    let before = one.episode.habitat().hash();
    let error = one.step().unwrap_err();
    assert!(matches!(error, TaskError::Over { .. }));
    assert!(error.to_string().contains("potable water below 24 h of need"), "{error}");
    assert_eq!(one.episode.habitat().hash(), before);
}

#[test]
fn bootstrapping_at_the_end_gives_the_value_of_a_life_without_end() {
    // A point a day: the value of living on is r/(1 − γ) at every moment, the end of the mission
    // included. Played backwards over the episode, every decision must give the same value again.
    let mut one = Player::new(&short("cabin-30d"), key(1, 0, 0));
    let mut played = Vec::new();
    loop {
        let transition = one.hold();
        played.push(transition);
        if !transition.status.is_running() {
            break;
        }
    }
    let gamma = discount(600.0, DISCOUNT_TIME_S);
    let endless = f64::from(played[0].reward) / (1.0 - gamma);
    assert!((endless - 10.0).abs() < 0.01, "ten days of a point a day, {endless}");
    let mut value = endless;
    for transition in played.iter().rev() {
        let goes_on = if transition.status.is_terminated() { 0.0 } else { 1.0 };
        let gamma = discount(transition.duration_s, DISCOUNT_TIME_S);
        value = f64::from(transition.reward) + goes_on * gamma * value;
        assert!((value - endless).abs() < 1e-6);
    }
}
