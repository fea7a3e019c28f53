//! What is kept of runs: a [`Database`] of runs, streams, events, files and commands, in a file of SQLite or in PostgreSQL.
//!
//! Telemetry in files: what a run measured, as `telemetry.parquet` and `telemetry.csv`, and frames of named
//! columns (recordings of episodes) as Parquet or Arrow; and the readers that bring them back. Scalars of a training as
//! TensorBoard's event files.
//!
//! Every file is written under a temporary name beside its target and renamed when it is complete
//! and synced, so a reader sees the old file or the whole new one, never a part.
//!
//! Not here: what to measure (`catalogue`), the queue between the simulator and this writer
//! (`runtime`), pictures and verdicts (`watch`).

pub mod advice;
pub mod cache;
mod column;
mod database;
mod draft;
mod error;
mod frame;
mod scalars;
#[cfg(test)]
#[allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.
mod small_disk;
mod table;
mod telemetry;

pub use column::{Column, ColumnSource};
pub use database::{
    Artifact, ArtifactInfo, AuditEntry, Batch, Claim, Command, Connections, Copied, Database,
    DatabaseSettings, Drill, Event, Gap, IndexAdvice, Ingest, IngestSettings, IngestSummary,
    Judged, Location, MadeIndex, Making, NewRun, Owner, Rows, Run, RunFilter, RunStatus, Schedule,
    Severity, Signal, Span, Stream, Thinned, Unused, Verified,
};
pub use draft::write_atomic;
pub use error::StoreError;
pub use frame::{FrameFormat, FrameReader, FrameWriter, ROW_GROUP_ROWS, read_frame, write_frame};
pub use scalars::ScalarWriter;
pub use table::{Table, read_csv, read_parquet};
pub use telemetry::{CSV_NAME, PARQUET_NAME, TelemetryWriter};
