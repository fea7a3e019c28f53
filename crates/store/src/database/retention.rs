//! What is kept for how long.

use super::ingest::write_segment;
use super::read::Span;
use super::rows::Rows;
use super::run::{RunFilter, RunStatus};
use super::stream::{Signal, Stream};
use super::{Database, now_us};
use crate::StoreError;

/// Numbers that thinning holds at a time.
const PART_NUMBERS: usize = 4 << 20;

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
    /// `before_us` are taken, all in one transaction. Where a part of an interval was thinned before, the rest of it stands
    /// beside that at the time of its first row: no extreme is lost, however often a stream is thinned and however late rows
    /// arrive.
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
        self.remove_ended(&filter, 0)
    }

    /// Remove all runs but the latest `keep`, by when they began; returns the names of those that are gone. Runs that go on stay
    /// and do not count.
    ///
    /// # Errors
    /// What the database reports.
    pub fn remove_runs_beyond(&self, keep: usize) -> Result<Vec<String>, StoreError> {
        self.remove_ended(&RunFilter::default(), keep)
    }

    /// Remove the runs of a filter that have ended, but for the latest `keep`.
    fn remove_ended(&self, filter: &RunFilter, keep: usize) -> Result<Vec<String>, StoreError> {
        let runs = self.runs(filter)?;
        let ended = runs.into_iter().filter(|run| run.status != RunStatus::Running);
        let mut gone = Vec::new();
        for run in ended.skip(keep) {
            match self.remove_run(&run.told.name) {
                // Somebody else removed it meanwhile.
                Ok(()) | Err(StoreError::Missing { .. }) => gone.push(run.told.name),
                Err(error) => return Err(error),
            }
        }
        Ok(gone)
    }

    /// Thin the rows of the streams `name` of all runs that are older than `age`, as [`Database::thin`] does.
    ///
    /// A row is as old as the time since it can have been written: not before the time of the run that stands beside it,
    /// counted from when the run began, and not after the run has ended. So a live run is thinned behind its present, and a
    /// simulated one, which writes a month in a second, when its end is so long ago.
    ///
    /// A stream is taken a part at a time, each in a transaction of its own: memory is that of a part, and of the times in the
    /// stream of the thinned rows. Where late rows keep the segments of a part from going, they come up for the next part again
    /// together with its own.
    ///
    /// # Errors
    /// As [`Database::thin`]; what was thinned before stays so.
    pub fn thin_older(
        &self,
        name: &str,
        every_us: i64,
        age: std::time::Duration,
    ) -> Result<Thinned, StoreError> {
        let limit_us = now_us().saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
        let mut all = Thinned::default();
        for run in self.runs(&RunFilter::default())? {
            let Some(stream) = self.streams(run.id)?.into_iter().find(|one| one.name == name)
            else {
                continue;
            };
            let Some((first_us, last_us)) = stream.span_us else { continue };
            let before_us = match run.ended_us {
                Some(ended_us) if ended_us <= limit_us => {
                    // Behind the last row, so that its interval is whole.
                    last_us.saturating_add(every_us).saturating_add(1)
                }
                _ => first_us.saturating_add(limit_us.saturating_sub(run.started_us)),
            };
            let span_us = last_us.saturating_sub(first_us).max(1);
            let rows = (PART_NUMBERS / stream.signals.len().max(1)).max(1) as f64;
            let share = (rows / stream.count.max(1) as f64).min(1.0);
            let part_us = ((span_us as f64 * share) as i64).max(every_us);
            let mut to_us = first_us;
            while to_us < before_us {
                to_us = to_us.saturating_add(part_us).min(before_us);
                let thinned = self.thin(&stream, every_us, to_us)?;
                all.removed += thinned.removed;
                all.kept += thinned.kept;
            }
        }
        Ok(all)
    }
}

/// Lowest, mean and highest value by interval, at times that are not `there` yet.
fn summed(rows: &Rows, every_us: i64, there: &[i64]) -> Rows {
    let mut coarse = Rows::new(3 * rows.channels());
    let mut start = 0;
    while start < rows.len() {
        let interval = rows.time_us[start].div_euclid(every_us);
        let inside = |time_us: &i64| time_us.div_euclid(every_us) == interval;
        let end = start + rows.time_us[start..].iter().take_while(|time| inside(time)).count();
        let is_there = |time_us: i64| there.binary_search(&time_us).is_ok();
        let mut time_us = interval * every_us;
        if is_there(time_us) {
            time_us = rows.time_us[start].max(time_us + 1);
            while is_there(time_us) {
                time_us += 1;
            }
        }
        let values: Vec<f64> =
            rows.columns.iter().flat_map(|column| ends(&column[start..end])).collect();
        coarse.push(time_us, &values);
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
