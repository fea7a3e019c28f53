//! What observations go through before the network sees them.

use crate::LearnError;

/// Count, sum and sum of squares of numbers, by column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moments {
    pub(crate) count: f64,
    pub(crate) sum: Vec<f64>,
    pub(crate) square: Vec<f64>,
}

impl Moments {
    /// Nothing seen yet of `width` columns.
    #[must_use]
    pub fn new(width: usize) -> Moments {
        Moments { count: 0.0, sum: vec![0.0; width], square: vec![0.0; width] }
    }

    /// Take in a row.
    pub fn see(&mut self, row: &[f32]) {
        self.count += 1.0;
        for ((x, sum), square) in row.iter().zip(&mut self.sum).zip(&mut self.square) {
            let x = f64::from(*x);
            *sum += x;
            *square += x * x;
        }
    }

    /// Add what another one has seen.
    pub(crate) fn join(&mut self, other: &Moments) {
        self.count += other.count;
        self.sum.iter_mut().zip(&other.sum).for_each(|(a, b)| *a += b);
        self.square.iter_mut().zip(&other.square).for_each(|(a, b)| *a += b);
    }

    /// Forget everything.
    pub(crate) fn clear(&mut self) {
        self.count = 0.0;
        self.sum.fill(0.0);
        self.square.fill(0.0);
    }

    /// Mean and variance of a column.
    pub(crate) fn of(&self, column: usize) -> (f64, f64) {
        let mean = self.sum[column] / self.count;
        (mean, (self.square[column] / self.count - mean * mean).max(0.0))
    }
}

/// Takes the mean from every number of an observation and divides it by its deviation, or does nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Normaliser {
    pub(crate) mean: Vec<f32>,
    pub(crate) inverse: Vec<f32>,
}

/// Furthest that a number gets from its mean, deviations.
pub(crate) const FURTHEST: f32 = 10.0;
/// Smallest deviation that is told from none.
const LEAST: f64 = 1e-3;

impl Normaliser {
    /// Lets observations through as they are.
    #[must_use]
    pub fn none() -> Normaliser {
        Normaliser::default()
    }

    /// For what was seen so far. A column that hardly varies is only moved, so that a first change of it does not blind the
    /// network.
    #[must_use]
    pub fn of(moments: &Moments) -> Normaliser {
        if moments.count < 2.0 {
            let width = moments.sum.len();
            return Normaliser { mean: vec![0.0; width], inverse: vec![1.0; width] };
        }
        let columns = (0..moments.sum.len()).map(|column| moments.of(column));
        let one = |(mean, variance): (f64, f64)| {
            let deviation = variance.sqrt();
            (mean as f32, if deviation > LEAST { (1.0 / deviation) as f32 } else { 1.0 })
        };
        let (mean, inverse) = columns.map(one).unzip();
        Normaliser { mean, inverse }
    }

    /// From its numbers.
    ///
    /// # Errors
    /// [`LearnError::Bytes`] for numbers that are not as many, or not finite.
    pub fn from_parts(mean: Vec<f32>, inverse: Vec<f32>) -> Result<Normaliser, LearnError> {
        let finite = mean.iter().chain(&inverse).all(|x| x.is_finite());
        if mean.len() == inverse.len() && finite {
            Ok(Normaliser { mean, inverse })
        } else {
            Err(LearnError::Bytes("a normaliser", "has numbers that do not fit"))
        }
    }

    /// Means and inverse deviations; empty where nothing is done.
    #[must_use]
    pub fn parts(&self) -> (&[f32], &[f32]) {
        (&self.mean, &self.inverse)
    }

    /// Write rows of observations as the network sees them.
    pub fn apply(&self, seen: &[f32], out: &mut [f32]) {
        let width = self.mean.len();
        if width == 0 {
            out.copy_from_slice(seen);
            return;
        }
        for (seen, out) in seen.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            for (at, (x, to)) in seen.iter().zip(out).enumerate() {
                *to = ((x - self.mean[at]) * self.inverse[at]).clamp(-FURTHEST, FURTHEST);
            }
        }
    }
}
