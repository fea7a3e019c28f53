//! The rules of a habitat, found by the ids of its channels.

use std::collections::BTreeMap;

use catalogue::{Catalogue, Unit, ValueKind};
use serde::{Deserialize, Serialize};

use super::{Detection, Rule, Side, Signal, Term};

/// A day and a half, s: the past of what follows the rhythm of the day.
const DAYS_S: f64 = 129_600.0;

/// What is known of a habitat beside its channels.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// Loads that the bus drops when power is short, the first one first: one that is dropped is not expected to work.
    pub shed_order: Vec<String>,
    /// Volumes of zones by name, m3. Without them zones count alike, and balances of air tell less.
    pub volumes_m3: BTreeMap<String, f64>,
}

/// Every rule for which `catalogue` has the channels, in a fixed order.
#[must_use]
pub fn rules_of(catalogue: &Catalogue, facts: &Facts) -> Vec<Rule> {
    let book = Book { catalogue, facts };
    let mut rules = Vec::new();
    book.instruments(&mut rules);
    book.air_units(&mut rules);
    book.water_units(&mut rules);
    book.tanks(&mut rules);
    book.zones(&mut rules);
    book.power(&mut rules);
    book.thermal(&mut rules);
    rules
}

struct Book<'a> {
    catalogue: &'a Catalogue,
    facts: &'a Facts,
}

fn past(relative: f64, absolute: f64, spreads: f64, side: Side) -> Detection {
    Detection::Past { history_s: DAYS_S, absolute, relative, spreads, side }
}

