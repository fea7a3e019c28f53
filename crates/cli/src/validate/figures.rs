//! R: other published figures of units and people.

use physics::constants::PA_PER_MMHG;
use physics::physiology::inspired_o2_pa;
use physics::species::Gas;
use physics::units::Kelvin;

use super::case::{Found, Group};
use super::chamber;
use super::points::{SCFM_M3_H, STANDARD_K};
use crate::component::{Setting, measure};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "R",
    title: "Other published figures",
    references: include_str!("../../../../data/reference/unit-figures.json"),
    work: &[inspired_oxygen, oxygen_generator, removal, removal_power, reducer],
};

/// One pound-force on a square inch, Pa.
const PSI_PA: f64 = 6_894.757;

fn inspired_oxygen() -> Result<Found, CliError> {
    let mut found = Found::default();
    for (name, p_pa, o2_fraction) in [
        ("sea-level", 101_300.0, 0.21),
        ("70kpa", 10.2 * PSI_PA, 0.265),
        ("56kpa", 8.2 * PSI_PA, 0.34),
        ("55kpa", 8.0 * PSI_PA, 0.32),
    ] {
        let mmhg = inspired_o2_pa(p_pa, o2_fraction) / PA_PER_MMHG;
        found.value(format!("R-pio2-{name}"), mmhg);
    }
    Ok(found)
}

fn oxygen_generator() -> Result<Found, CliError> {
    let mut found = Found::default();
    let out = measure("oga", &[("o2_kg_d", Setting::Number(9.2))])?;
    found.value("R-oga-power", out.get("power_w")?);
    Ok(found)
}

fn removal() -> Result<Found, CliError> {
    let mut found = Found::default();
    let air_c = 10.0;
    let flow_m3_h = 20.4 * SCFM_M3_H * Kelvin::from_celsius(air_c).get() / STANDARD_K;
    let out = measure(
        "cdra",
        &[
            ("pp_co2_torr", Setting::Number(2.0)),
            ("flow_m3_h", Setting::Number(flow_m3_h)),
            ("air_in_c", Setting::Number(air_c)),
            ("dew_point_c", Setting::Number(8.0)),
        ],
    )?;
    found.value("R-cdra-2torr", out.get("removed_kg_d")?);
    Ok(found)
}

fn removal_power() -> Result<Found, CliError> {
    let mut found = Found::default();
    let (_, power_w) = chamber::trace()?;
    found.value("R-cdra-power", power_w);
    Ok(found)
}

/// The reducer at its defaults with the hydrogen of one person's oxygen and the CO2 of the same.
fn reducer() -> Result<Found, CliError> {
    let mut found = Found::default();
    let made = measure("oga", &[("o2_kg_d", Setting::Number(0.895))])?;
    let out = measure(
        "sabatier",
        &[("co2_kg_d", Setting::Number(1.085)), ("h2_kg_d", Setting::Number(made.get("h2_kg_d")?))],
    )?;
    let co2_mol = 1.085 / Gas::Co2.molar_mass_kg_mol();
    let water_mol = out.get("water_kg_d")? / Gas::H2o.molar_mass_kg_mol();
    found.value("R-sabatier-recovery", 100.0 * water_mol / (2.0 * co2_mol));
    Ok(found)
}
