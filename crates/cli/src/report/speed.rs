//! How fast a run was, beside the earlier ones of its kind.

use serde_json::Value;
use store::{Database, Run, RunFilter, RunStatus};
use watch::regression::{Change, Judgement, RegressionSettings};
use watch::report::{LimitLine, Part, Plot, Section, Series, Severity, Side, Table, XAxis};

use super::subject::{METRICS, Subject, TELEMETRY, parsed, setting};
use crate::error::CliError;
use crate::keep::MACHINE;
use crate::table::fixed;

/// Earlier runs that are looked at.
const EARLIER: usize = 500;
/// What has to be the same for two speeds to be compared, by kind.
const SAME: [(&str, &[&str]); 3] = [
    ("simulate", &["scenario", "controller"]),
    (
        "train",
        &[
            "scenario",
            "acts",
            "hidden",
            "head",
            "shared",
            "stack",
            "dt_s",
            "decision_s",
            "epochs",
            "crew",
        ],
    ),
    ("rollout", &["scenario", "controller", "dt_s"]),
];
/// Results that have to be the same, too.
const SAME_RESULTS: [&str; 4] = ["dt_s", "decision_s", "crew_size", "threads"];

/// A speed with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// How much a second.
    pub value: f64,
    /// Unit.
    pub unit: &'static str,
}

/// How fast a run was and how fast the earlier ones were.
pub struct History {
    /// Its speed; none where none is recorded.
    pub speed: Option<Speed>,
    /// Speeds of earlier runs, the oldest first, with the version of the program.
    pub earlier: Vec<(f64, String)>,
    /// The judgement; none where there is no speed.
    pub judged: Option<Judgement>,
    /// On which machine it ran, if that is recorded.
    pub machine: Option<String>,
}

/// The speed that a run of `kind` tells with its results.
pub fn speed_of(kind: &str, results: &Value, took_s: Option<f64>) -> Option<Speed> {
    let number = |key: &str| results[key].as_f64();
    let per = |count: Option<f64>, s: Option<f64>, unit| {
        let value = count? / s.filter(|s| *s > 0.0)?;
        (value.is_finite() && value > 0.0).then_some(Speed { value, unit })
    };
    match kind {
        "simulate" => per(number("steps_per_s"), Some(1.0), "steps/s"),
        "train" => per(number("decisions"), number("wall_s"), "decisions/s"),
        "rollout" => per(number("rows"), took_s, "rows/s"),
        _ => None,
    }
}

fn took_s(run: &Run) -> Option<f64> {
    run.ended_us.map(|ended_us| (ended_us - run.started_us) as f64 / 1e6)
}

/// What two runs have to share, as one text; none for kinds whose speeds say nothing about each other.
fn likeness(run: &Run, config: &Value, results: &Value) -> Option<String> {
    let (_, keys) = SAME.iter().find(|(kind, _)| *kind == run.told.kind)?;
    let settings = keys.iter().map(|key| setting(config, key).unwrap_or_default());
    let results = SAME_RESULTS.iter().map(|key| setting(results, key).unwrap_or_default());
    Some(settings.chain(results).collect::<Vec<_>>().join("\n"))
}

impl History {
    /// The speed of a run and of the earlier ones of its kind, scenario and machine.
    ///
    /// # Errors
    /// What the database reports.
    pub fn of(database: &Database, subject: &Subject) -> Result<History, CliError> {
        let machine = subject.setting(MACHINE);
        let speed = speed_of(subject.kind(), &subject.results, subject.took_s());
        let wanted = likeness(&subject.run, &subject.config, &subject.results);
        let (Some(of), Some(wanted)) = (speed, wanted) else {
            return Ok(History { speed, earlier: Vec::new(), judged: None, machine });
        };
        let kind = Some(subject.kind().to_owned());
        let filter = RunFilter { kind, most: EARLIER, ..RunFilter::default() };
        let mut earlier = Vec::new();
        // The latest come first.
        for run in database.runs(&filter)?.iter().rev() {
            let is_earlier = run.started_us < subject.run.started_us && run.id != subject.run.id;
            if !is_earlier || run.status != RunStatus::Done {
                continue;
            }
            let (config, results) =
                (parsed(&run.told.config), run.results.as_deref().map_or(Value::Null, parsed));
            let is_other = match (&machine, setting(&config, MACHINE)) {
                (Some(ours), Some(theirs)) => *ours != theirs,
                _ => false,
            };
            if is_other || likeness(run, &config, &results).as_ref() != Some(&wanted) {
                continue;
            }
            if let Some(speed) = speed_of(&run.told.kind, &results, took_s(run)) {
                earlier.push((speed.value, run.told.code.clone()));
            }
        }
        let speeds: Vec<f64> = earlier.iter().map(|(speed, _)| *speed).collect();
        let judged = RegressionSettings::default().judge(&speeds, of.value);
        Ok(History { speed, earlier, judged: Some(judged), machine })
    }

