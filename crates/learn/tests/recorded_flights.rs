//! A recorded flight is the flight: same rewards, same interventions, same end.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use env::habitat::{Plan, StreamKey, scenario};
use env::{COST_TABLE, Task, TaskOptions, Use};
use lunar_habitat_learn::{Activation, Head, Network, Normaliser, Policy, Shape, fly, record};

fn task() -> Arc<Task> {
    let mut model = scenario::load("artemis-30d").unwrap().scenario;
    model.duration_days = 2.0;
    let plan = Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap();
    let options = TaskOptions { used_for: Use::Evaluation, ..TaskOptions::default() };
    Task::new(Arc::new(plan), options).unwrap()
}

/// A policy that nobody trained, which looks at `stack` observations.
fn policy(task: &Task, stack: usize) -> Policy {
    let shape = Shape {
        observations: stack * task.observations().len(),
        hidden: vec![16],
        activation: Activation::Silu,
        is_shared: false,
        head: Head::Clipped,
        outputs: task.actions().len(),
        values: 1 + COST_TABLE.len(),
    };
    let network = Network::new(shape).unwrap();
    let parameters = network.initial(3, -0.3);
    let mut policy = Policy::new(network, parameters, Normaliser::none()).unwrap();
    policy.facts.insert("stack".to_owned(), stack.to_string());
    policy.facts.insert("task_hash".to_owned(), scenario::hex(&task.hash()));
    policy
}

#[test]
fn a_recorded_flight_is_the_flight() {
    let task = task();
    for (stack, is_shielded) in [(1, false), (3, false), (1, true)] {
        let policy = policy(&task, stack);
        let key = StreamKey { env: env::HELD_OUT_FROM + 1, ..StreamKey::default() };
        let flight = fly(&task, &policy, key, is_shielded).unwrap();
        let rollout = record(&task, &policy, key, is_shielded).unwrap();
        assert_eq!(rollout.len() as u64, flight.outcome.decisions + 1);
        let frame = rollout.into_frame();
        let rewards = frame.column("reward").unwrap();
        let total: f64 = (0..frame.rows() - 1).map(|row| rewards.number(row).unwrap()).sum();
        assert_eq!(total.to_bits(), flight.total.to_bits());
        let times = frame.column("t_s").unwrap();
        let end_s = times.number(frame.rows() - 1).unwrap();
        assert!((end_s - flight.outcome.t_s).abs() < 1e-6);
        match frame.column("shield.breaks_s") {
            Some(breaks) => {
                let found =
                    (0..frame.rows()).filter(|row| breaks.number(*row).unwrap().is_finite());
                assert_eq!(found.count(), flight.interventions.len());
            }
            None => assert!(!is_shielded),
        }
    }
}
