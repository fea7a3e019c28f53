//! What was found, what was missed, and what was raised for nothing.
//!
//! All of this is fixed before anything is counted:
//!
//! * **Found**: an alarm is raised within 24 h after the fault that its twin does not raise within an hour of the same time, and
//!   the unit, or the place where it stands, is among its suspects. Units of air and water stand in their zone; array, battery,
//!   fuel cell, electrolyser and bus are one place, coolant loops, pumps and radiator another, tanks a third.
//! * **False**: every alarm of a quiet mission; every alarm before the fault; every alarm after it that the twin raises too,
//!   within an hour. An alarm after it that points elsewhere and that the twin does not raise is the work of the fault: a
//!   consequence, and neither.
//! * **Precision**: faults found / (faults found + false alarms). **Recall**: faults found / faults.
//! * **Fast**: an instrument shows the fault within ten minutes beyond its noise and bias ([`super::visibility`]).

use serde::Serialize;

use super::campaign::{AFTER_H, Campaign, Flown};
use super::watcher::Raise;
use crate::campaign::median;

/// Alarms closer than this are the same in a mission and its twin, s.
const SAME_S: f64 = 3_600.0;
/// Time in which an instrument must show a fault that is called fast, s.
const FAST_S: f64 = 600.0;

/// A fault and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// Kind and mode.
    pub kind: String,
    /// The unit, or the owner of the instrument.
    pub unit: String,
    /// When, hours after the start.
    pub at_h: f64,
    /// Seed of the mission.
    pub seed: u64,
    /// The channel that shows it first.
    pub shown_by: String,
    /// When it does, min after the fault.
    pub shown_min: f64,
    /// Whether an instrument shows it at once.
    pub fast: bool,
    /// The alarm that found it.
    pub alarm: Option<String>,
    /// When, min after the fault.
    pub delay_min: Option<f64>,
    /// Whether the alarm names the unit and not its place alone.
    pub names_unit: bool,
}

/// An alarm for nothing.
#[derive(Debug, Clone, Serialize)]
pub struct False {
    /// Its id.
    pub alarm: String,
    /// Seed of the mission.
    pub seed: u64,
    /// When, hours after the start.
    pub at_h: f64,
}

/// Everything that is counted under one setting.
#[derive(Debug, Clone, Serialize)]
pub struct Tally {
    /// Name of the setting.
    pub setting: String,
    /// Faults.
    pub cases: Vec<Case>,
    /// Alarms for nothing in quiet missions.
    pub false_quiet: Vec<False>,
    /// Alarms for nothing in missions with a fault.
    pub false_beside: Vec<False>,
    /// Alarms that a fault caused elsewhere.
    pub consequences: usize,
    /// Days of quiet missions.
    pub quiet_days: f64,
    /// Faults found over faults found and false alarms.
    pub precision: f64,
    /// Faults found over faults.
    pub recall: f64,
    /// Faults found by an alarm that names the unit, over faults.
    pub named: f64,
    /// Median delay of the faults found, min.
    pub median_delay_min: f64,
    /// Median delay of fast faults that were found, min.
    pub median_fast_delay_min: f64,
    /// False alarms in ten quiet days.
    pub false_per_ten_days: f64,
}

impl Tally {
    /// Count what was raised under the setting number `at`, called `name`.
    pub fn of(campaign: &Campaign, at: usize, name: &str) -> Tally {
        let mut tally = Tally::empty(name);
        tally.quiet_days = campaign.quiet_days;
        for quiet in &campaign.quiet {
            let raises = quiet.raises.get(at).into_iter().flatten();
            tally.false_quiet.extend(raises.map(|raise| False::of(raise, quiet.seed)));
        }
        for flown in &campaign.faults {
            tally.count(flown, at);
        }
        tally.sum_up();
        tally
    }

    /// Nothing is counted yet under the setting `name`.
    pub fn empty(name: &str) -> Tally {
        Tally {
            setting: name.to_owned(),
            cases: Vec::new(),
            false_quiet: Vec::new(),
            false_beside: Vec::new(),
            consequences: 0,
            quiet_days: 0.0,
            precision: 0.0,
            recall: 0.0,
            named: 0.0,
            median_delay_min: f64::NAN,
            median_fast_delay_min: f64::NAN,
            false_per_ten_days: 0.0,
        }
    }

    fn count(&mut self, flown: &Flown, at: usize) {
        let Some((with, twin)) = flown.raises.get(at) else { return };
        let at_s = flown.draw.event.at_h() * 3_600.0;
        let unit = flown.draw.unit.as_str();
        let mut found: Option<&Raise> = None;
        for raise in with {
            let is_own = !twin
                .iter()
                .any(|other| other.alarm == raise.alarm && (other.t_s - raise.t_s).abs() <= SAME_S);
            let within = raise.t_s > at_s && raise.t_s <= at_s + AFTER_H * 3_600.0;
            let points = raise.suspects.iter().any(|one| place(one) == place(unit) || one == unit);
            if within && is_own && points {
                found = found.or(Some(raise));
            } else if within && is_own {
                self.consequences += 1;
            } else {
                self.false_beside.push(False::of(raise, flown.draw.seed));
            }
        }
        let (shown_by, shown_s) = flown.shown.clone().unwrap_or_default();
        self.cases.push(Case {
            kind: flown.draw.kind.clone(),
            unit: unit.to_owned(),
            at_h: flown.draw.event.at_h(),
            seed: flown.draw.seed,
            shown_by,
            shown_min: shown_s / 60.0,
            fast: shown_s <= FAST_S,
            alarm: found.map(|raise| raise.alarm.clone()),
            delay_min: found.map(|raise| (raise.t_s - at_s) / 60.0),
            names_unit: found.is_some_and(|raise| raise.suspects.iter().any(|one| one == unit)),
        });
    }

