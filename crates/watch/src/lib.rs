//! What a habitat and its runs look like to those who watch: alarms, anomalies, and one HTML page of a run that a
//! person reads without a network.
//!
//! | module | noun |
//! |---|---|
//! | [`alarm`] | limits of channels as states that people acknowledge and shelve |
//! | [`report`] | the page of a run |
//!
//! Not here: taking measurements (`habitat`), moving them (`runtime`), files (`store` writes the
//! page that [`report::Report::render`] returns).

pub mod alarm;
mod error;
pub mod report;

pub use error::WatchError;
