//! Instruments that jump: what a quantity cannot do from one minute to the next, by what holds it back.

use super::{Book, past};
use crate::anomaly::{Detection, Rule, Side, Signal};

/// How long a jump is remembered, s.
const HOLD_S: f64 = 1_800.0;
/// Warmer than this a bed is held by its heater, K.
const HELD_K: (f64, f64) = (470.0, 500.0);

impl Book<'_> {
    /// The rules for jumps of the instrument in column `at`.
    pub(super) fn jump(&self, at: usize, name: &str, rules: &mut Vec<Rule>) {
        let channel = &self.catalogue.channels()[at];
        let owner = channel.owner.as_str();
        // A calibrated instrument shows something else at once.
        let still = |signal| self.uncalibrated(&[owner], signal);
        let Some((limit, relative)) = leap(owner, name) else {
            if name.starts_with("bed_") {
                self.bed(at, name, rules);
            }
            return;
        };
        let mut signal = Signal::of(at);
        if name == "air_out_k" || name == "power_w" {
            // Off and on again is no jump.
            signal = self.on(owner, signal).after(900.0, 0.0);
        } else if name.ends_with("_k") && name != "t_k" {
            // Coolant that begins to flow takes up the heat of what stood, and so it does where loads go or come back.
            if let Some(shed) = self.sensed("habitat.power", "shed") {
                signal = signal.while_steady(shed, 0.5);
            }
            signal = signal.after(1_800.0, 0.0);
        }
        let words = format!("{} jumps", channel.quantity);
        let step = Detection::Step { limit, relative, hold_s: HOLD_S };
        let jump = format!("jump_{name}");
        rules.push(Rule::new(owner, &jump, &words, still(signal), step).within(0.0));
    }

    /// A bed of CO2 removal warms and cools by 190 K in each cycle; what its heater holds is the same in all of them.
    fn bed(&self, at: usize, name: &str, rules: &mut Vec<Rule>) {
        let channel = &self.catalogue.channels()[at];
        // Neither what it is on its way there nor on its way back.
        let signal = Signal::of(at).when(at, HELD_K.0, HELD_K.1).while_steady(at, 1.0);
        let signal = signal.after(1_200.0, 300.0);
        let signal = self.uncalibrated(&[&channel.owner], signal);
        let words = format!("{} while it is held", channel.quantity);
        let usual = past(0.0, 0.8, 0.0, Side::Both);
        let held = format!("held_{name}");
        rules.push(Rule::new(&channel.owner, &held, &words, signal, usual).within(0.0));
    }
}

/// A jump that a quantity cannot make in three minutes by itself: in its unit, and as a share of its value.
///
/// Air goes with the mass of a zone, coolant with the 200 kJ/K of its loop, tanks with the largest flow into them; shares are
/// seven times the noise that goes with the value (0.5 %) between two medians of three. All are assumed and checked against
/// quiet missions by `watch tune`.
fn leap(owner: &str, name: &str) -> Option<(f64, f64)> {
    let is_tank = owner == "stores.tanks";
    match name {
        "p_total_pa" | "pp_o2_pa" => Some((250.0, 0.0)),
        "pp_co2_pa" => Some((60.0, 0.0)),
        "t_k" if owner.ends_with(".air") || owner.ends_with(".structure") => Some((1.2, 0.0)),
        "t_k" | "supply_k" | "coolant_out_k" => Some((1.0, 0.0)),
        // Stacks that start warm the moderate loop by more than that.
        "return_k" if owner.contains("low") => Some((1.0, 0.0)),
        "air_out_k" => Some((1.3, 0.0)),
        "rh" => Some((0.1, 0.0)),
        "usable" | "store_fraction" => Some((0.06, 0.0)),
        "o2_mol" | "n2_mol" if is_tank => Some((8.0, 0.04)),
        "potable_kg" if is_tank => Some((1.0, 0.04)),
        "condensate_kg" if is_tank => Some((0.6, 0.04)),
        "urine_kg" if is_tank => Some((0.25, 0.04)),
        "brine_kg" if is_tank => Some((0.12, 0.04)),
        // Fans and heaters that do not cycle.
        "power_w" if ["ccaa", "tccs", "brine_processor"].iter().any(|one| owner.contains(one)) => {
            Some((8.0, 0.06))
        }
        _ => None,
    }
}
