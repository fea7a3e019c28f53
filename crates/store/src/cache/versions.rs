//! How a cache learns that somebody outside this process wrote.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::source::Source;
use crate::StoreError;

/// A database that can say whether it has changed.
///
/// On SQLite the version is `PRAGMA data_version`, asked of one connection that stays the same: the number changes
/// when any *other* connection commits, so the connection to ask is the one that writes. On PostgreSQL it is a counter
/// that every writing transaction raises as its last act.
///
/// Writes of this process may change the version as well. Nothing is wrong then, but each such change makes all
/// results old, where [`Generations`](super::Generations) would have taken only some.
pub trait Versions: Send + Sync {
    /// A number that differs from the one of the last call when another process committed between the two.
    ///
    /// It is asked by one thread at a time.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer. The cache is passed by until it does.
    fn version(&self) -> Result<u64, StoreError>;
}

/// Asks for the version when the last answer is too old.
pub(super) struct Watch {
    versions: Box<dyn Versions>,
    /// Oldest answer that will do, ns.
    freshness_ns: u64,
    /// The moment from which the others are counted.
    zero: Instant,
    /// When the question of the last answer was put, ns after `zero`, plus one; 0 before the first.
    asked: AtomicU64,
    answer: Mutex<Option<u64>>,
}

impl Watch {
    pub(super) fn new(versions: Box<dyn Versions>, freshness: Duration) -> Watch {
        Watch {
            versions,
            freshness_ns: u64::try_from(freshness.as_nanos()).unwrap_or(u64::MAX),
            zero: Instant::now(),
            asked: AtomicU64::new(0),
            answer: Mutex::new(None),
        }
    }

    /// Be sure that `foreign` has been raised for every write of others that is older than the bound, counted from
    /// the start of this call; return whether the database was asked.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub(super) fn look(&self, foreign: &Source) -> Result<bool, StoreError> {
        let now = self.now();
        if self.is_fresh(now) {
            return Ok(false);
        }
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have asked while this call waited.
        if self.is_fresh(now) {
            return Ok(false);
        }
        let asked = self.now();
        let found = self.versions.version()?;
        if answer.replace(found).is_some_and(|before| before != found) {
            foreign.raise();
        }
        // Last, so that whoever sees the answer as fresh sees the generation raised.
        self.asked.store(asked, Ordering::SeqCst);
        Ok(true)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_nanos()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn is_fresh(&self, now: u64) -> bool {
        let asked = self.asked.load(Ordering::SeqCst);
        asked != 0 && now.saturating_sub(asked) <= self.freshness_ns
    }
}
