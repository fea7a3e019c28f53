//! How urgent work is, and in which order classes of urgency take turns.

use std::fmt;

/// How urgent a piece of work is.
///
/// Who serves several classes takes the most urgent one that waits. Of every [`Priority::ROUND`] picks some begin with a
/// less urgent class, so that none starves: [`Priority::least_picks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody or something waits for it now: a step of a control loop, an answer. It has a thread of its own.
    Critical,
    /// Before the ordinary.
    High,
    /// The ordinary.
    Normal,
    /// Analyses beside everything else, on workers that the operating system lets wait for others.
    Background,
}

/// Whose turn it is, pick by pick.
const TURNS: [Priority; Priority::ROUND] = {
    let mut turns = [Priority::Critical; Priority::ROUND];
    turns[2] = Priority::High;
    turns[6] = Priority::High;
    turns[10] = Priority::High;
    turns[5] = Priority::Normal;
    turns[13] = Priority::Normal;
    turns[15] = Priority::Background;
    turns
};

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Priority; 4] =
        [Priority::Critical, Priority::High, Priority::Normal, Priority::Background];

    /// Picks of a round.
    pub const ROUND: usize = 16;

    /// Place in [`Priority::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Priority::Critical => 0,
            Priority::High => 1,
            Priority::Normal => 2,
            Priority::Background => 3,
        }
    }

    /// Name, as telemetry shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Priority::Critical => "critical",
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Background => "background",
        }
    }

    /// Picks of every [`Priority::ROUND`] of one worker that this class has for certain while it waits, whatever else does.
    ///
    /// ```
    /// use lunar_habitat_runtime::Priority;
    /// assert_eq!(Priority::ALL.map(Priority::least_picks), [10, 3, 2, 1]);
    /// ```
    #[must_use]
    pub fn least_picks(self) -> usize {
        TURNS.iter().filter(|turn| **turn == self).count()
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Takes turns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    at: usize,
}

impl Turns {
    /// The classes in the order in which the next pick looks at them: whose turn it is, then by urgency.
    pub(crate) fn order(&self) -> [Priority; 4] {
        let first = TURNS[self.at];
        let mut order = Priority::ALL;
        order[..=first.index()].rotate_right(1);
        order
    }

    /// A pick was made: on to the next turn.
    pub(crate) fn advance(&mut self) {
        self.at = (self.at + 1) % Priority::ROUND;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_comes_first_as_often_as_declared() {
        let mut turns = Turns::default();
        let mut first = [0; 4];
        for _ in 0..3 * Priority::ROUND {
            let order = turns.order();
            turns.advance();
            first[order[0].index()] += 1;
            let mut sorted = order;
            sorted.sort();
            assert_eq!(sorted, Priority::ALL);
            assert!(order[1..].is_sorted());
        }
        for class in Priority::ALL {
            assert_eq!(first[class.index()], 3 * class.least_picks(), "{class}");
            assert!(class.least_picks() > 0);
        }
    }
}
