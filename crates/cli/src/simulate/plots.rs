//! The plots of a mission's report.

use catalogue::Catalogue;
use habitat::Habitat;
use habitat::ledger::COLUMNS;
use physics::constants::{DAY_S, PA_PER_MMHG};
use physics::physiology::PP_CO2_ABORT_PA;
use physics::species::Gas;
use watch::report::{LimitLine, Plot, Series, Severity, XAxis};

use super::figures::{BATTERY_USABLE, SHED, STORE_FRACTION, channels_of};
use super::trace::Trace;

/// Longest mission of which every plot shows the whole, s.
const SHORT_S: f64 = 3.0 * DAY_S;

/// A plot that is being filled.
struct Draft {
    plot: Plot,
    lines: Vec<Line>,
    /// What units do in a step: of a long mission the last day is shown, in full.
    detail: bool,
    /// Nothing is drawn of the time before the first step, when no unit has done anything.
    from_first_step: bool,
    /// Leave the plot out when everything in it is zero.
    unless_zero: bool,
}

struct Line {
    name: String,
    source: Source,
    trace: Trace,
}

/// Where the values of a line come from.
enum Source {
    /// `reading · scale + offset`.
    Channel { index: usize, scale: f64, offset: f64 },
    /// `scale · Σ readings`.
    Sum { indices: Vec<usize>, scale: f64 },
    /// Largest residual of the columns of matter in the last step, as a share of what moved.
    MassResidual,
    /// Residual of energy in the last step, as a share of what moved.
    EnergyResidual,
}

/// All plots of a mission.
pub struct Plots {
    drafts: Vec<Draft>,
}

/// How a channel is shown.
#[derive(Clone, Copy)]
struct Shown {
    unit: &'static str,
    scale: f64,
    offset: f64,
}

const fn shown(unit: &'static str, scale: f64) -> Shown {
    Shown { unit, scale, offset: 0.0 }
}

const KILOPASCAL: Shown = shown("kPa", 1e-3);
const MMHG: Shown = shown("mmHg", 1.0 / PA_PER_MMHG);
const PERCENT: Shown = shown("%", 100.0);
const KILOGRAM: Shown = shown("kg", 1.0);
const KILOWATT: Shown = shown("kW", 1e-3);
const CELSIUS: Shown = Shown { unit: "°C", scale: 1.0, offset: -273.15 };

impl Plots {
    /// The plots that fit this habitat.
    pub fn new(catalogue: &Catalogue) -> Plots {
        let mut plots = Plots { drafts: Vec::new() };
        plots.air(catalogue);
        plots.oxygen_and_co2(catalogue);
        plots.stores(catalogue);
        plots.energy(catalogue);
        plots.rest(catalogue);
        plots.drafts.retain(|draft| !draft.lines.is_empty());
        plots
    }

    fn air(&mut self, catalogue: &Catalogue) {
        self.of_zones(catalogue, "Total pressure", "p_total_pa", KILOPASCAL);
        self.of_zones(catalogue, "O2 partial pressure", "pp_o2_pa", KILOPASCAL);
        self.of_zones(catalogue, "Inspired O2", "inspired_o2_pa", MMHG);
        self.of_zones(catalogue, "O2 share of the dry gas", "o2_fraction", PERCENT);
        self.of_zones(catalogue, "CO2 partial pressure", "pp_co2_pa", MMHG);
        if let Some(draft) = self.drafts.last_mut() {
            draft.plot.limits.push(LimitLine {
                value: PP_CO2_ABORT_PA / PA_PER_MMHG,
                label: "abort, 1-h mean".into(),
                severity: Severity::Warning,
            });
        }
        self.of_zones(catalogue, "Air temperature", "t_k", CELSIUS);
        self.of_zones(catalogue, "Relative humidity", "rh", PERCENT);
    }

    fn oxygen_and_co2(&mut self, catalogue: &Catalogue) {
        let kg_d = |gas: Gas| gas.molar_mass_kg_mol() * DAY_S;
        let sum = |name: &str, quantity: &str, beside: &str, gas: Gas| {
            let indices = channels_of(catalogue, quantity, beside);
            (name.to_owned(), Source::Sum { indices, scale: kg_d(gas) })
        };
        self.add(
            "Oxygen made and used",
            "kg/d",
            true,
            vec![
                sum("crew", "o2_mol_s", "oxygen_dose", Gas::O2),
                sum("generators", "o2_mol_s", "set_o2_mol_s", Gas::O2),
                sum("tank", "o2_mol_s", "set_pp_o2_pa", Gas::O2),
                sum("candles", "o2_mol_s", "fresh_mol", Gas::O2),
            ],
        );
        self.add(
            "CO2 given and removed",
            "kg/d",
            true,
            vec![
                sum("crew", "co2_mol_s", "co2_dose", Gas::Co2),
                sum("removal units", "co2_removed_mol_s", "", Gas::Co2),
                sum("lithium hydroxide", "co2_mol_s", "left_mol", Gas::Co2),
                sum("reduced", "co2_mol_s", "water_mol_s", Gas::Co2),
            ],
        );
        let mut beds = Vec::new();
        for (bed, quantity) in [("bed A", "bed_a_k"), ("bed B", "bed_b_k")] {
            beds.extend(named(catalogue, quantity, "", bed, CELSIUS));
        }
        self.add("Sorbent bed temperature", "°C", true, beds);
    }

