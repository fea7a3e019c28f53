//! OTLP as a collector gets it: spans with those around them, on other threads and in other programs too; metrics; and a
//! collector that is away, refuses or is slow, which nobody who works notices.
#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod collector;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lunar_habitat_watch::WatchError;
use lunar_habitat_watch::export::{Metric, Otlp, PROGRAM, Reading, Timing, read_program};
use lunar_habitat_watch::profile::{Profiler, ProfilerOptions};
use opentelemetry_proto::tonic::trace::v1::Span;
use tracing::{Dispatch, debug_span, info_span};

use self::collector::{Collector, told};

const SOON: Timing =
    Timing { spans: Some(Duration::from_millis(50)), metrics: Some(Duration::from_millis(50)) };

fn options() -> ProfilerOptions {
    ProfilerOptions { targets: vec!["otlp".into()], ..ProfilerOptions::default() }
}

fn start(url: &str) -> (Otlp, Profiler) {
    let otlp = Otlp::start(url, "test", SOON).unwrap();
    let profiler = Profiler::telling(options(), otlp.sink());
    (otlp, profiler)
}

/// A stage, one inside, and one that another thread does for it.
fn work() {
    let outer = info_span!("gradient", shards = 2_u64, exact = true);
    let entered = outer.enter();
    info_span!("prepare").in_scope(|| std::thread::sleep(Duration::from_millis(20)));
    let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
    std::thread::scope(|scope| {
        let (outer, dispatch) = (&outer, &dispatch);
        let shard = move || {
            tracing::dispatcher::with_default(dispatch, || {
                let _shard = info_span!(parent: outer, "shard").entered();
            });
        };
        std::thread::Builder::new().name("helper".into()).spawn_scoped(scope, shard).unwrap();
    });
    drop(entered);
}

#[test]
fn a_span_says_who_it_is_and_what_is_around_it() {
    let collector = Collector::start();
    let (otlp, profiler) = start(&collector.url());
    tracing::subscriber::with_default(profiler.clone(), || {
        work();
        work();
    });
    let sent = otlp.end();
    assert_eq!((sent.spans, sent.lost, sent.failures), (6, 0, 0));
    collector.look(|kept| {
        let outer = kept.named("gradient");
        assert_eq!((kept.spans.len(), outer.len()), (6, 2));
        assert_ne!(outer[0].trace_id, outer[1].trace_id);
        for outer in outer {
            assert!(outer.parent_span_id.is_empty() || outer.parent_span_id == [0; 8]);
            let fields = told(&outer.attributes);
            assert_eq!((fields["shards"].as_str(), fields["exact"].as_str()), ("2", "true"));
            for name in ["prepare", "shard"] {
                let inner: Vec<&Span> = kept
                    .named(name)
                    .into_iter()
                    .filter(|inner| inner.parent_span_id == outer.span_id)
                    .collect();
                assert_eq!(inner.len(), 1, "{name}");
                assert_eq!(inner[0].trace_id, outer.trace_id);
                assert!(inner[0].start_time_unix_nano >= outer.start_time_unix_nano);
                assert!(inner[0].end_time_unix_nano <= outer.end_time_unix_nano);
                let slept = inner[0].end_time_unix_nano - inner[0].start_time_unix_nano;
                assert!(name == "shard" || slept >= 20_000_000, "{slept}");
                let thread = &told(&inner[0].attributes)["thread.name"];
                assert_eq!(thread == "helper", name == "shard", "{thread}");
            }
        }
        let program = &kept.spans[0].1;
        assert_eq!(program["service.name"], "lunar-habitat");
        assert_eq!(program["process.pid"], std::process::id().to_string());
        assert_eq!(program["process.command"], "test");
        assert!(!program["service.version"].is_empty());
    });
}

#[test]
fn sums_are_the_same_whether_somebody_is_told_or_not() {
    let collector = Collector::start();
    let (otlp, telling) = start(&collector.url());
    let silent = Profiler::new(options());
    for profiler in [&silent, &telling] {
        tracing::subscriber::with_default(profiler.clone(), || {
            let request = debug_span!("request");
            request.in_scope(work);
        });
    }
    otlp.end();
    let seen = |profiler: &Profiler| -> Vec<(Vec<String>, u64)> {
        profiler.profile().stages.into_iter().map(|stage| (stage.path, stage.runs)).collect()
    };
    assert_eq!(seen(&silent), seen(&telling));
    assert_eq!(seen(&silent).len(), 3);
    collector.look(|kept| {
        let (request, gradient) = (kept.named("request")[0], kept.named("gradient")[0]);
        assert_eq!(gradient.parent_span_id, request.span_id);
        assert_eq!(kept.spans.len(), 4);
    });
}

