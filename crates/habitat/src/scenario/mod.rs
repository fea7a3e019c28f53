//! Scenario files: what a person writes, read into data that is known to be sound.
//!
//! ```text
//! name or path ──► sources (a file and its bases) ──► merged tree with places
//!              ──► Scenario (types, unknown keys) ──► checks (ranges, names, times) ──► Loaded
//! ```
//!
//! Nothing is written anywhere, and every refusal names file, line, column, what was found and what
//! is allowed. [`load`] is the way in; [`check`] is for a scenario that a program changed afterwards.

mod check;
mod decode;
mod error;
mod load;
mod locate;
mod model;
mod range;
mod schema;
mod shipped;
mod timing;

pub use check::{CREW_MAX, ZONES_MAX, check};
pub use error::{Kind, Problem, Refusal, ScenarioError};
pub use load::{BASES_MAX, BYTES_MAX, Loaded, Origin, canonical, hash, load, parse};
pub use model::*;
pub use range::{RANGES, Range};
pub use schema::json_schema;
pub use shipped::{SHIPPED, Shipped};
