//! What alarms and anomalies find in a recording: every alarm that was raised, how often, how long and how far.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{Channel, ValueKind};
use watch::WatchError;
use watch::alarm::{Alarm, Bound, Cause, Overrides, Priority, State};
use watch::anomaly::{Lookout, Rule, rules_of};

use super::setting::Setting;
use crate::simulate::words::shown;
use crate::table::short;

/// Rows farther apart than this tell nothing about jumps from one minute to the next, s.
const JUMPS_WITHIN_S: f64 = 120.0;
/// What the name of a rule about jumps has in it.
const JUMP: &str = ".anomaly_jump_";
/// The same for rules about instruments that show one number again and again.
const STUCK: &str = ".anomaly_stuck_";
/// How long before an alarm, and after it, an anomaly may tell of its cause, s.
const TOGETHER_S: (f64, f64) = (86_400.0, 3_600.0);
/// Units that act upon a quantity, by a part of the id of its channel.
const ACTING: [(&str, &[&str]); 9] = [
    ("pp_co2_pa", &["cdra", "lioh", "fans", "ccaa"]),
    ("o2_pa", &["oga", "acs", "candle", "fans"]),
    ("o2_fraction", &["oga", "acs", "candle"]),
    ("p_total_pa", &["acs", "hull", "structure"]),
    ("air.sensed_t_k", &["ccaa", "heater", "low_loop", "moderate_loop", "fans"]),
    ("air.sensed_rh", &["ccaa", "fans"]),
    ("potable_kg", &["wpa", "upa", "brine_processor", "sabatier"]),
    ("battery.sensed_usable", &["array", "fission", "fuel_cell", "power"]),
    ("supply_k", &["radiator", "low_pump", "moderate_pump", "low_loop", "moderate_loop"]),
];
/// Units that are named at most.
const NAMED: usize = 4;

/// An alarm that was raised in a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    /// Its id.
    pub id: String,
    /// How soon somebody has to act.
    pub priority: Priority,
    /// What about the channel it is about.
    pub bound: Bound,
    /// What was wrong, in words without value.
    pub quantity: String,
    /// Whose value it is.
    pub owner: String,
    /// Units that could be behind it.
    pub suspects: Vec<String>,
    /// Whether it is the score of an anomaly and no limit.
    pub is_anomaly: bool,
    /// Whether it was the first open one of its group.
    pub is_first: bool,
    /// When it was raised first, s.
    pub first_s: f64,
    /// How often it was raised.
    pub count: u64,
    /// How long it lasted, all times together, s.
    pub lasted_s: f64,
    /// Whether it still was raised at the last row.
    pub is_open: bool,
    /// The value farthest beyond the limit; none for a silent instrument.
    pub extreme: Option<f64>,
    /// The limit as people speak of it, and the extreme likewise; empty for a silent instrument.
    pub limit: String,
    /// See `limit`.
    pub worst: String,
    since_s: Option<f64>,
}

/// Looks at each row of a recording.
pub struct Log {
    lookout: Lookout,
    /// Alarms by id, and where their values stand.
    known: BTreeMap<String, (Alarm, Option<Channel>)>,
    raised: BTreeMap<String, Raised>,
    now_s: f64,
    /// Time between two readings of instruments, and the number of the last one.
    sample_s: Option<f64>,
    sample: Option<i64>,
    /// Rows that brought new readings.
    pub seen: u64,
    /// Units that the catalogue has.
    units: BTreeSet<String>,
    /// Rules about jumps that are left out because rows are too far apart.
    pub left_out: usize,
    /// Columns whose instruments were recorded.
    is_watched: bool,
}

impl Log {
    /// A log for rows `every_s` apart.
    ///
    /// # Errors
    /// [`WatchError`] for overrides that the habitat does not take.
    pub fn new(setting: &Setting, every_s: f64, overrides: &Overrides) -> Result<Log, WatchError> {
        let catalogue = &setting.catalogue;
        let all: Vec<Rule> =
            setting.facts.as_ref().map_or_else(Vec::new, |facts| rules_of(catalogue, facts));
        let is_fine = every_s.max(setting.sample_s.unwrap_or(0.0)) <= JUMPS_WITHIN_S;
        let left_out = all.iter().filter(|rule| !is_fine && rule.id.contains(JUMP)).count();
        let fits = |rule: &Rule| {
            (is_fine || !rule.id.contains(JUMP))
                && (setting.sample_s.is_some() || !rule.id.contains(STUCK))
        };
        let rules: Vec<Rule> = all.into_iter().filter(fits).collect();
        let lookout = Lookout::new(catalogue, rules, overrides)?;
        let plan = lookout.alarms().plan();
        let known = plan.alarms.iter().filter_map(|alarm| {
            let of = &plan.channels[alarm.channel];
            // An instrument that nobody recorded is not a silent one.
            let is_there = of.column.is_none_or(|column| setting.has[column]);
            let channel = of.column.and_then(|column| catalogue.channels().get(column)).cloned();
            is_there.then(|| (alarm.id.clone(), (alarm.clone(), channel)))
        });
        let mut columns = catalogue.channels().iter().zip(&setting.has);
        let is_watched = columns.any(|(channel, has)| *has && channel.kind == ValueKind::Sensed);
        Ok(Log {
            known: known.collect(),
            units: catalogue.channels().iter().map(|channel| channel.owner.clone()).collect(),
            raised: BTreeMap::new(),
            now_s: 0.0,
            sample_s: setting.sample_s,
            sample: None,
            seen: 0,
            left_out,
            is_watched,
            lookout,
        })
    }

