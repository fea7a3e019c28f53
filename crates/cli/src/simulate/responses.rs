//! What the controller did, in few rows.
//!
//! A mode counts at every change. A set-point counts when it has moved by a tenth of the range of
//! its actuator since it counted last, so that a controller that trims it at every decision is not
//! a flood. Changes of one mode that lie less than [`SWITCH_LULL_S`] apart are one episode, moves of one
//! set-point that lie less than [`MOVE_LULL_S`] apart another. What changes at the start, when the
//! controller takes over from the scenario, is one event. Backups, stocks that only a command
//! opens, are told by how long they were in use.

use catalogue::Catalogue;
use habitat::{Actuator, Habitat};
use watch::report::{Event, Lane, Severity, Span, Tone};

use super::episodes::{Episode, Episodes};
use super::figures::channels_of;
use super::words::{shown, time};

/// Time without a change after which a mode begins an episode of its own, s.
const SWITCH_LULL_S: f64 = 6.0 * 3_600.0;
/// The same of a set-point, s: a day, so that what follows the crew's day is one event.
const MOVE_LULL_S: f64 = 86_400.0;
/// A set-point counts when it has moved by this share of its range.
const LARGE: f64 = 0.1;

/// A command that is watched.
#[derive(Debug, Clone)]
struct Command {
    channel: usize,
    range: f64,
    is_switch: bool,
    noted: Option<f64>,
}

/// All commands of a habitat, and their changes.
#[derive(Debug, Clone)]
pub struct Responses {
    commands: Vec<Command>,
    switches: Episodes,
    moves: Episodes,
    /// Commands that changed before the first interval.
    taken_over: Vec<usize>,
    backups: Vec<usize>,
    in_use: Episodes,
    since_s: f64,
}

impl Responses {
    /// Every actuator.
    pub fn new(catalogue: &Catalogue, actuators: &[Actuator]) -> Responses {
        let mut backups = channels_of(catalogue, "set_on", "left_mol");
        backups.extend(channels_of(catalogue, "set_on", "fresh_mol"));
        let commands: Vec<Command> = actuators
            .iter()
            .filter(|actuator| !backups.contains(&actuator.channel))
            .map(|actuator| Command {
                channel: actuator.channel,
                range: actuator.high - actuator.low,
                is_switch: actuator.is_mode || (actuator.low, actuator.high) == (0.0, 1.0),
                noted: None,
            })
            .collect();
        Responses {
            switches: Episodes::new(commands.len(), SWITCH_LULL_S),
            moves: Episodes::new(commands.len(), MOVE_LULL_S),
            taken_over: Vec::new(),
            commands,
            in_use: Episodes::new(backups.len(), SWITCH_LULL_S),
            backups,
            since_s: 0.0,
        }
    }

    /// Take the readings at `t_s`.
    pub fn decision(&mut self, readings: &[f64], t_s: f64) {
        let read = |channel: usize| readings.get(channel).copied().unwrap_or(f64::NAN);
        for (subject, command) in self.commands.iter_mut().enumerate() {
            let value = read(command.channel);
            let Some(noted) = command.noted else {
                command.noted = value.is_finite().then_some(value);
                continue;
            };
            let is_large = if command.is_switch {
                (value > 0.5) != (noted > 0.5)
            } else {
                (value - noted).abs() >= LARGE * command.range
            };
            if is_large {
                // Commands are given at the start of the interval that ends now.
                if self.since_s <= 0.0 {
                    self.taken_over.push(subject);
                } else if command.is_switch {
                    self.switches.change(subject, self.since_s, noted, value);
                } else {
                    self.moves.change(subject, self.since_s, noted, value);
                }
                command.noted = Some(value);
            }
        }
        for (subject, channel) in self.backups.iter().enumerate() {
            if read(*channel) > 0.5 {
                self.in_use.hold(subject, self.since_s, t_s, 1, 1.0);
            }
        }
        self.since_s = t_s;
    }

    /// An event for every episode.
    pub fn events(&self, habitat: &Habitat) -> Vec<Event> {
        let catalogue = habitat.catalogue();
        let change = |episode: &Episode| Event {
            time_s: episode.from_s,
            lasted_s: (episode.times > 1).then_some(episode.to_s - episode.from_s),
            severity: Severity::Nominal,
            kind: "response".to_owned(),
            text: self.words(episode, catalogue),
        };
        let backup = |episode: &Episode| Event {
            time_s: episode.from_s,
            lasted_s: Some(episode.lasted_s),
            severity: Severity::Caution,
            kind: "backup".to_owned(),
            text: self.backup_words(episode, catalogue),
        };
        let mut events: Vec<Event> = self.switches.list().iter().map(change).collect();
        events.extend(self.moves.list().iter().map(change));
        events.extend(self.in_use.list().iter().map(backup));
        if !self.taken_over.is_empty() {
            let id =
                |subject: &usize| catalogue.channels()[self.commands[*subject].channel].id.as_str();
            let ids: Vec<&str> = self.taken_over.iter().map(id).collect();
            events.push(Event {
                time_s: 0.0,
                lasted_s: None,
                severity: Severity::Nominal,
                kind: "response".to_owned(),
                text: format!("the controller takes over and changes {}", ids.join(", ")),
            });
        }
        events
    }

