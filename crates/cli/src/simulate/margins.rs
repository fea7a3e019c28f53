//! What is left to every limit and in every store: at the end, and at the worst moment.
//!
//! # Equation
//! ```text
//! margin = limit − value  (upper limit)      margin = value − limit  (lower limit, store)
//! share  = margin / margin at the start
//! ```
//! The start is the first time that the value is known, which is 50 min for 1-h means. Where there is
//! no margin at the start there is no share. The worst moment is that of the least margin; the first
//! one counts when there are several. Limits
//! of the air are those of the abort rules ([`habitat::mission`]), looked at where people are,
//! after every step. Stores are looked at at every decision.
//!
//! # Days
//! A store in days is what it holds over what the crew of the scenario needs: potable water and food by
//! their declared need; oxygen, candles and lithium hydroxide by the mean use of oxygen and mean output
//! of CO2 per living person over the mission. Without people a store is in kg.
//!
//! | row | limit | needs |
//! |---|---|---|
//! | CO2, inspired O2 (1-h means), pressure, temperature | abort rules | people |
//! | potable water | 24 h of need | people |
//! | oxygen, nitrogen, food | 0 | – |
//! | battery, fuel cell | 0 | a power system |
//! | lithium hydroxide, candles | 0 | a stock |
//! | spares, crew hours | 0 | `[faults]` |

use catalogue::Catalogue;
use habitat::{Habitat, Plan};
use physics::constants::{DAY_S, PA_PER_MMHG};
use physics::physiology::{
    INSPIRED_O2_ABORT_PA, P_TOTAL_MIN_PA, POTABLE_RESERVE_S, PP_CO2_ABORT_PA, T_ABORT_MAX_K,
    T_ABORT_MIN_K,
};
use physics::reaction::{CHLORATE_CANDLE, LIOH_ABSORPTION, Solid};
use physics::species::Gas;
use serde::Serialize;
use watch::report::{Gauge, Severity};

use super::figures::{BATTERY_USABLE, STORE_FRACTION, channels_of};
use super::words::day_clock;
use crate::table::fixed;

/// Below this share of the margin at the start a row is marked.
const TIGHT_SHARE: f64 = 0.25;
/// Oxygen of a mole of chlorate.
const O2_PER_CHLORATE: f64 = CHLORATE_CANDLE.gas[Gas::O2 as usize];
/// CO2 of a mole of hydroxide.
const CO2_PER_HYDROXIDE: f64 =
    LIOH_ABSORPTION.gas[Gas::Co2 as usize] / LIOH_ABSORPTION.solid[Solid::LiOh as usize];

/// A margin for machines; its fields are documented in [`super`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MarginResult {
    pub key: &'static str,
    pub name: &'static str,
    pub unit: &'static str,
    pub limit: f64,
    pub end: f64,
    pub end_margin: f64,
    pub end_share: Option<f64>,
    pub worst: f64,
    pub worst_margin: f64,
    pub worst_share: Option<f64>,
    pub worst_s: f64,
    pub worst_at: String,
    #[serde(skip)]
    decimals: usize,
    #[serde(skip)]
    severity: Severity,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
enum Source {
    Co2Mean,
    OxygenMean,
    /// Lowest of these channels over the zones with people, by zone.
    LowestOccupied(Vec<Option<usize>>),
    /// Highest of these channels over the zones with people, by zone.
    HighestOccupied(Vec<Option<usize>>),
    /// Sum of channels.
    Sum(Vec<usize>),
    /// Least of channels.
    Least(Vec<usize>),
}

impl Source {
    /// Whether it is looked at after every step and not at decisions alone.
    fn is_air(&self) -> bool {
        !matches!(self, Source::Sum(_) | Source::Least(_))
    }
}

