//! A policy file brings the same policy back, and nothing that is not one is taken for one.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use env::habitat::{Plan, scenario};
use env::{Acts, Task, TaskOptions};
use lunar_habitat_learn::{Activation, Head, Moments, Network, Normaliser, Policy, Shape};

fn policy(shape: Shape, normalised: bool) -> Policy {
    let width = shape.observations;
    let network = Network::new(shape).unwrap();
    let parameters = network.initial(5, -0.3);
    let normaliser = if normalised {
        let numbers = (0..width).map(|i| 0.5 + i as f32);
        Normaliser::from_parts(numbers.clone().collect(), numbers.collect()).unwrap()
    } else {
        Normaliser::none()
    };
    Policy::new(network, parameters, normaliser).unwrap()
}

fn shape() -> Shape {
    Shape {
        observations: 7,
        hidden: vec![20, 10],
        activation: Activation::Silu,
        is_shared: false,
        head: Head::Clipped,
        outputs: 3,
        values: 2,
    }
}

#[test]
fn a_file_brings_the_same_policy_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/policy.safetensors");
    for shape in [
        shape(),
        Shape { is_shared: true, ..shape() },
        Shape { hidden: vec![], is_shared: true, ..shape() },
        Shape { head: Head::Categorical, outputs: 4, ..shape() },
    ] {
        for normalised in [true, false] {
            let mut one = policy(shape.clone(), normalised);
            one.facts.insert("task_hash".to_owned(), "00ff".to_owned());
            one.write(&path).unwrap();
            let again = Policy::read(&path).unwrap();
            assert_eq!(again, one);
            assert!(again.to_bytes() == one.to_bytes());
            let seen: Vec<f32> = (0..200 * 7).map(|i| (i % 13) as f32 / 6.0 - 1.0).collect();
            let width = if shape.head == Head::Categorical { 1 } else { shape.outputs };
            let (mut a, mut b) = (vec![0.0; 200 * width], vec![9.0; 200 * width]);
            one.actor().act(&seen, &mut a).unwrap();
            again.actor().act(&seen, &mut b).unwrap();
            assert_eq!(a, b);
            assert!(width == 1 || a.iter().all(|action| (-1.0..=1.0).contains(action)));
        }
    }
}

#[test]
fn what_is_no_policy_is_refused_in_one_sentence() {
    let bytes = policy(shape(), true).to_bytes();
    let refused = |bytes: &[u8]| {
        let words = Policy::from_bytes(bytes).unwrap_err().to_string();
        assert!(!words.contains('\n') && words.len() > 15, "{words}");
        words
    };
    for length in [0, 4, 8, 100, bytes.len() - 1] {
        refused(&bytes[..length]);
    }
    assert!(refused(b"{}").contains("no policy"));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("lunar-habitat-policy"));
    let other = |from: &str, to: &str| {
        let mut changed = bytes.clone();
        let at = changed.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        refused(&changed)
    };
    assert!(other("lunar-habitat-policy", "lunar-habitat-polish").contains("lunar-habitat-polish"));
    assert!(other("actor.0.bias", "actor.9.bias").contains("`actor.0.bias`"));
    // Number that is not finite in the last tensor.
    let mut poisoned = bytes.clone();
    let end = poisoned.len();
    poisoned[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refused(&poisoned).contains("not finite"));
}

#[test]
fn a_policy_of_another_task_is_refused_and_named() {
    let loaded = scenario::load("cabin-30d").unwrap();
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap());
    let task = Task::new(Arc::clone(&plan), TaskOptions::default()).unwrap();
    let thresholds = TaskOptions { acts: Acts::Thresholds, ..TaskOptions::default() };
    let other = Task::new(plan, thresholds).unwrap();
    let sized = |task: &Task| Shape {
        observations: task.observations().len(),
        outputs: task.actions().len(),
        ..shape()
    };
    let mut own = policy(sized(&task), false);
    own.facts.insert("task_hash".to_owned(), scenario::hex(&task.hash()));
    own.fits(&task).unwrap();
    let words = own.fits(&other).unwrap_err().to_string();
    assert!(words.starts_with("policy: numbers of an action: it has "), "{words}");
    let mut same_size = policy(sized(&other), false);
    same_size.facts.insert("task_hash".to_owned(), scenario::hex(&task.hash()));
    let words = same_size.fits(&other).unwrap_err().to_string();
    assert!(words.contains("has the hash") && words.contains("train it on this task"), "{words}");
}

#[test]
fn a_column_that_hardly_varies_is_only_moved() {
    let mut moments = Moments::new(2);
    for i in 0..100 {
        moments.see(&[3.0, i as f32]);
    }
    let normaliser = Normaliser::of(&moments);
    let mut out = [0.0; 2];
    normaliser.apply(&[3.0, 49.5], &mut out);
    assert_eq!(out, [0.0, 0.0]);
    normaliser.apply(&[4.0, 1e9], &mut out);
    assert_eq!(out, [1.0, 10.0]);
}
