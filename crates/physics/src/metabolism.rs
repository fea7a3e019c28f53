//! metabolism
