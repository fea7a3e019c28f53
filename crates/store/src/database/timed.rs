//! A connection whose statements are timed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::link::{Access, Dialect, Link, Row, Value};
use super::slow_log::SlowLog;
use crate::StoreError;

/// A connection that tells the log how long each statement took.
pub(crate) struct TimedLink {
    link: Box<dyn Link>,
    log: Arc<SlowLog>,
}

impl TimedLink {
    pub(crate) fn new(link: Box<dyn Link>, log: Arc<SlowLog>) -> TimedLink {
        TimedLink { link, log }
    }
}

impl Link for TimedLink {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let start = Instant::now();
        let done = self.link.execute(sql, values);
        self.log.note(sql, start.elapsed(), done.as_ref().copied());
        done
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let start = Instant::now();
        let found = self.link.query(sql, values);
        self.log.note(sql, start.elapsed(), found.as_ref().map(|rows| rows.len() as u64));
        found
    }

    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let written = self.link.insert(table, columns, rows)?;
        self.log.wrote(table, written);
        Ok(written)
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.link.script(sql)
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        self.link.begin(access)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.link.commit()
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.link.roll_back()
    }

    fn is_sound(&mut self, wait: Duration) -> bool {
        self.link.is_sound(wait)
    }

    fn is_closed(&self) -> bool {
        self.link.is_closed()
    }

    fn dialect(&self) -> Dialect {
        self.link.dialect()
    }

    fn version(&mut self) -> Result<i64, StoreError> {
        self.link.version()
    }

    fn unlogged(&mut self) -> &mut dyn Link {
        &mut *self.link
    }

    fn sqlite(&mut self) -> Option<&mut rusqlite::Connection> {
        self.link.sqlite()
    }
}
