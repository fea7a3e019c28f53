//! Every registered task keeps the contract at every difficulty, and a task that breaks a promise is told by its name.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use habitat::scenario::{self, Difficulty, Drawn};
use habitat::{Plan, scenario::SHIPPED};
use lunar_habitat_env::{
    HELD_OUT_FROM, RegisteredTask, TASK_DIFFICULTIES, TASKS, Task, TaskOptions, Use, contract,
};

fn task(name: &str, difficulty: Difficulty, options: TaskOptions) -> Arc<Task> {
    let loaded = scenario::load_at(name, difficulty).unwrap();
    Task::new(Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap()), options).unwrap()
}

#[test]
fn every_registered_task_keeps_it_at_every_difficulty() {
    let all: Vec<(&RegisteredTask, Difficulty)> = TASKS
        .iter()
        .flat_map(|task| TASK_DIFFICULTIES.map(|difficulty| (task, difficulty)))
        .collect();
    std::thread::scope(|scope| {
        for half in all.chunks(all.len().div_ceil(2)) {
            scope.spawn(move || {
                for (registered, difficulty) in half {
                    let task = task(registered.name, *difficulty, TaskOptions::default());
                    for check in contract::check(&task) {
                        let name = registered.name;
                        assert!(check.ok, "{name} {difficulty}, {}: {}", check.name, check.detail);
                    }
                }
            });
        }
    });
}

#[test]
fn it_holds_for_evaluation_too() {
    let options = TaskOptions { used_for: Use::Evaluation, ..TaskOptions::default() };
    let task = task("cdra-failure", Difficulty::Hard, options);
    let checks = contract::check(&task);
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");
    let held_out = checks.iter().find(|check| check.name == "held out").unwrap();
    assert_eq!(held_out.detail, "allowed in evaluation");
    assert_eq!(HELD_OUT_FROM, 1 << 31);
}

#[test]
fn tasks_are_twelve_with_names_of_their_own_and_differ_by_difficulty() {
    assert_eq!(TASKS.len(), 12);
    for (place, task) in TASKS.iter().enumerate() {
        assert!(
            TASKS[..place].iter().all(|other| other.id() != task.id() && other.name != task.name)
        );
        assert!(SHIPPED.iter().any(|shipped| shipped.name == task.name), "{}", task.name);
        let hashes = TASK_DIFFICULTIES.map(|difficulty| {
            scenario::load_at(task.name, difficulty).map(|loaded| loaded.hash).unwrap()
        });
        for (place, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..place].contains(hash), "{}: two difficulties are one", task.name);
        }
    }
}

#[test]
fn a_habitat_that_cannot_be_commanded_is_told_so() {
    let loaded = scenario::load("leak-box").unwrap();
    let values = [Drawn { key: "duration_days".into(), value: 0.1 }];
    let model = loaded.scenario.with(&values).unwrap();
    let plan = Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap();
    let task = Task::new(plan.into(), TaskOptions::default()).unwrap();
    let checks = contract::check(&task);
    let spaces = checks.iter().find(|check| check.name == "spaces").unwrap();
    assert!(!spaces.ok && spaces.detail == "0 dials: allowed are 1 to 24", "{}", spaces.detail);
}
