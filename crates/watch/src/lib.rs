//! What a habitat and its runs look like to those who watch: alarms, anomalies, and one HTML page of a run that a
//! person reads without a network.
//!
//! | module | noun |
//! |---|---|
//! | [`alarm`] | limits of channels as states that people acknowledge and shelve |
//! | [`anomaly`] | readings against physics and against their past |
//! | [`bottleneck`] | what holds a program back, named from counters |
//! | [`export`] | figures on their way to those who collect them: OTLP |
//! | [`profile`] | time and memory by stage, as sums, flame graphs and traces |
//! | [`regression`] | whether something became slower |
//! | [`report`] | the page of a run |
//! | [`system`] | the machine and this process: processors, memory, pressure, disks, network, threads |
//!
//! Not here: taking measurements (`habitat`), moving them (`runtime`), files (`store` writes the
//! page that [`report::Report::render`] returns).

pub mod alarm;
pub mod anomaly;
pub mod bottleneck;
mod calling;
mod error;
pub mod export;
pub mod profile;
pub mod regression;
pub mod report;
pub mod system;

pub use error::WatchError;
