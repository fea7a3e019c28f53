//! Metrics that every program has.

use super::{Metric, Reading};
use crate::profile::Profiler;
use crate::system::Own;

/// What [`read_program`] reads.
pub const PROGRAM: &[Metric] = &[
    Metric::gauge("lunar_habitat_resident_bytes", "Resident memory of the program"),
    Metric::gauge("lunar_habitat_threads", "Threads of the program"),
    Metric::gauge("lunar_habitat_open_files", "Files that the program has open"),
    Metric::counter(
        "lunar_habitat_processor_milliseconds_total",
        "Processor time of all threads of the program",
    ),
    Metric::counter("lunar_habitat_stage_runs_total", "Runs of stages of the program"),
    Metric::counter(
        "lunar_habitat_stage_processor_microseconds_total",
        "Processor time of stages, without those inside",
    ),
];

/// What the operating system says of this program, and what each stage has taken, wherever it ran. What the system does not tell
/// is left out.
#[must_use]
pub fn read_program(profiler: Option<&Profiler>) -> Vec<Reading> {
    let own = Own::now().total();
    let mut readings = Vec::new();
    if own.resident_bytes > 0 {
        let threads: usize = own.threads.iter().map(|threads| threads.count).sum();
        readings.extend([
            Reading::of("lunar_habitat_resident_bytes", own.resident_bytes as f64),
            Reading::of("lunar_habitat_threads", threads as f64),
            Reading::of("lunar_habitat_open_files", own.files as f64),
            Reading::of("lunar_habitat_processor_milliseconds_total", (own.cpu_s * 1e3).round()),
        ]);
    }
    for stage in profiler.map(Profiler::profile).unwrap_or_default().by_name() {
        let of = |name, value| Reading::with(name, "stage", stage.name(), value);
        let micros = stage.own.cpu_ns / 1_000;
        readings.push(of("lunar_habitat_stage_runs_total", stage.runs as f64));
        readings.push(of("lunar_habitat_stage_processor_microseconds_total", micros as f64));
    }
    readings
}