    fn stores(&mut self, catalogue: &Catalogue) {
        let tank = |quantity: &str, scale: f64| {
            let name = quantity.rsplit_once('_').map_or(quantity, |(name, _)| name);
            let index = catalogue.find(&format!("stores.tanks.{quantity}")).ok()?;
            Some((name.to_owned(), Source::Channel { index, scale, offset: 0.0 }))
        };
        self.add("Potable water", "kg", false, tank("potable_kg", 1.0).into_iter().collect());
        if let Some(draft) = self.drafts.last_mut() {
            draft.plot.limits = limits_of(catalogue, "stores.tanks.potable_kg", KILOGRAM);
        }
        let waters = ["condensate_kg", "urine_kg", "brine_kg", "waste_kg"];
        let lines = waters.iter().filter_map(|quantity| tank(quantity, 1.0)).collect();
        self.add("Other water tanks", "kg", false, lines);
        let gases = [("O2", "o2_mol", Gas::O2), ("N2", "n2_mol", Gas::N2)];
        let lines = gases
            .iter()
            .filter_map(|(name, quantity, gas)| {
                let (_, source) = tank(quantity, gas.molar_mass_kg_mol())?;
                Some(((*name).to_owned(), source))
            })
            .collect();
        self.add("Gas in tanks", "kg", false, lines);
    }

    /// Power and energy of a habitat with a bus of its own.
    fn energy(&mut self, catalogue: &Catalogue) {
        if catalogue.find(BATTERY_USABLE).is_err() {
            return;
        }
        let line = |name: &str, id: &str, shown: Shown| {
            let index = catalogue.find(id).ok()?;
            let Shown { scale, offset, .. } = shown;
            Some((name.to_owned(), Source::Channel { index, scale, offset }))
        };
        let power = [
            ("sources can give", "habitat.power.source_w"),
            ("loads draw", "habitat.power.drawn_w"),
            ("fuel cell gives", "habitat.fuel_cell.p_w"),
            ("electrolyser takes", "habitat.fuel_cell.electrolyser_w"),
        ];
        let lines = power.iter().filter_map(|(name, id)| line(name, id, KILOWATT)).collect();
        self.add("Power of sources and loads", "kW", false, lines);
        self.last_from_first_step();
        let lines = [
            line("battery, usable charge", BATTERY_USABLE, PERCENT),
            line("fuel cell, hydrogen of a full store", STORE_FRACTION, PERCENT),
        ];
        self.add("Stores of energy", "%", false, lines.into_iter().flatten().collect());
        if let Some(draft) = self.drafts.last_mut() {
            draft.plot.limits = limits_of(catalogue, BATTERY_USABLE, PERCENT);
        }
        let shed = line("shed; all dark is one more than may be shed", SHED, shown("1", 1.0));
        self.add("Loads shed", "number of loads", false, shed.into_iter().collect());
        self.last_from_first_step();
    }

    fn last_from_first_step(&mut self) {
        if let Some(draft) = self.drafts.last_mut() {
            draft.from_first_step = true;
        }
    }

    fn rest(&mut self, catalogue: &Catalogue) {
        let power = catalogue.find("habitat.power.total_w").ok();
        let lines = power.map(|index| {
            let (scale, offset) = (KILOWATT.scale, KILOWATT.offset);
            ("everything".to_owned(), Source::Channel { index, scale, offset })
        });
        self.add("Electric power", "kW", true, lines.into_iter().collect());
        self.add("Heat to coolant by the heat exchangers", "kW", true, {
            named(catalogue, "coolant_w", "set_t_k", "", KILOWATT)
        });
        for (title, quantity) in
            [("Dose of oxygen want", "oxygen_dose"), ("Dose of CO2", "co2_dose")]
        {
            let lines = named(catalogue, quantity, "", "", shown("1", 1.0));
            self.add(title, "1 is incapacitated", false, lines);
            if let Some(draft) = self.drafts.last_mut() {
                draft.unless_zero = true;
            }
        }
        let lines = vec![
            ("matter, worst element".to_owned(), Source::MassResidual),
            ("energy".to_owned(), Source::EnergyResidual),
        ];
        self.add("Ledger residual of the last step", "share of what moved", false, lines);
    }

