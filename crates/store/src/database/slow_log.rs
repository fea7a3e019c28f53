//! The log of slow statements: how often each was asked, how long it took, how many rows it gave.
//!
//! Every statement is timed. Those that took at least [`DatabaseSettings::slow`](super::DatabaseSettings) are counted with
//! their time and rows, the others only by their number, which is what tells whether an index is used. A statement is known
//! by its text with places; values are never kept, they may be secrets.
//!
//! The log waits in memory and is added to that of the database from time to time and when the database is closed. That
//! write gives way: it is made between the transactions of others, waits for nobody and for no disk, and is left for the
//! next time where it fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::link::{Dialect, Link, Value};
use super::now_us;
use crate::StoreError;

/// Texts that are kept at most; the store itself has about a hundred.
const MOST_TEXTS: usize = 400;
/// Longest text that is kept, bytes: a key of PostgreSQL may have 2 704.
const LONGEST_TEXT: usize = 2_000;
/// Pause between two additions of slow statements.
const PAUSE: Duration = Duration::from_secs(5);
/// Pause between two additions where no statement was slow: a write makes other processes forget rows they remember.
const LONG_PAUSE: Duration = Duration::from_secs(300);
/// Pages of the write-ahead log from which on a commit brings them into the file: as SQLite has it by itself.
const CHECKPOINT_PAGES: u32 = 1_000;
/// Longest wait for another connection's lock on a server, ms.
const LOCK_MS: u32 = 50;

/// What was counted of one text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Seen {
    /// Slow calls.
    pub(crate) calls: u64,
    /// Time of the slow calls, µs.
    pub(crate) total_us: f64,
    /// Time of the slowest call, µs.
    pub(crate) most_us: f64,
    /// Rows that the slow calls gave or changed.
    pub(crate) rows: u64,
    /// Calls that were not slow.
    pub(crate) quick: u64,
    /// When it was first seen, µs since 1970.
    pub(crate) since_us: i64,
    /// When it was last slow, or first seen, µs since 1970.
    pub(crate) last_us: i64,
    /// Rows that all its calls have written.
    written: u64,
}

impl Seen {
    /// Count a call that gave or changed so many rows; `slow` is its time, µs, where that was long.
    fn count(&mut self, slow: Option<f64>, rows: u64) {
        self.written += rows;
        let Some(took_us) = slow else {
            self.quick += 1;
            return;
        };
        self.calls += 1;
        self.total_us += took_us;
        self.most_us = self.most_us.max(took_us);
        self.rows += rows;
        self.last_us = now_us();
    }
}

/// What waits to be added to the log of the database.
#[derive(Debug, Default)]
struct Pending {
    texts: HashMap<String, Seen>,
    /// Rows written by table, of those that came in bulk.
    written: HashMap<String, u64>,
    is_slow: bool,
}

/// The log of one opened database.
#[derive(Debug)]
pub(crate) struct SlowLog {
    slow: Duration,
    pending: Mutex<Pending>,
    kept: Mutex<Instant>,
    /// The last statement found nobody.
    away: AtomicBool,
}

/// The log as a database holds it.
#[derive(Debug, Default)]
pub(crate) struct Logged {
    pub(crate) texts: Vec<(String, Seen)>,
    pub(crate) written: HashMap<String, u64>,
    /// When the log began, µs since 1970; now for an empty one.
    pub(crate) since_us: i64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Counts are never half-changed by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The table that a statement writes, by its first words.
fn target(sql: &str) -> Option<&str> {
    let mut words = sql.split_ascii_whitespace();
    let mut next = || words.next().unwrap_or("");
    let table = match next().to_ascii_uppercase().as_str() {
        "UPDATE" => next(),
        "INSERT" | "DELETE" => {
            next();
            next()
        }
        _ => return None,
    };
    let end = table.find('(').unwrap_or(table.len());
    (end > 0).then(|| &table[..end])
}

/// Whether a statement asks or changes rows.
fn counts(sql: &str) -> bool {
    let head = sql.trim_start().as_bytes();
    let begins = |word: &[u8]| head.len() > 6 && head[..6].eq_ignore_ascii_case(word);
    sql.len() <= LONGEST_TEXT
        && [b"SELECT", b"INSERT", b"UPDATE", b"DELETE"].iter().any(|word| begins(&word[..]))
}

impl SlowLog {
    /// A log of statements that take at least `slow`; of none for [`Duration::MAX`].
    pub(crate) fn new(slow: Duration) -> SlowLog {
        SlowLog {
            slow,
            pending: Mutex::default(),
            kept: Mutex::new(Instant::now()),
            away: AtomicBool::new(false),
        }
    }

