use std::collections::VecDeque;

/// Values with their times, the oldest first; where samples come at equal steps, a value costs 8 bytes.
///
/// What comes out is what went in, to the last bit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail {
    values: VecDeque<f64>,
    runs: VecDeque<Run>,
}

/// Times at equal steps.
#[derive(Debug, Clone, Copy)]
struct Run {
    start_s: f64,
    step_s: f64,
    /// Steps that have left at the front.
    gone: u32,
    /// Steps in all, the ones that have left among them.
    count: u32,
}

impl Run {
    fn time_s(&self, at: u32) -> f64 {
        self.start_s + f64::from(at) * self.step_s
    }

    /// Take `t_s` in, if it is the next step to the bit.
    fn extend(&mut self, t_s: f64) -> bool {
        if self.count == u32::MAX {
            return false;
        }
        let step_s = if self.count == 1 { t_s - self.start_s } else { self.step_s };
        let next = Run { step_s, ..*self };
        let fits = next.time_s(self.count).to_bits() == t_s.to_bits();
        if fits {
            *self = Run { count: self.count + 1, ..next };
        }
        fits
    }
}

impl Trail {
    /// Add a value; times do not go back.
    pub(crate) fn push(&mut self, t_s: f64, value: f64) {
        if self.values.len() == self.values.capacity() {
            // An eighth more, where a deque by itself would take as much again.
            self.values.reserve_exact(self.values.len() / 8 + 8);
        }
        self.values.push_back(value);
        if !self.runs.back_mut().is_some_and(|run| run.extend(t_s)) {
            self.runs.push_back(Run { start_s: t_s, step_s: 0.0, gone: 0, count: 1 });
        }
    }

    /// The oldest.
    pub(crate) fn first(&self) -> Option<(f64, f64)> {
        let run = self.runs.front()?;
        Some((run.time_s(run.gone), *self.values.front()?))
    }

    /// The time of the second oldest.
    fn second_s(&self) -> Option<f64> {
        let run = self.runs.front()?;
        if run.gone + 1 < run.count {
            return Some(run.time_s(run.gone + 1));
        }
        self.runs.get(1).map(|next| next.time_s(next.gone))
    }

    /// Remove the oldest.
    pub(crate) fn pop(&mut self) -> Option<f64> {
        let run = self.runs.front_mut()?;
        run.gone += 1;
        if run.gone == run.count {
            self.runs.pop_front();
        }
        self.values.pop_front()
    }

    /// Remove what lies further back than the youngest that is `span_s` old.
    pub(crate) fn keep(&mut self, t_s: f64, span_s: f64) {
        while self.second_s().is_some_and(|next_s| t_s - next_s >= span_s) {
            self.pop();
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Their sum, the oldest first.
    pub(crate) fn sum(&self) -> f64 {
        self.values.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// A trail is a queue of pairs, whatever the steps are.
        #[test]
        fn what_comes_out_is_what_went_in(
            steps in prop::collection::vec(prop_oneof![4 => Just(60.0), 1 => Just(0.0), 1 => 0.1..7.0_f64], 1..300),
            span_s in 0.0..2_000.0_f64,
        ) {
            let (mut trail, mut pairs) = (Trail::default(), VecDeque::new());
            let mut t_s = 0.3;
            for (k, step_s) in steps.into_iter().enumerate() {
                t_s += step_s;
                trail.push(t_s, k as f64);
                pairs.push_back((t_s, k as f64));
                if k % 7 == 6 {
                    prop_assert_eq!(trail.pop(), pairs.pop_front().map(|(_, value)| value));
                }
                trail.keep(t_s, span_s);
                while pairs.get(1).is_some_and(|(next_s, _)| t_s - next_s >= span_s) {
                    pairs.pop_front();
                }
                prop_assert_eq!(trail.first(), pairs.front().copied());
                prop_assert_eq!(trail.len(), pairs.len());
                prop_assert_eq!(trail.sum(), pairs.iter().map(|(_, value)| value).sum::<f64>());
            }
        }
    }

    #[test]
    fn equal_steps_are_one_run() {
        let mut trail = Trail::default();
        (0..1_441).for_each(|k| trail.push(60.0 * f64::from(k), 1.0));
        assert_eq!((trail.runs.len(), trail.len()), (1, 1_441));
        assert!(trail.values.capacity() < 1_441 * 5 / 4);
    }
}
