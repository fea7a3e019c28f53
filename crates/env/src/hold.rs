//! The controller that leaves everything as it is.

use crate::{Command, Controller};

/// Commands nothing: every set-point and mode stays as the scenario starts it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hold;

impl Controller for Hold {
    fn name(&self) -> &'static str {
        "hold"
    }

    fn decide(&mut self, _: &[f64], _: f64, _: &mut Vec<Command>) {}
}
