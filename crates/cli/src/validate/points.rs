//! J: single published points.

use physics::electrolysis::{CELL_T_K, overpotentials};
use physics::units::Kelvin;

use super::case::{Found, Group};
use crate::component::{Setting, measure};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "J",
    title: "Single points",
    references: include_str!("../../../../data/reference/single-points.json"),
    work: &[four_bed, polarisation],
};

/// Temperature to which a standard cubic foot refers: 70 F. Assumed.
pub const STANDARD_K: f64 = 294.26;
/// One standard cubic foot a minute, m3/h at the standard temperature.
pub const SCFM_M3_H: f64 = 1.699_011;

/// A temperature in degrees Fahrenheit, C.
fn fahrenheit_c(t_f: f64) -> f64 {
    (t_f - 32.0) / 1.8
}

/// The 4BCO2 ground point on the beds of the CDRA.
fn four_bed() -> Result<Found, CliError> {
    let mut found = Found::default();
    let air_c = fahrenheit_c(56.0);
    let out = measure(
        "cdra",
        &[
            ("pp_co2_torr", Setting::Number(2.0)),
            (
                "flow_m3_h",
                Setting::Number(26.0 * SCFM_M3_H * Kelvin::from_celsius(air_c).get() / STANDARD_K),
            ),
            ("half_cycle_min", Setting::Number(80.0)),
            ("air_in_c", Setting::Number(air_c)),
            ("dew_point_c", Setting::Number(fahrenheit_c(53.0))),
        ],
    )?;
    found.value("J-4bco2", out.get("removed_kg_d")?);
    Ok(found)
}

fn polarisation() -> Result<Found, CliError> {
    let mut found = Found::default();
    let losses = overpotentials(1.0_f64, CELL_T_K);
    found.value("J-kinetic", losses.kinetic_v);
    found.value("J-ohmic", losses.ohmic_v);
    found.value("J-transport", losses.mass_transport_v);
    Ok(found)
}
