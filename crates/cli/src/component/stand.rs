//! A test stand: a small cabin in which one unit is run by hand, with its ledger closed after every
//! step.

use habitat::ledger::{Account, COLUMNS, Ledger};
use habitat::{Layout, StreamKey, scenario, state::State};
use physics::metabolism::URINE_SOLIDS;
use physics::species::WATER;

use crate::error::CliError;

/// Largest residual of matter and of energy in any step, as a share of what moved in it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Closure {
    /// Of the five columns of matter.
    pub mass: f64,
    /// Of energy.
    pub energy: f64,
}

impl Closure {
    /// What a ledger kept.
    pub fn of(ledger: &Ledger) -> Closure {
        let [matter @ .., energy] = ledger.relative_max;
        Closure { mass: matter.iter().copied().fold(0.0, f64::max), energy }
    }
}

/// The cabin around the unit. Its temperature is that of the start: nothing here lets it settle.
const CABIN: &str = r#"
schema = 1
name = "stand"
title = "Test stand of one unit"
source = "lunar-habitat component"
duration_days = 1.0
[atmosphere]
pressure_pa = 101_325.0
o2_fraction = 0.21
pp_co2_pa = 267.0
temperature_k = 295.15
relative_humidity = 0.40
[[zone]]
name = "stand"
volume_m3 = 100.0
"#;

/// The cabin, the unit and the account.
pub struct Stand {
    /// Parameters.
    pub plan: Layout,
    /// State.
    pub state: State,
}

impl Stand {
    /// A cabin with the units of `tables`, a piece of a scenario.
    ///
    /// # Errors
    /// A scenario or plan error, which only a fault of a component leads to.
    pub fn new(tables: &str) -> Result<Stand, CliError> {
        let loaded = scenario::parse("component", &format!("{CABIN}{tables}"))?;
        let plan = Layout::compile(&loaded.scenario, loaded.hash)?;
        let state = State::new(&plan, StreamKey::default());
        Ok(Stand { plan, state })
    }

    /// Let `work` run between the opening and the closing of the ledger.
    pub fn step(&mut self, work: impl FnOnce(&Layout, &mut State)) {
        self.state.ledger.open(self.state.held(&self.plan));
        work(&self.plan, &mut self.state);
        let held = self.state.held(&self.plan);
        self.state.ledger.close(&held);
    }

    /// How well all steps closed.
    pub fn closure(&self) -> Closure {
        Closure::of(&self.state.ledger)
    }
}

/// Book water with urine solids that a step brings into the tanks from outside.
pub fn feed_in(ledger: &mut Ledger, water_kg: f64, urine_solids_kg: f64, liquid_k: f64) {
    let mut fed = Account::default();
    fed.add(
        &WATER,
        water_kg / physics::constants::M_H2O_KG_MOL,
        habitat::air::zone::liquid_j_mol(liquid_k),
    );
    fed.add_pseudo(&URINE_SOLIDS, urine_solids_kg);
    for column in 0..COLUMNS {
        ledger.entered[column] += fed.0[column];
        ledger.moved[column] += fed.0[column].abs();
    }
}

/// The only unit of a list.
pub fn one<T>(units: &[T]) -> Result<&T, CliError> {
    units.first().ok_or_else(|| CliError::Failed("the test stand has no unit".into()))
}
