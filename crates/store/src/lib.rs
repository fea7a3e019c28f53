//! Telemetry on disk: what a run measured, as `telemetry.parquet` and `telemetry.csv`, and the
//! readers that bring it back.
//!
//! Every file is written under a temporary name beside its target and renamed when it is complete
//! and synced, so a reader sees the old file or the whole new one, never a part.
//!
//! Not here: what to measure (`catalogue`), the queue between the simulator and this writer
//! (`runtime`), pictures and verdicts (`watch`).

mod column;
mod draft;
mod error;
mod table;
mod telemetry;

pub use column::{Column, ColumnSource};
pub use draft::write_atomic;
pub use error::StoreError;
pub use table::{Table, read_csv, read_parquet};
pub use telemetry::{CSV_NAME, PARQUET_NAME, TelemetryWriter};
