//! `serve` as a program: it says where it listens, is killed, and goes on.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

#[path = "../../watch/tests/collector/mod.rs"]
mod collector;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use catalogue::Values;
use serde_json::{Value, json};
use watch::profile::STAGES;

use self::collector::{Collector, told};

struct Serving {
    child: Child,
    host: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(dir: &Path, more: &[&str]) -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(["serve", "--addr", "127.0.0.1:0", "--requests", "100000"])
        .args(more)
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let host = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    Serving { child, host }
}

impl Serving {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        serde_json::from_str(&self.raw(method, path, body)).unwrap()
    }

    fn raw(&self, method: &str, path: &str, body: &Value) -> String {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 20"), "{path}: {answer}");
        match head.to_lowercase().contains("transfer-encoding: chunked") {
            true => body.split("\r\n").skip(1).step_by(2).collect(),
            false => body.to_owned(),
        }
    }

    fn text(&self, path: &str) -> String {
        self.raw("GET", path, &json!({}))
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, &json!({}))
    }
}

/// Killed at a random moment, with sessions that run and sessions that wait: each goes on from what was kept of it last, and
/// no row is lost or doubled.
#[test]
fn a_kill_costs_a_session_at_most_what_was_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let first = start(dir.path(), &["--store", "sessions.db"]);
    let make = |body: &Value| {
        let view = first.ask("POST", "/api/sessions", body);
        view["id"].as_str().unwrap().to_owned()
    };
    let running: Vec<String> = (0..8)
        .map(|seed| make(&json!({ "scenario": "artemis-30d", "seed": seed, "rate": 1_200.0 })))
        .collect();
    let paused = make(&json!({ "scenario": "artemis-30d", "seed": 40 }));
    first.ask("POST", &format!("/api/sessions/{paused}/step"), &json!({ "steps": 90 }));
    first.ask("POST", &format!("/api/sessions/{paused}/snapshot"), &json!({}));
    // What somebody orders is kept with its bytes at once, not with the next that are due.
    let ordered = format!("/api/sessions/{paused}");
    let set_point = json!({ "channel": "living.ccaa.set_t_k", "value": 294.5 });
    first.ask("POST", &format!("{ordered}/commands"), &set_point);
    let fault = json!({ "unit": "living.oga", "mode": "failed" });
    first.ask("POST", &format!("{}{}/faults", "/api/sessions/", running[0]), &fault);
    let fresh = make(&json!({ "scenario": "artemis-30d", "controller": "hold", "advisory": true }));
    std::thread::sleep(Duration::from_millis(3_700));
    let before: Vec<f64> = running
        .iter()
        .map(|id| first.get(&format!("/api/sessions/{id}"))["t_s"].as_f64().unwrap())
        .collect();
    drop(first);

    let second = start(dir.path(), &["--store", "sessions.db"]);
    let view = second.get(&format!("/api/sessions/{paused}"));
    assert_eq!((view["t_s"].as_f64(), view["status"].as_str()), (Some(5_400.0), Some("paused")));
    assert_eq!(view["held"], json!({ "living.ccaa.set_t_k": 294.5 }));
    let units = second.get(&format!("/api/sessions/{}/units", running[0]));
    let oga = units.as_array().unwrap().iter().find(|unit| unit["unit"] == "living.oga").unwrap();
    assert_eq!(oga["mode"], "failed");
    // One of which nothing but its beginning was kept is still what it was made to be.
    let view = second.get(&format!("/api/sessions/{fresh}"));
    assert_eq!(
        (view["controller"].as_str(), view["mode"].as_str()),
        (Some("hold"), Some("advisory"))
    );
    // They live the lost moments again, and go on.
    let began = Instant::now();
    for (id, before) in running.iter().zip(before) {
        let at = format!("/api/sessions/{id}");
        loop {
            let view = second.get(&at);
            assert_eq!(view["status"], "running");
            if view["t_s"].as_f64().unwrap() > before + 600.0 {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(120), "{view}");
            std::thread::sleep(Duration::from_millis(100));
        }
        second.ask("POST", &format!("{at}/pause"), &json!({}));
        let now = second.get(&at)["t_s"].as_f64().unwrap();
        let rows = second.get(&format!("{at}/rows?channels=living.air.p_total_pa&most=100000"));
        let times: Vec<f64> =
            rows["t_s"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
        let expected: Vec<f64> = (0..=(now / 60.0) as u64).map(|step| 60.0 * step as f64).collect();
        assert_eq!(times, expected);
        let events = second.get(&format!("{at}/events"));
        let events = events.as_array().unwrap();
        assert!(events.iter().any(|event| event["kind"] == "resumed"));
        // What is lived again is not told twice.
        let mut once: Vec<String> = events.iter().map(Value::to_string).collect();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), events.len(), "{events:#?}");
    }
}

