//! The people: what they do, what they exchange with the cabin, how they fare.

pub mod health;
pub mod person;
pub mod schedule;