impl Book<'_> {
    fn find(&self, owner: &str, quantity: &str) -> Option<usize> {
        self.catalogue.find(&format!("{owner}.{quantity}")).ok()
    }

    fn sensed(&self, owner: &str, quantity: &str) -> Option<usize> {
        self.find(owner, &format!("sensed_{quantity}"))
    }

    /// Owners that have the quantity, in the order of the catalogue.
    fn owners(&self, quantity: &str) -> Vec<String> {
        let end = format!(".{quantity}");
        let ids = self.catalogue.channels().iter().map(|channel| &channel.id);
        ids.filter_map(|id| id.strip_suffix(&end).map(str::to_owned)).collect()
    }

    /// `signal` while the unit is commanded on and has power.
    fn on(&self, owner: &str, signal: Signal) -> Signal {
        let mut signal = signal;
        if let Some(on) = self.find(owner, "set_on") {
            signal = signal.when(on, 0.5, 2.0);
        }
        let rank = self.facts.shed_order.iter().position(|load| load == owner);
        match (self.sensed("habitat.power", "shed"), rank) {
            (Some(shed), Some(rank)) => signal.when(shed, -0.5, rank as f64 + 0.5),
            // With nothing left to shed the whole bus is dark.
            (Some(shed), None) => signal.when(shed, -0.5, self.facts.shed_order.len() as f64 + 0.5),
            _ => signal,
        }
    }

    /// `signal` while no instrument of `owners` is calibrated: what they show changes with that.
    fn uncalibrated(&self, owners: &[&str], signal: Signal) -> Signal {
        let sets = owners.iter().filter_map(|owner| self.find(owner, "set_calibrate"));
        sets.fold(signal, |signal, set| signal.when(set, -0.5, 0.5))
    }

    /// Instruments against what instruments can do.
    fn instruments(&self, rules: &mut Vec<Rule>) {
        for (at, channel) in self.catalogue.channels().iter().enumerate() {
            let quantity = channel.id.rsplit('.').next().unwrap_or_default();
            let Some(name) = quantity.strip_prefix("sensed_") else { continue };
            if channel.kind != ValueKind::Sensed || is_record(name) {
                continue;
            }
            // Zero is shown by a flow that stands still, one by a share that is full.
            let moving = Signal::of(at).when(at, 1e-12, f64::MAX);
            let moving = if channel.unit == Unit::One {
                moving.when(at, 1e-12, 1.0 - 1e-12)
            } else {
                moving
            };
            let stuck = format!("stuck_{name}");
            let words = format!("{} does not move", channel.quantity);
            let flat = Detection::Flat { samples: 6, room: 0.0 };
            rules.push(Rule::new(&channel.owner, &stuck, &words, moving, flat).within(0.0));
            let Some(limit) = leap(&channel.owner, name) else { continue };
            let words = format!("{} jumps", channel.quantity);
            let step = Detection::Step { limit, hold_s: 1_800.0 };
            let jump = format!("jump_{name}");
            // A calibrated instrument shows something else at once.
            let still = self.uncalibrated(&[&channel.owner], Signal::of(at));
            rules.push(Rule::new(&channel.owner, &jump, &words, still, step).within(0.0));
        }
    }

    fn air_units(&self, rules: &mut Vec<Rule>) {
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
                Rule::new(unit, "intake", words, signal, past(0.25, 0.0, 0.0, Side::Both))
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
        // Rules trim it at each decision.
        let flat = Detection::Flat { samples: 90, room: 0.0 };
        let words = "set-point in force does not move";
        rules.push(Rule::new(unit, "deaf", words, Signal::of(set), flat).within(0.0));
    }

    fn water_units(&self, rules: &mut Vec<Rule>) {
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

    fn tanks(&self, rules: &mut Vec<Rule>) {
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

    fn zones(&self, rules: &mut Vec<Rule>) {
        let airs = self.owners("sensed_p_total_pa");
        let hulls = || airs.iter().map(|air| format!("{}.hull", place_of(air)));
        // Nitrogen in the air, as pressure at 295 K: what is left when oxygen, CO2 and vapour are taken off. The pressure of
        // saturation goes with the 18th power of temperature near 292 K, where it is 2 196 Pa.
        let mut contents = Vec::new();
        let volume =
            |air: &String| self.facts.volumes_m3.get(place_of(air)).copied().unwrap_or(1.0);
        let all_m3: f64 = airs.iter().map(volume).sum();
        for air in &airs {
            let share = 295.0 * volume(air) / all_m3;
            let (Some(p), Some(o2), Some(co2), Some(t), Some(rh)) = (
                self.sensed(air, "p_total_pa"),
                self.sensed(air, "pp_o2_pa"),
                self.sensed(air, "pp_co2_pa"),
                self.sensed(air, "t_k"),
                self.sensed(air, "rh"),
            ) else {
                continue;
            };
            for (column, sign) in [(p, 1.0), (o2, -1.0), (co2, -1.0)] {
                contents
                    .push(Term { scale: sign * share, factors: vec![(column, 1.0), (t, -1.0)] });
            }
            let scale = -share * 2_196.0 / 292.0_f64.powf(18.1);
            contents.push(Term { scale, factors: vec![(rh, 1.0), (t, 17.1)] });
        }
        if contents.is_empty() {
            return;
        }
        let slow = Signal {
            contents: contents.clone(),
            window_s: 10_800.0,
            smooth_s: 3_600.0,
            ..Signal::default()
        };
        let leaks = || hulls().chain(self.owners("sensed_co2_inlet_mol_s"));
        let signal = Signal { contents, window_s: 1_800.0, smooth_s: 900.0, ..Signal::default() };
        let all: Vec<&str> = airs.iter().map(String::as_str).collect();
        let signal = self.uncalibrated(&all, signal);
        let words = "nitrogen that leaves the air";
        rules.push(
            Rule::new("habitat.air", "nitrogen", words, signal, past(0.0, 6e-3, 9.0, Side::Low))
                .or(leaks()),
        );
        let slow = self.uncalibrated(&all, slow);
        let words = "nitrogen that leaves the air in three hours";
        rules.push(
            Rule::new(
                "habitat.air",
                "nitrogen_slow",
                words,
                slow,
                past(0.0, 2.5e-3, 8.0, Side::Low),
            )
            .or(leaks()),
        );
        for unit in self.owners("sensed_n2_mol_s") {
            let Some(n2) = self.sensed(&unit, "n2_mol_s") else { continue };
            let signal = Signal::of(n2).after(0.0, 21_600.0);
            let words = "nitrogen given within six hours";
            rules.push(
                Rule::new(&unit, "demand", words, signal, past(0.0, 6e-3, 0.0, Side::High))
                    .or(leaks()),
            );
        }
        for pair in airs.windows(2) {
            let (one, two) = (&pair[0], &pair[1]);
            let place = place_of(two);
            let fans = || {
                [one, two]
                    .into_iter()
                    .map(|air| format!("{}.fans", place_of(air)))
                    .chain([one.clone()])
            };
            for (quantity, name, words, usual) in [
                ("t_k", "t", "temperature against the neighbour's", 1.4),
                ("pp_co2_pa", "co2", "CO2 against the neighbour's", 40.0),
                ("rh", "rh", "humidity against the neighbour's", 0.03),
            ] {
                let (Some(a), Some(b)) = (self.sensed(one, quantity), self.sensed(two, quantity))
                else {
                    continue;
                };
                let Some(shed) = self.sensed("habitat.power", "shed") else { continue };
                let signal = Signal::difference(b, a).while_steady(shed, 0.5);
                let signal =
                    self.uncalibrated(&[one, two], signal).after(0.0, 1_800.0).since_yesterday();
                let name = format!("gradient_{name}");
                rules.push(
                    Rule::new(
                        &format!("{place}.air"),
                        &name,
                        words,
                        signal,
                        past(0.0, usual, 6.0, Side::Both),
                    )
                    .or(fans()),
                );
            }
            for (quantity, name, usual) in [("p_total_pa", "p", 200.0), ("pp_o2_pa", "o2", 450.0)] {
                let (Some(a), Some(b)) = (self.sensed(one, quantity), self.sensed(two, quantity))
                else {
                    continue;
                };
                let signal =
                    self.uncalibrated(&[one, two], Signal::difference(b, a)).after(0.0, 600.0);
                let name = format!("apart_{name}");
                let words = "instrument against the neighbour's";
                rules.push(
                    Rule::new(
                        &format!("{place}.air"),
                        &name,
                        words,
                        signal,
                        past(0.0, usual, 8.0, Side::Both),
                    )
                    .or([one.clone()]),
                );
            }
        }
    }

    fn power(&self, rules: &mut Vec<Rule>) {
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

    fn thermal(&self, rules: &mut Vec<Rule>) {
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
            let signal = Signal::of(panel).while_steady(shed, 0.5).after(0.0, 3_600.0);
            let words = "share of the coolant through the radiator, against yesterday";
            let usual = past(0.0, 0.04, 6.0, Side::High);
            let panel = Rule::new(&unit, "panel", words, signal.since_yesterday(), usual);
            rules.push(panel.or(["habitat.radiator".to_owned()]));
        }
    }
}

/// The place of an owner: `living` of `living.cdra`.
fn place_of(owner: &str) -> &str {
    owner.split('.').next().unwrap_or(owner)
}

/// The air around a unit.
fn air_of(unit: &str) -> String {
    format!("{}.air", place_of(unit))
}

/// Counted by people: no instrument that could stick.
fn is_record(name: &str) -> bool {
    [
        "alive",
        "incapacitated",
        "ill",
        "shed",
        "food_kg",
        "crew_s",
        "spares",
        "filter_used",
        "left_mol",
        "fresh_mol",
    ]
    .contains(&name)
}

/// A jump from one minute to the next that a quantity cannot make by itself.
fn leap(owner: &str, name: &str) -> Option<f64> {
    match name {
        "p_total_pa" | "pp_o2_pa" => Some(250.0),
        "pp_co2_pa" => Some(60.0),
        "t_k" if owner.ends_with(".air") || owner.ends_with(".structure") => Some(1.2),
        "rh" => Some(0.1),
        "usable" | "store_fraction" => Some(0.06),
        _ => None,
    }
}
