//! A result in the cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::query::CacheKey;
use super::source::{Source, quiet};

/// Memory of the bookkeeping of an entry, bytes: this struct, its counts, and a slot of the table.
const OVERHEAD_BYTES: usize = 192;

/// States of everything a result was read from: what others write first, then the sources of its key in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen(Box<[u64]>);

impl Seen {
    /// As it is now.
    pub(super) fn now(foreign: &Source, reads: &[Source]) -> Seen {
        Seen(std::iter::once(foreign).chain(reads).map(Source::state).collect())
    }

    /// Nothing has been written since, and nothing is being written.
    pub(super) fn holds(&self, foreign: &Source, reads: &[Source]) -> bool {
        self.0.len() == reads.len() + 1
            && self.is_quiet()
            && self
                .0
                .iter()
                .zip(std::iter::once(foreign).chain(reads))
                .all(|(seen, source)| *seen == source.state())
    }

    /// No write was under way.
    pub(super) fn is_quiet(&self) -> bool {
        self.0.iter().all(|state| quiet(*state))
    }

    /// Nothing that was written before `other` is missing here. Both are quiet.
    pub(super) fn covers(&self, other: &Seen) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|(own, other)| own >= other)
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// A result, what it was read from, and what it is worth.
#[derive(Debug)]
pub(super) struct Held<V> {
    pub(super) value: Arc<V>,
    pub(super) seen: Seen,
    /// Memory of the entry, its key included.
    pub(super) bytes: u64,
    /// Time the computation took, ns.
    pub(super) cost_ns: u64,
    /// Hits since the last look at the capacity.
    pub(super) hits: AtomicU64,
    /// Time saved in earlier windows, the older the less, as bits of an `f64` in s; negative before the first.
    earned: AtomicU64,
}

impl<V> Held<V> {
    /// `value_bytes` as the value says.
    pub(super) fn new<K: CacheKey>(
        key: &K,
        value: Arc<V>,
        value_bytes: usize,
        seen: Seen,
        cost_ns: u64,
    ) -> Held<V> {
        let bytes =
            OVERHEAD_BYTES + size_of::<K>() + key.weight_bytes() + seen.bytes() + value_bytes;
        let earned = AtomicU64::new((-1.0_f64).to_bits());
        Held { value, seen, bytes: bytes as u64, cost_ns, hits: AtomicU64::new(0), earned }
    }

    /// Close the window: return what was earned before it (`None` for an entry that was not there) and in it, s.
    pub(super) fn close_window(&self) -> (Option<f64>, f64) {
        let hits = self.hits.swap(0, Ordering::Relaxed);
        let now = hits as f64 * self.cost_ns as f64 * 1e-9;
        let before = f64::from_bits(self.earned.load(Ordering::Relaxed));
        let known = (before >= 0.0).then_some(before);
        self.earned.store((0.5 * before.max(0.0) + now).to_bits(), Ordering::Relaxed);
        (known, now)
    }
}
