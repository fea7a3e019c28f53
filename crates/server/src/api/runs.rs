//! Recorded runs.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::RunFilter;
use utoipa::{IntoParams, ToSchema};

use super::futures::Asking;
use super::telemetry::Which;
use super::{Asked, At, Refusals, Shared, Told};
use crate::ApiError;
use crate::counterfactual::{self, Comparison, Question};
use crate::history::{self, Slice};

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Of this kind alone: `simulate`, `train`, `session`, …
    kind: Option<String>,
    /// At most so many, the last ones; 1 to 10 000.
    #[param(minimum = 1, maximum = 10_000)]
    most: Option<usize>,
}

/// A stream of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamView {
    /// Name.
    name: String,
    /// Rows.
    rows: u64,
    /// Channels.
    channels: usize,
}

/// A recorded run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    /// Name.
    name: String,
    /// Kind.
    kind: String,
    /// `running`, `done` or `failed`.
    status: String,
    /// When it began, ms since 1970.
    started_ms: i64,
    /// Streams.
    streams: Vec<StreamView>,
}

/// Recorded runs, the last first.
#[utoipa::path(get, path = "/api/runs", operation_id = "list_runs", tag = "runs", params(Kind), responses((status = 200, body = [RunView]), Refusals))]
pub async fn list(
    State(desk): Shared,
    Asked(Kind { kind, most }): Asked<Kind>,
) -> Result<Json<Vec<RunView>>, ApiError> {
    let most = most.unwrap_or(200);
    if !(1..=10_000).contains(&most) {
        return Err(ApiError::refused(format!("most is {most}; allowed is 1 to 10 000")));
    }
    let list = desk.aside(move |desk| {
        let database = desk.fleet.database();
        let filter = RunFilter { kind, most, ..RunFilter::default() };
        let mut list = Vec::new();
        for run in database.runs(&filter)? {
            let of = |stream: &store::Stream| StreamView {
                name: stream.name.clone(),
                rows: stream.count,
                channels: stream.signals.len(),
            };
            list.push(RunView {
                streams: database.streams(run.id)?.iter().map(of).collect(),
                name: run.told.name,
                kind: run.told.kind,
                status: run.status.name().to_owned(),
                started_ms: run.started_us / 1_000,
            });
        }
        Ok(list)
    });
    Ok(Json(list.await?))
}

/// Which stream.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OfStream {
    /// Stream of the run [default: telemetry].
    stream: Option<String>,
}

/// A channel of a recorded stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalView {
    /// Id.
    id: String,
    /// Symbol of its unit.
    unit: String,
}

/// Channels of a stream of a run.
#[utoipa::path(get, path = "/api/runs/{name}/channels", operation_id = "run_channels", tag = "runs", params(("name" = String, Path), OfStream),
    responses((status = 200, body = [SignalView]), Refusals))]
pub async fn channels(
    State(desk): Shared,
    At(name): At,
    Asked(OfStream { stream }): Asked<OfStream>,
) -> Result<Json<Vec<SignalView>>, ApiError> {
    let list = desk.aside(move |desk| {
        let database = desk.fleet.database();
        let run = database.run(&name)?;
        let stream = database.find_stream(run.id, stream.as_deref().unwrap_or("telemetry"))?;
        let of = |signal: &store::Signal| SignalView {
            id: signal.name.clone(),
            unit: signal.unit.clone(),
        };
        Ok(stream.signals.iter().map(of).collect())
    });
    Ok(Json(list.await?))
}

/// Which rows of which stream.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Stream of the run [default: telemetry].
    stream: Option<String>,
    /// Channels, separated by commas; 1 to 64.
    #[param(min_length = 1)]
    channels: String,
    /// From this time on, s.
    #[param(exclusive_minimum = -9.2e12, exclusive_maximum = 9.2e12)]
    from_s: Option<f64>,
    /// To this time, s.
    #[param(exclusive_minimum = -9.2e12, exclusive_maximum = 9.2e12)]
    to_s: Option<f64>,
    /// Rows at most, 2 to 100 000.
    #[param(minimum = 2, maximum = 100_000)]
    most: Option<usize>,
}

/// Rows of a recorded run.
#[utoipa::path(get, path = "/api/runs/{name}/rows", operation_id = "run_rows", tag = "runs", params(("name" = String, Path), Rows),
    responses((status = 200, body = Slice), Refusals))]
pub async fn rows(
    State(desk): Shared,
    At(name): At,
    Asked(Rows { stream, channels, from_s, to_s, most }): Asked<Rows>,
) -> Result<Json<Slice>, ApiError> {
    let which = Which { channels, from_s, to_s, most };
    let span = history::span_us(from_s, to_s)?;
    let slice = desk.in_turn(&desk.readings, move |desk| {
        let database = desk.fleet.database();
        let run = database.run(&name)?;
        let stream = database.find_stream(run.id, stream.as_deref().unwrap_or("telemetry"))?;
        let has = |name: &str| stream.position(name).is_some();
        let names = history::channels(&which.channels, has)?;
        let most = which.most(names.len())?;
        history::of_stream(database, &stream, &names, span, most)
    });
    Ok(Json(slice.await?))
}

/// Results of a run, as it recorded them; null while there are none.
#[utoipa::path(get, path = "/api/runs/{name}/results", tag = "runs", params(("name" = String, Path)),
    responses((status = 200, body = Value), Refusals))]
pub async fn results(State(desk): Shared, At(name): At) -> Result<Json<Value>, ApiError> {
    let found = desk.aside(move |desk| {
        let run = desk.fleet.database().run(&name)?;
        let text = run.results.unwrap_or_else(|| "null".to_owned());
        serde_json::from_str(&text).map_err(ApiError::broken)
    });
    Ok(Json(found.await?))
}

/// Fly a recorded mission again under another controller and put both side by side.
#[utoipa::path(post, path = "/api/runs/{name}/counterfactual", tag = "futures", params(("name" = String, Path)),
    request_body = Question, responses((status = 200, body = Comparison), Refusals))]
pub async fn counterfactual(
    State(desk): Shared,
    At(name): At,
    Told(question): Told<Question>,
) -> Result<Json<Comparison>, ApiError> {
    let asking = Asking::new();
    let token = asking.token();
    let compared = desk.in_turn(&desk.futures, move |desk| {
        let run = desk.fleet.database().run(&name)?;
        counterfactual::compare(&desk.fleet, &run, &question, &token)
    });
    Ok(Json(compared.await?))
}
