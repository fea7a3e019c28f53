use std::collections::{BTreeMap, BTreeSet};

use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};
use serde::{Deserialize, Serialize};

use super::{Alarm, AlarmOverride, Bound, FloodSettings, Overrides, Priority};
use crate::WatchError;

/// Longest time on the shelf, s: a shift. Assumed.
const LONGEST_SHELVING_S: f64 = 8.0 * 3_600.0;
/// Silence of an instrument that is worth an alarm, s: single samples get lost. Assumed.
const SILENT_AFTER_S: f64 = 300.0;
/// Longest delay that a file may ask for, s.
const DELAY_MOST_S: f64 = 86_400.0;

/// A channel that is watched: its place in [`AlarmPlan::channels`] is its place in a row of samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedChannel {
    /// Id.
    pub id: String,
    /// The quantity in words.
    pub quantity: String,
    /// Symbol of its SI unit.
    pub unit: String,
    /// Whose value it is, for example `living.air`.
    pub owner: String,
    /// Who says what it is and what its limits are.
    pub source: String,
    /// Place in the catalogue; none for a channel that is computed from others.
    pub column: Option<usize>,
    /// Whether any limit is declared. A channel without limits can be silent and is never "nominal".
    pub has_limits: bool,
}

/// Every alarm of a habitat.
///
/// Limits come from the catalogue, on sensed channels alone: what no instrument shows raises no alarm. Warnings are limits
/// of safety.
///
/// # Defaults
/// | what | value | source |
/// |---|---|---|
/// | hysteresis of pressures | 2 % of the limit | EEMUA 191 |
/// | of levels, flows, powers and shares | 5 % of the limit | EEMUA 191 |
/// | of temperatures | 0.5 K | assumed: 1 % of a range of 50 K |
/// | delay on | 15 s for pressures and flows, 60 s for the rest | EEMUA 191 |
/// | delay off | 120 s | assumed |
/// | priority of a warning | critical for pressure, oxygen and CO2 of air, high for the rest | assumed |
/// | of a caution, of a silent instrument | medium, low | assumed |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlarmPlan {
    /// Channels in the order of a row of samples.
    pub channels: Vec<WatchedChannel>,
    /// Alarms; those of one channel stand together.
    pub alarms: Vec<Alarm>,
    /// Floods.
    pub flood: FloodSettings,
    /// Longest time on the shelf, s.
    pub longest_shelving_s: f64,
    /// Delay of the alarms of silent instruments, s.
    pub silent_after_s: f64,
}

impl AlarmPlan {
    /// Compile the alarms of every sensed channel of `catalogue`, then apply `overrides`.
    ///
    /// # Errors
    /// [`WatchError::NotSensed`] for a channel that no instrument shows; [`WatchError::Loosened`] for a limit of safety;
    /// [`WatchError::Range`] for values out of range or of order.
    pub fn compile(catalogue: &Catalogue, overrides: &Overrides) -> Result<AlarmPlan, WatchError> {
        let mut plan = AlarmPlan {
            channels: Vec::new(),
            alarms: Vec::new(),
            flood: overrides.flood.unwrap_or_default(),
            longest_shelving_s: overrides.longest_shelving_s.unwrap_or(LONGEST_SHELVING_S),
            silent_after_s: overrides.silent_after_s.unwrap_or(SILENT_AFTER_S),
        };
        plan.flood.check()?;
        in_range("longest_shelving_s", "time", plan.longest_shelving_s, 1.0, 30.0 * DELAY_MOST_S)?;
        in_range("silent_after_s", "time", plan.silent_after_s, 0.0, DELAY_MOST_S)?;
        for (column, channel) in catalogue.channels().iter().enumerate() {
            if channel.kind == ValueKind::Sensed {
                plan.add(channel, Some(column));
            }
        }
        plan.apply(&overrides.alarms)?;
        Ok(plan)
    }

