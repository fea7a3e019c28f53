//! A recorded mission under another controller: the same scenario, the same draws, the same failures from outside, other
//! decisions.
//!
//! What operators commanded is left out: it belongs to how the mission was commanded.

use std::collections::BTreeMap;
use std::sync::Arc;

use env::Timing;
use env::habitat::scenario::Difficulty;
use env::habitat::{AbortReason, Plan};
use runtime::Token;
use serde::{Deserialize, Serialize};
use store::{Database, Run};
use tracing::info_span;
use utoipa::ToSchema;

use crate::ApiError;
use crate::fleet::{Fleet, RUN_KIND, STREAM};
use crate::history::{self, Slice};
use crate::names::ControllerName;
use crate::session::flight::{Flight, Standing, beginning};
use crate::session::pilot::Pilot;

/// Rows of a recording that are compared at most.
const ROWS_MOST: usize = 20_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Counterfactual)]
pub struct Question {
    /// The other controller, by name.
    #[schema(value_type = ControllerName)]
    pub controller: String,
    /// Channels to compare, 1 to 64.
    #[schema(min_items = 1, max_items = 64)]
    pub channels: Vec<String>,
}

/// How a mission went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct End {
    /// Who commanded.
    pub controller: String,
    /// People alive.
    pub crew_alive: usize,
    /// Why it was lost, if it was.
    pub abort_reason: Option<String>,
    /// Mission time at its end, s.
    pub t_s: f64,
}

/// Two missions side by side.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// Mission times, s.
    pub t_s: Vec<f64>,
    /// As recorded, by channel.
    pub recorded: BTreeMap<String, Vec<Option<f64>>>,
    /// Under the other controller, by channel.
    pub other: BTreeMap<String, Vec<Option<f64>>>,
    /// How the recorded mission went, where its run tells.
    pub outcome_recorded: Option<serde_json::Value>,
    /// How the other one went.
    pub outcome_other: End,
}

/// Where a recorded mission came from.
struct Origin {
    plan: Arc<Plan>,
    seed: u64,
}

/// Fly the mission of a run again under another controller, until `token` is cancelled.
///
/// # Errors
/// 404 for channels and streams that do not exist; 422 for a run that is no mission, and for one whose scenario is not a shipped
/// one as it is in this release.
pub fn compare(
    fleet: &Fleet,
    run: &Run,
    question: &Question,
    token: &Token,
) -> Result<Comparison, ApiError> {
    let _stage = info_span!("counterfactual").entered();
    let database = fleet.database();
    let stream = database.find_stream(run.id, STREAM)?;
    let asked = question.channels.join(",");
    let names = history::channels(&asked, |name| stream.position(name).is_some())?;
    let origin = origin(fleet, run)?;
    let slice = history::of_stream(database, &stream, &names, (i64::MIN, i64::MAX), ROWS_MOST)?;
    let injected = injections(database, run)?;
    let (other, end) = fly(&origin, &question.controller, &names, (&slice, &injected), token)?;
    let recorded = slice.values;
    let outcome_recorded = run.results.as_deref().and_then(|text| serde_json::from_str(text).ok());
    Ok(Comparison { t_s: slice.t_s, recorded, other, outcome_recorded, outcome_other: end })
}

fn origin(fleet: &Fleet, run: &Run) -> Result<Origin, ApiError> {
    let config: serde_json::Value =
        serde_json::from_str(&run.told.config).map_err(ApiError::refused)?;
    let text = |key: &str| config.get(key).and_then(|value| value.as_str());
    let name = &run.told.name;
    let Some(scenario) = text("scenario") else {
        return Err(ApiError::refused(format!("run `{name}` is no mission: it has no scenario")));
    };
    let seed = match config.get("seed") {
        Some(serde_json::Value::String(seed)) => seed.parse().ok(),
        Some(value) => value.as_u64(),
        None => None,
    };
    let Some(seed) = seed else {
        return Err(ApiError::refused(format!("run `{name}` is no mission: it has no seed")));
    };
    if text("forked_from").is_some() {
        return Err(ApiError::refused(format!(
            "run `{name}` is a fork: it began where another session stood, not at the start of its scenario"
        )));
    }
    if run.told.kind == RUN_KIND {
        let days = config.get("days").and_then(serde_json::Value::as_f64);
        let plan = fleet.plan(scenario, text("difficulty").unwrap_or("nominal"), days)?;
        return Ok(Origin { plan, seed });
    }
    // A run of the command line names the hash of its scenario: it was one of these.
    let wanted = text("scenario_hash").unwrap_or_default();
    for difficulty in Difficulty::ALL {
        let Ok(plan) = fleet.plan_as_written(scenario, &difficulty.to_string()) else { continue };
        if env::habitat::scenario::hex(&plan.hash) == wanted {
            return Ok(Origin { plan, seed });
        }
    }
    Err(ApiError::refused(format!(
        "run `{name}` flew `{scenario}` with changes, or of another release; only a shipped scenario as it is here can be flown \
         again"
    )))
}

