//! Metrics of the server: what is counted elsewhere, read when somebody collects it.
//!
//! `/metrics` shows them to Prometheus; a collector of OpenTelemetry gets the same ones, where there is one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, Weak};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram};
use runtime::Priority;
use runtime::memory::{Level, MemoryBudget};
use watch::export::{Kind, Metric, Otlp, PROGRAM, Reading, read_program};

use crate::ServerError;
use crate::api::Desk;
use crate::session::view::Status;

/// Bounds of times of requests, s.
const REQUEST_S: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0];

/// What [`read`] reads of the server itself.
const SERVER: &[Metric] = &[
    Metric::gauge("lunar_habitat_sessions", "Sessions by what they are doing"),
    Metric::gauge("lunar_habitat_listeners", "Streams that are open"),
    Metric::gauge("lunar_habitat_alarms_open", "Open alarms by priority"),
    Metric::gauge(
        "lunar_habitat_alarms_unacknowledged",
        "Open alarms that nobody has acknowledged",
    ),
    Metric::gauge("lunar_habitat_people_alive", "People alive in all sessions"),
    Metric::gauge("lunar_habitat_executor_workers", "Workers of the executor by group"),
    Metric::gauge("lunar_habitat_executor_busy", "Share of time that workers were busy, by group"),
    Metric::gauge("lunar_habitat_tasks_waiting", "Tasks that wait, by class"),
    Metric::gauge("lunar_habitat_memory_left_bytes", "Memory that may still be used"),
    Metric::gauge("lunar_habitat_memory_account_bytes", "Memory reserved, by account"),
    Metric::gauge("lunar_habitat_memory_limit_bytes", "Memory that may be used"),
    Metric::gauge("lunar_habitat_memory_level", "How scarce memory is: 0 not at all, up to 5"),
    Metric::gauge("lunar_habitat_database_connections", "Connections to the database"),
    Metric::gauge("lunar_habitat_database_connections_idle", "Connections to the database at rest"),
    Metric::gauge("lunar_habitat_cache_bytes", "Bytes of rows remembered"),
    Metric::gauge("lunar_habitat_cache_capacity_bytes", "Bytes of rows that may be remembered"),
    Metric::gauge("lunar_habitat_cache_entries", "Results remembered"),
    Metric::gauge("lunar_habitat_cache_hit_ratio", "Share of questions answered from memory"),
    Metric::gauge(
        "lunar_habitat_keeper_trouble",
        "1 while the last write into the database failed",
    ),
    Metric::gauge("lunar_habitat_uptime_seconds", "Time since the server began"),
    Metric::counter("lunar_habitat_stream_lost_total", "News that slow listeners lost"),
    Metric::counter("lunar_habitat_steps_total", "Steps of all sessions"),
    Metric::counter("lunar_habitat_turns_total", "Turns of sessions that run"),
    Metric::counter("lunar_habitat_lags_total", "Times that a session could not keep its rate"),
    Metric::counter("lunar_habitat_rows_kept_total", "Rows written into the database"),
    Metric::counter("lunar_habitat_events_kept_total", "Events written into the database"),
    Metric::counter("lunar_habitat_snapshots_kept_total", "Snapshots written into the database"),
    Metric::counter("lunar_habitat_snapshot_bytes_total", "Size of these, bytes"),
    Metric::counter("lunar_habitat_commits_total", "Transactions of the keeper"),
    Metric::counter(
        "lunar_habitat_commit_failures_total",
        "Transactions of the keeper that failed",
    ),
    Metric::counter(
        "lunar_habitat_commit_microseconds_total",
        "Time in transactions of the keeper",
    ),
    Metric::counter("lunar_habitat_cache_hits_total", "Questions answered from memory"),
    Metric::counter("lunar_habitat_cache_misses_total", "Questions answered from the database"),
    Metric::counter("lunar_habitat_cache_evictions_total", "Results that had to go"),
    Metric::counter("lunar_habitat_tasks_done_total", "Tasks done by class"),
    Metric::counter(
        "lunar_habitat_alarms_announced_total",
        "Changes of alarms that receivers have, by receiver",
    ),
    Metric::counter(
        "lunar_habitat_alarms_unannounced_total",
        "Changes of alarms given up or dropped, by receiver",
    ),
];

const REQUESTS: (&str, &str) =
    ("lunar_habitat_requests_total", "Requests by method, route and status");
const REQUEST_TIMES: (&str, &str) = ("lunar_habitat_request_seconds", "Time of requests by route");

/// News that slow listeners lost, in this program.
static LOST: AtomicU64 = AtomicU64::new(0);

