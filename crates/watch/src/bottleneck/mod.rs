//! What holds a program back: the stage, the kind of shortage, the counters that show it, and one piece of advice.
//!
//! [`find`] is a function of [`Counters`] alone. They come from a [`Profiler`](crate::profile::Profiler), from a
//! [`Sampler`](crate::system::Sampler) and from the looks at queues that a program takes itself; [`Observation`] gathers them.
//! Each rule compares ratios of counters, so that a slow or a busy machine changes no verdict: time in which a thread wanted to
//! run and had no processor is left out.
//!
//! For each kind there is a [`Trial`]: a program with the fault, and the same program after the advice was taken. The finder is held
//! against them, and `lunar-habitat bench --only advice` measures what the advice gains.
//!
//! # Ports
//! In: [`Counters`]. Out: [`Diagnosis`].
//!
//! Not here: whether a program became slower than it was (`cargo xtask bench`).

mod bandwidth;
mod counters;
mod finder;
mod finding;
mod observation;
mod trial;

pub use bandwidth::bandwidth;
pub use counters::{Counters, QueueLooks};
pub use finder::find;
pub use finding::{Diagnosis, Finding, Kind};
pub use observation::{Mark, Observation};
pub use trial::{Outcome, TRIALS, Trial, Way};