    /// A statement took so long and gave or changed so many rows; one that failed is not counted.
    pub(crate) fn note(&self, sql: &str, took: Duration, rows: Result<u64, &StoreError>) {
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                let is_away = matches!(error, StoreError::DatabaseAway { .. });
                self.away.store(is_away, Ordering::Relaxed);
                return;
            }
        };
        if self.away.load(Ordering::Relaxed) {
            self.away.store(false, Ordering::Relaxed);
        }
        if self.slow == Duration::MAX {
            return;
        }
        let slow = (took >= self.slow).then_some(took.as_secs_f64() * 1e6);
        let mut pending = locked(&self.pending);
        // Nearly always the text is known: it is looked up once.
        if let Some(seen) = pending.texts.get_mut(sql) {
            seen.count(slow, rows);
        } else if let Some(seen) = pending.seen(sql, slow.is_some()) {
            seen.count(slow, rows);
        } else {
            return;
        }
        pending.is_slow |= slow.is_some();
    }

    /// So many rows were written into a table in bulk.
    pub(crate) fn wrote(&self, table: &str, rows: u64) {
        if self.slow == Duration::MAX {
            return;
        }
        let mut pending = locked(&self.pending);
        match pending.written.get_mut(table) {
            Some(written) => *written += rows,
            None => {
                pending.written.insert(table.to_owned(), rows);
            }
        }
    }

    /// Whether it is time to add what waits to the log of the database.
    pub(crate) fn is_due(&self) -> bool {
        let pause = if locked(&self.pending).is_slow { PAUSE } else { LONG_PAUSE };
        locked(&self.kept).elapsed() >= pause && !self.away.load(Ordering::Relaxed)
    }

    /// Whether a database that closes should be told: of slow statements and of rows that were written always, of others
    /// where it `has_made` indexes, whose use is told by nothing else. Who only looks leaves it as it is.
    pub(crate) fn is_owed(&self, has_made: impl FnOnce() -> bool) -> bool {
        if self.away.load(Ordering::Relaxed) {
            return false;
        }
        let (is_empty, tells) = {
            let pending = locked(&self.pending);
            let mut texts = pending.texts.iter();
            let wrote = texts.any(|(text, seen)| seen.written > 0 && target(text).is_some());
            let is_empty = pending.texts.is_empty() && pending.written.is_empty();
            (is_empty, pending.is_slow || wrote || !pending.written.is_empty())
        };
        !is_empty && (tells || self.is_due() || has_made())
    }

    /// Add what waits to the log of the database, outside of any transaction; where that cannot be done at once it waits on.
    /// `wait` is what the connection waits for others otherwise.
    ///
    /// # Errors
    /// Where the connection could not be set back to how it was: it must not be used any more.
    pub(crate) fn keep(&self, link: &mut dyn Link, wait: Duration) -> Result<(), StoreError> {
        *locked(&self.kept) = Instant::now();
        let pending = std::mem::take(&mut *locked(&self.pending));
        if pending.texts.is_empty() && pending.written.is_empty() {
            return Ok(());
        }
        let link = link.unlogged();
        let (begin, end) = match link.dialect() {
            // Not synced: a log may lose its last seconds when the power fails, and the next commit syncs it, too. Nor are
            // pages brought into the file, which would wait for the disk.
            Dialect::Sqlite => (
                "PRAGMA busy_timeout = 0; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;
                 BEGIN IMMEDIATE"
                    .to_owned(),
                format!(
                    "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL;
                     PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
                    wait.as_millis()
                ),
            ),
            Dialect::Postgres => (
                format!(
                    "BEGIN; SET LOCAL lock_timeout = {LOCK_MS}; SET LOCAL synchronous_commit = off"
                ),
                String::new(),
            ),
        };
        let written = link.script(&begin).and_then(|()| pending.write(link));
        let kept = written.and_then(|()| link.script("COMMIT"));
        if kept.is_err() {
            let _ = link.roll_back();
            locked(&self.pending).add(pending);
        }
        if end.is_empty() { Ok(()) } else { link.script(&end) }
    }
}

