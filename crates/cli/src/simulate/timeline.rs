//! What happened across a mission: light, loads, failures, people, limits, responses, the abort.
//!
//! Light, loads and failures are looked at after every step, limits and commands at every decision.
//! Failures are found by their quantity: a channel `…fault` (0 sound, 1 degraded, 2 failed, 3 stuck,
//! 4 leaking), and any whose quantity tells of a puncture. Light and loads exist with a power system
//! alone. Memory is bounded by that of [`Episodes`].

use catalogue::{Catalogue, ValueKind};
use habitat::Habitat;
use watch::report::{Band, Event, Events, Lane, Lanes, Mark, Severity, Span, Tone};

use super::episodes::{Episode, Episodes};
use super::figures::{SHED, channels_of};
use super::limits::LimitWatch;
use super::responses::Responses;
use super::words::time;

/// Events of one kind that the report lists; the rest is counted.
const LISTED: usize = 150;
/// Shed loads that come back for less than this are one event, s.
const SHED_LULL_S: f64 = 6.0 * 3_600.0;
/// Level at which a unit no longer does its work.
const FAILED: u8 = 2;

/// Light and loads of a habitat with a power system of its own.
#[derive(Debug, Clone)]
struct Power {
    lit: usize,
    shed: usize,
    /// Loads that may be shed, in their order.
    order: Vec<String>,
    dark: Episodes,
    /// By rank, for the lane.
    ranks: Episodes,
    /// Joined, for the list.
    loads: Episodes,
    blackout: Episodes,
}

/// Everything that happened.
#[derive(Debug, Clone)]
pub struct Timeline {
    power: Option<Power>,
    /// Channels that tell of faults.
    faults: Vec<usize>,
    faulty: Episodes,
    /// Channels `alive` and `incapacitated` of people.
    alive: Vec<usize>,
    deaths_s: Vec<Option<f64>>,
    unable: Vec<usize>,
    unable_for: Episodes,
    limits: LimitWatch,
    responses: Responses,
    abort: Option<(f64, &'static str)>,
}

/// Whether a channel tells of a fault of its owner by a number that is 0 when all is well.
fn tells_fault(id: &str) -> bool {
    let quantity = id.rsplit('.').next().unwrap_or_default();
    quantity == "fault" || quantity.ends_with("_fault") || quantity.starts_with("puncture")
}

impl Timeline {
    /// Nothing has happened yet.
    pub fn new(habitat: &Habitat) -> Timeline {
        let catalogue = habitat.catalogue();
        let numbered = catalogue.channels().iter().enumerate();
        let faults: Vec<usize> = numbered
            .filter(|(_, one)| one.kind == ValueKind::True && tells_fault(&one.id))
            .map(|(index, _)| index)
            .collect();
        let alive = channels_of(catalogue, "alive", "oxygen_dose");
        let unable = channels_of(catalogue, "incapacitated", "oxygen_dose");
        Timeline {
            power: Power::new(habitat),
            faulty: Episodes::by_level(faults.len()),
            faults,
            deaths_s: vec![None; alive.len()],
            alive,
            unable_for: Episodes::new(unable.len(), 7_200.0),
            unable,
            limits: LimitWatch::new(catalogue),
            responses: Responses::new(catalogue, habitat.actuators()),
            abort: None,
        }
    }

    /// A step of `dt_s` is over.
    pub fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        let to_s = habitat.t_s();
        let from_s = to_s - dt_s;
        if let Some(power) = &mut self.power {
            power.step(habitat, from_s, to_s);
        }
        for (subject, channel) in self.faults.iter().enumerate() {
            let value = habitat.value(*channel).unwrap_or(0.0);
            if value > 0.0 {
                // A hole is as large as it is; a fault has a number.
                let is_numbered = habitat.catalogue().channels()[*channel].id.ends_with("fault");
                let level = if is_numbered { value.clamp(1.0, 255.0) as u8 } else { FAILED };
                self.faulty.hold(subject, from_s, to_s, level, value);
            }
        }
        if self.abort.is_none() && !habitat.abort_reason().name().is_empty() {
            self.abort = Some((habitat.state().mission.abort_s, habitat.abort_reason().words()));
        }
    }

    /// Take the readings.
    pub fn decision(&mut self, readings: &[f64], t_s: f64) {
        self.limits.decision(readings, t_s);
        self.responses.decision(readings, t_s);
        for (channel, death_s) in self.alive.iter().zip(&mut self.deaths_s) {
            if death_s.is_none() && readings.get(*channel).is_some_and(|alive| *alive < 0.5) {
                *death_s = Some(t_s);
            }
        }
        for (subject, channel) in self.unable.iter().enumerate() {
            // The dead are told of apart.
            let is_alive = self.deaths_s.get(subject).is_some_and(Option::is_none);
            if is_alive && readings.get(*channel).is_some_and(|unable| *unable > 0.5) {
                self.unable_for.hold(subject, t_s, t_s, 1, 1.0);
            }
        }
    }