    /// Whether there are instruments that could raise something.
    pub fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// Look at a row of what can be known: true values in it are not numbers. One without new readings tells nothing.
    pub fn see(&mut self, t_s: f64, known: &[f64]) {
        if !self.is_watched {
            return;
        }
        self.now_s = t_s;
        if let Some(sample_s) = self.sample_s {
            let sample = ((t_s + 1e-6) / sample_s).floor() as i64;
            if self.sample.replace(sample) == Some(sample) {
                return;
            }
        }
        self.seen += 1;
        let changes: Vec<(String, State, State, bool, bool)> = self
            .lookout
            .push(t_s, known)
            .iter()
            .filter(|one| self.known.contains_key(&one.alarm))
            .map(|one| {
                let is_sample = one.cause == Cause::Sample;
                (one.alarm.clone(), one.to, one.from, is_sample, one.first_out)
            })
            .collect();
        for (id, to, from, is_sample, is_first) in changes {
            let is_past = matches!(to, State::Unacknowledged | State::Suppressed);
            let was_past = matches!(from, State::Unacknowledged | State::Suppressed);
            if is_past && !was_past && is_sample {
                self.raise(&id, t_s, is_first);
            } else if !is_past
                && let Some(raised) = self.raised.get_mut(&id)
                && let Some(since_s) = raised.since_s.take()
            {
                raised.lasted_s += t_s - since_s;
            }
        }
        self.follow(known);
    }

    fn raise(&mut self, id: &str, t_s: f64, is_first: bool) {
        let Some((alarm, channel)) = self.known.get(id) else { return };
        let of = &self.lookout.alarms().plan().channels[alarm.channel];
        let raised = self.raised.entry(id.to_owned()).or_insert_with(|| Raised {
            id: id.to_owned(),
            priority: alarm.priority,
            bound: alarm.bound,
            quantity: of.quantity.replace(", as measured", ""),
            owner: of.owner.clone(),
            suspects: self.lookout.suspects(id).into_iter().map(str::to_owned).collect(),
            is_anomaly: channel.is_none(),
            is_first,
            first_s: t_s,
            count: 0,
            lasted_s: 0.0,
            is_open: false,
            extreme: None,
            limit: String::new(),
            worst: String::new(),
            since_s: None,
        });
        raised.count += 1;
        raised.since_s = Some(t_s);
    }

    /// Keep the values farthest beyond the limits that are passed.
    fn follow(&mut self, known: &[f64]) {
        let plan = self.lookout.alarms().plan();
        let scores = self.lookout.scores();
        let first = plan.channels.len() - scores.len();
        for raised in self.raised.values_mut().filter(|one| one.since_s.is_some()) {
            let Some((alarm, _)) = self.known.get(&raised.id) else { continue };
            let value = match plan.channels[alarm.channel].column {
                Some(column) => known.get(column),
                None => alarm.channel.checked_sub(first).and_then(|at| scores.get(at)),
            };
            let Some(value) = value.copied().filter(|value| value.is_finite()) else { continue };
            if alarm.bound == Bound::Silent {
                continue;
            }
            let extreme = raised.extreme.unwrap_or(value);
            raised.extreme =
                Some(if alarm.bound.is_low() { extreme.min(value) } else { extreme.max(value) });
        }
    }

    /// All that was raised: the most urgent first, then what came first.
    pub fn finish(mut self) -> Vec<Raised> {
        for raised in self.raised.values_mut() {
            if let Some(since_s) = raised.since_s.take() {
                raised.lasted_s += self.now_s - since_s;
                raised.is_open = true;
            }
            let Some((alarm, channel)) = self.known.get(&raised.id) else { continue };
            if alarm.bound == Bound::Silent {
                continue;
            }
            raised.limit = said(channel.as_ref(), alarm.limit);
            raised.worst =
                raised.extreme.map(|value| said(channel.as_ref(), value)).unwrap_or_default();
        }
        let mut all: Vec<Raised> = self.raised.into_values().collect();
        let anomalies: Vec<(f64, Vec<String>)> = all
            .iter()
            .filter(|one| one.is_anomaly)
            .map(|one| (one.first_s, one.suspects.clone()))
            .collect();
        for one in all.iter_mut().filter(|one| !one.is_anomaly && one.bound != Bound::Silent) {
            one.suspects = acting(one, &self.units, &anomalies);
        }
        all.sort_by(|a, b| {
            b.priority.cmp(&a.priority).then(a.first_s.total_cmp(&b.first_s)).then(a.id.cmp(&b.id))
        });
        all
    }
}

