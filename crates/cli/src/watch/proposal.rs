//! Limits that quiet days ask for.
//!
//! * A caution that quiet days pass, or come near, moves outside of what they show: a quarter of their range beyond, and never
//!   past the warning behind it. Instruments of one quantity in the air are taken together, since which instrument drifts is a matter of chance.
//! * The threshold of an anomaly moves to 1.1 times the highest score of quiet days where that is more than it is now, and down
//!   to 1.5 times that score where that is less. Less room finds no more failures and raises more for nothing: with 0.8 times
//!   the highest score, recall on missions of seeds 3 and 4 is the same and precision 0.12.
//! * A limit of safety is left alone, whatever quiet days show.

use serde::Serialize;
use watch::alarm::{Alarm, AlarmOverride, AlarmPlan, Bound, Overrides};

/// Range of a channel in quiet days: its id, least, most.
pub type Range = (String, f64, f64);

/// Room beyond what quiet days show, share of their range.
const ROOM: f64 = 0.25;
/// Room above the highest score of quiet days.
const LOOSE: f64 = 1.1;
/// The same for a threshold that comes down.
const TIGHT: f64 = 1.5;
/// Scores below this are far from anything: a threshold that comes down for them would find nothing more.
const LEAST: f64 = 0.3;

/// One limit that would move.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// The alarm.
    pub alarm: String,
    /// Its limit as declared.
    pub declared: f64,
    /// What is proposed.
    pub proposed: f64,
    /// The worst that quiet days show.
    pub worst: f64,
    /// Symbol of the unit of all three.
    pub unit: String,
    /// Whether fewer values are outside of it than before.
    pub looser: bool,
    #[serde(skip)]
    change: AlarmOverride,
}

/// What the alarms of `plan` would become after quiet days with these ranges, and the ids of limits of safety that quiet days
/// pass, which stay.
pub fn proposals(plan: &AlarmPlan, ranges: &[Range]) -> (Vec<Proposal>, Vec<String>) {
    let (mut moved, mut kept) = (Vec::new(), Vec::new());
    for alarm in plan.alarms.iter().filter(|alarm| alarm.bound != Bound::Silent) {
        let channel = &plan.channels[alarm.channel];
        // Scores each have a threshold of their own; of a quantity all instruments count.
        let same = |id: &str| match channel.column {
            None => id == channel.id,
            Some(_) => quantity(id) == quantity(&channel.id),
        };
        let alike = ranges.iter().filter(|(id, ..)| same(id));
        let (least, most) = alike.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| {
            (low.min(one.1), high.max(one.2))
        });
        let own = ranges.iter().find(|(id, ..)| *id == channel.id);
        let Some((_, own_least, own_most)) = own else { continue };
        let worst = if alarm.bound.is_low() { least } else { most };
        if alarm.is_safety {
            let worst = if alarm.bound.is_low() { *own_least } else { *own_most };
            if alarm.judge(worst) == Some(true) {
                kept.push(alarm.id.clone());
            }
            continue;
        }
        let limit = match channel.column {
            None => score_limit(worst, alarm.limit),
            Some(_) => caution_limit(plan, alarm, worst, most - least),
        };
        if let Some(limit) = limit {
            let mut change = AlarmOverride::of(&channel.id, alarm.bound);
            change.limit = Some(limit);
            let looser =
                if alarm.bound.is_low() { limit < alarm.limit } else { limit > alarm.limit };
            moved.push(Proposal {
                alarm: alarm.id.clone(),
                declared: alarm.limit,
                proposed: limit,
                worst,
                unit: channel.unit.clone(),
                looser,
                change,
            });
        }
    }
    (moved, kept)
}

/// What channels must have in common to be taken together: the quantity, of the air of any zone; else they are themselves.
fn quantity(id: &str) -> &str {
    match id.split_once(".air.") {
        Some((_, quantity)) => quantity,
        None => id,
    }
}

fn score_limit(worst: f64, now: f64) -> Option<f64> {
    if LOOSE * worst > now {
        Some(rounded(LOOSE * worst))
    } else if worst >= LEAST && TIGHT * worst < now {
        Some(rounded(TIGHT * worst))
    } else {
        None
    }
}

