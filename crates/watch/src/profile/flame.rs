//! Stages as a flame graph: one picture, self-contained, with a word under the pointer.

use std::fmt::Write as _;

use super::fold::{Profile, StageFigures};
use crate::report::escape;

/// What the width of a stage stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Processor time: what is computed.
    Processor,
    /// Time on no processor, apart from waiting for stages below: what is waited for.
    Waiting,
    /// Bytes allocated.
    Bytes,
}

const PAGE: f64 = 1_200.0;
const MARGIN: f64 = 12.0;
const ROW: f64 = 22.0;
const TOP: f64 = 64.0;
/// Width of a letter of the labels.
const LETTER: f64 = 7.0;
/// Narrower stages are not drawn.
const NARROWEST: f64 = 0.4;

/// A stage with all that is below it.
struct Flame<'a> {
    stage: &'a StageFigures,
    whole: f64,
    below: Vec<Flame<'a>>,
}

impl Width {
    fn own(self, stage: &StageFigures) -> f64 {
        match self {
            Width::Processor => stage.own.cpu_ns as f64,
            Width::Waiting => stage.own.off_cpu_ns().saturating_sub(stage.joining_ns) as f64,
            Width::Bytes => stage.own.bytes as f64,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Width::Processor => "Processor time by stage, all threads",
            Width::Waiting => "Time on no processor by stage, all threads",
            Width::Bytes => "Bytes allocated by stage, all threads",
        }
    }

    fn words(self, value: f64) -> String {
        if self == Width::Bytes { amount(value, "B") } else { duration(value) }
    }
}

/// The picture as SVG. A stage stands on the one that it is part of; what is left free above a stage is its own.
///
/// ```
/// use lunar_habitat_watch::profile::{Profile, flame};
/// let picture = flame::svg(&Profile::default(), flame::Width::Processor);
/// assert!(picture.starts_with("<svg") && picture.contains("nothing"));
/// ```
#[must_use]
pub fn svg(profile: &Profile, width: Width) -> String {
    let roots = flames(&profile.stages, 0, width);
    let whole: f64 = roots.iter().map(|flame| flame.whole).sum();
    let deepest = profile.stages.iter().map(|stage| stage.path.len()).max().unwrap_or(0);
    let height = TOP + (deepest as f64 + 1.0) * ROW + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {PAGE} {height}\" width=\"{PAGE}\" \
         height=\"{height}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"11.5\">\n\
         <title>{title}</title>\n<style>rect{{stroke:#fff;stroke-width:.6}}g:hover rect{{stroke:#111;stroke-width:1.2}}\
         text{{fill:#16202a;pointer-events:none}}</style>\n\
         <rect width=\"{PAGE}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\" font-size=\"16\" font-weight=\"600\">{title}</text>\n",
        title = width.title(),
    );
    let told = if whole > 0.0 {
        format!(
            "{} in {} of wall time. Point at a stage for its figures; a stage stands on what it is part of.",
            width.words(whole),
            duration(profile.wall_s * 1e9)
        )
    } else {
        "There is nothing to show.".to_owned()
    };
    let _ = writeln!(out, "<text x=\"{MARGIN}\" y=\"44\" fill-opacity=\".75\">{told}</text>");
    if whole > 0.0 {
        let scale = (PAGE - 2.0 * MARGIN) / whole;
        let floor = height - MARGIN - ROW;
        let words = format!("all: {}", width.words(whole));
        frame(&mut out, (MARGIN, floor, whole * scale), "#d9dee3", "all", &words);
        let mut x = MARGIN;
        for flame in &roots {
            draw(&mut out, flame, (x, floor - ROW), (scale, whole), width);
            x += flame.whole * scale;
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Trees of the stages of `depth` whose paths begin alike; `stages` are sorted by path.
fn flames(stages: &[StageFigures], depth: usize, width: Width) -> Vec<Flame<'_>> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < stages.len() {
        let stage = &stages[at];
        let inside = stages[at + 1..]
            .iter()
            .take_while(|one| one.path.len() > depth + 1 && one.path.starts_with(&stage.path));
        let end = at + 1 + inside.count();
        let below = flames(&stages[at + 1..end], depth + 1, width);
        let whole = width.own(stage) + below.iter().map(|flame| flame.whole).sum::<f64>();
        all.push(Flame { stage, whole, below });
        at = end;
    }
    all
}

fn draw(
    out: &mut String,
    flame: &Flame<'_>,
    (x, y): (f64, f64),
    (scale, all): (f64, f64),
    width: Width,
) {
    let wide = flame.whole * scale;
    if wide < NARROWEST {
        return;
    }
    let (stage, own) = (flame.stage, width.own(flame.stage));
    let lengths = &stage.lengths;
    let each = |share: f64| duration(lengths.quantile(share).as_nanos() as f64);
    let words = format!(
        "{}: {} ({:.1} %), itself {}; {} runs, half of them within {}, 99 % within {}; {} allocated in {} pieces",
        stage.path.join(" › "),
        width.words(flame.whole),
        100.0 * flame.whole / all,
        width.words(own),
        stage.runs,
        each(0.5),
        each(0.99),
        amount(stage.own.bytes as f64, "B"),
        stage.own.allocations,
    );
    frame(out, (x, y, wide), &colour(stage.name(), width), stage.name(), &words);
    let mut x = x;
    for below in &flame.below {
        draw(out, below, (x, y - ROW), (scale, all), width);
        x += below.whole * scale;
    }
}

fn frame(out: &mut String, (x, y, wide): (f64, f64, f64), colour: &str, name: &str, words: &str) {
    let _ = write!(
        out,
        "<g><title>{}</title><rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{wide:.2}\" height=\"{:.1}\" rx=\"2\" fill=\"{colour}\"/>",
        escape(words),
        ROW - 2.0
    );
    let room = ((wide - 8.0) / LETTER).floor();
    if room >= 3.0 {
        let letters = name.chars().count();
        let label: String = if letters as f64 <= room {
            name.to_owned()
        } else {
            name.chars().take(room as usize - 1).chain(['…']).collect()
        };
        let _ = write!(
            out,
            "<text x=\"{:.2}\" y=\"{:.1}\">{}</text>",
            x + 4.0,
            y + 14.5,
            escape(&label)
        );
    }
    out.push_str("</g>\n");
}

/// A colour of the family of the picture, always the same for a name.
fn colour(name: &str, width: Width) -> String {
    let hash = name
        .bytes()
        .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let (hue, spread) = match width {
        Width::Processor => (18, 36),
        Width::Waiting => (196, 40),
        Width::Bytes => (104, 44),
    };
    format!("hsl({} {}% {}%)", hue + hash % spread, 62 + (hash >> 8) % 20, 66 + (hash >> 16) % 12)
}

fn duration(ns: f64) -> String {
    match ns {
        ns if ns >= 1e9 => format!("{:.2} s", ns / 1e9),
        ns if ns >= 1e6 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.0} µs", ns / 1e3),
    }
}

fn amount(value: f64, unit: &str) -> String {
    let (scaled, prefix) = match value {
        value if value >= 1e9 => (value / 1e9, "G"),
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e3 => (value / 1e3, "k"),
        value => (value, ""),
    };
    format!("{scaled:.1} {prefix}{unit}")
}