    /// Watch one more channel with its limits; return its place in a row.
    ///
    /// One without a `column` is computed from others: it has no instrument that could be silent.
    pub fn add(&mut self, channel: &Channel, column: Option<usize>) -> usize {
        let limits = channel.limits.unwrap_or_default();
        let at = self.channels.len();
        self.channels.push(WatchedChannel {
            id: channel.id.clone(),
            quantity: channel.quantity.clone(),
            unit: channel.unit.symbol().to_owned(),
            owner: channel.owner.clone(),
            source: channel.source.clone(),
            column,
            has_limits: limits != Limits::default(),
        });
        for (bound, limit) in [
            (Bound::WarningLow, limits.warning_low),
            (Bound::CautionLow, limits.caution_low),
            (Bound::CautionHigh, limits.caution_high),
            (Bound::WarningHigh, limits.warning_high),
            (Bound::Silent, column.map(|_| 0.0)),
        ] {
            if let Some(limit) = limit {
                let delay_s = self.silent_after_s;
                self.alarms.push(declared(channel, at, bound, limit, delay_s));
            }
        }
        at
    }

    /// Change alarms as a file says, all or none of them.
    ///
    /// # Errors
    /// As [`AlarmPlan::compile`]; nothing changes.
    pub fn apply(&mut self, changes: &[AlarmOverride]) -> Result<(), WatchError> {
        let mut next = self.clone();
        for change in changes {
            next.change(change)?;
        }
        next.check()?;
        *self = next;
        Ok(())
    }

    fn change(&mut self, change: &AlarmOverride) -> Result<(), WatchError> {
        let channel = self
            .channels
            .iter()
            .position(|one| one.id == change.channel)
            .ok_or_else(|| WatchError::NotSensed(change.channel.clone()))?;
        let id = format!("{}:{}", change.channel, change.bound.name());
        if !self.alarms.iter().any(|alarm| alarm.id == id) {
            let Some(limit) = change.limit else {
                return Err(WatchError::Range {
                    place: id,
                    quantity: "limit",
                    found: "nothing".into(),
                    allowed: "a number, since the catalogue declares none".into(),
                });
            };
            let of = &self.channels[channel];
            let fresh = Alarm {
                id: id.clone(),
                channel,
                bound: change.bound,
                limit,
                deadband: 0.05 * limit.abs(),
                on_delay_s: 60.0,
                off_delay_s: 120.0,
                priority: if change.bound.is_warning() { Priority::High } else { Priority::Medium },
                group: of.owner.clone(),
                is_safety: false,
            };
            let after = self
                .alarms
                .partition_point(|alarm| (alarm.channel, alarm.bound) < (channel, change.bound));
            self.alarms.insert(after, fresh);
            self.channels[channel].has_limits = true;
        }
        let Some(alarm) = self.alarms.iter_mut().find(|alarm| alarm.id == id) else {
            return Ok(());
        };
        override_of(alarm, change)
    }

    /// Refuse limits out of order.
    fn check(&self) -> Result<(), WatchError> {
        let mut by_channel: BTreeMap<usize, Vec<&Alarm>> = BTreeMap::new();
        for alarm in self.alarms.iter().filter(|alarm| alarm.bound != Bound::Silent) {
            by_channel.entry(alarm.channel).or_default().push(alarm);
        }
        for alarms in by_channel.values() {
            for pair in alarms.windows(2) {
                let (low, high) = (pair[0], pair[1]);
                let crosses = low.bound.is_low() && !high.bound.is_low();
                if low.limit > high.limit || (crosses && low.limit == high.limit) {
                    return Err(WatchError::Range {
                        place: high.id.clone(),
                        quantity: "limit",
                        found: high.limit.to_string(),
                        allowed: format!("above the {} of {}", low.limit, low.id),
                    });
                }
                if crosses && low.deadband.max(high.deadband) >= high.limit - low.limit {
                    return Err(WatchError::Range {
                        place: high.id.clone(),
                        quantity: "deadband",
                        found: low.deadband.max(high.deadband).to_string(),
                        allowed: format!("under {}, the room inside", high.limit - low.limit),
                    });
                }
            }
        }
        Ok(())
    }

    /// Put the values of the watched channels of a whole row of readings into `row`; computed channels are not numbers yet.
    pub fn gather(&self, readings: &[f64], row: &mut Vec<f64>) {
        row.clear();
        let value = |column: Option<usize>| column.and_then(|at| readings.get(at)).copied();
        row.extend(self.channels.iter().map(|one| value(one.column).unwrap_or(f64::NAN)));
    }

