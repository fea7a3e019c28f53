//! Advantages of decisions that an older policy took.

use crate::segment::Segments;

/// Largest weight of a difference, and of what follows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trust {
    /// ρ̄.
    pub rho_max: f32,
    /// c̄.
    pub c_max: f32,
}

impl Default for Trust {
    /// 1 for both, as in the source.
    fn default() -> Trust {
        Trust { rho_max: 1.0, c_max: 1.0 }
    }
}

/// V-trace targets and advantages, both length × lanes × values, of segments whose values are those of the policy of now.
///
/// # Equation
/// ```text
/// ρ_t = min(ρ̄, π(a_t|s_t)/μ(a_t|s_t)),  c_t = λ·min(c̄, π(a_t|s_t)/μ(a_t|s_t))
/// δ_t = ρ_t·(r_t + γ_t·V(s_{t+1}) − V(s_t))
/// v_t − V(s_t) = δ_t + γ_t·c_t·(v_{t+1} − V(s_{t+1}))          targets
/// A_t = ρ_t·(r_t + γ_t·v_{t+1} − V(s_t))                       advantages
/// ```
/// π is the policy of now, μ the one that acted. With π = μ, λ = 1 and ρ̄, c̄ of at least 1 the targets are the discounted
/// returns. What is put into `r_t` for an episode that was cut off is of the older policy's values.
/// # Source
/// Espeholt et al. (2018), "IMPALA: scalable distributed deep-RL with importance weighted actor-learner architectures", ICML,
/// section 4.1; λ as in its remark 2.
/// # Outside the range
/// Fewer ratios than decisions: the rest counts as 1.
/// # Tests
/// `vtrace` in this crate: by hand, and what it becomes when nothing is stale.
pub fn vtrace(
    segments: &Segments,
    ratios: &[f32],
    lambda: f32,
    trust: Trust,
    targets: &mut Vec<f32>,
    advantages: &mut Vec<f32>,
) {
    let (lanes, heads) = (segments.sizes.lanes, segments.sizes.values);
    let (width, length) = (lanes * heads, segments.sizes.length);
    targets.clear();
    targets.resize(length * width, 0.0);
    advantages.clear();
    advantages.resize(length * width, 0.0);
    let values = &segments.values;
    for t in (0..length).rev() {
        for lane in 0..lanes {
            let ratio = ratios.get(t * lanes + lane).copied().unwrap_or(1.0);
            let (rho, c) = (ratio.min(trust.rho_max), lambda * ratio.min(trust.c_max));
            let lasting = segments.lasting[t * lanes + lane];
            for head in 0..heads {
                let at = t * width + lane * heads + head;
                let (now, next) = (values[at], values[at + width]);
                // The target of what follows; behind the segment it is its value.
                let after = targets.get(at + width).copied().unwrap_or(next);
                let reward = segments.rewards[at];
                let delta = rho * (reward + lasting * next - now);
                targets[at] = now + delta + lasting * c * (after - next);
                advantages[at] = rho * (reward + lasting * after - now);
            }
        }
    }
}