impl Pending {
    /// The counts of a text; none for one that is not counted or finds no room.
    fn seen(&mut self, sql: &str, is_slow: bool) -> Option<&mut Seen> {
        if !self.texts.contains_key(sql) {
            if !counts(sql) {
                return None;
            }
            if self.texts.len() >= MOST_TEXTS {
                if !is_slow {
                    return None;
                }
                let least = self.texts.iter().min_by(|a, b| a.1.total_us.total_cmp(&b.1.total_us));
                let least = least.map(|(text, _)| text.clone())?;
                self.texts.remove(&least);
            }
            let now_us = now_us();
            let seen = Seen { since_us: now_us, last_us: now_us, ..Seen::default() };
            self.texts.insert(sql.to_owned(), seen);
        }
        self.texts.get_mut(sql)
    }

    /// Take over what could not be written.
    fn add(&mut self, other: Pending) {
        for (table, rows) in other.written {
            *self.written.entry(table).or_default() += rows;
        }
        for (text, seen) in other.texts {
            let Some(now) = self.seen(&text, seen.calls > 0) else { continue };
            now.calls += seen.calls;
            now.total_us += seen.total_us;
            now.most_us = now.most_us.max(seen.most_us);
            now.rows += seen.rows;
            now.quick += seen.quick;
            now.since_us = now.since_us.min(seen.since_us);
            now.written += seen.written;
        }
        self.is_slow |= other.is_slow;
    }

    /// Add the counts to those of the database, within a transaction.
    fn write(&self, link: &mut dyn Link) -> Result<(), StoreError> {
        let mut written = self.written.clone();
        // In one order everywhere, so that two processes do not wait for each other.
        let mut texts: Vec<(&String, &Seen)> = self.texts.iter().collect();
        texts.sort_unstable_by_key(|(text, _)| *text);
        for (text, seen) in texts {
            if let Some(table) = target(text) {
                *written.entry(table.to_owned()).or_default() += seen.written;
            }
            let values: [Value; 8] = [
                text.as_str().into(),
                (seen.calls as i64).into(),
                seen.total_us.into(),
                seen.most_us.into(),
                (seen.rows as i64).into(),
                (seen.quick as i64).into(),
                seen.since_us.into(),
                seen.last_us.into(),
            ];
            link.execute(
                "INSERT INTO slow_query (text, calls, total_us, most_us, rows, quick, since_us, last_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (text) DO UPDATE SET
                     calls = slow_query.calls + excluded.calls,
                     total_us = slow_query.total_us + excluded.total_us,
                     most_us = CASE WHEN slow_query.most_us < excluded.most_us
                         THEN excluded.most_us ELSE slow_query.most_us END,
                     rows = slow_query.rows + excluded.rows,
                     quick = slow_query.quick + excluded.quick,
                     last_us = excluded.last_us",
                &values,
            )?;
        }
        let mut written: Vec<(String, u64)> = written.into_iter().collect();
        written.sort_unstable();
        for (table, rows) in written.into_iter().filter(|(_, rows)| *rows > 0) {
            link.execute(
                "INSERT INTO written_rows (name, rows, since_us) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET rows = written_rows.rows + excluded.rows",
                &[table.into(), (rows as i64).into(), now_us().into()],
            )?;
        }
        let texts = link.one("SELECT COUNT(*) FROM slow_query", &[])?;
        if texts.map_or(0, |mut row| row.int(0)) > MOST_TEXTS as i64 {
            link.execute(
                "DELETE FROM slow_query WHERE text NOT IN
                     (SELECT text FROM slow_query ORDER BY total_us DESC, quick DESC LIMIT ?1)",
                &[(MOST_TEXTS as i64).into()],
            )?;
        }
        Ok(())
    }
}

