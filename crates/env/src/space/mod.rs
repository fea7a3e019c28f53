//! What a policy sees and what it sets: vectors of a fixed length over channels and actuators of any habitat.
//!
//! | vector | type | length | range |
//! |---|---|---|---|
//! | observation | `f32` | [`ObservationSpace::len`], at most [`OBSERVATIONS_MAX`] | -1 to 1 |
//! | action | `f32` | [`ActionSpace::len`], at most [`DIALS_MAX`] | -1 to 1 |
//!
//! Both are built once from a plan and found by what the owners of channels are able to do, so that any
//! topology works. Every entry has a name, words, a unit and the physical values of its two ends.
//!
//! A policy that supervises ([`crate::Acts::Thresholds`]) sets the thresholds of the rules instead,
//! [`ActionSpace::thresholds`], and sees the same observation.

mod action;
mod aggregate;
mod light;
mod observation;
mod table;
mod threshold;

pub use action::{ActionSpace, DIALS_MAX, Dial, OnBadAction, Target};
pub use light::Light;
pub use observation::{Field, Memory, OBSERVATIONS_MAX, ObservationSpace, Reading};
