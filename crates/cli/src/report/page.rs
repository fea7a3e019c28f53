//! The sections of the page, in reading order.

use store::RunStatus;
use watch::report::{
    Event, Events, Frame, Mark, Part, Plot, Report, Section, Severity, Table, Verdict,
};

use super::advice::{self, Task};
use super::alarms::Raised;
use super::compare::{Comparison, shares};
use super::mission::Mission;
use super::setting::Setting;
use super::speed::History;
use super::stages::Stages;
use super::subject::Subject;
use super::training::Curves;
use crate::simulate::plots::Topic;
use crate::simulate::words::{day_clock, time};
use crate::table::{fixed, short};

/// Events that are listed.
const EVENTS: usize = 200;
/// Alarms that are listed.
const ALARMS: usize = 100;
/// Marks across the plots.
const MARKS: usize = 12;

/// Everything that was gathered.
pub struct Gathered<'a> {
    pub subject: &'a Subject,
    pub setting: Option<&'a Setting>,
    pub mission: Option<Mission>,
    pub curves: Option<Curves>,
    pub history: &'a History,
    pub stages: Stages,
    pub tasks: &'a [Task],
    pub comparison: Option<Comparison>,
}

/// The page.
pub fn report(gathered: Gathered<'_>) -> Report {
    let Gathered { subject, setting, mission, curves, history, stages, tasks, comparison } =
        gathered;
    let mut sections = vec![ran(subject)];
    let mut frame = Frame::default();
    if let Some(found) = &comparison {
        sections.extend(found.sections.iter().cloned());
    }
    sections.push(to_do(subject, tasks, mission.as_ref()));
    if let Some(mission) = &mission {
        sections.push(anomalous(subject, setting, mission));
        frame = Frame { span_s: Some(mission.span_s), marks: marks(&mission.raised), ..frame };
    } else if !subject.events.is_empty() {
        let parts = vec![Part::Events(events(subject))];
        sections.push(Section { title: "Events".to_owned(), note: String::new(), parts });
    }
    sections.push(history.section(subject));
    sections.push(stages.section);
    let verdict = verdict(subject, mission.as_ref(), history, comparison.as_ref());
    sections.extend(mission.map(plots).unwrap_or_default());
    sections.extend(curves.map(|curves| curves.sections()).unwrap_or_default());
    sections.push(settings(subject));
    Report {
        title: subject.name().to_owned(),
        subtitle: subtitle(subject),
        facts: facts(subject),
        verdict,
        frame,
        sections,
    }
}

fn subtitle(subject: &Subject) -> String {
    let scenario = subject.setting("scenario").map(|name| format!(" · scenario {name}"));
    let who = subject.setting("controller").map(|name| format!(" · controller {name}"));
    let parts = [scenario, who].into_iter().flatten().collect::<String>();
    format!("{}{parts} · version {}", subject.kind(), subject.run.told.code)
}

fn facts(subject: &Subject) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| facts.push((label.to_owned(), value));
    fact("Kind", subject.kind().to_owned());
    if let Some(scenario) = subject.setting("scenario") {
        fact("Scenario", scenario);
    }
    let seeds = subject.run.told.seeds.trim_matches(['[', ']']);
    if !seeds.is_empty() {
        fact("Seeds", seeds.to_owned());
    }
    fact("Code", subject.run.told.code.clone());
    fact("Began", utc(subject.run.started_us));
    let took = match (subject.took_s(), subject.run.status) {
        (Some(s), _) => format!("{} s", fixed(s, 1)),
        (None, RunStatus::Running) => "it goes on, or was killed".to_owned(),
        (None, _) => "not recorded".to_owned(),
    };
    fact("Took", took);
    fact("Status", subject.run.status.name().to_owned());
    if let Some(end_s) = subject.result("end_s") {
        fact("Mission time", time(end_s));
    }
    facts
}

/// What ran: what stands in its results, one value a line.
fn ran(subject: &Subject) -> Section {
    let rows: Vec<Vec<String>> = subject
        .results
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_object() && !value.is_array())
        .map(|(key, value)| vec![key.clone(), value_text(value)])
        .collect();
    let streams = subject.streams.iter().map(|stream| {
        let span = stream.span_us.map_or_else(String::new, |(first, last)| {
            format!("{} s to {} s", short(first as f64 / 1e6), short(last as f64 / 1e6))
        });
        vec![stream.name.clone(), stream.signals.len().to_string(), stream.count.to_string(), span]
    });
    let files = subject
        .files
        .iter()
        .map(|file| vec![file.kind.clone(), file.name.clone(), fixed(file.len as f64 / 1e3, 1)]);
    let table = |title: &str, columns: &[&str], rows: Vec<Vec<String>>| {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        (!rows.is_empty()).then(|| Part::Table(Table { title: title.to_owned(), columns, rows }))
    };
    let counted = shares::table(subject);
    let is_bare = rows.is_empty() && counted.rows.is_empty();
    let note = if is_bare { "No results are recorded." } else { "" };
    let parts = [
        (!counted.rows.is_empty()).then_some(Part::Table(counted)),
        table("Results", &["figure", "value"], rows),
        table("Recorded streams", &["stream", "channels", "rows", "from, to"], streams.collect()),
        table("Files", &["kind", "name", "kB"], files.collect()),
    ];
    Section {
        title: "What ran".to_owned(),
        note: note.to_owned(),
        parts: parts.into_iter().flatten().collect(),
    }
}

