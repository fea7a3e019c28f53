//! Metrics for Prometheus: what is counted elsewhere, taken when somebody asks.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock, PoisonError};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use runtime::Priority;
use runtime::memory::{Level, MemoryBudget};

use crate::ServerError;
use crate::api::Desk;
use crate::session::view::Status;

/// Bounds of times of requests, s.
const REQUEST_S: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0];

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

/// Count a request.
pub fn request(method: &str, route: &str, status: u16, seconds: f64) {
    // A client may call its method anything; a label may not.
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    let method = if known.contains(&method) { method } else { "other" };
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    counter!("lunar_habitat_requests_total", &labels).increment(1);
    histogram!("lunar_habitat_request_seconds", "route" => route.to_owned()).record(seconds);
}

/// Count what a listener lost because it was slow.
pub fn lost(rows: u64) {
    counter!("lunar_habitat_stream_lost_total").increment(rows);
}

fn describe() {
    let gauges = [
        ("lunar_habitat_sessions", "Sessions by what they are doing"),
        ("lunar_habitat_listeners", "Streams that are open"),
        ("lunar_habitat_alarms_open", "Open alarms by priority"),
        ("lunar_habitat_alarms_unacknowledged", "Open alarms that nobody has acknowledged"),
        ("lunar_habitat_people_alive", "People alive in all sessions"),
        ("lunar_habitat_executor_workers", "Workers of the executor by group"),
        ("lunar_habitat_executor_busy", "Share of time that workers were busy, by group"),
        ("lunar_habitat_tasks_waiting", "Tasks that wait, by class"),
        ("lunar_habitat_memory_left_bytes", "Memory that may still be used"),
        ("lunar_habitat_memory_account_bytes", "Memory reserved, by account"),
        ("lunar_habitat_memory_limit_bytes", "Memory that may be used"),
        ("lunar_habitat_memory_level", "How scarce memory is: 0 not at all, up to 5"),
        ("lunar_habitat_resident_bytes", "Resident memory of the program"),
        ("lunar_habitat_threads", "Threads of the program"),
        ("lunar_habitat_open_files", "Files that the program has open"),
        ("lunar_habitat_database_connections", "Connections to the database"),
        ("lunar_habitat_database_connections_idle", "Connections to the database at rest"),
        ("lunar_habitat_cache_bytes", "Bytes of rows remembered"),
        ("lunar_habitat_cache_capacity_bytes", "Bytes of rows that may be remembered"),
        ("lunar_habitat_cache_entries", "Results remembered"),
        ("lunar_habitat_cache_hit_ratio", "Share of questions answered from memory"),
        ("lunar_habitat_keeper_trouble", "1 while the last write into the database failed"),
        ("lunar_habitat_uptime_seconds", "Time since the server began"),
    ];
    for (name, text) in gauges {
        describe_gauge!(name, text);
    }
    let counters = [
        ("lunar_habitat_requests_total", "Requests by method, route and status"),
        ("lunar_habitat_stream_lost_total", "News that slow listeners lost"),
        ("lunar_habitat_steps_total", "Steps of all sessions"),
        ("lunar_habitat_turns_total", "Turns of sessions that run"),
        ("lunar_habitat_lags_total", "Times that a session could not keep its rate"),
        ("lunar_habitat_rows_kept_total", "Rows written into the database"),
        ("lunar_habitat_events_kept_total", "Events written into the database"),
        ("lunar_habitat_snapshots_kept_total", "Snapshots written into the database"),
        ("lunar_habitat_snapshot_bytes_total", "Size of these, bytes"),
        ("lunar_habitat_commits_total", "Transactions of the keeper"),
        ("lunar_habitat_commit_failures_total", "Transactions of the keeper that failed"),
        ("lunar_habitat_commit_microseconds_total", "Time in transactions of the keeper"),
        ("lunar_habitat_cache_hits_total", "Questions answered from memory"),
        ("lunar_habitat_cache_misses_total", "Questions answered from the database"),
        ("lunar_habitat_cache_evictions_total", "Results that had to go"),
        ("lunar_habitat_tasks_done_total", "Tasks done by class"),
        ("lunar_habitat_stage_runs_total", "Runs of stages of the program"),
        (
            "lunar_habitat_stage_processor_microseconds_total",
            "Processor time of stages, without those inside",
        ),
        (
            "lunar_habitat_alarms_announced_total",
            "Changes of alarms that receivers have, by receiver",
        ),
        (
            "lunar_habitat_alarms_unannounced_total",
            "Changes of alarms given up or dropped, by receiver",
        ),
    ];
    for (name, text) in counters {
        describe_counter!(name, text);
    }
    describe_histogram!("lunar_habitat_request_seconds", "Time of requests by route");
}

/// Set what is counted elsewhere and write everything in the text format of Prometheus.
pub fn render(desk: &Desk, handle: &PrometheusHandle) -> String {
    sessions(desk);
    keeping(desk);
    machine(desk);
    stages(desk);
    handle.run_upkeep();
    handle.render()
}

