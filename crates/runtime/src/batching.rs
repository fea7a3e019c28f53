//! How much to take at once: a pure search for the batch that does most a second.

/// Steps of size that double it.
const STEPS: i32 = 2;
/// Measurements of a size before it is judged.
const SAMPLES: usize = 5;
/// A neighbour must be better by this share.
const MARGIN: f64 = 0.02;
/// A settled size is given up where its throughput has moved by this share.
const DRIFT: f64 = 0.15;
/// Judgements in a row that it takes to give it up.
const DOUBTS: u32 = 2;
/// Measurements after which neighbours are tried again, at first.
const HOLD: u32 = 64;
/// And at most.
const HOLD_MOST: u32 = 4_096;

/// What a batch may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchBounds {
    /// Fewest items, at least 1.
    pub least: usize,
    /// Most items.
    pub most: usize,
    /// Longest time that one batch may take, s; infinite for none.
    pub latency_s: f64,
    /// Memory that an item takes, bytes.
    pub item_bytes: u64,
    /// Memory that a batch may take, bytes.
    pub memory_bytes: u64,
}

impl BatchBounds {
    /// From `least` to `most` items, whatever time and memory they take.
    #[must_use]
    pub fn new(least: usize, most: usize) -> BatchBounds {
        let latency_s = f64::INFINITY;
        BatchBounds { least, most, latency_s, item_bytes: 0, memory_bytes: u64::MAX }
    }

    /// Fewest and most items, memory considered. Where memory asks for fewer than `least`, `least` stays: less cannot be done.
    fn range(&self) -> (usize, usize) {
        let least = self.least.max(1);
        let fit = self.memory_bytes.checked_div(self.item_bytes).unwrap_or(u64::MAX);
        let most = self.most.min(usize::try_from(fit).unwrap_or(usize::MAX));
        (least, most.max(least))
    }
}

/// What is known of a size.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// Items per second, middle of its measurements.
    rate: f64,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// Measuring the size at hand.
    Here,
    /// Measuring a neighbour so many steps away.
    Probe(i32),
    /// Using the best size; so many measurements to go before its neighbours are tried again.
    Settled(u32),
}

/// Finds the number of items that does most a second, within bounds of time and memory.
///
/// Sizes are tried on a ladder, each √2 of the one before. From the size at hand the search looks up, then down, with
/// strides of four doublings, two, one, and half of one, and moves where the middle of five measurements is better by 2 %. At the
/// end it settles. It begins anew when the throughput of the settled size moves by 15 % and stays there, and tries the neighbours from time to
/// time, ever more rarely while they stay worse. A size whose batches take too long is not tried again until then.
///
/// It reads no clock: what it proposes is a function of what it was told.
///
/// # Examples
/// ```
/// use lunar_habitat_runtime::{BatchBounds, BatchSize};
/// // A call costs 1 ms and an item 1 µs: more at once is better, but none may take longer than 10 ms.
/// let bounds = BatchBounds { latency_s: 0.010, ..BatchBounds::new(1, 1 << 20) };
/// let mut size = BatchSize::new(bounds);
/// for _ in 0..200 {
///     let batch = size.next();
///     size.record(batch, 1e-3 + 1e-6 * batch as f64);
/// }
/// assert!((5_000..=9_000).contains(&size.best()));
/// ```
#[derive(Debug, Clone)]
pub struct BatchSize {
    bounds: BatchBounds,
    /// Sizes, ascending.
    ladder: Vec<usize>,
    known: Vec<Option<Known>>,
    /// First rung that takes too long.
    ceiling: usize,
    here: usize,
    stage: Stage,
    stride: i32,
    samples: Vec<f64>,
    seconds: Vec<f64>,
    hold: u32,
    /// A direction that is not worth looking into at this stride.
    tried_up: bool,
    tried_down: bool,
    explorations: u64,
    /// Judgements in a row that found the settled size another.
    doubts: u32,
}