    /// Whether it was slower than usual.
    pub fn is_slower(&self) -> bool {
        self.judged.is_some_and(|judged| judged.change == Change::Slower)
    }

    /// What is said about its speed, one or two sentences.
    pub fn words(&self, kind: &str) -> String {
        let Some(speed) = self.speed else {
            return format!("A run of kind `{kind}` records no speed of its own.");
        };
        let Some(judged) = &self.judged else {
            return format!("{} {}.", fixed(speed.value, 0), speed.unit);
        };
        let machine = match &self.machine {
            Some(machine) => format!(" on {machine}"),
            None => "; on which machine is not recorded".to_owned(),
        };
        let versions: std::collections::BTreeSet<&str> =
            self.earlier.iter().map(|(_, code)| code.as_str()).collect();
        let versions = match versions.len() {
            0 => String::new(),
            _ => format!(
                " Earlier runs are of version {}.",
                versions.into_iter().collect::<Vec<_>>().join(", ")
            ),
        };
        let level = if judged.spread.is_some() {
            " Of a thousand runs as fast as ever one is called slower by chance."
        } else {
            ""
        };
        format!("{} {}{machine}: {judged}.{level}{versions}", fixed(speed.value, 0), speed.unit)
    }

    /// The section of the page.
    pub fn section(&self, subject: &Subject) -> Section {
        let mut parts = vec![Part::Table(self.table(subject))];
        if let (Some(speed), false) = (self.speed, self.earlier.is_empty()) {
            parts.insert(0, Part::Plots(vec![self.plot(speed)]));
        }
        Section { title: "How fast".to_owned(), note: self.words(subject.kind()), parts }
    }

    fn plot(&self, speed: Speed) -> Plot {
        let points = self.earlier.iter().enumerate().map(|(at, (value, _))| (at as f64, *value));
        let mut points: Vec<(f64, f64)> = points.collect();
        points.push((points.len() as f64, speed.value));
        let told = self.judged.and_then(|judged| Some(judged.usual? * (1.0 - judged.told_from)));
        let limit = told.map(|value| LimitLine {
            value,
            label: "told from here".to_owned(),
            severity: Severity::Caution,
            side: Side::Below,
        });
        Plot {
            title: "Speed of this run, the last point, after the earlier ones".to_owned(),
            unit: speed.unit.to_owned(),
            series: vec![Series { name: "runs".to_owned(), points, ..Series::default() }],
            limits: limit.into_iter().collect(),
            x: XAxis::Quantity("runs, the oldest first".to_owned()),
            ..Plot::default()
        }
    }

    fn table(&self, subject: &Subject) -> Table {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut row = |what: &str, value: Option<String>| {
            rows.push(vec![what.to_owned(), value.unwrap_or_else(|| "not recorded".to_owned())]);
        };
        let took_s = subject.took_s();
        row("time from beginning to end", took_s.map(|s| format!("{} s", fixed(s, 2))));
        match subject.kind() {
            "simulate" => {
                let flown = subject.result("wall_s");
                row("of this in the mission", flown.map(|s| format!("{} s", fixed(s, 2))));
                let days = subject.result("end_s").zip(flown);
                let days = days.map(|(end_s, s)| format!("{} d", fixed(end_s / 86_400.0 / s, 1)));
                row("mission time in a second", days);
            }
            "session" => {
                let span = subject.stream(TELEMETRY).and_then(|stream| stream.span_us);
                let mission_s = span.map(|(first, last)| (last - first) as f64 / 1e6);
                let days = mission_s.zip(took_s.filter(|s| *s > 0.0));
                let days = days.map(|(t_s, s)| format!("{} d", fixed(t_s / 86_400.0 / s, 2)));
                row("mission time in a second, pauses among them", days);
            }
            "train" => {
                let cpu = subject.result("cpu_s").map(|s| format!("{} s", fixed(s, 1)));
                row("processor time", cpu);
                row(
                    "most memory",
                    subject.result("peak_mb").map(|mb| format!("{} MB", fixed(mb, 0))),
                );
            }
            _ => {}
        }
        for name in [TELEMETRY, METRICS] {
            if let Some(stream) = subject.stream(name) {
                let count = fixed(stream.count as f64, 0);
                let each = stream.signals.len();
                row(&format!("rows of `{name}`"), Some(format!("{count} of {each} channels")));
                let rate = took_s.filter(|s| *s > 0.0).map(|s| stream.count as f64 / s);
                row("rows recorded in a second", rate.map(|rate| fixed(rate, 1)));
            }
        }
        let bytes: u64 = subject.files.iter().map(|file| file.len).sum();
        row(
            "files kept",
            Some(format!("{}, {} MB", subject.files.len(), fixed(bytes as f64 / 1e6, 2))),
        );
        Table {
            title: "Figures".to_owned(),
            columns: ["figure", "value"].map(str::to_owned).to_vec(),
            rows,
        }
    }
}
