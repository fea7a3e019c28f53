//! orifice