    fn of_zones(&mut self, catalogue: &Catalogue, title: &str, quantity: &str, shown: Shown) {
        let lines = named(catalogue, quantity, "inspired_o2_pa", "", shown);
        let first = channels_of(catalogue, quantity, "inspired_o2_pa").first().copied();
        self.add(title, shown.unit, false, lines);
        if let (Some(draft), Some(index)) = (self.drafts.last_mut(), first) {
            draft.plot.limits = limits_of(catalogue, &catalogue.channels()[index].id, shown);
        }
    }

    fn add(&mut self, title: &str, unit: &str, detail: bool, lines: Vec<(String, Source)>) {
        let recent_s = if detail { DAY_S } else { 0.0 };
        let lines = lines
            .into_iter()
            .filter(
                |(_, source)| !matches!(source, Source::Sum { indices, .. } if indices.is_empty()),
            )
            .map(|(name, source)| Line { name, source, trace: Trace::new(recent_s) })
            .collect();
        self.drafts.push(Draft {
            plot: Plot {
                title: title.to_owned(),
                unit: unit.to_owned(),
                x: XAxis::MissionTime,
                ..Plot::default()
            },
            lines,
            detail,
            from_first_step: detail,
            unless_zero: false,
        });
    }

    /// Take the readings.
    pub fn decision(&mut self, habitat: &Habitat, readings: &[f64]) {
        let t_s = habitat.t_s();
        let read = |index: &usize| readings.get(*index).copied().unwrap_or(f64::NAN);
        let started = habitat.state().steps > 0;
        let drafts = self.drafts.iter_mut().filter(|draft| started || !draft.from_first_step);
        for line in drafts.flat_map(|draft| &mut draft.lines) {
            let value = match &line.source {
                Source::Channel { index, scale, offset } => read(index) * scale + offset,
                Source::Sum { indices, scale } => scale * indices.iter().map(read).sum::<f64>(),
                Source::MassResidual => (0..COLUMNS - 1)
                    .map(|column| residual_share(habitat, column))
                    .fold(0.0, f64::max),
                Source::EnergyResidual => residual_share(habitat, COLUMNS - 1),
            };
            line.trace.push(t_s, value);
        }
    }

    /// The plots of a mission that ended at `end_s`, in reading order.
    pub fn finish(self, end_s: f64) -> Vec<Plot> {
        let drafts = self.drafts.into_iter();
        drafts
            .filter(|draft| {
                !(draft.unless_zero && draft.lines.iter().all(|line| line.trace.is_zero()))
            })
            .map(|draft| draft.finish(end_s > SHORT_S))
            .filter(|plot| !plot.series.is_empty())
            .collect()
    }
}

impl Draft {
    fn finish(self, long: bool) -> Plot {
        let last_day = self.detail && long;
        let suffix = if last_day { ", last day" } else { "" };
        let lines = self.lines.into_iter();
        Plot {
            title: format!("{}{suffix}", self.plot.title),
            series: lines
                .filter(|line| !(self.detail && line.trace.is_zero()))
                .map(|line| Series {
                    name: line.name,
                    points: if last_day { line.trace.recent() } else { line.trace.points() },
                })
                .collect(),
            ..self.plot
        }
    }
}

/// A line for every channel of that quantity, named by its place, by `name`, or by both.
fn named(
    catalogue: &Catalogue,
    quantity: &str,
    beside: &str,
    name: &str,
    shown: Shown,
) -> Vec<(String, Source)> {
    let indices = channels_of(catalogue, quantity, beside);
    let alone = indices.len() == 1 && !name.is_empty();
    let line = |index: usize| {
        let owner = catalogue.channels()[index].owner.as_str();
        let place = match owner.split_once('.') {
            Some(("crew", person)) => person,
            Some((zone, "air")) => zone,
            _ => owner,
        };
        let name = match (alone, name) {
            (true, name) => name.to_owned(),
            (false, "") => place.to_owned(),
            (false, name) => format!("{place}, {name}"),
        };
        (name, Source::Channel { index, scale: shown.scale, offset: shown.offset })
    };
    indices.into_iter().map(line).collect()
}

fn limits_of(catalogue: &Catalogue, id: &str, shown: Shown) -> Vec<LimitLine> {
    let index = catalogue.find(id).ok();
    let limits = index.and_then(|index| catalogue.channels()[index].limits);
    limits.map_or_else(Vec::new, |limits| LimitLine::of(&limits, shown.scale, shown.offset))
}

fn residual_share(habitat: &Habitat, column: usize) -> f64 {
    let ledger = &habitat.state().ledger;
    let moved = ledger.moved[column];
    if moved > 0.0 { ledger.residual[column].abs() / moved } else { 0.0 }
}
