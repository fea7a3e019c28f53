//! Which plots the sections of a report hold.
//!
//! Channels are found by their quantity, so that a habitat without a kind of unit has no plot of it
//! and a new unit of a known quantity has one.

use catalogue::Catalogue;
use habitat::Habitat;
use habitat::ledger::{COLUMN_NAMES, COLUMNS};
use physics::constants::{DAY_S, M_H2O_KG_MOL, PA_PER_MMHG};
use physics::physiology::PP_CO2_ABORT_PA;
use physics::species::Gas;
use watch::report::{LimitLine, Plot, Severity, Side};

use super::draft::{Draft, Line, Shown, Source, limits_of, named};
use super::figures::{BATTERY_USABLE, SHED, STORE_FRACTION, channels_of};
use super::timeline::Timeline;

/// What a section of plots is about, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Power,
    Atmosphere,
    Water,
    Heat,
    Crew,
    Units,
    Ledger,
}

/// All plots of a mission.
#[derive(Debug, Clone)]
pub struct Plots {
    drafts: Vec<(Topic, Draft)>,
}

const fn shown(unit: &'static str, scale: f64) -> Shown {
    Shown { unit, scale, offset: 0.0 }
}

const KILOPASCAL: Shown = shown("kPa", 1e-3);
const MMHG: Shown = shown("mmHg", 1.0 / PA_PER_MMHG);
const PERCENT: Shown = shown("%", 100.0);
const KILOGRAM: Shown = shown("kg", 1.0);
const KILOWATT: Shown = shown("kW", 1e-3);
const WATT: Shown = shown("W", 1.0);
const KILOGRAM_A_DAY: Shown = shown("kg/d", DAY_S);
const NUMBER: Shown = shown("1", 1.0);
const CELSIUS: Shown = Shown { unit: "°C", scale: 1.0, offset: -273.15 };

/// kg/d of a gas from mol/s.
fn kg_d(gas: Gas) -> f64 {
    gas.molar_mass_kg_mol() * DAY_S
}

