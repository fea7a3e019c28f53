//! What a shield did instead of what a policy asked for.

/// One decision that was handed over to the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervention {
    /// Mission time of the decision, s.
    pub t_s: f64,
    /// Decisions taken before it.
    pub decision: u64,
    /// The limit that would have broken: name in [`crate::HARD_LIMITS`].
    pub limit: &'static str,
    /// Time after which it would have broken, with its margin, s; not a number where the decision only lies within the time
    /// for which a hand-over holds.
    pub breaks_s: f64,
    /// Time after which the rules would break one, s; infinite where they keep all of them over the horizon.
    pub rules_break_s: f64,
    /// What the policy asked for.
    pub asked: Vec<f32>,
    /// The action nearest to what was done instead: of dials, what the rules command may be told apart further than dials can.
    pub done: Vec<f32>,
}
