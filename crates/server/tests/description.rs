//! The description says what the server does. It once named two bodies alike, so that one was described as the other, said nothing
//! of tokens or of ranges, and its limits of bodies were not those of the server. `cargo xtask api` asks for everything in it; here
//! is what that does not see.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod client;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use client::{Client, server};
use lunar_habitat_server::Tokens;
use serde_json::{Value, json};

/// Every value under `key`, however deep.
fn under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get(key));
            map.values().for_each(|value| under(value, key, found));
        }
        Value::Array(list) => list.iter().for_each(|value| under(value, key, found)),
        _ => {}
    }
}

fn described(client: &Client) -> Value {
    client.good("/openapi.json")
}

#[test]
fn every_operation_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let all = described(&Client::new(server.url()));
    let mut names = BTreeSet::new();
    let mut count = 0;
    for (path, operations) in all["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{method} {path}: `{name}` twice");
            count += 1;
        }
    }
    assert!(count >= 37, "{count}");
    let mut references = Vec::new();
    under(&all, "$ref", &mut references);
    assert!(references.len() >= 60, "{}", references.len());
    for reference in references {
        let at = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(all.pointer(at).is_some(), "{at}");
    }
    let schemes = all["components"]["securitySchemes"].as_object().unwrap();
    for ways in all["security"].as_array().unwrap() {
        assert!(ways.as_object().unwrap().keys().all(|way| schemes.contains_key(way)), "{ways}");
    }
}

/// Keys of the body that a request takes.
fn keys(all: &Value, path: &str) -> Vec<String> {
    let body = &all["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let schema = match body["$ref"].as_str() {
        Some(at) => all.pointer(at.strip_prefix('#').unwrap()).unwrap(),
        None => body,
    };
    let mut keys: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}

#[test]
fn bodies_of_like_names_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let all = described(&Client::new(server.url()));
    for (path, wanted) in [
        ("/api/sessions/{id}/commands", vec!["channel", "value"]),
        (
            "/api/sessions/{id}/what-if",
            vec!["channels", "commands", "controllers", "futures", "hours"],
        ),
        ("/api/runs/{name}/counterfactual", vec!["channels", "controller"]),
        ("/api/sessions/{id}/advice/override", vec!["commands", "number", "why"]),
    ] {
        assert_eq!(keys(&all, path), wanted, "{path}");
    }
    // What an override sets is not what another controller is asked for.
    let mut commands = Vec::new();
    under(&all["components"]["schemas"]["Override"], "$ref", &mut commands);
    let instead = all.pointer(commands[0].as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
    assert!(instead["properties"]["value"].is_object(), "{instead}");
}

/// Every answer about alarms was described as any JSON.
#[test]
fn alarms_are_what_they_are_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let all = described(&client);
    let properties = |name: &str| -> BTreeSet<String> {
        let mut found = Vec::new();
        under(&all["components"]["schemas"][name], "properties", &mut found);
        found.iter().flat_map(|one| one.as_object().unwrap().keys().cloned()).collect()
    };
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let id = client.make(json!({ "scenario": "artemis-30d" }));
    let listed = client.good(&format!("/api/sessions/{id}/alarms?all=true"));
    let wanted = &properties("Alarm") | &properties("ListedAlarm");
    assert!(wanted.len() >= 17, "{wanted:?}");
    assert_eq!(keys(&listed[0]), wanted);
    let alarm = listed.as_array().unwrap().iter().find(|one| one["priority"] == "low").unwrap();
    let body = json!({ "id": alarm["id"], "until_s": 3_600.0, "why": "known" });
    let moved = client.does(&format!("/api/sessions/{id}/alarms/shelve"), body);
    assert_eq!(keys(&moved), properties("AlarmTransition"));
    let states = &all["components"]["schemas"]["AlarmState"]["enum"];
    assert!(states.as_array().unwrap().contains(&moved["to"]), "{moved}");
}

#[test]
fn bodies_are_taken_up_to_the_limit_and_refused_in_json_beyond() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    let at = format!("/api/sessions/{id}/controller");
    // A policy of some megabytes is read, and found to be none.
    for megabytes in [3, 15] {
        let (status, told) = client.post(&at, json!({ "policy": "A".repeat(megabytes << 20) }));
        assert_eq!(status, 422, "{megabytes} MB: {told}");
    }
    let (status, told) = client.post(&at, json!({ "policy": "A".repeat(17 << 20) }));
    assert_eq!(status, 413);
    assert!(told["error"].is_string(), "{told}");
}

#[test]
fn what_is_malformed_is_refused_in_json() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| {
        settings.tokens = Tokens::parse("admin someone 0123456789abcdef\n", "t").unwrap();
    });
    let client = Client::with(server.url(), "0123456789abcdef");
    let id = client.make(json!({ "scenario": "cabin-30d" }));
    let (status, told) = client.get("/api/sessions/%FF");
    assert!(status == 400 && told["error"].is_string(), "{status} {told}");
    // A list is no object, though its values may stand in the right order.
    for (path, list) in [("step", "[5]"), ("fork", "[]"), ("fork", " \n[\"a\", 0.0]")] {
        let (status, told) =
            client.post_bytes(&format!("/api/sessions/{id}/{path}"), list.as_bytes());
        assert_eq!(status, 422, "{path} {list}: {told}");
    }
    // Where the database lies is nobody's concern.
    let (status, told) = client.get("/api/runs/nothing/results");
    assert_eq!((status, told["error"].as_str()), (404, Some("there is no run `nothing`")));
    let host = server.url();
    let host = host.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /api/sessions HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 401") && answer.contains("www-authenticate: Bearer"),
        "{answer}"
    );
}
