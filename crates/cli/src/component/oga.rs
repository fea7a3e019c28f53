//! `oga`: the oxygen generator at a steady rate.
//!
//! # Outputs
//! `o2_kg_d`, `h2_kg_d`, `water_kg_d`: made and used. `h2_o2_mol_mol`, `water_o2_mol_mol`: both 2.
//! `power_w` with standby, `specific_energy_kwh_kg` of oxygen from it, `heat_w` to air and coolant.
//! `cell_voltage_v` at `current_density_a_cm2`.

use habitat::air::oga::ACTIVE_AREA_CM2;
use physics::constants::{DAY_S, M_H2O_KG_MOL};
use physics::electrolysis::{CELL_T_K, cell_voltage_v, current_a};
use physics::species::Gas;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::{Stand, one};
use crate::error::CliError;

/// Inputs; the default is the need of four people.
pub const INPUTS: &[Input] = &[
    Input::number("o2_kg_d", "kg/d", (3.58, 0.05, 9.2), "oxygen to make"),
    Input::number(
        "standby_w",
        "W",
        (469.0, 0.0, 5_000.0),
        "power of controller and pumps, always on",
    ),
];

/// Length of the step, s.
const STEP_S: f64 = 60.0;

/// Run the unit for one step.
///
/// # Errors
/// None that an allowed input leads to.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let o2_kg_d = settings.number("o2_kg_d")?;
    let mut stand = Stand::new(&format!(
        "[[oga]]\nname = \"oga\"\nzone = \"stand\"\no2_kg_d = {o2_kg_d:?}\nstandby_w = {:?}\n",
        settings.number("standby_w")?
    ))?;
    let potable_before_kg = stand.state.stores.potable_kg;
    stand.step(|plan, state| {
        let units = state.oga.iter_mut().zip(&plan.oga);
        for ((unit, unit_plan), zone) in units.zip(&mut state.zones) {
            let stores = (&mut state.stores, &plan.stores);
            unit.run(unit_plan, zone, stores, STEP_S, &mut state.ledger);
        }
    });
    let unit = one(&stand.state.oga)?;
    let stores = &stand.state.stores;
    let made_kg_d = unit.o2_mol_s * Gas::O2.molar_mass_kg_mol() * DAY_S;
    let density_a_cm2 = current_a(unit.o2_mol_s) / ACTIVE_AREA_CM2;
    let per_day = DAY_S / STEP_S;
    Ok(Outputs::new(
        &[
            ("o2_kg_d", made_kg_d),
            ("h2_kg_d", stores.h2_line_mol * Gas::H2.molar_mass_kg_mol() * per_day),
            ("water_kg_d", (potable_before_kg - stores.potable_kg) * per_day),
            ("h2_o2_mol_mol", stores.h2_line_mol / (unit.o2_mol_s * STEP_S)),
            (
                "water_o2_mol_mol",
                (potable_before_kg - stores.potable_kg) / M_H2O_KG_MOL / (unit.o2_mol_s * STEP_S),
            ),
            ("power_w", unit.power_w),
            ("cell_voltage_v", cell_voltage_v(density_a_cm2, CELL_T_K)),
            ("current_density_a_cm2", density_a_cm2),
            ("heat_w", unit.heat_w),
            ("specific_energy_kwh_kg", unit.power_w * 24.0 / 1_000.0 / made_kg_d),
        ],
        stand.closure(),
    ))
}
