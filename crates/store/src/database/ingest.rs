//! Rows on their way into a stream.
//!
//! ```text
//! append ──► pending ──commit──► packet (on the disk: acknowledged) ──enough rows──► segment, by column, compressed
//! ```
//! A commit takes all rows that wait, so the disk is synced once a group. How many blocks make a group is searched for while rows
//! come, for the most rows a second ([`BatchSize`]); where they come slowly, time ends a group. When packets have gathered a segment's rows they
//! are written by column and dropped in the same transaction: a reader finds every row in one place, never in none or two.
//!
//! # Once and in order
//! A row is told by stream and time. One whose time is there already is counted as repeated and left out, so a sender that
//! does not know whether its rows arrived sends them again. Rows keep the order in which they arrived; readers who ask
//! for a span of time get them in the order of time.
//!
//! # When the database is away
//! Rows wait in memory and are tried again with growing pauses until `patience` is over. While they wait, `append` does not
//! return: the queue in front fills, and whoever measures waits too.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use runtime::{BatchBounds, BatchSize, Block, Sink, SinkError};
use tracing::info_span;

use super::link::{Link, Value};
use super::rows::Rows;
use super::stream::Stream;
use super::{Batch, Database, codec, stream};
use crate::StoreError;

/// Samples of a segment: enough that compression pays, few enough that one is read in a moment.
const SEGMENT_SAMPLES: usize = 1 << 22;
/// Fewest and most rows of a segment.
const SEGMENT_ROWS: (usize, usize) = (64, 8_192);
/// First pause before a commit is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// Blocks of a group, at first and at most.
const GROUP_BLOCKS: (usize, usize) = (64, 1_024);

/// How rows are gathered.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestSettings {
    /// Longest time that a row waits for its commit while others come, and that gathering and committing a full group may take.
    pub group: Duration,
    /// Samples that are committed at once at most; rows that come together are not parted.
    pub most_samples: usize,
    /// Samples of a segment; one has at least 64 rows and at most 8 192. Those that are not in a segment yet are in memory.
    pub segment_samples: usize,
    /// How long a database may be away before rows are given back as an error.
    pub patience: Duration,
}

impl Default for IngestSettings {
    /// 50 ms, four million samples at once and in a segment, five minutes.
    fn default() -> IngestSettings {
        IngestSettings {
            group: Duration::from_millis(50),
            most_samples: 1 << 22,
            segment_samples: SEGMENT_SAMPLES,
            patience: Duration::from_secs(300),
        }
    }
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IngestSummary {
    /// Rows on the disk.
    pub rows: u64,
    /// Rows left out because their time was there already.
    pub repeated: u64,
    /// Rows that came after later ones.
    pub late: u64,
    /// Commits.
    pub commits: u64,
    /// Commits that were tried again because the database was away.
    pub retries: u64,
    /// Segments written.
    pub segments: u64,
}

/// A writer of rows into one stream; several may write one stream, in several processes.
#[derive(Debug)]
pub struct Ingest {
    database: Database,
    stream: Stream,
    settings: IngestSettings,
    /// Rows that wait for a commit.
    pending: Rows,
    /// Rows in packets: on the disk and not in a segment yet.
    tail: Rows,
    /// Arrival number of the first row of the tail.
    tail_arrival: i64,
    /// Rows of the stream when this writer last looked; -1 before it has.
    known: i64,
    oldest: Option<Instant>,
    /// Blocks that wait.
    blocks: usize,
    /// How many are worth a commit.
    group: BatchSize,
    summary: IngestSummary,
}

/// What a commit has found out, taken over when it is durable.
struct Committed {
    fresh: Rows,
    tail_before: Option<(Rows, i64)>,
    count: i64,
    repeated: u64,
    late: u64,
    segments: Vec<usize>,
}

impl Ingest {
    /// A writer into `stream`.
    #[must_use]
    pub fn new(database: &Database, stream: &Stream, settings: &IngestSettings) -> Ingest {
        let channels = stream.signals.len();
        Ingest {
            database: database.clone(),
            stream: stream.clone(),
            settings: settings.clone(),
            pending: Rows::new(channels),
            tail: Rows::new(channels),
            tail_arrival: 0,
            known: -1,
            oldest: None,
            blocks: 0,
            group: BatchSize::begun_at(
                BatchBounds {
                    latency_s: settings.group.as_secs_f64(),
                    ..BatchBounds::new(1, GROUP_BLOCKS.1)
                },
                GROUP_BLOCKS.0,
            ),
            summary: IngestSummary::default(),
        }
    }

