//! Keys that were evicted a moment ago: what a larger cache would still hold.

use lru::LruCache;

use super::entry::Seen;

/// Most keys that are remembered; about 10 MB.
const MOST_KEYS: usize = 100_000;

/// What is remembered of an evicted result.
struct Trail {
    seen: Seen,
    bytes: u64,
    cost_ns: u64,
}

/// Evicted keys, the latest first, as long as their results together would fit into the next larger cache.
pub(super) struct Ghost {
    trails: LruCache<u64, Trail>,
    bytes: u64,
    limit_bytes: u64,
    /// Time that hits here would have saved since the last look at the capacity, ns.
    saved_ns: u64,
}

impl Ghost {
    /// Remembers results of `limit_bytes` together.
    pub(super) fn new(limit_bytes: u64) -> Ghost {
        Ghost { trails: LruCache::unbounded(), bytes: 0, limit_bytes, saved_ns: 0 }
    }

    /// A result was evicted.
    pub(super) fn evicted(&mut self, hash: u64, seen: Seen, bytes: u64, cost_ns: u64) {
        if let Some(before) = self.trails.put(hash, Trail { seen, bytes, cost_ns }) {
            self.bytes -= before.bytes;
        }
        self.bytes += bytes;
        self.trim();
    }

    /// A query was not in the cache; count what a larger one would have saved if it were still good.
    pub(super) fn missed(&mut self, hash: u64, is_good: impl FnOnce(&Seen) -> bool) {
        if let Some(trail) = self.trails.pop(&hash) {
            self.bytes -= trail.bytes;
            if is_good(&trail.seen) {
                self.saved_ns += trail.cost_ns;
            }
        }
    }

    /// Remember results of `limit_bytes` together from now on.
    pub(super) fn set_limit(&mut self, limit_bytes: u64) {
        self.limit_bytes = limit_bytes;
        self.trim();
    }

    /// Time that hits here would have saved since the last call, s.
    pub(super) fn close_window(&mut self) -> f64 {
        std::mem::take(&mut self.saved_ns) as f64 * 1e-9
    }

    fn trim(&mut self) {
        while self.bytes > self.limit_bytes || self.trails.len() > MOST_KEYS {
            match self.trails.pop_lru() {
                Some((_, trail)) => self.bytes -= trail.bytes,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Source;

    #[test]
    fn only_what_would_have_fitted_and_is_still_good_counts() {
        let foreign = Source::apart("others");
        let seen = || Seen::now(&foreign, &[]);
        let mut ghost = Ghost::new(250);
        for hash in 0..3 {
            ghost.evicted(hash, seen(), 100, 2_000_000_000);
        }
        // The first was pushed out by the third.
        for hash in 0..2 {
            ghost.missed(hash, |seen| seen.holds(&foreign, &[]));
        }
        assert_eq!(ghost.close_window(), 2.0);
        foreign.raise();
        ghost.missed(2, |seen| seen.holds(&foreign, &[]));
        assert_eq!(ghost.close_window(), 0.0);
        assert_eq!((ghost.bytes, ghost.trails.len()), (0, 0));
        ghost.evicted(9, seen(), 100, 1);
        ghost.set_limit(50);
        assert_eq!((ghost.bytes, ghost.trails.len()), (0, 0));
    }
}
