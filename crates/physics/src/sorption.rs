//! sorption
