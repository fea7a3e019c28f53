//! A session from its making to its end, as a person with a client lives it.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use client::{Client, server, wait_for};
use serde_json::{Value, json};

const CO2: &str = "living.air.sensed_pp_co2_pa";

fn times(slice: &Value) -> Vec<f64> {
    slice["t_s"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect()
}

#[test]
fn a_session_is_stepped_commanded_and_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d", "seed": 3, "name": "first" }));
    let at = format!("/api/sessions/{id}");
    let view = client.does(&format!("{at}/step"), json!({ "steps": 30 }));
    assert_eq!((view["t_s"].as_f64(), view["status"].as_str()), (Some(1_800.0), Some("paused")));

    let channels = client.good(&format!("{at}/channels"));
    assert!(channels.as_array().unwrap().len() > 400);
    let slice = client.good(&format!("{at}/rows?channels={CO2}"));
    assert_eq!(times(&slice), (0..=30).map(|step| 60.0 * f64::from(step)).collect::<Vec<_>>());
    let latest = client.good(&format!("{at}/latest"));
    assert_eq!(latest["values"][CO2], slice["values"][CO2][30]);

    // A set-point that an operator holds stays against the controller, until it is given back.
    let set_point = "living.ccaa.set_t_k";
    let set =
        client.does(&format!("{at}/commands"), json!({ "channel": set_point, "value": 295.5 }));
    assert_eq!(set["value"], 295.5);
    client.does(&format!("{at}/step"), json!({ "steps": 60 }));
    assert_eq!(client.good(&format!("{at}/latest"))["values"][set_point], 295.5);
    client.does(&format!("{at}/commands"), json!({ "channel": set_point, "value": null }));
    assert_eq!(client.good(&at)["held"], json!({}));

    // A failure from outside is an event, and the unit shows it.
    client.does(&format!("{at}/faults"), json!({ "unit": "living.oga", "mode": "failed" }));
    client.does(&format!("{at}/step"), json!({ "steps": 2 }));
    let units = client.good(&format!("{at}/units"));
    let oga = units.as_array().unwrap().iter().find(|unit| unit["unit"] == "living.oga").unwrap();
    assert_eq!(oga["mode"], "failed");
    let events = client.good(&format!("{at}/events"));
    let kinds: Vec<&str> =
        events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    for kind in ["command", "injection", "failure"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    client.does(&format!("{at}/controller"), json!({ "name": "hold" }));
    assert_eq!(client.good(&at)["controller"], "hold");

    // A fork begins where it stands and goes its own way.
    let (status, fork) = client.post(&format!("{at}/fork"), json!({ "name": "second" }));
    assert_eq!((status, fork["t_s"].as_f64()), (201, view_t(&client, &at)));
    let (status, ended) = client.delete(&at);
    assert_eq!((status, ended["name"].as_str()), (200, Some("first")));
    assert_eq!(client.get(&at).0, 404);
    // What it recorded stays.
    let rows = client.good(&format!("/api/runs/session-{id}/rows?channels={CO2}"));
    assert_eq!(times(&rows).len(), 93);
    server.stop();
}

fn view_t(client: &Client, at: &str) -> Option<f64> {
    client.good(at)["t_s"].as_f64()
}

/// Plots of other tools lose or double points where history ends and the stream begins.
#[test]
fn history_and_stream_meet_without_a_seam() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d", "rate": 6_000.0 }));
    let at = format!("/api/sessions/{id}");
    let mut listener = client.listen(&id, CO2);
    let mut streamed: Vec<(f64, f64)> = Vec::new();
    while streamed.len() < 300 {
        let message = listener.next();
        assert!(message.get("lost").is_none(), "{message}");
        if let Some(row) = message.get("row") {
            streamed.push((row["t_s"].as_f64().unwrap(), row["values"][CO2].as_f64().unwrap()));
            // While rows go from memory into the database, history is whole at every moment.
            if streamed.len().is_multiple_of(20) {
                let now = streamed[streamed.len() - 1].0;
                let slice = client.good(&format!("{at}/rows?channels={CO2}&to_s={now}"));
                let expected: Vec<f64> =
                    (0..=(now / 60.0).round() as u64).map(|step| 60.0 * step as f64).collect();
                assert_eq!(times(&slice), expected);
                assert_eq!(slice["gaps"], json!([]));
            }
        }
    }
    assert!(streamed.windows(2).all(|pair| pair[1].0 == pair[0].0 + 60.0));
    client.does(&format!("{at}/pause"), json!({}));
    let (from, to) = (streamed[0].0, streamed[299].0);
    let slice = client.good(&format!("{at}/rows?channels={CO2}&from_s={from}&to_s={to}"));
    let recorded: Vec<(f64, f64)> = times(&slice)
        .into_iter()
        .zip(slice["values"][CO2].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()))
        .collect();
    assert_eq!(recorded, streamed);
    server.stop();
}