/// How a value is shown once the mission is over.
#[derive(Debug, Clone, Copy)]
enum Shown {
    /// `value · scale + offset`.
    As { unit: &'static str, scale: f64, offset: f64, decimals: usize },
    /// Days of the crew's oxygen, for moles of O2 times the factor; kg of O2 without people.
    OxygenDays(f64),
    /// Days of the crew's CO2, for moles times the factor; kg of CO2 without people.
    Co2Days(f64),
}

/// A limit that is watched.
#[derive(Debug, Clone)]
struct Watched {
    key: &'static str,
    name: &'static str,
    limit: f64,
    is_upper: bool,
    shown: Shown,
    source: Source,
    /// How bad it is to be at the limit.
    at_limit: Severity,
    last: Option<(f64, Option<usize>)>,
    worst: f64,
    worst_s: f64,
    worst_where: Option<usize>,
    start_margin: f64,
}

impl Watched {
    /// Nothing seen yet.
    fn new(
        key: &'static str,
        name: &'static str,
        limit: f64,
        is_upper: bool,
        shown: Shown,
        source: Source,
        at_limit: Severity,
    ) -> Watched {
        Watched {
            key,
            name,
            limit,
            is_upper,
            shown,
            source,
            at_limit,
            last: None,
            worst: f64::NAN,
            worst_s: 0.0,
            worst_where: None,
            start_margin: f64::NAN,
        }
    }

    fn margin(&self, value: f64) -> f64 {
        if self.is_upper { self.limit - value } else { value - self.limit }
    }

    fn take(&mut self, value: f64, at: Option<usize>, t_s: f64) {
        if !value.is_finite() {
            return;
        }
        let margin = self.margin(value);
        if self.last.is_none() {
            self.start_margin = margin;
        }
        if self.last.is_none() || margin < self.margin(self.worst) {
            (self.worst, self.worst_s, self.worst_where) = (value, t_s, at);
        }
        self.last = Some((value, at));
    }
}

/// All margins of a mission.
#[derive(Debug, Clone)]
pub struct Margins {
    watched: Vec<Watched>,
    oxygen: Vec<usize>,
    co2: Vec<usize>,
    /// Moles that living people took and gave, and the time they lived, person-seconds.
    oxygen_mol: f64,
    co2_mol: f64,
    person_s: f64,
}

impl Margins {
    /// The margins that this habitat has.
    pub fn new(plan: &Plan, catalogue: &Catalogue) -> Margins {
        let mut margins = Margins {
            watched: Vec::new(),
            oxygen: channels_of(catalogue, "o2_mol_s", "oxygen_dose"),
            co2: channels_of(catalogue, "co2_mol_s", "co2_dose"),
            oxygen_mol: 0.0,
            co2_mol: 0.0,
            person_s: 0.0,
        };
        if !plan.crew.is_empty() {
            margins.rules(plan, catalogue);
        }
        margins.stores(plan, catalogue);
        margins
    }

    fn rules(&mut self, plan: &Plan, catalogue: &Catalogue) {
        let of_zones = |quantity: &str| -> Vec<Option<usize>> {
            let id = |zone: &str| format!("{zone}.air.{quantity}");
            plan.zones.iter().map(|zone| catalogue.find(&id(&zone.name)).ok()).collect()
        };
        let mmhg = Shown::As { unit: "mmHg", scale: 1.0 / PA_PER_MMHG, offset: 0.0, decimals: 1 };
        let kpa = Shown::As { unit: "kPa", scale: 1e-3, offset: 0.0, decimals: 1 };
        let celsius = Shown::As { unit: "°C", scale: 1.0, offset: -273.15, decimals: 1 };
        let bad = Severity::Warning;
        self.add("co2_1h", "CO2, 1-h mean", PP_CO2_ABORT_PA, true, mmhg, Source::Co2Mean, bad);
        let source = Source::OxygenMean;
        let limit = INSPIRED_O2_ABORT_PA;
        self.add("inspired_o2_1h", "inspired O2, 1-h mean", limit, false, mmhg, source, bad);
        let source = Source::LowestOccupied(of_zones("p_total_pa"));
        self.add("pressure", "cabin pressure", P_TOTAL_MIN_PA, false, kpa, source, bad);
        let source = Source::LowestOccupied(of_zones("t_k"));
        let name = "temperature, coldest zone with people";
        self.add("temperature_low", name, T_ABORT_MIN_K, false, celsius, source, bad);
        let source = Source::HighestOccupied(of_zones("t_k"));
        let name = "temperature, hottest zone with people";
        self.add("temperature_high", name, T_ABORT_MAX_K, true, celsius, source, bad);
    }

