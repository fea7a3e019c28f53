//! Units of air: removal of CO2, heat exchangers, oxygen generators, reducers, and what draws power whenever it is on.

use super::{Book, air_of, past};
use crate::anomaly::{Detection, Rule, Side, Signal, Term};

/// Electric energy of a mole of oxygen, J/mol: four electrons at 1.81 V, the voltage of the generator at its usual current
/// (`physics::electrolysis`).
const CELL_J_MOL: f64 = 4.0 * 96_485.0 * 1.81;

impl Book<'_> {
    pub(super) fn air_units(&self, rules: &mut Vec<Rule>) {
        for unit in self.owners("sensed_co2_inlet_mol_s") {
            self.removal(&unit, rules);
        }
        for unit in self.owners("sensed_coil_share") {
            self.exchanger(&unit, rules);
        }
        let makers = self.owners("set_o2_mol_s");
        for unit in &makers {
            self.generator(unit, rules);
        }
        for unit in self.owners("sensed_water_mol_s") {
            let maker = makers.first().and_then(|maker| self.sensed(maker, "o2_mol_s"));
            let co2 = self.sensed("stores.tanks", "co2_mol");
            let (Some(water), Some(made), Some(co2)) =
                (self.sensed(&unit, "water_mol_s"), maker, co2)
            else {
                continue;
            };
            // Two H2 come with one O2, and with CO2 in the accumulator all of them react.
            let yielded = Signal::ratio(water, &[made]).when(made, 2e-4, 1.0).when(co2, 1.0, 1e9);
            let yielded = self.on(&unit, yielded).after(1_200.0, 600.0);
            let words = "water made per oxygen made";
            rules.push(
                Rule::new(&unit, "yield", words, yielded, past(0.1, 0.0, 0.0, Side::Both))
                    .within(120.0),
            );
        }
        // What draws power whenever it is on.
        for unit in self.owners("sensed_power_w") {
            let Some(power) = self.sensed(&unit, "power_w") else { continue };
            if self.find(&unit, "set_on").is_none() {
                continue;
            }
            let mut drawn = self.on(&unit, Signal::of(power)).after(900.0, 180.0);
            if self.sensed(&unit, "water_mol_s").is_some()
                && let Some(co2) = self.sensed("stores.tanks", "co2_mol")
            {
                // A reducer without CO2 or hydrogen rests.
                drawn = drawn.when(co2, 1.0, 1e9);
                let made = makers.first().and_then(|maker| self.sensed(maker, "o2_mol_s"));
                drawn = made.into_iter().fold(drawn, |drawn, made| drawn.when(made, 2e-4, 1.0));
            }
            let dead = Detection::Band { low: 15.0, high: 1e6, scale: 10.0 };
            rules.push(Rule::new(&unit, "dead", "power drawn while on", drawn, dead).within(0.0));
        }
    }

    fn removal(&self, unit: &str, rules: &mut Vec<Rule>) {
        let air = air_of(unit);
        let (Some(intake), Some(spill)) =
            (self.sensed(unit, "co2_inlet_mol_s"), self.sensed(unit, "co2_outlet_mol_s"))
        else {
            return;
        };
        if let (Some(pp), Some(t)) = (self.sensed(&air, "pp_co2_pa"), self.sensed(&air, "t_k")) {
            // A blower of constant volume draws CO2 in proportion to its density.
            let factors = vec![(intake, 1.0), (t, 1.0), (pp, -1.0)];
            let signal = Signal { terms: vec![Term { scale: 1.0, factors }], ..Signal::default() };
            let signal = self.on(unit, signal.when(pp, 100.0, 1e5)).after(900.0, 180.0);
            let words = "CO2 drawn in per CO2 in the air";
            rules.push(
                Rule::new(unit, "intake", words, signal, past(0.18, 0.0, 0.0, Side::Both))
                    .within(60.0),
            );
        }
        let signal = self.on(unit, Signal::ratio(spill, &[intake]).when(intake, 1e-4, 1.0));
        let words = "share of the CO2 drawn in that is given back";
        let detection = past(0.0, 0.25, 6.0, Side::High);
        rules.push(Rule::new(unit, "spill", words, signal.after(900.0, 10_800.0), detection));
    }

    fn exchanger(&self, unit: &str, rules: &mut Vec<Rule>) {
        let air = air_of(unit);
        let (Some(power), Some(t), Some(p), Some(set)) = (
            self.sensed(unit, "power_w"),
            self.sensed(&air, "t_k"),
            self.sensed(&air, "p_total_pa"),
            self.find(unit, "set_t_k"),
        ) else {
            return;
        };
        let factors = vec![(power, 1.0), (t, 1.0), (p, -1.0)];
        let signal = Signal { terms: vec![Term { scale: 1.0, factors }], ..Signal::default() };
        let words = "fan power per density of the air";
        let signal = self.on(unit, signal).after(900.0, 180.0);
        rules.push(
            Rule::new(unit, "fan", words, signal, past(0.15, 0.0, 0.0, Side::Both)).within(60.0),
        );
        let signal = self.on(unit, Signal::difference(t, set)).after(3_600.0, 600.0);
        let words = "distance from its set-point";
        rules.push(Rule::new(unit, "control", words, signal, past(0.0, 1.0, 6.0, Side::Both)));
        if let Some(share) = self.sensed(unit, "coil_share") {
            // The valve regulates all the time, unless it is fully open.
            let signal = self.on(unit, Signal::of(share).when(share, 0.02, 0.95));
            let held = Detection::Flat { samples: 150, room: 0.006 };
            let words = "valve of the coil does not move";
            let rule = Rule::new(unit, "valve", words, signal.after(900.0, 900.0), held);
            rules.push(rule.within(0.0));
        }
        if let (Some(shed), Some(drain)) =
            (self.sensed("habitat.power", "shed"), self.sensed(unit, "condensate_kg_s"))
        {
            let signal = self.on(unit, Signal::of(drain).while_steady(shed, 0.5));
            let signal = signal.after(0.0, 3_600.0).since_yesterday();
            let words = "condensate against yesterday";
            let wet = ["stores.potable_tank".to_owned()].into_iter();
            let wet = wet
                .chain(self.owners("sensed_water_kg_s"))
                .chain(self.owners("sensed_distillate_kg_s"));
            rules.push(
                Rule::new(unit, "drain", words, signal, past(0.0, 3e-5, 6.0, Side::Both)).or(wet),
            );
        }
    }

    fn generator(&self, unit: &str, rules: &mut Vec<Rule>) {
        let (Some(made), Some(set)) =
            (self.sensed(unit, "o2_mol_s"), self.find(unit, "set_o2_mol_s"))
        else {
            return;
        };
        let signal = Signal::ratio(made, &[set]).when(set, 2e-4, 1.0).after(1_200.0, 180.0);
        let band = Detection::Band { low: 0.85, high: 1.15, scale: 0.1 };
        rules.push(Rule::new(unit, "made", "oxygen made per set-point", signal, band).within(60.0));
        if let Some(power) = self.sensed(unit, "power_w") {
            let term = |column, scale| Term { scale, factors: vec![(column, 1.0)] };
            let terms = vec![term(power, 1.0), term(made, -CELL_J_MOL)];
            let signal = Signal { terms, ..Signal::default() }.when(made, 2e-4, 1.0);
            let words = "power beyond what the cells take for the oxygen made";
            let usual = past(0.0, 90.0, 6.0, Side::Both);
            rules.push(
                Rule::new(unit, "cells", words, signal.after(1_200.0, 180.0), usual).within(60.0),
            );
        }
        // Rules trim it at each decision.
        let flat = Detection::Flat { samples: 90, room: 0.0 };
        let words = "set-point in force does not move";
        rules.push(Rule::new(unit, "deaf", words, Signal::of(set), flat).within(0.0));
    }
}
