//! A server that was stopped goes on where it was.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use client::{Client, server};
use serde_json::json;

#[test]
fn sessions_go_on_after_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let first = server(dir.path(), |_| {});
    let client = Client::new(first.url());
    let paused = client.make(json!({ "scenario": "artemis-30d", "seed": 2, "controller": "hold" }));
    let running = client.make(json!({ "scenario": "artemis-30d", "rate": 600.0 }));
    let at = format!("/api/sessions/{paused}");
    client.does(
        &format!("{at}/commands"),
        json!({ "channel": "living.ccaa.set_t_k", "value": 294.0 }),
    );
    client.does(
        &format!("{at}/faults"),
        json!({ "unit": "living.hull", "mode": "leaking", "amount": 0.0003 }),
    );
    client.does(&format!("{at}/step"), json!({ "steps": 60 }));
    let (view, latest, alarms) = (
        client.good(&at),
        client.good(&format!("{at}/latest")),
        client.good(&format!("{at}/alarms")),
    );
    assert!(!alarms.as_array().unwrap().is_empty());
    first.stop();

    let second = server(dir.path(), |_| {});
    assert_eq!(second.resumed(), 2);
    let client = Client::new(second.url());
    assert_eq!(client.good(&at), view);
    assert_eq!(client.good(&format!("{at}/latest")), latest);
    assert_eq!(client.good(&format!("{at}/alarms")), alarms);
    assert_eq!(client.good(&format!("/api/sessions/{running}"))["status"], "running");
    // History is whole across the stop, and the future is that of a session that was never stopped.
    client.does(&format!("{at}/step"), json!({ "steps": 8 }));
    let channel = "living.air.p_total_pa";
    let rows = client.good(&format!("{at}/rows?channels={channel}"));
    assert_eq!(rows["t_s"].as_array().unwrap().len(), 69);
    assert_eq!(rows["gaps"], json!([]));
    second.stop();

    let other = tempfile::tempdir().unwrap();
    let third = server(other.path(), |_| {});
    let client = Client::new(third.url());
    let twin = client.make(json!({ "scenario": "artemis-30d", "seed": 2, "controller": "hold" }));
    let at = format!("/api/sessions/{twin}");
    client.does(
        &format!("{at}/commands"),
        json!({ "channel": "living.ccaa.set_t_k", "value": 294.0 }),
    );
    client.does(
        &format!("{at}/faults"),
        json!({ "unit": "living.hull", "mode": "leaking", "amount": 0.0003 }),
    );
    client.does(&format!("{at}/step"), json!({ "steps": 68 }));
    let uninterrupted = client.good(&format!("{at}/rows?channels={channel}"));
    assert_eq!(uninterrupted["values"], rows["values"]);
    third.stop();
}
