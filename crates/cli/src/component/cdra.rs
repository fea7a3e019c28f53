//! `cdra`: the four-bed CO2 removal unit on air that does not change, run until its cycles repeat.
//!
//! The unit, its beds and its numbers are those of a habitat; only the air comes from a bottle and
//! the CO2 goes to vacuum.
//!
//! # Outputs
//! All are means over the last cycle, that is two half-cycles. `removed_kg_d`: CO2 given to vacuum;
//! `inlet_kg_d`: CO2 that came in; `capture_share` and `removed_kg_d_torr` relate them.
//! `power_mean_w`, `power_max_w`: blower, heaters and controls. `coolant_heat_w`. `bed_max_k`: hottest
//! mean temperature of a sorbent bed. `air_out_mean_k`. `water_returned_share`, `water_lost_kg_d` and
//! `air_lost_kg_d`: what comes back to the cabin and what goes to vacuum with the CO2. `cycles_run`
//! and `cycle_change_share` say how well the cycles repeat; `1e-6` is asked for and, after 500
//! cycles, whatever was reached is reported.

use habitat::air::parcel::Parcel;
use physics::constants::{DAY_S, M_H2O_KG_MOL, PA_PER_MMHG, R_J_MOL_K};
use physics::metabolism::M_CO2_KG_MOL;
use physics::moist_air::saturation_pressure_pa;
use physics::species::{CP_J_MOL_K, GASES, Gas};
use physics::units::Kelvin;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::{Stand, one};
use crate::error::CliError;

/// Inputs; the defaults are air from the heat exchanger of a cabin at 3 torr.
pub const INPUTS: &[Input] = &[
    Input::number("pp_co2_torr", "torr", (3.0, 0.05, 20.0), "CO2 at the inlet"),
    Input::number("flow_m3_h", "m3/h", (35.6, 5.0, 100.0), "blower flow at its inlet"),
    Input::number("half_cycle_min", "min", (144.0, 20.0, 400.0), "length of a half-cycle"),
    Input::number(
        "air_save_min",
        "min",
        (10.0, 0.0, 19.0),
        "part of it in which bed gas is pumped back",
    ),
    Input::number("air_in_c", "C", (10.0, 1.0, 40.0), "air at the inlet"),
    Input::number(
        "dew_point_c",
        "C",
        (8.0, -30.0, 40.0),
        "dew point of the air, not above air_in_c",
    ),
    Input::number("pressure_pa", "Pa", (101_325.0, 30_000.0, 110_000.0), "pressure of the air"),
    Input::number("coolant_c", "C", (4.16, 1.0, 30.0), "coolant at the precooler"),
    Input::count("cells", (10, 10, 40), "axial cells of each sorbent bed"),
];

/// Share of oxygen in the dry air that passes; the rest but for CO2 is nitrogen.
const O2_FRACTION: f64 = 0.21;
/// Longest step, s.
const STEP_S: f64 = 60.0;
/// Cycles after which the search for a repeating one ends.
const CYCLES_MAX: u32 = 500;
/// Change of CO2 and of water held from one cycle to the next, as a share of what came in, at which
/// cycles repeat.
const SAME: f64 = 1e-6;

/// What one cycle, two half-cycles, took and gave.
#[derive(Debug, Clone, Copy, Default)]
struct Cycle {
    in_mol: [f64; GASES],
    out_mol: [f64; GASES],
    removed_mol: f64,
    electric_j: f64,
    coolant_j: f64,
    power_max_w: f64,
    bed_max_k: f64,
    air_out_j_k: f64,
    air_out_k_j_k: f64,
}

