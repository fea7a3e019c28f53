//! Verbs that tell a collector of OpenTelemetry what they do: it gets every stage once, and whether it is there makes no
//! difference to what they are asked for.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

#[path = "../../watch/tests/collector/mod.rs"]
mod collector;
mod program;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;

use self::collector::Collector;
use self::program::{line, stderr, stdout};

const TRAIN: &str = "train --scenario cabin-30d --days 4 --decisions 256 --lanes 8 --segment 16 --minibatch 64 --hidden 16 \
                     --threads 2 --json";

/// Runs of each stage by the profile in `dir`.
fn runs(dir: &Path) -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(dir.join("profile.json")).unwrap();
    let profile: Value = serde_json::from_str(&text).unwrap();
    let mut runs = BTreeMap::new();
    for stage in profile["stages"].as_array().unwrap() {
        let name = stage["path"].as_array().unwrap().last().unwrap().as_str().unwrap();
        *runs.entry(name.to_owned()).or_default() += stage["runs"].as_u64().unwrap();
    }
    runs
}

/// The verb with a collector named by the variables that every program of OpenTelemetry reads.
fn with_variables(dir: &Path, words: &str, url: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(words.split_whitespace())
        .current_dir(dir)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret")
        .env("OTEL_SERVICE_NAME", "greenhouse")
        .output()
        .unwrap()
}

#[test]
fn a_training_tells_each_stage_once_and_shows_its_figures() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let collector = Collector::start();
    let words = format!("{TRAIN} --out t --profile p");
    let done = with_variables(dir, &words, &collector.url());
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let runs = runs(&dir.join("p"));
    let sent: u64 = runs.values().sum();
    assert!(stderr(&done).contains(&format!("{sent} spans went to the collector\n")), "{done:?}");
    collector.look(|kept| {
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        for (span, program) in &kept.spans {
            *seen.entry(span.name.clone()).or_default() += 1;
            assert_eq!(program["service.name"], "greenhouse");
            assert_eq!(program["process.command"], "train");
        }
        assert_eq!(seen, runs);
        // A shard that another thread does for an update is in the trace of that update.
        let around = |name: &str, inner: &Span| {
            let found =
                kept.named(name).into_iter().find(|one| one.span_id == inner.parent_span_id);
            found.unwrap_or_else(|| panic!("no {name} around {}", inner.name))
        };
        for shard in kept.named("gradient shard") {
            let update = around("update", around("gradient", shard));
            assert_eq!(shard.trace_id, update.trace_id);
        }
        let value = |name: &str, key: &str, label: &str| {
            let labels = BTreeMap::from([(key.to_owned(), label.to_owned())]);
            kept.metrics.get(&(name.to_owned(), labels)).map(|value| value.0)
        };
        let decisions = ("lunar_habitat_training_decisions_total".to_owned(), BTreeMap::new());
        assert_eq!(kept.metrics[&decisions], (256.0, true));
        let stages = "lunar_habitat_stage_runs_total";
        assert_eq!(value(stages, "stage", "update"), Some(2.0));
        let entropy = value("lunar_habitat_training", "figure", "update/entropy");
        assert!(entropy.is_some_and(f64::is_finite), "{entropy:?}");
        assert!(kept.tokens.iter().all(|token| token.as_deref() == Some("Bearer secret")));
    });
}

#[test]
fn what_is_asked_for_is_the_same_with_a_collector_without_one_and_with_one_that_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let collector = Collector::start();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let flag =
        [String::new(), format!("--otlp {}", collector.url()), format!("--otlp http://{nobody}")];
    let mut weights = Vec::new();
    for (at, flag) in flag.iter().enumerate() {
        let done = line(dir, &format!("{TRAIN} --out t{at} {flag}"));
        assert_eq!(done.status.code(), Some(0), "{flag}: {}", stderr(&done));
        assert_eq!(stderr(&done).contains("telemetry is not taken"), at == 2, "{done:?}");
        assert_eq!(stderr(&done).contains("are lost"), at == 2, "{done:?}");
        let told: Value = serde_json::from_str(&stdout(&done)).unwrap();
        assert_eq!(told[0]["decisions"], 256);
        let policy = std::fs::read_dir(dir.join(format!("t{at}"))).unwrap();
        let policy = policy.map(|one| one.unwrap().path());
        let policy = policy.filter(|path| path.extension().is_some_and(|e| e == "safetensors"));
        weights.push(policy.map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>());
    }
    assert!(!weights[0].is_empty() && weights.iter().all(|of| *of == weights[0]));
}

#[test]
fn a_collector_that_is_none_is_bad_input() {
    let dir = tempfile::tempdir().unwrap();
    let done = line(dir.path(), "simulate --scenario cabin-30d --days 1 --otlp collector:4318");
    assert_eq!(done.status.code(), Some(2));
    let error = stderr(&done);
    assert!(error.contains("--otlp") && error.contains("http:// or https://"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    // A variable that is empty asks for nothing.
    let words = "simulate --scenario cabin-30d --days 1 --out s";
    let done = with_variables(dir.path(), words, "");
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    assert!(!stderr(&done).contains("collector"));
}
