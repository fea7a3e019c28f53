//! Figures of a training on their way into a database: the stream `metrics`, a row an update, over the wall time.
//!
//! Beside what TensorBoard is told: mean number of decisions of the episodes that ended, and the mean of every cost.

use env::{COST_TABLE, COSTS};
use learn::Progress;
use runtime::{Block, OnFull, Pipe};
use store::Signal;

use super::session::figures;
use crate::error::CliError;
use crate::keep::Kept;

/// Rows that may wait: the disk may pause for as many updates before some are left out.
const WAITING: usize = 64;

/// The writer; it makes its stream with the first figures.
pub struct Metrics<'a> {
    kept: &'a Kept,
    open: Option<(Pipe, Block)>,
}

impl Metrics<'_> {
    /// A writer that has not begun.
    pub fn new(kept: &Kept) -> Metrics<'_> {
        Metrics { kept, open: None }
    }

    /// Take the figures of an update.
    ///
    /// # Errors
    /// [`CliError`] when the stream cannot be made or the database has failed.
    pub fn add(&mut self, progress: &Progress, wall_s: f64) -> Result<(), CliError> {
        let figures = figures(progress);
        let (mut pipe, mut block) = match self.open.take() {
            Some(open) => open,
            None => {
                let mut signals = vec![Signal::new("decisions", "1")];
                signals.extend(figures.iter().map(|(name, _)| Signal::new(name, "1")));
                signals.push(Signal::new("episodes/decisions", "1"));
                let cost = |cost: &env::Cost| Signal::new(&format!("cost/{}", cost.name), "1");
                signals.extend(COST_TABLE.iter().take(COSTS).map(cost));
                let ingest = Box::new(self.kept.ingest("metrics", &signals)?);
                // A slow disk must not slow a training: then rows are left out, and counted.
                Pipe::start(ingest, signals.len(), 1, WAITING, OnFull::DropAndCount)?
            }
        };
        let mut row = vec![progress.decisions as f64];
        row.extend(figures.map(|(_, value)| value));
        let finished = &progress.finished;
        let decisions: u64 = finished.iter().map(|episode| episode.decisions).sum();
        row.push(decisions as f64 / finished.len() as f64);
        let cost = |at: usize| progress.costs.get(at).copied().unwrap_or(f64::NAN);
        row.extend((0..COSTS).map(cost));
        block.push(wall_s, &row)?;
        block = pipe.send(block)?;
        self.open = Some((pipe, block));
        Ok(())
    }

    /// Wait until all is written.
    ///
    /// # Errors
    /// As [`Metrics::add`].
    pub fn finish(self) -> Result<(), CliError> {
        let Some((pipe, _)) = self.open else {
            return Ok(());
        };
        let left_out = pipe.finish()?.dropped_rows;
        if left_out > 0 {
            eprintln!(
                "{left_out} rows of metrics are left out: the database was slower than the training"
            );
        }
        Ok(())
    }
}
