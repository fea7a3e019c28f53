//! How many workers there should be: a pure rule fed with what was measured.

/// Workers are busy above this share of their time.
const BUSY: f64 = 0.85;
/// One worker fewer must stay below this share.
const ROOMY: f64 = 0.60;
/// Below this share of the processors, workers that are busy wait for something else.
const WAITING: f64 = 0.70;
/// Tasks wait too long above this, s.
const DELAY_S: f64 = 0.010;
/// Looks in a row before the number grows.
const GROW_AFTER: u32 = 2;
/// Looks in a row before it shrinks, at first.
const SHRINK_AFTER: u32 = 20;
/// And at most.
const SHRINK_AFTER_MOST: u32 = 2_560;
/// Times that many looks without growth after it, and a fall was right.
const RIGHT_AFTER: u32 = 16;

/// What was measured between two looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Share of their time that the workers did not sleep, 0 to 1.
    pub utilisation: f64,
    /// Mean time that tasks waited before they started, s.
    pub delay_s: f64,
    /// Tasks that wait.
    pub waiting: usize,
    /// Processors that the program may use, by affinity and quota.
    pub cores: f64,
    /// Share of them that it used, 0 to 1.
    pub processor: f64,
}

/// Sets the number of workers by utilisation and delay, and does not swing.
///
/// - It grows by half when two looks in a row find the workers busy and tasks waiting for more than 10 ms. The processors
///   that the program may use are the limit, unless the workers use little of them: then they wait for something else, and
///   `most` is the limit.
/// - It falls by one when one worker fewer would be less than 60 % busy, many looks in a row. How many doubles whenever the
///   number has to grow again after a fall, so that a load that comes and goes ends with a number that stays. It comes back
///   by half when long after a fall nothing has asked for more.
/// - Where the quota falls below the number, it follows at once, unless the workers wait.
///
/// ```
/// use lunar_habitat_runtime::{Governor, Load};
/// let mut governor = Governor::new(1, 8, 1);
/// let load = Load { utilisation: 1.0, delay_s: 0.2, waiting: 50, cores: 4.0, processor: 0.9 };
/// let sizes: Vec<usize> = (0..6).map(|_| governor.observe(&load)).collect();
/// assert_eq!(sizes, [1, 2, 2, 3, 3, 4]);
/// ```
#[derive(Debug, Clone)]
pub struct Governor {
    least: usize,
    most: usize,
    size: usize,
    strained: u32,
    slack: u32,
    patience: u32,
    /// Looks since the last fall, while it may still turn out wrong.
    fell: Option<u32>,
}

impl Governor {
    /// A governor for `least` to `most` workers that has `size` now; all are taken as at least 1 and in this order.
    #[must_use]
    pub fn new(least: usize, most: usize, size: usize) -> Governor {
        let least = least.max(1);
        let most = most.max(least);
        Governor {
            least,
            most,
            size: size.clamp(least, most),
            strained: 0,
            slack: 0,
            patience: SHRINK_AFTER,
            fell: None,
        }
    }

    /// The number of workers now.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Take a look and return the number of workers from now on.
    pub fn observe(&mut self, load: &Load) -> usize {
        let cores = load.cores.ceil().max(1.0) as usize;
        let is_busy = load.utilisation >= BUSY;
        let workers_wait = is_busy && load.processor < WAITING;
        // Workers that wait take no processor from each other; what was granted for them stays until they are idle.
        let limit = if workers_wait { self.most } else { cores.clamp(self.least, self.most) };
        if let Some(since) = &mut self.fell {
            *since += 1;
            if *since > RIGHT_AFTER * self.patience {
                // Nothing asked for the worker that went: that fall was right.
                self.fell = None;
                self.patience = (self.patience / 2).max(SHRINK_AFTER);
            }
        }
        if self.size > limit && load.processor >= WAITING {
            self.set(limit);
            return self.size;
        }
        let is_strained = is_busy && load.delay_s > DELAY_S && load.waiting > 0;
        self.strained = if is_strained { self.strained + 1 } else { 0 };
        let left = load.utilisation * self.size as f64 / self.size.saturating_sub(1).max(1) as f64;
        let is_slack = left < ROOMY && load.delay_s < DELAY_S;
        self.slack = if is_slack { self.slack + 1 } else { 0 };
        if self.strained >= GROW_AFTER && self.size < limit {
            if self.fell.take().is_some() {
                self.patience = (2 * self.patience).min(SHRINK_AFTER_MOST);
            }
            self.set((self.size + (self.size / 2).max(1)).min(limit));
        } else if self.slack >= self.patience && self.size > self.least {
            self.set(self.size - 1);
            self.fell = Some(0);
        }
        self.size
    }

