//! Files of every version that was ever written are still read.
//!
//! `tests/formats` has one of each kind and version, as the program of its time wrote it. When a version is raised, the files
//! of the new one join them, and none is taken away:
//! `cargo test -p lunar-habitat-learn --test formats -- --ignored` writes those of the present versions.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::path::PathBuf;
use std::sync::Arc;

use env::habitat::{Plan, scenario};
use env::{Acts, Task, TaskOptions};
use lunar_habitat_learn::{
    BlackBox, Constraint, Cpu, HabitatWorld, Policy, Training, TrainingSettings, World,
};

/// Versions of each kind that were ever written.
const CHECKPOINTS: [u32; 1] = [1];
const POLICIES: [u32; 1] = [1];

/// The first actions of the policy where all it sees is ½.
const DONE: [f32; 4] = [-0.011_752_689, -0.015_265_925, 0.024_431_685, 0.004_671_042];

/// Two days of the cabin.
fn task() -> Arc<Task> {
    let mut model = scenario::load("cabin-30d").unwrap().scenario.clone();
    model.duration_days = 2.0;
    let plan = Arc::new(Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap());
    Task::new(plan, TaskOptions { acts: Acts::Thresholds, ..TaskOptions::default() }).unwrap()
}

fn training() -> Training {
    let settings = TrainingSettings {
        seed: 3,
        lanes: 2,
        segment: 5,
        hidden: vec![8],
        normalise: true,
        scale_rewards: true,
        constraints: vec![Constraint { name: "co2_1h_mean".to_owned(), cost: 0, limit: 0.01 }],
        updates: 4,
        ..TrainingSettings::default()
    };
    let task = task();
    let world = |first: u64, lanes: usize| {
        Ok(Box::new(HabitatWorld::new(&task, 3, first, lanes, Some(1e6))?) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap()
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).unwrap()
}

fn black_box() -> BlackBox {
    BlackBox {
        what: "reward".to_owned(),
        lane: 5,
        decisions: 77,
        seed: 3,
        start: vec![1, 2, 3],
        width: 2,
        actions: vec![0.25, -1.0, 0.5, 1.0],
        facts: "{\"scenario\":\"cabin-30d\"}".to_owned(),
    }
}

#[test]
#[ignore = "writes the files of the present versions"]
fn write() {
    let mut training = training();
    for _ in 0..2 {
        training.update().unwrap();
    }
    std::fs::create_dir_all(file("")).unwrap();
    std::fs::write(file("checkpoint-1.bin"), training.checkpoint().unwrap().unwrap()).unwrap();
    training.policy().unwrap().write(&file("policy-1.safetensors")).unwrap();
    std::fs::write(file("black-box-1.bin"), black_box().to_bytes()).unwrap();
}

#[test]
fn a_checkpoint_of_each_version_goes_on() {
    for version in CHECKPOINTS {
        let name = format!("checkpoint-{version}.bin");
        let mut training = training();
        training.resume(&read(&name)).unwrap();
        assert_eq!((training.updates(), training.decisions()), (2, 20), "{name}");
        // The policy was kept beside it: the weights are those of then, and the lanes go on from where they were.
        let policy = Policy::from_bytes(&read(&format!("policy-{version}.safetensors")));
        assert_eq!(training.parameters(), policy.unwrap().parameters(), "{name}");
        for _ in 0..2 {
            let progress = training.update().unwrap();
            assert!(progress.figures.norm.is_finite() && progress.multipliers.len() == 1);
        }
        assert_eq!(training.decisions(), 40);
    }
}

#[test]
fn a_policy_of_each_version_acts() {
    for version in POLICIES {
        let name = format!("policy-{version}.safetensors");
        let policy = Policy::from_bytes(&read(&name)).unwrap();
        let wide = policy.network().shape().observations;
        let mut action = vec![9.0; policy.network().shape().outputs];
        policy.actor().act(&vec![0.5; wide], &mut action).unwrap();
        // What it did when it was written, to what the order of a sum may change.
        for (found, then) in action.iter().zip(DONE) {
            assert!((found - then).abs() < 1e-5, "{name}: {action:?}");
        }
    }
}

#[test]
fn a_black_box_of_each_version_is_read() {
    assert_eq!(BlackBox::from_bytes(&read("black-box-1.bin")).unwrap(), black_box());
}
