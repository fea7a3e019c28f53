use serde::{Deserialize, Serialize};

use super::trail::Trail;

/// A product of readings: `scale · Π reading^power`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Factor.
    pub scale: f64,
    /// Columns of the catalogue, each with its power.
    pub factors: Vec<(usize, f64)>,
}

/// A condition on a reading; while one is not met there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Column of the catalogue.
    pub column: usize,
    /// Least reading.
    pub low: f64,
    /// Highest reading.
    pub high: f64,
}

/// What is computed from a row of readings: an equation of balance or of proportion, and when it holds.
///
/// # Equation
/// ```text
/// without window_s       y = mean over smooth_s of Σ terms
/// with window_s          y = [c(t) − c(t − window_s)]/window_s
///   c   mean over smooth_s of Σ contents − ∫ Σ terms dt
/// with lag_s             y(t) − y(t − lag_s)
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signal {
    /// What is added up; with a window these are the flows into the content, per second.
    pub terms: Vec<Term>,
    /// The content whose change is compared with the flows.
    pub contents: Vec<Term>,
    /// When it holds.
    pub gates: Vec<Gate>,
    /// Columns that must stay where they are, each with what it may move.
    pub steady: Vec<(usize, f64)>,
    /// How long all gates must have been open, s.
    pub settle_s: f64,
    /// Time over which is averaged, s; 0 for the sample alone.
    pub smooth_s: f64,
    /// Time over which a content is balanced, s; 0 for none.
    pub window_s: f64,
    /// What y was this long ago is taken off it, s; a day for what follows the rhythm of the day, 0 for nothing.
    pub lag_s: f64,
}

impl Signal {
    /// The value of one column.
    #[must_use]
    pub fn of(column: usize) -> Signal {
        Signal::scaled(column, 1.0)
    }

    /// `scale` times the value of one column.
    #[must_use]
    pub fn scaled(column: usize, scale: f64) -> Signal {
        Signal { terms: vec![Term { scale, factors: vec![(column, 1.0)] }], ..Signal::default() }
    }

    /// `numerator / Π denominators`.
    #[must_use]
    pub fn ratio(numerator: usize, denominators: &[usize]) -> Signal {
        let mut factors = vec![(numerator, 1.0)];
        factors.extend(denominators.iter().map(|column| (*column, -1.0)));
        Signal { terms: vec![Term { scale: 1.0, factors }], ..Signal::default() }
    }

    /// `one − two`.
    #[must_use]
    pub fn difference(one: usize, two: usize) -> Signal {
        let term = |column, scale| Term { scale, factors: vec![(column, 1.0)] };
        Signal { terms: vec![term(one, 1.0), term(two, -1.0)], ..Signal::default() }
    }

    /// The same while `column` is within `low` to `high`.
    #[must_use]
    pub fn when(mut self, column: usize, low: f64, high: f64) -> Signal {
        self.gates.push(Gate { column, low, high });
        self
    }

    /// The same while `column` stays within `room` of where it is.
    #[must_use]
    pub fn while_steady(mut self, column: usize, room: f64) -> Signal {
        self.steady.push((column, room));
        self
    }

    /// The same less what it was a day ago.
    #[must_use]
    pub fn since_yesterday(mut self) -> Signal {
        self.lag_s = 86_400.0;
        self
    }

    /// The same `settle_s` after its gates opened, averaged over `smooth_s`.
    #[must_use]
    pub fn after(mut self, settle_s: f64, smooth_s: f64) -> Signal {
        (self.settle_s, self.smooth_s) = (settle_s, smooth_s);
        self
    }
}

/// What the computation of a signal remembers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Follower {
    open_s: Option<f64>,
    last_s: Option<f64>,
    smooth_from_s: Option<f64>,
    recent: Trail,
    sum: f64,
    pushed: u32,
    integral: f64,
    window: Trail,
    lagged: Trail,
    held: Vec<f64>,
}

