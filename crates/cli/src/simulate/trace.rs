//! What a plot remembers of a channel: few numbers, however long the mission is.

use std::collections::VecDeque;

/// Buckets kept; each holds the lowest and the highest point of its rows.
const BUCKETS: usize = 2_048;
/// Points kept of the end of the mission.
const RECENT: usize = 1_500;

type Point = (f64, f64);

/// The course of one quantity in bounded memory.
///
/// The rows are gathered in buckets of equal length, of which the extreme points stay. When the
/// buckets are used up, neighbours are merged and the length doubles. Beside them the last day is
/// kept in full, as far as it fits.
#[derive(Debug, Clone)]
pub struct Trace {
    buckets: Vec<(Point, Point)>,
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
        let room = self.rows_in_last < self.rows_each;
        match self.buckets.last_mut() {
            Some((low, high)) if room => {
                if value < low.1 {
                    *low = point;
                }
                if value >= high.1 {
                    *high = point;
                }
                self.rows_in_last += 1;
            }
            _ => {
                if self.buckets.len() == BUCKETS {
                    self.halve();
                }
                self.buckets.push((point, point));
                self.rows_in_last = 1;
            }
        }
    }

    fn halve(&mut self) {
        let merged = self.buckets.chunks(2).map(|pair| {
            let (low, high) = pair[0];
            match pair.get(1) {
                Some(next) => (
                    if next.0.1 < low.1 { next.0 } else { low },
                    if next.1.1 >= high.1 { next.1 } else { high },
                ),
                None => (low, high),
            }
        });
        self.buckets = merged.collect();
        self.buckets.reserve(BUCKETS - self.buckets.len());
        self.rows_each *= 2;
    }

    /// The whole course, extremes kept.
    pub fn points(&self) -> Vec<Point> {
        let mut points = Vec::with_capacity(2 * self.buckets.len());
        for (low, high) in &self.buckets {
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
        self.buckets.iter().all(|(low, high)| low.1 == 0.0 && high.1 == 0.0)
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
}
