//! When channels stood outside their declared limits.
//!
//! Each bound of each true channel is watched alone, at every decision; a reading holds until the
//! next one. Excursions over the same bound that lie less than [`CALM_S`] apart are one episode, so
//! that a value that swings across its limit with the crew's day is one event and not one a day.
//!
//! Readings of instruments (`sensed_…`) are left out: what counts is what was so.

use catalogue::{Catalogue, Channel, ValueKind};
use watch::report::{Event, Lane, Severity, Span, Tone};

use super::episodes::{Episode, Episodes};
use super::words::{shown, time};

/// Time that a channel has to be within a bound before the next excursion is one of its own, s.
pub const CALM_S: f64 = 86_400.0;

/// One bound of one channel.
#[derive(Debug, Clone)]
struct Bound {
    channel: usize,
    bound: f64,
    is_upper: bool,
    is_warning: bool,
    /// The reading that holds since the last decision, when it was outside.
    outside: Option<f64>,
}

impl Bound {
    /// A value that is no number is outside of every warning bound.
    fn is_outside(&self, value: f64) -> bool {
        if !value.is_finite() {
            self.is_warning
        } else if self.is_upper {
            value > self.bound
        } else {
            value < self.bound
        }
    }
}

/// All bounds of a habitat and what lay outside of them.
#[derive(Debug, Clone)]
pub struct LimitWatch {
    bounds: Vec<Bound>,
    episodes: Episodes,
    since_s: f64,
}

impl LimitWatch {
    /// Every declared bound of the true channels.
    pub fn new(catalogue: &Catalogue) -> LimitWatch {
        let mut bounds = Vec::new();
        for (channel, one) in catalogue.channels().iter().enumerate() {
            let Some(limits) = one.limits.filter(|_| one.kind == ValueKind::True) else {
                continue;
            };
            for (bound, is_upper, is_warning) in [
                (limits.caution_low, false, false),
                (limits.caution_high, true, false),
                (limits.warning_low, false, true),
                (limits.warning_high, true, true),
            ] {
                if let Some(bound) = bound {
                    bounds.push(Bound { channel, bound, is_upper, is_warning, outside: None });
                }
            }
        }
        let episodes = Episodes::new(bounds.len(), CALM_S);
        LimitWatch { bounds, episodes, since_s: 0.0 }
    }

    /// Take the readings at `t_s`.
    pub fn decision(&mut self, readings: &[f64], t_s: f64) {
        for (subject, bound) in self.bounds.iter_mut().enumerate() {
            let value = readings.get(bound.channel).copied().unwrap_or(f64::NAN);
            if let Some(held) = bound.outside {
                self.episodes.hold(subject, self.since_s, t_s, 1, held);
            }
            bound.outside = bound.is_outside(value).then_some(value);
        }
        self.since_s = t_s;
    }

    /// The last readings count too, without a length.
    pub fn close(&mut self) {
        for (subject, bound) in self.bounds.iter_mut().enumerate() {
            if let Some(held) = bound.outside.take() {
                self.episodes.hold(subject, self.since_s, self.since_s, 1, held);
            }
        }
    }

    /// An event for every episode; places that pass the same bound of the same quantity within
    /// [`CALM_S`] of the first are one event.
    pub fn events(&self, catalogue: &Catalogue) -> Vec<Event> {
        let mut groups: Vec<Vec<&Episode>> = Vec::new();
        for episode in self.episodes.list() {
            let bound = &self.bounds[episode.subject];
            let is_same = |group: &&mut Vec<&Episode>| {
                group.first().is_some_and(|first| {
                    let other = &self.bounds[first.subject];
                    let quantity =
                        |bound: &Bound| last_word(&catalogue.channels()[bound.channel].id);
                    quantity(other) == quantity(bound)
                        && (other.bound, other.is_upper) == (bound.bound, bound.is_upper)
                        && other.is_warning == bound.is_warning
                        && episode.from_s - first.from_s < CALM_S
                }) && group.iter().all(|one| one.subject != episode.subject)
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(episode),
                None => groups.push(vec![episode]),
            }
        }
        groups.iter().map(|group| self.event(group, catalogue)).collect()
    }

