//! Idle buffers of one kind of number, sorted by size.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Reservation;
use super::pool::Inner;

/// Bytes of the smallest class.
const SMALLEST: usize = 256;
/// Classes: 256 B, 384 B, 512 B, 768 B, … 64 MiB.
pub(super) const CLASSES: usize = 37;
/// Idle buffers of a class that one shard keeps at the most, and their bytes; two are kept of any class.
const KEPT: (usize, usize) = (64, 64 << 20);

/// Bytes of a class.
pub(super) fn bytes_of(class: usize) -> usize {
    let base = SMALLEST << (class / 2);
    if class.is_multiple_of(2) { base } else { base + base / 2 }
}

/// The smallest class that holds `bytes`; `None` for more than the largest.
pub(super) fn class_of(bytes: usize) -> Option<usize> {
    if bytes <= SMALLEST {
        return Some(0);
    }
    // With 2^k < bytes ≤ 2^(k + 1) it is the half between where that is enough.
    let k = (bytes - 1).ilog2() as usize;
    let above = 2 * (k - SMALLEST.ilog2() as usize);
    let class = if bytes <= (1 << k) + (1 << k) / 2 { above + 1 } else { above + 2 };
    (class < CLASSES).then_some(class)
}

/// What buffers hold: bytes, `f32`, `f64`.
pub trait Element: Copy + Default + Send + Sync + sealed::Number + 'static {}

impl Element for u8 {}
impl Element for f32 {}
impl Element for f64 {}

pub(super) mod sealed {
    use std::mem::size_of;

    use super::{Inner, Shelf};

    /// What is known of a kind of number. Every pattern of bits is one.
    pub trait Number: Sized {
        /// Where idle buffers of it are.
        #[doc(hidden)]
        fn shelf(inner: &Inner) -> &Shelf<Self>;
        /// Its bytes, little-endian, into as many places.
        #[doc(hidden)]
        fn put(self, to: &mut [u8]);
        /// From its bytes.
        #[doc(hidden)]
        fn get(from: &[u8]) -> Self;
    }

    macro_rules! number {
        ($($kind:ty, $shelf:ident;)*) => {$(
            impl Number for $kind {
                fn shelf(inner: &Inner) -> &Shelf<$kind> {
                    &inner.$shelf
                }

                fn put(self, to: &mut [u8]) {
                    to.copy_from_slice(&self.to_le_bytes());
                }

                fn get(from: &[u8]) -> $kind {
                    let mut own = [0; size_of::<$kind>()];
                    own.copy_from_slice(from);
                    <$kind>::from_le_bytes(own)
                }
            }
        )*};
    }

    number!(u8, bytes; f32, floats; f64, doubles;);
}

/// A buffer and the bytes that it was allowed.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Buffer<T> {
    pub(super) data: Vec<T>,
    pub(super) reservation: Option<Reservation>,
}

/// What one group of threads has idle.
#[derive(Debug)]
struct Shard<T> {
    idle: Vec<Vec<Buffer<T>>>,
    checkouts: u64,
    hits: u64,
}

/// Idle buffers of one kind, in shards so that threads seldom meet.
#[derive(Debug)]
#[doc(hidden)]
pub struct Shelf<T> {
    shards: Vec<Padded<Mutex<Shard<T>>>>,
}

/// Alone on its cache lines.
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

impl<T> Shelf<T> {
    pub(super) fn new(shards: usize) -> Shelf<T> {
        let shard =
            || Shard { idle: (0..CLASSES).map(|_| Vec::new()).collect(), checkouts: 0, hits: 0 };
        Shelf { shards: (0..shards.max(1)).map(|_| Padded(Mutex::new(shard()))).collect() }
    }

    fn own(&self) -> usize {
        thread_number() % self.shards.len()
    }

    fn lock(&self, shard: usize) -> MutexGuard<'_, Shard<T>> {
        self.shards[shard].0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle buffer of a class: of the shard of this thread, else of another one.
    pub(super) fn take(&self, class: usize) -> Option<Buffer<T>> {
        let own = self.own();
        {
            let mut shard = self.lock(own);
            shard.checkouts += 1;
            if let Some(buffer) = shard.idle[class].pop() {
                shard.hits += 1;
                return Some(buffer);
            }
        }
        let found = (1..self.shards.len()).find_map(|step| {
            let other = (own + step) % self.shards.len();
            let mut shard = self.shards[other].0.try_lock().ok()?;
            shard.idle[class].pop()
        });
        if found.is_some() {
            self.lock(own).hits += 1;
        }
        found
    }

    /// Keep a buffer, or give it back where there are enough of its class.
    pub(super) fn put(&self, class: usize, buffer: Buffer<T>) -> Option<Buffer<T>> {
        let mut shard = self.lock(self.own());
        let idle = &mut shard.idle[class];
        if idle.len() >= (KEPT.1 / bytes_of(class)).clamp(2, KEPT.0) {
            return Some(buffer);
        }
        idle.push(buffer);
        None
    }

    /// All idle buffers, with their classes.
    pub(super) fn clear(&self) -> Vec<(usize, Buffer<T>)> {
        let mut all = Vec::new();
        for shard in 0..self.shards.len() {
            let mut shard = self.lock(shard);
            for (class, idle) in shard.idle.iter_mut().enumerate() {
                all.extend(idle.drain(..).map(|buffer| (class, buffer)));
            }
        }
        all
    }

    /// Checkouts so far, and how many found an idle buffer.
    pub(super) fn counts(&self) -> (u64, u64) {
        let all = (0..self.shards.len()).map(|shard| self.lock(shard));
        all.fold((0, 0), |(checkouts, hits), shard| {
            (checkouts + shard.checkouts, hits + shard.hits)
        })
    }
}

/// A number of this thread, in the order in which threads first ask.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let own = OWN.get();
    if own != usize::MAX {
        return own;
    }
    let own = NEXT.fetch_add(1, Ordering::Relaxed);
    OWN.set(own);
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_the_smallest_that_holds() {
        for bytes in (1..10_000).chain([65_536, 65_537, 98_304, 98_305, 8 << 20, (8 << 20) + 1]) {
            let class = class_of(bytes).unwrap();
            assert!(bytes_of(class) >= bytes, "{bytes}");
            assert!(class == 0 || bytes_of(class - 1) < bytes, "{bytes}");
        }
        assert_eq!(bytes_of(CLASSES - 1), 64 << 20);
        assert_eq!(class_of(64 << 20), Some(CLASSES - 1));
        assert_eq!(class_of((64 << 20) + 1), None);
    }
}
