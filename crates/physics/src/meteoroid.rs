//! meteoroid
