//! Policies in command of a session: one that turns dials, and one that sets the thresholds of the rules every six hours, as in an
//! episode, to the bit.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use client::{Client, server};
use env::habitat::{Plan, StreamKey, scenario};
use env::{Acts, COST_TABLE, COSTS, Episode, StepSlices, TERMS, Task, TaskOptions, Use};
use learn::{Activation, Actor, Head, Network, Normaliser, Policy, Shape};
use serde_json::{Value, json};

const CHANNELS: [&str; 3] =
    ["living.air.pp_co2_pa", "living.air.t_k", "habitat.fuel_cell.store_fraction"];

fn task(acts: Acts) -> Arc<Task> {
    // Instruments are read as often as those of a session.
    let model = scenario::load("artemis-30d").unwrap().scenario.read_each_step();
    let plan = Arc::new(Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap());
    let options = TaskOptions { used_for: Use::Evaluation, acts, ..TaskOptions::default() };
    Task::new(plan, options).unwrap()
}

/// A policy that nobody trained; with weights of zero it asks for what changes nothing.
fn policy(task: &Task, is_zero: bool) -> Policy {
    let shape = Shape {
        observations: task.observations().len(),
        hidden: vec![8],
        activation: Activation::Silu,
        is_shared: false,
        head: Head::Clipped,
        outputs: task.actions().len(),
        values: 1 + COST_TABLE.len(),
    };
    let network = Network::new(shape).unwrap();
    let mut parameters = network.initial(3, -0.3);
    if is_zero {
        parameters.fill(0.0);
    }
    let mut policy = Policy::new(network, parameters, Normaliser::none()).unwrap();
    policy.facts.insert("task_hash".to_owned(), scenario::hex(&task.hash()));
    policy.facts.insert("acts".to_owned(), task.acts().name().to_owned());
    policy
}

fn in_command(policy: &Policy) -> Value {
    json!({ "policy": STANDARD.encode(policy.to_bytes()) })
}

/// What channels show after so many hours in an episode.
fn in_an_episode(task: &Arc<Task>, policy: &Policy, hours: f64) -> Vec<f64> {
    let mut episode = Episode::new(task, StreamKey::default(), &[]).unwrap();
    let mut actor = Actor::new(policy);
    let mut observation = vec![0.0; task.observations().len()];
    let mut action = vec![0.0; task.actions().len()];
    let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
    episode.observe(&mut observation).unwrap();
    while episode.habitat().t_s() < 3_600.0 * hours - 1.0 {
        actor.act(&observation, &mut action).unwrap();
        let slices =
            StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
        episode.step(&action, slices).unwrap();
    }
    let habitat = episode.habitat();
    let catalogue = habitat.catalogue();
    CHANNELS.iter().map(|id| habitat.value(catalogue.find(id).unwrap()).unwrap()).collect()
}

/// The same in a session that `begin` puts somebody in command of.
fn in_a_session(client: &Client, hours: u32, begin: &Value) -> Vec<f64> {
    let id = client.make(json!({ "scenario": "artemis-30d" }));
    let at = format!("/api/sessions/{id}");
    client.does(&format!("{at}/controller"), begin.clone());
    for _ in 0..hours {
        client.does(&format!("{at}/step"), json!({ "steps": 60 }));
    }
    let latest = client.good(&format!("{at}/latest"));
    CHANNELS.iter().map(|channel| latest["values"][channel].as_f64().unwrap()).collect()
}

#[test]
fn a_policy_flies_a_session_as_it_flies_an_episode() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let rules = in_a_session(&client, 48, &json!({ "name": "rules" }));
    for acts in Acts::ALL {
        let task = task(acts);
        let policy = policy(&task, false);
        let flown = in_a_session(&client, 48, &in_command(&policy));
        assert_eq!(flown, in_an_episode(&task, &policy, 48.0), "{}", acts.name());
        assert_ne!(flown, rules, "{}", acts.name());
    }
    // Thresholds that nobody moves are the rules as they are.
    let task = task(Acts::Thresholds);
    assert_eq!(in_a_session(&client, 48, &in_command(&policy(&task, true))), rules);
    server.stop();
}

#[test]
fn a_policy_of_another_task_is_refused_and_the_one_in_command_stays() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d" }));
    let at = format!("/api/sessions/{id}/controller");
    // It says that it turns dials and has the shape of one that sets thresholds.
    let mut wrong = policy(&task(Acts::Thresholds), false);
    wrong.facts.insert("acts".to_owned(), "dials".to_owned());
    for bytes in [wrong.to_bytes(), b"no policy".to_vec()] {
        let (status, told) = client.post(&at, json!({ "policy": STANDARD.encode(bytes) }));
        assert_eq!(status, 422, "{told}");
    }
    let (status, told) = client.post(&at, json!({ "policy": "not in base64!" }));
    assert_eq!(status, 422, "{told}");
    assert_eq!(client.good(&format!("/api/sessions/{id}"))["controller"], "rules");
    server.stop();
}
