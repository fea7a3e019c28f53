//! Forking took the bytes of the parent as if they had been written down: what it had lived since the last time was lost when
//! the server stopped, and the fork was taken at another moment than its facts.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use client::{Client, server};
use serde_json::json;

#[test]
fn a_parent_that_was_forked_loses_nothing_at_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let first = server(dir.path(), |_| {});
    let client = Client::new(first.url());
    let parent = client.make(json!({ "scenario": "artemis-30d", "seed": 4 }));
    let at = format!("/api/sessions/{parent}");
    client.does(&format!("{at}/snapshot"), json!({}));
    client.does(&format!("{at}/step"), json!({ "steps": 45 }));
    let (status, fork) = client.post(&format!("{at}/fork"), json!({ "rate": 0.0 }));
    assert_eq!(status, 201, "{fork}");
    let latest = client.good(&format!("{at}/latest"));
    first.stop();

    let second = server(dir.path(), |_| {});
    let client = Client::new(second.url());
    assert_eq!(client.good(&format!("{at}/latest")), latest);
    assert_eq!(client.good(&at)["t_s"], 2_700.0);
    let fork = fork["id"].as_str().unwrap();
    assert_eq!(client.good(&format!("/api/sessions/{fork}"))["t_s"], 2_700.0);
    // A fork did not begin at the start of its scenario: it cannot be flown again from there.
    let path = format!("/api/runs/session-{fork}/counterfactual");
    let body = json!({ "controller": "hold", "channels": ["living.air.pp_co2_pa"] });
    let (status, error) = client.post(&path, body);
    assert!(status == 422 && error["error"].as_str().unwrap().contains("fork"), "{error}");
    // A rate that is refused leaves no fork behind.
    let before = client.good("/api/sessions").as_array().unwrap().len();
    assert_eq!(client.post(&format!("{at}/fork"), json!({ "rate": -1.0 })).0, 422);
    assert_eq!(client.good("/api/sessions").as_array().unwrap().len(), before);
    second.stop();
}

/// Two servers on one database would both take up its sessions, and write each row twice.
#[test]
fn a_database_has_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let first = server(dir.path(), |_| {});
    let location = store::Location::Sqlite(dir.path().join("sessions.db"));
    let mut settings = lunar_habitat_server::ServerSettings::local(location);
    settings.address = ([127, 0, 0, 1], 0).into();
    let error = match lunar_habitat_server::Server::start(settings) {
        Ok(_) => panic!("a second server starts"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("is taken by another `serve`"), "{error}");
    first.stop();
    server(dir.path(), |_| {}).stop();
}
