//! Buffers that are used again.

use std::mem::size_of;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::shelf::{Buffer, Shelf, bytes_of, class_of};
use super::{Account, Element, Lease, Level, MemoryBudget, Subscription};
use crate::RuntimeError;

/// Most shards; more threads share them.
const SHARDS: usize = 16;

/// What a pool has done and has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolCounts {
    /// Buffers that are out.
    pub out: u64,
    /// Bytes of the buffers that are out.
    pub out_bytes: u64,
    /// Bytes of the buffers that are idle in the pool.
    pub idle_bytes: u64,
    /// Most bytes that were out at once.
    pub peak_bytes: u64,
    /// Checkouts so far.
    pub checkouts: u64,
    /// Checkouts that found an idle buffer.
    pub hits: u64,
}

/// A pool of buffers of bytes, `f32` and `f64`.
///
/// Sizes are classes of 256 B, 384 B, 512 B, 768 B and so on up to 64 MiB: a buffer wastes less than half. Threads have shards
/// of their own, so that a checkout and a return are two locks that nobody else holds. Memory is asked of an account of
/// the budget when a buffer is made, not when it is used again. Idle buffers are given back from [`Level::Trim`] on.
///
/// ```
/// use lunar_habitat_runtime::memory::{BufferPool, MemoryBudget};
/// let pool = BufferPool::new(&MemoryBudget::new(None), "buffers");
/// let mut row = pool.checkout::<f32>(1_000)?;
/// row[999] = 1.0;
/// drop(row);
/// assert_eq!((pool.counts().out, pool.counts().checkouts), (0, 1));
/// assert!(pool.zeroed::<f32>(1_000)?.iter().all(|x| *x == 0.0));
/// assert_eq!(pool.counts().hits, 1);
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BufferPool {
    inner: Arc<Inner>,
    /// Held so that the pool is asked to trim as long as it lives.
    _trims: Arc<Subscription>,
}

#[derive(Debug)]
#[doc(hidden)]
pub struct Inner {
    pub(super) bytes: Shelf<u8>,
    pub(super) floats: Shelf<f32>,
    pub(super) doubles: Shelf<f64>,
    account: Account,
    out: AtomicU64,
    out_bytes: AtomicU64,
    idle_bytes: AtomicU64,
    peak_bytes: AtomicU64,
}

impl BufferPool {
    /// An empty pool whose memory belongs to the account `name` of `budget`.
    #[must_use]
    pub fn new(budget: &MemoryBudget, name: &str) -> BufferPool {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let shards = threads.min(SHARDS);
        let inner = Arc::new(Inner {
            bytes: Shelf::new(shards),
            floats: Shelf::new(shards),
            doubles: Shelf::new(shards),
            account: budget.account(name),
            out: AtomicU64::new(0),
            out_bytes: AtomicU64::new(0),
            idle_bytes: AtomicU64::new(0),
            peak_bytes: AtomicU64::new(0),
        });
        let trimmed = Arc::downgrade(&inner);
        let trims = budget.subscribe(name, Level::Trim, move |level| {
            let inner = trimmed.upgrade().filter(|_| level >= Level::Trim);
            inner.map_or(0, |inner| inner.trim())
        });
        BufferPool { inner, _trims: Arc::new(trims) }
    }

    /// A buffer of `len` numbers; what is in it is left over from its last use.
    ///
    /// # Errors
    /// [`RuntimeError::Memory`] when a buffer has to be made and the budget refuses its memory.
    #[inline]
    pub fn checkout<T: Element>(&self, len: usize) -> Result<Lease<T>, RuntimeError> {
        let bytes = len.saturating_mul(size_of::<T>());
        let class = class_of(bytes);
        if let Some(class) = class
            && let Some(buffer) = T::shelf(&self.inner).take(class)
        {
            let size = bytes_of(class) as u64;
            self.inner.idle_bytes.fetch_sub(size, Ordering::Relaxed);
            self.inner.goes_out(size);
            return Ok(Lease::new(buffer, len, Some(class), Arc::clone(&self.inner)));
        }
        self.make(len, class)
    }

