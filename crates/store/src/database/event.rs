//! Events: what happened in a run, and when.

use super::Database;
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

impl Database {
    /// Record events of run number `run`.
    ///
    /// # Errors
    /// What the database reports; then none is recorded.
    pub fn record_events(&self, run: i64, events: &[Event]) -> Result<(), StoreError> {
        let mut rows = events.iter().map(|event| {
            vec![
                run.into(),
                event.time_us.into(),
                event.kind.as_str().into(),
                event.severity.name().into(),
                event.source.as_str().into(),
                event.text.as_str().into(),
                event.detail.as_str().into(),
            ]
        });
        let columns = ["run", "time_us", "kind", "severity", "source", "text", "detail"];
        self.change(|link| link.insert("event", &columns, &mut rows)).map(|_| ())
    }

    /// Events of run number `run` from the first time to the second, both included, in the order of time.
    ///
    /// # Errors
    /// What the database reports.
    pub fn events(&self, run: i64, span_us: (i64, i64)) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT time_us, kind, severity, source, text, detail FROM event
             WHERE run = ?1 AND time_us >= ?2 AND time_us <= ?3 ORDER BY time_us, id";
        let values = [run.into(), span_us.0.into(), span_us.1.into()];
        let found = self.look(|link| link.query(sql, &values))?;
        let event = |mut row: super::link::Row| Event {
            time_us: row.int(0),
            kind: row.text(1),
            severity: Severity::of(&row.text(2)),
            source: row.text(3),
            text: row.text(4),
            detail: row.text(5),
        };
        Ok(found.into_iter().map(event).collect())
    }
}