/// The one recorder of the program.
pub fn recorder() -> Result<&'static PrometheusHandle, ServerError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    static MAKING: Mutex<()> = Mutex::new(());
    // Servers of one program that start together: the first one makes it, and the others have it.
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = RECORDER.get() {
        return Ok(known);
    }
    let refused = |reason: String| ServerError::Setting {
        what: "the recorder of metrics",
        found: reason,
        allowed: "one in a program",
    };
    let buckets = Matcher::Full("lunar_habitat_request_seconds".to_owned());
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(buckets, &REQUEST_S)
        .map_err(|error| refused(error.to_string()))?;
    let made = builder.build_recorder();
    let handle = made.handle();
    metrics::set_global_recorder(made).map_err(|_| refused("another one".to_owned()))?;
    describe();
    Ok(RECORDER.get_or_init(|| handle))
}

/// Requests as a collector of OpenTelemetry gets them.
pub struct Requests {
    total: Counter<u64>,
    seconds: Histogram<f64>,
}

impl Requests {
    /// Send them, and whatever [`read`] reads of `desk` while there is one. What every program tells, this one tells by itself.
    pub fn collected(otlp: &Otlp, desk: &Weak<Desk>) -> Requests {
        let desk = Weak::clone(desk);
        otlp.observe(SERVER, move || desk.upgrade().map(|desk| read(&desk)).unwrap_or_default());
        Requests {
            total: otlp.counter(REQUESTS.0, REQUESTS.1),
            seconds: otlp.histogram(REQUEST_TIMES.0, REQUEST_TIMES.1, &REQUEST_S),
        }
    }
}

/// Count a request.
pub fn request(
    method: &'static str,
    route: &str,
    status: u16,
    seconds: f64,
    collected: Option<&Requests>,
) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    counter!(REQUESTS.0, &labels).increment(1);
    histogram!(REQUEST_TIMES.0, "route" => route.to_owned()).record(seconds);
    if let Some(Requests { total, seconds: times }) = collected {
        total.add(1, &labels.map(|(key, value)| KeyValue::new(key, value)));
        times.record(seconds, &[KeyValue::new("route", route.to_owned())]);
    }
}

/// The name of a method as a label: a client may call its method anything, a label may not.
pub fn method(name: &str) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    known.into_iter().find(|known| *known == name).unwrap_or("other")
}

/// Count what a listener lost because it was slow.
pub fn lost(rows: u64) {
    LOST.fetch_add(rows, Ordering::Relaxed);
}

fn describe() {
    for Metric { name, kind, what } in SERVER.iter().chain(PROGRAM) {
        match kind {
            Kind::Gauge => describe_gauge!(*name, *what),
            Kind::Counter => describe_counter!(*name, *what),
        }
    }
    describe_counter!(REQUESTS.0, REQUESTS.1);
    describe_histogram!(REQUEST_TIMES.0, REQUEST_TIMES.1);
}

/// Everything in the text format of Prometheus.
pub fn render(desk: &Desk, handle: &PrometheusHandle) -> String {
    let all: Vec<&Metric> = SERVER.iter().chain(PROGRAM).collect();
    let readings = read_program(desk.profiler.as_ref()).into_iter().chain(read(desk));
    for Reading { name, labels, value } in readings {
        match all.iter().find(|metric| metric.name == name).map(|metric| metric.kind) {
            Some(Kind::Counter) => counter!(name, &labels).absolute(value as u64),
            _ => gauge!(name, &labels).set(value),
        }
    }
    handle.run_upkeep();
    handle.render()
}

/// Read everything of the server that is counted elsewhere.
fn read(desk: &Desk) -> Vec<Reading> {
    let mut readings = Vec::new();
    sessions(desk, &mut readings);
    keeping(desk, &mut readings);
    machine(desk, &mut readings);
    readings
}

