//! Neither the number of lanes nor the number of threads enters the bits of a lane.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use habitat::scenario::Vary;
use lunar_habitat_env::{
    Autoreset, Batch, HELD_OUT_FROM, Task, TaskError, TaskOptions, VectorEnv, VectorOptions,
};
use player::{plan, random_action, task, value};

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

/// Every lane begins with a run of its own or its next episode; both the lanes and the numbers drawn are compared.
#[test]
fn resets_on_one_two_and_five_threads_write_the_same_bits() {
    let mut model = plan("artemis-30d", &[]).scenario.clone();
    model.vary = vec![Vary { key: "stores.potable_kg".to_owned(), low: 200.0, high: 300.0 }];
    let hash = habitat::scenario::hash(&model).unwrap();
    let varied = habitat::Plan::compile(&model, hash).unwrap();
    let task = Task::new(varied.into(), TaskOptions::default()).unwrap();
    let begin = |threads| {
        let options = VectorOptions { lanes: LANES, threads, run: 3, ..VectorOptions::default() };
        let mut vector = VectorEnv::new(&task, options).unwrap();
        let mut recorded: Vec<_> = (0..LANES).map(|lane| bits(vector.batch(), lane)).collect();
        // Backwards and with a gap: the order of the list is not the order of the lanes.
        let starts: Vec<_> = (1..LANES)
            .rev()
            .map(|lane| (lane, (lane % 3 == 0).then_some(100 + lane as u64)))
            .collect();
        vector.reset_lanes(&starts, &[]).unwrap();
        recorded.extend((0..LANES).map(|lane| bits(vector.batch(), lane)));
        vector.reset(None, &[]).unwrap();
        recorded.extend((0..LANES).map(|lane| bits(vector.batch(), lane)));
        let keys: Vec<_> = (0..LANES)
            .map(|lane| {
                let episode = vector.episode(lane).unwrap();
                (episode.key(), episode.drawn()[0].value.to_bits())
            })
            .collect();
        (recorded, keys)
    };
    let (bits, keys) = begin(1);
    assert_eq!(begin(2), (bits.clone(), keys.clone()));
    assert_eq!(begin(5), (bits.clone(), keys.clone()));
    let distinct: std::collections::BTreeSet<_> = bits.iter().collect();
    assert_eq!(distinct.len(), 3 * LANES - 1, "only the lane in the gap stood still, once");
    assert_eq!((keys[0].0.run, keys[0].0.episode), (3, 1));
    assert_eq!((keys[6].0.run, keys[6].0.episode), (106, 1));
    assert_eq!((keys[7].0.run, keys[7].0.episode), (3, 2));
}

#[test]
fn a_refused_reset_names_its_first_lane_on_any_number_of_threads_and_changes_nothing() {
    let task = hour();
    for threads in [1, 2, 5] {
        let options = VectorOptions { lanes: LANES, threads, run: 3, ..VectorOptions::default() };
        let mut vector = VectorEnv::new(&task, options).unwrap();
        let before = (vector.batch().clone(), vector.snapshot(9).unwrap());
        let starts: Vec<_> = (0..LANES).rev().map(|lane| (lane, None)).collect();
        let error = vector.reset_lanes(&starts, &[value("stores.tea_kg", 1.0)]).unwrap_err();
        assert!(matches!(error, TaskError::Lane { lane: 15, .. }), "{error}");
        let twice = vector.reset_lanes(&[(9, None), (2, None), (9, None)], &[]).unwrap_err();
        assert_eq!(twice.to_string(), "lane 9: allowed is each lane once");
        assert_eq!((vector.batch().clone(), vector.snapshot(9).unwrap()), before);
        // The lanes from the twelfth on would play environments that are held out.
        let base_env = HELD_OUT_FROM - 12;
        let error = VectorEnv::new(&task, VectorOptions { base_env, ..options }).unwrap_err();
        assert!(matches!(error, TaskError::Lane { lane: 12, .. }), "{error}");
    }
}