    /// The event of one group, told by its worst place.
    fn event(&self, group: &[&Episode], catalogue: &Catalogue) -> Event {
        let bound = &self.bounds[group[0].subject];
        let channel = |one: &Episode| &catalogue.channels()[self.bounds[one.subject].channel];
        let badness = |one: &Episode| if bound.is_upper { one.high } else { -one.low };
        let worst = group.iter().copied().max_by(|a, b| badness(a).total_cmp(&badness(b)));
        let worst = worst.unwrap_or(group[0]);
        let mut text = words(worst, &self.bounds[worst.subject], channel(worst));
        let others: Vec<&str> = group
            .iter()
            .filter(|one| one.subject != worst.subject)
            .map(|one| place(&channel(one).owner))
            .collect();
        if !others.is_empty() {
            text += &format!("; less far in {}", others.join(", "));
        }
        Event {
            time_s: group[0].from_s,
            lasted_s: group.iter().map(|one| one.lasted_s).reduce(f64::max),
            severity: if bound.is_warning { Severity::Warning } else { Severity::Caution },
            kind: "limit".to_owned(),
            text,
        }
    }

    /// One lane for every quantity that was outside, with the excursions of all its places.
    pub fn lanes(&self, catalogue: &Catalogue) -> Vec<Lane> {
        let mut lanes: Vec<(&str, Lane)> = Vec::new();
        // Warnings last, so that they lie above cautions.
        for warnings in [false, true] {
            for episode in self.episodes.list() {
                let bound = &self.bounds[episode.subject];
                if bound.is_warning != warnings {
                    continue;
                }
                let channel = &catalogue.channels()[bound.channel];
                let span = Span {
                    from_s: episode.from_s,
                    to_s: episode.to_s,
                    tone: if bound.is_warning { Tone::Warning } else { Tone::Caution },
                    label: String::new(),
                    text: words(episode, bound, channel),
                };
                let quantity = channel.quantity.as_str();
                match lanes.iter_mut().find(|(name, _)| *name == quantity) {
                    Some((_, lane)) => lane.spans.push(span),
                    None => {
                        let name = format!("limit: {quantity}");
                        lanes.push((quantity, Lane { name, spans: vec![span] }));
                    }
                }
            }
        }
        lanes.into_iter().map(|(_, lane)| lane).collect()
    }
}

/// The quantity in an id.
fn last_word(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or_default()
}

/// A zone without its `.air`, any other owner whole.
fn place(owner: &str) -> &str {
    owner.strip_suffix(".air").unwrap_or(owner)
}

/// An excursion in words.
fn words(episode: &Episode, bound: &Bound, channel: &Channel) -> String {
    let level = if bound.is_warning { "warning" } else { "caution" };
    let (side, extreme, value) = if bound.is_upper {
        ("above", "highest", episode.high)
    } else {
        ("below", "lowest", episode.low)
    };
    let limit = shown(bound.bound, channel);
    let mut text = format!("{} {side} its {level} of {limit}", channel.id);
    text += &if value.is_finite() {
        format!(", {extreme} {}", shown(value, channel))
    } else {
        ", not a number".to_owned()
    };
    if episode.times > 1 {
        text +=
            &format!("; {} times within {}", episode.times, time(episode.to_s - episode.from_s));
    }
    text
}

#[cfg(test)]
mod tests {
    use catalogue::{Limits, Unit};

    use super::*;