    fn set(&mut self, size: usize) {
        (self.strained, self.slack) = (0, 0);
        self.size = size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What workers and queue make of a demand, in workers' worth of work: what is not done waits.
    struct Plant {
        governor: Governor,
        backlog: f64,
        cores: f64,
        /// Share of a task that needs a processor.
        computes: f64,
    }

    impl Plant {
        fn new(most: usize, cores: f64) -> Plant {
            Plant { governor: Governor::new(1, most, 1), backlog: 0.0, cores, computes: 1.0 }
        }

        fn look(&mut self, demand: f64) -> usize {
            let size = self.governor.size() as f64;
            let able = size.min(self.cores / self.computes);
            let offered = demand + self.backlog;
            let done = offered.min(able);
            self.backlog = offered - done;
            let load = Load {
                utilisation: if self.backlog > 0.0 { 1.0 } else { done / size },
                delay_s: 0.1 * self.backlog / able,
                waiting: (100.0 * self.backlog).round() as usize,
                cores: self.cores,
                processor: done * self.computes / self.cores,
            };
            self.governor.observe(&load)
        }

        /// How often the number changed, and the numbers.
        fn follow(&mut self, demand: impl IntoIterator<Item = f64>) -> (usize, Vec<usize>) {
            let before = self.governor.size();
            let sizes: Vec<usize> = demand.into_iter().map(|one| self.look(one)).collect();
            let mut last = before;
            let changes =
                sizes.iter().filter(|size| std::mem::replace(&mut last, **size) != **size);
            (changes.count(), sizes)
        }
    }

    #[test]
    fn a_steady_load_ends_with_a_number_that_stays() {
        for demand in [0.0, 0.3, 0.9, 1.5, 2.4, 3.3, 5.7, 7.9, 20.0] {
            let mut plant = Plant::new(8, 8.0);
            let (changes, _) = plant.follow(vec![demand; 1_000]);
            assert!(changes <= 8, "{changes} changes for {demand}");
            let (changes, sizes) = plant.follow(vec![demand; 5_000]);
            assert_eq!(changes, 0, "for {demand}");
            assert!(sizes[0] as f64 >= demand.min(8.0), "{} for {demand}", sizes[0]);
        }
    }

    #[test]
    fn it_follows_a_ramp_up_and_down_without_turning_back() {
        let mut plant = Plant::new(16, 16.0);
        let (_, up) = plant.follow((0..2_000).map(|at| f64::from(at) * 0.007));
        assert!(up.is_sorted());
        assert!(*up.last().unwrap() >= 14);
        let (_, down) = plant.follow((0..4_000).rev().map(|at| f64::from(at) * 0.0035));
        assert!(down.iter().rev().is_sorted());
        assert!(*down.last().unwrap() <= 2, "{}", down.last().unwrap());
    }

    #[test]
    fn a_square_wave_does_not_make_it_swing() {
        // Periods from one second to a minute; 200 of each.
        for half in [5, 20, 50, 150, 300] {
            let mut plant = Plant::new(8, 8.0);
            let wave = (0..400 * half).map(|at| if (at / half) % 2 == 0 { 6.0 } else { 0.2 });
            let (changes, sizes) = plant.follow(wave);
            assert!(changes <= 40, "{changes} changes for {half} looks");
            let tail = &sizes[sizes.len() * 3 / 4..];
            assert!(tail.iter().all(|size| *size == tail[0]), "{half} looks");
        }
    }

    #[test]
    fn noise_does_not_make_it_swing() {
        let mut state = 7_u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / (1_u64 << 24) as f64
        };
        let mut plant = Plant::new(8, 8.0);
        let (changes, _) = plant.follow((0..20_000).map(|_| 3.0 + 2.0 * (noise() - 0.5)));
        assert!(changes <= 12, "{changes} changes");
    }

    #[test]
    fn the_quota_is_the_limit_of_work_that_computes_and_not_of_work_that_waits() {
        let mut plant = Plant::new(16, 2.0);
        let (_, sizes) = plant.follow(vec![12.0; 200]);
        assert_eq!(*sizes.iter().max().unwrap(), 2);
        let mut plant = Plant::new(16, 2.0);
        plant.computes = 0.05;
        let (_, sizes) = plant.follow(vec![12.0; 200]);
        assert!(*sizes.last().unwrap() >= 12, "{}", sizes.last().unwrap());
    }

    #[test]
    fn a_quota_that_falls_is_followed_at_once() {
        let mut plant = Plant::new(8, 8.0);
        plant.follow(vec![30.0; 20]);
        assert_eq!(plant.governor.size(), 8);
        plant.cores = 1.5;
        assert_eq!(plant.follow(vec![30.0; 2]).1[1], 2);
    }

    #[test]
    fn a_load_that_falls_for_good_is_followed_even_after_many_waves() {
        let mut plant = Plant::new(8, 8.0);
        plant.follow((0..8_000).map(|at| if (at / 40) % 2 == 0 { 6.0 } else { 0.2 }));
        let (_, sizes) = plant.follow(vec![0.2; 30_000]);
        assert_eq!(*sizes.last().unwrap(), 1);
    }
}
