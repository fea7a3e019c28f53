//! moist_air
