//! Sessions ran alarms without anomalies, a file of limits made every session fail, and nobody who had no screen open was told.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use client::{Client, server, wait_for};
use lunar_habitat_server::{Announcing, Server, ServerSettings};
use serde_json::{Value, json};
use watch::alarm::Overrides;

/// Limits that were tuned on quiet missions, as they are shipped.
fn tuned() -> Overrides {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/alarms/artemis-30d.toml");
    Overrides::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn an_anomaly_in_a_session_is_an_alarm_with_suspects_and_is_told_outside() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("alarms.jsonl");
    let server = server(dir.path(), |settings| {
        settings.alarms = vec![tuned()];
        settings.announcing = Announcing { log: Some(log.clone()), ..Announcing::default() };
    });
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d", "seed": 1 }));
    let at = format!("/api/sessions/{id}");
    let steps = |count: usize| {
        for _ in 0..count {
            client.does(&format!("{at}/step"), json!({ "steps": 480 }));
        }
    };
    // Two quiet days: not one anomaly, under the tuned limits.
    steps(6);
    let anomalies = || -> Vec<Value> {
        let list = client.good(&format!("{at}/alarms"));
        let is_one = |one: &&Value| one["channel"].as_str().unwrap().contains(".anomaly_");
        list.as_array().unwrap().iter().filter(is_one).cloned().collect()
    };
    let ids =
        |list: &[Value]| -> Vec<String> { list.iter().map(|one| one["id"].to_string()).collect() };
    assert_eq!(ids(&anomalies()), Vec::<String>::new());
    client.does(&format!("{at}/faults"), json!({ "unit": "living.cdra", "mode": "failed" }));
    steps(1);
    let raised = anomalies();
    let blames =
        |one: &Value, unit: &str| one["suspects"].as_array().unwrap().contains(&json!(unit));
    assert!(raised.iter().any(|one| blames(one, "living.cdra")), "{:?}", ids(&raised));
    wait_for("a line in the log", || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.lines().any(|line| {
            let told: Value = serde_json::from_str(line).unwrap();
            told["source"] == json!(id) && told["alarm"].as_str().unwrap().contains(".anomaly_")
        })
    });
    let metrics = client.good("/metrics").as_str().unwrap().to_owned();
    assert!(metrics.contains("lunar_habitat_alarms_announced_total{to=\"log\"}"));
    // Another scenario is not touched by a file that names this one.
    client.make(json!({ "scenario": "cabin-30d" }));
    server.stop();
}

#[test]
fn limits_that_no_session_could_have_are_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let start = |alarms: Vec<Overrides>| {
        let location = store::Location::Sqlite(dir.path().join("sessions.db"));
        let address = ([127, 0, 0, 1], 0).into();
        let settings = ServerSettings { alarms, address, ..ServerSettings::local(location) };
        Server::start(settings).map(|_| ()).unwrap_err().to_string()
    };
    let mut wrong = tuned();
    wrong.scenario = Some("cabin-30d".into());
    let error = start(vec![wrong]);
    assert!(error.contains("channel"), "{error}");
    assert!(start(vec![tuned(), tuned()]).contains("twice"));
}