    fn stores(&mut self, plan: &Plan, catalogue: &Catalogue) {
        let channel = |id: &str| Source::Sum(catalogue.find(id).ok().into_iter().collect());
        let kg = |scale: f64| Shown::As { unit: "kg", scale, offset: 0.0, decimals: 1 };
        let days = |kg_s: f64| Shown::As {
            unit: "d",
            scale: 1.0 / (kg_s * DAY_S),
            offset: 0.0,
            decimals: 1,
        };
        let (bad, watch) = (Severity::Warning, Severity::Caution);
        let need_kg_s = plan.potable_need_kg_s();
        if need_kg_s > 0.0 {
            let limit = need_kg_s * POTABLE_RESERVE_S;
            let source = channel("stores.tanks.potable_kg");
            self.add("potable_water", "potable water", limit, false, days(need_kg_s), source, bad);
        }
        let source = channel("stores.tanks.o2_mol");
        self.add("o2_tank", "O2 tank", 0.0, false, Shown::OxygenDays(1.0), source, bad);
        let source = channel("stores.tanks.n2_mol");
        let shown = kg(Gas::N2.molar_mass_kg_mol());
        self.add("n2_tank", "N2 tank", 0.0, false, shown, source, bad);
        // A body full of food holds 480 h of need (habitat::crew).
        let full_kg: f64 = plan.crew.iter().map(|person| person.food_full_kg()).sum();
        let food_kg_s = full_kg / physics::physiology::FOOD_DEPRIVATION_S;
        let shown = if food_kg_s > 0.0 { days(food_kg_s) } else { kg(1.0) };
        self.add("food", "dry food", 0.0, false, shown, channel("stores.tanks.food_kg"), bad);
        let percent = Shown::As { unit: "%", scale: 100.0, offset: 0.0, decimals: 0 };
        let source = channel(BATTERY_USABLE);
        self.add("battery", "battery, usable charge", 0.0, false, percent, source, bad);
        let source = channel(STORE_FRACTION);
        self.add("fuel_cell_store", "fuel cell store", 0.0, false, percent, source, watch);
        let source = Source::Sum(channels_of(catalogue, "left_mol", ""));
        let shown = Shown::Co2Days(CO2_PER_HYDROXIDE);
        self.add("lithium_hydroxide", "lithium hydroxide", 0.0, false, shown, source, watch);
        let source = Source::Sum(channels_of(catalogue, "fresh_mol", ""));
        let shown = Shown::OxygenDays(O2_PER_CHLORATE);
        self.add("candles", "oxygen candles", 0.0, false, shown, source, watch);
        let count = Shown::As { unit: "", scale: 1.0, offset: 0.0, decimals: 0 };
        let source = Source::Least(channels_of(catalogue, "spares", ""));
        self.add("spares", "spares of the unit with fewest", 0.0, false, count, source, watch);
        let hours = Shown::As { unit: "h", scale: 1.0 / 3_600.0, offset: 0.0, decimals: 1 };
        let source = Source::Sum(channels_of(catalogue, "crew_s", "spent_s"));
        self.add("repair_hours", "crew hours for repair", 0.0, false, hours, source, watch);
    }

