//! Whether everything in a database is what was written.

use sha2::{Digest, Sha256};

use super::ingest::chunk_numbers;
use super::link::{Dialect, Link};
use super::{Database, audit, codec};
use crate::StoreError;

/// Problems that are told; more are counted.
const TOLD: usize = 20;

/// What a look at everything has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Runs.
    pub runs: u64,
    /// Streams.
    pub streams: u64,
    /// Rows of all streams.
    pub rows: u64,
    /// Bytes whose checksums were taken.
    pub bytes: u64,
    /// Entries of the audit trail that follow from each other.
    pub audit: u64,
    /// What is wrong, one sentence each; at most twenty.
    pub problems: Vec<String>,
    /// How much is wrong.
    pub count: u64,
}

impl Verified {
    /// Whether all is well.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.count == 0
    }

    fn found(&mut self, problem: String) {
        self.count += 1;
        if self.problems.len() < TOLD {
            self.problems.push(problem);
        }
    }

    /// Note the problem that an error stands for; an error of the connection stays one.
    fn note<T>(
        &mut self,
        what: &str,
        result: Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::DatabaseDamaged { reason, .. }) => {
                self.found(format!("{what}: {reason}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Database {
    /// Read everything and hold it against its checksums: pages of the file, rows by stream, files, the audit trail.
    ///
    /// # Errors
    /// Where the database cannot be reached; damage is told in the result.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        self.look(|link| {
            // Everything is read: that takes long and says nothing about what the database is asked otherwise.
            let link = link.unlogged();
            let mut all = Verified::default();
            if link.dialect() == Dialect::Sqlite {
                pages(link, &mut all)?;
            }
            let runs = all.note("table run", link.query("SELECT id, name FROM run", &[]))?;
            all.runs = runs.map_or(0, |runs| runs.len() as u64);
            let sql = "SELECT id, name, count, removed, first_us, last_us FROM stream ORDER BY id";
            let streams = all.note("table stream", link.query(sql, &[]))?.unwrap_or_default();
            for mut row in streams {
                all.streams += 1;
                let (id, name) = (row.int(0), row.text(1));
                let (count, removed) = (row.int(2), row.int(3));
                let told = row.maybe_int(4).zip(row.maybe_int(5));
                let expected = count.wrapping_sub(removed);
                let what = format!("stream `{name}` ({id})");
                let held = stream(link, id, &what, &mut all);
                if let Some((rows, span)) = all.note(&what, held)? {
                    all.rows += rows as u64;
                    if rows != expected {
                        all.found(format!("{what} holds {rows} rows and should hold {expected}"));
                    }
                    // Rows that were thinned out still count for the span.
                    if span != told && removed == 0 {
                        all.found(format!("{what} does not span the time of its rows"));
                    }
                }
            }
            let files = artifacts(link, &mut all);
            all.note("table artifact", files)?;
            let trail = audit::broken(link);
            if let Some((sound, broken)) = all.note("table audit", trail)? {
                all.audit = sound;
                if let Some(number) = broken {
                    all.found(format!("entry {number} of the audit trail does not follow"));
                }
            }
            Ok(all)
        })
    }
}

/// The file's own structure.
fn pages(link: &mut dyn Link, all: &mut Verified) -> Result<(), StoreError> {
    let checks = link.query("PRAGMA integrity_check(20)", &[]);
    for mut row in all.note("pages", checks)?.unwrap_or_default() {
        let words = row.text(0);
        if words != "ok" {
            all.found(format!("pages: {words}"));
        }
    }
    let orphans = link.query("PRAGMA foreign_key_check", &[]);
    for mut row in all.note("references", orphans)?.unwrap_or_default() {
        let table = row.text(0);
        all.found(format!("a row of table {table} belongs to nothing"));
    }
    Ok(())
}

/// Rows of a stream, and its first and last time.
type Held = (i64, Option<(i64, i64)>);

/// Hold the bytes of a stream and the numbers beside them against their checksums.
fn stream(
    link: &mut dyn Link,
    id: i64,
    what: &str,
    all: &mut Verified,
) -> Result<Held, StoreError> {
    let sql = "SELECT COUNT(*) FROM channel WHERE stream = ?1";
    let channels = link.one(sql, &[id.into()])?.map_or(0, |mut row| row.int(0));
    let mut parts: Vec<[i64; 4]> = Vec::new();
    let sql =
        "SELECT arrival, count, first_us, last_us, id, crc, times FROM segment WHERE stream = ?1";
    for mut row in link.query(sql, &[id.into()])? {
        let numbers = [0, 1, 2, 3].map(|column| row.int(column));
        let (segment, seal, times) = (row.int(4), row.int(5), row.bytes(6));
        all.bytes += times.len() as u64;
        let count = numbers[1] as usize;
        if !codec::is_whole(seal, &numbers, &times) || codec::times(&times, count).is_err() {
            all.found(format!("{what}: times of segment {segment} are not those written"));
            continue;
        }
        parts.push(numbers);
        let sql = "SELECT position, low, high, crc, bytes FROM chunk WHERE segment = ?1 ORDER BY position";
        let mut positions = 0;
        for mut chunk in link.query(sql, &[segment.into()])? {
            positions += 1;
            let (position, low, high) = (chunk.int(0), chunk.maybe_real(1), chunk.maybe_real(2));
            let (seal, bytes) = (chunk.int(3), chunk.bytes(4));
            all.bytes += bytes.len() as u64;
            let whole = codec::is_whole(seal, &chunk_numbers(position, low, high), &bytes);
            if !whole || codec::column(&bytes, count).is_err() {
                let place = format!("column {position} of segment {segment}");
                all.found(format!("{what}: {place} is not what was written"));
            }
        }
        if positions != channels {
            all.found(format!("{what}: segment {segment} has {positions} columns of {channels}"));
        }
    }
    let sql = "SELECT arrival, count, first_us, last_us, crc, bytes FROM packet WHERE stream = ?1";
    for mut row in link.query(sql, &[id.into()])? {
        let numbers @ [arrival, count, ..] = [0, 1, 2, 3].map(|column| row.int(column));
        let (seal, bytes) = (row.int(4), row.bytes(5));
        all.bytes += bytes.len() as u64;
        let whole = codec::is_whole(seal, &numbers, &bytes);
        if !whole || codec::packet(&bytes, count as usize, channels as usize, &[]).is_err() {
            all.found(format!("{what}: packet {arrival} is not what was written"));
            continue;
        }
        parts.push(numbers);
    }
    parts.sort_unstable();
    if parts.windows(2).any(|pair| pair[0][0] + pair[0][1] > pair[1][0]) {
        all.found(format!("{what} holds rows twice"));
    }
    let first = parts.iter().map(|part| part[2]).min();
    let last = parts.iter().map(|part| part[3]).max();
    Ok((parts.iter().map(|part| part[1]).sum(), first.zip(last)))
}

fn artifacts(link: &mut dyn Link, all: &mut Verified) -> Result<(), StoreError> {
    let ids = link.query("SELECT id FROM artifact ORDER BY id", &[])?;
    for mut id in ids {
        let id = id.int(0);
        let sql = "SELECT name, sha256, bytes FROM artifact WHERE id = ?1";
        if let Some(mut row) = link.one(sql, &[id.into()])? {
            let (name, kept) = (row.text(0), row.bytes(1));
            let bytes = row.bytes(2);
            all.bytes += bytes.len() as u64;
            if kept != Sha256::digest(&bytes)[..] {
                all.found(format!("artifact `{name}` is not what was kept"));
            }
        }
    }
    Ok(())
}
