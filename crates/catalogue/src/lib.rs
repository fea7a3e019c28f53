//! Plain types of a habitat channel and of a recording: what one measured or commanded quantity is called, what its
//! unit and limits are, who owns it and where its definition comes from.
//!
//! A [`Catalogue`] is built once, when a scenario is compiled. Observations, telemetry columns,
//! alarms, screens and documentation are all read from it, so that a quantity has one name
//! everywhere.
//!
//! A [`Frame`] is the plain form of a recording: named columns of equal length, with facts.
//!
//! Not here: values (they live in the habitat's state), time series (`store`) and alarm logic
//! (`watch`).

mod channel;
mod frame;
mod list;
mod unit;

pub use channel::{Channel, Limits, Standing, ValueKind};
pub use frame::{Frame, FrameError, Kind, Values, Words};
pub use list::{Catalogue, CatalogueError};
pub use unit::{Alias, Unit, UnitError};