#[test]
fn a_demonstration_runs_and_ends_when_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut serving = start(dir.path(), &["--demo"]);
    let sessions = serving.get("/api/sessions");
    assert_eq!(
        (sessions[0]["status"].as_str(), sessions.as_array().unwrap().len()),
        (Some("running"), 1)
    );
    assert!(sessions[0]["t_s"].as_f64().unwrap() >= 86_400.0);
    let id = serving.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(serving.child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let done = Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(["serve", "--demo", "--store", "runs.db"])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
}

/// What a server spends its time on is counted as everywhere, shown in its metrics, and written down at its end.
#[test]
fn stages_of_a_server_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut serving = start(dir.path(), &["--store", "sessions.db", "--profile", "p"]);
    let body = json!({ "scenario": "cabin-30d", "rate": 600.0 });
    let view = serving.ask("POST", "/api/sessions", &body);
    let id = view["id"].as_str().unwrap();
    let at = format!("/api/sessions/{id}");
    std::thread::sleep(Duration::from_millis(1_500));
    serving.ask("POST", &format!("{at}/pause"), &json!({}));
    serving.ask("POST", &format!("{at}/step"), &json!({ "steps": 10 }));
    let channel = "living.air.pp_co2_pa";
    serving.get(&format!("{at}/rows?channels={channel}"));
    let question =
        json!({ "controllers": ["hold"], "futures": 4, "hours": 1.0, "channels": [channel] });
    serving.ask("POST", &format!("{at}/what-if"), &question);
    let question = json!({ "controller": "hold", "channels": [channel] });
    serving.ask("POST", &format!("/api/runs/session-{id}/counterfactual"), &question);
    let metrics = serving.text("/metrics");
    let program = serving.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &program]).status().unwrap().success());
    assert!(serving.child.wait().unwrap().success());
    let text = std::fs::read_to_string(dir.path().join("p/profile.json")).unwrap();
    let profile: Value = serde_json::from_str(&text).unwrap();
    let stages = profile["stages"].as_array().unwrap();
    for stage in STAGES.iter().filter(|stage| stage.room == "server") {
        let is_it = |one: &Value| one["path"].as_array().unwrap().last().unwrap() == stage.name;
        assert!(stages.iter().any(is_it), "{} never ran", stage.name);
        let line = format!("lunar_habitat_stage_runs_total{{stage=\"{}\"}}", stage.name);
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

/// A collector of OpenTelemetry gets requests with what was done for them, below whoever asked, and the metrics of `/metrics`.
#[test]
fn a_collector_is_told_of_requests_and_gets_every_metric() {
    let collector = Collector::start();
    let dir = tempfile::tempdir().unwrap();
    let more = ["--store", "sessions.db", "--otlp", &collector.url()];
    let mut serving = start(dir.path(), &more);
    let view = serving.ask("POST", "/api/sessions", &json!({ "scenario": "cabin-30d" }));
    let at = format!("/api/sessions/{}", view["id"].as_str().unwrap());
    serving.ask("POST", &format!("{at}/step"), &json!({ "steps": 7 }));
    let mut stream = TcpStream::connect(&serving.host).unwrap();
    write!(
        stream,
        "GET {at}/rows?channels=living.air.pp_co2_pa HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n",
        serving.host
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let shown = serving.text("/metrics");
    let program = serving.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &program]).status().unwrap().success());
    assert!(serving.child.wait().unwrap().success());
    collector.look(|kept| {
        let request = |method: &str, route: &str| {
            let found = kept.named("request").into_iter().find(|span| {
                let fields = told(&span.attributes);
                fields["http.request.method"] == method && fields["http.route"] == route
            });
            found.unwrap_or_else(|| panic!("{method} {route}"))
        };
        let step = request("POST", "/api/sessions/{id}/step");
        assert_eq!(
            (step.kind, told(&step.attributes)["http.response.status_code"].as_str()),
            (2, "200")
        );
        let work = kept.named("session steps")[0];
        assert_eq!((&work.parent_span_id, &work.trace_id), (&step.span_id, &step.trace_id));
        let rows = request("GET", "/api/sessions/{id}/rows");
        assert_eq!(rows.trace_id[..4], [0x4b, 0xf9, 0x2f, 0x35]);
        assert_eq!(kept.named("history")[0].parent_span_id, rows.span_id);
        // Each metric of `/metrics` that has a value.
        let names: std::collections::BTreeSet<&str> =
            kept.metrics.keys().map(|(name, _)| name.as_str()).collect();
        let lines = shown.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let all: Vec<&str> = lines.filter_map(|line| line.split(' ').next()).collect();
        let missing: Vec<&&str> = all.iter().filter(|name| !names.contains(*name)).collect();
        assert!(all.len() >= 30 && missing.is_empty(), "{missing:?} of {}", all.len());
        let steps = ("lunar_habitat_steps_total".to_owned(), Default::default());
        assert_eq!(kept.metrics[&steps], (7.0, true));
    });
}

