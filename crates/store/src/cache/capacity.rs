//! How large a cache should be: as large as its last bytes earn.

use runtime::memory::Level;

/// Factor between a size and the next.
const STEP: f64 = 1.25;
/// A byte has to earn this much more than its worth before the cache grows, and this much less before it shrinks.
const BAND: f64 = 0.5;
/// Windows in a row that have to say so before the cache grows.
const GROW_AFTER: u32 = 2;
/// The same before it shrinks, at the least.
const SHRINK_AFTER: u32 = 4;
/// The same at the most, when shrinking was taken back again and again.
const SHRINK_AFTER_MOST: u32 = 64;
/// No cache is smaller, bytes.
const LEAST_BYTES: u64 = 1 << 10;
const GIB: f64 = (1_u64 << 30) as f64;

/// Between which sizes a cache moves, and what memory has to earn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Least size, bytes. Where it is above `most_bytes`, that one counts for both.
    pub least_bytes: u64,
    /// Largest size, bytes; less than 1 KiB counts as 1 KiB.
    pub most_bytes: u64,
    /// What a GiB has to earn: seconds of queries saved per second. 0 grows at every use; 0.05 asks a GiB to spare
    /// a twentieth of a core.
    pub worth_s_per_s_gib: f64,
}

impl Default for Bounds {
    /// From 1 MiB to 256 MiB, at 0.05 s/s for a GiB.
    fn default() -> Bounds {
        Bounds { least_bytes: 1 << 20, most_bytes: 256 << 20, worth_s_per_s_gib: 0.05 }
    }
}

impl Bounds {
    fn clamp(&self, bytes: u64) -> u64 {
        bytes.max(self.least_bytes).min(self.most_bytes).max(LEAST_BYTES)
    }
}

/// What was measured between two looks at the capacity.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window {
    /// How long it was, s.
    pub seconds: f64,
    /// Time that [`Capacity::larger_by`] more bytes would have saved, s.
    pub larger_saved_s: f64,
    /// Results that one step down would evict, bytes; 0 where there are none, or where nothing is known of them yet.
    pub tail_bytes: u64,
    /// Time that those results saved, s.
    pub tail_saved_s: f64,
}

/// The size of a cache, and the rule that moves it.
///
/// The next size is [`Capacity::decide`] of what was measured; no clock and no memory is read here. The size moves in
/// steps of a quarter. It grows when the bytes of one more step would have earned clearly more than
/// [`Bounds::worth_s_per_s_gib`] in two windows in a row. It shrinks when the bytes of the last step earned clearly less
/// in four; each time it has to take that back at once, it waits for twice as many the next time.
///
/// # Examples
/// ```
/// use lunar_habitat_store::cache::{Bounds, Capacity, Window};
/// use runtime::memory::Level;
/// let mut capacity = Capacity::new(Bounds::default(), 32 << 20);
/// let busy = Window { seconds: 10.0, larger_saved_s: 3.0, ..Window::default() };
/// capacity.decide(&busy, Level::Calm);
/// assert_eq!(capacity.decide(&busy, Level::Calm), 40 << 20);
/// assert_eq!(capacity.decide(&busy, Level::Narrow), 1 << 20);
/// ```
#[derive(Debug, Clone)]
pub struct Capacity {
    bounds: Bounds,
    bytes: u64,
    /// Windows in a row that ask for more.
    for_more: u32,
    /// Windows in a row that ask for less.
    for_less: u32,
    /// How many have to.
    shrink_after: u32,
    /// Windows since it last shrank of its own, if it has not grown since.
    since_shrink: Option<u32>,
}

impl Capacity {
    /// Begin with `bytes`, brought within the bounds.
    #[must_use]
    pub fn new(bounds: Bounds, bytes: u64) -> Capacity {
        Capacity {
            bounds,
            bytes: bounds.clamp(bytes),
            for_more: 0,
            for_less: 0,
            shrink_after: SHRINK_AFTER,
            since_shrink: None,
        }
    }

    /// The size now, bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// By how much the next larger size is larger, bytes; 0 at the upper bound.
    #[must_use]
    pub fn larger_by(&self) -> u64 {
        self.larger() - self.bytes
    }

    /// The next smaller size, bytes.
    #[must_use]
    pub fn smaller(&self) -> u64 {
        self.bounds.clamp((self.bytes as f64 / STEP) as u64).min(self.bytes)
    }