fn caution_limit(plan: &AlarmPlan, alarm: &Alarm, worst: f64, range: f64) -> Option<f64> {
    let sign = if alarm.bound.is_low() { -1.0 } else { 1.0 };
    let outside = rounded(worst + sign * ROOM * range);
    if sign * (outside - alarm.limit) <= 0.0 {
        return None;
    }
    let behind = if alarm.bound.is_low() { Bound::WarningLow } else { Bound::WarningHigh };
    let warning =
        plan.alarms.iter().find(|one| one.channel == alarm.channel && one.bound == behind);
    // A caution at its warning warns of nothing.
    let fits = warning.is_none_or(|warning| sign * (warning.limit - outside) > 0.0);
    fits.then_some(outside)
}

/// To four digits, for a file that people read.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// The file that holds `proposals`.
pub fn overrides(proposals: &[Proposal]) -> Overrides {
    let alarms = proposals.iter().map(|one| one.change.clone()).collect();
    Overrides { alarms, ..Overrides::default() }
}

/// Ranges of several missions as one.
pub fn merged<'a>(missions: impl Iterator<Item = &'a [Range]>) -> Vec<Range> {
    let mut all: Vec<Range> = Vec::new();
    for (id, least, most) in missions.flatten() {
        match all.iter_mut().find(|(known, ..)| known == id) {
            Some((_, low, high)) => (*low, *high) = (low.min(*least), high.max(*most)),
            None => all.push((id.clone(), *least, *most)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};

    fn plan() -> AlarmPlan {
        let channel = |id: &str, limits| Channel {
            id: id.into(),
            quantity: "q".into(),
            unit: Unit::Pascal,
            kind: ValueKind::Sensed,
            limits: Some(limits),
            owner: "a.air".into(),
            source: "s".into(),
        };
        let limits = Limits {
            warning_low: Some(10.0),
            caution_low: Some(20.0),
            caution_high: Some(30.0),
            warning_high: Some(40.0),
        };
        let catalogue = Catalogue::new(vec![channel("a.air.sensed_x_pa", limits)]).unwrap();
        let mut plan = AlarmPlan::compile(&catalogue, &Overrides::default()).unwrap();
        let score = Limits { caution_high: Some(1.0), ..Limits::default() };
        plan.add(&channel("a.b.anomaly_y", score), None);
        plan
    }

    fn proposed(x: (f64, f64), score: f64) -> (Vec<(String, f64)>, Vec<String>) {
        let ranges =
            [("a.air.sensed_x_pa".to_owned(), x.0, x.1), ("a.b.anomaly_y".to_owned(), 0.0, score)];
        let (moved, kept) = proposals(&plan(), &ranges);
        let overrides = overrides(&moved);
        let mut plan = plan();
        plan.apply(&overrides.alarms).unwrap();
        (moved.into_iter().map(|one| (one.alarm, one.proposed)).collect(), kept)
    }

    #[test]
    fn a_caution_that_quiet_days_pass_moves_just_outside() {
        let (moved, kept) = proposed((18.0, 35.0), 0.9);
        let expected =
            [("a.air.sensed_x_pa:caution_low", 13.75), ("a.air.sensed_x_pa:caution_high", 39.25)];
        assert_eq!(&moved[..2], expected.map(|(id, limit)| (id.to_owned(), limit)));
        assert!(kept.is_empty());
    }

    #[test]
    fn safety_stays_and_no_caution_passes_its_warning() {
        let (moved, kept) = proposed((25.0, 41.0), 0.8);
        assert!(moved.is_empty(), "{moved:?}");
        assert_eq!(kept, ["a.air.sensed_x_pa:warning_high"]);
    }

    #[test]
    fn thresholds_of_scores_go_both_ways() {
        let of = |score| proposed((24.0, 26.0), score).0.first().map(|one| one.1);
        assert_eq!((of(1.5), of(0.95)), (Some(1.65), Some(1.045)));
        assert_eq!((of(0.4), of(0.1), of(0.8)), (Some(0.6), None, None));
    }
}
