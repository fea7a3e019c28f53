//! What a plot remembers of a channel: few numbers, however long the mission is.

use std::collections::VecDeque;

/// Buckets kept; each holds the lowest and the highest point of its rows.
const BUCKETS: usize = 2_048;
/// Points kept of the end of the mission.
const RECENT: usize = 1_500;

/// A line that turns less often than this many times its range is drawn as it is.
const TURNS: f64 = 24.0;

type Point = (f64, f64);

/// The rows of a stretch of time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    low: Point,
    high: Point,
    sum: f64,
    t_sum: f64,
    rows: usize,
}

impl Bucket {
    fn add(&mut self, next: &Bucket) {
        if next.low.1 < self.low.1 {
            self.low = next.low;
        }
        if next.high.1 >= self.high.1 {
            self.high = next.high;
        }
        self.sum += next.sum;
        self.t_sum += next.t_sum;
        self.rows += next.rows;
    }
}

/// The course of one quantity in bounded memory.
///
/// The rows are gathered in buckets of equal length, of which the extreme points stay. When the
/// buckets are used up, neighbours are merged and the length doubles. Beside them the last day is
/// kept in full, as far as it fits.
#[derive(Debug, Clone)]
pub struct Trace {
    buckets: Vec<Bucket>,
    rows_each: usize,
    rows_in_last: usize,
    recent: VecDeque<Point>,
    recent_s: f64,
}

impl Trace {
    /// An empty trace that keeps the last `recent_s` in full.
    pub fn new(recent_s: f64) -> Trace {
        Trace {
            buckets: Vec::with_capacity(BUCKETS),
            rows_each: 1,
            rows_in_last: 0,
            recent: VecDeque::new(),
            recent_s,
        }
    }

    /// Add the value at `t_s`, later than all before; what is not a number is left out.
    pub fn push(&mut self, t_s: f64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let point = (t_s, value);
        if self.recent_s > 0.0 {
            self.recent.push_back(point);
            while self.recent.len() > RECENT
                || self.recent.front().is_some_and(|p| p.0 < t_s - self.recent_s)
            {
                self.recent.pop_front();
            }
        }
        let one = Bucket { low: point, high: point, sum: value, t_sum: t_s, rows: 1 };
        let room = self.rows_in_last < self.rows_each;
        match self.buckets.last_mut() {
            Some(last) if room => {
                last.add(&one);
                self.rows_in_last += 1;
            }
            _ => {
                if self.buckets.len() == BUCKETS {
                    self.halve();
                }
                self.buckets.push(one);
                self.rows_in_last = 1;
            }
        }
    }

    fn halve(&mut self) {
        let merged = self.buckets.chunks(2).map(|pair| {
            let mut first = pair[0];
            if let Some(next) = pair.get(1) {
                first.add(next);
            }
            first
        });
        self.buckets = merged.collect();
        self.buckets.reserve(BUCKETS - self.buckets.len());
        self.rows_each *= 2;
    }

    /// The moving mean over `window_s`, when the course swings too often for the eye; else nothing.
    ///
    /// The way up and down is compared with the range: a course that goes over its whole range more
    /// than [`TURNS`] times swings. At the ends the window is cut.
    pub fn mean(&self, window_s: f64) -> Vec<Point> {
        let points = self.points();
        let way: f64 = points.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).sum();
        let low = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
        if high <= low || way < TURNS * (high - low) {
            return Vec::new();
        }
        let time = |bucket: &Bucket| bucket.t_sum / bucket.rows as f64;
        let (mut from, mut to, mut sum, mut rows) = (0, 0, 0.0, 0);
        let mut mean = Vec::with_capacity(self.buckets.len());
        for bucket in &self.buckets {
            let t_s = time(bucket);
            while let Some(next) = self.buckets.get(to)
                && time(next) <= t_s + 0.5 * window_s
            {
                sum += next.sum;
                rows += next.rows;
                to += 1;
            }
            while time(&self.buckets[from]) < t_s - 0.5 * window_s {
                sum -= self.buckets[from].sum;
                rows -= self.buckets[from].rows;
                from += 1;
            }
            mean.push((t_s, sum / rows as f64));
        }
        mean
    }

    /// The whole course, extremes kept.
    pub fn points(&self) -> Vec<Point> {
        let mut points = Vec::with_capacity(2 * self.buckets.len());
        for Bucket { low, high, .. } in &self.buckets {
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            points.push(*first);
            if first != second {
                points.push(*second);
            }
        }
        points
    }

    /// The end of the mission in full.
    pub fn recent(&self) -> Vec<Point> {
        self.recent.iter().copied().collect()
    }

    /// Whether any value differed from zero.
    pub fn is_zero(&self) -> bool {
        self.buckets.iter().all(|one| one.low.1 == 0.0 && one.high.1 == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_mission_keeps_its_extremes_in_little_memory() {
        let mut trace = Trace::new(86_400.0);
        for row in 0..500_000 {
            let t_s = 600.0 * f64::from(row);
            let value = match row {
                123_457 => 9.0,
                123_459 => -9.0,
                _ => (t_s / 86_400.0).sin(),
            };
            trace.push(t_s, value);
        }
        let points = trace.points();
        assert!(points.len() <= 2 * BUCKETS && points.len() > BUCKETS);
        assert!(points.contains(&(123_457.0 * 600.0, 9.0)));
        assert!(points.contains(&(123_459.0 * 600.0, -9.0)));
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(trace.recent().len(), 145);
        assert!(!trace.is_zero());
    }

    #[test]
    fn a_short_mission_is_kept_whole() {
        let mut trace = Trace::new(0.0);
        for row in 0..2_000 {
            trace.push(f64::from(row), f64::from(row % 7));
        }
        trace.push(2_000.0, f64::NAN);
        assert_eq!(trace.points().len(), 2_000);
        assert!(trace.recent().is_empty());
    }

    #[test]
    fn the_mean_of_a_swing_is_calm_and_a_slow_course_has_none() {
        let (mut swing, mut slow) = (Trace::new(0.0), Trace::new(0.0));
        for row in 0..4_320 {
            let t_s = 600.0 * f64::from(row);
            swing.push(t_s, 5.0 + f64::from(row % 2));
            slow.push(t_s, (t_s / 500_000.0).sin());
        }
        let mean = swing.mean(86_400.0);
        assert!(mean.len() > 1_000 && mean.iter().all(|point| (point.1 - 5.5).abs() < 0.01));
        assert!(mean.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(slow.mean(86_400.0).is_empty());
        assert!(Trace::new(0.0).mean(86_400.0).is_empty());
    }
}