#[test]
fn an_alarm_is_raised_told_and_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d", "controller": "hold" }));
    let at = format!("/api/sessions/{id}");
    let mut listener = client.listen(&id, "");
    client.does(
        &format!("{at}/faults"),
        json!({ "unit": "living.hull", "mode": "leaking", "amount": 0.002 }),
    );
    client.does(&format!("{at}/step"), json!({ "steps": 120 }));
    let told = listener.until("alarm");
    let alarm = told["alarm"].as_str().unwrap();
    let list = client.good(&format!("{at}/alarms"));
    assert!(list.as_array().unwrap().iter().any(|one| one["id"] == alarm), "{list}");
    let before = client.good(&at)["alarms"]["unacknowledged"].as_u64().unwrap();
    let done = client.does(&format!("{at}/alarms/acknowledge"), json!({ "id": alarm }));
    assert_eq!(done["to"], "acknowledged");
    assert_eq!(client.good(&at)["alarms"]["unacknowledged"].as_u64().unwrap(), before - 1);
    let (status, error) = client.post(&format!("{at}/alarms/acknowledge"), json!({ "id": alarm }));
    assert_eq!(status, 409, "{error}");
    assert_eq!(client.post(&format!("{at}/alarms/acknowledge"), json!({ "id": "none" })).0, 422);
    server.stop();
}

#[test]
fn a_controller_proposes_and_an_operator_decides() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d", "advisory": true }));
    let at = format!("/api/sessions/{id}");
    let proposal = || {
        for _ in 0..600 {
            client.does(&format!("{at}/step"), json!({ "steps": 1 }));
            let advice = client.good(&format!("{at}/advice"));
            if !advice.is_null() {
                return advice;
            }
        }
        panic!("the rules never propose anything");
    };
    let first = proposal();
    let number = first["number"].as_u64().unwrap();
    let wanted = &first["proposed"][0];
    let channel = wanted["channel"].as_str().unwrap();
    // Nothing is set until somebody decides.
    assert_ne!(wanted["now"], wanted["value"]);
    let (status, _) = client.post(&format!("{at}/advice/accept"), json!({ "number": number + 1 }));
    assert_eq!(status, 409);
    let accepted = client.does(&format!("{at}/advice/accept"), json!({ "number": number }));
    assert_eq!(
        (accepted["decision"].as_str(), accepted["by"].as_str()),
        (Some("accepted"), Some("local"))
    );
    assert!(client.good(&format!("{at}/advice")).is_null());

    let second = proposal();
    let number = second["number"].as_u64().unwrap();
    let value = second["proposed"][0]["now"].as_f64().unwrap();
    let body = json!({
        "number": number,
        "commands": [{ "channel": second["proposed"][0]["channel"], "value": value }],
        "why": "the crew sleeps",
    });
    let overridden = client.does(&format!("{at}/advice/override"), body);
    assert_eq!(overridden["decision"], "overridden");
    proposal();
    // The third expires with the next decision.
    client.does(&format!("{at}/step"), json!({ "steps": 20 }));
    wait_for("an expired proposal", || {
        let history = client.good(&format!("{at}/advice/history"));
        let of: Vec<&str> = history
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["decision"].as_str().unwrap())
            .collect();
        of.starts_with(&["accepted", "overridden", "expired"])
    });
    // What was seen, proposed and set is there as training data.
    let history = client.good(&format!("{at}/advice/history?seen=true"));
    assert!(history[0]["seen"].as_object().unwrap().len() > 100);
    assert_eq!(history[0]["commands"][0]["channel"], channel);
    assert_eq!(history[1]["why"], "the crew sleeps");
    let last = client.good(&format!("{at}/advice/history?most=1"));
    assert_eq!((last.as_array().unwrap().len(), &last[0]["seen"]), (1, &json!({})));

    // A proposal that is at hand when somebody else takes command has expired, on the record.
    let fourth = proposal()["number"].as_u64().unwrap();
    client.does(&format!("{at}/controller"), json!({ "name": "hold" }));
    assert!(client.good(&format!("{at}/advice")).is_null());
    let history = client.good(&format!("{at}/advice/history"));
    let of = |one: &Value| (one["number"].as_u64().unwrap(), one["decision"].clone());
    assert!(history.as_array().unwrap().iter().any(|one| of(one) == (fourth, json!("expired"))));
    server.stop();
}

