//! The compiled scenario: a layout with its channels, never changed while habitats run on it.

use std::ops::Deref;

use catalogue::Catalogue;

use crate::channels::{self, Actuator, Binding};
use crate::layout::{Layout, PlanError};
use crate::scenario::Scenario;

/// Everything about a habitat that does not change while it runs, shared by all that run on it.
///
/// A plan reads like its [`Layout`]: `plan.zones`, `plan.crew`, `plan.scenario` and so on.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Topology and parameters.
    pub layout: Layout,
    /// All channels.
    pub catalogue: Catalogue,
    /// How each channel is read, in the order of the catalogue.
    pub(crate) bindings: Vec<Binding>,
    /// The channels that can be commanded.
    pub(crate) actuators: Vec<Actuator>,
}

impl Plan {
    /// Compile a checked scenario.
    ///
    /// # Errors
    /// [`PlanError`] when a name or a count does not fit, or two units of a zone share a name; a
    /// scenario that came through [`crate::scenario::load`] has passed these checks.
    pub fn compile(scenario: &Scenario, hash: [u8; 32]) -> Result<Plan, PlanError> {
        let layout = Layout::compile(scenario, hash)?;
        let (catalogue, bindings, actuators) = channels::declare(&layout)?;
        Ok(Plan { layout, catalogue, bindings, actuators })
    }
}

impl Deref for Plan {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}
