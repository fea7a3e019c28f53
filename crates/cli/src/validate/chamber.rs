//! A: the integrated chamber test of the CO2 removal unit, and what the model predicts for the loads
//! whose measurements are kept back.

use physics::constants::PA_PER_MMHG;

use super::case::{Found, Group};
use super::mission::{Trace, channel, run_shipped};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "A",
    title: "CO2 removal, integrated chamber test",
    references: include_str!("../../../../data/reference/cdra-chamber-knox-2000.json"),
    work: &[run],
};

/// Test hour at which the mission starts.
const START_H: f64 = 18.7;
/// Test hours at which the load falls to four and to three people.
const FOUR_H: f64 = 50.0;
const THREE_H: f64 = 68.5;
/// Last test hour.
const END_H: f64 = 84.8;
/// A full cycle of the unit, over which the swap phase averages out, h.
const CYCLE_H: f64 = 4.8;
/// Why a number of the chamber test has no verdict.
const BLIND: &str = "prediction; the measurement is kept back as a blind test";
const SHOWN: &str = "for information; no gate";

/// Pressure of CO2 (torr) over test hours, and mean power of the unit (W) in the six-person window.
pub fn trace() -> Result<(Trace, f64), CliError> {
    let mut pp_co2_torr = Trace::default();
    let mut power_w = Trace::default();
    run_shipped("cdra-chamber-test", |habitat| {
        let test_h = START_H + habitat.t_s() / 3_600.0;
        pp_co2_torr.push(test_h, channel(habitat, "chamber.air.pp_co2_pa") / PA_PER_MMHG);
        power_w.push(test_h, channel(habitat, "chamber.cdra.power_w"));
    })?;
    Ok((pp_co2_torr, power_w.mean(FOUR_H - CYCLE_H, FOUR_H)))
}

/// Time in which the mean over a cycle covers 63 % of the way after a step of the load, h.
///
/// The way is from the mean over the last cycle before the step to the mean over the last cycle of
/// the load; the mean over a cycle belongs to its middle.
fn time_constant_h(trace: &Trace, step_h: f64, end_h: f64) -> f64 {
    let before = trace.mean(step_h - CYCLE_H, step_h);
    let after = trace.mean(end_h - CYCLE_H, end_h);
    let mut smooth = Trace::default();
    let mut middle_h = step_h - 0.5 * CYCLE_H;
    while middle_h + 0.5 * CYCLE_H <= end_h {
        let mean = trace.mean(middle_h - 0.5 * CYCLE_H, middle_h + 0.5 * CYCLE_H);
        smooth.push(middle_h - step_h, mean);
        middle_h += 1.0 / 60.0;
    }
    smooth.crossing(after + (before - after) * (-1.0_f64).exp())
}

fn run() -> Result<Found, CliError> {
    let (torr, _) = trace()?;
    let mut found = Found::default();
    let (from_h, to_h) = (41.7, FOUR_H);
    found.value("A-1", torr.mean(from_h, to_h));
    let (least, largest) = (torr.least(from_h, to_h), torr.largest(from_h, to_h));
    found.remark("A-ripple-low", "six people: least in the window (3.00)", "torr", least, SHOWN);
    found.remark("A-ripple-high", "six people: largest (3.50)", "torr", largest, SHOWN);
    found.remark("A-ripple", "six people: peak to peak (0.50)", "torr", largest - least, SHOWN);
    let rows = [
        ("A-4cm-window", "four people: mean of test hours 50 to 68.5", FOUR_H, THREE_H),
        ("A-4cm-late", "four people: mean of the last 9.6 h", THREE_H - 2.0 * CYCLE_H, THREE_H),
        ("A-3cm-window", "three people: mean of test hours 68.5 to 84.8", THREE_H, END_H),
        ("A-3cm-late", "three people: mean of the last 9.6 h", END_H - 2.0 * CYCLE_H, END_H),
    ];
    for (id, quantity, from_h, to_h) in rows {
        found.remark(id, quantity, "torr", torr.mean(from_h, to_h), BLIND);
    }
    let four_h = time_constant_h(&torr, FOUR_H, THREE_H);
    let three_h = time_constant_h(&torr, THREE_H, END_H);
    found.remark("A-4cm-time", "six to four people: time constant", "h", four_h, BLIND);
    found.remark("A-3cm-time", "four to three people: time constant", "h", three_h, BLIND);
    Ok(found)
}
