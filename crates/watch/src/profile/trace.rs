//! Single spans in Chrome's trace-event format, which Perfetto and `chrome://tracing` open.

use std::collections::BTreeMap;

use serde::Serialize;

/// A span that was kept by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Its stage.
    pub name: &'static str,
    /// Number of its thread in the system.
    pub thread: i32,
    /// Name of its thread.
    pub thread_name: String,
    /// When it began, µs after the profiler.
    pub begin_us: f64,
    /// How long it was open, µs.
    pub wall_us: f64,
    /// How long its thread was on a processor meanwhile, µs.
    pub cpu_us: f64,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
    #[serde(rename = "otherData")]
    other: Other,
    #[serde(rename = "traceEvents")]
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Other {
    program: &'static str,
    /// Spans that there was no room for.
    spans_left_out: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Event<'a> {
    Complete {
        ph: &'static str,
        pid: u32,
        tid: i32,
        ts: f64,
        dur: f64,
        tdur: f64,
        cat: &'static str,
        name: &'a str,
    },
    Thread {
        ph: &'static str,
        pid: u32,
        tid: i32,
        name: &'static str,
        args: Name<'a>,
    },
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
}

/// The file for `slices`, of which `left_out` more were not kept.
///
/// # Errors
/// Never for slices of a profiler: times are finite.
///
/// ```
/// use lunar_habitat_watch::profile::{Slice, trace};
/// let slice = Slice { name: "rollout", thread: 7, thread_name: "main".into(), begin_us: 1.5, wall_us: 10.0, cpu_us: 9.0 };
/// let text = trace::json(&[slice], 0)?;
/// assert!(text.contains(r#""name":"rollout""#) && text.contains(r#""ph":"X""#));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn json(slices: &[Slice], left_out: u64) -> Result<String, serde_json::Error> {
    let pid = std::process::id();
    let names: BTreeMap<i32, &str> =
        slices.iter().map(|slice| (slice.thread, slice.thread_name.as_str())).collect();
    let threads = names.into_iter().map(|(tid, name)| Event::Thread {
        ph: "M",
        pid,
        tid,
        name: "thread_name",
        args: Name { name },
    });
    let spans = slices.iter().map(|slice| Event::Complete {
        ph: "X",
        pid,
        tid: slice.thread,
        ts: slice.begin_us,
        dur: slice.wall_us,
        tdur: slice.cpu_us,
        cat: "stage",
        name: slice.name,
    });
    let other = Other { program: "lunar-habitat", spans_left_out: left_out };
    serde_json::to_string(&File { unit: "ms", other, events: threads.chain(spans).collect() })
}
