//! Rows out of a stream.

use super::Database;
use super::codec;
use super::link::Link;
use super::rows::Rows;
use super::stream::Stream;
use crate::StoreError;

/// Which rows of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Those from the first time to the second, both included, µs; in the order of time.
    Time(i64, i64),
    /// Those from an arrival number on, at least, in the order of arrival: the first row of a stream is number 0. Who asks with
    /// the number of rows it has got gets each row once, however old it is and whatever is written meanwhile.
    Arrival(u64),
}

impl Span {
    /// All rows, in the order of time.
    pub const ALL: Span = Span::Time(i64::MIN, i64::MAX);
}

/// A time without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Last row before it, µs.
    pub from_us: i64,
    /// First row after it, µs.
    pub to_us: i64,
}

impl Database {
    /// The rows of some channels of a stream: what is written in segments and what has just arrived, in one look.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a channel that the stream has not; [`StoreError::DatabaseDamaged`] where bytes are not
    /// those that were written.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_store::{
    ///     Database, DatabaseSettings, Ingest, IngestSettings, NewRun, Rows, Signal, Span,
    /// };
    /// let dir = tempfile::tempdir()?;
    /// let place = dir.path().join("runs.db");
    /// let database = Database::open(&place.as_path().into(), &DatabaseSettings::default())?;
    /// let run = database.begin_run(&NewRun::named("first"))?;
    /// let stream = database.stream(run, "telemetry", &[Signal::new("pp_co2_pa", "Pa")])?;
    /// let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
    /// let mut rows = Rows::new(1);
    /// rows.push(0, &[267.0]);
    /// rows.push(60_000_000, &[268.5]);
    /// ingest.append_rows(&mut rows)?;
    /// ingest.commit()?;
    /// let found = database.read(&stream, &["pp_co2_pa"], Span::ALL)?;
    /// assert_eq!(found.column(0), [267.0, 268.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&self, stream: &Stream, channels: &[&str], span: Span) -> Result<Rows, StoreError> {
        let mut wanted = Vec::with_capacity(channels.len());
        for name in channels {
            wanted.push(stream.position(name).ok_or_else(|| self.missing("channel", name))?);
        }
        self.look(|link| self.rows(link, stream, &wanted, span))
    }

    fn rows(
        &self,
        link: &mut dyn Link,
        stream: &Stream,
        wanted: &[usize],
        span: Span,
    ) -> Result<Rows, StoreError> {
        let mut rows = self.segments(link, stream, wanted, span)?;
        let mut tail = self.tail(link, stream, wanted, span)?;
        rows.take_over(&mut tail);
        if matches!(span, Span::Time(..)) {
            rows.sort();
        }
        Ok(rows)
    }

    /// Rows that are written by column.
    fn segments(
        &self,
        link: &mut dyn Link,
        stream: &Stream,
        wanted: &[usize],
        span: Span,
    ) -> Result<Rows, StoreError> {
        let mut rows = Rows::new(wanted.len());
        let (sql, values) = match span {
            Span::Time(from, to) => (
                "SELECT id, arrival, count, crc, times FROM segment
                 WHERE stream = ?1 AND first_us <= ?2 AND last_us >= ?3 ORDER BY arrival",
                vec![stream.id.into(), to.into(), from.into()],
            ),
            Span::Arrival(from) => (
                "SELECT id, arrival, count, crc, times FROM segment
                 WHERE stream = ?1 AND arrival + count > ?2 ORDER BY arrival",
                vec![stream.id.into(), (from as i64).into()],
            ),
        };
        for mut row in link.query(sql, &values)? {
            let (segment, arrival, count, crc) =
                (row.int(0), row.int(1), row.int(2) as usize, row.int(3));
            let whole = |bytes: &[u8], crc: i64| {
                let name = &stream.name;
                let reason = format!("segment {segment} of stream `{name}` has another checksum");
                if codec::crc(bytes) == crc { Ok(()) } else { Err(self.damaged(reason)) }
            };
            let damaged = |reason| self.damaged(reason);
            let times = row.bytes(4);
            whole(&times, crc)?;
            let mut part = Rows::new(wanted.len());
            part.time_us = codec::times(&times, count).map_err(damaged)?;
            for (column, position) in part.columns.iter_mut().zip(wanted) {
                let found = link.one(
                    "SELECT crc, bytes FROM chunk WHERE segment = ?1 AND position = ?2",
                    &[segment.into(), (*position as i64).into()],
                )?;
                let missing = || self.damaged(format!("segment {segment} lacks column {position}"));
                let mut found = found.ok_or_else(missing)?;
                let crc = found.int(0);
                let bytes = found.bytes(1);
                whole(&bytes, crc)?;
                *column = codec::column(&bytes, count).map_err(damaged)?;
            }
            cut(&mut part, arrival, span);
            rows.take_over(&mut part);
        }
        Ok(rows)
    }

    /// Rows as they came.
    fn tail(
        &self,
        link: &mut dyn Link,
        stream: &Stream,
        wanted: &[usize],
        span: Span,
    ) -> Result<Rows, StoreError> {
        let mut rows = Rows::new(wanted.len());
        let sql =
            "SELECT arrival, count, crc, bytes FROM packet WHERE stream = ?1 ORDER BY arrival";
        for mut row in link.query(sql, &[stream.id.into()])? {
            let (arrival, count, crc) = (row.int(0), row.int(1) as usize, row.int(2));
            let bytes = row.bytes(3);
            if codec::crc(&bytes) != crc {
                let name = &stream.name;
                let reason = format!("packet {arrival} of stream `{name}` has another checksum");
                return Err(self.damaged(reason));
            }
            let mut part = codec::packet(&bytes, count, stream.signals.len(), wanted)
                .map_err(|reason| self.damaged(reason))?;
            cut(&mut part, arrival, span);
            rows.take_over(&mut part);
        }
        Ok(rows)
    }

    /// Times without rows that are longer than `longest_us`.
    ///
    /// # Errors
    /// What the database reports.
    pub fn gaps(&self, stream: &Stream, longest_us: i64) -> Result<Vec<Gap>, StoreError> {
        let rows = self.read(stream, &[], Span::ALL)?;
        let pairs = rows.time_us.windows(2).map(|pair| Gap { from_us: pair[0], to_us: pair[1] });
        Ok(pairs.filter(|gap| gap.to_us.saturating_sub(gap.from_us) > longest_us).collect())
    }

    /// Lowest and highest value of a channel, from what is kept of every segment and the rows that have just arrived; `None`
    /// where it has no value.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn extremes(
        &self,
        stream: &Stream,
        channel: &str,
    ) -> Result<Option<(f64, f64)>, StoreError> {
        let position = stream.position(channel).ok_or_else(|| self.missing("channel", channel))?;
        self.look(|link| {
            let sql = "SELECT MIN(chunk.low), MAX(chunk.high) FROM segment
                 JOIN chunk ON chunk.segment = segment.id
                 WHERE segment.stream = ?1 AND chunk.position = ?2";
            let found = link.one(sql, &[stream.id.into(), (position as i64).into()])?;
            let mut ends = found.map(|mut row| (row.real(0), row.real(1)));
            ends = ends.filter(|ends| !ends.0.is_nan());
            let tail = self.tail(link, stream, &[position], Span::ALL)?;
            for value in tail.column(0).iter().filter(|value| !value.is_nan()) {
                let (low, high) = ends.unwrap_or((*value, *value));
                ends = Some((low.min(*value), high.max(*value)));
            }
            Ok(ends)
        })
    }
}

/// Keep what lies in the span.
fn cut(rows: &mut Rows, arrival: i64, span: Span) {
    let keep: Vec<bool> = match span {
        Span::Time(from, to) => {
            if rows.span_us().is_none_or(|(first, last)| first >= from && last <= to) {
                return;
            }
            rows.time_us.iter().map(|time_us| (from..=to).contains(time_us)).collect()
        }
        Span::Arrival(from) if arrival >= from as i64 => return,
        Span::Arrival(from) => {
            (0..rows.len() as i64).map(|row| arrival + row >= from as i64).collect()
        }
    };
    rows.keep(&keep);
}