    fn add(
        &mut self,
        key: &'static str,
        name: &'static str,
        limit: f64,
        is_upper: bool,
        shown: Shown,
        source: Source,
        at_limit: Severity,
    ) {
        if let Source::Sum(channels) | Source::Least(channels) = &source
            && channels.is_empty()
        {
            return;
        }
        self.watched.push(Watched::new(key, name, limit, is_upper, shown, source, at_limit));
    }

    /// Look at the air after a step of `dt_s`.
    pub fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        let sum = |channels: &[usize]| -> f64 {
            channels.iter().map(|channel| habitat.value(*channel).unwrap_or(0.0)).sum()
        };
        self.oxygen_mol += dt_s * sum(&self.oxygen);
        self.co2_mol += dt_s * sum(&self.co2);
        let alive = habitat.crew_alive();
        self.person_s += dt_s * alive as f64;
        if alive == 0 {
            return;
        }
        let mission = &habitat.state().mission;
        let t_s = habitat.t_s();
        for watched in self.watched.iter_mut().filter(|watched| watched.source.is_air()) {
            match &watched.source {
                // The rules are silent until the window is full.
                Source::Co2Mean => {
                    if let Some(pa) = mission.co2.mean().filter(|_| mission.co2.is_full()) {
                        watched.take(pa, None, t_s);
                    }
                }
                Source::OxygenMean => {
                    if let Some(pa) = mission.o2.mean().filter(|_| mission.o2.is_full()) {
                        watched.take(pa, None, t_s);
                    }
                }
                Source::LowestOccupied(zones) | Source::HighestOccupied(zones) => {
                    if let Some((zone, value)) = occupied(habitat, zones, watched.is_upper) {
                        watched.take(value, Some(zone), t_s);
                    }
                }
                Source::Sum(_) | Source::Least(_) => {}
            }
        }
    }

    /// Look at the stores.
    pub fn decision(&mut self, readings: &[f64], t_s: f64) {
        let read = |channel: &usize| readings.get(*channel).copied().unwrap_or(f64::NAN);
        for watched in &mut self.watched {
            match &watched.source {
                Source::Sum(channels) => {
                    let sum = channels.iter().map(read).sum();
                    watched.take(sum, None, t_s);
                }
                Source::Least(channels) => {
                    let least = channels.iter().map(|channel| (*channel, read(channel)));
                    if let Some((channel, value)) = least.min_by(|a, b| a.1.total_cmp(&b.1)) {
                        watched.take(value, Some(channel), t_s);
                    }
                }
                _ => {}
            }
        }
    }

