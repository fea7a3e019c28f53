use std::collections::VecDeque;

/// Length of a block of samples of which one number is kept, s.
const BLOCK_S: f64 = 600.0;
/// Blocks before anything can be said: six hours, or half of a shorter past.
const LEAST: usize = 36;

/// The past of a value: medians of ten minutes, and what they have in common.
///
/// The median of n numbers does not move when fewer than half of them are wrong, so an anomaly does not become its own measure.
/// Values that were unusual are left out; when nothing but these comes for the whole length of the history, they are the new
/// usual, and the past begins anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    length_s: f64,
    blocks: VecDeque<f64>,
    fresh: Vec<f64>,
    block_from_s: Option<f64>,
    odd: usize,
    odd_blocks: usize,
    /// Median of the blocks, and 1.4826 times their median absolute deviation.
    level: Option<(f64, f64)>,
}

impl History {
    pub(crate) fn new(length_s: f64) -> History {
        History { length_s, ..History::default() }
    }

    /// Median and robust standard deviation of the past.
    pub(crate) fn level(&self) -> Option<(f64, f64)> {
        self.level
    }

    /// Take in a value and whether it is unusual.
    pub(crate) fn push(&mut self, t_s: f64, value: f64, is_odd: bool) {
        let from_s = *self.block_from_s.get_or_insert(t_s);
        if t_s - from_s >= BLOCK_S && !self.fresh.is_empty() {
            self.close();
            self.block_from_s = Some(t_s);
        }
        self.fresh.push(value);
        self.odd += usize::from(is_odd);
    }

    /// One block is over.
    fn close(&mut self) {
        let most = (self.length_s / BLOCK_S).ceil().max(2.0) as usize;
        let least = LEAST.min(most.div_ceil(2));
        let is_odd = 2 * self.odd > self.fresh.len();
        self.odd_blocks = if is_odd { self.odd_blocks + 1 } else { 0 };
        if self.odd_blocks > most {
            self.blocks.clear();
            self.odd_blocks = 0;
        }
        if !is_odd || self.blocks.is_empty() {
            self.blocks.extend(median(&mut self.fresh));
        }
        self.fresh.clear();
        self.odd = 0;
        while self.blocks.len() > most {
            self.blocks.pop_front();
        }
        let mut sorted: Vec<f64> = self.blocks.iter().copied().collect();
        self.level = match median(&mut sorted) {
            Some(middle) if self.blocks.len() >= least => {
                sorted.iter_mut().for_each(|value| *value = (*value - middle).abs());
                median(&mut sorted).map(|deviation| (middle, 1.4826 * deviation))
            }
            _ => None,
        };
    }
}

/// The median; the mean of the two in the middle of an even number.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { 0.5 * (values[middle - 1] + upper) })
}