impl BatchSize {
    /// A search that begins with the smallest batch.
    #[must_use]
    pub fn new(bounds: BatchBounds) -> BatchSize {
        let (least, most) = bounds.range();
        let mut ladder = vec![least];
        let mut last = least;
        while last < most {
            let exact = least as f64 * 2_f64.powf(ladder.len() as f64 / f64::from(STEPS));
            last = (exact.round() as usize).max(last + 1).min(most);
            ladder.push(last);
        }
        let rungs = ladder.len();
        let mut size = BatchSize {
            bounds,
            ladder,
            known: vec![None; rungs],
            ceiling: rungs,
            here: 0,
            stage: Stage::Here,
            stride: 0,
            samples: Vec::with_capacity(SAMPLES),
            seconds: Vec::with_capacity(SAMPLES),
            hold: HOLD,
            tried_up: false,
            tried_down: false,
            explorations: 0,
            doubts: 0,
        };
        size.explore();
        size
    }

    /// The same search begun with `first` items or the next fewer on the ladder, where something is known beforehand.
    #[must_use]
    pub fn begun_at(bounds: BatchBounds, first: usize) -> BatchSize {
        let mut size = BatchSize::new(bounds);
        size.here = size.ladder.partition_point(|rung| *rung <= first).saturating_sub(1);
        size
    }

    /// How many items to take next.
    #[must_use]
    pub fn next(&self) -> usize {
        let rung = match self.stage {
            Stage::Here | Stage::Settled(_) => self.here,
            Stage::Probe(step) => self.at(step).unwrap_or(self.here),
        };
        self.ladder[rung]
    }

    /// The best size so far.
    #[must_use]
    pub fn best(&self) -> usize {
        self.ladder[self.here]
    }

    /// Whether the search has come to an end for now.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.stage, Stage::Settled(_))
    }

    /// How often the search began, the first time included.
    #[must_use]
    pub fn explorations(&self) -> u64 {
        self.explorations
    }

    /// Tell that `batch` items took `seconds`. A batch of another size than [`BatchSize::next`] asked for, as the last one of
    /// a set is, and a time that is no positive number, are not counted.
    pub fn record(&mut self, batch: usize, seconds: f64) {
        if batch != self.next() || !seconds.is_finite() || seconds <= 0.0 {
            return;
        }
        self.samples.push(batch as f64 / seconds);
        self.seconds.push(seconds);
        if self.samples.len() < SAMPLES {
            return;
        }
        let (rate, time) = (middle(&mut self.samples), middle(&mut self.seconds));
        self.samples.clear();
        self.seconds.clear();
        match self.stage {
            Stage::Here => self.judge_here(rate, time),
            Stage::Probe(step) => self.judge_probe(step, rate, time),
            Stage::Settled(left) => self.judge_settled(left, rate, time),
        }
    }

    /// The rung so many steps away, if there is one that may be used.
    fn at(&self, step: i32) -> Option<usize> {
        let rung = self.here.checked_add_signed(step as isize)?;
        (rung < self.ladder.len().min(self.ceiling)).then_some(rung)
    }

    /// Forget everything but where it stands.
    fn explore(&mut self) {
        self.known.fill(None);
        self.ceiling = self.ladder.len();
        self.stage = Stage::Here;
        self.stride = 4 * STEPS;
        self.hold = HOLD;
        (self.tried_up, self.tried_down) = (false, false);
        self.explorations += 1;
        self.doubts = 0;
    }

    fn takes_too_long(&self, time: f64) -> bool {
        time > self.bounds.latency_s
    }

    fn judge_here(&mut self, rate: f64, time: f64) {
        if self.takes_too_long(time) && self.here > 0 {
            // One rung down at least, or as far as a time that grows with the size asks for.
            self.ceiling = self.here;
            let wanted = self.ladder[self.here] as f64 * self.bounds.latency_s / time;
            let fit = self.ladder.partition_point(|size| *size as f64 <= wanted);
            self.here = fit.saturating_sub(1).min(self.here - 1);
            return;
        }
        self.known[self.here] = Some(Known { rate });
        self.go_on();
    }

    fn judge_probe(&mut self, step: i32, rate: f64, time: f64) {
        let Some(rung) = self.at(step) else {
            return self.go_on();
        };
        let is_up = step > 0;
        if self.takes_too_long(time) && is_up {
            self.ceiling = rung;
        } else {
            self.known[rung] = Some(Known { rate });
            let here = self.known[self.here].map_or(0.0, |known| known.rate);
            if rate > here * (1.0 + MARGIN) {
                // On in the same direction; what lies behind is worse.
                self.here = rung;
                (self.tried_up, self.tried_down) = (!is_up, is_up);
                return self.go_on();
            }
        }
        if is_up {
            self.tried_up = true;
        } else {
            self.tried_down = true;
        }
        self.go_on();
    }

    /// Look where nobody has looked yet, closer when nothing is left, or settle.
    fn go_on(&mut self) {
        while self.stride > 0 {
            for (tried, step) in [(self.tried_up, self.stride), (self.tried_down, -self.stride)] {
                if !tried && self.at(step).is_some() {
                    self.stage = Stage::Probe(step);
                    return;
                }
            }
            self.stride /= 2;
            (self.tried_up, self.tried_down) = (false, false);
        }
        self.stage = Stage::Settled(self.hold);
    }

    fn judge_settled(&mut self, left: u32, rate: f64, time: f64) {
        let known = self.known[self.here].map_or(rate, |known| known.rate);
        let has_moved = (rate / known - 1.0).abs() > DRIFT;
        if has_moved || (self.takes_too_long(time) && self.here > 0) {
            // Once may be something else on the machine.
            self.doubts += 1;
            if self.doubts == DOUBTS {
                self.explore();
            }
            return;
        }
        self.doubts = 0;
        // What it is worth may change by and by: that is no reason to search.
        self.known[self.here] = Some(Known { rate: 0.8 * known + 0.2 * rate });
        match left.checked_sub(SAMPLES as u32) {
            Some(left) => self.stage = Stage::Settled(left),
            None => {
                self.hold = (2 * self.hold).min(HOLD_MOST);
                self.stride = 1;
                (self.tried_up, self.tried_down) = (false, false);
                self.go_on();
            }
        }
    }
}

