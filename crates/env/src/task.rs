//! What is asked of a policy: a habitat, what is seen and set, how it is judged, and at which times.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use habitat::Plan;
use habitat::constants::DAY_S;
use sha2::{Digest, Sha256};

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

/// Decision interval of a policy that supervises where nothing else is asked for, s: six hours, as in `mpc`.
const SUPERVISION_S: f64 = 6.0 * 3_600.0;

/// What the actions of a policy are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Acts {
    /// It turns the dials of the habitat at every decision.
    #[default]
    Dials,
    /// It sets the thresholds by which the controller `rules` turns them in between: supervision.
    Thresholds,
}

impl Acts {
    /// All of them.
    pub const ALL: [Acts; 2] = [Acts::Dials, Acts::Thresholds];

    /// Name: `dials`, `thresholds`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Acts::Dials => "dials",
            Acts::Thresholds => "thresholds",
        }
    }
}

impl fmt::Display for Acts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Acts {
    type Err = TaskError;

    fn from_str(found: &str) -> Result<Acts, TaskError> {
        let one = Acts::ALL.into_iter().find(|acts| acts.name() == found);
        one.ok_or_else(|| TaskError::Unknown {
            what: "acts",
            found: found.to_owned(),
            allowed: Acts::ALL.map(|acts| format!("`{acts}`")).join(", "),
        })
    }
}

/// What a task may be told beside its plan.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TaskOptions {
    /// Step, s; that of the scenario if `None`.
    pub dt_s: Option<f64>,
    /// Time between two decisions, s; if `None` that of the scenario, or six hours for [`Acts::Thresholds`].
    pub decision_s: Option<f64>,
    /// What the actions are.
    pub acts: Acts,
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
    /// The dials of the habitat, which are seen in any case.
    pub(crate) dials: ActionSpace,
    /// What is set where that is not the dials.
    thresholds: Option<ActionSpace>,
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
    /// [`TaskError::Timing`] unless the step divides the decision interval and the mission. With [`Acts::Thresholds`]
    /// the step has to divide the decision interval of the scenario, at which the rules decide, and this the one of the
    /// task.
    pub fn new(plan: Arc<Plan>, options: TaskOptions) -> Result<Arc<Task>, TaskError> {
        let dt_s = options.dt_s.unwrap_or(plan.scenario.dt_s);
        let usual_s = match options.acts {
            Acts::Dials => plan.scenario.decision_s,
            Acts::Thresholds => SUPERVISION_S,
        };
        let decision_s = options.decision_s.unwrap_or(usual_s);
        let dials = ActionSpace::new(&plan);
        let task = Task {
            observations: ObservationSpace::new(&plan, &dials),
            thresholds: (options.acts == Acts::Thresholds).then(ActionSpace::thresholds),
            light: Light::new(&plan).map(Arc::new),
            dials,
            plan,
            options,
            dt_s,
            decision_s,
        };
        let inner_s = if task.is_supervised() { task.rules_s() } else { decision_s };
        steps_in(dt_s, inner_s)?;
        task.decisions_of(decision_s)?;
        steps_in(dt_s, task.plan.duration_s())?;
        Ok(Arc::new(task))
    }

    /// Whether a decision may take `decision_s`.
    ///
    /// # Errors
    /// [`TaskError::Timing`] unless it is a whole multiple of the step, or of the interval of the rules.
    pub(crate) fn decisions_of(&self, decision_s: f64) -> Result<(), TaskError> {
        let limit = if self.is_supervised() { self.rules_s() } else { self.dt_s };
        let fits = steps_in(limit, decision_s);
        fits.map(|_| ()).map_err(|_| TaskError::Timing {
            quantity: "decision interval",
            found: decision_s,
            allowed: "a whole multiple of",
            limit,
        })
    }

    /// What the actions are.
    #[must_use]
    pub fn acts(&self) -> Acts {
        self.options.acts
    }

    /// Whether the rules turn the dials, and the policy sets their thresholds.
    pub(crate) fn is_supervised(&self) -> bool {
        self.acts() == Acts::Thresholds
    }

    /// Time between two decisions of the rules where a policy supervises, s: the decision interval of the scenario.
    pub(crate) fn rules_s(&self) -> f64 {
        self.plan.scenario.decision_s
    }

    /// The plan, before any number of it is drawn anew.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What is set: the dials of the habitat, or the thresholds of the rules.
    #[must_use]
    pub fn actions(&self) -> &ActionSpace {
        self.thresholds.as_ref().unwrap_or(&self.dials)
    }

    /// The dials of the habitat, whoever turns them: their positions are seen in any case.
    #[must_use]
    pub fn dials(&self) -> &ActionSpace {
        &self.dials
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

    /// [`ObservationSpace::hash`] of this task, which a policy carries; where it sets thresholds, that and the name, unit,
    /// ends and middle of each of them.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let seen = self.observations.hash(&self.dials);
        let Some(thresholds) = &self.thresholds else {
            return seen;
        };
        let mut hasher = Sha256::new();
        hasher.update(seen);
        for one in thresholds.dials() {
            for word in [one.name.as_str(), one.unit.symbol()] {
                hasher.update(word.as_bytes());
                hasher.update([0]);
            }
            for value in [one.low, one.middle, one.high] {
                hasher.update(value.to_le_bytes());
            }
        }
        hasher.finalize().into()
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
