//! Water recovery: processors between the tanks of [`crate::stores`].

pub mod brine_processor;
pub mod upa;
pub mod wpa;
