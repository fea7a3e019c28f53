//! Sites that hold more and more.

use std::collections::BTreeMap;

use super::{Growth, Sampled, Site};

/// Shares of the looks after which a site has to have grown to be one that leaks: what grows only at the start is a warm-up.
const PARTS: usize = 3;
/// Least growth of a site over all looks that is told, bytes: two samples.
const LEAST: f64 = 1_048_576.0;

/// Looks at what lives by site, again and again, and says which sites grow.
///
/// The program's allocator has to be [`Tracked`](super::Tracked).
///
/// ```
/// use lunar_habitat_runtime::memory::Leaks;
/// let mut leaks = Leaks::default();
/// for step in 0..20 {
///     leaks.look(f64::from(step));
/// }
/// assert!(leaks.found().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Leaks {
    looks: Vec<f64>,
    /// Bytes of a site at each look since it was first seen, with the number of that look.
    series: BTreeMap<usize, (usize, Vec<f64>)>,
}

impl Leaks {
    /// Look at what lives, when the program is at `at`: steps, seconds, whatever growth is told by; more at each look.
    pub fn look(&mut self, at: f64) {
        let now = Sampled::bytes_by_site();
        let number = self.looks.len();
        self.looks.push(at);
        for (site, bytes) in now {
            let (first, series) = self.series.entry(site).or_insert((number, Vec::new()));
            series.resize(number - *first, 0.0);
            series.push(bytes);
        }
    }

    /// Sites whose bytes grow, over all looks and over the last two thirds of them alike, with their growth per unit of
    /// `at`; the fastest first. Eight looks are the least that tell anything, twelve to tell it of two thirds.
    #[must_use]
    pub fn found(&self) -> Vec<(Site, Growth)> {
        let late = self.looks.len() / PARTS;
        let growing: Vec<(usize, Growth)> = self
            .series
            .iter()
            .filter_map(|(site, (first, series))| {
                let points = self.points(*first, series);
                let all = Growth::of(&points)?;
                let last = Growth::of(&points[late..])?;
                let span = self.looks.last()? - self.looks.first()?;
                let is_leak = all.grows() && last.grows() && all.slope * span >= LEAST;
                is_leak.then_some((*site, last))
            })
            .collect();
        if growing.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(Site, Growth)> = Sampled::now()
            .sites
            .into_iter()
            .filter_map(|site| {
                let (_, growth) = growing.iter().find(|(number, _)| *number == site.number)?;
                Some((site, *growth))
            })
            .collect();
        found.sort_by(|a, b| b.1.slope.total_cmp(&a.1.slope));
        found
    }

    /// The whole series of a site: nothing before it was first seen and after it was last seen.
    fn points(&self, first: usize, series: &[f64]) -> Vec<(f64, f64)> {
        let value = |look: usize| {
            look.checked_sub(first).and_then(|at| series.get(at)).copied().unwrap_or(0.0)
        };
        self.looks.iter().enumerate().map(|(look, at)| (*at, value(look))).collect()
    }
}