fn value_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.as_f64().map_or_else(String::new, short),
        other => other.to_string(),
    }
}

fn settings(subject: &Subject) -> Section {
    let rows: Vec<Vec<String>> = subject
        .config
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| vec![key.clone(), value_text(value)])
        .collect();
    let note = if rows.is_empty() { "No settings are recorded." } else { "" };
    let columns = ["setting", "value"].map(str::to_owned).to_vec();
    let table = Table { title: String::new(), columns, rows };
    Section {
        title: "Settings".to_owned(),
        note: note.to_owned(),
        parts: if note.is_empty() { vec![Part::Table(table)] } else { Vec::new() },
    }
}

/// What to do, the most urgent first.
fn to_do(subject: &Subject, tasks: &[Task], mission: Option<&Mission>) -> Section {
    let left_out = advice::left_out(tasks);
    let note = match (tasks.is_empty(), mission) {
        (true, _) if subject.run.status == RunStatus::Failed => {
            "It ended with an error, which is not recorded here: run it again and read what it says.".to_owned()
        }
        (true, Some(mission)) if mission.is_watched => {
            "Nothing: no alarm was raised.".to_owned()
        }
        (true, _) => "Nothing that is recorded asks for it.".to_owned(),
        (false, _) if left_out > 0 => format!("First things first; {left_out} more are less urgent than these."),
        (false, _) => "First things first.".to_owned(),
    };
    let parts = if tasks.is_empty() { Vec::new() } else { vec![Part::Table(advice::table(tasks))] };
    Section { title: "What to do".to_owned(), note, parts }
}

/// What was anomalous.
fn anomalous(subject: &Subject, setting: Option<&Setting>, mission: &Mission) -> Section {
    let mut notes = vec![setting.map_or_else(String::new, |setting| setting.note.clone())];
    if mission.is_watched {
        let (count, urgent) = (mission.raised.len(), advice::urgent(&mission.raised));
        notes.push(format!(
            "Alarms and anomalies look at {} rows with new readings of instruments, of {} that are recorded, {} s apart: {count} were raised, {urgent} of them urgent.",
            mission.seen,
            mission.rows,
            short(mission.every_s.round())
        ));
        if mission.left_out > 0 {
            notes.push(format!(
                "{} rules about jumps need rows a minute apart and are left out.",
                mission.left_out
            ));
        }
    } else {
        notes.push("No instrument is recorded, so no alarm could be raised.".to_owned());
    }
    let row = |one: &Raised| {
        vec![
            one.urgency().to_owned(),
            one.text(),
            day_clock(one.first_s),
            one.count.to_string(),
            time(one.lasted_s),
            if one.is_open { "yes" } else { "" }.to_owned(),
            if one.is_first { "yes" } else { "" }.to_owned(),
            one.suspects.join(", "),
        ]
    };
    let columns = [
        "to act",
        "alarm",
        "first at",
        "times",
        "in all",
        "open at the end",
        "first of its unit",
        "look at",
    ];
    let mut parts = Vec::new();
    if !mission.raised.is_empty() {
        parts.push(Part::Table(Table {
            title: "Alarms and anomalies".to_owned(),
            columns: columns.map(str::to_owned).to_vec(),
            rows: mission.raised.iter().take(ALARMS).map(row).collect(),
        }));
    }
    if mission.raised.len() > ALARMS {
        notes.push(format!("{} are listed.", ALARMS));
    }
    let passed = mission.passed();
    if !passed.rows.is_empty() {
        parts.push(Part::Table(passed));
    }
    if subject.events.is_empty() {
        notes.push("No events are recorded.".to_owned());
    } else {
        parts.push(Part::Events(events(subject)));
    }
    notes.retain(|note| !note.is_empty());
    Section { title: "What was anomalous".to_owned(), note: notes.join(" "), parts }
}

