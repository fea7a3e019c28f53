//! The row `simulator`: steps per second of one habitat on one core: `artemis-30d` at a step of 60 s with
//! power, heat and failures, every unit on (the backups too), the ledger on, nothing recorded; the
//! median of the repetitions. Its bar is 300 000, and 0.85 of
//! the bare simulator for the vector environment. Its `detail`:
//!
//! | key | meaning |
//! |---|---|
//! | `scenario`, `dt_s` | what was stepped, and by how much |
//! | `lowest`, `highest` | slowest and fastest repetition, steps/s |
//! | `cabin_30d` | the same for `cabin-30d`, which has no power, heat or failures of its own, steps/s |
//! | `with_telemetry` | `artemis-30d` with one row of every channel a minute written to both telemetry files, files closed, steps/s |
//! | `vector` | by number of `lanes`: decisions on one thread that change nothing, `steps_s`, and `share` of the bare simulator; see [`mod@super::vector`]. `python`: the same through the Python package, `steps_s` and `share` of the vector, or `null` and the reason in `python_missing`; see [`mod@super::interpreter`] |
//! | `zones` | by number of `zones` in a chain of rooms: `ns_step`, wall time of a step, ns |
//! | `units` | by `unit` alone in one room: `ns_step`, and `added_ns` beside the empty room, ns |
//!
//! The curves show the fastest of the repetitions, since other work on the machine only adds to it;
//! see [`mod@super::curve`] for their habitats.

use runtime::Budget;
use serde::Serialize;

use super::curve::{self, UnitPoint, ZonePoint};
use super::rate::{self, Rate};
use super::vector::{self, VectorPoint};
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::table::fixed;

/// Least steps per second of the simulator.
const SIMULATOR_BAR: f64 = 300_000.0;
/// The scenario of the simulator's figure.
pub const SCENARIO: &str = "artemis-30d";

/// What the row `simulator` measured beside its figure.
#[derive(Debug, Serialize)]
struct Simulator {
    scenario: &'static str,
    dt_s: f64,
    lowest: f64,
    highest: f64,
    cabin_30d: f64,
    with_telemetry: f64,
    vector: Vec<VectorPoint>,
    zones: Vec<ZonePoint>,
    units: Vec<UnitPoint>,
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when a shipped scenario does not load or a step is refused.
pub fn measure() -> Result<Measured, CliError> {
    let (row, budget, cabin) = simulator()?;
    let text = text(&row, &budget, cabin);
    Measured::new(&row, text)
}

/// The row of the simulator, the budget of its stages, and the rates of `cabin-30d`.
fn simulator() -> Result<(Row<Simulator>, Budget, Rate), CliError> {
    let plan = rate::shipped(SCENARIO)?;
    let full = rate::alone(&plan)?;
    let cabin = rate::alone(&rate::shipped("cabin-30d")?)?;
    let vector = vector::points(&plan)?;
    let row = Row {
        row: "simulator",
        value: full.median,
        unit: "steps/s",
        predecessor: None,
        pass: full.median >= SIMULATOR_BAR && vector.iter().all(|point| point.share >= vector::BAR),
        detail: Simulator {
            scenario: SCENARIO,
            dt_s: rate::DT_S,
            lowest: full.lowest,
            highest: full.highest,
            cabin_30d: cabin.median,
            with_telemetry: rate::with_telemetry(&plan)?.median,
            vector,
            zones: curve::zones()?,
            units: curve::units()?,
        },
    };
    Ok((row, rate::budget(&plan)?, cabin))
}

/// The lanes of a vector from Python, or why there is no figure.
fn from_python(point: &VectorPoint) -> String {
    let lanes = point.lanes;
    match (&point.python, &point.python_missing) {
        (Some(python), _) => format!(
            "{lanes:31}  {:>12}  {}  (goal {})\n",
            fixed(python.steps_s, 0),
            fixed(python.share, 3),
            fixed(vector::PYTHON_GOAL, 2),
        ),
        (None, reason) => format!(
            "{lanes:31}  not measured: {}; `cargo xtask bench` builds the package beside this program, and the \
             variable PYTHON names an interpreter that has it\n",
            reason.as_deref().unwrap_or("no reason given"),
        ),
    }
}

/// The row for people.
fn text(row: &Row<Simulator>, budget: &Budget, cabin: Rate) -> String {
    let detail = &row.detail;
    let mut out = format!(
        "simulator  {} {}  (lowest {}, highest {}; bar {})  {}\n",
        fixed(row.value, 0),
        row.unit,
        fixed(detail.lowest, 0),
        fixed(detail.highest, 0),
        fixed(SIMULATOR_BAR, 0),
        verdict(row.pass),
    );
    out.push_str(&format!(
        "           {} {}  (lowest {}, highest {})  cabin-30d, without power, heat and failures\n",
        fixed(cabin.median, 0),
        row.unit,
        fixed(cabin.lowest, 0),
        fixed(cabin.highest, 0),
    ));
    out.push_str(&format!(
        "           {} {}  {SCENARIO} with a row of telemetry every minute, written\n\n",
        fixed(detail.with_telemetry, 0),
        row.unit,
    ));
    out.push_str("lanes of the vector environment      steps/s  of the bare simulator\n");
    for point in &detail.vector {
        out.push_str(&format!(
            "{:31}  {:>12}  {}  (bar {})\n",
            point.lanes,
            fixed(point.steps_s, 0),
            fixed(point.share, 3),
            fixed(vector::BAR, 2),
        ));
    }
    out.push_str("\nlanes from Python                    steps/s  of the vector environment\n");
    for point in &detail.vector {
        out.push_str(&from_python(point));
    }
    out.push_str("\nzones in a chain   ns/step\n");
    for point in &detail.zones {
        out.push_str(&format!("{:16}  {:>8}\n", point.zones, fixed(point.ns_step, 0)));
    }
    out.push_str("\none room with      ns/step     added\n");
    for point in &detail.units {
        out.push_str(&format!(
            "{:16}  {:>8}  {:>8}\n",
            point.unit,
            fixed(point.ns_step, 0),
            fixed(point.added_ns, 0)
        ));
    }
    out.push_str(&format!(
        "\nWhere the time of a step goes; a timer at every stage makes it slower\n{budget}"
    ));
    out
}
