//! Where the time and the memory of a program go, by stage.
//!
//! A stage is a span of the crate `tracing`: `let _stage = tracing::info_span!("advantage").entered();`. A [`Profiler`]
//! subscribes and adds up, for each stage below each other stage: how often it ran, wall time and processor time of its
//! threads, what was allocated, and a histogram of its lengths. [`Profile`] is a look at the sums; those of several programs
//! merge. [`flame`] draws them, [`trace`] writes single spans for Perfetto and for `chrome://tracing`.
//!
//! Two events add to the stage they happen in: `tracing::info!(items = n)` counts pieces of work, `tracing::info!(moved = bytes)`
//! counts memory that was read and written.
//!
//! # Ports
//! In: spans and events whose target begins as the profiler was told, at the level `INFO` or more urgent. Out: [`Profile`]; with a
//! [`SpanSink`] each span that is over, as [`Ended`], also those of the level `DEBUG`, such as requests, which are no stages.
//! A span costs about a microsecond, so that a stage is to last some hundred microseconds or more.
//!
//! Not here: who subscribes (`cli`), what a step of a habitat spends inside (`habitat::counters`).

mod book;
mod clock;
pub mod flame;
mod fold;
mod life;
mod profiler;
mod stage;
pub mod trace;
mod tree;

pub use fold::{Cost, Profile, StageFigures};
pub use life::{Ended, SpanSink};
pub use profiler::{Profiler, ProfilerOptions};
pub use stage::{STAGES, Stage};
pub use trace::Slice;

pub(crate) use clock::thread_cpu_ns;
