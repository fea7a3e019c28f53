//! What a cache did, and how it is counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a cache did since it was made, and what it holds now.
///
/// Numbers are read one after the other: with queries under way they may be off by those.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CacheFigures {
    /// Queries answered from memory.
    pub hits: u64,
    /// Queries that went to the database and could be kept.
    pub misses: u64,
    /// Of the misses, those with a result in memory that a write had made old.
    pub stale: u64,
    /// Queries that went to the database without being kept: the cache was off, a write was under way or the
    /// database did not say whether it had changed.
    pub bypassed: u64,
    /// Queries whose computation failed.
    pub failed: u64,
    /// Results that had to make room.
    pub evictions: u64,
    /// Results held.
    pub entries: u64,
    /// Memory of the results and their keys, bytes.
    pub bytes: u64,
    /// Memory that they may take, bytes.
    pub capacity_bytes: u64,
    /// How often the database was asked for its version.
    pub version_checks: u64,
    /// How often another process had written.
    pub foreign_changes: u64,
    /// Time that hits would have taken in the database, as it was measured when their results were computed, s.
    pub saved_s: f64,
}

impl CacheFigures {
    /// Part of all queries that was answered from memory, 0 to 1; 0 before the first.
    #[must_use]
    pub fn hit_ratio(&self) -> f64 {
        let all = self.hits + self.misses + self.bypassed + self.failed;
        if all > 0 { self.hits as f64 / all as f64 } else { 0.0 }
    }
}

/// Counters behind [`CacheFigures`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) stale: AtomicU64,
    pub(super) bypassed: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) version_checks: AtomicU64,
    pub(super) saved_ns: AtomicU64,
}

/// Count one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    /// The part of the figures that is counted here.
    pub(super) fn figures(&self) -> CacheFigures {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheFigures {
            hits: of(&self.hits),
            misses: of(&self.misses),
            stale: of(&self.stale),
            bypassed: of(&self.bypassed),
            failed: of(&self.failed),
            version_checks: of(&self.version_checks),
            saved_s: of(&self.saved_ns) as f64 * 1e-9,
            ..CacheFigures::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_counts_every_query() {
        assert_eq!(CacheFigures::default().hit_ratio(), 0.0);
        let figures =
            CacheFigures { hits: 6, misses: 2, bypassed: 1, failed: 1, ..CacheFigures::default() };
        assert_eq!(figures.hit_ratio(), 0.6);
    }
}
