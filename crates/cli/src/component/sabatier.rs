//! `sabatier`: the CO2 reducer at a steady feed.
//!
//! # Outputs
//! `co2_reduced_kg_d`, `h2_used_kg_d`, `water_kg_d`, `ch4_kg_d`: the reaction. `…_vented_kg_d`: fed and
//! not reacted, which goes to vacuum with the methane. `…_not_fed_kg_d`: offered beyond the feed
//! ratio. `co2_reduced_share` of the CO2 on offer; `co2_oxygen_to_water_share`: oxygen of that CO2
//! found in the water. `power_w`, `heat_w` to the coolant.

use physics::constants::{DAY_S, M_H2O_KG_MOL};
use physics::species::Gas;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::{Stand, one};
use crate::error::CliError;

/// Inputs; the default feeds are the CO2 of four people and the hydrogen of their oxygen.
pub const INPUTS: &[Input] = &[
    Input::number("co2_kg_d", "kg/d", (4.34, 0.01, 50.0), "CO2 on offer"),
    Input::number("h2_kg_d", "kg/d", (0.451, 0.001, 10.0), "hydrogen on offer"),
    Input::number(
        "h2_co2_ratio",
        "mol/mol",
        (3.5, 2.0, 8.0),
        "feed ratio that the unit keeps; 4 is stoichiometric",
    ),
    Input::number("conversion", "", (0.88, 0.0, 1.0), "share of the lean reactant that reacts"),
];

/// Length of the step, s.
const STEP_S: f64 = 60.0;

/// Run the unit for one step.
///
/// # Errors
/// None that an allowed input leads to.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let mut stand = Stand::new(&format!(
        "[[sabatier]]\nname = \"sabatier\"\nzone = \"stand\"\nh2_co2_ratio = {:?}\n\
         conversion = {:?}\n",
        settings.number("h2_co2_ratio")?,
        settings.number("conversion")?,
    ))?;
    let offered = |key: &str, gas: Gas| -> Result<f64, CliError> {
        Ok(settings.number(key)? * STEP_S / DAY_S / gas.molar_mass_kg_mol())
    };
    let co2_mol = offered("co2_kg_d", Gas::Co2)?;
    let h2_mol = offered("h2_kg_d", Gas::H2)?;
    stand.state.stores.co2_mol = co2_mol;
    stand.state.stores.h2_line_mol = h2_mol;
    let heat_before_j = stand.state.ledger.coolant_j;
    let water_before_kg = stand.state.stores.condensate_kg;
    stand.step(|plan, state| {
        for (unit, unit_plan) in state.sabatier.iter_mut().zip(&plan.sabatier) {
            let stores = (&mut state.stores, &plan.stores);
            unit.run(unit_plan, stores, STEP_S, &mut state.ledger);
        }
    });
    let unit = one(&stand.state.sabatier)?;
    let stores = &stand.state.stores;
    let reduced_mol = unit.co2_mol_s * STEP_S;
    let fed_co2_mol = co2_mol - stores.co2_mol;
    let fed_h2_mol = h2_mol - stores.h2_line_mol;
    let kg_d = |n_mol: f64, gas: Gas| n_mol * gas.molar_mass_kg_mol() * DAY_S / STEP_S;
    let water_mol = (stores.condensate_kg - water_before_kg) / M_H2O_KG_MOL;
    Ok(Outputs::new(
        &[
            ("co2_reduced_kg_d", kg_d(reduced_mol, Gas::Co2)),
            ("water_kg_d", kg_d(water_mol, Gas::H2o)),
            ("ch4_kg_d", kg_d(reduced_mol, Gas::Ch4)),
            ("h2_used_kg_d", kg_d(4.0 * reduced_mol, Gas::H2)),
            ("co2_vented_kg_d", kg_d(fed_co2_mol - reduced_mol, Gas::Co2)),
            ("h2_vented_kg_d", kg_d(fed_h2_mol - 4.0 * reduced_mol, Gas::H2)),
            ("co2_not_fed_kg_d", kg_d(stores.co2_mol, Gas::Co2)),
            ("h2_not_fed_kg_d", kg_d(stores.h2_line_mol, Gas::H2)),
            ("co2_reduced_share", reduced_mol / co2_mol),
            ("co2_oxygen_to_water_share", water_mol / (2.0 * co2_mol)),
            ("power_w", unit.power_w),
            ("heat_w", (stand.state.ledger.coolant_j - heat_before_j) / STEP_S),
        ],
        stand.closure(),
    ))
}
