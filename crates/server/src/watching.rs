//! Who watches the habitats of a scenario: the limits of its channels, the rules of its anomalies, and what people changed.

use std::sync::Arc;

use catalogue::Catalogue;
use env::habitat::scenario::Scenario;
use watch::alarm::{Overrides, Snapshot};
use watch::anomaly::{Facts, Lookout, Rule, rules_of};

use crate::ApiError;

/// Rules and changes that equal habitats share.
#[derive(Clone)]
pub struct Watching {
    rules: Arc<[Rule]>,
    overrides: Arc<Overrides>,
}

impl Watching {
    /// The rules for a catalogue of `model`, and of `files` the one that is meant for it: one that names it, or else one that
    /// names none.
    pub fn new(catalogue: &Catalogue, model: &Scenario, files: &[Arc<Overrides>]) -> Watching {
        let shed_order = model.power.as_ref().map(|power| power.shed_order.clone());
        let volumes = model.zones.iter().map(|zone| (zone.name.clone(), zone.volume_m3));
        let facts =
            Facts { shed_order: shed_order.unwrap_or_default(), volumes_m3: volumes.collect() };
        let named = files.iter().find(|one| one.scenario.as_ref() == Some(&model.name));
        let meant = named.or_else(|| files.iter().find(|one| one.scenario.is_none()));
        Watching {
            rules: rules_of(catalogue, &facts).into(),
            overrides: meant.cloned().unwrap_or_default(),
        }
    }

    /// A lookout that has seen nothing yet.
    ///
    /// # Errors
    /// 422 where the changes name what the habitat does not have.
    pub fn lookout(&self, catalogue: &Catalogue) -> Result<Lookout, ApiError> {
        Lookout::new(catalogue, Arc::clone(&self.rules), &self.overrides).map_err(ApiError::refused)
    }

    /// A lookout whose alarms go on.
    ///
    /// # Errors
    /// 422 as for [`Watching::lookout`], and for alarms of another habitat.
    pub fn restore(&self, catalogue: &Catalogue, alarms: Snapshot) -> Result<Lookout, ApiError> {
        Lookout::restore(catalogue, Arc::clone(&self.rules), &self.overrides, alarms)
            .map_err(ApiError::refused)
    }
}
