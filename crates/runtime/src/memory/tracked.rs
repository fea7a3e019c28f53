//! Who allocates, by samples.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes between two samples in the mean.
const EVERY: f64 = 524_288.0;
/// Most frames of a site that are kept.
const FRAMES: usize = 32;
/// Most sites; allocations of further ones are counted together, without frames.
const SITES: usize = 4_096;
/// Places in which a bit says that a sampled allocation may live there; a power of two.
const MARKS: usize = 1 << 16;
/// Beginnings of the names of functions that only pass an allocation on.
const PASSING: [&str; 12] = [
    "alloc::",
    "<alloc::",
    "core::",
    "<core::",
    "std::",
    "<std::",
    "hashbrown::",
    "<hashbrown::",
    "backtrace::",
    "__rust",
    "__rg",
    "_Unwind",
];
/// Parts of the names of files in which such functions are.
const PASSING_FILES: [&str; 3] = ["(/rustc/", "/backtrace-", "memory/tracked.rs"];

/// An allocator that samples what goes through it, to be used as the `#[global_allocator]` of a program.
///
/// About every 512 KiB allocated, at random and by thread, one allocation is remembered with its size, its time and the
/// stack that asked for it. An allocation of `s` bytes is remembered with the probability `1 − exp(−s / 512 KiB)` and stands for
/// `s` over that, so that sums are right in the mean. The others cost a subtraction, and a look at one byte when they are
/// freed. Names of functions are looked up only by [`Sampled::now`].
///
/// ```no_run
/// use std::alloc::System;
/// use lunar_habitat_runtime::memory::Tracked;
/// #[global_allocator]
/// static ALLOCATOR: Tracked<System> = Tracked::new(System);
/// ```
#[derive(Debug)]
pub struct Tracked<A>(A);

/// A sampled allocation that lives.
struct Sample {
    site: usize,
    bytes: f64,
    born: Instant,
}

/// A stack that allocated.
struct Known {
    stack: Box<[usize]>,
    made: f64,
}

struct State {
    living: BTreeMap<usize, Sample>,
    sites: Vec<Known>,
    numbers: BTreeMap<Box<[usize]>, usize>,
}

static STATE: Mutex<State> =
    Mutex::new(State { living: BTreeMap::new(), sites: Vec::new(), numbers: BTreeMap::new() });
static MARKED: [AtomicU8; MARKS] = [const { AtomicU8::new(0) }; MARKS];
static SEEDS: AtomicU64 = AtomicU64::new(0x9E37_79B9_7F4A_7C15);

thread_local! {
    /// Bytes to the next sample; [`UNSEEDED`] before the first draw of a thread.
    static LEFT: Cell<i64> = const { Cell::new(UNSEEDED) };
    /// What [`LEFT`] would be if nothing had been allocated: their difference is what this thread has allocated.
    static GIVEN: Cell<i64> = const { Cell::new(UNSEEDED) };
    /// Allocations of this thread.
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static DRAW: Cell<u64> = const { Cell::new(0) };
    /// Whether this thread keeps the books, whose own memory is not sampled.
    static BOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Below every number that a draw and what is allocated after it can give.
const UNSEEDED: i64 = i64::MIN / 2;

/// Ends the booking of a thread, whose own memory is not counted: it is not of whoever happens to be sampled.
struct Booking {
    made: i64,
    calls: u64,
}

impl Booking {
    fn begin() -> Option<Booking> {
        // Made only where it is to be dropped, which ends the booking.
        (!BOOKING.replace(true)).then(|| Booking { made: made(), calls: CALLS.get() })
    }

    fn state(&self) -> MutexGuard<'static, State> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Booking {
    fn drop(&mut self) {
        GIVEN.set(self.made.wrapping_add(LEFT.get()));
        CALLS.set(self.calls);
        BOOKING.set(false);
    }
}

impl<A> Tracked<A> {
    /// Sample what goes through `inner`.
    pub const fn new(inner: A) -> Tracked<A> {
        Tracked(inner)
    }
}

// SAFETY: every call is passed on unchanged, and what `inner` returns is returned; keeping the books touches no memory of
// the caller and does not unwind: its own allocations pass without being booked.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Tracked<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        let at = unsafe { self.0.alloc(layout) };
        born(at, layout.size());
        at
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        let at = unsafe { self.0.alloc_zeroed(layout) };
        born(at, layout.size());
        at
    }

    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // Before the memory can be another's.
        gone(at);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { self.0.dealloc(at, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        gone(at);
        // SAFETY: the caller keeps the contract of `realloc`.
        let new = unsafe { self.0.realloc(at, layout, size) };
        born(new, size);
        new
    }
}

