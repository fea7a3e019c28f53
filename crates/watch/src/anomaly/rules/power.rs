//! Array, fuel cell, electrolyser; coolant loops and radiator.

use super::{Book, past};
use crate::anomaly::{Detection, Rule, Side, Signal, Term};

/// Share of the coolant through the panels of the low loop by kelvin of its warming, 1/K: a straight line through a week of
/// quiet missions of the reference habitat (`artemis-30d`). Dust takes light and gives heat, so it moves the share either way.
const PANEL_PER_K: f64 = 0.075;

impl Book<'_> {
    pub(super) fn power(&self, rules: &mut Vec<Rule>) {
        let bus = "habitat.power";
        let (Some(lit), Some(source)) =
            (self.sensed(bus, "lit_fraction"), self.sensed(bus, "source_w"))
        else {
            return;
        };
        let signal = Signal::ratio(source, &[lit]).when(lit, 0.9, 2.0).after(1_800.0, 300.0);
        let words = "power of the array per share of the sun";
        rules.push(
            Rule::new(bus, "array", words, signal, past(0.05, 0.0, 0.0, Side::Both))
                .within(60.0)
                .or(["habitat.array".to_owned()]),
        );
        if let (Some(total), Some(drawn)) =
            (self.sensed(bus, "total_w"), self.sensed(bus, "drawn_w"))
        {
            let signal = Signal::ratio(drawn, &[total]).when(total, 500.0, f64::MAX);
            let words = "power drawn per power of all loads";
            let usual = past(0.04, 0.0, 0.0, Side::Both);
            rules.push(
                Rule::new(bus, "meters", words, signal.after(0.0, 180.0), usual).within(60.0),
            );
        }
        let cell = "habitat.fuel_cell";
        if let (Some(p), Some(set), Some(battery)) = (
            self.sensed(cell, "p_w"),
            self.find(cell, "set_p_w"),
            self.sensed("habitat.battery", "p_w"),
        ) {
            // The battery gives only what the fuel cell does not.
            let signal = Signal::ratio(p, &[set])
                .when(set, 300.0, 1e6)
                .when(battery, -1e9, -300.0)
                .after(600.0, 180.0);
            let band = Detection::Band { low: 0.8, high: 1.2, scale: 0.1 };
            rules.push(
                Rule::new(cell, "given", "power given per set-point", signal, band).within(60.0),
            );
        }
        if let (Some(taken), Some(store)) =
            (self.sensed(cell, "electrolyser_w"), self.sensed(cell, "store_fraction"))
        {
            let signal =
                Signal::of(taken).when(lit, 0.95, 2.0).when(store, 0.0, 0.95).after(900.0, 300.0);
            let detection = Detection::Past {
                history_s: 7_200.0,
                absolute: 500.0,
                relative: 0.3,
                spreads: 0.0,
                side: Side::Low,
            };
            rules.push(
                Rule::new(cell, "taken", "power into the electrolyser", signal, detection)
                    .or(["habitat.electrolyser".to_owned()]),
            );
        }
    }

    pub(super) fn thermal(&self, rules: &mut Vec<Rule>) {
        for unit in self.owners("sensed_return_k") {
            let (Some(back), Some(supply), Some(shed)) = (
                self.sensed(&unit, "return_k"),
                self.sensed(&unit, "supply_k"),
                self.sensed("habitat.power", "shed"),
            ) else {
                continue;
            };
            let pump = unit.replace("_loop", "_pump");
            // A heat exchanger measures the coolant that it gives back; else what the loop takes is as usual.
            let exchangers = self.owners("sensed_coolant_out_k");
            let exchanger = exchangers.first().filter(|_| unit.contains("low"));
            let out = exchanger.and_then(|unit| self.sensed(unit, "coolant_out_k"));
            let (signal, words, usual) = match out {
                Some(out) => (
                    Signal::difference(back, out).after(0.0, 180.0),
                    "coolant at the return against that of the heat exchanger",
                    past(0.0, 0.8, 8.0, Side::High),
                ),
                None => (
                    Signal::difference(back, supply).while_steady(shed, 0.5).after(7_200.0, 180.0),
                    "warming of the coolant",
                    past(0.8, 0.3, 0.0, Side::High),
                ),
            };
            let warming = Rule::new(&unit, "warming", words, signal, usual);
            rules.push(warming.within(60.0).or([pump]));
            let Some(panel) = self.sensed(&unit, "panel_fraction") else { continue };
            let term = |column, scale| Term { scale, factors: vec![(column, 1.0)] };
            let (signal, usual) = if unit.contains("low") {
                // What goes through the panels rises with the heat in the coolant.
                let terms =
                    vec![term(panel, 1.0), term(back, -PANEL_PER_K), term(supply, PANEL_PER_K)];
                let signal = Signal { terms, ..Signal::default() }.after(0.0, 10_800.0);
                (signal, past(0.0, 0.01, 6.0, Side::Both))
            } else {
                (Signal::of(panel).after(0.0, 3_600.0), past(0.0, 0.04, 6.0, Side::High))
            };
            let signal = signal.while_steady(shed, 0.5).since_yesterday();
            let words = "share of the coolant through the radiator, against yesterday";
            let panel = Rule::new(&unit, "panel", words, signal, usual);
            rules.push(panel.or(["habitat.radiator".to_owned()]));
        }
    }
}
