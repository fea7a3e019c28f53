//! Laws of gas, moist air, heat, sorption, reaction, electrochemistry, metabolism, sun, power, heat
//! rejection, reliability, meteoroids and regolith: pure functions without state and without input or
//! output.
//!
//! Kernels that a habitat's step runs are written against the number type [`number::Real`], take
//! and return base SI numbers and carry the unit in every name (`p_pa`, `t_k`, `n_co2_mol`). The
//! scalar interface for people takes and returns the newtypes of [`units`].
//!
//! Not here: anything that remembers something between two steps (`habitat`).

pub mod battery;
pub mod constants;
pub mod coolant;
pub mod electrolysis;
pub mod exchanger;
pub mod fuel_cell;
pub mod math;
pub mod metabolism;
pub mod meteoroid;
pub mod moist_air;
pub mod number;
pub mod orifice;
pub mod photovoltaic;
pub mod physiology;
pub mod puncture;
pub mod radiator;
pub mod reaction;
pub mod regolith;
pub mod reliability;
pub mod sorption;
pub mod species;
pub mod sun;
pub mod trig;
pub mod units;
