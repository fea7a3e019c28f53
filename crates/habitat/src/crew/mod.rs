//! The people: what they do, what they exchange with the cabin, how they fare.
//!
//! ```text
//! schedule ──► activity state and zone ──► person: O2 in, CO2, vapour, heat, urine out
//!                                              │
//!                       air of the zone ──► health: doses, incapacitation, death
//! ```
//! A person is simulated at the start of a step and judged at its end: they breathe what the last
//! step left and fare by what this step makes of it. A dead person exchanges nothing and stays in
//! the account with what the body holds.
//!
//! Not here: the rates themselves (`physics::metabolism`), the rules of harm
//! (`physics::physiology`), what ends a mission ([`crate::mission`]).

pub mod health;
pub mod person;
pub mod schedule;
