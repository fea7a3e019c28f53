//! Dashboards and alerts in `deploy/` are files that can be read, and name what a server exports.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod client;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use client::{Client, server};
use serde_json::{Value, json};

/// What metrics of ours begin with.
const OURS: &str = "lunar_habitat_";
/// Labels that Prometheus adds.
const ADDED: [&str; 3] = ["instance", "job", "le"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn text(name: &str) -> String {
    let path = file(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The rules of `alerts.yml`.
fn alerts() -> Vec<Value> {
    let file = yaml("prometheus/alerts.yml");
    let groups = file["groups"].as_array().unwrap().iter();
    groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

/// Every text under `key`, however deep.
fn under(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(text) if name == key => found.push(text.clone()),
                    other => under(other, key, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| under(value, key, found)),
        _ => {}
    }
}

/// Expressions of alerts and of the dashboard.
fn expressions() -> Vec<String> {
    let mut all: Vec<String> =
        alerts().iter().map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect();
    let dashboard: Value = serde_json::from_str(&text("grafana/lunar-habitat.json")).unwrap();
    let before = all.len();
    under(&dashboard, "expr", &mut all);
    assert!(before >= 10 && all.len() >= before + 30, "{before} alerts, {} in all", all.len());
    all
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Metrics in an expression, each with the labels that are asked of it.
fn metrics(expression: &str) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for (at, _) in expression.match_indices(OURS) {
        let rest = &expression[at..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = inside.map_or(Vec::new(), |(inside, _)| {
            let parts = inside.split(',').filter(|part| !part.is_empty());
            parts.map(|part| part.trim().split(['=', '!']).next().unwrap().to_owned()).collect()
        });
        all.push((name.to_owned(), labels));
    }
    all
}

/// Labels that an expression sums by.
fn groups(expression: &str) -> Vec<String> {
    let mut all = Vec::new();
    for part in expression.split("by (").skip(1) {
        let (inside, _) = part.split_once(')').unwrap();
        all.extend(inside.split(',').map(|label| label.trim().to_owned()));
    }
    all
}

/// What a server exports: labels by name.
fn exported(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let end = line.find(|c| !is_name(c)).unwrap();
        let labels = all.entry(line[..end].to_owned()).or_default();
        if let Some(inside) = line[end..].strip_prefix('{') {
            let (inside, _) = inside.rsplit_once('}').unwrap();
            labels.extend(inside.split("\",").map(|p| p.split_once('=').unwrap().0.to_owned()));
        }
    }
    all
}

#[test]
fn every_metric_that_is_named_is_exported() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |_| {});
    let client = Client::new(server.url());
    let id = client.make(json!({ "scenario": "artemis-30d" }));
    // A listener that does not read: what it loses is counted once it goes on.
    let mut slow = client.listen(&id, "*");
    for _ in 0..12 {
        client.does(&format!("/api/sessions/{id}/step"), json!({ "steps": 500 }));
    }
    assert!(slow.until("lost").as_u64().unwrap() > 0);
    let exported = exported(client.good("/metrics").as_str().unwrap());
    server.stop();

    let mut named = BTreeSet::new();
    for expression in expressions() {
        let found = metrics(&expression);
        assert!(
            !found.is_empty() || expression.starts_with("up{") || expression.starts_with("ALERTS{"),
            "{expression}"
        );
        let mut around = BTreeSet::new();
        for (name, labels) in found {
            let Some(known) = exported.get(&name) else {
                panic!("`{name}` is not exported; it is named in `{expression}`");
            };
            for label in labels.iter().filter(|label| !ADDED.contains(&label.as_str())) {
                assert!(known.contains(label), "`{name}` has no label `{label}`: `{expression}`");
            }
            around.extend(known.clone());
            named.insert(name);
        }
        for label in groups(&expression).iter().filter(|label| !ADDED.contains(&label.as_str())) {
            assert!(around.contains(label), "nothing has the label `{label}`: `{expression}`");
        }
    }
    assert!(named.len() >= 30, "{named:?}");
}

#[test]
fn each_alert_says_what_is_wrong_and_what_to_do() {
    let mut names = BTreeSet::new();
    for rule in alerts() {
        let name = rule["alert"].as_str().unwrap().to_owned();
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(["page", "ticket"].contains(&severity), "{name}: {severity}");
        for key in ["summary", "action"] {
            let words = rule["annotations"][key].as_str().unwrap_or_default();
            assert!(words.len() > 20, "{name}: {key} is `{words}`");
        }
        assert!(names.insert(name.clone()), "{name} twice");
    }
    let config = yaml("prometheus/prometheus.yml");
    assert_eq!(config["rule_files"][0].as_str(), Some("alerts.yml"));
    assert_eq!(config["scrape_configs"][0]["metrics_path"].as_str(), Some("/metrics"));
    let job = config["scrape_configs"][0]["job_name"].as_str().unwrap();
    assert!(expressions().iter().any(|one| one.contains(&format!("job=\"{job}\""))));
    // What the tests of the rules expect, the rules have.
    let tests = yaml("prometheus/alerts_test.yml");
    for test in tests["tests"].as_array().unwrap() {
        for one in test["alert_rule_test"].as_array().unwrap_or(&Vec::new()) {
            let name = one["alertname"].as_str().unwrap();
            assert!(names.contains(name), "{name} is tested and not declared");
        }
    }
}

#[test]
fn panels_lie_beside_each_other_and_ask_the_chosen_source() {
    let dashboard: Value = serde_json::from_str(&text("grafana/lunar-habitat.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{} lies on another one", panel["title"]);
            }
        }
        for target in panel["targets"].as_array().unwrap_or(&Vec::new()) {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            assert!(!target["expr"].as_str().unwrap().is_empty());
        }
    }
    let names: Vec<&str> = dashboard["templating"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["datasource", "instance"]);
}

/// With the tool of Prometheus, where it is installed (`PROMTOOL`, or on the path): expressions are sound, and rules fire when they
/// should.
#[test]
fn prometheus_itself_takes_the_files() {
    let tool = std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    if Command::new(&tool).arg("--version").output().is_err() {
        println!("there is no promtool: rules are read, and not tried on series");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Expressions of the dashboard as rules, so that the tool reads them.
    let rule = |(at, expr): (usize, String)| json!({ "record": format!("panel_{at}"), "expr": expr.replace("$instance", ".*") });
    let rules: Vec<Value> = expressions().into_iter().enumerate().map(rule).collect();
    let drawn = dir.path().join("dashboard.yml");
    let all = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    std::fs::write(&drawn, all.to_string()).unwrap();
    let drawn = drawn.display().to_string();
    for words in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
        ["check", "rules", &drawn],
    ] {
        let output =
            Command::new(&tool).args(words).current_dir(file("prometheus")).output().unwrap();
        let told =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {told}");
    }
}
