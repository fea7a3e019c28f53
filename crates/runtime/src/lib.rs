//! How work runs on one machine: a parallel map with reproducible results, the way measurements
//! leave a hot loop, and the table that says where the time went.
//!
//! A hot loop fills a preallocated [`Block`] and hands it to a [`Pipe`]; a writer thread feeds a
//! [`Sink`] and gives the emptied block back, so that a loop in steady state neither allocates nor
//! touches a file. [`parallel_map`] runs independent work on a fixed number of threads and returns
//! the results in the order of the items.
//!
//! ```
//! use lunar_habitat_runtime::parallel_map;
//! let squares = parallel_map(2, vec![1_u64, 2, 3], |x| x * x)?;
//! assert_eq!(squares, [1, 4, 9]);
//! # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
//! ```
//!
//! [`memory`] says how much memory there is, who has it, and what is done when it becomes scarce.
//!
//! Not here: file formats (`store`), what the numbers mean (`catalogue`), the timers inside a
//! simulation step (`habitat` counts its own stages; [`Budget`] only shows them).

mod block;
mod counters;
mod error;
pub mod memory;
mod parallel;
mod pipe;
mod sink;

pub use block::Block;
pub use counters::{Budget, StageCost};
pub use error::RuntimeError;
pub use parallel::parallel_map;
pub use pipe::{OnFull, Pipe, PipeSummary};
pub use sink::{Sink, SinkError};