    #[cold]
    fn make<T: Element>(&self, len: usize, class: Option<usize>) -> Result<Lease<T>, RuntimeError> {
        let bytes = class.map_or(len.saturating_mul(size_of::<T>()), bytes_of);
        let reservation = Some(self.inner.account.reserve(bytes as u64)?);
        let data = vec![T::default(); bytes / size_of::<T>()];
        self.inner.goes_out(bytes as u64);
        Ok(Lease::new(Buffer { data, reservation }, len, class, Arc::clone(&self.inner)))
    }

    /// The same, filled with zeros.
    ///
    /// # Errors
    /// As [`BufferPool::checkout`].
    pub fn zeroed<T: Element>(&self, len: usize) -> Result<Lease<T>, RuntimeError> {
        let mut lease = self.checkout(len)?;
        lease.fill(T::default());
        Ok(lease)
    }

    /// Give all idle buffers back; how many bytes that were.
    pub fn trim(&self) -> u64 {
        self.inner.trim()
    }

    /// What it has done and has.
    #[must_use]
    pub fn counts(&self) -> PoolCounts {
        let inner = &self.inner;
        let parts = [inner.bytes.counts(), inner.floats.counts(), inner.doubles.counts()];
        let (checkouts, hits) =
            parts.into_iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        PoolCounts {
            out: inner.out.load(Ordering::Relaxed),
            out_bytes: inner.out_bytes.load(Ordering::Relaxed),
            idle_bytes: inner.idle_bytes.load(Ordering::Relaxed),
            peak_bytes: inner.peak_bytes.load(Ordering::Relaxed),
            checkouts,
            hits,
        }
    }
}

impl Inner {
    fn goes_out(&self, bytes: u64) {
        self.out.fetch_add(1, Ordering::Relaxed);
        let now = self.out_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if now > self.peak_bytes.load(Ordering::Relaxed) {
            self.peak_bytes.fetch_max(now, Ordering::Relaxed);
        }
    }

