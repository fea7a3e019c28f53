//! Units of water, and balances of tanks.

use super::{Book, past};
use crate::anomaly::{Detection, Rule, Side, Signal, Term};

/// Brine that comes with a kilogram of distillate: 1/(recovery · share of water in urine) − 1, with 0.87 of HabNet and the 0.96 of
/// people (`habitat::water::upa`).
const BRINE_PER_DISTILLATE: f64 = 0.197;

impl Book<'_> {
    pub(super) fn water_units(&self, rules: &mut Vec<Rule>) {
        for (quantity, least) in [("water_kg_s", 2e-4), ("distillate_kg_s", 2e-5)] {
            for unit in self.owners(&format!("sensed_{quantity}")) {
                let Some(flow) = self.sensed(&unit, quantity) else { continue };
                let signal = Signal::of(flow).when(flow, least, 1.0).after(300.0, 300.0);
                let detection = Detection::Past {
                    history_s: 7_200.0,
                    absolute: 0.0,
                    relative: 0.25,
                    spreads: 0.0,
                    side: Side::Both,
                };
                rules.push(
                    Rule::new(&unit, "rate", "rate while it runs", signal, detection).within(60.0),
                );
            }
        }
    }

    pub(super) fn tanks(&self, rules: &mut Vec<Rule>) {
        let tank = |quantity: &str| self.sensed("stores.tanks", quantity);
        let content = |column| vec![Term { scale: 1.0, factors: vec![(column, 1.0)] }];
        let regulators = self.owners("set_pp_o2_pa");
        for (content_of, flow, name, least) in
            [("o2_mol", "o2_mol_s", "o2_tank", 1e-3), ("n2_mol", "n2_mol_s", "n2_tank", 2e-3)]
        {
            let Some(at) = tank(content_of) else { continue };
            let flows = regulators.iter().filter_map(|unit| self.sensed(unit, flow));
            let terms =
                flows.map(|flow| Term { scale: -1.0, factors: vec![(flow, 1.0)] }).collect();
            let signal = Signal {
                terms,
                contents: content(at),
                window_s: 10_800.0,
                smooth_s: 1_800.0,
                ..Signal::default()
            };
            let signal = self.uncalibrated(&["stores.tanks"], signal);
            let words = "change of the content that no flow explains";
            let detection = past(0.0, least, 12.0, Side::Both);
            rules.push(
                Rule::new(
                    "stores.tanks",
                    &format!("balance_{content_of}"),
                    words,
                    signal,
                    detection,
                )
                .or([format!("stores.{name}")]),
            );
        }
        self.condensate(rules);
        self.distillate(rules);
        self.brine(rules);
        let (Some(at), Some(shed)) = (tank("potable_kg"), self.sensed("habitat.power", "shed"))
        else {
            return;
        };
        let mut terms: Vec<Term> = Vec::new();
        let made = self.owners("sensed_water_kg_s").into_iter();
        terms.extend(
            made.filter_map(|unit| self.sensed(&unit, "water_kg_s"))
                .map(|flow| Term { scale: 1.0, factors: vec![(flow, 1.0)] }),
        );
        // Two moles of water, 36 g, for a mole of oxygen.
        let split = self.owners("set_o2_mol_s").into_iter();
        terms.extend(
            split
                .filter_map(|unit| self.sensed(&unit, "o2_mol_s"))
                .map(|flow| Term { scale: -0.036, factors: vec![(flow, 1.0)] }),
        );
        let signal = Signal {
            terms,
            contents: content(at),
            window_s: 10_800.0,
            smooth_s: 3_600.0,
            ..Signal::default()
        };
        let used = self.uncalibrated(&["stores.tanks"], signal.clone());
        let usual = past(0.0, 1.7e-4, 0.0, Side::Low);
        let words = "water that leaves the tank in three hours";
        rules.push(
            Rule::new("stores.tanks", "use_potable_kg", words, used, usual)
                .or(["stores.potable_tank".to_owned()]),
        );
        let signal = Signal { window_s: 7_200.0, ..signal };
        let signal =
            self.uncalibrated(&["stores.tanks"], signal.while_steady(shed, 0.5)).since_yesterday();
        let words = "water that leaves the tank, against yesterday";
        rules.push(
            Rule::new(
                "stores.tanks",
                "balance_potable_kg",
                words,
                signal,
                past(0.0, 1e-4, 18.0, Side::Low),
            )
            .or(["stores.potable_tank".to_owned()]),
        );
    }

    /// The condensate tank against what heat exchangers, urine processors and reducers give, while no water processor takes
    /// from it.
    fn gathered(&self, window_s: f64, smooth_s: f64) -> Option<Signal> {
        let at = self.sensed("stores.tanks", "condensate_kg")?;
        let contents = vec![Term { scale: 1.0, factors: vec![(at, 1.0)] }];
        let mut signal = Signal { contents, window_s, smooth_s, ..Signal::default() };
        for (quantity, scale) in
            [("condensate_kg_s", 1.0), ("distillate_kg_s", 1.0), ("water_mol_s", 0.018_015)]
        {
            for unit in self.owners(&format!("sensed_{quantity}")) {
                let flow = self.sensed(&unit, quantity);
                signal.terms.extend(flow.map(|at| Term { scale, factors: vec![(at, 1.0)] }));
            }
        }
        for unit in self.owners("sensed_water_kg_s") {
            if let Some(flow) = self.sensed(&unit, "water_kg_s") {
                signal = signal.when(flow, -1.0, 1e-9);
            }
        }
        Some(self.uncalibrated(&["stores.tanks"], signal))
    }

    /// What heat exchangers, urine processors and reducers give arrives in the tank.
    fn condensate(&self, rules: &mut Vec<Rule>) {
        let Some(signal) = self.gathered(7_200.0, 1_800.0) else { return };
        let words = "condensate that does not arrive in the tank";
        let usual = past(0.0, 2e-5, 8.0, Side::Low);
        rules.push(
            Rule::new("stores.tanks", "balance_condensate_kg", words, signal, usual)
                .or(self.owners("sensed_condensate_kg_s"))
                .or(self.owners("sensed_distillate_kg_s")),
        );
    }

    /// The same over the run of a urine processor, which loses little where it leaks.
    fn distillate(&self, rules: &mut Vec<Rule>) {
        for unit in self.owners("sensed_distillate_kg_s") {
            let (Some(signal), Some(flow)) =
                (self.gathered(10_800.0, 3_600.0), self.sensed(&unit, "distillate_kg_s"))
            else {
                continue;
            };
            let signal = signal.when(flow, 2e-5, 1.0);
            let words = "distillate that does not arrive in the tank";
            let usual = past(0.0, 4.5e-6, 4.0, Side::Low);
            rules.push(Rule::new(&unit, "distillate", words, signal, usual));
        }
    }

    /// What a brine processor takes: what its tank loses and what urine processors add.
    fn brine(&self, rules: &mut Vec<Rule>) {
        let units = self.owners("set_on").into_iter().filter(|unit| unit.contains("brine"));
        let Some(at) = self.sensed("stores.tanks", "brine_kg") else { return };
        for unit in units {
            let flows = self.owners("sensed_distillate_kg_s");
            let flows = flows.iter().filter_map(|one| self.sensed(one, "distillate_kg_s"));
            let signal = Signal {
                terms: flows
                    .map(|flow| Term { scale: BRINE_PER_DISTILLATE, factors: vec![(flow, 1.0)] })
                    .collect(),
                contents: vec![Term { scale: 1.0, factors: vec![(at, 1.0)] }],
                window_s: 14_400.0,
                smooth_s: 3_600.0,
                ..Signal::default()
            };
            let mut signal = self.on(&unit, signal.when(at, 1.0, 1e9));
            if let Some(power) = self.sensed(&unit, "power_w") {
                // In humid air it rests.
                signal = signal.when(power, 50.0, 1e9);
            }
            let signal = self.uncalibrated(&["stores.tanks"], signal);
            let words = "brine taken";
            let detection = past(0.0, 2.8e-6, 0.0, Side::High);
            rules.push(Rule::new(&unit, "rate", words, signal, detection).within(900.0));
        }
    }
}