/// What the database has logged, the most time first.
pub(crate) fn logged(link: &mut dyn Link) -> Result<Logged, StoreError> {
    let sql =
        "SELECT text, calls, total_us, most_us, rows, quick, since_us, last_us FROM slow_query
         ORDER BY total_us DESC, text";
    let mut all = Logged { since_us: now_us(), ..Logged::default() };
    for mut row in link.query(sql, &[])? {
        let seen = Seen {
            calls: row.int(1) as u64,
            total_us: row.maybe_real(2).unwrap_or(0.0),
            most_us: row.maybe_real(3).unwrap_or(0.0),
            rows: row.int(4) as u64,
            quick: row.int(5) as u64,
            since_us: row.int(6),
            last_us: row.int(7),
            written: 0,
        };
        all.since_us = all.since_us.min(seen.since_us);
        all.texts.push((row.text(0), seen));
    }
    for mut row in link.query("SELECT name, rows, since_us FROM written_rows", &[])? {
        all.since_us = all.since_us.min(row.int(2));
        all.written.insert(row.text(0), row.int(1) as u64);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::link::{Access, Row};
    use super::super::schema;
    use super::super::sqlite::SqliteLink;
    use super::super::timed::TimedLink;
    use super::*;

    const FIND: &str = "SELECT id, name, kind, code FROM run WHERE name = ?1";

    fn note(log: &SlowLog, sql: &str, took_ms: u64) {
        log.note(sql, Duration::from_millis(took_ms), Ok(2));
    }

    fn pending(log: &SlowLog) -> Vec<(String, Seen)> {
        let mut all: Vec<_> = locked(&log.pending).texts.clone().into_iter().collect();
        all.sort_by(|one, two| one.0.cmp(&two.0));
        all
    }

    #[test]
    fn slow_calls_are_counted_with_their_time_and_quick_ones_by_number() {
        let log = SlowLog::new(Duration::from_millis(5));
        for took_ms in [1, 5, 7, 4] {
            note(&log, FIND, took_ms);
        }
        for other in ["BEGIN", "COMMIT", "PRAGMA data_version", "", "selec", &"SELECT ".repeat(500)]
        {
            note(&log, other, 9);
        }
        let full = StoreError::DatabaseFull { place: String::new() };
        log.note("SELECT 1", Duration::from_secs(1), Err(&full));
        let all = pending(&log);
        assert_eq!(all.len(), 1);
        let seen = &all[0].1;
        assert_eq!((seen.calls, seen.quick, seen.rows), (2, 2, 4));
        assert!((seen.total_us - 12_000.0).abs() < 1e-6 && (seen.most_us - 7_000.0).abs() < 1e-6);
    }

    #[test]
    fn texts_without_end_find_an_end_and_the_slowest_stay() {
        let log = SlowLog::new(Duration::from_millis(5));
        for at in 0..2_000 {
            note(&log, &format!("SELECT {at:04}"), 5 + at);
        }
        note(&log, "SELECT quick", 0);
        let all = pending(&log);
        assert_eq!(all.len(), MOST_TEXTS);
        assert_eq!(all[0].0, "SELECT 1600");
    }

    #[test]
    fn the_table_that_is_written_is_told_by_the_first_words() {
        assert_eq!(target("INSERT INTO run (name) VALUES (?1)"), Some("run"));
        assert_eq!(target("insert into run(name) values (?1)"), Some("run"));
        assert_eq!(target("UPDATE run\n SET name = ?1"), Some("run"));
        assert_eq!(target("DELETE FROM packet WHERE id = ?1"), Some("packet"));
        assert_eq!(target("SELECT 1"), None);
        assert_eq!(target("UPDATE"), None);
    }

    #[test]
    fn a_database_is_told_of_what_was_slow_or_written_and_not_of_looks() {
        let log = SlowLog::new(Duration::from_millis(5));
        assert!(!log.is_owed(|| true));
        note(&log, FIND, 1);
        assert!(!log.is_owed(|| false) && log.is_owed(|| true));
        note(&log, "UPDATE run SET seeds = ?1", 1);
        assert!(log.is_owed(|| false));
        let log = SlowLog::new(Duration::from_millis(5));
        log.wrote("event", 7);
        assert!(log.is_owed(|| false));
    }

    #[test]
    fn a_database_that_is_away_is_not_asked_to_keep_the_log() {
        let log = SlowLog::new(Duration::ZERO);
        note(&log, FIND, 9);
        assert!(log.is_owed(|| false));
        let away = StoreError::DatabaseAway { place: String::new(), reason: String::new() };
        log.note(FIND, Duration::from_secs(1), Err(&away));
        assert!(!log.is_owed(|| true) && !log.is_due());
        note(&log, FIND, 9);
        assert!(log.is_owed(|| false));
    }

    /// A file of SQLite with two connections.
    fn two_links(dir: &std::path::Path) -> (SqliteLink, SqliteLink) {
        let path = dir.join("runs.db");
        let open = || SqliteLink::open(&path, Access::Write, Duration::from_secs(7)).unwrap();
        let (mut one, two) = (open(), open());
        schema::migrate(&mut one, "runs.db").unwrap();
        (one, two)
    }

    /// A connection that does not sync fully again.
    struct Stubborn(SqliteLink);

    impl Link for Stubborn {
        fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
            self.0.execute(sql, values)
        }
        fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
            self.0.query(sql, values)
        }
        fn insert(
            &mut self,
            table: &str,
            columns: &[&str],
            rows: &mut dyn Iterator<Item = Vec<Value>>,
        ) -> Result<u64, StoreError> {
            self.0.insert(table, columns, rows)
        }
        fn script(&mut self, sql: &str) -> Result<(), StoreError> {
            match sql.contains("FULL") {
                true => Err(StoreError::DatabaseBusy { place: String::new() }),
                false => self.0.script(sql),
            }
        }
        fn begin(&mut self, access: Access) -> Result<(), StoreError> {
            self.0.begin(access)
        }
        fn commit(&mut self) -> Result<(), StoreError> {
            self.0.commit()
        }
        fn roll_back(&mut self) -> Result<(), StoreError> {
            self.0.roll_back()
        }
        fn is_sound(&mut self, wait: Duration) -> bool {
            self.0.is_sound(wait)
        }
        fn dialect(&self) -> Dialect {
            self.0.dialect()
        }
        fn version(&mut self) -> Result<i64, StoreError> {
            self.0.version()
        }
        fn unlogged(&mut self) -> &mut dyn Link {
            self
        }
    }

    /// How long a connection waits for others, ms, how it syncs, and the pages it lets gather.
    fn habits(link: &mut dyn Link) -> [i64; 3] {
        ["busy_timeout", "synchronous", "wal_autocheckpoint"]
            .map(|name| link.one(&format!("PRAGMA {name}"), &[]).unwrap().unwrap().int(0))
    }

    #[test]
    fn what_could_not_be_written_is_due_again_and_the_connection_is_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let (mut link, mut other) = two_links(dir.path());
        let usual = habits(&mut link);
        assert_eq!(usual, [7_000, 2, i64::from(CHECKPOINT_PAGES)]);
        let log = SlowLog::new(Duration::from_millis(5));
        note(&log, FIND, 9);
        let passes = || *locked(&log.kept) -= 2 * PAUSE;
        assert!(!log.is_due());
        passes();
        assert!(log.is_due());
        other.begin(Access::Write).unwrap();
        log.keep(&mut link, Duration::from_secs(7)).unwrap();
        assert_eq!(habits(&mut link), usual);
        assert!(!log.is_due(), "it was tried a moment ago");
        passes();
        assert!(log.is_due());
        other.roll_back().unwrap();
        log.keep(&mut link, Duration::from_secs(7)).unwrap();
        assert_eq!(habits(&mut link), usual);
        assert_eq!(logged(&mut other).unwrap().texts[0].1.calls, 1);
        passes();
        assert!(!log.is_due(), "nothing slow waits");
    }

    #[test]
    fn a_connection_that_does_not_come_back_to_its_habits_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let (link, _) = two_links(dir.path());
        let log = SlowLog::new(Duration::ZERO);
        note(&log, FIND, 9);
        let mut link = Stubborn(link);
        assert!(log.keep(&mut link, Duration::from_secs(7)).is_err());
        // What was written stays written.
        assert!(locked(&log.pending).texts.is_empty());
    }

    #[test]
    fn a_log_of_nothing_stays_empty() {
        let log = SlowLog::new(Duration::MAX);
        note(&log, "INSERT INTO run (name) VALUES (?1)", 9);
        log.wrote("chunk", 9);
        assert!(pending(&log).is_empty() && !log.is_owed(|| true));
    }

    #[test]
    #[ignore = "measures; run with --release and --nocapture on a quiet machine"]
    fn what_the_log_costs() {
        const CALLS: u32 = 200_000;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("runs.db");
        let mut plain = SqliteLink::open(&path, Access::Write, Duration::from_secs(1)).unwrap();
        schema::migrate(&mut plain, "runs.db").unwrap();
        let log = Arc::new(SlowLog::new(Duration::from_millis(5)));
        let other = SqliteLink::open(&path, Access::Write, Duration::from_secs(1)).unwrap();
        let mut timed = TimedLink::new(Box::new(other), Arc::clone(&log));
        let ask = |link: &mut dyn Link| {
            let start = Instant::now();
            for _ in 0..CALLS {
                link.query(FIND, &["nobody".into()]).unwrap();
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
        };
        let (mut without_ns, mut with_ns) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..5 {
            without_ns = without_ns.min(ask(&mut plain));
            with_ns = with_ns.min(ask(&mut timed));
        }
        let start = Instant::now();
        (0..CALLS).for_each(|_| log.note(FIND, Duration::ZERO, Ok(1)));
        let note_ns = start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS);
        println!(
            "a look by a key that finds nothing: {without_ns:.0} ns plain, {with_ns:.0} ns with the log, ratio {:.3}; \
             of it the counting {note_ns:.0} ns",
            with_ns / without_ns
        );
    }
}