    /// Take other bounds; the size follows at once.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
        self.bytes = bounds.clamp(self.bytes);
    }

    /// The size after a window, bytes. From [`Level::Trim`] on it halves at every look and does not grow; from
    /// [`Level::Narrow`] on it falls to its least at once.
    pub fn decide(&mut self, window: &Window, level: Level) -> u64 {
        if level >= Level::Trim {
            let wish = if level >= Level::Narrow { 0 } else { self.bytes / 2 };
            self.bytes = self.bounds.clamp(wish).min(self.bytes);
            (self.for_more, self.for_less) = (0, 0);
            return self.bytes;
        }
        self.since_shrink = self.since_shrink.map(|windows| windows.saturating_add(1));
        let more = self.earns(window, window.larger_saved_s, self.larger_by());
        let less = self.earns(window, window.tail_saved_s, window.tail_bytes);
        let asks_more = more.is_some_and(|ratio| ratio > 1.0 + BAND);
        // What would be evicted now and missed in the same window is no reason to shrink.
        let asks_less = !asks_more && less.is_some_and(|ratio| ratio < 1.0 - BAND);
        self.for_more = if asks_more { self.for_more + 1 } else { 0 };
        self.for_less = if asks_less { self.for_less + 1 } else { 0 };
        if self.for_more >= GROW_AFTER {
            self.grow();
        } else if self.for_less >= self.shrink_after {
            self.shrink();
        }
        self.bytes
    }

    fn grow(&mut self) {
        if self.since_shrink.take().is_some_and(|windows| windows <= 2 * self.shrink_after) {
            self.shrink_after = (2 * self.shrink_after).min(SHRINK_AFTER_MOST);
        }
        self.bytes = self.larger();
        (self.for_more, self.for_less) = (0, 0);
    }

    fn shrink(&mut self) {
        if self.since_shrink.is_some() {
            // The last one was not taken back.
            self.shrink_after = (self.shrink_after / 2).max(SHRINK_AFTER);
        }
        self.since_shrink = Some(0);
        self.bytes = self.smaller();
        (self.for_more, self.for_less) = (0, 0);
    }

    fn larger(&self) -> u64 {
        self.bounds.clamp((self.bytes as f64 * STEP).ceil() as u64).max(self.bytes)
    }

    /// What `bytes` earned in terms of what they have to; `None` without bytes or time.
    fn earns(&self, window: &Window, saved_s: f64, bytes: u64) -> Option<f64> {
        let has_to = self.bounds.worth_s_per_s_gib.max(0.0) * bytes as f64 / GIB * window.seconds;
        if bytes == 0 || window.seconds <= 0.0 {
            None
        } else if has_to > 0.0 {
            Some(saved_s / has_to)
        } else {
            Some(if saved_s > 0.0 { f64::INFINITY } else { 1.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// What a cache of `bytes` saves, s/s: half of `most` at `half_at`, concave.
    fn saves(bytes: f64, most: f64, half_at: f64) -> f64 {
        most * bytes / (bytes + half_at)
    }

    /// Size where one more byte earns its worth.
    fn best(most: f64, half_at: f64, worth: f64) -> f64 {
        (most * half_at / (worth / GIB)).sqrt() - half_at
    }

    /// Let the rule run on a workload with noise of ±`noise`; return the size after each window.
    fn run(
        capacity: &mut Capacity,
        windows: usize,
        most: f64,
        half_at: f64,
        noise: f64,
    ) -> Vec<u64> {
        let mut state = 1_u64;
        let mut noisy = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            1.0 + noise * ((state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0)
        };
        let mut sizes = Vec::new();
        for _ in 0..windows {
            let (now, smaller) = (capacity.bytes() as f64, capacity.smaller() as f64);
            let larger = now + capacity.larger_by() as f64;
            let of = |bytes| saves(bytes, most, half_at);
            let window = Window {
                seconds: 10.0,
                larger_saved_s: 10.0 * (of(larger) - of(now)) * noisy(),
                tail_bytes: (now - smaller) as u64,
                tail_saved_s: 10.0 * (of(now) - of(smaller)) * noisy(),
            };
            sizes.push(capacity.decide(&window, Level::Calm));
        }
        sizes
    }

    fn bounds(worth: f64) -> Bounds {
        Bounds { least_bytes: MIB, most_bytes: 1024 * MIB, worth_s_per_s_gib: worth }
    }

    #[test]
    fn the_size_finds_where_the_last_bytes_earn_their_worth_and_stays() {
        let (most, half_at, worth) = (0.05, 32.0 * MIB as f64, 0.1);
        let best = best(most, half_at, worth);
        for start in [MIB, 100 * MIB, 1024 * MIB] {
            let mut capacity = Capacity::new(bounds(worth), start);
            let sizes = run(&mut capacity, 1_000, most, half_at, 0.3);
            let last = sizes[999] as f64;
            // The band asks for half as much again on both sides.
            assert!((0.6..1.7).contains(&(last / best)), "{last} of {best}");
            let moves = sizes[500..].windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(moves <= 4, "{moves} moves in 500 windows");
        }
    }

    #[test]
    fn the_size_follows_a_workload_that_changes() {
        let mut capacity = Capacity::new(bounds(0.1), 64 * MIB);
        let small = *run(&mut capacity, 600, 0.02, 4.0 * MIB as f64, 0.3).last().unwrap();
        let large = *run(&mut capacity, 600, 0.4, 64.0 * MIB as f64, 0.3).last().unwrap();
        let again = *run(&mut capacity, 600, 0.02, 4.0 * MIB as f64, 0.3).last().unwrap();
        assert!(large > 4 * small, "{small} {large}");
        assert!((0.5..2.0).contains(&(again as f64 / small as f64)), "{small} {again}");
    }

    #[test]
    fn nothing_earned_shrinks_to_the_least_and_much_earned_grows_to_the_most() {
        let mut capacity = Capacity::new(bounds(0.1), 64 * MIB);
        assert_eq!(run(&mut capacity, 200, 0.0, 1.0, 0.0)[199], MIB);
        assert_eq!(run(&mut capacity, 200, 1e6, 1e9, 0.0)[199], 1024 * MIB);
    }

    #[test]
    fn one_busy_window_moves_nothing() {
        let mut capacity = Capacity::new(bounds(0.1), 64 * MIB);
        let busy = Window { seconds: 10.0, larger_saved_s: 9.0, ..Window::default() };
        let quiet = Window { seconds: 10.0, ..Window::default() };
        for _ in 0..50 {
            assert_eq!(capacity.decide(&busy, Level::Calm), 64 * MIB);
            assert_eq!(capacity.decide(&quiet, Level::Calm), 64 * MIB);
        }
    }

    #[test]
    fn a_shrink_that_is_taken_back_waits_longer_the_next_time() {
        let mut capacity = Capacity::new(bounds(0.1), 64 * MIB);
        let idle = Window { seconds: 10.0, tail_bytes: MIB, ..Window::default() };
        let busy = Window { seconds: 10.0, larger_saved_s: 9.0, ..Window::default() };
        let mut waited = Vec::new();
        for _ in 0..6 {
            let before = capacity.bytes();
            let mut windows = 1;
            while capacity.decide(&idle, Level::Calm) == before {
                windows += 1;
            }
            waited.push(windows);
            capacity.decide(&busy, Level::Calm);
            capacity.decide(&busy, Level::Calm);
        }
        assert_eq!(waited, [4, 8, 16, 32, 64, 64]);
    }

    #[test]
    fn pressure_counts_at_once_and_bars_growth() {
        let mut capacity = Capacity::new(bounds(0.1), 64 * MIB);
        let busy = Window { seconds: 10.0, larger_saved_s: 9.0, ..Window::default() };
        assert_eq!(capacity.decide(&busy, Level::Trim), 32 * MIB);
        assert_eq!(capacity.decide(&busy, Level::Trim), 16 * MIB);
        assert_eq!(capacity.decide(&busy, Level::Narrow), MIB);
        assert_eq!(capacity.decide(&busy, Level::Narrow), MIB);
        capacity.decide(&busy, Level::Calm);
        assert!(capacity.decide(&busy, Level::Calm) > MIB);
    }

    #[test]
    fn other_bounds_count_at_once() {
        let mut capacity = Capacity::new(bounds(0.1), 64 * MIB);
        capacity.set_bounds(Bounds { most_bytes: 10 * MIB, ..bounds(0.1) });
        assert_eq!((capacity.bytes(), capacity.larger_by()), (10 * MIB, 0));
        capacity.set_bounds(Bounds { least_bytes: 20 * MIB, ..bounds(0.1) });
        assert_eq!((capacity.bytes(), capacity.smaller()), (20 * MIB, 20 * MIB));
    }
}
