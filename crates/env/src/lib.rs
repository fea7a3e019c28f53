//! The decision problem: controllers that command a habitat from its readings, and the loop that
//! runs a mission under one.
//!
//! A controller sees what instruments show and what is commanded, and never a true value or the state. It is built
//! against one habitat, whose design (volumes, tanks, ranges of actuators) it may know, and finds its
//! channels and actuators by what their owners are able to do, so that any topology works. Where a habitat
//! has a power system, its bus protects itself ([`habitat::power`]); saving ahead of that is up to the
//! controller.
//!
//! [`TASKS`] names the twelve missions that are asked for, and [`contract`] holds any task against what all promise.
//!
//! # Learning
//! ```text
//! Plan ──► Task (spaces, weights, costs, times) ──► Episode: reset, step, snapshot, fork
//!                                              └──► VectorEnv: many episodes, one batch
//! ```
//! A policy sees an [`ObservationSpace`] of sensed and commanded channels and sets an [`ActionSpace`] of dials;
//! or, where it supervises ([`Acts::Thresholds`]), the thresholds by which the controller `rules` turns them;
//! it is judged on the true state by named reward terms and a vector of costs. A [`Rollout`] is what a policy saw,
//! did and got, as columns.
//!
//! Configurations, names and layouts of the predecessor: [`predecessor`].
//!
//! Not here: physics (`habitat`), files (`store`), how many missions run at once (`runtime`).

pub mod contract;
mod controller;
mod cost;
mod episode;
mod error;
mod estimator;
mod hold;
mod mission;
mod mpc;
pub mod predecessor;
mod random;
mod registry;
mod reward;
mod rollout;
mod rules;
mod shield;
mod space;
mod task;
mod task_error;
mod vector;
mod wiring;

/// The machine, for crates above that reach it through this one.
#[doc(no_inline)]
pub use habitat;

pub use controller::{CONTROLLERS, Command, Controller, build};
pub use cost::{
    BATTERY_LOW, COST_TABLE, COSTS, Cost, CostMeter, POTABLE_LOW_S, RH_HIGH, RH_LOW, T_HIGH_K,
    T_LOW_K,
};
pub use episode::{Episode, Status, StepSlices, Transition};
pub use error::EnvError;
pub use estimator::Estimator;
pub use hold::Hold;
pub use mission::{Observer, Outcome, Timing, run_mission};
pub use mpc::Mpc;
pub use random::Random;
pub use registry::{RegisteredTask, TASK_DIFFICULTIES, TASKS};
pub use reward::{REWARD_PRESETS, RewardWeights, TERM_NAMES, TERM_UNITS, TERMS};
pub use rollout::{Commanded, Pilot, Recorder, Rollout};
pub use rules::{BOUNDS, Bound, Presumed, Rules, RulesSettings};
pub use shield::{HARD, HARD_LIMITS, HardLimit, Intervention, Shield, ShieldOptions, Shielded};
pub use space::{
    ActionSpace, DIALS_MAX, Dial, Field, Light, Memory, OBSERVATIONS_MAX, ObservationSpace,
    OnBadAction, Reading, Target,
};
pub use task::{Acts, DISCOUNT_TIME_S, HELD_OUT_FROM, Task, TaskOptions, Use, discount};
pub use task_error::TaskError;
pub use vector::{Autoreset, Batch, VectorEnv, VectorOptions};
