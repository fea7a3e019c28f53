//! The sections of a mission's report, in reading order.

use env::Outcome;
use habitat::Habitat;
use habitat::scenario::Activity;
use watch::report::{Events, Frame, Lane, Lanes, Part, Plot, Report, Section, Span, Table, Tone};

use super::figures::Figures;
use super::plots::Topic;
use super::summary::{self, MissionResult};
use super::timeline::Timeline;

const HOUR_S: f64 = 3_600.0;

/// Everything that was gathered.
pub struct Gathered<'a> {
    pub habitat: &'a Habitat,
    pub figures: &'a Figures,
    pub timeline: &'a Timeline,
    pub outcome: &'a Outcome,
    pub result: &'a MissionResult,
    pub events: Events,
    pub plots: Vec<(Topic, Plot)>,
}

/// The report of a mission.
pub fn report(gathered: Gathered<'_>) -> Report {
    let Gathered { habitat, figures, timeline, outcome, result, events, plots } = gathered;
    let catalogue = habitat.catalogue();
    let scenario = &habitat.plan().scenario;
    let bands = timeline.bands();
    let frame = Frame {
        span_s: Some((0.0, outcome.t_s)),
        key: timeline.key(&bands),
        marks: timeline.marks(catalogue),
        bands,
    };
    let of = |topic: Topic| -> Vec<Plot> {
        plots.iter().filter(|(one, _)| *one == topic).map(|(_, plot)| plot.clone()).collect()
    };
    let table = |table: Option<Table>| table.map(Part::Table);
    let gauges = result.margins.iter().map(|margin| margin.gauge()).collect();
    let lanes = timeline.lanes(habitat);
    let is_swinging = |list: &[Plot]| {
        list.iter().flat_map(|plot| &plot.series).any(|series| !series.mean.is_empty())
    };
    let mut sections = vec![
        Section {
            title: "Margins".into(),
            note: "The tightest first. A bar is full at the margin of the start and empty at the limit; the tick stands at the worst moment. Limits of the air are the abort rules, looked at where people are.".into(),
            parts: if result.margins.is_empty() { vec![] } else { vec![Part::Gauges(gauges)] },
        },
        Section {
            title: "Time line".into(),
            note: String::new(),
            parts: [
                (!lanes.lanes.is_empty()).then_some(Part::Lanes(lanes)),
                (!events.list.is_empty()).then_some(Part::Events(events)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        },
    ];
    let recovery = summary::recovery(habitat, figures, outcome).unwrap_or_default();
    let topics = [
        (Topic::Power, "Sun and power", table(summary::power(&result.power)), String::new()),
        (Topic::Atmosphere, "Atmosphere", table(Some(summary::atmosphere(catalogue, figures))), String::new()),
        (Topic::Water, "Water", table(Some(summary::stores(catalogue, figures))), recovery),
        (Topic::Heat, "Heat", None, String::new()),
        (Topic::Crew, "Crew", table(summary::crew(catalogue, figures)), String::new()),
        (Topic::Units, "Units", table(Some(summary::flows(figures, outcome))), String::new()),
        (Topic::Ledger, "Ledger", None, "What the ledger cannot explain, as a share of what moved in the step; rounding alone gives some 1e-12.".into()),
    ];
    for (topic, title, table, note) in topics {
        let list = of(topic);
        let mut parts = Vec::new();
        let mut notes: Vec<String> = [note].into_iter().filter(|note| !note.is_empty()).collect();
        if is_swinging(&list) {
            notes.push("Of lines that swing all the time the mean over a day is drawn, and every value faintly behind it.".into());
        }
        if !list.is_empty() {
            parts.push(Part::Plots(list));
        }
        if topic == Topic::Crew {
            parts.extend(day_of_crew(habitat).map(Part::Lanes));
        }
        parts.extend(table.filter(|part| !is_bare(part)));
        let title =
            if topic == Topic::Power && habitat.plan().power.is_none() { "Power" } else { title };
        sections.push(Section { title: title.into(), note: notes.join(" "), parts });
    }
    sections.retain(|section| !section.parts.is_empty());
    Report {
        title: if scenario.title.is_empty() {
            scenario.name.clone()
        } else {
            scenario.title.clone()
        },
        subtitle: format!(
            "Scenario {} · controller {} · seed {}",
            scenario.name, result.controller, result.seed
        ),
        facts: summary::facts(result),
        verdict: summary::verdict(outcome),
        frame,
        sections,
    }
}

/// Whether a table has no rows.
fn is_bare(part: &Part) -> bool {
    matches!(part, Part::Table(table) if table.rows.is_empty())
}

/// The day of every person: what they do and where, as the scenario plans it.
fn day_of_crew(habitat: &Habitat) -> Option<Lanes> {
    let people = &habitat.plan().scenario.crew;
    let lanes = people.iter().map(|person| Lane {
        name: person.name.clone(),
        spans: person
            .schedule
            .iter()
            .map(|block| {
                let (tone, word) = match block.activity {
                    Activity::Sleep => (Tone::Quiet, "sleep"),
                    Activity::Nominal => (Tone::Busy, "nominal"),
                    Activity::Exercise => (Tone::Caution, "exercise"),
                };
                Span {
                    from_s: block.from_h * HOUR_S,
                    to_s: block.to_h * HOUR_S,
                    tone,
                    label: block.zone.clone(),
                    text: format!("{word} in {}", block.zone),
                }
            })
            .collect(),
    });
    let key = [(Tone::Quiet, "sleep"), (Tone::Busy, "nominal"), (Tone::Caution, "exercise")];
    (!people.is_empty()).then(|| Lanes {
        title: "Day of the crew, as planned".into(),
        axis: "hour of the day".into(),
        span_s: (0.0, 24.0 * HOUR_S),
        lanes: lanes.collect(),
        key: key.map(|(tone, words)| (tone, words.to_owned())).to_vec(),
    })
}
