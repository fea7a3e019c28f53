//! Where the time and the memory of a verb go: always counted, shown in its page, as files with `--profile DIR`, and to a
//! collector of OpenTelemetry with `--otlp URL`.
//!
//! | file | what |
//! |---|---|
//! | `flame.svg`, `flame-waiting.svg`, `flame-bytes.svg` | stages by processor time, by time on no processor, by what they allocate |
//! | `trace.json` | single spans in Chrome's format, for <https://ui.perfetto.dev>; the long ones, where there are many |
//! | `profile.json` | all figures: `wall_s`; `stages` with `path`, `runs`, `own` and `whole` (`wall_s`, `cpu_s`, `bytes`, `allocations`), `joining_s`, `items`, `p50_ms`, `p95_ms`, `p99_ms`, `max_ms`; `findings` with `stage`, `kind`, `share`, `evidence`, `advice`, `bound` (how many times as fast at most, `null` where that is not known); `verdict`, what held it back in words; `disturbed`, the share of time in which other programs had the processors; `looks`, how often threads were looked at |

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};
use store::write_atomic;
use watch::bottleneck::{Counters, Diagnosis, Mark, Observation, QueueLooks};
use watch::export::{Metric, Otlp, PROGRAM, Reading, Timing, read_program};
use watch::profile::{
    Cost, Profile, Profiler, ProfilerOptions, STAGES, StageFigures, flame, trace,
};
use watch::report::{Part, Section, Table};
use watch::system::ThreadUse;

use crate::error::CliError;
use crate::mission::cores;
use crate::table::fixed;

/// Most spans in `trace.json`: some 15 MB of text.
const SLICES: usize = 100_000;
/// Rows of the table in a page.
const ROWS: usize = 16;

/// What a training shows while it runs.
const TRAINING: &[Metric] = &[
    Metric::gauge("lunar_habitat_training", "Figures of the last update, named as in TensorBoard"),
    Metric::counter("lunar_habitat_training_decisions_total", "Decisions taken so far"),
];

/// The flags.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Profiling {
    /// Write flame graphs, a trace for Perfetto and figures of all stages into this directory
    #[arg(long, value_name = "DIR")]
    profile: Option<PathBuf>,
    /// Send spans and metrics to the collector of OpenTelemetry at this address, as OTLP over HTTP; its token is read from
    /// OTEL_EXPORTER_OTLP_HEADERS
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    otlp: Option<String>,
}

/// What listens to this program.
struct Listening {
    profiler: Profiler,
    /// None where no thread could be started for it.
    observation: Option<Observation>,
    /// Who is told of single spans, and of metrics.
    otlp: Option<Arc<Otlp>>,
    noted: Mutex<Noted>,
}

/// What verbs tell while they run.
#[derive(Default)]
struct Noted {
    /// Where the part begins that pages are about; none for the beginning.
    from: Option<Mark>,
    queues: Vec<QueueLooks>,
    /// Figures of the verb as they are now.
    shown: Vec<Reading>,
}

static LISTENING: OnceLock<Listening> = OnceLock::new();

impl Profiling {
    /// Listen from now on to `verb`, which computes on so many threads.
    ///
    /// # Errors
    /// [`CliError`] for a collector that cannot be: whether it answers is not asked, and nothing waits for it.
    pub fn begin(&self, verb: &str, threads: usize) -> Result<(), CliError> {
        let wrong =
            |error: watch::WatchError| CliError::flag("--otlp".to_owned(), error.to_string());
        // A variable that is there and empty is none.
        let address = self.otlp.as_deref().filter(|address| !address.is_empty());
        let otlp = address.map(|address| Otlp::start(address, verb, Timing::default()));
        let otlp = otlp.transpose().map_err(wrong)?.map(Arc::new);
        let slices = if self.profile.is_some() { SLICES } else { 0 };
        let options = ProfilerOptions { slices, ..ProfilerOptions::default() };
        let profiler = match &otlp {
            Some(otlp) => Profiler::telling(options, otlp.sink()),
            None => Profiler::new(options),
        };
        // Refused where somebody listens already, who then goes on.
        if tracing::subscriber::set_global_default(profiler.clone()).is_ok() {
            let observation = Observation::start(&profiler, cores() as f64).ok();
            let observation = observation.map(|one| one.on_threads(threads));
            if let Some(otlp) = &otlp {
                observe(otlp, &profiler);
            }
            let noted = Mutex::default();
            let _ = LISTENING.set(Listening { profiler, observation, otlp, noted });
        }
        Ok(())
    }

    /// The collector, for a verb that has more to tell.
    pub fn otlp(&self) -> Option<Arc<Otlp>> {
        LISTENING.get().and_then(|listening| listening.otlp.clone())
    }

