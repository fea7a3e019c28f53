//! The final observation of an episode is an ordinary array, in every mode, and never that of a reset.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use habitat::AbortReason;
use lunar_habitat_env::{Autoreset, VectorEnv, VectorOptions};
use player::{Player, key, short, thirsty};

#[test]
fn the_final_observation_is_never_lost() {
    let task = short("artemis-30d");
    let width = task.observations().len();
    let mut alone: Vec<Player> =
        (0..3).map(|lane| Player::new(&task, key(4, 10 + lane, 0))).collect();
    for player in &mut alone {
        for _ in 0..4 {
            player.hold();
        }
    }
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let options =
            VectorOptions { lanes: 3, run: 4, base_env: 10, autoreset, ..VectorOptions::default() };
        let mut vector = VectorEnv::new(&task, options).unwrap();
        let mut actions = vec![0.0; 3 * task.actions().len()];
        for decision in 0..4 {
            assert_eq!(vector.batch().final_valid(), [false; 3]);
            assert!(vector.batch().final_observations().iter().all(|x| *x == 0.0));
            vector.hold(&mut actions).unwrap();
            let batch = vector.step(&actions).unwrap();
            assert_eq!(batch.truncated(), [decision == 3; 3]);
        }
        let batch = vector.batch();
        assert_eq!(batch.final_valid(), [true; 3]);
        for (lane, player) in alone.iter().enumerate() {
            let row = lane * width..(lane + 1) * width;
            assert_eq!(
                &batch.final_observations()[row.clone()],
                player.observation,
                "{autoreset:?}"
            );
            let shown = batch.observations()[row] == player.observation;
            assert_eq!(shown, autoreset != Autoreset::SameStep, "{autoreset:?}");
        }
    }
}

#[test]
fn the_reason_of_a_loss_is_that_of_the_episode_that_ended() {
    let task = thirsty();
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let options = VectorOptions { lanes: 2, autoreset, ..VectorOptions::default() };
        let mut vector = VectorEnv::new(&task, options).unwrap();
        assert_eq!(vector.batch().reasons(), [AbortReason::None; 2]);
        let mut actions = vec![0.0; 2 * task.actions().len()];
        vector.hold(&mut actions).unwrap();
        let batch = vector.step(&actions).unwrap();
        assert_eq!(batch.terminated(), [true; 2]);
        assert_eq!(batch.reasons(), [AbortReason::PotableWater; 2], "{autoreset:?}");
        let batch = vector.reset(None, &[]).unwrap();
        assert_eq!(batch.reasons(), [AbortReason::None; 2]);
    }
}
