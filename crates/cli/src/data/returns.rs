//! How episodes in a file ended and what they returned, whatever the length of the file.

use catalogue::{Frame, Values};
use serde::Serialize;

use crate::table::fixed;

/// Counts and returns over the rows of rollouts, taken in one piece after the other.
///
/// A return is the plain sum of the rewards of an episode, nothing discounted. Episodes that were left before their
/// end, and those of which rows are missing, are counted and have no return.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Returns {
    /// Final rows.
    pub episodes: u64,
    /// Episodes that were lost.
    pub terminated: u64,
    /// Episodes that reached their planned end.
    pub truncated: u64,
    /// Episodes that were left.
    pub running: u64,
    /// Mean return of those that ended.
    pub mean: Option<f64>,
    /// Lowest of them.
    pub min: Option<f64>,
    /// Highest of them.
    pub max: Option<f64>,
    #[serde(skip)]
    total: f64,
    /// Episodes that have a return.
    #[serde(skip)]
    summed: u64,
    /// Rewards of the episode under way.
    #[serde(skip)]
    sum: f64,
    /// Its decisions.
    #[serde(skip)]
    seen: u64,
}

impl Returns {
    /// Take the next rows; return whether they have the columns of rollouts.
    pub fn take(&mut self, rows: &Frame) -> bool {
        let (Some(Values::F64(rewards)), Some(Values::Bool(is_final)), Some(Values::Words(status))) =
            (rows.column("reward"), rows.column("is_final"), rows.column("status"))
        else {
            return false;
        };
        let Some(Values::U64(steps)) = rows.column("step") else {
            return false;
        };
        let rows = rewards.iter().zip(is_final).zip(status.iter()).zip(steps);
        for (((reward, is_final), status), step) in rows {
            if *is_final {
                self.end(status, *step);
            } else {
                self.sum += reward;
                self.seen += 1;
            }
        }
        true
    }

    /// An episode of `steps` decisions is over.
    fn end(&mut self, status: &str, steps: u64) {
        let sum = std::mem::take(&mut self.sum);
        let is_whole = std::mem::take(&mut self.seen) == steps;
        self.episodes += 1;
        match status {
            "terminated" => self.terminated += 1,
            "truncated" => self.truncated += 1,
            _ => {
                self.running += 1;
                return;
            }
        }
        if !is_whole {
            return;
        }
        self.total += sum;
        self.summed += 1;
        self.mean = Some(self.total / self.summed as f64);
        self.min = Some(self.min.map_or(sum, |min| min.min(sum)));
        self.max = Some(self.max.map_or(sum, |max| max.max(sum)));
    }

    /// The returns in words: `3.500 in the mean, 1.000 to 6.000`.
    pub fn span(&self) -> String {
        let number = |value: Option<f64>| fixed(value.unwrap_or(f64::NAN), 3);
        format!("{} in the mean, {} to {}", number(self.mean), number(self.min), number(self.max))
    }

    /// The counts in words: `12, of which 1 lost`.
    pub fn words(&self) -> String {
        let left = match self.running {
            0 => String::new(),
            running => format!(", {running} left before their end"),
        };
        format!("{}, of which {} lost{left}", self.episodes, self.terminated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rewards: &[f64], ends: &[bool], status: &[&str], steps: &[u64]) -> Frame {
        let mut frame = Frame::default();
        frame.push("reward", Values::F64(rewards.to_vec())).unwrap();
        frame.push("is_final", Values::Bool(ends.to_vec())).unwrap();
        frame.push("step", Values::U64(steps.to_vec())).unwrap();
        frame.push("status", Values::Words(status.iter().copied().collect())).unwrap();
        frame
    }

    #[test]
    fn an_episode_may_lie_in_two_pieces() {
        let mut returns = Returns::default();
        assert!(returns.take(&rows(
            &[1.0, f64::NAN, 4.0],
            &[false, true, false],
            &["terminated", "terminated", "running"],
            &[0, 1, 0],
        )));
        assert!(returns.take(&rows(
            &[2.0, f64::NAN],
            &[false, true],
            &["truncated", "truncated"],
            &[1, 2]
        )));
        assert!(returns.take(&rows(
            &[9.0, f64::NAN],
            &[false, true],
            &["running", "running"],
            &[0, 1]
        )));
        // Only its final row is there: no return.
        assert!(returns.take(&rows(&[f64::NAN], &[true], &["truncated"], &[7])));
        assert_eq!((returns.episodes, returns.terminated, returns.truncated), (4, 1, 2));
        assert_eq!((returns.mean, returns.min, returns.max), (Some(3.5), Some(1.0), Some(6.0)));
        assert_eq!(returns.words(), "4, of which 1 lost, 1 left before their end");
        assert_eq!(returns.span(), "3.500 in the mean, 1.000 to 6.000");
    }

    #[test]
    fn other_columns_have_no_returns() {
        assert!(!Returns::default().take(&Frame::default()));
    }
}
