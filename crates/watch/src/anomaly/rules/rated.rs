//! Units against what they are rated for, which needs no past: one that was never seen sound is found, too.

use super::Book;
use crate::anomaly::{Detection, Rule, Signal, Term};

/// Power of the array goes with this power of the light: cells are colder in less light, and lose 0.2 % of their efficiency per
/// kelvin (`physics::photovoltaic`). Holds within 3 % from 0.3 of the light on.
const LIGHT: f64 = 0.86;
/// Shares of a rating between which a unit works: instruments of flow err by 7 % at most (2 % of bias, within 3.47 of them, and
/// noise), half of a unit takes 50 %. In between, assumed.
const WORKS: (f64, f64) = (0.8, 1.25);
/// The same of an array, of which one string in ten is dead: light and power err by 1 % of bias each. Assumed.
const SHINES: (f64, f64) = (0.94, 1.06);
/// Shares of the electrolyser's rating: what may be left over, and what is near enough to the rating that no more fits in. Assumed.
const LEFT_OVER: (f64, f64) = (0.15, 0.8);
/// Share of the store of the fuel cell above which it counts as full. Assumed.
const FULL: f64 = 0.93;

impl Book<'_> {
    pub(super) fn rated(&self, rules: &mut Vec<Rule>) {
        for (quantity, settle_s) in [
            ("o2_mol_s", 120.0),
            ("n2_mol_s", 120.0),
            ("distillate_kg_s", 600.0),
            ("water_kg_s", 600.0),
        ] {
            for unit in self.owners(&format!("sensed_{quantity}")) {
                let Some((column, rated)) = self.rating(&unit, quantity) else { continue };
                // What has just begun or is about to end is less than the rate.
                let signal = Signal::scaled(column, 1.0 / rated)
                    .when(column, 0.05 * rated, 1e9)
                    .after(settle_s, settle_s);
                let band = Detection::Band { low: WORKS.0, high: WORKS.1, scale: 0.1 };
                let words = "share of its rate while it runs";
                let name = format!("rated_{}", quantity.split('_').next().unwrap_or_default());
                rules.push(Rule::new(&unit, &name, words, signal, band).within(60.0));
            }
        }
        self.rated_array(rules);
        self.unused(rules);
        self.dark(rules);
    }

    fn rating(&self, owner: &str, quantity: &str) -> Option<(usize, f64)> {
        let column = self.sensed(owner, quantity)?;
        let rated = *self.facts.rated.get(&format!("{owner}.sensed_{quantity}"))?;
        (rated > 0.0).then_some((column, rated))
    }

    /// The array in any light, also at the first dawn.
    fn rated_array(&self, rules: &mut Vec<Rule>) {
        let bus = "habitat.power";
        let (Some((source, rated)), Some(lit)) =
            (self.rating(bus, "source_w"), self.sensed(bus, "lit_fraction"))
        else {
            return;
        };
        let factors = vec![(source, 1.0), (lit, -LIGHT)];
        let terms = vec![Term { scale: 1.0 / rated, factors }];
        let signal = Signal { terms, ..Signal::default() }.when(lit, 0.3, 2.0).after(300.0, 600.0);
        let band = Detection::Band { low: SHINES.0, high: SHINES.1, scale: 0.05 };
        let words = "power of the array as a share of its rating in this light";
        let rule = Rule::new(bus, "array_rated", words, signal, band).within(300.0);
        rules.push(rule.or(["habitat.array".to_owned()]));
    }

    /// Power that nobody takes while the store of the fuel cell has room.
    fn unused(&self, rules: &mut Vec<Rule>) {
        let (bus, cell) = ("habitat.power", "habitat.fuel_cell");
        let Some((taken, rated)) = self.rating(cell, "electrolyser_w") else { return };
        let (Some(source), Some(drawn), Some(store), Some(set)) = (
            self.sensed(bus, "source_w"),
            self.sensed(bus, "drawn_w"),
            self.sensed(cell, "store_fraction"),
            self.find(cell, "set_electrolyser_w"),
        ) else {
            return;
        };
        let flows = [
            (Some(source), 1.0),
            (self.sensed(cell, "p_w"), 1.0),
            (Some(drawn), -1.0),
            (Some(taken), -1.0),
            (self.sensed("habitat.battery", "p_w"), -1.0),
        ];
        let terms = flows.into_iter().filter_map(|(column, scale)| {
            column.map(|column| Term { scale, factors: vec![(column, 1.0)] })
        });
        // At its rating it cannot take more, and less than that may be what it is told to take.
        let signal = Signal { terms: terms.collect(), ..Signal::default() }
            .when(store, 0.0, FULL)
            .when(taken, -1e3, LEFT_OVER.1 * rated)
            .when(set, 0.95 * rated, f64::MAX)
            .when(source, 0.1 * rated, f64::MAX)
            .after(300.0, 300.0);
        let band = Detection::Band { low: -1e9, high: LEFT_OVER.0 * rated, scale: 0.05 * rated };
        let words = "power that nobody takes while the store has room";
        let rule = Rule::new(cell, "unused", words, signal, band).within(60.0);
        rules.push(rule.or(["habitat.electrolyser".to_owned()]));
    }

    /// With nothing left to shed and still too little, nothing has power.
    fn dark(&self, rules: &mut Vec<Rule>) {
        let bus = "habitat.power";
        let Some(shed) = self.sensed(bus, "shed").filter(|_| !self.facts.shed_order.is_empty())
        else {
            return;
        };
        let loads = self.facts.shed_order.len() as f64;
        let band = Detection::Band { low: -1.0, high: loads + 0.5, scale: 1.0 };
        let rule = Rule::new(
            bus,
            "dark",
            "loads without power beyond all that may be shed",
            Signal::of(shed),
            band,
        );
        let sources = ["battery", "fuel_cell", "array"].map(|unit| format!("habitat.{unit}"));
        rules.push(rule.within(0.0).or(sources));
    }
}
