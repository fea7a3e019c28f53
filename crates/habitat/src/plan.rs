//! The compiled scenario: a layout with its channels, never changed while habitats run on it.

use std::ops::Deref;

use catalogue::Catalogue;

use crate::channels::{self, Actuator, Binding, Declared};
use crate::layout::{Layout, PlanError};
use crate::scenario::Scenario;

/// Everything about a habitat that does not change while it runs, shared by all that run on it.
///
/// A plan reads like its [`Layout`]: `plan.zones`, `plan.crew`, `plan.scenario` and so on.
///
/// Names of the scenario become indices here, once: a step looks nothing up by name. One plan in an
/// `Arc` serves any number of habitats on any number of threads.
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
    ///
    /// - [`PlanError::Unknown`]: a zone or a heat exchanger that does not exist.
    /// - [`PlanError::Count`]: no zone or more than sixteen, no cell in a bed or more than forty.
    /// - [`PlanError::Catalogue`]: two channels with one id.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{Plan, PlanError, scenario};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// assert_eq!((plan.zones.len(), plan.crew.len()), (4, 4));
    /// assert_eq!(plan.duration_s(), 30.0 * 86_400.0);
    ///
    /// let mut wrong = loaded.scenario;
    /// wrong.oga[0].zone = "garage".into();
    /// assert!(matches!(Plan::compile(&wrong, [0; 32]), Err(PlanError::Unknown { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `biosim::biosim_4_one_file_gives_one_answer`.
    pub fn compile(scenario: &Scenario, hash: [u8; 32]) -> Result<Plan, PlanError> {
        let mut layout = Layout::compile(scenario, hash)?;
        let Declared { catalogue, bindings, mut actuators, sensors } = channels::declare(&layout)?;
        layout.sensors = sensors;
        layout.actuators = actuators.len();
        for actuator in &mut actuators {
            let channel = &catalogue.channels()[actuator.channel];
            // Repair is commanded to people, who do not stick.
            if ![".set_repair", ".set_calibrate"].iter().any(|tail| channel.id.ends_with(tail)) {
                actuator.unit =
                    layout.faults.units.iter().position(|unit| unit.unit == channel.owner);
            }
        }
        Ok(Plan { layout, catalogue, bindings, actuators })
    }
}

impl Deref for Plan {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}
