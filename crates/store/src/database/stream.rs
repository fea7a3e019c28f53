//! Streams: channels of a run that are sampled together.

use super::Database;
use super::link::{Link, Value};
use crate::StoreError;

/// A channel of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Name, unlike every other of the stream.
    pub name: String,
    /// Unit, as it is shown.
    pub unit: String,
}

impl Signal {
    /// A channel of a name and a unit.
    #[must_use]
    pub fn new(name: &str, unit: &str) -> Signal {
        Signal { name: name.to_owned(), unit: unit.to_owned() }
    }
}

/// Channels of a run that share their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Number within the database.
    pub id: i64,
    /// Run it belongs to.
    pub run: i64,
    /// Name within the run: `telemetry`, `metrics`, …
    pub name: String,
    /// Channels, in the order of a row.
    pub signals: Vec<Signal>,
    /// Rows that have arrived.
    pub count: u64,
    /// Earliest and latest time, µs.
    pub span_us: Option<(i64, i64)>,
}

impl Stream {
    /// Place of a channel.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.signals.iter().position(|signal| signal.name == name)
    }
}

/// Rows of a stream, and its earliest and latest time.
pub(super) type State = (i64, Option<(i64, i64)>);

/// Count and span of a stream, locked against other writers where `lock`.
pub(super) fn state(link: &mut dyn Link, id: i64, lock: bool) -> Result<Option<State>, StoreError> {
    let sql = match (lock, link.dialect()) {
        // SQLite has one writer at a time anyway.
        (true, super::link::Dialect::Postgres) => {
            "SELECT count, first_us, last_us FROM stream WHERE id = ?1 FOR UPDATE"
        }
        _ => "SELECT count, first_us, last_us FROM stream WHERE id = ?1",
    };
    let found = link.one(sql, &[id.into()])?;
    Ok(found.map(|mut row| {
        let span = row.maybe_int(1).zip(row.maybe_int(2));
        (row.int(0), span)
    }))
}

/// The streams that match, with their channels.
fn streams(link: &mut dyn Link, run: i64) -> Result<Vec<Stream>, StoreError> {
    let sql = "SELECT id, name, count, first_us, last_us FROM stream WHERE run = ?1 ORDER BY id";
    let mut found = Vec::new();
    for mut row in link.query(sql, &[run.into()])? {
        let id = row.int(0);
        let sql = "SELECT name, unit FROM channel WHERE stream = ?1 ORDER BY position";
        let signals = link.query(sql, &[id.into()])?;
        found.push(Stream {
            id,
            run,
            name: row.text(1),
            signals: signals
                .into_iter()
                .map(|mut row| Signal { name: row.text(0), unit: row.text(1) })
                .collect(),
            count: row.int(2) as u64,
            span_us: row.maybe_int(3).zip(row.maybe_int(4)),
        });
    }
    Ok(found)
}

impl Database {
    /// The stream `name` of run number `run`, made with these channels where there is none.
    ///
    /// # Errors
    /// [`StoreError::Rows`] where there is one with other channels, where two channels have one name, or where there is no
    /// channel.
    pub fn stream(&self, run: i64, name: &str, signals: &[Signal]) -> Result<Stream, StoreError> {
        let refused = |reason: String| StoreError::Rows { stream: name.to_owned(), reason };
        let mut names: Vec<&str> = signals.iter().map(|signal| signal.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(refused(format!("channel `{}` is declared twice", pair[0])));
        }
        if signals.is_empty() {
            return Err(refused("it needs at least one channel".to_owned()));
        }
        self.change(|link| {
            let sql = match link.dialect() {
                // Who makes the same stream meanwhile waits, and finds it.
                super::link::Dialect::Postgres => {
                    "SELECT id FROM run WHERE id = ?1 FOR NO KEY UPDATE"
                }
                super::link::Dialect::Sqlite => "SELECT id FROM run WHERE id = ?1",
            };
            if link.one(sql, &[run.into()])?.is_none() {
                return Err(self.missing("run", &run.to_string()));
            }
            if let Some(known) = streams(link, run)?.into_iter().find(|known| known.name == name) {
                if known.signals == signals {
                    return Ok(known);
                }
                return Err(refused(format!(
                    "it has {} channels already and they differ from these {}",
                    known.signals.len(),
                    signals.len()
                )));
            }
            let made = link.one(
                "INSERT INTO stream (run, name, count) VALUES (?1, ?2, 0) RETURNING id",
                &[run.into(), name.into()],
            )?;
            let id = made.map_or(0, |mut row| row.int(0));
            let mut rows = signals.iter().enumerate().map(|(position, signal)| {
                let position = Value::Int(position as i64);
                vec![id.into(), position, signal.name.as_str().into(), signal.unit.as_str().into()]
            });
            link.insert("channel", &["stream", "position", "name", "unit"], &mut rows)?;
            let signals = signals.to_vec();
            Ok(Stream { id, run, name: name.to_owned(), signals, count: 0, span_us: None })
        })
    }

    /// The streams of run number `run`.
    ///
    /// # Errors
    /// What the database reports.
    pub fn streams(&self, run: i64) -> Result<Vec<Stream>, StoreError> {
        self.look(|link| streams(link, run))
    }

    /// The stream of a name.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub fn find_stream(&self, run: i64, name: &str) -> Result<Stream, StoreError> {
        let found = self.streams(run)?.into_iter().find(|stream| stream.name == name);
        found.ok_or_else(|| self.missing("stream", name))
    }
}