/// The number in the middle.
fn middle(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of ±`share`, from a counter.
    fn noisy(seconds: f64, share: f64, state: &mut u64) -> f64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let unit = (*state >> 40) as f64 / (1_u64 << 24) as f64;
        // One measurement in sixteen is hit by something else on the machine.
        let hit = if *state >> 33 & 15 == 0 { 3.0 } else { 1.0 };
        seconds * hit * (1.0 + share * (2.0 * unit - 1.0))
    }

    /// A call costs something, an item too, and beyond the cache it costs more.
    fn cost(batch: usize, call_s: f64, cache: f64) -> f64 {
        let n = batch as f64;
        call_s + 1e-6 * n * (1.0 + (n / cache).powi(2))
    }

    fn best_of(bounds: BatchBounds, call_s: f64, cache: f64) -> f64 {
        let rates = (bounds.least..=bounds.most).map(|n| n as f64 / cost(n, call_s, cache));
        rates.fold(0.0, f64::max)
    }

    #[test]
    fn it_comes_near_the_best_through_noise() {
        for seed in 0..20 {
            for (call_s, cache) in [(1e-3, 2_000.0), (1e-5, 300.0), (1e-2, 8_000.0)] {
                let bounds = BatchBounds::new(1, 30_000);
                let mut size = BatchSize::new(bounds);
                let mut state = seed;
                for _ in 0..300 {
                    let batch = size.next();
                    size.record(batch, noisy(cost(batch, call_s, cache), 0.03, &mut state));
                }
                let found = size.best() as f64 / cost(size.best(), call_s, cache);
                let best = best_of(bounds, call_s, cache);
                assert!(found > 0.93 * best, "{} of {best} with {} items", found, size.best());
            }
        }
    }

    #[test]
    fn no_batch_leaves_the_bounds() {
        let bounds = BatchBounds {
            item_bytes: 1_000,
            memory_bytes: 700_000,
            ..BatchBounds::new(3, 1_000_000)
        };
        let mut size = BatchSize::new(bounds);
        for _ in 0..500 {
            let batch = size.next();
            assert!((3..=700).contains(&batch), "{batch}");
            size.record(batch, 1.0 + 1e-6 * batch as f64);
        }
        assert_eq!(size.best(), 700);
        // Where even the least does not fit, the least is taken.
        let none = BatchBounds { item_bytes: 10, memory_bytes: 5, ..BatchBounds::new(4, 64) };
        assert_eq!(BatchSize::new(none).next(), 4);
    }

    #[test]
    fn batches_that_take_too_long_are_given_up() {
        let bounds = BatchBounds { latency_s: 0.020, ..BatchBounds::new(1, 1 << 20) };
        let mut size = BatchSize::new(bounds);
        let mut over = 0;
        for _ in 0..1_000 {
            let batch = size.next();
            let seconds = 1e-3 + 1e-5 * batch as f64;
            over += usize::from(seconds > 0.020);
            size.record(batch, seconds);
        }
        let best = 1e-3 + 1e-5 * size.best() as f64;
        assert!(best <= 0.020 && best > 0.012, "{best}");
        assert!(over <= 40, "{over} batches took too long");
    }

    #[test]
    fn it_searches_again_when_the_load_changes() {
        let bounds = BatchBounds::new(1, 30_000);
        let mut size = BatchSize::new(bounds);
        let mut state = 3;
        let mut run = |size: &mut BatchSize, call_s, cache| {
            for _ in 0..600 {
                let batch = size.next();
                size.record(batch, noisy(cost(batch, call_s, cache), 0.02, &mut state));
            }
            size.best() as f64 / cost(size.best(), call_s, cache) / best_of(bounds, call_s, cache)
        };
        assert!(run(&mut size, 1e-2, 8_000.0) > 0.93);
        let before = (size.best(), size.explorations());
        assert!(run(&mut size, 1e-5, 200.0) > 0.93);
        assert!(size.best() < before.0 && size.explorations() > before.1);
    }

    #[test]
    fn a_steady_load_is_not_searched_again() {
        let mut size = BatchSize::new(BatchBounds::new(1, 10_000));
        let mut state = 11;
        let mut off = 0;
        for at in 0..20_000 {
            let batch = size.next();
            off += usize::from(at > 1_000 && batch != size.best());
            size.record(batch, noisy(cost(batch, 1e-3, 2_000.0), 0.02, &mut state));
        }
        assert_eq!(size.explorations(), 1);
        assert!(off < 400, "{off} batches of 19 000 were spent on neighbours");
    }

    #[test]
    fn where_it_begins_does_not_decide_where_it_ends() {
        for first in [0, 1, 50, 1_000, 30_000, 1_000_000] {
            let bounds = BatchBounds::new(1, 30_000);
            let mut size = BatchSize::begun_at(bounds, first);
            assert!(size.next() <= first.max(1));
            let mut state = 5;
            for _ in 0..300 {
                let batch = size.next();
                size.record(batch, noisy(cost(batch, 1e-3, 2_000.0), 0.03, &mut state));
            }
            let found = size.best() as f64 / cost(size.best(), 1e-3, 2_000.0);
            assert!(found > 0.93 * best_of(bounds, 1e-3, 2_000.0), "{} items", size.best());
        }
    }

    #[test]
    fn what_is_no_measurement_is_not_counted() {
        let mut size = BatchSize::new(BatchBounds::new(2, 64));
        let before = size.next();
        for _ in 0..100 {
            size.record(before + 1, 1e-9);
            size.record(before, f64::NAN);
            size.record(before, 0.0);
        }
        assert_eq!((size.next(), size.is_settled()), (before, false));
    }
}
