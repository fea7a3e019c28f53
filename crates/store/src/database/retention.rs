//! What is kept for how long.

use super::Database;
use super::ingest::write_segment;
use super::read::Span;
use super::rows::Rows;
use super::run::{RunFilter, RunStatus};
use super::stream::{Signal, Stream};
use crate::StoreError;

/// What thinning a stream has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Thinned {
    /// Rows that were removed.
    pub removed: u64,
    /// Rows of extremes and means that stand for them.
    pub kept: u64,
}

impl Database {
    /// Replace the old rows of a stream by lowest, mean and highest value of every channel in each interval.
    ///
    /// They stand in the stream `NAME.EVERY`, `EVERY` in whole seconds, as channels `CHANNEL.low`, `.mean` and `.high` at the
    /// beginning of the interval. Extremes are those of the rows, to the bit. Only whole segments whose rows all lie before
    /// `before_us` are taken, all in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Rows`] for an interval below one second, or one that the stream was thinned with otherwise.
    pub fn thin(
        &self,
        stream: &Stream,
        every_us: i64,
        before_us: i64,
    ) -> Result<Thinned, StoreError> {
        if every_us < 1_000_000 || every_us % 1_000_000 != 0 {
            let reason = format!("an interval of {every_us} us; it has to be whole seconds");
            return Err(StoreError::Rows { stream: stream.name.clone(), reason });
        }
        let signals: Vec<Signal> = stream
            .signals
            .iter()
            .flat_map(|signal| {
                ["low", "mean", "high"]
                    .map(|end| Signal::new(&format!("{}.{end}", signal.name), &signal.unit))
            })
            .collect();
        let name = format!("{}.{}s", stream.name, every_us / 1_000_000);
        let coarse = self.stream(stream.run, &name, &signals)?;
        // An interval that is cut by the limit waits until it is whole.
        let before_us = before_us.div_euclid(every_us) * every_us;
        let sql = "SELECT id, count, first_us, last_us FROM segment
             WHERE stream = ?1 AND last_us < ?2 ORDER BY arrival";
        let found = self.look(|link| link.query(sql, &[stream.id.into(), before_us.into()]))?;
        let segments: Vec<(i64, i64, i64, i64)> = found
            .into_iter()
            .map(|mut row| (row.int(0), row.int(1), row.int(2), row.int(3)))
            .collect();
        let (Some(first), Some(last)) =
            (segments.iter().map(|s| s.2).min(), segments.iter().map(|s| s.3).max())
        else {
            return Ok(Thinned::default());
        };
        let names: Vec<&str> = stream.signals.iter().map(|signal| signal.name.as_str()).collect();
        let rows = self.read(stream, &names, Span::Time(first, last))?;
        let kept = summed(&rows, every_us, &self.read(&coarse, &[], Span::ALL)?.time_us);
        let removed: i64 = segments.iter().map(|segment| segment.1).sum();
        if removed != rows.len() as i64 {
            // Rows of other segments lie between: they are not old enough to go, so neither are these.
            return Ok(Thinned::default());
        }
        let _writing = (self.writing(stream.id), self.writing(coarse.id));
        self.change(|link| {
            let Some((count, span)) = super::stream::state(link, coarse.id, true)? else {
                return Err(self.missing("stream", &name));
            };
            if !kept.is_empty() {
                write_segment(link, coarse.id, count, &kept)?;
                let (first, last) = kept.span_us().unwrap_or_default();
                let (first, last) = span.map_or((first, last), |s| (first.min(s.0), last.max(s.1)));
                link.execute(
                    "UPDATE stream SET count = ?2, first_us = ?3, last_us = ?4 WHERE id = ?1",
                    &[
                        coarse.id.into(),
                        (count + kept.len() as i64).into(),
                        first.into(),
                        last.into(),
                    ],
                )?;
            }
            let mut gone = 0;
            for (id, ..) in &segments {
                gone += link.execute("DELETE FROM segment WHERE id = ?1", &[(*id).into()])?;
            }
            if gone != segments.len() as u64 {
                return Err(StoreError::DatabaseBusy { place: self.place() });
            }
            link.execute(
                "UPDATE stream SET removed = removed + ?2 WHERE id = ?1",
                &[stream.id.into(), removed.into()],
            )?;
            Ok(Thinned { removed: removed as u64, kept: kept.len() as u64 })
        })
    }

    /// Remove the runs that ended before a time, µs since 1970; returns their names. Runs that go on stay.
    ///
    /// # Errors
    /// What the database reports.
    pub fn remove_runs_before(&self, before_us: i64) -> Result<Vec<String>, StoreError> {
        let filter = RunFilter { ended_before_us: Some(before_us), ..RunFilter::default() };
        let mut gone = Vec::new();
        for run in self.runs(&filter)? {
            if run.status != RunStatus::Running {
                self.remove_run(&run.told.name)?;
                gone.push(run.told.name);
            }
        }
        Ok(gone)
    }
}

/// Lowest, mean and highest value by interval, of the intervals that are not there yet.
fn summed(rows: &Rows, every_us: i64, there: &[i64]) -> Rows {
    let mut coarse = Rows::new(3 * rows.channels());
    let mut start = 0;
    while start < rows.len() {
        let interval = rows.time_us[start].div_euclid(every_us);
        let inside = |time_us: &i64| time_us.div_euclid(every_us) == interval;
        let end = start + rows.time_us[start..].iter().take_while(|time| inside(time)).count();
        let time_us = interval * every_us;
        if there.binary_search(&time_us).is_err() {
            let values: Vec<f64> =
                rows.columns.iter().flat_map(|column| ends(&column[start..end])).collect();
            coarse.push(time_us, &values);
        }
        start = end;
    }
    coarse
}

/// Lowest, mean and highest of the values that are numbers; NaN where none is.
fn ends(values: &[f64]) -> [f64; 3] {
    let (mut low, mut high, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
    for value in values.iter().filter(|value| !value.is_nan()) {
        (low, high) = (low.min(*value), high.max(*value));
        (sum, count) = (sum + value, count + 1.0);
    }
    if count == 0.0 { [f64::NAN; 3] } else { [low, sum / count, high] }
}
