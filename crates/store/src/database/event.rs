//! Events: what happened in a run, and when.

use super::Database;
use super::link::{Row, Value};
use crate::StoreError;

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Advisory,
    /// Needs attention.
    Caution,
    /// Needs action.
    Warning,
    /// Needs action at once.
    Emergency,
}

impl Severity {
    /// Name: `advisory`, `caution`, `warning`, `emergency`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Advisory => "advisory",
            Severity::Caution => "caution",
            Severity::Warning => "warning",
            Severity::Emergency => "emergency",
        }
    }

    fn of(name: &str) -> Severity {
        match name {
            "caution" => Severity::Caution,
            "warning" => Severity::Warning,
            "emergency" => Severity::Emergency,
            _ => Severity::Advisory,
        }
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Time in the run, µs.
    pub time_us: i64,
    /// Kind: `failure`, `limit`, `phase`, …
    pub kind: String,
    /// How grave it is.
    pub severity: Severity,
    /// Who tells it: a unit, a channel.
    pub source: String,
    /// One sentence.
    pub text: String,
    /// More, as JSON.
    pub detail: String,
}

/// Statement that records an event.
pub(super) const INSERT: &str =
    "INSERT INTO event (run, time_us, kind, severity, source, text, detail)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
/// Statement that finds events of a span of time.
pub(super) const FIND: &str = "SELECT time_us, kind, severity, source, text, detail FROM event
     WHERE run = ?1 AND time_us >= ?2 AND time_us <= ?3 ORDER BY time_us, id";

/// As [`FIND`], the last so many, the last first.
const FIND_LAST: &str = "SELECT time_us, kind, severity, source, text, detail FROM event
     WHERE run = ?1 AND time_us >= ?2 AND time_us <= ?3 ORDER BY time_us DESC, id DESC LIMIT ?4";

/// Values of an event, in the order of [`INSERT`].
pub(super) fn values_of(run: i64, event: &Event) -> [Value; 7] {
    [
        run.into(),
        event.time_us.into(),
        event.kind.as_str().into(),
        event.severity.name().into(),
        event.source.as_str().into(),
        event.text.as_str().into(),
        event.detail.as_str().into(),
    ]
}

/// An event of a row that [`FIND`] has found.
pub(super) fn event_of(mut row: Row) -> Event {
    Event {
        time_us: row.int(0),
        kind: row.text(1),
        severity: Severity::of(&row.text(2)),
        source: row.text(3),
        text: row.text(4),
        detail: row.text(5),
    }
}

impl Database {
    /// Record events of run number `run`.
    ///
    /// # Errors
    /// What the database reports; then none is recorded.
    pub fn record_events(&self, run: i64, events: &[Event]) -> Result<(), StoreError> {
        let mut rows = events.iter().map(|event| values_of(run, event).to_vec());
        let columns = ["run", "time_us", "kind", "severity", "source", "text", "detail"];
        self.change(|link| link.insert("event", &columns, &mut rows)).map(|_| ())
    }

    /// Events of run number `run` from the first time to the second, both included, in the order of time.
    ///
    /// # Errors
    /// What the database reports.
    pub fn events(&self, run: i64, span_us: (i64, i64)) -> Result<Vec<Event>, StoreError> {
        let values = [run.into(), span_us.0.into(), span_us.1.into()];
        let found = self.look(|link| link.query(FIND, &values))?;
        Ok(found.into_iter().map(event_of).collect())
    }

    /// As [`Database::events`], the last `most` of them.
    ///
    /// # Errors
    /// What the database reports.
    pub fn last_events(
        &self,
        run: i64,
        span_us: (i64, i64),
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let values = [run.into(), span_us.0.into(), span_us.1.into(), most.into()];
        let found = self.look(|link| link.query(FIND_LAST, &values))?;
        Ok(found.into_iter().rev().map(event_of).collect())
    }
}
