//! I: loss through a 2 mm hole, by the simulator.

use habitat::scenario;
use physics::constants::PA_PER_MMHG;

use super::case::{Found, Group};
use super::mission::{channel, run};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "I",
    title: "Leak rates",
    references: include_str!("../../../../data/reference/leak-rates.json"),
    work: &[two_millimetres],
};

fn two_millimetres() -> Result<Found, CliError> {
    let text = "schema = 1\nname = \"hole\"\ntitle = \"A 2 mm hole\"\n\
        source = \"life-support reference 8 I\"\nduration_days = 0.041666666666666664\n\
        dt_s = 60.0\ndecision_s = 3600.0\n[atmosphere]\npressure_pa = 101325.0\n\
        o2_fraction = 0.21\npp_co2_pa = 0.0\ntemperature_k = 295.0\nrelative_humidity = 0.0\n\
        [[zone]]\nname = \"box\"\nvolume_m3 = 900.0\nisothermal_k = 295.0\n\
        hole_diameter_m = 0.002\ndischarge_coefficient = 1.0\nsurroundings_pa = 0.0\n";
    let scenario = scenario::parse("hole", text)?.scenario;
    let (mut p_pa, mut m_kg) = (Vec::new(), Vec::new());
    run(&scenario, |habitat| {
        p_pa.push(channel(habitat, "box.air.p_total_pa"));
        let zones = habitat.state().zones.iter();
        m_kg.push(zones.map(|z| z.total_mol() * z.molar_mass_kg_mol()).sum::<f64>());
    })?;
    let mut found = Found::default();
    if let [first_kg, second_kg, ..] = m_kg[..] {
        found.value("I-1", (first_kg - second_kg) * 1_440.0);
    }
    if let ([first_pa, ..], [.., last_pa]) = (&p_pa[..], &p_pa[..]) {
        found.value("I-2", (first_pa - last_pa) / PA_PER_MMHG);
    }
    Ok(found)
}