    /// What every margin came to, the tightest first.
    pub fn finish(&self, habitat: &Habitat) -> Vec<MarginResult> {
        let mut results: Vec<MarginResult> =
            self.watched.iter().filter_map(|watched| self.result(watched, habitat)).collect();
        // What has never had a margin is tighter than everything.
        let tightness = |one: &MarginResult| {
            (
                one.worst_share.unwrap_or(f64::NEG_INFINITY),
                one.end_share.unwrap_or(f64::NEG_INFINITY),
            )
        };
        results.sort_by(|a, b| {
            let (a, b) = (tightness(a), tightness(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        results
    }

    fn result(&self, watched: &Watched, habitat: &Habitat) -> Option<MarginResult> {
        let (end, _) = watched.last?;
        // A stock that the habitat never had.
        if watched.limit == 0.0 && watched.start_margin <= 0.0 && end <= 0.0 {
            return None;
        }
        let crew = habitat.plan().crew.len() as f64;
        let days = |mol: f64, per_mol: f64, gas: Gas| {
            let mol_d = mol / self.person_s * crew * DAY_S;
            if mol_d > 0.0 {
                ("d", per_mol / mol_d, 0.0, 1)
            } else {
                ("kg", per_mol * gas.molar_mass_kg_mol(), 0.0, 1)
            }
        };
        let (unit, scale, offset, decimals) = match watched.shown {
            Shown::As { unit, scale, offset, decimals } => (unit, scale, offset, decimals),
            Shown::OxygenDays(factor) => days(self.oxygen_mol, factor, Gas::O2),
            Shown::Co2Days(factor) => days(self.co2_mol, factor, Gas::Co2),
        };
        let share =
            |margin: f64| (watched.start_margin > 0.0).then(|| margin / watched.start_margin);
        let (end_margin, worst_margin) = (watched.margin(end), watched.margin(watched.worst));
        let worst_share = share(worst_margin);
        let is_tight = worst_share.is_none_or(|share| share < TIGHT_SHARE);
        let severity = if worst_margin <= 0.0 {
            watched.at_limit
        } else if is_tight && watched.at_limit == Severity::Warning {
            Severity::Caution
        } else {
            Severity::Nominal
        };
        let worst_at = match (&watched.source, watched.worst_where) {
            (Source::Least(_), Some(channel)) => {
                habitat.catalogue().channels()[channel].owner.clone()
            }
            (_, Some(zone)) => habitat.plan().zones[zone].name.clone(),
            (_, None) => String::new(),
        };
        Some(MarginResult {
            key: watched.key,
            name: watched.name,
            unit,
            limit: watched.limit * scale + offset,
            end: end * scale + offset,
            end_margin: end_margin * scale,
            end_share: share(end_margin),
            worst: watched.worst * scale + offset,
            worst_margin: worst_margin * scale,
            worst_share,
            worst_s: watched.worst_s,
            worst_at,
            decimals,
            severity,
        })
    }
}

/// Zone and value of the lowest or highest channel among the zones with living people.
fn occupied(habitat: &Habitat, zones: &[Option<usize>], highest: bool) -> Option<(usize, f64)> {
    let (plan, state) = (habitat.plan(), habitat.state());
    let people = state.crew.iter().zip(&plan.crew).filter(|(person, _)| person.health.alive);
    let values = people.filter_map(|(person, person_plan)| {
        let zone = person_plan.schedule.pieces().get(person.piece as usize)?.zone;
        let value = habitat.value((*zones.get(zone)?)?)?;
        Some((zone, value))
    });
    let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    if highest { values.max_by(order) } else { values.min_by(order) }
}

impl MarginResult {
    /// The margin for people.
    pub fn gauge(&self) -> Gauge {
        let unit = |text: String| {
            if self.unit.is_empty() { text } else { format!("{text} {}", self.unit) }
        };
        let show = |value: f64| unit(fixed(value, self.decimals));
        let place =
            if self.worst_at.is_empty() { String::new() } else { format!(", {}", self.worst_at) };
        Gauge {
            name: self.name.to_owned(),
            value: show(self.end),
            limit: show(self.limit),
            margin: show(self.end_margin),
            share: self.end_share.unwrap_or(f64::NAN),
            worst: show(self.worst),
            worst_margin: show(self.worst_margin),
            worst_share: self.worst_share.unwrap_or(f64::NAN),
            when: format!("{}{place}", day_clock(self.worst_s)),
            severity: self.severity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper() -> Watched {
        let shown = Shown::As { unit: "mmHg", scale: 1.0, offset: 0.0, decimals: 1 };
        let (source, bad) = (Source::Co2Mean, Severity::Warning);
        Watched::new("co2_1h", "CO2, 1-h mean", 20.0, true, shown, source, bad)
    }

    #[test]
    fn the_worst_is_the_least_margin_and_the_first_of_equals() {
        let mut watched = upper();
        for (t_s, value) in
            [(60.0, 4.0), (120.0, 9.0), (180.0, f64::NAN), (240.0, 9.0), (300.0, 5.0)]
        {
            watched.take(value, None, t_s);
        }
        assert_eq!((watched.worst, watched.worst_s), (9.0, 120.0));
        assert_eq!((watched.last, watched.start_margin), (Some((5.0, None)), 16.0));
    }
}