#[test]
fn a_request_is_one_span_however_often_it_is_left_and_entered_and_goes_below_who_asked() {
    let collector = Collector::start();
    let (otlp, profiler) = start(&collector.url());
    tracing::subscriber::with_default(profiler, || {
        let request = debug_span!(
            "request",
            otel.kind = "server",
            traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            status = tracing::field::Empty,
            error = tracing::field::Empty,
        );
        for _ in 0..3 {
            request.in_scope(|| std::thread::sleep(Duration::from_millis(5)));
        }
        // As whoever works for it on another thread takes it along.
        let carried = request.in_scope(tracing::Span::current);
        let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
        let stage = move || {
            tracing::dispatcher::with_default(&dispatch, || {
                let _in = carried.enter();
                let _stage = info_span!("step").entered();
            });
        };
        std::thread::spawn(stage).join().unwrap();
        request.record("status", 503_u64);
        request.record("error", "no room");
        // What nobody has entered has not been.
        drop(debug_span!("request"));
    });
    assert_eq!(otlp.end().spans, 2);
    collector.look(|kept| {
        let (request, step) = (kept.named("request")[0], kept.named("step")[0]);
        assert_eq!(request.trace_id[..4], [0x4b, 0xf9, 0x2f, 0x35]);
        assert_eq!(request.parent_span_id, [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
        assert_eq!((request.kind, step.kind), (2, 1));
        assert_eq!((&step.trace_id, &step.parent_span_id), (&request.trace_id, &request.span_id));
        assert!(request.end_time_unix_nano - request.start_time_unix_nano >= 15_000_000);
        let fields = told(&request.attributes);
        assert_eq!(fields["status"], "503");
        assert!(!fields.contains_key("traceparent") && !fields.contains_key("otel.kind"));
        let status = request.status.clone().unwrap();
        assert_eq!((status.code, status.message.as_str()), (2, "no room"));
    });
}

const LEVELS: &[Metric] = &[
    Metric::gauge("tank_level", "How full a tank is"),
    Metric::counter("turns_total", "How often it was read"),
];

#[test]
fn metrics_are_read_once_for_each_collection() {
    let collector = Collector::start();
    let (otlp, profiler) = start(&collector.url());
    let reads = Arc::new(AtomicU64::new(0));
    let own = Arc::clone(&reads);
    otlp.observe(LEVELS, move || {
        let turns = own.fetch_add(1, Ordering::Relaxed) + 1;
        vec![
            Reading::with("tank_level", "tank", "oxygen", 0.5),
            Reading::with("tank_level", "tank", "water", -1.5),
            Reading::of("turns_total", turns as f64),
        ]
    });
    let waits = otlp.histogram("wait_seconds", "How long somebody waited", &[0.1, 1.0]);
    waits.record(0.05, &[]);
    waits.record(5.0, &[]);
    let listening = profiler.clone();
    otlp.observe(PROGRAM, move || read_program(Some(&listening)));
    tracing::subscriber::with_default(profiler, work);
    collector.wait("metrics", |kept| kept.collections >= 3 && kept.metrics.len() >= 8);
    otlp.end();
    collector.look(|kept| {
        let value = |name: &str, labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(key, of)| ((*key).to_owned(), (*of).to_owned()));
            let key = (name.to_owned(), labels.collect());
            *kept.metrics.get(&key).unwrap_or_else(|| panic!("{name}"))
        };
        assert_eq!(value("tank_level", &[("tank", "oxygen")]), (0.5, false));
        assert_eq!(value("tank_level", &[("tank", "water")]), (-1.5, false));
        assert_eq!(value("wait_seconds", &[]), (2.0, true));
        let (turns, grows) = value("turns_total", &[]);
        assert!(grows && turns >= 1.0 && turns <= kept.collections as f64, "{turns}");
        assert_eq!(value("lunar_habitat_stage_runs_total", &[("stage", "shard")]), (1.0, true));
        for name in ["resident_bytes", "threads", "open_files", "processor_milliseconds_total"] {
            let (now, _) = value(&format!("lunar_habitat_{name}"), &[]);
            assert!(now > 0.0 || !cfg!(target_os = "linux"), "{name} {now}");
        }
    });
    assert!(reads.load(Ordering::Relaxed) >= 1);
}

#[test]
fn a_collector_that_is_away_costs_nothing_but_its_spans_and_is_found_again() {
    // An address on which nobody listens now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (otlp, profiler) = start(&format!("http://{address}"));
    tracing::subscriber::with_default(profiler.clone(), || info_span!("early").in_scope(|| ()));
    let begun = Instant::now();
    while otlp.told().failures == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
    let collector = Collector::at(address);
    let begun = Instant::now();
    while otlp.told().spans == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tracing::subscriber::with_default(profiler.clone(), || info_span!("late").in_scope(|| ()));
        std::thread::sleep(Duration::from_millis(10));
    }
    let sent = otlp.end();
    assert!(sent.spans >= 1 && sent.failures >= 1, "{sent:?}");
    collector.look(|kept| assert_eq!(kept.spans.len() as u64, sent.spans));
}

#[test]
fn what_is_refused_is_counted_and_a_flood_is_cut() {
    let collector = Collector::start();
    collector.answer(401);
    let (otlp, profiler) = start(&collector.url());
    tracing::subscriber::with_default(profiler, || {
        for _ in 0..50_000 {
            info_span!("flood").in_scope(|| ());
        }
    });
    let sent = otlp.end();
    assert_eq!((sent.spans, sent.lost), (0, 50_000));
    assert!(sent.failures >= 1);
}

#[test]
fn a_collector_that_never_answers_does_not_hold_the_end_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (otlp, profiler) = start(&format!("http://{}", listener.local_addr().unwrap()));
    tracing::subscriber::with_default(profiler, work);
    let begun = Instant::now();
    let sent = otlp.end();
    // Twice five seconds, and some more for a machine that is busy.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_eq!((sent.spans, sent.lost), (0, 3));
}

#[test]
fn an_address_that_is_none_is_refused_with_what_is_allowed() {
    for bad in ["", "collector:4318", "ftp://collector", "http://", "http://c/?token=1", "a b"] {
        match Otlp::start(bad, "test", SOON) {
            Err(WatchError::Range { found, allowed, .. }) => {
                assert!(found == bad && !allowed.is_empty());
            }
            other => panic!("{bad}: {other:?}"),
        }
    }
    for good in ["http://127.0.0.1:4318/", "https://collector.example/otlp"] {
        assert!(Otlp::start(good, "test", SOON).is_ok(), "{good}");
    }
}
