//! habitat

pub mod scenario;