/// What a thread has allocated since it began, freed or not; counted to the byte, not sampled.
///
/// ```
/// use lunar_habitat_runtime::memory::{Allocated, Tracked};
/// use std::alloc::System;
/// #[global_allocator]
/// static ALLOCATOR: Tracked<System> = Tracked::new(System);
/// let before = Allocated::by_this_thread();
/// let kept = vec![0_u8; 1_000];
/// let made = Allocated::by_this_thread().since(before);
/// assert_eq!((made.bytes, made.calls), (1_000, 1));
/// # drop(kept);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allocated {
    /// Bytes asked for.
    pub bytes: u64,
    /// How often memory was asked for; a block that grows asks again.
    pub calls: u64,
}

impl Allocated {
    /// What the thread that calls has allocated; nothing in a program whose allocator is not [`Tracked`].
    #[inline]
    #[must_use]
    pub fn by_this_thread() -> Allocated {
        Allocated { bytes: made() as u64, calls: CALLS.get() }
    }

    /// What was added since an earlier look by the same thread.
    #[inline]
    #[must_use]
    pub fn since(self, earlier: Allocated) -> Allocated {
        Allocated {
            bytes: self.bytes.wrapping_sub(earlier.bytes),
            calls: self.calls.wrapping_sub(earlier.calls),
        }
    }
}

fn mark(at: usize) -> &'static AtomicU8 {
    // Multiplicative hashing: addresses are multiples of 16, and neighbours must not meet.
    let hash = (at >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    &MARKED[hash & (MARKS - 1)]
}

/// What this thread has allocated, from where it began to count.
fn made() -> i64 {
    GIVEN.get().wrapping_sub(LEFT.get())
}

#[inline]
fn born(at: *mut u8, size: usize) {
    let left = LEFT.get().wrapping_sub(size as i64);
    LEFT.set(left);
    CALLS.set(CALLS.get().wrapping_add(1));
    if left < 0 {
        sample(at, size);
    }
}

#[inline]
fn gone(at: *mut u8) {
    if mark(at as usize).load(Ordering::Relaxed) != 0 {
        forget(at as usize);
    }
}

