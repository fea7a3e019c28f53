//! What a run looked like: one HTML page that a person reads without a network.
//!
//! Not here: taking measurements (`habitat`), moving them (`runtime`), files (`store` writes the
//! page that [`report::Report::render`] returns).

pub mod report;
