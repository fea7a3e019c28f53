//! Scenario files: what a person writes, read into data that is known to be sound.
//!
//! ```text
//! name or path ──► sources (a file and its bases) ──► merged tree with places
//!              ──► Scenario (types, unknown keys) ──► checks (ranges, names, times) ──► Loaded
//! ```
//!
//! | file | what it knows |
//! |---|---|
//! | `model` | keys and types: cabin, crew, units, energy, failures; defaults with their sources |
//! | `range` | smallest and largest value of every number |
//! | `load`, `locate` | files, bases, merging, where every value stands |
//! | `decode` | tree to types, with words for people instead of a reader's |
//! | `check`, `timing` | names, references, schedules, time steps, values that exclude each other |
//! | `error` | what is wrong, where, what is allowed |
//! | `difficulty` | what a file changes about itself to be easier or harder |
//! | `schema` | the JSON Schema for editors |
//! | `people` | another number of people |
//! | `vary` | numbers drawn for every episode |
//! | `shipped` | the scenarios inside the program |
//!
//! # Examples
//! ```
//! use lunar_habitat_habitat::scenario;
//! let error = scenario::parse("mine.toml", "schema = 1\nname = \"mine\"\nduration_d = 2.0\n")
//!     .unwrap_err();
//! let refusal = error.refusal().unwrap();
//! assert_eq!((refusal.file.as_str(), refusal.line, refusal.column), ("mine.toml", 3, 1));
//! assert_eq!(refusal.problem.kind, scenario::Kind::WrongUnit); // `duration_days` is allowed
//! ```
//!
//! Nothing is written anywhere, and every refusal names file, line, column, what was found and what
//! is allowed. [`load`] is the way in; [`check`] is for a scenario that a program changed
//! afterwards.

mod check;
mod decode;
mod difficulty;
mod error;
mod load;
mod locate;
mod model;
mod people;
mod range;
mod schema;
mod shipped;
mod timing;
mod vary;

pub use check::{CREW_MAX, ZONES_MAX, check};
pub use difficulty::Difficulty;
pub use error::{Kind, Problem, Refusal, ScenarioError};
pub use load::{
    BASES_MAX, BYTES_MAX, Loaded, Origin, canonical, hash, hex, load, load_at, parse, parse_at,
};
pub use model::*;
pub use range::{RANGES, Range};
pub use schema::json_schema;
pub use shipped::{SHIPPED, Shipped};
pub use vary::Drawn;
