//! `wpa`: the water processor with a steady feed of waste water.
//!
//! # Outputs
//! `potable_kg_d` made, `fed_kg_d` taken in, `refused_kg_d` with the tank full, `tank_end_kg` left.
//! `running_share` of the time, `power_mean_w`, `energy_kwh_d`, `filter_used_share` of the filters'
//! life, `recovered_share` of what was processed.

use physics::constants::DAY_S;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::{Stand, feed_in, one};
use crate::error::CliError;

/// Inputs.
pub const INPUTS: &[Input] = &[
    Input::number("feed_kg_d", "kg/d", (15.0, 0.0, 140.0), "waste water that arrives"),
    Input::number("rate_kg_h", "kg/h", (5.9, 0.1, 50.0), "throughput while it runs"),
    Input::number(
        "tank_kg",
        "kg",
        (45.4, 5.0, 1_000.0),
        "waste water tank; a run starts at 20 % and ends at 2 %",
    ),
    Input::number(
        "filter_life_kg",
        "kg",
        (1_965.0, 1.0, 1e6),
        "throughput that fresh filters last",
    ),
    Input::number("days", "d", (10.0, 0.5, 365.0), "how long to run"),
];

/// Length of a step, s.
const STEP_S: f64 = 60.0;

/// Run the unit from an empty tank.
///
/// # Errors
/// None that an allowed input leads to.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let tank_kg = settings.number("tank_kg")?;
    let mut stand = Stand::new(&format!(
        "[stores]\ncondensate_kg = 0.0\ncondensate_capacity_kg = {tank_kg:?}\npotable_kg = 0.0\n\
         potable_capacity_kg = 1e6\n[[wpa]]\nname = \"wpa\"\nzone = \"stand\"\nrate_kg_h = {:?}\n\
         filter_life_kg = {:?}\n",
        settings.number("rate_kg_h")?,
        settings.number("filter_life_kg")?,
    ))?;
    let feed_kg = settings.number("feed_kg_d")? * STEP_S / DAY_S;
    let days = settings.number("days")?;
    let steps = (days * DAY_S / STEP_S).round() as u64;
    let (mut fed_kg, mut overflow_kg, mut running) = (0.0, 0.0, 0_u64);
    let mut electric_j = 0.0;
    for _ in 0..steps {
        stand.step(|plan, state| {
            let room_kg = state.stores.condensate_room_kg(&plan.stores);
            let taken_kg = feed_kg.min(room_kg);
            overflow_kg += feed_kg - taken_kg;
            fed_kg += taken_kg;
            state.stores.condensate_kg += taken_kg;
            feed_in(&mut state.ledger, taken_kg, 0.0, plan.stores.t_k);
            for (unit, unit_plan) in state.wpa.iter_mut().zip(&plan.wpa) {
                let stores = (&mut state.stores, &plan.stores);
                unit.run(unit_plan, stores, STEP_S, &mut state.ledger);
                running += u64::from(unit.water_kg_s > 0.0);
                electric_j += unit.power_w * STEP_S;
            }
        });
    }
    let unit = one(&stand.state.wpa)?;
    let stores = &stand.state.stores;
    let made_kg = stores.potable_kg;
    let life_kg = settings.number("filter_life_kg")?;
    Ok(Outputs::new(
        &[
            ("potable_kg_d", made_kg / days),
            ("fed_kg_d", fed_kg / days),
            ("refused_kg_d", overflow_kg / days),
            ("tank_end_kg", stores.condensate_kg),
            ("running_share", running as f64 / steps as f64),
            ("power_mean_w", electric_j / (days * DAY_S)),
            ("energy_kwh_d", electric_j / 3.6e6 / days),
            ("filter_used_share", unit.filter_kg / life_kg),
            ("recovered_share", made_kg / (fed_kg - stores.condensate_kg).max(1e-12)),
        ],
        stand.closure(),
    ))
}