/// A value of a channel as people speak of it, or a score.
fn said(channel: Option<&Channel>, value: f64) -> String {
    match channel {
        Some(channel) => shown(value, channel),
        None => short((100.0 * value).round() / 100.0),
    }
}

/// Units that act upon what passed a limit: first those that an anomaly named about then, and of one kind first that in the same
/// place. Its own owner where there is none.
fn acting(of: &Raised, units: &BTreeSet<String>, anomalies: &[(f64, Vec<String>)]) -> Vec<String> {
    let channel = of.id.split(':').next().unwrap_or_default();
    let known = ACTING.iter().find(|(part, _)| channel.contains(part));
    let ends = known.map_or(&[][..], |(_, ends)| ends);
    let place = of.owner.split('.').next().unwrap_or_default();
    let mut found: Vec<(bool, usize, bool, &String)> = Vec::new();
    for (rank, end) in ends.iter().enumerate() {
        for unit in units.iter().filter(|unit| unit.rsplit('.').next() == Some(*end)) {
            let is_odd = anomalies.iter().any(|(first_s, suspects)| {
                let since_s = first_s - of.first_s;
                suspects.contains(unit) && since_s >= -TOGETHER_S.0 && since_s <= TOGETHER_S.1
            });
            found.push((!is_odd, rank, unit.split('.').next() != Some(place), unit));
        }
    }
    found.sort();
    let mut named: Vec<String> =
        found.into_iter().take(NAMED).map(|(.., unit)| unit.clone()).collect();
    if named.is_empty() {
        named.push(of.owner.clone());
    }
    named
}

impl Raised {
    /// What was wrong, one sentence.
    pub fn text(&self) -> String {
        let Raised { quantity, owner, limit, worst, .. } = self;
        if self.bound == Bound::Silent {
            return format!("{quantity} of {owner}: the instrument shows nothing");
        }
        if self.is_anomaly {
            return format!("{quantity} of {owner} is unusual, score up to {worst}");
        }
        let (side, end) = if self.bound.is_low() { ("below", "down") } else { ("above", "up") };
        let kind = if self.bound.is_warning() { "warning" } else { "caution" };
        format!("{quantity} of {owner} {side} the {kind} of {limit}, {end} to {worst}")
    }

    /// How soon somebody has to act, in words.
    pub fn urgency(&self) -> &'static str {
        match self.priority {
            Priority::Critical => "now",
            Priority::High => "within the hour",
            Priority::Medium => "within the day",
            Priority::Low => "when there is time",
        }
    }
}

#[cfg(test)]
impl Raised {
    /// An anomaly, raised once.
    pub fn example(id: &str, suspects: &[&str], first_s: f64) -> Raised {
        Raised {
            id: id.into(),
            priority: Priority::Medium,
            bound: Bound::CautionHigh,
            quantity: "CO2 drawn in".into(),
            owner: suspects.first().copied().unwrap_or_default().into(),
            suspects: suspects.iter().map(|one| (*one).to_owned()).collect(),
            is_anomaly: true,
            is_first: false,
            first_s,
            count: 1,
            lasted_s: 600.0,
            is_open: false,
            extreme: Some(2.5),
            limit: "1".into(),
            worst: "2.5".into(),
            since_s: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_anomalies_name_are_looked_at_first() {
        let units = ["living.cdra", "laboratory.cdra", "living.fans", "living.oga", "living.air"];
        let units: BTreeSet<String> = units.map(str::to_owned).into_iter().collect();
        let raised = Raised {
            owner: "living.air".into(),
            ..Raised::example("living.air.sensed_pp_co2_pa:caution_high", &[], 1e5)
        };
        assert_eq!(acting(&raised, &units, &[]), ["living.cdra", "laboratory.cdra", "living.fans"]);
        let fans = vec!["living.fans".to_owned()];
        let early = [(1e3, fans.clone())];
        assert_eq!(acting(&raised, &units, &early)[0], "living.cdra");
        assert_eq!(acting(&raised, &units, &[(9e4, fans)])[0], "living.fans");
        let other = Raised { id: "living.air.sensed_x_pa:caution_high".into(), ..raised };
        assert_eq!(acting(&other, &units, &[]), ["living.air"]);
    }
}
