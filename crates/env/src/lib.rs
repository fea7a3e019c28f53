//! The decision problem: controllers that command a habitat from its readings, and the loop that
//! runs a mission under one.
//!
//! A controller sees what instruments show and what is commanded, and never a true value or the state. It is built
//! against one habitat, whose design (volumes, tanks, ranges of actuators) it may know, and finds its
//! channels and actuators by what their owners are able to do, so that any topology works. Where a habitat
//! has a power system, its bus protects itself ([`habitat::power`]); saving ahead of that is up to the
//! controller.
//!
//! Not here: physics (`habitat`), files (`store`), how many missions run at once (`runtime`).

mod controller;
mod error;
mod hold;
mod mission;
mod rules;
mod wiring;

pub use controller::{CONTROLLERS, Command, Controller, build};
pub use error::EnvError;
pub use hold::Hold;
pub use mission::{Observer, Outcome, Timing, run_mission};
pub use rules::{BOUNDS, Bound, Presumed, Rules, RulesSettings};
