//! What is asked of a policy: a habitat, what is seen and set, how it is judged, and at which times.

use std::sync::Arc;

use habitat::Plan;
use habitat::constants::DAY_S;

use crate::cost::{COST_TABLE, COSTS, Cost};
use crate::{ActionSpace, Light, ObservationSpace, OnBadAction, RewardWeights, TaskError};

/// Numbers of environments from this one on are held out for evaluation.
pub const HELD_OUT_FROM: u64 = 1 << 31;

/// Default time constant of the discount, s: ten days.
pub const DISCOUNT_TIME_S: f64 = 10.0 * DAY_S;

/// The discount of a decision that took `duration_s`.
///
/// # Equation
/// ```text
/// γ = exp(−Δt/τ)
/// ```
/// A time constant and not a factor, so that a value means the same at every decision interval. A τ that is
/// not positive gives 0.
///
/// # Examples
/// ```
/// use lunar_habitat_env::{DISCOUNT_TIME_S, discount};
/// let (one, two) = (discount(600.0, DISCOUNT_TIME_S), discount(1_200.0, DISCOUNT_TIME_S));
/// assert!((one * one - two).abs() < 1e-15 && one > 0.999);
/// ```
#[must_use]
pub fn discount(duration_s: f64, tau_s: f64) -> f64 {
    if tau_s > 0.0 { habitat::math::exp(-duration_s / tau_s) } else { 0.0 }
}

/// What episodes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Use {
    /// Training: environments from [`HELD_OUT_FROM`] on are refused.
    #[default]
    Training,
    /// Evaluation: every environment is allowed.
    Evaluation,
}

/// What a task may be told beside its plan.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TaskOptions {
    /// Step, s; that of the scenario if `None`.
    pub dt_s: Option<f64>,
    /// Time between two decisions, s; that of the scenario if `None`.
    pub decision_s: Option<f64>,
    /// Weights of the reward.
    pub weights: RewardWeights,
    /// What becomes of an action that is not finite.
    pub on_bad_action: OnBadAction,
    /// Training or evaluation.
    pub used_for: Use,
}

/// A task: everything that all of its episodes share, on any number of threads.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, scenario};
/// use lunar_habitat_env::{Task, TaskOptions};
/// let loaded = scenario::load("artemis-30d")?;
/// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// assert!(task.observations().len() <= 64 && task.actions().len() <= 24);
/// assert_eq!((task.dt_s(), task.decision_s()), (60.0, 600.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Task {
    pub(crate) plan: Arc<Plan>,
    pub(crate) actions: ActionSpace,
    pub(crate) observations: ObservationSpace,
    pub(crate) light: Option<Arc<Light>>,
    pub(crate) options: TaskOptions,
    dt_s: f64,
    decision_s: f64,
}

impl Task {
    /// A task on `plan`.
    ///
    /// # Errors
    /// [`TaskError::Timing`] unless the step divides the decision interval and the mission.
    pub fn new(plan: Arc<Plan>, options: TaskOptions) -> Result<Arc<Task>, TaskError> {
        let dt_s = options.dt_s.unwrap_or(plan.scenario.dt_s);
        let decision_s = options.decision_s.unwrap_or(plan.scenario.decision_s);
        steps_in(dt_s, decision_s)?;
        steps_in(dt_s, plan.duration_s())?;
        let actions = ActionSpace::new(&plan);
        let observations = ObservationSpace::new(&plan, &actions);
        let light = Light::new(&plan).map(Arc::new);
        Ok(Arc::new(Task { plan, actions, observations, light, options, dt_s, decision_s }))
    }

    /// The plan, before any number of it is drawn anew.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What is set.
    #[must_use]
    pub fn actions(&self) -> &ActionSpace {
        &self.actions
    }

    /// What is seen.
    #[must_use]
    pub fn observations(&self) -> &ObservationSpace {
        &self.observations
    }

    /// Weights of the reward.
    #[must_use]
    pub fn weights(&self) -> &RewardWeights {
        &self.options.weights
    }

    /// The constraints.
    #[must_use]
    pub fn costs(&self) -> &'static [Cost; COSTS] {
        &COST_TABLE
    }

    /// Training or evaluation.
    #[must_use]
    pub fn used_for(&self) -> Use {
        self.options.used_for
    }

    /// Step, s.
    #[must_use]
    pub fn dt_s(&self) -> f64 {
        self.dt_s
    }

    /// Time between two decisions at the start of an episode, s.
    #[must_use]
    pub fn decision_s(&self) -> f64 {
        self.decision_s
    }

    /// [`ObservationSpace::hash`] of this task, which a policy carries.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.observations.hash(&self.actions)
    }
}

/// How many steps of `dt_s` are in `time_s`.
///
/// # Errors
/// [`TaskError::Timing`] when it is no whole number, or none at all.
pub(crate) fn steps_in(dt_s: f64, time_s: f64) -> Result<u64, TaskError> {
    let ratio = time_s / dt_s;
    let count = ratio.round();
    // Written so that a ratio which is not a number is refused too.
    if dt_s > 0.0 && count >= 1.0 && (ratio - count).abs() <= 1e-9 * count {
        Ok(count as u64)
    } else {
        Err(TaskError::Timing {
            quantity: "step",
            found: dt_s,
            allowed: "a whole part of",
            limit: time_s,
        })
    }
}