    /// The mission is over.
    pub fn close(&mut self) {
        self.limits.close();
    }

    /// All events in time order: of each kind at most [`LISTED`] in the list, and how many by kind.
    pub fn events(&self, habitat: &Habitat) -> (Events, Vec<(String, u64)>) {
        let end_s = habitat.t_s();
        let catalogue = habitat.catalogue();
        let mut all = self.limits.events(catalogue);
        all.extend(self.responses.events(habitat));
        all.extend(self.power.iter().flat_map(|power| power.events(end_s)));
        all.extend(self.faulty.list().iter().map(|one| self.fault_event(one, catalogue, end_s)));
        all.extend(self.crew_events(catalogue));
        if let Some((time_s, words)) = self.abort {
            all.push(event(
                time_s,
                None,
                Severity::Warning,
                "abort",
                format!("mission lost: {words}"),
            ));
        }
        all.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(b.severity.cmp(&a.severity)));
        let mut kinds: Vec<(String, u64)> = Vec::new();
        for one in &all {
            match kinds.iter_mut().find(|(kind, _)| *kind == one.kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((one.kind.clone(), 1)),
            }
        }
        let mut kept: Vec<(&str, usize)> = Vec::new();
        let mut left_out = 0;
        let list = all
            .iter()
            .filter(|one| {
                let at = kept.iter().position(|(kind, _)| *kind == one.kind).unwrap_or_else(|| {
                    kept.push((one.kind.as_str(), 0));
                    kept.len() - 1
                });
                kept[at].1 += 1;
                let is_listed = kept[at].1 <= LISTED;
                left_out += u64::from(!is_listed);
                is_listed
            })
            .cloned()
            .collect();
        let note = if left_out > 0 {
            format!(
                "{left_out} more events are not listed: of each kind the first {LISTED} stand here; the lanes show all."
            )
        } else {
            String::new()
        };
        (Events { list, note }, kinds)
    }

    fn crew_events(&self, catalogue: &Catalogue) -> Vec<Event> {
        let owner = |channel: usize| catalogue.channels()[channel].owner.as_str();
        let deaths = self.alive.iter().zip(&self.deaths_s).filter_map(|(channel, death_s)| {
            let text = format!("{} is dead", owner(*channel));
            Some(event((*death_s)?, None, Severity::Warning, "crew", text))
        });
        let unable = self.unable_for.list().iter().map(|one| {
            let text = format!("{} unable to act", owner(self.unable[one.subject]));
            let lasted_s = (one.to_s > one.from_s).then_some(one.to_s - one.from_s);
            event(one.from_s, lasted_s, Severity::Warning, "crew", text)
        });
        deaths.chain(unable).collect()
    }

    fn fault_event(&self, one: &Episode, catalogue: &Catalogue, end_s: f64) -> Event {
        let id = &catalogue.channels()[self.faults[one.subject]].id;
        let mut text = format!("{} {}", fault_owner(id), fault_word(id, one.level));
        if one.times > 1 {
            text += &format!(" {} times", one.times);
        }
        text += if one.to_s >= end_s - 1.0 { ", not repaired by the end" } else { "" };
        let severity = fault_severity(one.level);
        event(one.from_s, Some(one.lasted_s), severity, "failure", text)
    }

    /// The strip of lanes.
    pub fn lanes(&self, habitat: &Habitat) -> Lanes {
        let catalogue = habitat.catalogue();
        let end_s = habitat.t_s();
        let mut lanes = Vec::new();
        if let Some(power) = &self.power {
            power.lanes(&mut lanes);
        }
        for (subject, channel) in self.faults.iter().enumerate() {
            let id = &catalogue.channels()[*channel].id;
            let spans: Vec<Span> = self
                .faulty
                .of(subject)
                .map(|one| Span {
                    from_s: one.from_s,
                    to_s: one.to_s,
                    tone: fault_tone(one.level),
                    label: fault_word(id, one.level).to_owned(),
                    text: self.fault_event(one, catalogue, end_s).text,
                })
                .collect();
            if !spans.is_empty() {
                lanes.push(Lane { name: fault_owner(id).to_owned(), spans });
            }
        }
        lanes.extend(self.responses.lanes(catalogue));
        lanes.extend(self.limits.lanes(catalogue));
        let crew = self.crew_events(catalogue);
        let spans = crew.iter().map(|one| Span {
            from_s: one.time_s,
            to_s: one.time_s + one.lasted_s.unwrap_or(0.0),
            tone: Tone::Warning,
            label: String::new(),
            text: one.text.clone(),
        });
        push(&mut lanes, "crew", spans.collect());
        let abort = self.abort.map(|(time_s, words)| Span {
            from_s: time_s,
            to_s: time_s,
            tone: Tone::Warning,
            label: String::new(),
            text: format!("mission lost: {words}"),
        });
        push(&mut lanes, "mission lost", abort.into_iter().collect());
        let used = |tone: Tone| {
            lanes.iter().flat_map(|lane: &Lane| &lane.spans).any(|span| span.tone == tone)
        };
        let key = [
            (Tone::Dark, "no sun"),
            (Tone::Busy, "action of the controller"),
            (Tone::Caution, "caution: degraded, shed, or past a caution limit"),
            (Tone::Warning, "warning: failed, blackout, lost, or past a warning limit"),
        ];
        let key = key.into_iter().filter(|(tone, _)| used(*tone));
        Lanes {
            title: String::new(),
            axis: "mission time".into(),
            span_s: (0.0, end_s),
            key: key.map(|(tone, words)| (tone, words.to_owned())).collect(),
            lanes,
        }
    }

    /// Shades behind all plots: darkness, and the time in which any unit had failed.
    pub fn bands(&self) -> Vec<Band> {
        let mut bands: Vec<Band> = self
            .power
            .iter()
            .flat_map(|power| power.dark.list())
            .map(|one| Band {
                from_s: one.from_s,
                to_s: one.to_s,
                tone: Tone::Dark,
                text: format!("darkness, {}", time(one.lasted_s)),
            })
            .collect();
        let mut failed: Vec<(f64, f64)> = (self.faulty.list().iter())
            .filter(|one| one.level >= FAILED)
            .map(|one| (one.from_s, one.to_s))
            .collect();
        failed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut joined: Vec<(f64, f64)> = Vec::new();
        for (from_s, to_s) in failed {
            match joined.last_mut() {
                Some(last) if from_s <= last.1 => last.1 = last.1.max(to_s),
                _ => joined.push((from_s, to_s)),
            }
        }
        bands.extend(joined.into_iter().map(|(from_s, to_s)| Band {
            from_s,
            to_s,
            tone: Tone::Warning,
            text: format!("a unit out of work, {}", time(to_s - from_s)),
        }));
        bands
    }

    /// What the shades of [`Timeline::bands`] mean, as far as they occur.
    pub fn key(&self, bands: &[Band]) -> Vec<(Tone, String)> {
        let key = [(Tone::Dark, "no sun"), (Tone::Warning, "a unit has failed")];
        let used = |tone: Tone| bands.iter().any(|band| band.tone == tone);
        let used = key.into_iter().filter(|(tone, _)| used(*tone));
        used.map(|(tone, words)| (tone, words.to_owned())).collect()
    }

    /// The moments drawn across all plots: the loss of the mission and deaths.
    pub fn marks(&self, catalogue: &Catalogue) -> Vec<Mark> {
        let mark = |time_s, text| Mark { time_s, severity: Severity::Warning, text };
        let abort = self.abort.map(|(t_s, words)| mark(t_s, format!("mission lost: {words}")));
        let deaths = self.crew_events(catalogue).into_iter();
        let deaths = deaths.filter(|one| one.text.ends_with("dead"));
        abort.into_iter().chain(deaths.map(|one| mark(one.time_s, one.text))).collect()
    }

    /// Shades of the faults of one unit.
    pub fn bands_of(&self, owner: &str, catalogue: &Catalogue) -> Vec<Band> {
        let own = |subject: usize| {
            let id = &catalogue.channels()[self.faults[subject]].id;
            fault_owner(id) == owner
        };
        let list = self.faulty.list().iter().filter(|one| own(one.subject));
        list.map(|one| Band {
            from_s: one.from_s,
            to_s: one.to_s,
            tone: fault_tone(one.level),
            text: fault_word(&catalogue.channels()[self.faults[one.subject]].id, one.level).into(),
        })
        .collect()
    }
}

