//! What-if and counterfactual replay.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use client::{Client, server};
use serde_json::json;

const CO2: &str = "living.air.pp_co2_pa";

#[test]
fn futures_are_many_paired_and_leave_the_session_alone() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d" }));
    let at = format!("/api/sessions/{id}");
    client.does(&format!("{at}/step"), json!({ "steps": 60 }));
    client.does(&format!("{at}/faults"), json!({ "unit": "living.cdra", "mode": "failed" }));
    let before = client.good(&format!("{at}/latest"));
    let question = json!({
        "controllers": ["current", "hold"], "futures": 40, "hours": 36.0, "channels": [CO2],
    });
    let answer = client.does(&format!("{at}/what-if"), question.clone());
    assert_eq!(client.good(&format!("{at}/latest")), before);
    let times = answer["t_s"].as_array().unwrap();
    assert_eq!((times[0].as_f64(), times.len()), (Some(3_600.0), 73));
    assert_eq!(answer["steps"], 40 * 2 * 2_160);
    let fans = answer["fans"].as_array().unwrap();
    assert_eq!(fans[0]["controller"], "rules");
    for fan in fans {
        let band = &fan["channels"][CO2];
        let row = |name: &str| -> Vec<f64> {
            band[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let (low, middle, high) = (row("p05"), row("p50"), row("p95"));
        // All begin where the session stands, and spread as soon as something is drawn: people from tomorrow on.
        assert_eq!((low[0], high[0]), (middle[0], middle[0]));
        assert!(low.iter().zip(&middle).all(|(low, middle)| low <= middle));
        assert!(high[72] > low[72]);
        // Without its removal CO2 rises.
        assert!(middle[72] > 1.2 * middle[0], "{middle:?}");
    }
    // The same question has the same answer.
    let again = client.does(&format!("{at}/what-if"), question);
    assert_eq!(again["fans"], answer["fans"]);
    server.stop();
}

#[test]
fn a_recorded_mission_flies_again_under_another_controller() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d", "seed": 5, "controller": "rules" }));
    let at = format!("/api/sessions/{id}");
    client.does(&format!("{at}/step"), json!({ "steps": 120 }));
    client.does(&format!("{at}/faults"), json!({ "unit": "living.cdra", "mode": "failed" }));
    client.does(&format!("{at}/step"), json!({ "steps": 400 }));
    client.does(&format!("{at}/snapshot"), json!({}));
    let path = format!("/api/runs/session-{id}/counterfactual");
    let ask = |controller: &str| {
        client.does(&path, json!({ "controller": controller, "channels": [CO2] }))
    };
    // Under the same controller the same mission comes out, failure from outside included.
    let same = ask("rules");
    assert_eq!(same["t_s"].as_array().unwrap().len(), 521);
    assert_eq!(same["recorded"], same["other"]);
    let other = ask("random");
    assert_eq!(other["recorded"], same["recorded"]);
    assert_ne!(other["other"], other["recorded"]);
    assert_eq!(other["outcome_other"]["controller"], "random");
    assert_eq!(client.post(&path, json!({ "controller": "x", "channels": [CO2] })).0, 422);
    server.stop();
}