    /// A buffer comes back; one without a class is not kept.
    pub(super) fn take_back<T: Element>(&self, class: Option<usize>, buffer: Buffer<T>) {
        let bytes = buffer.reservation.as_ref().map_or(0, super::Reservation::bytes);
        self.out.fetch_sub(1, Ordering::Relaxed);
        self.out_bytes.fetch_sub(bytes, Ordering::Relaxed);
        let Some(class) = class else {
            return;
        };
        // Counted before it can be taken again, so that the count never falls below nothing.
        self.idle_bytes.fetch_add(bytes, Ordering::Relaxed);
        if T::shelf(self).put(class, buffer).is_some() {
            self.idle_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    fn trim(&self) -> u64 {
        let freed = freed(&self.bytes) + freed(&self.floats) + freed(&self.doubles);
        self.idle_bytes.fetch_sub(freed, Ordering::Relaxed);
        freed
    }
}

fn freed<T: Element>(shelf: &Shelf<T>) -> u64 {
    shelf.clear().into_iter().map(|(class, _)| bytes_of(class) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Bound, Limits};

    fn pool() -> BufferPool {
        BufferPool::new(&bounded(1 << 40, 0), "test")
    }

    fn bounded(limit: u64, used: u64) -> MemoryBudget {
        MemoryBudget::of(None, move |_| Limits {
            bounds: vec![Bound { source: "test".to_owned(), limit, used }],
            ..Limits::default()
        })
    }

    #[test]
    fn a_buffer_is_used_again_and_two_that_are_out_are_two() {
        let pool = pool();
        let first = pool.checkout::<f64>(1_000).unwrap();
        let second = pool.checkout::<f64>(1_000).unwrap();
        assert_ne!(first.as_ptr(), second.as_ptr());
        let old = first.as_ptr();
        drop(first);
        let third = pool.checkout::<f64>(900).unwrap();
        assert_eq!((third.as_ptr(), third.len()), (old, 900));
        let counts = pool.counts();
        assert_eq!((counts.out, counts.checkouts, counts.hits, counts.idle_bytes), (2, 3, 1, 0));
    }

    #[test]
    fn nothing_is_lost_over_threads_that_hand_buffers_on() {
        let pool = pool();
        thread::scope(|scope| {
            let (send, receive) = crossbeam_channel::bounded(8);
            for seed in 0..3_usize {
                let (pool, send) = (pool.clone(), send.clone());
                scope.spawn(move || {
                    for i in 0..2_000_usize {
                        let len = 1 + (i * 7_919 + seed * 104_729) % 30_000;
                        let mut lease = pool.checkout::<f32>(len).unwrap();
                        lease.fill(i as f32);
                        send.send((lease, i)).unwrap();
                    }
                });
            }
            drop(send);
            for (lease, i) in receive {
                assert!(lease.iter().all(|x| *x == i as f32));
            }
        });
        let counts = pool.counts();
        assert_eq!((counts.out, counts.out_bytes, counts.checkouts), (0, 0, 6_000));
        assert!(counts.hits > 5_000, "{counts:?}");
        assert_eq!(pool.inner.account.used(), counts.idle_bytes);
        assert_eq!(pool.trim(), counts.idle_bytes);
        assert_eq!((pool.counts().idle_bytes, pool.inner.account.used()), (0, 0));
    }

    #[test]
    fn the_budget_bounds_what_is_made_and_not_what_is_used_again() {
        let budget = bounded(1_000_000, 0);
        let pool = BufferPool::new(&budget, "buffers");
        let first = pool.checkout::<u8>(600_000).unwrap();
        let refused = pool.checkout::<u8>(600_000).unwrap_err().to_string();
        assert!(refused.starts_with("`buffers` asked for 786432 bytes"), "{refused}");
        drop(first);
        for _ in 0..10 {
            assert!(pool.checkout::<u8>(600_000).is_ok());
        }
        // Another size is refused at first, and then served by what is idle: the look before a refusal trims.
        assert_eq!(pool.counts().hits, 10);
    }

    #[test]
    fn idle_buffers_go_when_memory_becomes_scarce() {
        let budget = bounded(1_000_000, 750_000);
        let pool = BufferPool::new(&budget, "buffers");
        drop(pool.checkout::<u8>(100_000));
        assert!(pool.counts().idle_bytes > 100_000);
        assert_eq!(budget.look(), Level::Trim);
        assert_eq!((pool.counts().idle_bytes, budget.account("buffers").used()), (0, 0));
    }

    #[test]
    fn large_buffers_are_lent_and_not_kept() {
        let pool = pool();
        let large = pool.checkout::<u8>((64 << 20) + 1).unwrap();
        assert_eq!(large.len(), (64 << 20) + 1);
        drop(large);
        let counts = pool.counts();
        assert_eq!((counts.out_bytes, counts.idle_bytes), (0, 0));
        assert_eq!(pool.inner.account.used(), 0);
    }

    #[test]
    fn a_buffer_that_is_kept_leaves_the_books() {
        let pool = pool();
        let kept = pool.zeroed::<f32>(300).unwrap().keep();
        assert_eq!(kept, vec![0.0; 300]);
        assert_eq!(pool.counts().out, 0);
        assert_eq!(pool.inner.account.used(), 0);
        assert!(pool.checkout::<f32>(0).unwrap().is_empty());
    }

    #[test]
    fn what_is_never_dropped_stays_in_the_counts() {
        let pool = pool();
        std::mem::forget(pool.checkout::<u8>(10));
        assert_eq!(pool.counts().out, 1);
    }
}