    /// Lanes of switched modes, of moved set-points and of every backup that was used.
    pub fn lanes(&self, catalogue: &Catalogue) -> Vec<Lane> {
        let span = |episode: &Episode, text: String| Span {
            from_s: episode.from_s,
            to_s: episode.to_s,
            tone: Tone::Busy,
            label: String::new(),
            text,
        };
        let lane = |name: &str, episodes: &Episodes| {
            let list = episodes.list().iter();
            let spans = list.map(|one| span(one, self.words(one, catalogue))).collect();
            Lane { name: name.to_owned(), spans }
        };
        let mut lanes =
            vec![lane("modes switched", &self.switches), lane("set-points moved", &self.moves)];
        for (subject, channel) in self.backups.iter().enumerate() {
            let spans = self.in_use.of(subject);
            let spans = spans.map(|one| span(one, self.backup_words(one, catalogue))).collect();
            lanes.push(Lane { name: catalogue.channels()[*channel].owner.clone(), spans });
        }
        lanes.retain(|lane| !lane.spans.is_empty());
        lanes
    }

    fn backup_words(&self, episode: &Episode, catalogue: &Catalogue) -> String {
        let owner = &catalogue.channels()[self.backups[episode.subject]].owner;
        let times =
            if episode.times > 1 { format!(", {} times", episode.times) } else { String::new() };
        format!("{owner} switched on{times}")
    }

    fn words(&self, episode: &Episode, catalogue: &Catalogue) -> String {
        let command = &self.commands[episode.subject];
        let channel = &catalogue.channels()[command.channel];
        let name = channel.id.rsplit('.').next().unwrap_or_default();
        let span = time(episode.to_s - episode.from_s);
        let times = episode.times;
        if command.is_switch {
            let word = if episode.last > 0.5 { "on" } else { "off" };
            // `set_on` needs no more words, other switches say what they switch.
            let what = if name == "set_on" {
                format!("{} switched", channel.owner)
            } else {
                format!("{}, {}, switched", channel.owner, channel.quantity)
            };
            return if times == 1 {
                format!("{what} {word}")
            } else {
                format!("{what} {times} times within {span}, {word} at the end")
            };
        }
        let show = |value: f64| shown(value, channel);
        let what = format!("{}, {},", channel.owner, channel.quantity);
        if times == 1 {
            format!("{what} moved from {} to {}", show(episode.first), show(episode.last))
        } else {
            format!(
                "{what} moved {times} times within {span} between {} and {}, {} at the end",
                show(episode.low),
                show(episode.high),
                show(episode.last)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use habitat::{Plan, StreamKey, scenario};

    use super::*;

    /// The cabin, whose actuators these tests move by hand.
    fn cabin() -> Habitat {
        let loaded = scenario::load("cabin-30d").unwrap();
        let plan = Plan::compile(&loaded.scenario, loaded.hash).unwrap();
        Habitat::new(plan.into(), StreamKey::default())
    }

    /// Feed a course of one channel; the others stay at their first reading.
    fn told(id: &str, course: &[f64]) -> Vec<Event> {
        let habitat = cabin();
        let catalogue = habitat.catalogue();
        let at = catalogue.find(id).unwrap();
        let mut readings = vec![0.0; catalogue.len()];
        habitat.read(&mut readings);
        let mut responses = Responses::new(catalogue, habitat.actuators());
        for (row, value) in course.iter().enumerate() {
            readings[at] = *value;
            responses.decision(&readings, 600.0 * row as f64);
        }
        responses.events(&habitat)
    }

    #[test]
    fn a_switch_is_told_with_the_time_of_its_command() {
        let events = told("living.cdra.set_on", &[1.0, 1.0, 1.0, 0.0, 0.0]);
        let rows: Vec<(f64, &str)> = events.iter().map(|e| (e.time_s, e.text.as_str())).collect();
        assert_eq!(rows, [(1_200.0, "living.cdra switched off")]);
    }

    #[test]
    fn a_thousand_moves_are_one_event_and_small_ones_none() {
        let course: Vec<f64> = (0..1_000).map(|row| 288.15 + 5.0 * f64::from(row % 2)).collect();
        let events = told("living.ccaa.set_t_k", &course);
        assert_eq!(events.len(), 2, "{events:?}");
        assert!(events[0].text.contains("moved 998 times within 6.9 d"), "{}", events[0].text);
        assert!(events[0].text.contains("between 15.0 °C and 20.0 °C, 20.0 °C at the end"));
        // The first move is that of the controller who takes over.
        assert_eq!((events[1].time_s, events[1].text.contains("living.ccaa.set_t_k")), (0.0, true));
        let small: Vec<f64> = (0..1_000).map(|row| 288.15 + f64::from(row % 2)).collect();
        assert!(told("living.ccaa.set_t_k", &small).is_empty());
    }

    #[test]
    fn a_backup_is_told_by_how_long_it_was_in_use() {
        let mut course = vec![0.0; 10];
        course.extend([1.0; 6]);
        course.extend([0.0; 10]);
        let events = told("living.candle.set_on", &course);
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].time_s, events[0].lasted_s), (5_400.0, Some(3_600.0)));
        assert_eq!((events[0].kind.as_str(), events[0].severity), ("backup", Severity::Caution));
        assert_eq!(events[0].text, "living.candle switched on");
    }
}