    /// Channels for which no limit is declared: nothing can be said about their values.
    pub fn without_limits(&self) -> impl Iterator<Item = &WatchedChannel> {
        self.channels.iter().filter(|channel| !channel.has_limits)
    }

    /// Names of all groups, sorted.
    #[must_use]
    pub fn groups(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.alarms.iter().map(|alarm| alarm.group.as_str()).collect();
        all.into_iter().collect()
    }
}

fn in_range(
    place: &str,
    quantity: &'static str,
    found: f64,
    low: f64,
    high: f64,
) -> Result<f64, WatchError> {
    if found >= low && found <= high {
        return Ok(found);
    }
    let (place, found) = (place.to_owned(), found.to_string());
    Err(WatchError::Range { place, quantity, found, allowed: format!("{low} to {high}") })
}

/// An alarm with its defaults.
fn declared(channel: &Channel, at: usize, bound: Bound, limit: f64, silent_s: f64) -> Alarm {
    let deadband = match (bound, channel.unit) {
        (Bound::Silent, _) => 0.0,
        (_, Unit::Kelvin) => 0.5,
        (_, Unit::Pascal) => 0.02 * limit.abs(),
        _ => 0.05 * limit.abs(),
    };
    let on_delay_s = match channel.unit {
        _ if bound == Bound::Silent => silent_s,
        Unit::Pascal
        | Unit::MolePerSecond
        | Unit::KilogramPerSecond
        | Unit::CubicMetrePerSecond => 15.0,
        _ => 60.0,
    };
    let is_breath = channel.unit == Unit::Pascal && channel.owner.ends_with(".air");
    let priority = match bound {
        Bound::Silent => Priority::Low,
        _ if !bound.is_warning() => Priority::Medium,
        _ if is_breath => Priority::Critical,
        _ => Priority::High,
    };
    Alarm {
        id: format!("{}:{}", channel.id, bound.name()),
        channel: at,
        bound,
        limit,
        deadband,
        on_delay_s,
        off_delay_s: 120.0,
        priority,
        group: channel.owner.clone(),
        is_safety: bound.is_warning(),
    }
}

/// Apply what a file says about one alarm.
fn override_of(alarm: &mut Alarm, change: &AlarmOverride) -> Result<(), WatchError> {
    let loosened = |quantity, declared: String, found: String| {
        Err(WatchError::Loosened { id: alarm.id.clone(), quantity, declared, found })
    };
    let mut next = alarm.clone();
    if let Some(limit) = change.limit {
        next.limit = in_range(&alarm.id, "limit", limit, f64::MIN, f64::MAX)?;
        let outward = if alarm.bound.is_low() { limit < alarm.limit } else { limit > alarm.limit };
        if alarm.is_safety && outward {
            return loosened("the limit", alarm.limit.to_string(), limit.to_string());
        }
    }
    if let Some(deadband) = change.deadband {
        next.deadband = in_range(&alarm.id, "deadband", deadband, 0.0, f64::MAX)?;
        if alarm.is_safety && deadband < alarm.deadband {
            return loosened("the hysteresis", alarm.deadband.to_string(), deadband.to_string());
        }
    }
    if let Some(delay_s) = change.on_delay_s {
        next.on_delay_s = in_range(&alarm.id, "on_delay_s", delay_s, 0.0, DELAY_MOST_S)?;
        if alarm.is_safety && delay_s > alarm.on_delay_s {
            return loosened("the delay on", alarm.on_delay_s.to_string(), delay_s.to_string());
        }
    }
    if let Some(delay_s) = change.off_delay_s {
        next.off_delay_s = in_range(&alarm.id, "off_delay_s", delay_s, 0.0, DELAY_MOST_S)?;
        if alarm.is_safety && delay_s < alarm.off_delay_s {
            return loosened("the delay off", alarm.off_delay_s.to_string(), delay_s.to_string());
        }
    }
    if let Some(priority) = change.priority {
        next.priority = priority;
        if alarm.is_safety && priority < alarm.priority {
            let (from, to) = (format!("{:?}", alarm.priority), format!("{priority:?}"));
            return loosened("the priority", from, to);
        }
    }
    if let Some(group) = &change.group {
        next.group.clone_from(group);
    }
    *alarm = next;
    Ok(())
}