/// What units make or move: quantity, a quantity beside it, words, kg/d from SI. Of an owner with
/// several the first one is drawn.
fn products() -> [(&'static str, &'static str, &'static str, f64); 11] {
    [
        ("o2_mol_s", "set_o2_mol_s", "O2 made", kg_d(Gas::O2)),
        ("o2_mol_s", "set_pp_o2_pa", "O2 given from the tank", kg_d(Gas::O2)),
        ("o2_mol_s", "fresh_mol", "O2 given", kg_d(Gas::O2)),
        ("co2_removed_mol_s", "", "CO2 removed", kg_d(Gas::Co2)),
        ("co2_mol_s", "left_mol", "CO2 removed", kg_d(Gas::Co2)),
        ("co2_mol_s", "water_mol_s", "CO2 reduced", kg_d(Gas::Co2)),
        ("condensate_kg_s", "", "condensate", DAY_S),
        ("distillate_kg_s", "", "distillate", DAY_S),
        ("water_kg_s", "filter_used", "water processed", DAY_S),
        ("water_kg_s", "!filter_used", "water to the air", DAY_S),
        ("n2_mol_s", "set_p_total_pa", "N2 given from the tank", kg_d(Gas::N2)),
    ]
}

impl Plots {
    /// The plots that fit this habitat.
    pub fn new(catalogue: &Catalogue) -> Plots {
        let mut plots = Plots { drafts: Vec::new() };
        plots.power(catalogue);
        plots.atmosphere(catalogue);
        plots.water(catalogue);
        plots.heat(catalogue);
        plots.crew(catalogue);
        plots.units(catalogue);
        plots.ledger();
        plots.drafts.retain(|(_, draft)| !draft.is_empty());
        plots
    }

    fn add(&mut self, topic: Topic, draft: Draft) {
        self.drafts.push((topic, draft));
    }

    fn power(&mut self, catalogue: &Catalogue) {
        let line = |name: &str, id: &str, shown: Shown| {
            catalogue.find(id).ok().map(|index| Line::of(name, index, shown))
        };
        let lines = |list: &[(&str, &str)], shown: Shown| -> Vec<Line> {
            list.iter().filter_map(|(name, id)| line(name, id, shown)).collect()
        };
        let light = lines(&[("sun's disc in view", "habitat.power.lit_fraction")], PERCENT);
        self.add(Topic::Power, Draft::new("Light", "%", light));
        if catalogue.find(BATTERY_USABLE).is_ok() {
            let list = [
                ("sources can give", "habitat.power.source_w"),
                ("loads draw", "habitat.power.drawn_w"),
            ];
            let draft = Draft::new("Power of sources and loads", "kW", lines(&list, KILOWATT));
            self.add(Topic::Power, draft.after_first_step());
            let list = [
                ("into the battery", "habitat.battery.p_w"),
                ("fuel cell gives", "habitat.fuel_cell.p_w"),
                ("electrolyser takes", "habitat.fuel_cell.electrolyser_w"),
            ];
            let draft =
                Draft::new("Battery, fuel cell, electrolyser", "kW", lines(&list, KILOWATT));
            self.add(Topic::Power, draft.after_first_step());
            let list = [
                ("battery, usable charge", BATTERY_USABLE),
                ("fuel cell, hydrogen of a full store", STORE_FRACTION),
            ];
            let draft = Draft::new("Stores of energy", "%", lines(&list, PERCENT));
            let limits = limits_of(catalogue, BATTERY_USABLE, PERCENT);
            self.add(Topic::Power, draft.limits(limits));
            let list = [("shed; all dark is one more than may be shed", SHED)];
            let draft = Draft::new("Loads shed", "number of loads", lines(&list, NUMBER));
            self.add(Topic::Power, draft.after_first_step());
        }
        let total = lines(&[("everything", "habitat.power.total_w")], KILOWATT);
        let draft = Draft::new("Electric power of everything", "kW", total);
        self.add(Topic::Power, draft.after_first_step());
    }

    fn atmosphere(&mut self, catalogue: &Catalogue) {
        for (title, quantity, shown) in [
            ("Total pressure", "p_total_pa", KILOPASCAL),
            ("O2 partial pressure", "pp_o2_pa", KILOPASCAL),
            ("Inspired O2", "inspired_o2_pa", MMHG),
            ("O2 share of the dry gas", "o2_fraction", PERCENT),
            ("CO2 partial pressure", "pp_co2_pa", MMHG),
            ("Air temperature", "t_k", CELSIUS),
            ("Relative humidity", "rh", PERCENT),
        ] {
            let lines = named(catalogue, quantity, "inspired_o2_pa", "", shown);
            let first = channels_of(catalogue, quantity, "inspired_o2_pa").first().copied();
            let mut limits = first.map_or_else(Vec::new, |index| {
                limits_of(catalogue, &catalogue.channels()[index].id, shown)
            });
            if quantity == "pp_co2_pa" {
                limits.push(LimitLine {
                    value: PP_CO2_ABORT_PA / PA_PER_MMHG,
                    label: "abort, 1-h mean".into(),
                    severity: Severity::Warning,
                    side: Side::Above,
                });
            }
            let draft = Draft::new(title, shown.unit, lines).limits(limits);
            self.add(Topic::Atmosphere, draft);
        }
    }

    fn water(&mut self, catalogue: &Catalogue) {
        let tank = |quantity: &str, scale: f64| {
            let name = quantity.rsplit_once('_').map_or(quantity, |(name, _)| name);
            let index = catalogue.find(&format!("stores.tanks.{quantity}")).ok()?;
            Some(Line::of(name, index, shown("kg", scale)))
        };
        let potable = tank("potable_kg", 1.0).into_iter().collect();
        let limits = limits_of(catalogue, "stores.tanks.potable_kg", KILOGRAM);
        self.add(Topic::Water, Draft::new("Potable water", "kg", potable).limits(limits));
        let waters = ["condensate_kg", "urine_kg", "brine_kg", "waste_kg"];
        let lines = waters.iter().filter_map(|quantity| tank(quantity, 1.0)).collect();
        self.add(Topic::Water, Draft::new("Other water tanks", "kg", lines).unless_zero());
        let sum = |name: &str, quantity: &str, beside: &str, scale: f64| {
            Line::sum(name, channels_of(catalogue, quantity, beside), scale)
        };
        let flows = [
            sum("processed to potable", "water_kg_s", "filter_used", DAY_S),
            sum("condensate", "condensate_kg_s", "", DAY_S),
            sum("distillate of urine", "distillate_kg_s", "", DAY_S),
            sum("from brine to the air", "water_kg_s", "!filter_used", DAY_S),
            sum("from the CO2 reducer", "water_mol_s", "", M_H2O_KG_MOL * DAY_S),
        ];
        let draft = Draft::new("Flows of water", "kg/d", flows.into_iter().flatten().collect());
        self.add(Topic::Water, draft.after_first_step().unless_zero());
        let moisture = sum("breath and sweat", "moisture_kg_s", "oxygen_dose", DAY_S);
        let draft = Draft::new("Moisture from the crew", "kg/d", moisture.into_iter().collect());
        self.add(Topic::Water, draft.after_first_step());
    }

    fn heat(&mut self, catalogue: &Catalogue) {
        let mut loops = named(catalogue, "supply_k", "return_k", "supply", CELSIUS);
        let limits = channels_of(catalogue, "supply_k", "return_k")
            .first()
            .map(|index| limits_of(catalogue, &catalogue.channels()[*index].id, CELSIUS));
        let many = loops.len() > 1;
        loops.extend(named(catalogue, "return_k", "supply_k", "return", CELSIUS));
        // Loops at different temperatures have different limits, which one picture cannot show.
        let limits = limits.filter(|_| !many).unwrap_or_default();
        self.add(Topic::Heat, Draft::new("Coolant loops", "°C", loops).limits(limits));
        let mut rejected = named(catalogue, "rejected_w", "", "heat to space", KILOWATT);
        rejected.extend(named(catalogue, "heat_w", "supply_k", "heat taken", KILOWATT));
        let draft = Draft::new("Heat to the loops and to space", "kW", rejected);
        self.add(Topic::Heat, draft.after_first_step());
        let mut sink = named(catalogue, "sink_k", "", "sink", CELSIUS);
        sink.truncate(4);
        self.add(Topic::Heat, Draft::new("Radiator sink", "°C", sink).after_first_step());
        let share = named(catalogue, "panel_fraction", "", "through the panels", PERCENT);
        let draft = Draft::new("Coolant through the radiator", "%", share);
        self.add(Topic::Heat, draft.after_first_step());
        let people = channels_of(catalogue, "sensible_w", "oxygen_dose");
        let power = catalogue.find("habitat.power.total_w").ok();
        let coils = channels_of(catalogue, "coolant_w", "set_t_k");
        let sources = [
            Line::sum("people to the air", people, 1e-3),
            power.map(|index| Line::of("electric power of everything", index, KILOWATT)),
            Line::sum("heat exchangers to coolant", coils, 1e-3),
        ];
        let draft = Draft::new("Heat by source", "kW", sources.into_iter().flatten().collect());
        self.add(Topic::Heat, draft.after_first_step().unless_zero());
    }

    fn crew(&mut self, catalogue: &Catalogue) {
        for (title, quantity) in
            [("Dose of oxygen want", "oxygen_dose"), ("Dose of CO2", "co2_dose")]
        {
            let lines = named(catalogue, quantity, "", "", NUMBER);
            let draft = Draft::new(title, "1 is incapacitated", lines).unless_zero();
            self.add(Topic::Crew, draft);
        }
        let o2 = shown("kg/d", kg_d(Gas::O2));
        let lines = named(catalogue, "o2_mol_s", "oxygen_dose", "", o2);
        self.add(Topic::Crew, Draft::new("O2 used", "kg/d", lines).after_first_step());
        let lines = named(catalogue, "sensible_w", "oxygen_dose", "", WATT);
        self.add(Topic::Crew, Draft::new("Heat to the air", "W", lines).after_first_step());
        let lines = named(catalogue, "water_kg", "oxygen_dose", "", KILOGRAM);
        self.add(Topic::Crew, Draft::new("Body water above the deadly level", "kg", lines));
    }

    fn units(&mut self, catalogue: &Catalogue) {
        let sum = |name: &str, quantity: &str, beside: &str, gas: Gas| {
            Line::sum(name, channels_of(catalogue, quantity, beside), kg_d(gas))
        };
        let oxygen = [
            sum("crew", "o2_mol_s", "oxygen_dose", Gas::O2),
            sum("generators", "o2_mol_s", "set_o2_mol_s", Gas::O2),
            sum("tank", "o2_mol_s", "set_pp_o2_pa", Gas::O2),
            sum("candles", "o2_mol_s", "fresh_mol", Gas::O2),
        ];
        let draft =
            Draft::new("Oxygen made and used", "kg/d", oxygen.into_iter().flatten().collect());
        self.add(Topic::Units, draft.after_first_step().unless_zero());
        let co2 = [
            sum("crew", "co2_mol_s", "co2_dose", Gas::Co2),
            sum("removal units", "co2_removed_mol_s", "", Gas::Co2),
            sum("lithium hydroxide", "co2_mol_s", "left_mol", Gas::Co2),
            sum("reduced", "co2_mol_s", "water_mol_s", Gas::Co2),
        ];
        let draft =
            Draft::new("CO2 given and removed", "kg/d", co2.into_iter().flatten().collect());
        self.add(Topic::Units, draft.after_first_step().unless_zero());
        let mut drawn: Vec<&str> = Vec::new();
        for (quantity, beside, words, scale) in products() {
            for index in channels_of(catalogue, quantity, beside) {
                let owner = catalogue.channels()[index].owner.as_str();
                if drawn.contains(&owner) {
                    continue;
                }
                drawn.push(owner);
                let line = Line::of(words, index, Shown { scale, ..KILOGRAM_A_DAY });
                let draft = Draft::new(owner, "kg/d", vec![line]);
                let draft = draft.after_first_step().unless_zero().of_unit(owner);
                self.add(Topic::Units, draft);
            }
        }
        let mut beds = Vec::new();
        for (bed, quantity) in [("bed A", "bed_a_k"), ("bed B", "bed_b_k")] {
            beds.extend(named(catalogue, quantity, "", bed, CELSIUS));
        }
        self.add(Topic::Units, Draft::new("Sorbent bed temperature", "°C", beds).last_day());
        let gases = [("O2", "o2_mol", Gas::O2), ("N2", "n2_mol", Gas::N2)];
        let lines = gases.iter().filter_map(|(name, quantity, gas)| {
            let index = catalogue.find(&format!("stores.tanks.{quantity}")).ok()?;
            Some(Line::of(*name, index, shown("kg", gas.molar_mass_kg_mol())))
        });
        let draft = Draft::new("Gas in tanks", "kg", lines.collect()).unless_zero();
        self.add(Topic::Units, draft);
    }

    fn ledger(&mut self) {
        let matter = COLUMN_NAMES.iter().take(COLUMNS - 1).enumerate();
        let lines = matter.map(|(column, name)| {
            let name = name.rsplit_once('_').map_or(*name, |(name, _)| name);
            let name = if name.len() == 1 { name.to_uppercase() } else { name.to_owned() };
            Line::new(name, Source::Residual(column))
        });
        let draft =
            Draft::new("Residual of matter in a step", "share of what moved", lines.collect());
        self.add(Topic::Ledger, draft.after_first_step());
        let energy = vec![Line::new("energy", Source::Residual(COLUMNS - 1))];
        let draft = Draft::new("Residual of energy in a step", "share of what moved", energy);
        self.add(Topic::Ledger, draft.after_first_step());
    }

    /// Take the readings.
    pub fn decision(&mut self, habitat: &Habitat, readings: &[f64]) {
        for (_, draft) in &mut self.drafts {
            draft.decision(habitat, readings);
        }
    }

    /// Take a row that was recorded, the first of a mission or a later one, in the order of the catalogue.
    pub fn recorded(&mut self, t_s: f64, is_first: bool, readings: &[f64]) {
        for (_, draft) in &mut self.drafts {
            draft.recorded(t_s, is_first, readings);
        }
    }

    /// The plots of recorded rows until `end_s`, by topic, in reading order.
    pub fn of_recorded(self, end_s: f64) -> Vec<(Topic, Plot)> {
        let plots = self.drafts.into_iter();
        plots.filter_map(|(topic, draft)| Some((topic, draft.finish(end_s)?))).collect()
    }

    /// The plots by topic, in reading order, with the faults of units shaded on theirs.
    pub fn finish(self, habitat: &Habitat, timeline: &Timeline) -> Vec<(Topic, Plot)> {
        let end_s = habitat.t_s();
        let plots = self.drafts.into_iter().filter_map(|(topic, draft)| {
            let owner = draft.owner.clone();
            let mut plot = draft.finish(end_s)?;
            if !owner.is_empty() {
                plot.bands = timeline.bands_of(&owner, habitat.catalogue());
            }
            Some((topic, plot))
        });
        plots.collect()
    }
}