    /// What is counted, for whoever shows it while the verb runs.
    pub fn profiler(&self) -> Option<Profiler> {
        LISTENING.get().map(|listening| listening.profiler.clone())
    }

    /// Write the files, where they were asked for.
    ///
    /// # Errors
    /// [`CliError`] when a file cannot be written.
    pub fn end(&self) -> Result<(), CliError> {
        let (Some(dir), Some(listening)) = (&self.profile, LISTENING.get()) else {
            return Ok(());
        };
        let (counters, diagnosis) = listening.look(true);
        let profile = counters.profile;
        std::fs::create_dir_all(dir).map_err(|error| {
            CliError::flag(
                format!("--profile {}", dir.display()),
                format!("cannot be made: {error}"),
            )
        })?;
        let (slices, left_out) = listening.profiler.slices();
        write(dir, "trace.json", &trace::json(&slices, left_out)?)?;
        for (name, width) in [
            ("flame.svg", flame::Width::Processor),
            ("flame-waiting.svg", flame::Width::Waiting),
            ("flame-bytes.svg", flame::Width::Bytes),
        ] {
            write(dir, name, &flame::svg(&profile, width))?;
        }
        let text = serde_json::to_string_pretty(&figures(&profile, &diagnosis))? + "\n";
        write(dir, "profile.json", &text)?;
        let verdict = words(&diagnosis);
        eprintln!("profile in {}: {verdict}", dir.display());
        Ok(())
    }
}

fn write(dir: &Path, name: &str, text: &str) -> Result<(), CliError> {
    Ok(write_atomic(&dir.join(name), text.as_bytes())?)
}

/// What was counted of the run at hand until now, as `profile.json` has it, to be kept with the run; none where nobody listens.
///
/// # Errors
/// [`CliError`] for what JSON cannot hold.
pub fn json_of_run() -> Result<Option<String>, CliError> {
    let Some(listening) = LISTENING.get() else { return Ok(None) };
    let (counters, diagnosis) = listening.look(false);
    if counters.profile.stages.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::to_string(&figures(&counters.profile, &diagnosis))?))
}

impl Listening {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted, and what is found in it: in all, or in the part that pages are about.
    fn look(&self, is_all: bool) -> (Counters, Diagnosis) {
        let Some(observation) = &self.observation else {
            let counters = Counters { profile: self.profiler.profile(), ..Counters::default() };
            return (counters, Diagnosis::default());
        };
        let noted = self.noted();
        match &noted.from {
            Some(from) if !is_all => observation.look_since(from, Vec::new(), None),
            _ => observation.look(noted.queues.clone(), None),
        }
    }
}

/// Tell how full a queue of the verb was.
pub fn saw(looks: QueueLooks) {
    if let Some(listening) = LISTENING.get() {
        listening.noted().queues.push(looks);
    }
}

/// Tell a collector how the program is doing, with the figures of [`show`].
fn observe(otlp: &Otlp, profiler: &Profiler) {
    let profiler = profiler.clone();
    otlp.observe(PROGRAM, move || read_program(Some(&profiler)));
    otlp.observe(TRAINING, || {
        LISTENING.get().map_or_else(Vec::new, |listening| listening.noted().shown.clone())
    });
}