    /// Rows of one segment of this stream.
    fn segment_rows(&self) -> usize {
        let channels = self.stream.signals.len().max(1);
        (self.settings.segment_samples / channels).clamp(SEGMENT_ROWS.0, SEGMENT_ROWS.1)
    }

    /// Take the rows of a block; they are committed at the latest with the first rows that come a group's time later.
    ///
    /// # Errors
    /// [`StoreError::Rows`] for rows that do not fit, which are not taken; what [`Ingest::commit`] reports.
    pub fn append(&mut self, block: &Block) -> Result<(), StoreError> {
        self.pending.append(block, &self.stream.name)?;
        self.gathered()
    }

    /// Take rows.
    ///
    /// # Errors
    /// As [`Ingest::append`].
    pub fn append_rows(&mut self, rows: &mut Rows) -> Result<(), StoreError> {
        if rows.channels() != self.pending.channels() {
            let (found, expected) = (rows.channels(), self.pending.channels());
            let reason = format!("{found} values a row; it has {expected} channels");
            return Err(StoreError::Rows { stream: self.stream.name.clone(), reason });
        }
        self.pending.take_over(rows);
        self.gathered()
    }

    fn gathered(&mut self) -> Result<(), StoreError> {
        let oldest = *self.oldest.get_or_insert_with(Instant::now);
        self.blocks += 1;
        let blocks = self.blocks;
        let samples = self.pending.len() * self.pending.channels();
        if blocks >= self.group.next()
            || samples >= self.settings.most_samples
            || oldest.elapsed() >= self.settings.group
        {
            let retries = self.summary.retries;
            self.commit()?;
            // A database that was away says nothing about sizes.
            if self.summary.retries == retries {
                self.group.record(blocks, oldest.elapsed().as_secs_f64());
            }
        }
        Ok(())
    }

    /// Make everything taken so far durable; when it returns, it is acknowledged.
    ///
    /// # Errors
    /// [`StoreError::DatabaseAway`] when the database stayed away for longer than its patience,
    /// [`StoreError::DatabaseFull`] and the like; the rows still wait and a later call tries again.
    pub fn commit(&mut self) -> Result<IngestSummary, StoreError> {
        if self.pending.is_empty() {
            (self.oldest, self.blocks) = (None, 0);
            return Ok(self.summary);
        }
        let _stage = info_span!("database commit").entered();
        let done = self.patiently(Ingest::write)?;
        self.take_over(done);
        Ok(self.summary)
    }