/// Run cycles until they repeat and report the last one.
///
/// # Errors
/// [`CliError::Flag`] for a dew point above the air.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let kelvin = |key: &str| settings.number(key).map(|t_c| Kelvin::from_celsius(t_c).get());
    let (t_air_k, t_dew_k) = (kelvin("air_in_c")?, kelvin("dew_point_c")?);
    settings.require(t_dew_k <= t_air_k, "dew_point_c", "at most air_in_c")?;
    let p_pa = settings.number("pressure_pa")?;
    let mut stand = Stand::new(&format!(
        "[[cdra]]\nname = \"cdra\"\nzone = \"stand\"\nhalf_cycle_min = {:?}\nair_save_min = {:?}\n\
         flow_m3_h = {:?}\ncells = {}\ncoolant_k = {:?}\n",
        settings.number("half_cycle_min")?,
        settings.number("air_save_min")?,
        settings.number("flow_m3_h")?,
        settings.number("cells")?,
        kelvin("coolant_c")?,
    ))?;
    let per_m3 = inlet_mol_m3(p_pa, t_air_k, t_dew_k, settings.number("pp_co2_torr")?);

    let mut cycle = Cycle::default();
    let mut cycles = 0;
    let mut change = f64::INFINITY;
    let mut held_mol = [0.0; GASES];
    while cycles < CYCLES_MAX && change > SAME {
        cycle = run_cycle(&mut stand, &per_m3, t_air_k, p_pa)?;
        cycles += 1;
        let now_mol = one(&stand.state.cdra)?.held_mol();
        change = [Gas::Co2, Gas::H2o]
            .iter()
            .map(|gas| *gas as usize)
            .map(|g| (now_mol[g] - held_mol[g]).abs() / cycle.in_mol[g].max(1e-9))
            .fold(0.0, f64::max);
        held_mol = now_mol;
    }

    let length_s = 2.0 * one(&stand.plan.cdra)?.half_cycle_s;
    let per_day = DAY_S / length_s;
    let (co2, h2o) = (Gas::Co2 as usize, Gas::H2o as usize);
    let returned = cycle.out_mol[h2o] / cycle.in_mol[h2o].max(1e-12);
    let air_lost_kg: f64 = [Gas::O2, Gas::N2]
        .iter()
        .map(|gas| {
            let lost_mol = cycle.in_mol[*gas as usize] - cycle.out_mol[*gas as usize];
            lost_mol * gas.molar_mass_kg_mol()
        })
        .sum();
    Ok(Outputs::new(
        &[
            ("removed_kg_d", cycle.removed_mol * M_CO2_KG_MOL * per_day),
            ("inlet_kg_d", cycle.in_mol[co2] * M_CO2_KG_MOL * per_day),
            ("capture_share", cycle.removed_mol / cycle.in_mol[co2].max(1e-12)),
            (
                "removed_kg_d_torr",
                cycle.removed_mol * M_CO2_KG_MOL * per_day / settings.number("pp_co2_torr")?,
            ),
            ("power_mean_w", cycle.electric_j / length_s),
            ("power_max_w", cycle.power_max_w),
            ("coolant_heat_w", cycle.coolant_j / length_s),
            ("bed_max_k", cycle.bed_max_k),
            ("air_out_mean_k", cycle.air_out_k_j_k / cycle.air_out_j_k.max(1e-12)),
            ("water_returned_share", returned),
            ("water_lost_kg_d", (cycle.in_mol[h2o] - cycle.out_mol[h2o]) * M_H2O_KG_MOL * per_day),
            ("air_lost_kg_d", air_lost_kg * per_day),
            ("cycles_run", f64::from(cycles)),
            ("cycle_change_share", change),
        ],
        stand.closure(),
    ))
}

/// Air at the inlet, mol/m3.
fn inlet_mol_m3(p_pa: f64, t_k: f64, dew_k: f64, pp_co2_torr: f64) -> [f64; GASES] {
    let per_pa = 1.0 / (R_J_MOL_K * t_k);
    let p_w_pa = saturation_pressure_pa(dew_k);
    let p_co2_pa = pp_co2_torr * PA_PER_MMHG;
    let p_o2_pa = O2_FRACTION * (p_pa - p_w_pa);
    let mut n_mol = [0.0; GASES];
    n_mol[Gas::O2 as usize] = p_o2_pa * per_pa;
    n_mol[Gas::Co2 as usize] = p_co2_pa * per_pa;
    n_mol[Gas::H2o as usize] = p_w_pa * per_pa;
    n_mol[Gas::N2 as usize] = (p_pa - p_w_pa - p_o2_pa - p_co2_pa) * per_pa;
    n_mol
}

/// Run two half-cycles from a swap to a swap.
fn run_cycle(
    stand: &mut Stand,
    per_m3: &[f64; GASES],
    t_k: f64,
    p_pa: f64,
) -> Result<Cycle, CliError> {
    let plan = one(&stand.plan.cdra)?.clone();
    let mut sum = Cycle::default();
    let coolant_before_j = stand.state.ledger.coolant_j;
    let electric_before_j = stand.state.ledger.electric_j;
    let removed_before_mol = one(&stand.state.cdra)?.co2_removed_mol;
    let mut left_s = 2.0 * plan.half_cycle_s;
    while left_s > 1e-6 {
        let dt_s = STEP_S.min(one(&stand.state.cdra)?.next_event_s(&plan)).min(left_s);
        left_s -= dt_s;
        let volume_m3 = plan.flow_m3_s * dt_s;
        let mut air = Parcel::at(per_m3.map(|n_mol| n_mol * volume_m3), t_k);
        stand.step(|all, state| {
            let Some(unit) = state.cdra.first_mut() else {
                return;
            };
            state.ledger.gas_in(&air);
            let stores = (&mut state.stores, &all.stores);
            for g in 0..GASES {
                sum.in_mol[g] += air.n_mol[g];
            }
            unit.run(&plan, &mut air, volume_m3, p_pa, dt_s, stores, &mut state.ledger);
            state.ledger.gas_out(&air);
            for g in 0..GASES {
                sum.out_mol[g] += air.n_mol[g];
            }
            sum.power_max_w = sum.power_max_w.max(unit.power_w);
            for bed in &unit.sorbent {
                sum.bed_max_k = sum.bed_max_k.max(bed.mean_k(&plan.sorbent));
            }
            let s_j_k: f64 = (0..GASES).map(|g| air.n_mol[g] * CP_J_MOL_K[g]).sum();
            sum.air_out_j_k += s_j_k;
            let above_j = air.h_j - Parcel::at(air.n_mol, physics::constants::T_REF_K).h_j;
            sum.air_out_k_j_k += above_j + s_j_k * physics::constants::T_REF_K;
        });
    }
    sum.removed_mol = one(&stand.state.cdra)?.co2_removed_mol - removed_before_mol;
    sum.electric_j = stand.state.ledger.electric_j - electric_before_j;
    sum.coolant_j = stand.state.ledger.coolant_j - coolant_before_j;
    Ok(sum)
}