impl Power {
    fn new(habitat: &Habitat) -> Option<Power> {
        let catalogue = habitat.catalogue();
        let lit = catalogue.find("habitat.power.lit_fraction").ok()?;
        let shed = catalogue.find(SHED).ok()?;
        let order = habitat.plan().power.as_ref().map(|power| power.shed_order.clone());
        Some(Power {
            lit,
            shed,
            order: order.unwrap_or_default(),
            dark: Episodes::new(1, 60.0),
            ranks: Episodes::by_level(1),
            loads: Episodes::new(1, SHED_LULL_S),
            blackout: Episodes::new(1, 60.0),
        })
    }

    fn step(&mut self, habitat: &Habitat, from_s: f64, to_s: f64) {
        if habitat.value(self.lit).is_some_and(|lit| lit <= 0.0) {
            self.dark.hold(0, from_s, to_s, 1, 0.0);
        }
        let shed = habitat.value(self.shed).unwrap_or(0.0);
        if shed > 0.0 {
            let level = shed.min(255.0) as u8;
            if usize::from(level) > self.order.len() {
                self.blackout.hold(0, from_s, to_s, level, shed);
            }
            self.ranks.hold(0, from_s, to_s, level, shed);
            self.loads.hold(0, from_s, to_s, level, shed);
        }
    }

