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
//! Not here: who decides (`env`), what is written to disk (`store`), how many habitats run at once
//! (`runtime`). Sensors, faults, power and heat rejection are not modelled: coolant arrives at a
//! prescribed temperature and electric power is unlimited, both as ledgered boundary flows.

pub mod air;
pub mod channels;
pub mod counters;
pub mod crew;
mod habitat;
pub mod layout;
pub mod ledger;
pub mod mission;
pub mod plan;
pub mod scenario;
pub mod slots;
pub mod snapshot;
pub mod source_term;
pub mod state;
mod step;
pub mod stores;
pub mod stream;
pub mod water;

pub use channels::Actuator;
pub use habitat::{CommandError, Habitat, STEP_MAX_S, StepError};
pub use layout::{Layout, PlanError};
pub use mission::AbortReason;
pub use plan::Plan;
pub use stream::StreamKey;
