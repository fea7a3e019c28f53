//! Figures of a program on their way to those who collect them.
//!
//! | file | noun |
//! |---|---|
//! | `metric` | a [`Metric`] as it is described, a [`Reading`] of it |
//! | `program` | the metrics that every program has: stages, processor time, memory, threads, files |
//! | `otlp` | an [`Otlp`]: spans and metrics to a collector of OpenTelemetry |
//! | `client` | how it calls the collector |
//!
//! # Ports
//! In: spans of a [`Profiler`](crate::profile::Profiler) and readings that are taken when it is time. Out: OTLP over HTTP.
//!
//! Not here: `/metrics` for Prometheus, which shows the same readings (`server`).

mod client;
mod metric;
mod otlp;
mod program;

pub use metric::{Kind, Metric, Reading};
pub use otlp::{Otlp, Timing, Told};
pub use program::{PROGRAM, read_program};