fn sessions(desk: &Desk) {
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
        counter!("lunar_habitat_steps_total").increment(steps);
        counter!("lunar_habitat_lags_total").increment(lags);
    }
    for (name, count) in ["paused", "running", "ended", "failed"].into_iter().zip(status) {
        gauge!("lunar_habitat_sessions", "status" => name).set(count as f64);
    }
    for (name, count) in ["critical", "high", "medium", "low"].into_iter().zip(open) {
        gauge!("lunar_habitat_alarms_open", "priority" => name).set(count as f64);
    }
    gauge!("lunar_habitat_alarms_unacknowledged").set(unacknowledged as f64);
    gauge!("lunar_habitat_people_alive").set(alive as f64);
    gauge!("lunar_habitat_listeners").set(listeners as f64);
    counter!("lunar_habitat_turns_total").absolute(desk.pacer.turns());
    gauge!("lunar_habitat_uptime_seconds").set(desk.began.elapsed().as_secs_f64());
}

fn keeping(desk: &Desk) {
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
        counter!(name).absolute(count.load(Ordering::Relaxed));
    }
    gauge!("lunar_habitat_keeper_trouble").set(f64::from(desk.keeper.trouble().is_some()));
    let database = desk.fleet.database();
    let connections = database.connections();
    gauge!("lunar_habitat_database_connections").set(connections.open as f64);
    gauge!("lunar_habitat_database_connections_idle").set(connections.idle as f64);
    for (receiver, done) in desk.fleet.announcer().deliveries() {
        counter!("lunar_habitat_alarms_announced_total", "to" => receiver).absolute(done.delivered);
        counter!("lunar_habitat_alarms_unannounced_total", "to" => receiver)
            .absolute(done.given_up + done.dropped);
    }
    let cache = database.cache_figures();
    gauge!("lunar_habitat_cache_bytes").set(cache.bytes as f64);
    gauge!("lunar_habitat_cache_capacity_bytes").set(cache.capacity_bytes as f64);
    gauge!("lunar_habitat_cache_entries").set(cache.entries as f64);
    gauge!("lunar_habitat_cache_hit_ratio").set(cache.hit_ratio());
    counter!("lunar_habitat_cache_hits_total").absolute(cache.hits);
    counter!("lunar_habitat_cache_misses_total").absolute(cache.misses);
    counter!("lunar_habitat_cache_evictions_total").absolute(cache.evictions);
}

/// What each stage has taken, wherever it ran.
fn stages(desk: &Desk) {
    let Some(profiler) = &desk.profiler else { return };
    let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for stage in profiler.profile().stages {
        let sum = sums.entry(stage.name().to_owned()).or_default();
        sum.0 += stage.runs;
        sum.1 += stage.own.cpu_ns / 1_000;
    }
    for (stage, (runs, micros)) in sums {
        counter!("lunar_habitat_stage_runs_total", "stage" => stage.clone()).absolute(runs);
        counter!("lunar_habitat_stage_processor_microseconds_total", "stage" => stage)
            .absolute(micros);
    }
}

fn machine(desk: &Desk) {
    let figures = desk.executor.figures();
    let classes = [Priority::Critical, Priority::High, Priority::Normal, Priority::Background];
    for class in classes {
        let of = figures.class(class);
        let name = class.name();
        gauge!("lunar_habitat_tasks_waiting", "class" => name).set(of.waiting as f64);
        counter!("lunar_habitat_tasks_done_total", "class" => name).absolute(of.done);
    }
    for (name, group) in [("foreground", &figures.foreground), ("background", &figures.background)]
    {
        gauge!("lunar_habitat_executor_workers", "group" => name).set(group.workers as f64);
        gauge!("lunar_habitat_executor_busy", "group" => name).set(group.utilisation());
    }
    let budget = MemoryBudget::process();
    if let Some(least) = budget.limits().limit() {
        gauge!("lunar_habitat_memory_limit_bytes").set(least as f64);
    }
    gauge!("lunar_habitat_memory_left_bytes").set(budget.left() as f64);
    let level = Level::all().into_iter().position(|level| level == budget.level());
    gauge!("lunar_habitat_memory_level").set(level.unwrap_or(0) as f64);
    for account in budget.accounts() {
        gauge!("lunar_habitat_memory_account_bytes", "account" => account.name)
            .set(account.used as f64);
    }
    if let Some(of) = Program::look() {
        gauge!("lunar_habitat_resident_bytes").set(of.resident_bytes);
        gauge!("lunar_habitat_threads").set(of.threads);
        gauge!("lunar_habitat_open_files").set(of.open_files);
    }
}

/// What the operating system says of the program.
struct Program {
    resident_bytes: f64,
    threads: f64,
    open_files: f64,
}

impl Program {
    /// Nothing on systems other than Linux.
    fn look() -> Option<Program> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let number = |name: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Program {
            resident_bytes: 1_024.0 * number("VmRSS:")?,
            threads: number("Threads:")?,
            open_files: std::fs::read_dir("/proc/self/fd").ok()?.count() as f64,
        })
    }
}