    fn is_blackout(&self, level: u8) -> bool {
        usize::from(level) > self.order.len()
    }

    fn words(&self, one: &Episode) -> String {
        let count = usize::from(one.level).min(self.order.len());
        let names = self.order[..count].join(", ");
        let most = if one.low < one.high { "up to " } else { "" };
        format!("loads shed, {most}{count} of {}: {names}", self.order.len())
    }

    fn events(&self, end_s: f64) -> Vec<Event> {
        let still = |one: &Episode| if one.to_s >= end_s - 1.0 { ", until the end" } else { "" };
        let dark = self.dark.list().iter().map(|one| {
            let text = format!("no sun on the array{}", still(one));
            event(one.from_s, Some(one.lasted_s), Severity::Nominal, "light", text)
        });
        let loads = self.loads.list().iter().filter(|one| !self.order.is_empty() || one.level == 0);
        let loads = loads.map(|one| {
            let text = format!("{}{}", self.words(one), still(one));
            event(one.from_s, Some(one.lasted_s), Severity::Caution, "loads", text)
        });
        let blackout = self.blackout.list().iter().map(|one| {
            let text = format!("blackout: nothing is powered{}", still(one));
            event(one.from_s, Some(one.lasted_s), Severity::Warning, "loads", text)
        });
        dark.chain(loads).chain(blackout).collect()
    }

    fn lanes(&self, lanes: &mut Vec<Lane>) {
        let dark = self.dark.list().iter().map(|one| Span {
            from_s: one.from_s,
            to_s: one.to_s,
            tone: Tone::Dark,
            label: format!("no sun, {}", time(one.lasted_s)),
            text: "no sun on the array".to_owned(),
        });
        push(lanes, "darkness", dark.collect());
        let ranks = self.ranks.list().iter().map(|one| {
            let is_blackout = self.is_blackout(one.level);
            Span {
                from_s: one.from_s,
                to_s: one.to_s,
                tone: if is_blackout { Tone::Warning } else { Tone::Caution },
                label: if is_blackout {
                    "blackout".to_owned()
                } else {
                    format!("{} of {}", one.level, self.order.len())
                },
                text: if is_blackout { "blackout".to_owned() } else { self.words(one) },
            }
        });
        push(lanes, "loads shed", ranks.collect());
    }
}

/// Append a lane unless nothing lies on it.
fn push(lanes: &mut Vec<Lane>, name: &str, spans: Vec<Span>) {
    if !spans.is_empty() {
        lanes.push(Lane { name: name.to_owned(), spans });
    }
}

fn event(
    time_s: f64,
    lasted_s: Option<f64>,
    severity: Severity,
    kind: &str,
    text: String,
) -> Event {
    Event { time_s, lasted_s, severity, kind: kind.to_owned(), text }
}

/// Whose fault a channel tells of: its owner, and the part of it when it is not the whole.
fn fault_owner(id: &str) -> &str {
    id.strip_suffix(".fault").or_else(|| id.strip_suffix("_fault")).unwrap_or(id)
}

fn fault_word(id: &str, level: u8) -> &'static str {
    if !id.ends_with("fault") {
        return "open";
    }
    match level {
        0 => "sound",
        1 => "degraded",
        2 => "failed",
        3 => "stuck",
        4 => "leaking",
        _ => "in a fault of its own",
    }
}

fn fault_severity(level: u8) -> Severity {
    if level >= FAILED { Severity::Warning } else { Severity::Caution }
}

fn fault_tone(level: u8) -> Tone {
    if level >= FAILED { Tone::Warning } else { Tone::Caution }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found_by_their_quantity_and_named_by_their_owner() {
        for id in ["living.cdra.fault", "habitat.pump.fault", "living.air.pp_co2_fault"] {
            assert!(tells_fault(id), "{id}");
        }
        assert!(tells_fault("living.structure.puncture_m2"));
        assert!(!tells_fault("living.cdra.failures") && !tells_fault("living.air.default_pa"));
        assert_eq!(fault_owner("living.cdra.fault"), "living.cdra");
        assert_eq!(fault_owner("living.air.pp_co2_fault"), "living.air.pp_co2");
        assert_eq!(fault_word("a.fault", 4), "leaking");
        assert_eq!(fault_word("a.puncture_m2", 1), "open");
    }
}