    /// Work out shares and medians of what was counted.
    pub fn sum_up(&mut self) {
        let faults = (self.cases.len() as f64).max(1.0);
        let found = self.cases.iter().filter(|case| case.alarm.is_some()).count() as f64;
        let false_alarms = (self.false_quiet.len() + self.false_beside.len()) as f64;
        self.precision = found / (found + false_alarms).max(1.0);
        self.recall = found / faults;
        self.named = self.cases.iter().filter(|case| case.names_unit).count() as f64 / faults;
        self.median_delay_min = median_or_nan(self.cases.iter().filter_map(|case| case.delay_min));
        let fast = self.cases.iter().filter(|case| case.fast).filter_map(|case| case.delay_min);
        self.median_fast_delay_min = median_or_nan(fast);
        self.false_per_ten_days = 10.0 * self.false_quiet.len() as f64 / self.quiet_days.max(1e-9);
    }
}

impl False {
    /// One of the mission with `seed`.
    pub fn of(raise: &Raise, seed: u64) -> False {
        False { alarm: raise.alarm.clone(), seed, at_h: raise.t_s / 3_600.0 }
    }
}

/// The median; not a number of nothing.
pub fn median_or_nan(values: impl Iterator<Item = f64>) -> f64 {
    median(values.collect()).unwrap_or(f64::NAN)
}

/// The place of a unit.
pub fn place(unit: &str) -> &str {
    let (place, name) = unit.split_once('.').unwrap_or((unit, ""));
    match (place, name) {
        ("habitat", "power" | "battery" | "array" | "fuel_cell" | "electrolyser") => "power",
        ("habitat", "radiator") => "thermal",
        ("habitat", name) if name.ends_with("_loop") || name.ends_with("_pump") => "thermal",
        ("habitat", name) => name,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::campaign::Quiet;
    use crate::watch::draw::Draw;
    use crate::watch::flight::Event;
    use habitat::scenario::FaultEvent;

    fn raise(t_h: f64, alarm: &str, suspect: &str) -> Raise {
        Raise { t_s: 3_600.0 * t_h, alarm: alarm.into(), suspects: vec![suspect.into()] }
    }

    fn flown(with: Vec<Raise>, twin: Vec<Raise>) -> Flown {
        let event = FaultEvent { unit: "living.cdra".into(), at_h: 100.0, ..FaultEvent::default() };
        let draw = Draw {
            event: Event::Unit(event),
            kind: "cdra failed".into(),
            unit: "living.cdra".into(),
            seed: 1,
        };
        Flown { draw, shown: Some(("x".into(), 60.0)), raises: vec![(with, twin)] }
    }

    fn tally(faults: Vec<Flown>, quiet: Vec<Raise>) -> Tally {
        let quiet = vec![Quiet { seed: 9, raises: vec![quiet], extremes: Vec::new() }];
        Tally::of(&Campaign { faults, quiet, quiet_days: 20.0, kinds: Vec::new() }, 0, "x")
    }

    #[test]
    fn what_counts_as_found() {
        let all = vec![
            // Named.
            flown(vec![raise(100.5, "a", "living.cdra")], vec![]),
            // By its place, after an alarm elsewhere that it caused.
            flown(vec![raise(101.0, "c", "quarters.air"), raise(102.0, "b", "living.air")], vec![]),
            // Too early, too late.
            flown(vec![raise(99.0, "a", "living.cdra"), raise(125.0, "b", "living.cdra")], vec![]),
            // The twin has it too, half an hour later.
            flown(vec![raise(101.0, "a", "living.cdra")], vec![raise(101.5, "a", "living.cdra")]),
        ];
        let tally = tally(all, vec![]);
        let found: Vec<Option<f64>> = tally.cases.iter().map(|case| case.delay_min).collect();
        assert_eq!(found, [Some(30.0), Some(120.0), None, None]);
        assert_eq!((tally.recall, tally.named, tally.consequences), (0.5, 0.25, 1));
        // The one before, the one after a day, the one of the twin.
        assert_eq!(tally.false_beside.len(), 3);
        assert_eq!((tally.median_delay_min, tally.precision), (75.0, 0.4));
    }

    #[test]
    fn what_counts_as_false() {
        let quiet = vec![raise(5.0, "a", "living.air"), raise(6.0, "a", "living.air")];
        let beside = vec![raise(101.0, "c", "quarters.air"), raise(110.0, "a", "living.cdra")];
        let tally = tally(vec![flown(beside, vec![raise(101.2, "c", "quarters.air")])], quiet);
        assert_eq!((tally.false_quiet.len(), tally.false_beside.len()), (2, 1));
        assert_eq!((tally.false_per_ten_days, tally.recall), (1.0, 1.0));
        assert!((tally.precision - 0.25).abs() < 1e-12);
    }

    #[test]
    fn places() {
        assert_eq!(place("living.cdra"), place("living.air"));
        assert_ne!(place("living.cdra"), place("quarters.air"));
        assert_eq!(place("habitat.array"), place("habitat.power"));
        assert_eq!(place("habitat.low_pump"), place("habitat.low_loop"));
        assert_ne!(place("habitat.battery"), place("habitat.radiator"));
        assert_eq!(place("stores.o2_tank"), place("stores.tanks"));
    }
}
