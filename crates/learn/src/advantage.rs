//! How much better a decision was than expected.

use crate::segment::Segments;

/// Generalised advantage estimates of every decision and every value, length × lanes × values.
///
/// # Equation
/// ```text
/// δ_t = r_t + γ_t·V(s_{t+1}) − V(s_t)
/// A_t = δ_t + γ_t·λ·A_{t+1}
/// ```
/// At an end nothing of the next episode is seen: γ_t counts as 0. Of an episode that was *cut off* there, the worker
/// has put `γ·V(final observation)` into `r_t`; of one that *terminated*, nothing. So a time limit is not taken for death,
/// and death not for a time limit.
/// # Source
/// Schulman et al. (2016), "High-dimensional continuous control using generalized advantage estimation", ICLR, eq. 16.
/// # Tests
/// `advantage` in this crate: by hand, against the definition as a sum, and a task without an end.
pub fn gae(segments: &Segments, lambda: f32, advantages: &mut Vec<f32>) {
    let width = segments.sizes.lanes * segments.sizes.values;
    let heads = segments.sizes.values;
    let length = segments.sizes.length;
    advantages.resize(length * width, 0.0);
    for t in (0..length).rev() {
        let (before, after) = advantages.split_at_mut((t + 1) * width);
        let rows = t * width..(t + 1) * width;
        let now = &segments.values[rows.clone()];
        let next = &segments.values[(t + 1) * width..(t + 2) * width];
        let rewards = &segments.rewards[rows.clone()];
        let out = &mut before[rows];
        let lanes = t * segments.sizes.lanes..(t + 1) * segments.sizes.lanes;
        for (lane, lasting) in segments.lasting[lanes].iter().enumerate() {
            for at in lane * heads..(lane + 1) * heads {
                let later = after.get(at).copied().unwrap_or(0.0);
                let delta = rewards[at] + lasting * next[at] - now[at];
                out[at] = delta + lasting * lambda * later;
            }
        }
    }
}
