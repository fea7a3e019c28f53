//! Units of water, and balances of tanks.

use super::{Book, past};
use crate::anomaly::{Detection, Rule, Side, Signal, Term};

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
            window_s: 7_200.0,
            smooth_s: 3_600.0,
            ..Signal::default()
        };
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

    /// What heat exchangers, urine processors and reducers give arrives in the tank.
    fn condensate(&self, rules: &mut Vec<Rule>) {
        let Some(at) = self.sensed("stores.tanks", "condensate_kg") else { return };
        let mut signal = Signal {
            contents: vec![Term { scale: 1.0, factors: vec![(at, 1.0)] }],
            window_s: 7_200.0,
            smooth_s: 1_800.0,
            ..Signal::default()
        };
        for (quantity, scale) in
            [("condensate_kg_s", 1.0), ("distillate_kg_s", 1.0), ("water_mol_s", 0.018_015)]
        {
            for unit in self.owners(&format!("sensed_{quantity}")) {
                let flow = self.sensed(&unit, quantity);
                signal.terms.extend(flow.map(|at| Term { scale, factors: vec![(at, 1.0)] }));
            }
        }
        // While a water processor takes from it, nothing is said.
        for unit in self.owners("sensed_water_kg_s") {
            if let Some(flow) = self.sensed(&unit, "water_kg_s") {
                signal = signal.when(flow, -1.0, 1e-9);
            }
        }
        let signal = self.uncalibrated(&["stores.tanks"], signal);
        let words = "condensate that does not arrive in the tank";
        rules.push(
            Rule::new(
                "stores.tanks",
                "balance_condensate_kg",
                words,
                signal,
                past(0.0, 2e-5, 8.0, Side::Low),
            )
            .or(self.owners("sensed_condensate_kg_s"))
            .or(self.owners("sensed_distillate_kg_s")),
        );
    }

    /// What a brine processor takes while nothing comes in.
    fn brine(&self, rules: &mut Vec<Rule>) {
        let units = self.owners("set_on").into_iter().filter(|unit| unit.contains("brine"));
        let Some(at) = self.sensed("stores.tanks", "brine_kg") else { return };
        for unit in units {
            let contents = vec![Term { scale: 1.0, factors: vec![(at, 1.0)] }];
            let signal =
                Signal { contents, window_s: 3_600.0, smooth_s: 1_800.0, ..Signal::default() };
            let mut signal = self.on(&unit, signal.when(at, 2.0, 1e9));
            for source in self.owners("sensed_distillate_kg_s") {
                if let Some(flow) = self.sensed(&source, "distillate_kg_s") {
                    signal = signal.when(flow, -1.0, 1e-9);
                }
            }
            let signal = self.uncalibrated(&["stores.tanks"], signal);
            let words = "brine taken while none comes in";
            let detection = past(0.4, 0.0, 6.0, Side::High);
            rules.push(Rule::new(&unit, "rate", words, signal, detection).within(900.0));
        }
    }
}
