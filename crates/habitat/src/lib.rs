//! The machine: zones, life-support units, crew, scenario files, ledger, step, snapshot and fork.
//!
//! ```text
//! scenario file ──load──► Scenario ──compile──► Plan (immutable, shared)
//!                                                │
//!                                    Habitat = Plan + State ──step──► State
//!                                                │
//!                              read: channels    command: actuators    snapshot, fork
//! ```
//!
//! # Examples
//! Thirty minutes in the reference cabin, with more oxygen asked for:
//! ```
//! use std::sync::Arc;
//! use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
//!
//! let loaded = scenario::load("cabin-30d")?;
//! let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
//! let mut cabin = Habitat::new(Arc::clone(&plan), StreamKey { run: 1, ..StreamKey::default() });
//!
//! let channel = cabin.catalogue().find("living.oga.set_o2_mol_s")?;
//! let actuator = cabin.actuators().iter().position(|a| a.channel == channel).unwrap();
//! cabin.command(actuator, 1.5e-3)?;
//! for _ in 0..30 {
//!     cabin.step(60.0)?;
//! }
//! let made = cabin.catalogue().find("living.oga.o2_mol_s")?;
//! assert!((cabin.value(made).unwrap() - 1.5e-3).abs() < 1e-12);
//! assert_eq!(cabin.crew_alive(), 4);
//! assert!(cabin.mass_residual_max() < 1e-9 && cabin.energy_residual_max() < 1e-9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not here: who decides (`env`), what is written to disk (`store`), how many habitats run at once
//! (`runtime`).
//!
//! Electric power comes from array, battery and fuel cell ([`power`]) where the scenario declares
//! `[power]`; without it power is unlimited. Heat goes to two coolant loops with a radiator ([`thermal`]) where
//! it declares `[thermal]`; without it coolant arrives at a prescribed temperature and takes any heat.
//! Sunlight, power from outside and heat to coolant or to space are ledgered boundary flows. Units
//! fail and are repaired ([`fault`]) where it declares `[faults]`, and instruments err ([`sensor`]) where it
//! declares `[sensors]`; without them nothing fails and instruments show the truth.

pub mod actuation;
pub mod air;
pub mod channels;
pub mod counters;
pub mod crew;
pub mod fault;
mod habitat;
pub mod layout;
pub mod ledger;
pub mod mission;
pub mod order;
pub mod plan;
pub mod power;
mod rated;
pub mod scenario;
pub mod sensor;
pub mod shadow;
pub mod slots;
pub mod snapshot;
pub mod source_term;
pub mod state;
mod step;
pub mod stores;
pub mod stream;
pub mod thermal;
pub mod water;

pub use channels::Actuator;
pub use habitat::{CommandError, Habitat, STEP_MAX_S, StepError};
pub use layout::{Layout, PlanError};
pub use mission::AbortReason;
/// Laws and limits for crates above, which import no physics of their own.
#[doc(no_inline)]
pub use physics::{
    constants, math, moist_air, photovoltaic, physiology, reaction, species, sun, trig,
};
pub use plan::{EpisodeError, Plan};
pub use shadow::{Assumption, Shadow};
pub use stream::StreamKey;
