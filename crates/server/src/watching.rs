//! Who watches the habitats of a scenario: the limits of its channels, the rules of its anomalies, and what people changed.

use std::sync::Arc;

use env::habitat::Plan;
use watch::alarm::{Overrides, Snapshot};
use watch::anomaly::{Facts, Lookout, rules_of};

use crate::ApiError;

/// What a compiled scenario says beside its channels.
///
/// # Examples
/// ```
/// use env::habitat::{Plan, scenario};
/// let loaded = scenario::load("artemis-30d")?;
/// let facts = lunar_habitat_server::facts_of(&Plan::compile(&loaded.scenario, loaded.hash)?);
/// assert_eq!((facts.shed_order.len(), facts.volumes_m3.len()), (7, 4));
/// assert_eq!(facts.rated["habitat.fuel_cell.sensed_electrolyser_w"], 15_000.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn facts_of(plan: &Plan) -> Facts {
    let model = &plan.scenario;
    let shed_order = model.power.as_ref().map(|power| power.shed_order.clone());
    let volumes = model.zones.iter().map(|zone| (zone.name.clone(), zone.volume_m3));
    Facts {
        shed_order: shed_order.unwrap_or_default(),
        volumes_m3: volumes.collect(),
        rated: plan.rated().into_iter().collect(),
    }
}

/// Rules and limits that equal habitats share.
#[derive(Clone)]
pub struct Watching {
    /// It never sees anything.
    first: Arc<Lookout>,
}

impl Watching {
    /// The rules for the habitat of `plan`, and of `files` the one that is meant for it: one that names it, or else one that
    /// names none.
    ///
    /// # Errors
    /// 422 where the changes name what the habitat does not have.
    pub fn new(plan: &Plan, files: &[Arc<Overrides>]) -> Result<Watching, ApiError> {
        let named = files.iter().find(|one| one.scenario.as_ref() == Some(&plan.scenario.name));
        let meant = named.or_else(|| files.iter().find(|one| one.scenario.is_none()));
        let overrides = meant.cloned().unwrap_or_default();
        let rules = rules_of(&plan.catalogue, &facts_of(plan));
        let first = Lookout::new(&plan.catalogue, rules, &overrides).map_err(ApiError::refused)?;
        Ok(Watching { first: Arc::new(first) })
    }

    /// A lookout that has seen nothing yet.
    pub fn lookout(&self) -> Lookout {
        self.first.fresh()
    }

    /// A lookout whose alarms go on.
    ///
    /// # Errors
    /// 422 for alarms of another habitat.
    pub fn restore(&self, alarms: Snapshot) -> Result<Lookout, ApiError> {
        self.first.resumed(alarms).map_err(ApiError::refused)
    }
}
