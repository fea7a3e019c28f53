//! `ccaa`: the condensing heat exchanger with its bypass valve, in steady state.
//!
//! The coil, its valve and the heat capacity of the coolant are those of the cabin air assembly; the
//! valve stands at an angle instead of following a set-point, and the fan is left out.
//!
//! # Outputs
//! `air_out_k`, `coolant_out_k`: mixed air and coolant at their outlets. `condensate_kg_h`.
//! `coolant_heat_w`: enthalpy of the air in, less air out, less condensate; `latent_heat_w` is the part
//! that condenses. `coil_air_out_k`, `coil_air_share`: the air that passed the coil, not the bypass.
//! `humidity_out_share`: relative humidity of the mixed air.

use physics::exchanger::{CCAA_AIR_FLOW_M3_S, CoilInlet, CondensingCoil};
use physics::moist_air::saturation_pressure_pa;
use physics::species::{CP_J_MOL_K, GASES, Gas};
use physics::units::Kelvin;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::Closure;
use crate::error::CliError;
use habitat::air::parcel::Parcel;
use habitat::air::zone::liquid_j_mol;
use physics::constants::{M_H2O_KG_MOL, R_J_MOL_K};

/// Heat capacity of the coolant, J/kg/K; the published coolant heats are reckoned with it.
pub const COOLANT_J_KG_K: f64 = 4_186.0;

/// Inputs; the defaults are point 1 of PFT-ISSA-9610.
pub const INPUTS: &[Input] = &[
    Input::number("coolant_in_c", "C", (6.44, 1.0, 40.0), "coolant at the inlet"),
    Input::number("coolant_g_s", "g/s", (145.15, 0.0, 500.0), "coolant flow"),
    Input::number("air_in_c", "C", (18.16, 1.0, 45.0), "air at the inlet"),
    Input::number(
        "dew_point_c",
        "C",
        (13.06, -30.0, 45.0),
        "dew point of the air, not above air_in_c",
    ),
    Input::number(
        "tccv_angle_deg",
        "degrees",
        (40.0, 0.0, 90.0),
        "temperature control valve: 5 all through the coil, 84 nearly all past it",
    ),
    Input::number("pressure_pa", "Pa", (101_325.0, 20_000.0, 110_000.0), "pressure of the air"),
    Input::number("air_m3_s", "m3/s", (CCAA_AIR_FLOW_M3_S, 0.01, 1.0), "air flow at the inlet"),
];

/// Share of oxygen in the dry air that passes; the rest is nitrogen.
const O2_FRACTION: f64 = 0.21;

/// Air of a temperature and dew point, mol/s.
fn air(p_pa: f64, t_k: f64, dew_k: f64, flow_m3_s: f64) -> Parcel {
    let total_mol = p_pa * flow_m3_s / (R_J_MOL_K * t_k);
    let vapour = saturation_pressure_pa(dew_k) / p_pa;
    let mut n_mol = [0.0; GASES];
    n_mol[Gas::H2o as usize] = total_mol * vapour;
    n_mol[Gas::O2 as usize] = total_mol * (1.0 - vapour) * O2_FRACTION;
    n_mol[Gas::N2 as usize] = total_mol * (1.0 - vapour) * (1.0 - O2_FRACTION);
    Parcel::at(n_mol, t_k)
}

/// Run the coil.
///
/// # Errors
/// [`CliError::Flag`] for a dew point above the air.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let kelvin = |key: &str| settings.number(key).map(|t_c| Kelvin::from_celsius(t_c).get());
    let (t_air_k, t_dew_k) = (kelvin("air_in_c")?, kelvin("dew_point_c")?);
    settings.require(t_dew_k <= t_air_k, "dew_point_c", "at most air_in_c")?;
    let t_coolant_k = kelvin("coolant_in_c")?;
    let coolant_w_k = settings.number("coolant_g_s")? * 1e-3 * COOLANT_J_KG_K;
    let p_pa = settings.number("pressure_pa")?;
    let flow_m3_s = settings.number("air_m3_s")?;

    let inlet = air(p_pa, t_air_k, t_dew_k, flow_m3_s);
    let w = Gas::H2o as usize;
    let dry_mol = inlet.total_mol() - inlet.n_mol[w];
    let of_dry = |each: fn(Gas) -> f64| {
        let dry = Gas::ALL.iter().filter(|gas| **gas != Gas::H2o);
        dry.map(|gas| inlet.n_mol[*gas as usize] * each(*gas)).sum::<f64>() / dry_mol
    };
    let coil = CondensingCoil::<f64>::ccaa().run(
        &CoilInlet {
            ndot_dry_mol_s: dry_mol,
            ndot_h2o_mol_s: inlet.n_mol[w],
            dry_molar_mass_kg_mol: of_dry(Gas::molar_mass_kg_mol),
            dry_cp_j_mol_k: of_dry(|gas| CP_J_MOL_K[gas as usize]),
            p_total_pa: p_pa,
            t_air_k,
            coolant_w_k,
            t_coolant_k,
        },
        settings.number("tccv_angle_deg")?,
    );

    let mut out_mol = inlet.n_mol;
    out_mol[w] = coil.ndot_h2o_mol_s;
    let outlet = Parcel::at(out_mol, coil.t_air_k);
    let condensate_w = coil.condensate_mol_s * liquid_j_mol(coil.t_coil_k);
    let lost_w = inlet.h_j - outlet.h_j - condensate_w - coil.q_coolant_w;
    let lost_mol = inlet.n_mol[w] - outlet.n_mol[w] - coil.condensate_mol_s;
    let closure = Closure {
        mass: lost_mol.abs() / inlet.n_mol[w],
        energy: lost_w.abs() / (inlet.h_j.abs() + outlet.h_j.abs()),
    };
    let p_vapour_pa = p_pa * outlet.n_mol[w] / outlet.total_mol();
    Ok(Outputs::new(
        &[
            ("air_out_k", coil.t_air_k),
            ("coolant_out_k", coil.t_coolant_out_k),
            ("condensate_kg_h", coil.condensate_mol_s * M_H2O_KG_MOL * 3_600.0),
            ("coolant_heat_w", coil.q_coolant_w),
            ("latent_heat_w", coil.q_latent_w),
            ("coil_air_out_k", coil.t_coil_k),
            ("coil_air_share", coil.coil_fraction),
            ("humidity_out_share", p_vapour_pa / saturation_pressure_pa(coil.t_air_k)),
        ],
        closure,
    ))
}
