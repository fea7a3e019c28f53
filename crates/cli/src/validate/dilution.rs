//! G: slow loss of oxygen against exchange with the air outside, a box of Biosphere 2's size.

use habitat::scenario;
use physics::constants::{DAY_S, R_J_MOL_K};
use physics::metabolism::M_O2_KG_MOL;

use super::case::{Found, Group};
use super::mission::{Trace, channel, run};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "G",
    title: "Biosphere 2, dilution of an oxygen sink",
    references: include_str!("../../../../data/reference/biosphere-2-dilution.json"),
    work: &[without_leak, ten_percent_a_year, one_percent_a_day],
};

/// Volume, m3; twice what a scenario file may ask for, so it is set after reading.
const VOLUME_M3: f64 = 200_000.0;
/// Sixteen months, d.
const DAYS: f64 = 487.0;
/// Oxygen lost, share of the first amount of gas a day.
const SINK_1_D: f64 = 140e-6;
const P_PA: f64 = 101_325.0;
const T_K: f64 = 295.0;

/// O2 at the end, in per cent of the first total pressure, with `exchange_1_d` of exchange.
fn end_percent(exchange_1_d: f64) -> Result<f64, CliError> {
    let sink_kg_d = SINK_1_D * P_PA * VOLUME_M3 / (R_J_MOL_K * T_K) * M_O2_KG_MOL;
    let text = format!(
        "schema = 1\nname = \"dilution\"\ntitle = \"Oxygen sink in a leaking box\"\n\
         source = \"life-support reference 8 G\"\nduration_days = {DAYS:?}\ndt_s = 3600.0\n\
         decision_s = 86400.0\n[atmosphere]\npressure_pa = {P_PA:?}\no2_fraction = 0.209\n\
         pp_co2_pa = 0.0\ntemperature_k = {T_K:?}\nrelative_humidity = 0.0\n\
         [[zone]]\nname = \"box\"\nvolume_m3 = 1.0\nisothermal_k = {T_K:?}\n\
         surroundings_pa = {P_PA:?}\nsurroundings_exchange_per_day = {exchange_1_d:?}\n\
         [[source_term]]\nname = \"sink\"\nzone = \"box\"\nkind = \"o2\"\n\
         schedule = [{{ from_h = 0.0, to_h = {:?}, kg_d = {:?} }}]\n",
        DAYS * 24.0,
        -sink_kg_d,
    );
    let mut scenario = scenario::parse("dilution", &text)?.scenario;
    for zone in &mut scenario.zones {
        zone.volume_m3 = VOLUME_M3;
    }
    let mut percent = Trace::default();
    run(&scenario, |habitat| {
        let pp_o2_pa = channel(habitat, "box.air.pp_o2_pa");
        percent.push(habitat.t_s() / DAY_S, 100.0 * pp_o2_pa / P_PA);
    })?;
    Ok(percent.least(DAYS, DAYS))
}

fn without_leak() -> Result<Found, CliError> {
    let mut found = Found::default();
    found.value("G-1", end_percent(0.0)?);
    Ok(found)
}

fn ten_percent_a_year() -> Result<Found, CliError> {
    let mut found = Found::default();
    let points = 20.9 - end_percent(0.1 / 365.0)?;
    found.value("G-2", points);
    found.value("G-2-closed", points);
    Ok(found)
}

fn one_percent_a_day() -> Result<Found, CliError> {
    let mut found = Found::default();
    let points = 20.9 - end_percent(0.01)?;
    found.value("G-3", points);
    found.value("G-3-closed", points);
    Ok(found)
}
