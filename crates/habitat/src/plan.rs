//! The compiled scenario: a layout with its channels, never changed while habitats run on it.

use std::ops::Deref;
use std::sync::Arc;

use catalogue::Catalogue;
use thiserror::Error;

use crate::channels::{self, Actuator, Binding, Declared};
use crate::layout::{Layout, PlanError};
use crate::scenario::{self, Drawn, Problem, Scenario, ScenarioError};
use crate::stream::StreamKey;

/// Numbers of an episode that do not make a habitat.
#[derive(Debug, Error)]
pub enum EpisodeError {
    /// A value is refused.
    #[error("{}: {}: found {}; allowed {}", .0.path, .0.what, .0.found, .0.allowed)]
    Refused(Box<Problem>),
    /// The scenario has no canonical form.
    #[error(transparent)]
    Canonical(#[from] ScenarioError),
    /// The scenario does not compile.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

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

    /// The plan of one episode, and the numbers in which it differs: what `[[vary]]` draws for `key`, with
    /// `exact` values instead of draws or beside them.
    ///
    /// Without either it is this plan itself, shared.
    ///
    /// # Errors
    /// [`EpisodeError`] when a key is no number of the scenario, or the values do not fit together.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::scenario::{self, Drawn};
    /// use lunar_habitat_habitat::{Plan, StreamKey};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let value = Drawn { key: "stores.potable_kg".into(), value: 250.0 };
    /// let (other, drawn) = plan.for_episode(StreamKey::default(), &[value])?;
    /// assert_eq!((other.scenario.stores.potable_kg, drawn.len()), (250.0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `vary` in this crate.
    pub fn for_episode(
        self: &Arc<Plan>,
        key: StreamKey,
        exact: &[Drawn],
    ) -> Result<(Arc<Plan>, Vec<Drawn>), EpisodeError> {
        let mut drawn = self.scenario.draws(key);
        for value in exact {
            match drawn.iter_mut().find(|one| one.key == value.key) {
                Some(one) => one.value = value.value,
                None => drawn.push(value.clone()),
            }
        }
        if drawn.is_empty() {
            return Ok((Arc::clone(self), drawn));
        }
        let scenario = self.scenario.with(&drawn).map_err(EpisodeError::Refused)?;
        let hash = scenario::hash(&scenario)?;
        Ok((Arc::new(Plan::compile(&scenario, hash)?), drawn))
    }
}

impl Deref for Plan {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}
