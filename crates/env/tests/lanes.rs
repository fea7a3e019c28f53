//! Neither the number of lanes nor the number of threads enters the bits of a lane.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use lunar_habitat_env::{Autoreset, Batch, Task, TaskError, VectorEnv, VectorOptions};
use player::{random_action, task, value};

const LANES: usize = 16;
const DECISIONS: u64 = 14;

/// Every bit of one lane of a batch.
fn bits(batch: &Batch, lane: usize) -> Vec<u64> {
    let lanes = batch.rewards().len();
    let mut all: Vec<u64> = Vec::new();
    for part in [
        batch.observations(),
        batch.rewards(),
        batch.terms(),
        batch.costs(),
        batch.final_observations(),
    ] {
        let width = part.len() / lanes;
        let row = &part[lane * width..(lane + 1) * width];
        all.extend(row.iter().map(|x| u64::from(x.to_bits())));
    }
    for part in [batch.terminated(), batch.truncated(), batch.final_valid()] {
        all.push(u64::from(part[lane]));
    }
    all.push(batch.durations_s()[lane].to_bits());
    all
}

/// Play at random and record by lane; episodes end and begin within it.
fn play(task: &Arc<Task>, base_env: u64, lanes: usize, threads: usize) -> Vec<Vec<u64>> {
    let options =
        VectorOptions { lanes, threads, run: 3, base_env, autoreset: Autoreset::SameStep };
    let mut vector = VectorEnv::new(task, options).unwrap();
    let width = task.actions().len();
    let mut actions = vec![0.0; lanes * width];
    let mut recorded = vec![Vec::new(); lanes];
    for decision in 0..DECISIONS {
        for (lane, row) in actions.chunks_mut(width).enumerate() {
            random_action(base_env + lane as u64, decision, row);
        }
        let batch = vector.step(&actions).unwrap();
        for (lane, record) in recorded.iter_mut().enumerate() {
            record.extend(bits(batch, lane));
        }
    }
    recorded
}

fn hour() -> Arc<Task> {
    task("artemis-30d", &[value("duration_days", 3_600.0 / 86_400.0)])
}

#[test]
fn one_vector_of_sixteen_lanes_is_sixteen_of_one() {
    let task = hour();
    let together = play(&task, 40, LANES, 1);
    for lane in 0..LANES {
        let alone = play(&task, 40 + lane as u64, 1, 1);
        assert_eq!(alone[0], together[lane], "lane {lane}");
    }
    let distinct: std::collections::BTreeSet<_> = together.iter().collect();
    assert_eq!(distinct.len(), LANES);
}

#[test]
fn one_two_and_five_threads_write_the_same_bits() {
    let task = hour();
    let one = play(&task, 0, LANES, 1);
    assert_eq!(play(&task, 0, LANES, 2), one);
    assert_eq!(play(&task, 0, LANES, 5), one);
}

#[test]
fn vectors_and_episodes_move_between_threads() {
    fn moves<T: Send>() {}
    moves::<VectorEnv>();
    moves::<lunar_habitat_env::Episode>();
    moves::<TaskError>();
}

#[test]
fn no_lane_and_no_thread_is_refused() {
    let task = hour();
    for options in [
        VectorOptions { lanes: 0, ..VectorOptions::default() },
        VectorOptions { threads: 0, ..VectorOptions::default() },
    ] {
        let error = VectorEnv::new(&task, options).unwrap_err();
        assert!(matches!(error, TaskError::Count { .. }));
        assert!(error.to_string().contains("allowed is at least 1"), "{error}");
    }
}
