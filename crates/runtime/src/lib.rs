//! How work runs on one machine: tasks by priority, a parallel map with reproducible results, the way measurements
//! leave a hot loop, and the table that says where the time went.
//!
//! An [`Executor`] runs tasks and futures by [`Priority`], on as many workers as a [`Governor`] finds right. A [`Team`] is
//! for the fine loops inside one piece of work, [`Shards`] are executors side by side with jobs spread by a [`Policy`], and
//! [`BatchSize`] finds how much to take at once.
//!
//! A hot loop fills a preallocated [`Block`] and hands it to a [`Pipe`]; a writer thread feeds a
//! [`Sink`] and gives the emptied block back, so that a loop in steady state neither allocates nor
//! touches a file. [`parallel_map`] runs independent work on a number of threads and returns
//! the results in the order of the items; [`parallel_flow`] hands them on while later ones are made.
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

mod batching;
mod block;
mod counters;
mod error;
mod executor;
mod governor;
mod group;
pub mod memory;
mod parallel;
mod pipe;
mod priority;
mod quota;
mod shards;
mod sink;
mod team;
mod token;

pub use batching::{BatchBounds, BatchSize};
pub use block::Block;
pub use counters::{Budget, StageCost};
pub use error::RuntimeError;
pub use executor::{
    ClassFigures, Delays, Executor, ExecutorFigures, ExecutorOptions, FutureFigures, GroupFigures,
    Handle, OnDrop, Size, Ticket,
};
pub use governor::{Governor, Load};
pub use parallel::{parallel_flow, parallel_map};
pub use pipe::{OnFull, Pipe, PipeSummary};
pub use priority::Priority;
pub use shards::{Job, Policy, ShardFigures, ShardOptions, Shards};
pub use sink::{Sink, SinkError};
pub use team::{Team, TeamFigures};
pub use token::Token;
