//! C: closure and arithmetic. People, tanks, gas and holes are run by the simulator, not by the
//! formula the reference comes from; the last three are properties.

use physics::metabolism::REV1_DAY;
use physics::meteoroid::{YEAR_S, flux_m2_s};
use physics::reaction;
use physics::regolith::heat_capacity_j_kg_k;
use physics::sorption::{ZEOLITE_5A_CO2, ZEOLITE_13X_CO2, loading_mol_kg};
use physics::species::Gas;

use super::case::{Found, Group};
use super::mission::{Trace, channel, run_shipped};
use crate::component::{Setting, measure};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "C",
    title: "Closure and arithmetic",
    references: include_str!("../../../../data/reference/closure-and-arithmetic.json"),
    work: &[person, sealed_box, leak_box, gases, properties],
};

/// C-1 to C-4.
fn person() -> Result<Found, CliError> {
    let mut found = Found::default();
    let day = measure("crew", &[])?;
    for (case, name) in [("C-1", "mass"), ("C-2", "water")] {
        let flow = |part: &str| day.get(&format!("{name}_{part}_kg_d"));
        found.value(format!("{case}-in"), flow("in")?);
        found.value(format!("{case}-out"), flow("out")?);
        found.value(format!("{case}-closure"), (flow("out")? + flow("kept")?) / flow("in")?);
    }
    found.value("C-3", day.get("respiratory_quotient")?);
    found.value("C-3-exact", day.get("respiratory_quotient")?);
    found.value("C-4-o2", REV1_DAY.o2_kg);
    found.value("C-4-co2", REV1_DAY.co2_kg);
    found.value("C-4-vapour", REV1_DAY.vapour_kg);
    found.value("C-4-run-off", REV1_DAY.run_off_kg);
    found.value("C-4-heat", REV1_DAY.dry_heat_j * 1e-6);
    Ok(found)
}

/// C-5, by the simulator.
fn sealed_box() -> Result<Found, CliError> {
    let (mut co2_pa, mut o2_pa) = (Trace::default(), Trace::default());
    run_shipped("sealed-box", |habitat| {
        let t_h = habitat.t_s() / 3_600.0;
        co2_pa.push(t_h, channel(habitat, "box.air.pp_co2_pa"));
        o2_pa.push(t_h, channel(habitat, "box.air.pp_o2_pa"));
    })?;
    let mut found = Found::default();
    found.value("C-5-co2-3mmhg", co2_pa.crossing(400.0));
    found.value("C-5-co2-15mmhg", co2_pa.crossing(2_000.0));
    found.value("C-5-co2-20mmhg", co2_pa.crossing(2_666.0));
    found.value("C-5-o2-19.5kpa", o2_pa.crossing(19_500.0));
    found.value("C-5-o2-16kpa", o2_pa.crossing(16_000.0));
    Ok(found)
}

/// C-6, by the simulator.
fn leak_box() -> Result<Found, CliError> {
    let (mut p_pa, mut m_kg) = (Trace::default(), Trace::default());
    run_shipped("leak-box", |habitat| {
        p_pa.push(habitat.t_s(), channel(habitat, "box.air.p_total_pa"));
        let zone_kg: f64 = habitat
            .state()
            .zones
            .iter()
            .map(|zone| zone.total_mol() * zone.molar_mass_kg_mol())
            .sum();
        m_kg.push(habitat.t_s(), zone_kg);
    })?;
    let p0_pa = p_pa.largest(0.0, 0.0);
    let hour_pa = p_pa.least(0.0, 3_600.0);
    let dt_s = 10.0;
    let mut found = Found::default();
    found.value("C-6-time", p_pa.crossing(55_200.0) / 60.0);
    found.value("C-6-half", p_pa.crossing(0.5 * p0_pa) / 60.0);
    found.value("C-6-tau", 3_600.0 / (p0_pa / hour_pa).ln());
    let lost_kg = m_kg.largest(0.0, dt_s) - m_kg.least(0.0, dt_s);
    found.value("C-6-flow", lost_kg / dt_s * 3_600.0);
    Ok(found)
}

/// C-7 and C-8.
fn gases() -> Result<Found, CliError> {
    let mut found = Found::default();
    // The oxygen of one person, BVAD Rev 2, and the CO2 of the same.
    let (o2_kg_d, co2_kg_d) = (0.895, 1.085);
    let made = measure("oga", &[("o2_kg_d", Setting::Number(o2_kg_d))])?;
    let h2_kg_d = made.get("h2_kg_d")?;
    found.value("C-7-h2", h2_kg_d / made.get("o2_kg_d")?);
    found.value("C-7-water", made.get("water_kg_d")? / made.get("o2_kg_d")?);
    let kwh_mol = physics::electrolysis::ENTHALPY_J_MOL_O2 / 3.6e6;
    found.value("C-7-energy", kwh_mol / Gas::O2.molar_mass_kg_mol());

    let reduced = measure(
        "sabatier",
        &[
            ("co2_kg_d", Setting::Number(co2_kg_d)),
            ("h2_kg_d", Setting::Number(h2_kg_d)),
            ("h2_co2_ratio", Setting::Number(4.0)),
            ("conversion", Setting::Number(1.0)),
        ],
    )?;
    let o2_mol = o2_kg_d / Gas::O2.molar_mass_kg_mol();
    let co2_mol = co2_kg_d / Gas::Co2.molar_mass_kg_mol();
    let water_mol = reduced.get("water_kg_d")? / Gas::H2o.molar_mass_kg_mol();
    found.value("C-8-unit-co2", reduced.get("co2_reduced_share")?);
    found.value("C-8-printed", 100.0 * reduced.get("co2_reduced_share")?);
    found.value("C-8-unit-o2", water_mol / (2.0 * o2_mol));

    let h2_mol = reaction::electrolysis(2.0 * o2_mol).gas_mol[Gas::H2 as usize];
    let streams = reaction::sabatier(co2_mol, h2_mol, 1.0);
    found.value("C-8-co2", streams.co2_consumed_mol / co2_mol);
    found.value("C-8-o2", streams.h2o_product_mol / (2.0 * o2_mol));
    Ok(found)
}

/// C-9 to C-11.
fn properties() -> Result<Found, CliError> {
    let mut found = Found::default();
    let (co2_5a, co2_13x) = (ZEOLITE_5A_CO2, ZEOLITE_13X_CO2);
    let loadings = [
        (co2_5a, 298.0, 267.0),
        (co2_5a, 298.0, 400.0),
        (co2_5a, 298.0, 533.0),
        (co2_5a, 283.0, 267.0),
        (co2_5a, 283.0, 400.0),
        (co2_5a, 283.0, 533.0),
        (co2_13x, 298.0, 267.0),
        (co2_13x, 298.0, 400.0),
        (co2_13x, 298.0, 533.0),
        (co2_5a, 477.0, 300.0),
    ];
    for (index, (toth, t_k, p_pa)) in loadings.into_iter().enumerate() {
        found.value(format!("C-9-{}", index + 1), loading_mol_kg(&toth, t_k, p_pa));
    }
    for (index, mass_g) in [1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1.0].into_iter().enumerate() {
        found.value(format!("C-10-{}", index + 1), flux_m2_s(mass_g) * YEAR_S);
    }
    for t_k in [100.0, 200.0, 250.0, 273.0, 300.0, 350.0, 390.0] {
        found.value(format!("C-11-{t_k}"), heat_capacity_j_kg_k(t_k));
    }
    Ok(found)
}
