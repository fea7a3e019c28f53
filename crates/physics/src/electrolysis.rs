//! electrolysis
