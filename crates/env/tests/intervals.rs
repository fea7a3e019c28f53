//! Decisions of any length, and rewards that do not depend on it.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::{Status, Task, TaskError, TaskOptions, VectorEnv, VectorOptions, discount};
use player::{Player, key, plan, short, task};

#[test]
fn two_decisions_give_what_one_of_twice_the_length_gives() {
    let task = task("artemis-30d", &[]);
    let (mut one, mut two) = (Player::new(&task, key(1, 0, 0)), Player::new(&task, key(1, 0, 0)));
    two.episode.set_decision_s(1_200.0).unwrap();
    let mut sums = [0.0; lunar_habitat_env::TERMS];
    for _ in 0..2 {
        one.hold();
        for (sum, term) in sums.iter_mut().zip(one.terms) {
            *sum += term;
        }
    }
    let transition = two.hold();
    assert_eq!(transition.duration_s, 1_200.0);
    assert_eq!(two.episode.habitat().hash(), one.episode.habitat().hash());
    assert_eq!(two.observation, one.observation);
    for (sum, term) in sums.iter().zip(two.terms) {
        assert!((sum - term).abs() <= 1e-5 * term.abs().max(1e-3), "{sums:?} {:?}", two.terms);
    }
    assert!(two.terms[6] > 0.5, "energy, kWh");
}

#[test]
fn the_last_decision_ends_with_the_mission() {
    let mut one = Player::new(&short("cabin-30d"), key(1, 0, 0));
    one.episode.set_decision_s(1_800.0).unwrap();
    assert_eq!(one.hold().duration_s, 1_800.0);
    let last = one.hold();
    assert_eq!((last.status, last.duration_s), (Status::Truncated, 600.0));
}

#[test]
fn an_interval_that_the_step_does_not_divide_is_refused() {
    let task = short("cabin-30d");
    let mut one = Player::new(&task, key(1, 0, 0));
    for bad in [90.0, 0.0, -600.0, f64::NAN, f64::INFINITY] {
        let error = one.episode.set_decision_s(bad).unwrap_err();
        assert!(matches!(error, TaskError::Timing { .. }));
        assert!(error.to_string().contains("a whole multiple of 60 s"), "{error}");
        assert_eq!(one.episode.decision_s(), 600.0);
    }
    for (dt_s, decision_s) in [(Some(7.0), None), (None, Some(90.0)), (Some(f64::NAN), None)] {
        let options = TaskOptions { dt_s, decision_s, ..TaskOptions::default() };
        assert!(Task::new(plan("cabin-30d", &[]), options).is_err());
    }
}

#[test]
fn lanes_may_decide_at_different_times() {
    let task = short("cabin-30d");
    let options = VectorOptions { lanes: 2, ..VectorOptions::default() };
    let mut vector = VectorEnv::new(&task, options).unwrap();
    vector.set_decision_s(1, 60.0).unwrap();
    let mut actions = vec![0.0; 2 * task.actions().len()];
    vector.hold(&mut actions).unwrap();
    assert_eq!(vector.step(&actions).unwrap().durations_s(), [600.0, 60.0]);
    assert!(vector.set_decision_s(2, 60.0).is_err());
}

#[test]
fn the_discount_is_a_time_constant() {
    let day_s = 86_400.0;
    let ten = discount(10.0 * day_s, 10.0 * day_s);
    assert!((ten - (-1.0_f64).exp()).abs() < 1e-15);
    assert_eq!((discount(0.0, day_s), discount(60.0, 0.0)), (1.0, 0.0));
}
