//! A thousand sessions with a hundred listeners: nothing lost, nothing doubled, memory flat, requests quick.
//!
//! `cargo test --release -p lunar-habitat-server --test load -- --ignored --nocapture`, with the variables
//! `LUNAR_HABITAT_LOAD_SESSIONS` and `LUNAR_HABITAT_LOAD_S` for another size (1 000 sessions, 600 s).

#![allow(clippy::unwrap_used, clippy::print_stdout)] // A measurement: it fails by panicking and prints its figures.

mod client;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use client::{Client, server};
use serde_json::json;

const CHANNELS: &str =
    "living.air.sensed_pp_co2_pa,living.air.sensed_t_k,living.air.sensed_p_total_pa";
const LISTENERS: usize = 100;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn resident_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1_024.0
}

#[test]
#[ignore = "takes ten minutes of a whole machine"]
fn a_thousand_sessions_and_a_hundred_listeners() {
    let sessions = number("LUNAR_HABITAT_LOAD_SESSIONS", 1_000);
    let seconds = number("LUNAR_HABITAT_LOAD_S", 600);
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), |settings| settings.requests_per_s = 100_000);
    let client = Client::new(server.url());
    let began = Instant::now();
    let ids: Vec<String> = (0..sessions)
        .map(|seed| client.make(json!({ "scenario": "artemis-30d", "seed": seed, "rate": 60.0 })))
        .collect();
    println!("{sessions} sessions made in {:.1} s", began.elapsed().as_secs_f64());
    let stepped = client.make(json!({ "scenario": "artemis-30d", "seed": 7 }));
    let over = AtomicBool::new(false);
    let heard = AtomicU64::new(0);
    let (mut delays, mut memory): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        for listener in 0..LISTENERS {
            let (client, ids, over, heard) = (&client, &ids, &over, &heard);
            scope.spawn(move || {
                let mut stream = client.listen(&ids[listener * ids.len() / LISTENERS], CHANNELS);
                let mut last: Option<f64> = None;
                while !over.load(Ordering::Relaxed) {
                    let message = stream.next();
                    assert!(message.get("lost").is_none(), "{message}");
                    if let Some(row) = message.get("row") {
                        let t_s = row["t_s"].as_f64().unwrap();
                        assert!(last.is_none_or(|last| t_s == last + 60.0), "{last:?} then {t_s}");
                        last = Some(t_s);
                        heard.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(seconds) {
            let asked = Instant::now();
            client.does(&format!("/api/sessions/{stepped}/step"), json!({ "steps": 1 }));
            delays.push(asked.elapsed().as_secs_f64());
            std::thread::sleep(Duration::from_millis(50));
            if delays.len().is_multiple_of(20) {
                memory.push(resident_mb());
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    delays.sort_unstable_by(f64::total_cmp);
    let p99_ms = 1e3 * delays[delays.len() * 99 / 100];
    let (quarter, end) = (memory[memory.len() / 4], memory[memory.len() - 1]);
    let metrics = client.good("/metrics").as_str().unwrap().to_owned();
    let of = |name: &str| -> f64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    println!(
        "{} requests: median {:.2} ms, p99 {p99_ms:.2} ms; {} rows heard; resident {quarter:.0} MB after a quarter, {end:.0} MB at the end; \
         {} steps, {} lags, {} rows kept in {} commits of {:.1} ms",
        delays.len(),
        1e3 * delays[delays.len() / 2],
        heard.load(Ordering::Relaxed),
        of("lunar_habitat_steps_total "),
        of("lunar_habitat_lags_total "),
        of("lunar_habitat_rows_kept_total "),
        of("lunar_habitat_commits_total "),
        of("lunar_habitat_commit_microseconds_total ") / 1e3 / of("lunar_habitat_commits_total "),
    );
    // Every row of every session is there once.
    for id in &ids {
        let at = format!("/api/sessions/{id}");
        client.does(&format!("{at}/pause"), json!({}));
        let now = client.good(&at)["t_s"].as_f64().unwrap();
        let rows = client.good(&format!("{at}/rows?channels=living.air.sensed_t_k&most=100000"));
        let times: Vec<f64> =
            rows["t_s"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
        let expected: Vec<f64> = (0..=(now / 60.0) as u64).map(|step| 60.0 * step as f64).collect();
        assert_eq!(times, expected, "{id}");
        assert!(now >= 0.95 * 60.0 * seconds as f64, "{id} came to {now} s only");
    }
    server.stop();
    assert!(end < 1.1 * quarter + 20.0, "memory grew from {quarter} to {end} MB");
}
