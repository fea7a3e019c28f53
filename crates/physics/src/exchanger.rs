//! exchanger