#[test]
fn what_is_wrong_is_told_in_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| settings.most_sessions = 1);
    let client = Client::new(server.url());
    for (body, status, words) in [
        (json!({ "scenario": "../../etc/passwd" }), 422, "no scenario"),
        (json!({ "scenario": "artemis-30d", "controller": "magic" }), 422, "magic"),
        (json!({ "scenario": "artemis-30d", "rate": -1.0 }), 422, "rate"),
        (json!({ "scenario": "artemis-30d", "difficulty": "absurd" }), 422, "difficulty"),
        (json!({ "scenario": "artemis-30d", "days": 0.0 }), 422, "days"),
        (json!({ "scenario": "artemis-30d", "name": "\n" }), 422, "name"),
        (json!({ "scenario": "artemis-30d", "unknown": 1 }), 422, "unknown"),
        (json!([1, 2]), 422, "body"),
    ] {
        let (found, error) = client.post("/api/sessions", body.clone());
        assert_eq!(found, status, "{body}: {error}");
        assert!(error["error"].as_str().unwrap().contains(words), "{body}: {error}");
    }
    assert_eq!(client.post_bytes("/api/sessions", b"{\"scenario\": ").0, 400);
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    assert_eq!(client.post("/api/sessions", json!({ "scenario": "cabin-30d" })).0, 503);
    let at = format!("/api/sessions/{id}");
    for (path, body, status) in [
        ("step", json!({ "steps": 0 }), 422),
        ("step", json!({ "steps": 501 }), 422),
        ("run", json!({ "rate": 0.0 }), 422),
        ("run", json!({ "rate": "fast" }), 422),
        ("commands", json!({ "channel": "living.air.pp_co2_pa", "value": 1.0 }), 422),
        ("commands", json!({ "channel": "nowhere", "value": 1.0 }), 422),
        ("faults", json!({ "unit": "nothing", "mode": "failed" }), 422),
        ("alarms/shelve", json!({ "id": "x", "until_s": 1.0, "why": "" }), 422),
        ("alarms/shelve", json!({ "id": "x", "until_s": 1.0, "why": "y".repeat(1_001) }), 422),
        ("alarms/acknowledge", json!({ "id": "z".repeat(20_000) }), 422),
        ("what-if", json!({ "controllers": [], "futures": 1, "hours": 1.0, "channels": [] }), 422),
    ] {
        let (found, error) = client.post(&format!("{at}/{path}"), body);
        assert_eq!(found, status, "{path}: {error}");
    }
    for (path, status) in [
        ("rows?channels=nowhere", 422),
        ("rows?channels=", 422),
        ("rows", 422),
        ("rows?channels=living.air.pp_co2_pa&from_s=2&to_s=1", 422),
        ("rows?channels=living.air.pp_co2_pa&most=1", 422),
        ("rows?channels=living.air.pp_co2_pa&most=100001", 422),
        ("events?most=0", 422),
        ("advice/history?most=0", 422),
        ("stream", 400),
    ] {
        let (found, error) = client.get(&format!("{at}/{path}"));
        assert_eq!(found, status, "{path}: {error}");
    }
    assert_eq!(client.get("/api/runs/none/results").0, 404);
    server.stop();
}

/// One habitat that breaks its mission does not touch another.
#[test]
fn the_end_of_a_mission_ends_its_session_alone() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let short = client.make(json!({ "scenario": "cabin-30d", "days": 1.0, "rate": 1e6 }));
    let other = client.make(json!({ "scenario": "cabin-30d", "rate": 600.0 }));
    wait_for("the end", || client.good(&format!("/api/sessions/{short}"))["status"] == "ended");
    let view = client.good(&format!("/api/sessions/{short}"));
    assert_eq!((view["t_s"].as_f64(), view["success"].as_bool()), (Some(86_400.0), Some(true)));
    assert_eq!(client.post(&format!("/api/sessions/{short}/run"), json!({ "rate": 1.0 })).0, 409);
    assert_eq!(client.good(&format!("/api/sessions/{other}"))["status"], "running");
    server.stop();
}