impl Follower {
    /// The value at `t_s`; none while a gate is shut, a reading is missing or time is too short.
    pub(crate) fn value(&mut self, signal: &Signal, t_s: f64, readings: &[f64]) -> Option<f64> {
        let since_s = self.last_s.map_or(0.0, |last_s| t_s - last_s);
        self.last_s = Some(t_s);
        let is_open = signal.gates.iter().all(|gate| {
            let value = readings.get(gate.column).copied().unwrap_or(f64::NAN);
            value >= gate.low && value <= gate.high
        });
        // Where nothing is held yet, what is now is.
        let now = signal.steady.iter().map(|(column, _)| readings.get(*column).copied());
        let now: Vec<f64> = now.map(|value| value.unwrap_or(f64::NAN)).collect();
        let moves =
            |((_, room), (was, is)): (&(usize, f64), (&f64, &f64))| (is - was).abs() > *room;
        let is_steady = self.held.len() != now.len()
            || !signal.steady.iter().zip(self.held.iter().zip(&now)).any(moves);
        if !is_open || !is_steady {
            *self = Follower { last_s: self.last_s, ..Follower::default() };
            return None;
        }
        if self.held.len() != now.len() {
            self.held = now;
        }
        let from_s = *self.open_s.get_or_insert(t_s);
        if t_s - from_s < signal.settle_s {
            return None;
        }
        let value = self.computed(signal, t_s, since_s, readings)?;
        if signal.lag_s <= 0.0 {
            return Some(value);
        }
        self.lagged.push(t_s, value);
        self.lagged.keep(t_s, signal.lag_s);
        let (then_s, then) = self.lagged.first()?;
        (t_s - then_s >= signal.lag_s).then_some(value - then)
    }

    /// Whether a gate is shut.
    pub(crate) fn is_shut(&self) -> bool {
        self.open_s.is_none()
    }

    fn computed(
        &mut self,
        signal: &Signal,
        t_s: f64,
        since_s: f64,
        readings: &[f64],
    ) -> Option<f64> {
        let flow = total(&signal.terms, readings);
        if signal.window_s <= 0.0 {
            return self.smooth(t_s, flow?, signal.smooth_s);
        }
        // A lost sample of a flow costs its share of the integral, not the window.
        self.integral += flow.unwrap_or(0.0) * since_s;
        let content = total(&signal.contents, readings)?;
        // What flows explain is taken off before the mean, which lags behind.
        let level = self.smooth(t_s, content - self.integral, signal.smooth_s)?;
        self.window.push(t_s, level);
        self.window.keep(t_s, signal.window_s);
        let (start_s, start) = self.window.first()?;
        if t_s - start_s < signal.window_s {
            return None;
        }
        Some((level - start) / (t_s - start_s))
    }

    /// The mean of the last `smooth_s`, once that long has passed.
    fn smooth(&mut self, t_s: f64, value: f64, smooth_s: f64) -> Option<f64> {
        if !value.is_finite() {
            return None;
        }
        if smooth_s <= 0.0 {
            return Some(value);
        }
        let from_s = *self.smooth_from_s.get_or_insert(t_s);
        self.recent.push(t_s, value);
        self.sum += value;
        while self.recent.first().is_some_and(|(first_s, _)| t_s - first_s >= smooth_s) {
            self.sum -= self.recent.pop().unwrap_or(0.0);
        }
        self.pushed = (self.pushed + 1) % 1_024;
        if self.pushed == 0 {
            // Added up anew now and then, so that rounding does not gather.
            self.sum = self.recent.sum();
        }
        let count = self.recent.len();
        (t_s - from_s >= smooth_s && count > 0).then(|| self.sum / count as f64)
    }
}

/// The sum of terms; none where a reading is missing.
fn total(terms: &[Term], readings: &[f64]) -> Option<f64> {
    let mut sum = 0.0;
    for term in terms {
        let mut product = term.scale;
        for (column, power) in &term.factors {
            let value = *readings.get(*column)?;
            product *= match power {
                1.0 => value,
                -1.0 => 1.0 / value,
                power => value.powf(*power),
            };
        }
        sum += product;
    }
    sum.is_finite().then_some(sum)
}