fn sessions(desk: &Desk, into: &mut Vec<Reading>) {
    let members = desk.fleet.all();
    let (mut listeners, mut unacknowledged, mut alive) = (0, 0, 0);
    let mut status = [0_usize; 4];
    let mut open = [0_usize; 4];
    for member in &members {
        let view = member.session.view();
        status[match view.status {
            Status::Paused => 0,
            Status::Running => 1,
            Status::Ended => 2,
            Status::Failed => 3,
        }] += 1;
        let alarms = view.alarms;
        for (sum, count) in
            open.iter_mut().zip([alarms.critical, alarms.high, alarms.medium, alarms.low])
        {
            *sum += count;
        }
        unacknowledged += alarms.unacknowledged;
        alive += view.crew_alive;
        listeners += member.session.listeners();
        let (steps, lags) = member.session.take_counts();
        desk.steps.fetch_add(steps, Ordering::Relaxed);
        desk.lags.fetch_add(lags, Ordering::Relaxed);
    }
    for (name, count) in
        [("lunar_habitat_steps_total", &desk.steps), ("lunar_habitat_lags_total", &desk.lags)]
    {
        into.push(Reading::of(name, count.load(Ordering::Relaxed) as f64));
    }
    let lost = LOST.load(Ordering::Relaxed);
    into.push(Reading::of("lunar_habitat_stream_lost_total", lost as f64));
    for (name, count) in ["paused", "running", "ended", "failed"].into_iter().zip(status) {
        into.push(Reading::with("lunar_habitat_sessions", "status", name, count as f64));
    }
    for (name, count) in ["critical", "high", "medium", "low"].into_iter().zip(open) {
        into.push(Reading::with("lunar_habitat_alarms_open", "priority", name, count as f64));
    }
    into.push(Reading::of("lunar_habitat_alarms_unacknowledged", unacknowledged as f64));
    into.push(Reading::of("lunar_habitat_people_alive", alive as f64));
    into.push(Reading::of("lunar_habitat_listeners", listeners as f64));
    into.push(Reading::of("lunar_habitat_turns_total", desk.pacer.turns() as f64));
    into.push(Reading::of("lunar_habitat_uptime_seconds", desk.began.elapsed().as_secs_f64()));
}

fn keeping(desk: &Desk, into: &mut Vec<Reading>) {
    let tally = desk.keeper.tally();
    for (name, count) in [
        ("lunar_habitat_rows_kept_total", &tally.rows),
        ("lunar_habitat_events_kept_total", &tally.events),
        ("lunar_habitat_snapshots_kept_total", &tally.snapshots),
        ("lunar_habitat_snapshot_bytes_total", &tally.snapshot_bytes),
        ("lunar_habitat_commits_total", &tally.commits),
        ("lunar_habitat_commit_failures_total", &tally.failures),
        ("lunar_habitat_commit_microseconds_total", &tally.commit_us),
    ] {
        into.push(Reading::of(name, count.load(Ordering::Relaxed) as f64));
    }
    into.push(Reading::of(
        "lunar_habitat_keeper_trouble",
        f64::from(desk.keeper.trouble().is_some()),
    ));
    let database = desk.fleet.database();
    let connections = database.connections();
    into.push(Reading::of("lunar_habitat_database_connections", connections.open as f64));
    into.push(Reading::of("lunar_habitat_database_connections_idle", connections.idle as f64));
    for (receiver, done) in desk.fleet.announcer().deliveries() {
        into.push(Reading::with(
            "lunar_habitat_alarms_announced_total",
            "to",
            receiver,
            done.delivered as f64,
        ));
        into.push(Reading::with(
            "lunar_habitat_alarms_unannounced_total",
            "to",
            receiver,
            (done.given_up + done.dropped) as f64,
        ));
    }
    let cache = database.cache_figures();
    into.push(Reading::of("lunar_habitat_cache_bytes", cache.bytes as f64));
    into.push(Reading::of("lunar_habitat_cache_capacity_bytes", cache.capacity_bytes as f64));
    into.push(Reading::of("lunar_habitat_cache_entries", cache.entries as f64));
    into.push(Reading::of("lunar_habitat_cache_hit_ratio", cache.hit_ratio()));
    into.push(Reading::of("lunar_habitat_cache_hits_total", cache.hits as f64));
    into.push(Reading::of("lunar_habitat_cache_misses_total", cache.misses as f64));
    into.push(Reading::of("lunar_habitat_cache_evictions_total", cache.evictions as f64));
}

fn machine(desk: &Desk, into: &mut Vec<Reading>) {
    let figures = desk.executor.figures();
    for class in Priority::ALL {
        let of = figures.class(class);
        let name = class.name();
        into.push(Reading::with("lunar_habitat_tasks_waiting", "class", name, of.waiting as f64));
        into.push(Reading::with("lunar_habitat_tasks_done_total", "class", name, of.done as f64));
    }
    for (name, group) in [("foreground", &figures.foreground), ("background", &figures.background)]
    {
        into.push(Reading::with(
            "lunar_habitat_executor_workers",
            "group",
            name,
            group.workers as f64,
        ));
        into.push(Reading::with("lunar_habitat_executor_busy", "group", name, group.utilisation()));
    }
    let budget = MemoryBudget::process();
    if let Some(least) = budget.limits().limit() {
        into.push(Reading::of("lunar_habitat_memory_limit_bytes", least as f64));
    }
    into.push(Reading::of("lunar_habitat_memory_left_bytes", budget.left() as f64));
    let level = Level::all().into_iter().position(|level| level == budget.level());
    into.push(Reading::of("lunar_habitat_memory_level", level.unwrap_or(0) as f64));
    for account in budget.accounts() {
        into.push(Reading::with(
            "lunar_habitat_memory_account_bytes",
            "account",
            account.name,
            account.used as f64,
        ));
    }
}
