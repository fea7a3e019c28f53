//! `upa`: the urine processor with a steady feed of urine.
//!
//! # Outputs
//! `distillate_kg_d`, `brine_kg_d` made, `fed_kg_d` taken in, `refused_kg_d` with the tank full,
//! `tank_end_kg` left. `running_share` of the time, `power_mean_w`, `energy_kwh_d`, `recovered_share`
//! of the water processed.

use physics::constants::DAY_S;
use physics::metabolism::REV2;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::{Stand, feed_in};
use crate::error::CliError;

/// Inputs; the default feed is the urine of four people.
pub const INPUTS: &[Input] = &[
    Input::number(
        "urine_kg_d",
        "kg/d",
        (5.924, 0.0, 40.0),
        "urine that arrives, water and solids as the crew's",
    ),
    Input::number(
        "rate_kg_d",
        "kg/d",
        (8.4, 0.5, 40.0),
        "throughput averaged over the pattern of 7.5 h on, 5 h off",
    ),
    Input::number("recovery", "", (0.87, 0.0, 1.0), "share of the water that is distilled"),
    Input::number("tank_kg", "kg", (50.0, 5.0, 1_000.0), "urine tank"),
    Input::number("days", "d", (10.0, 0.5, 365.0), "how long to run"),
];

/// Length of a step, s.
const STEP_S: f64 = 60.0;

/// Run the unit from an empty tank.
///
/// # Errors
/// None that an allowed input leads to.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let mut stand = Stand::new(&format!(
        "[stores]\nurine_kg = 0.0\nurine_capacity_kg = {:?}\nbrine_kg = 0.0\n\
         brine_capacity_kg = 1e6\ncondensate_kg = 0.0\ncondensate_capacity_kg = 1e6\n\
         [[upa]]\nname = \"upa\"\nzone = \"stand\"\nrate_kg_d = {:?}\nrecovery = {:?}\n",
        settings.number("tank_kg")?,
        settings.number("rate_kg_d")?,
        settings.number("recovery")?,
    ))?;
    let feed_kg = settings.number("urine_kg_d")? * STEP_S / DAY_S;
    let water_share = REV2.urine_water_kg / (REV2.urine_water_kg + REV2.urine_solids_kg);
    let days = settings.number("days")?;
    let steps = (days * DAY_S / STEP_S).round() as u64;
    let (mut fed_kg, mut refused_kg, mut running) = (0.0, 0.0, 0_u64);
    let mut electric_j = 0.0;
    for _ in 0..steps {
        stand.step(|plan, state| {
            let taken_kg = feed_kg.min(state.stores.urine_room_kg(&plan.stores));
            fed_kg += taken_kg;
            refused_kg += feed_kg - taken_kg;
            let water_kg = taken_kg * water_share;
            state.stores.urine_water_kg += water_kg;
            state.stores.urine_solids_kg += taken_kg - water_kg;
            feed_in(&mut state.ledger, water_kg, taken_kg - water_kg, plan.stores.t_k);
            for (unit, unit_plan) in state.upa.iter_mut().zip(&plan.upa) {
                let stores = (&mut state.stores, &plan.stores);
                unit.run(unit_plan, stores, STEP_S, &mut state.ledger);
                running += u64::from(unit.running);
                electric_j += unit.power_w * STEP_S;
            }
        });
    }
    let stores = &stand.state.stores;
    let brine_kg = stores.brine_water_kg + stores.brine_solids_kg;
    Ok(Outputs::new(
        &[
            ("distillate_kg_d", stores.condensate_kg / days),
            ("brine_kg_d", brine_kg / days),
            ("fed_kg_d", fed_kg / days),
            ("refused_kg_d", refused_kg / days),
            ("tank_end_kg", stores.urine_water_kg + stores.urine_solids_kg),
            ("running_share", running as f64 / steps as f64),
            ("power_mean_w", electric_j / (days * DAY_S)),
            ("energy_kwh_d", electric_j / 3.6e6 / days),
            (
                "recovered_share",
                stores.condensate_kg / (stores.condensate_kg + stores.brine_water_kg).max(1e-12),
            ),
        ],
        stand.closure(),
    ))
}