/// Recorded events, the grave ones where there are many.
fn events(subject: &Subject) -> Events {
    let all = &subject.events;
    let mut chosen: Vec<&store::Event> = all.iter().collect();
    // In time order, and of equal gravity the earlier ones.
    chosen.sort_by_key(|event| std::cmp::Reverse(event.severity));
    chosen.truncate(EVENTS);
    chosen.sort_by_key(|event| event.time_us);
    let list = chosen.into_iter().map(|event| Event {
        time_s: event.time_us as f64 / 1e6,
        lasted_s: None,
        severity: match event.severity {
            store::Severity::Advisory => Severity::Nominal,
            store::Severity::Caution => Severity::Caution,
            store::Severity::Warning | store::Severity::Emergency => Severity::Warning,
        },
        kind: event.kind.clone(),
        text: event.text.clone(),
    });
    let left_out = all.len().saturating_sub(EVENTS);
    let note = if left_out > 0 {
        format!("{left_out} events of {} are left out, the least grave ones.", all.len())
    } else {
        String::new()
    };
    Events { list: list.collect(), note }
}

/// The moments at which the most urgent alarms were raised first.
fn marks(raised: &[Raised]) -> Vec<Mark> {
    let mark = |one: &Raised| Mark {
        time_s: one.first_s,
        severity: if one.bound.is_warning() { Severity::Warning } else { Severity::Caution },
        text: one.text(),
    };
    raised
        .iter()
        .filter(|one| one.urgency() != "when there is time")
        .take(MARKS)
        .map(mark)
        .collect()
}

/// Sections of plots.
fn plots(mission: Mission) -> Vec<Section> {
    let titles = [
        (Topic::Atmosphere, "Atmosphere"),
        (Topic::Power, "Power"),
        (Topic::Water, "Water"),
        (Topic::Heat, "Heat"),
        (Topic::Crew, "Crew"),
        (Topic::Units, "Units"),
        (Topic::Ledger, "Ledger"),
    ];
    let mut sections = Vec::new();
    for (topic, title) in titles {
        let of = mission.plots.iter().filter(|(one, _)| *one == topic);
        let list: Vec<Plot> = of.map(|(_, plot)| plot.clone()).collect();
        if !list.is_empty() {
            sections.push(Section {
                title: title.to_owned(),
                note: String::new(),
                parts: vec![Part::Plots(list)],
            });
        }
    }
    sections
}

/// How it went, one sentence.
fn verdict(
    subject: &Subject,
    mission: Option<&Mission>,
    history: &History,
    comparison: Option<&Comparison>,
) -> Verdict {
    let (mut severity, mut parts) = (Severity::Nominal, Vec::new());
    let mut say = |of: Severity, text: String| {
        severity = severity.max(of);
        parts.push(text);
    };
    match subject.run.status {
        RunStatus::Failed => say(Severity::Warning, "ended with an error".to_owned()),
        RunStatus::Running => say(Severity::Caution, "goes on, or was killed".to_owned()),
        RunStatus::Done => {}
    }
    match subject.results["success"].as_bool() {
        Some(true) => say(Severity::Nominal, "the mission succeeded".to_owned()),
        Some(false) => {
            let reason = subject.results["abort_reason"].as_str().unwrap_or("crew lost");
            say(Severity::Warning, format!("the mission is lost: {}", reason.replace('_', " ")));
        }
        None => {}
    }
    if let Some(mission) = mission.filter(|mission| mission.is_watched) {
        let (count, urgent) = (mission.raised.len(), advice::urgent(&mission.raised));
        let of = if urgent > 0 {
            Severity::Warning
        } else if count > 0 {
            Severity::Caution
        } else {
            Severity::Nominal
        };
        let text = match (count, urgent) {
            (0, _) => "no alarm".to_owned(),
            (count, 0) => format!("{count} alarms, none of them urgent"),
            (count, urgent) => format!("{count} alarms, {urgent} of them urgent"),
        };
        say(of, text);
    }
    if history.is_slower() {
        say(Severity::Caution, "slower than the runs before".to_owned());
    }
    let mut text = if parts.is_empty() {
        "It came to its end.".to_owned()
    } else {
        capital(&parts.join("; ")) + "."
    };
    if let Some(found) = comparison {
        text = format!("{text} {}", found.verdict);
    }
    Verdict { severity, text }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A moment of the clock in words, UTC.
fn utc(us: i64) -> String {
    let s = us.div_euclid(1_000_000);
    let (days, s) = (s.div_euclid(86_400), s.rem_euclid(86_400));
    // Days since 1 March of the year 0, in eras of 400 years.
    let z = days + 719_468;
    let (era, day) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02}:{:02} UTC", s / 3_600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_clock() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400_000_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_767_225_599_000_000), "2025-12-31 23:59:59 UTC");
        assert_eq!(utc(-1_000_000), "1969-12-31 23:59:59 UTC");
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!((capital("no alarm"), capital("")), ("No alarm".to_owned(), String::new()));
    }
}
