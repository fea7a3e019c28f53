//! D: LMLSTP Phase III, the envelope of 91 days with four people and a wheat crop.

use physics::constants::DAY_S;

use super::case::{Found, Group};
use super::mission::{Trace, channel, run_shipped};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "D",
    title: "LMLSTP Phase III, 91 days (calibrated: the test checks envelope and balance)",
    references: include_str!("../../../../data/reference/lmlstp-phase-3-ctsd-adv-341.json"),
    work: &[run],
};

fn run() -> Result<Found, CliError> {
    let (mut o2, mut co2, mut rh) = (Trace::default(), Trace::default(), Trace::default());
    run_shipped("lmlstp-phase-3", |habitat| {
        let day = habitat.t_s() / DAY_S;
        let of = |quantity: &str| channel(habitat, &format!("chamber.air.{quantity}"));
        let dry_pa = of("p_total_pa") - of("pp_h2o_pa");
        o2.push(day, 100.0 * of("o2_fraction"));
        co2.push(day, 100.0 * of("pp_co2_pa") / dry_pa);
        rh.push(day, 100.0 * of("rh"));
    })?;
    let (from, to) = (0.0, f64::INFINITY);
    let mut found = Found::default();
    found.value("D-o2-low", o2.least(from, to));
    found.value("D-o2-high", o2.largest(from, to));
    found.value("D-co2-low", co2.least(from, to));
    found.value("D-co2-high", co2.largest(from, to));
    found.value("D-co2-mean", co2.mean(from, to));
    let note = "for information; the report gives about 40 % and no tolerance";
    found.remark("D-humidity", "mean relative humidity", "%", rh.mean(from, to), note);
    Ok(found)
}