/// Show the figures of an update to a collector, where there is one; what is no number is left out.
pub fn show(decisions: u64, figures: &[(&'static str, f64)]) {
    let Some(listening) = LISTENING.get().filter(|listening| listening.otlp.is_some()) else {
        return;
    };
    let name = "lunar_habitat_training";
    let finite = figures.iter().filter(|(_, value)| value.is_finite());
    let mut shown: Vec<Reading> =
        finite.map(|(figure, value)| Reading::with(name, "figure", *figure, *value)).collect();
    shown.push(Reading::of("lunar_habitat_training_decisions_total", decisions as f64));
    listening.noted().shown = shown;
}

/// Let what is still on its way to the collector go, however the verb has ended.
pub fn leave() {
    if let Some(Listening { otlp: Some(otlp), .. }) = LISTENING.get() {
        let told = otlp.end();
        let lost = match told.lost {
            0 => String::new(),
            lost => format!("; {lost} are lost, and {} calls of it failed", told.failures),
        };
        eprintln!("{} spans went to the collector{lost}", told.spans);
    }
}

/// Let the next pages be about what comes from now on; the files of `--profile` stay about all.
pub fn turn() {
    if let Some(listening) = LISTENING.get() {
        let mark = listening.observation.as_ref().map(Observation::mark);
        listening.noted().from = mark;
    }
}

/// What was found, in one paragraph.
fn words(diagnosis: &Diagnosis) -> String {
    let mut text = match diagnosis.limit() {
        Some(limit) => format!("{limit}"),
        None if !diagnosis.is_seen() => {
            "it was looked at too rarely to say what held it back.".to_owned()
        }
        None => "nothing holds it back but the processors.".to_owned(),
    };
    if diagnosis.disturbed >= 0.1 {
        let percent = fixed(100.0 * diagnosis.disturbed, 0);
        text.push_str(&format!(
            " Other programs had the processors for {percent} % of the time that it wanted them."
        ));
    }
    text
}

/// The section of a page, about what has ended until now; none where nobody listens or nothing ran.
pub fn section() -> Option<Section> {
    let (Counters { profile, own, .. }, diagnosis) = LISTENING.get()?.look(false);
    if profile.stages.is_empty() {
        return None;
    }
    let seconds = |ns: u64| fixed(ns as f64 / 1e9, 3);
    let milliseconds = |stage: &StageFigures, share: f64| {
        fixed(stage.lengths.quantile(share).as_secs_f64() * 1e3, 2)
    };
    let row = |stage: &StageFigures| {
        let told = STAGES.iter().find(|told| told.name == stage.name());
        vec![
            stage.name().to_owned(),
            told.map_or("", |told| told.what).to_owned(),
            stage.runs.to_string(),
            seconds(stage.busy_ns()),
            seconds(stage.own.cpu_ns),
            milliseconds(stage, 0.5),
            milliseconds(stage, 0.99),
            fixed(stage.own.bytes as f64 / 1e6, 1),
            stage.own.allocations.to_string(),
        ]
    };
    let thread_row = |threads: &ThreadUse| {
        let ThreadUse { name, count, cpu_s, delay_s } = threads;
        vec![name.clone(), count.to_string(), fixed(*cpu_s, 3), fixed(*delay_s, 3)]
    };
    let columns = [
        "stage",
        "what is done in it",
        "runs",
        "time, s",
        "processor, s",
        "median, ms",
        "99 %, ms",
        "allocated, MB",
        "allocations",
    ];
    let peak = fixed(crate::usage::peak_mb(), 0);
    let left = crate::usage::available_mb()
        .map_or_else(String::new, |left| format!(", {} MB were left", fixed(left, 0)));
    Some(Section {
        title: "Time and memory".to_owned(),
        note: format!(
            "What held it back: {} Each stage without those inside it; time is that of all threads, without waiting for stages \
             on other threads. At most {peak} MB were in use{left}.",
            words(&diagnosis)
        ),
        parts: vec![
            Part::Table(Table {
                title: "Stages".to_owned(),
                columns: columns.map(str::to_owned).to_vec(),
                rows: profile.by_name().iter().take(ROWS).map(row).collect(),
            }),
            Part::Table(Table {
                title: "Threads that live, by name".to_owned(),
                columns: ["threads", "number", "processor, s", "without one, s"]
                    .map(str::to_owned)
                    .to_vec(),
                rows: own.threads.iter().map(thread_row).collect(),
            }),
        ],
    })
}

fn figures(profile: &Profile, diagnosis: &Diagnosis) -> Value {
    let seconds = |ns: u64| ns as f64 / 1e9;
    let cost = |cost: &Cost| {
        json!({
            "wall_s": seconds(cost.wall_ns),
            "cpu_s": seconds(cost.cpu_ns),
            "bytes": cost.bytes,
            "allocations": cost.allocations,
        })
    };
    let stage = |stage: &StageFigures| {
        let at = |share: f64| stage.lengths.quantile(share).as_secs_f64() * 1e3;
        json!({
            "path": stage.path,
            "runs": stage.runs,
            "own": cost(&stage.own),
            "whole": cost(&stage.whole),
            "joining_s": seconds(stage.joining_ns),
            "items": stage.items,
            "p50_ms": at(0.5),
            "p95_ms": at(0.95),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
        })
    };
    let finding = |finding: &watch::bottleneck::Finding| {
        json!({
            "stage": finding.stage,
            "kind": finding.kind.name(),
            "share": finding.share,
            "evidence": finding.evidence,
            "advice": finding.advice(),
            "bound": finding.bound(),
        })
    };
    json!({
        "wall_s": profile.wall_s,
        "stages": profile.stages.iter().map(stage).collect::<Vec<_>>(),
        "findings": diagnosis.findings.iter().map(finding).collect::<Vec<_>>(),
        "disturbed": diagnosis.disturbed,
        "looks": diagnosis.looks,
        "verdict": words(diagnosis),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hardly_looked_at_is_not_called_sound() {
        let told = |looks: u64| words(&Diagnosis { looks, ..Diagnosis::default() });
        assert!(told(0).contains("too rarely") && told(9).contains("too rarely"));
        assert_eq!(told(10), "nothing holds it back but the processors.");
        let disturbed = words(&Diagnosis { looks: 10, disturbed: 0.5, ..Diagnosis::default() });
        assert!(disturbed.ends_with("for 50 % of the time that it wanted them."), "{disturbed}");
    }
}
