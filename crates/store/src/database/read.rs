//! Rows out of a stream.

use super::Database;
use super::codec;
use super::ingest::chunk_numbers;
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
    /// those that were written, and, where all rows are asked for, where there are not as many as have arrived.
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
        if span == Span::ALL {
            self.complete(link, stream, rows.len() as i64)?;
        }
        if matches!(span, Span::Time(..)) {
            rows.sort();
        }
        Ok(rows)
    }

    /// Refuse fewer or more rows than the stream has.
    fn complete(&self, link: &mut dyn Link, stream: &Stream, rows: i64) -> Result<(), StoreError> {
        let sql = "SELECT count - removed FROM stream WHERE id = ?1";
        let expected = link.one(sql, &[stream.id.into()])?.map_or(0, |mut row| row.int(0));
        if rows == expected {
            return Ok(());
        }
        let name = &stream.name;
        Err(self.damaged(format!("stream `{name}` holds {rows} rows and should hold {expected}")))
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
                "SELECT arrival, count, first_us, last_us, id, crc, times FROM segment
                 WHERE stream = ?1 AND first_us <= ?2 AND last_us >= ?3 ORDER BY arrival",
                vec![stream.id.into(), to.into(), from.into()],
            ),
            Span::Arrival(from) => (
                "SELECT arrival, count, first_us, last_us, id, crc, times FROM segment
                 WHERE stream = ?1 AND arrival + count > ?2 ORDER BY arrival",
                vec![stream.id.into(), (from as i64).into()],
            ),
        };
        for mut row in link.query(sql, &values)? {
            let numbers @ [arrival, count, ..] = [0, 1, 2, 3].map(|column| row.int(column));
            let segment = row.int(4);
            let whole = |seal: i64, numbers: &[i64], bytes: &[u8]| {
                let name = &stream.name;
                let reason = format!("segment {segment} of stream `{name}` has another checksum");
                if codec::is_whole(seal, numbers, bytes) {
                    Ok(())
                } else {
                    Err(self.damaged(reason))
                }
            };
            let damaged = |reason| self.damaged(reason);
            let (seal, times) = (row.int(5), row.bytes(6));
            whole(seal, &numbers, &times)?;
            // Sealed, so it is the number of rows that were written.
            let count = count as usize;
            let mut part = Rows::new(wanted.len());
            part.time_us = codec::times(&times, count).map_err(damaged)?;
            for (column, position) in part.columns.iter_mut().zip(wanted) {
                let found = link.one(
                    "SELECT low, high, crc, bytes FROM chunk WHERE segment = ?1 AND position = ?2",
                    &[segment.into(), (*position as i64).into()],
                )?;
                let missing = || self.damaged(format!("segment {segment} lacks column {position}"));
                let mut found = found.ok_or_else(missing)?;
                let (low, high) = (found.maybe_real(0), found.maybe_real(1));
                let (seal, bytes) = (found.int(2), found.bytes(3));
                whole(seal, &chunk_numbers(*position as i64, low, high), &bytes)?;
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
        for (arrival, mut part) in self.packets(link, stream, wanted)? {
            cut(&mut part, arrival, span);
            rows.take_over(&mut part);
        }
        Ok(rows)
    }

    /// The packets of a stream: arrival number of the first row, and the rows of some channels.
    pub(super) fn packets(
        &self,
        link: &mut dyn Link,
        stream: &Stream,
        wanted: &[usize],
    ) -> Result<Vec<(i64, Rows)>, StoreError> {
        let sql = "SELECT arrival, count, first_us, last_us, crc, bytes FROM packet
             WHERE stream = ?1 ORDER BY arrival";
        let mut packets = Vec::new();
        for mut row in link.query(sql, &[stream.id.into()])? {
            let numbers @ [arrival, count, ..] = [0, 1, 2, 3].map(|column| row.int(column));
            let (seal, bytes) = (row.int(4), row.bytes(5));
            if !codec::is_whole(seal, &numbers, &bytes) {
                let name = &stream.name;
                let reason = format!("packet {arrival} of stream `{name}` has another checksum");
                return Err(self.damaged(reason));
            }
            let rows = codec::packet(&bytes, count as usize, stream.signals.len(), wanted)
                .map_err(|reason| self.damaged(reason))?;
            packets.push((arrival, rows));
        }
        Ok(packets)
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
            let position = position as i64;
            let sql =
                "SELECT chunk.low, chunk.high, chunk.crc, segment.count, segment.id FROM segment
                 JOIN chunk ON chunk.segment = segment.id
                 WHERE segment.stream = ?1 AND chunk.position = ?2";
            let (mut ends, mut rows) = (None, 0);
            let mut widen = |low: f64, high: f64| {
                let (l, h) = ends.unwrap_or((low, high));
                ends = Some((low.min(l), high.max(h)));
            };
            for mut row in link.query(sql, &[stream.id.into(), position.into()])? {
                let (low, high, seal) = (row.maybe_real(0), row.maybe_real(1), row.int(2));
                rows = i64::wrapping_add(rows, row.int(3));
                if !codec::are_sealed(seal, &chunk_numbers(position, low, high)) {
                    let (segment, name) = (row.int(4), &stream.name);
                    let reason =
                        format!("segment {segment} of stream `{name}` has another checksum");
                    return Err(self.damaged(reason));
                }
                if let Some((low, high)) = low.zip(high) {
                    widen(low, high);
                }
            }
            let tail = self.tail(link, stream, &[position as usize], Span::ALL)?;
            let values = tail.column(0).iter().filter(|value| !value.is_nan());
            values.for_each(|value| widen(*value, *value));
            self.complete(link, stream, rows + tail.len() as i64)?;
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
