//! A session that ran slowly and was told to run fast first waited for the step that was due at the slow rate: an hour and a half
//! at a hundredth of real time.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use client::{Client, server, wait_for};
use serde_json::json;

#[test]
fn a_new_rate_counts_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    let at = format!("/api/sessions/{id}");
    client.does(&format!("{at}/run"), json!({ "rate": 0.01 }));
    assert_eq!(client.good(&at)["t_s"], 0.0);
    client.does(&format!("{at}/run"), json!({ "rate": 6_000.0 }));
    wait_for("steps at the new rate", || client.good(&at)["t_s"].as_f64().unwrap() >= 3_000.0);
    server.stop();
}