    fn catalogue() -> Catalogue {
        let channel = |id: &str, kind| Channel {
            id: id.into(),
            quantity: "CO2".into(),
            unit: Unit::Pascal,
            kind,
            limits: Some(Limits {
                caution_high: Some(400.0),
                warning_high: Some(2_000.0),
                ..Limits::default()
            }),
            owner: "living.air".into(),
            source: String::new(),
        };
        Catalogue::new(vec![
            channel("living.air.pp_co2_pa", ValueKind::True),
            channel("living.air.sensed_pp_co2_pa", ValueKind::Sensed),
        ])
        .unwrap()
    }

    #[test]
    fn an_excursion_that_wanders_is_one_event_and_its_warning_another() {
        let catalogue = catalogue();
        let mut watch = LimitWatch::new(&catalogue);
        for row in 0..400 {
            let value = match row {
                10..=20 => {
                    if row % 2 == 0 {
                        410.0
                    } else {
                        390.0
                    }
                }
                21 => 2_100.0,
                22 => 1_000.0,
                200 => 405.0,
                _ => 300.0,
            };
            watch.decision(&[value, 9_999.0], 600.0 * f64::from(row));
        }
        watch.close();
        let events = watch.events(&catalogue);
        let rows: Vec<(f64, f64, &str)> =
            events.iter().map(|e| (e.time_s, e.lasted_s.unwrap(), e.text.as_str())).collect();
        assert_eq!(
            rows,
            [
                (
                    6_000.0,
                    4_800.0,
                    "living.air.pp_co2_pa above its caution of 3.0 mmHg, highest 15.8 mmHg; \
                     6 times within 2.2 h"
                ),
                (
                    12_600.0,
                    600.0,
                    "living.air.pp_co2_pa above its warning of 15.0 mmHg, highest 15.8 mmHg"
                ),
                (
                    120_000.0,
                    600.0,
                    "living.air.pp_co2_pa above its caution of 3.0 mmHg, highest 3.0 mmHg"
                ),
            ]
        );
        let lanes = watch.lanes(&catalogue);
        assert_eq!((lanes.len(), lanes[0].spans.len()), (1, 3));
        assert_eq!(lanes[0].spans[2].tone, Tone::Warning);
    }

    #[test]
    fn what_is_outside_at_the_end_is_told() {
        let catalogue = catalogue();
        let mut watch = LimitWatch::new(&catalogue);
        watch.decision(&[300.0, 0.0], 0.0);
        watch.decision(&[f64::NAN, 0.0], 600.0);
        watch.close();
        let events = watch.events(&catalogue);
        assert_eq!(events.len(), 1);
        assert!(
            events[0].text.ends_with("warning of 15.0 mmHg, not a number"),
            "{}",
            events[0].text
        );
    }

    #[test]
    fn zones_that_pass_a_bound_on_one_day_are_one_event_told_by_the_worst() {
        let channel = |zone: &str| Channel {
            id: format!("{zone}.air.t_k"),
            quantity: "air temperature".into(),
            unit: Unit::Kelvin,
            kind: ValueKind::True,
            limits: Some(Limits { caution_high: Some(300.15), ..Limits::default() }),
            owner: format!("{zone}.air"),
            source: String::new(),
        };
        let catalogue = Catalogue::new(vec![channel("a"), channel("b"), channel("c")]).unwrap();
        let mut watch = LimitWatch::new(&catalogue);
        for row in 0..400 {
            let t = |from: i32, high: f64| if row >= from { high } else { 295.0 };
            watch.decision(&[t(10, 301.15), t(20, 303.15), t(300, 301.0)], 600.0 * f64::from(row));
        }
        watch.close();
        let events = watch.events(&catalogue);
        assert_eq!(events.len(), 2, "{events:?}");
        assert_eq!((events[0].time_s, events[0].lasted_s), (6_000.0, Some(233_400.0)));
        assert_eq!(
            events[0].text,
            "b.air.t_k above its caution of 27.0 °C, highest 30.0 °C; less far in a"
        );
        assert!(events[1].text.starts_with("c.air.t_k above"), "{}", events[1].text);
    }
}
