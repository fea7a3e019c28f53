//! Results of queries, kept in memory until somebody writes what they were read from.
//!
//! | file | what |
//! |---|---|
//! | `query_cache` | [`QueryCache`]: look up, compute once, never give out what is old |
//! | `query` | [`Query`]: what is asked for; [`CacheKey`] and [`Weighed`], what keys and results have to say |
//! | `source` | [`Source`]: a thing that is read and written, with its generation; [`Writing`], a write under way |
//! | `versions` | [`Versions`]: how the cache learns that another process wrote |
//! | `capacity` | [`Capacity`]: how large the cache should be, a rule without state outside itself |
//! | `ghost` | keys that were evicted a moment ago, for what a larger cache would have saved |
//! | `figures` | [`CacheFigures`]: what the cache did |
//! | `trace` | [`Pattern`]: streams of keys to compare caches by |
//!
//! # What is never given out
//! A result is as new as the start of the call that gets it, as far as this process writes through
//! [`Generations::write`]. Another process is noticed by [`Versions`]: its writes are in every result of a call that
//! starts [`CacheSettings::freshness`] after them.
//!
//! Not here: the database, its queries and its counters.

mod capacity;
mod entry;
mod figures;
mod ghost;
mod query;
mod query_cache;
mod settings;
mod source;
mod trace;
mod versions;

pub use capacity::{Bounds, Capacity, Window};
pub use figures::CacheFigures;
pub use query::{CacheKey, Parameter, Query, Weighed};
pub use query_cache::QueryCache;
pub use settings::CacheSettings;
pub use source::{Generations, Source, Writing};
pub use trace::{Keys, Pattern};
pub use versions::Versions;