    /// Change the database, again and again while it is away.
    fn patiently<T>(
        &mut self,
        change: impl Fn(&Ingest, &mut dyn Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (start, mut pause) = (Instant::now(), PAUSE);
        loop {
            let written = {
                let _writing = self.database.writing(self.stream.id);
                self.database.change(|link| change(self, link))
            };
            match written {
                Ok(done) => return Ok(done),
                Err(StoreError::DatabaseAway { .. } | StoreError::DatabaseBusy { .. })
                    if start.elapsed() < self.settings.patience =>
                {
                    // It may have taken the rows before it went: then they are found there, and are not written twice.
                    self.known = -1;
                    self.summary.retries += 1;
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                Err(error) => {
                    self.known = -1;
                    return Err(error);
                }
            }
        }
    }

    /// Make what waits in several writers durable in one transaction, and what `also` does with it: a commit waits for the
    /// disk, so a thousand streams that get a row each need one commit and not a thousand.
    ///
    /// It does not wait for a database that is away.
    ///
    /// # Errors
    /// [`StoreError::Rows`] for writers that were not made of one [`Database`] or its clones, and where there is none; what `also`
    /// returns and what the database reports. Then all rows still wait.
    pub fn commit_together<T>(
        ingests: &mut [&mut Ingest],
        also: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _stage = info_span!("database commit").entered();
        let refused = |stream: &str, reason: &str| StoreError::Rows {
            stream: stream.to_owned(),
            reason: reason.to_owned(),
        };
        let Some(first) = ingests.first() else {
            return Err(refused("", "no writer tells which database is meant"));
        };
        let database = first.database.clone();
        if let Some(other) = ingests.iter().find(|one| !one.database.is_same(&database)) {
            let reason =
                "its writer is of another database than the first of those that commit together";
            return Err(refused(&other.stream.name, reason));
        }
        let written = {
            let _writing: Vec<_> =
                ingests.iter().map(|ingest| database.writing(ingest.stream.id)).collect();
            database.change(|link| {
                let of = |ingest: &&mut Ingest| match ingest.pending.is_empty() {
                    true => Ok(None),
                    false => ingest.write(link).map(Some),
                };
                let done = ingests.iter().map(of).collect::<Result<Vec<_>, StoreError>>()?;
                Ok((done, also(&mut Batch::on(link))?))
            })
        };
        match written {
            Ok((done, result)) => {
                for (ingest, done) in ingests.iter_mut().zip(done) {
                    if let Some(done) = done {
                        ingest.take_over(done);
                    }
                }
                Ok(result)
            }
            Err(error) => {
                for ingest in ingests {
                    // It may have taken the rows before it went: then they are found there, and are not written twice.
                    ingest.known = -1;
                }
                Err(error)
            }
        }
    }

    /// Take one row without a look at whether it is time to commit; [`Ingest::commit_together`] does.
    ///
    /// # Errors
    /// [`StoreError::Rows`] for a row that does not fit, which is not taken.
    pub fn gather(&mut self, time_us: i64, row: &[f64]) -> Result<(), StoreError> {
        if row.len() != self.pending.channels() {
            let (found, expected) = (row.len(), self.pending.channels());
            let reason = format!("{found} values a row; it has {expected} channels");
            return Err(StoreError::Rows { stream: self.stream.name.clone(), reason });
        }
        self.pending.push(time_us, row);
        Ok(())
    }

    /// Forget the rows that wait: whoever keeps them gives them again.
    pub fn discard(&mut self) {
        self.pending.clear();
        (self.oldest, self.blocks) = (None, 0);
    }

    /// Make everything durable and gather what is in packets, other writers' rows too, into a segment.
    ///
    /// # Errors
    /// As [`Ingest::commit`].
    pub fn finish(&mut self) -> Result<IngestSummary, StoreError> {
        self.commit()?;
        if self.known >= 0 && self.tail.is_empty() {
            return Ok(self.summary);
        }
        let (count, packed) = self.patiently(|ingest, link| {
            let id = ingest.stream.id;
            let Some((count, _)) = stream::state(link, id, true)? else {
                return Err(ingest.database.missing("stream", &ingest.stream.name));
            };
            let (tail, arrival) = ingest.current_tail(link, count)?;
            if !tail.is_empty() {
                write_segment(link, id, arrival, &tail)?;
                drop_packets(link, id, arrival)?;
            }
            Ok((count, !tail.is_empty()))
        })?;
        self.summary.segments += u64::from(packed);
        self.tail.clear();
        (self.tail_arrival, self.known) = (count, count);
        Ok(self.summary)
    }

    /// What became of the rows so far.
    #[must_use]
    pub fn summary(&self) -> IngestSummary {
        self.summary
    }

    /// Write what waits, within a transaction.
    fn write(&self, link: &mut dyn Link) -> Result<Committed, StoreError> {
        let id = self.stream.id;
        let Some((count, span)) = stream::state(link, id, true)? else {
            return Err(self.database.missing("stream", &self.stream.name));
        };
        let (tail, tail_arrival) = self.current_tail(link, count)?;
        let (fresh, repeated, late) = self.fresh(link, span, &tail)?;
        let tail_before = |tail: Cow<'_, Rows>| match tail {
            Cow::Owned(tail) => Some((tail, tail_arrival)),
            Cow::Borrowed(_) => None,
        };
        let mut done =
            Committed { count, repeated, late, segments: Vec::new(), fresh, tail_before: None };
        if done.fresh.is_empty() {
            done.tail_before = tail_before(tail);
            return Ok(done);
        }
        let size = self.segment_rows();
        let all = tail.len() + done.fresh.len();
        if all >= size {
            let mut rows = Rows::clone(&tail);
            rows.take_over(&mut done.fresh.clone());
            let mut arrival = tail_arrival;
            drop_packets(link, id, tail_arrival)?;
            while rows.len() >= size {
                let mut rest = rows.split_off(size);
                write_segment(link, id, arrival, &rows)?;
                arrival += size as i64;
                done.segments.push(size);
                std::mem::swap(&mut rows, &mut rest);
            }
            if !rows.is_empty() {
                write_packet(link, id, arrival, &rows)?;
            }
        } else {
            write_packet(link, id, count, &done.fresh)?;
        }
        let (first, last) = done.fresh.span_us().unwrap_or_default();
        let (first, last) = span.map_or((first, last), |(a, b)| (first.min(a), last.max(b)));
        done.count = count + done.fresh.len() as i64;
        link.execute(
            "UPDATE stream SET count = ?2, first_us = ?3, last_us = ?4 WHERE id = ?1",
            &[id.into(), done.count.into(), first.into(), last.into()],
        )?;
        done.tail_before = tail_before(tail);
        Ok(done)
    }

    /// The rows in packets of a stream of `count` rows, and the arrival number of the first: those that this writer
    /// remembers, or what the packets say where somebody else has written or packed them, or at the first look.
    fn current_tail(
        &self,
        link: &mut dyn Link,
        count: i64,
    ) -> Result<(Cow<'_, Rows>, i64), StoreError> {
        if count == self.known {
            let sql = "SELECT MIN(arrival) FROM packet WHERE stream = ?1";
            let first =
                link.one(sql, &[self.stream.id.into()])?.and_then(|mut row| row.maybe_int(0));
            if first == (!self.tail.is_empty()).then_some(self.tail_arrival) {
                return Ok((Cow::Borrowed(&self.tail), self.tail_arrival));
            }
        }
        let (tail, arrival) = self.packets(link, count)?;
        Ok((Cow::Owned(tail), arrival))
    }

    /// Take over what a transaction has made durable.
    fn take_over(&mut self, mut done: Committed) {
        if let Some((tail, arrival)) = done.tail_before {
            (self.tail, self.tail_arrival) = (tail, arrival);
        }
        self.summary.rows += done.fresh.len() as u64;
        self.summary.repeated += done.repeated;
        self.summary.late += done.late;
        self.summary.commits += 1;
        self.summary.segments += done.segments.len() as u64;
        self.tail.take_over(&mut done.fresh);
        for size in done.segments {
            self.tail.drop_first(size);
            self.tail_arrival += size as i64;
        }
        self.known = done.count;
        self.pending.clear();
        (self.oldest, self.blocks) = (None, 0);
    }

    /// The rows that are in packets, and the arrival number of the first.
    fn packets(&self, link: &mut dyn Link, count: i64) -> Result<(Rows, i64), StoreError> {
        let channels = self.stream.signals.len();
        let all: Vec<usize> = (0..channels).collect();
        let (mut tail, mut first) = (Rows::new(channels), count);
        for (arrival, mut rows) in self.database.packets(link, &self.stream, &all)? {
            first = first.min(arrival);
            tail.take_over(&mut rows);
        }
        Ok((tail, first))
    }

    /// The rows that wait and are not there yet; how many are, and how many come after later ones.
    fn fresh(
        &self,
        link: &mut dyn Link,
        span: Option<(i64, i64)>,
        tail: &Rows,
    ) -> Result<(Rows, u64, u64), StoreError> {
        let times = &self.pending.time_us;
        let last = span.map_or(i64::MIN, |span| span.1);
        let rises = times.windows(2).all(|pair| pair[0] < pair[1]);
        if rises && times.first().is_none_or(|first| span.is_none() || *first > last) {
            return Ok((self.pending.clone(), 0, 0));
        }
        let Some((from, to)) = self.pending.span_us() else {
            return Ok((self.pending.clone(), 0, 0));
        };
        let mut there: HashSet<i64> = tail.time_us.iter().copied().collect();
        let sql = "SELECT arrival, count, first_us, last_us, crc, times FROM segment
             WHERE stream = ?1 AND first_us <= ?2 AND last_us >= ?3";
        for mut row in link.query(sql, &[self.stream.id.into(), to.into(), from.into()])? {
            let numbers @ [arrival, count, ..] = [0, 1, 2, 3].map(|column| row.int(column));
            let (seal, bytes) = (row.int(4), row.bytes(5));
            if !codec::is_whole(seal, &numbers, &bytes) {
                let name = &self.stream.name;
                let reason = format!("segment {arrival} of stream `{name}` has another checksum");
                return Err(self.database.damaged(reason));
            }
            let times = codec::times(&bytes, count as usize);
            there.extend(times.map_err(|reason| self.database.damaged(reason))?);
        }
        let keep: Vec<bool> = times.iter().map(|time_us| there.insert(*time_us)).collect();
        let repeated = keep.iter().filter(|keep| !**keep).count() as u64;
        let mut latest = last;
        let mut late = 0;
        for (time_us, keep) in times.iter().zip(&keep) {
            late += u64::from(*keep && *time_us < latest);
            latest = latest.max(*time_us);
        }
        let mut fresh = self.pending.clone();
        fresh.keep(&keep);
        Ok((fresh, repeated, late))
    }
}

fn write_packet(
    link: &mut dyn Link,
    stream: i64,
    arrival: i64,
    rows: &Rows,
) -> Result<(), StoreError> {
    let (first, last) = rows.span_us().unwrap_or_default();
    let (count, bytes) = (rows.len() as i64, codec::packet_bytes(rows));
    let values: [Value; 7] = [
        stream.into(),
        arrival.into(),
        first.into(),
        last.into(),
        count.into(),
        codec::seal(&[arrival, count, first, last], &bytes).into(),
        bytes.into(),
    ];
    link.execute(
        "INSERT INTO packet (stream, arrival, first_us, last_us, count, crc, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &values,
    )?;
    Ok(())
}

fn drop_packets(link: &mut dyn Link, stream: i64, from: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM packet WHERE stream = ?1 AND arrival >= ?2";
    link.execute(sql, &[stream.into(), from.into()])?;
    Ok(())
}

/// What stands beside the bytes of a column.
pub(super) fn chunk_numbers(position: i64, low: Option<f64>, high: Option<f64>) -> [i64; 5] {
    let ([has_low, low], [has_high, high]) = (codec::end_bits(low), codec::end_bits(high));
    [position, has_low, low, has_high, high]
}

/// Write rows by column.
pub(super) fn write_segment(
    link: &mut dyn Link,
    stream: i64,
    arrival: i64,
    rows: &Rows,
) -> Result<(), StoreError> {
    let packed = |reason: String| StoreError::Rows { stream: stream.to_string(), reason };
    let (first, last) = rows.span_us().unwrap_or_default();
    let (count, times) = (rows.len() as i64, codec::time_bytes(&rows.time_us).map_err(packed)?);
    let values: [Value; 7] = [
        stream.into(),
        arrival.into(),
        first.into(),
        last.into(),
        count.into(),
        codec::seal(&[arrival, count, first, last], &times).into(),
        times.into(),
    ];
    let made = link.one(
        "INSERT INTO segment (stream, arrival, first_us, last_us, count, crc, times)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        &values,
    )?;
    let segment = made.map_or(0, |mut row| row.int(0));
    let mut chunks = Vec::with_capacity(rows.channels());
    for (position, column) in rows.columns.iter().enumerate() {
        let bytes = codec::column_bytes(column).map_err(packed)?;
        let finite = || column.iter().copied().filter(|value| !value.is_nan());
        let low = finite().fold(None, |low: Option<f64>, v| Some(low.map_or(v, |l| l.min(v))));
        let high = finite().fold(None, |high: Option<f64>, v| Some(high.map_or(v, |h| h.max(v))));
        chunks.push(vec![
            segment.into(),
            (position as i64).into(),
            low.into(),
            high.into(),
            codec::seal(&chunk_numbers(position as i64, low, high), &bytes).into(),
            bytes.into(),
        ]);
    }
    let columns = ["segment", "position", "low", "high", "crc", "bytes"];
    link.insert("chunk", &columns, &mut chunks.into_iter())?;
    Ok(())
}

impl Sink for Ingest {
    fn accept(&mut self, block: &Block) -> Result<(), SinkError> {
        self.append(block).map_err(SinkError::failed)
    }

    fn idle(&mut self) -> Result<(), SinkError> {
        self.commit().map(|_| ()).map_err(SinkError::failed)
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        Ingest::finish(&mut self).map(|_| ()).map_err(SinkError::failed)
    }
}