/// Failures that somebody made in a session.
struct Injected {
    t_s: f64,
    unit: String,
    mode: String,
    amount: f64,
}

fn injections(database: &Database, run: &Run) -> Result<Vec<Injected>, ApiError> {
    let mut list = Vec::new();
    for event in database.events(run.id, (i64::MIN, i64::MAX))? {
        if event.kind != "injection" {
            continue;
        }
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let text = |key: &str| detail.get(key).and_then(|v| v.as_str()).unwrap_or("").to_owned();
        list.push(Injected {
            t_s: event.time_us as f64 / 1e6,
            unit: text("unit"),
            mode: text("mode"),
            amount: detail.get("amount").and_then(serde_json::Value::as_f64).unwrap_or(0.0),
        });
    }
    Ok(list)
}

type Values = BTreeMap<String, Vec<Option<f64>>>;

fn fly(
    origin: &Origin,
    controller: &str,
    names: &[String],
    (slice, injected): (&Slice, &[Injected]),
    token: &Token,
) -> Result<(Values, End), ApiError> {
    let habitat = beginning(&origin.plan, origin.seed)?;
    let pilot = Pilot::controller(controller, &habitat)?;
    let timing = Timing::of(&habitat.plan().scenario);
    let mut flight = Flight::new(habitat, pilot, timing);
    let catalogue = flight.habitat().catalogue();
    let place = |name: &String| {
        catalogue.find(name).map_err(|_| {
            ApiError::refused(format!("the scenario has no channel `{name}` in this release"))
        })
    };
    let places = names.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<Vec<Option<f64>>> = vec![Vec::new(); names.len()];
    let mut waiting = injected.iter().peekable();
    for t_s in &slice.t_s {
        while flight.habitat().t_s() < t_s - 1e-6 && flight.standing() == Standing::Flying {
            while let Some(next) = waiting.next_if(|one| one.t_s <= flight.habitat().t_s() + 1e-6) {
                strike(&mut flight, next)?;
            }
            if flight.decision_is_due() {
                if token.is_cancelled() {
                    return Err(ApiError::broken("nobody waits for the answer any more"));
                }
                let wanted = flight.wanted()?;
                flight.obey(&wanted)?;
            }
            flight.pass()?;
        }
        // A mission that has ended has no values any more.
        let is_there = (flight.habitat().t_s() - t_s).abs() < 1e-3;
        for (column, place) in columns.iter_mut().zip(&places) {
            let value = flight.habitat().value(*place).filter(|v| is_there && v.is_finite());
            column.push(value);
        }
    }
    let habitat = flight.habitat();
    let abort = habitat.abort_reason();
    let end = End {
        controller: flight.pilot().name().to_owned(),
        crew_alive: habitat.crew_alive(),
        abort_reason: (abort != AbortReason::None).then(|| abort.words().to_owned()),
        t_s: habitat.t_s(),
    };
    Ok((names.iter().cloned().zip(columns).collect(), end))
}

fn strike(flight: &mut Flight, injected: &Injected) -> Result<(), ApiError> {
    let units = &flight.plan().faults.units;
    let at = units.iter().position(|unit| unit.unit == injected.unit);
    let Some(at) = at else { return Ok(()) };
    let modes = units[at].kind.modes();
    if let Some((mode, _)) = modes.iter().find(|(mode, _)| mode.name() == injected.mode) {
        flight.fail(at, *mode, injected.amount)?;
    }
    Ok(())
}