#[test]
fn other_addresses_without_tokens_are_bad_input() {
    let done = Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(["serve", "--addr", "0.0.0.0:0", "--demo"])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(error.contains("without tokens only 127.0.0.0/8"), "{error}");
}

/// What operators made of proposals leaves the database as a table to learn from.
#[test]
fn decisions_on_proposals_are_a_file_of_training_data() {
    let dir = tempfile::tempdir().unwrap();
    let serving = start(dir.path(), &["--store", "sessions.db"]);
    let told = json!({ "scenario": "artemis-30d", "advisory": true });
    let view = serving.ask("POST", "/api/sessions", &told);
    let id = view["id"].as_str().unwrap();
    let at = format!("/api/sessions/{id}");
    let proposal = || {
        for _ in 0..600 {
            serving.ask("POST", &format!("{at}/step"), &json!({ "steps": 1 }));
            let advice = serving.get(&format!("{at}/advice"));
            if !advice.is_null() {
                return advice;
            }
        }
        panic!("the rules never propose anything");
    };
    let export = |out: &str| {
        Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
            .args(["data", "export", "--store", "sessions.db", "--advice"])
            .args([&format!("session-{id}"), "--out", out])
            .current_dir(dir.path())
            .output()
            .unwrap()
    };
    let refused = export("none.parquet");
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && words.contains("nothing was ever proposed"), "{words}");
    assert!(!dir.path().join("none.parquet").exists());

    let first = proposal();
    serving.ask("POST", &format!("{at}/advice/accept"), &json!({ "number": first["number"] }));
    let second = proposal();
    let instead = json!([{ "channel": "living.ccaa.set_t_k", "value": 293.25 }]);
    let body = json!({ "number": second["number"], "commands": instead, "why": "cold feet" });
    serving.ask("POST", &format!("{at}/advice/override"), &body);
    // An order waits for half a second at most before it is written.
    std::thread::sleep(Duration::from_millis(1_500));
    drop(serving);

    let exported = export("advice.parquet");
    assert!(exported.status.success(), "{}", String::from_utf8(exported.stderr).unwrap());
    let frame = store::read_frame(&dir.path().join("advice.parquet")).unwrap();
    assert_eq!(frame.rows(), 2);
    let words = |name: &str| match frame.column(name).unwrap() {
        Values::Words(words) => words.iter().map(str::to_owned).collect::<Vec<String>>(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(words("decision"), ["accepted", "overridden"]);
    assert_eq!(words("why"), ["", "cold feet"]);
    assert_eq!(words("by"), ["local", "local"]);
    let number = |name: &str, row| frame.column(name).unwrap().number(row).unwrap();
    let wanted = &first["proposed"][0];
    let channel = wanted["channel"].as_str().unwrap();
    for label in ["proposed", "set"] {
        assert_eq!(Some(number(&format!("{label}:{channel}"), 0)), wanted["value"].as_f64());
    }
    assert_eq!(number("set:living.ccaa.set_t_k", 1), 293.25);
    // What was known stands beside it, and no true value.
    assert!(number("living.air.sensed_pp_co2_pa", 1) > 100.0);
    assert!(frame.column("living.air.pp_co2_pa").is_none());
    assert_eq!(Some(number("t_s", 0)), first["t_s"].as_f64());
}