/// Bytes to the next sample: exponentially distributed, so that no pattern of sizes hides between samples.
fn draw() -> i64 {
    let mut x = DRAW.get();
    if x == 0 {
        x = SEEDS.fetch_add(0xD1B5_4A32_D192_ED03, Ordering::Relaxed) | 1;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    DRAW.set(x);
    let uniform = ((x >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
    (-uniform.ln() * EVERY) as i64
}

#[cold]
#[inline(never)]
fn sample(at: *mut u8, size: usize) {
    let first = LEFT.get().wrapping_add(size as i64) == UNSEEDED;
    let made = made();
    LEFT.set(draw());
    GIVEN.set(made.wrapping_add(LEFT.get()));
    if at.is_null() || (first && LEFT.get() > size as i64) {
        return;
    }
    let Some(booking) = Booking::begin() else {
        return;
    };
    let mut stack = [0; FRAMES];
    let mut depth = 0;
    backtrace::trace(|frame| {
        stack[depth] = frame.ip() as usize;
        depth += 1;
        depth < FRAMES
    });
    let bytes = size as f64 / -(-(size as f64) / EVERY).exp_m1();
    let mut state = booking.state();
    let site = state.site(&stack[..depth]);
    state.sites[site].made += bytes;
    let sample = Sample { site, bytes, born: Instant::now() };
    if state.living.insert(at as usize, sample).is_none() {
        // 255 at one place stay marked for good, which costs time and is still right.
        let more = |marks: u8| marks.checked_add(1);
        let _ = mark(at as usize).fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

#[cold]
#[inline(never)]
fn forget(at: usize) {
    let Some(booking) = Booking::begin() else {
        return;
    };
    if booking.state().living.remove(&at).is_some() {
        let less = |marks: u8| (marks < u8::MAX).then(|| marks.saturating_sub(1));
        let _ = mark(at).fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl State {
    /// Number of the site with this stack.
    fn site(&mut self, stack: &[usize]) -> usize {
        if let Some(known) = self.numbers.get(stack) {
            return *known;
        }
        let stack: Box<[usize]> =
            if self.sites.len() < SITES { stack.into() } else { Box::new([]) };
        let next = self.sites.len();
        let number = *self.numbers.entry(stack.clone()).or_insert(next);
        if number == next {
            self.sites.push(Known { stack, made: 0.0 });
        }
        number
    }
}

/// A stack that allocated what lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Number of the site, the same as long as the program runs.
    pub number: usize,
    /// Bytes that live, estimated.
    pub bytes: f64,
    /// Samples that this stands on.
    pub samples: usize,
    /// Bytes that were ever allocated there, estimated.
    pub made: f64,
    /// Age of the oldest sample.
    pub oldest: Duration,
    /// Functions from the one that asked to its callers, with file and line where they are known.
    pub frames: Vec<String>,
}

impl Site {
    /// The first function that is not of the standard library.
    #[must_use]
    pub fn place(&self) -> &str {
        let own = |frame: &&String| {
            !PASSING.iter().any(|start| frame.starts_with(start))
                && !PASSING_FILES.iter().any(|file| frame.contains(file))
        };
        self.frames
            .iter()
            .find(own)
            .or_else(|| self.frames.first())
            .map_or("unknown", String::as_str)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mb, oldest) = (self.bytes / 1e6, self.oldest.as_secs_f64());
        write!(f, "{mb:.1} MB, oldest {oldest:.0} s, {}", self.place())
    }
}

/// What lives, by samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampled {
    /// Sites, the one with most bytes first.
    pub sites: Vec<Site>,
}

impl Sampled {
    /// Bytes that live, estimated.
    #[must_use]
    pub fn bytes(&self) -> f64 {
        self.sites.iter().map(|site| site.bytes).sum()
    }

    /// What lives now, the sites with their functions; nothing in a program whose allocator is not [`Tracked`].
    ///
    /// Names are looked up here, which takes some milliseconds a site at the first time.
    #[must_use]
    pub fn now() -> Sampled {
        let (mut all, stacks) = living();
        let Some(booking) = Booking::begin() else {
            return all;
        };
        for (site, stack) in all.sites.iter_mut().zip(stacks) {
            site.frames = named(&stack);
        }
        // Tables of names take tens of megabytes.
        backtrace::clear_symbol_cache();
        drop(booking);
        all
    }

    /// Bytes that live, estimated, by the number of their site; no names are looked up.
    #[must_use]
    pub fn bytes_by_site() -> Vec<(usize, f64)> {
        living().0.sites.into_iter().map(|site| (site.number, site.bytes)).collect()
    }
}

/// What lives, without names, and the stacks.
fn living() -> (Sampled, Vec<Box<[usize]>>) {
    let Some(booking) = Booking::begin() else {
        return (Sampled::default(), Vec::new());
    };
    let state = booking.state();
    let mut by_site: BTreeMap<usize, Site> = BTreeMap::new();
    for sample in state.living.values() {
        let site = by_site.entry(sample.site).or_insert_with(|| Site {
            number: sample.site,
            bytes: 0.0,
            samples: 0,
            made: state.sites[sample.site].made,
            oldest: Duration::ZERO,
            frames: Vec::new(),
        });
        site.bytes += sample.bytes;
        site.samples += 1;
        site.oldest = site.oldest.max(sample.born.elapsed());
    }
    let mut sites: Vec<Site> = by_site.into_values().collect();
    sites.sort_by(|a, b| b.bytes.total_cmp(&a.bytes));
    let stacks = sites.iter().map(|site| state.sites[site.number].stack.clone()).collect();
    (Sampled { sites }, stacks)
}

/// Functions of a stack.
fn named(stack: &[usize]) -> Vec<String> {
    let mut frames = Vec::new();
    for ip in stack {
        // The address behind a call may be that of the next function.
        backtrace::resolve(ip.saturating_sub(1) as *mut _, |symbol| {
            let Some(name) = symbol.name() else {
                return;
            };
            let mut text = format!("{name:#}");
            if let (Some(file), Some(line)) = (symbol.filename(), symbol.lineno()) {
                text.push_str(&format!(" ({}:{line})", file.display()));
            }
            frames.push(text);
        });
    }
    frames
}
