//! Proposals of a controller in advisory mode.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Asked, At, Refusals, Shared, Told, check_why};
use crate::access::Who;
use crate::keeper::kept_decisions;
use crate::session::advice::{Advice, Decided};
use crate::{ApiError, ServerError};

/// Set-points of an override at most.
const COMMANDS_MOST: usize = 64;

/// The proposal at hand, or null.
#[utoipa::path(get, path = "/api/sessions/{id}/advice", operation_id = "show_advice", tag = "commands", params(("id" = String, Path)),
    responses((status = 200, body = Option<Advice>), Refusals))]
pub async fn show(State(desk): Shared, At(id): At) -> Result<Json<Option<Advice>>, ApiError> {
    desk.with(&id, |member| Ok(member.session.advice())).await.map(Json)
}

/// A proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Its number.
    #[serde(deserialize_with = "super::whole")]
    number: u64,
}

/// Set what is proposed.
#[utoipa::path(post, path = "/api/sessions/{id}/advice/accept", tag = "commands", params(("id" = String, Path)),
    request_body = Number, responses((status = 200, body = Decided), Refusals))]
pub async fn accept(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(Number { number }): Told<Number>,
) -> Result<Json<Decided>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "accept", &id, json!({ "number": number })).await?;
    let decided = desk.with(&id, move |member| member.session.decide(&who.who, number, None, None));
    decided.await.map(Json)
}

/// A set-point.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Commanded channel.
    channel: String,
    /// Value in the unit of the channel.
    value: f64,
}

/// What is set instead of a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Number of the proposal.
    #[serde(deserialize_with = "super::whole")]
    number: u64,
    /// Set-points; none to leave everything as it is.
    #[schema(max_items = 64)]
    commands: Vec<Instead>,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    why: Option<String>,
}

/// Set something else.
#[utoipa::path(post, path = "/api/sessions/{id}/advice/override", tag = "commands", params(("id" = String, Path)),
    request_body = Override, responses((status = 200, body = Decided), Refusals))]
pub async fn replace(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(Override { number, commands, why }): Told<Override>,
) -> Result<Json<Decided>, ApiError> {
    desk.session(&id)?;
    check_why(why.as_deref().unwrap_or_default())?;
    if commands.len() > COMMANDS_MOST {
        let found = commands.len();
        return Err(ApiError::refused(format!(
            "{found} set-points are given; allowed are up to {COMMANDS_MOST}"
        )));
    }
    let instead: Vec<(String, f64)> =
        commands.into_iter().map(|one| (one.channel, one.value)).collect();
    let detail = json!({ "number": number, "commands": instead, "why": why });
    desk.record(&who, "override", &id, detail).await?;
    let decided =
        desk.with(&id, move |member| member.session.decide(&who.who, number, Some(&instead), why));
    decided.await.map(Json)
}

/// Which decisions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// At most so many, the last ones; 1 to 10 000 [default: 100].
    #[param(minimum = 1, maximum = 10_000)]
    most: Option<usize>,
    /// With every channel that was seen when it was proposed, as training data takes it [default: false].
    seen: Option<bool>,
}

/// Proposals and what became of them: what was proposed, what was set, by whom and why, the oldest first.
#[utoipa::path(get, path = "/api/sessions/{id}/advice/history", tag = "commands", params(("id" = String, Path), Which),
    responses((status = 200, body = [Decided]), Refusals))]
pub async fn history(
    State(desk): Shared,
    At(id): At,
    Asked(Which { most, seen }): Asked<Which>,
) -> Result<Json<Vec<Decided>>, ApiError> {
    let (most, with_seen) = (most.unwrap_or(100), seen.unwrap_or(false));
    if !(1..=10_000).contains(&most) {
        return Err(ApiError::refused(format!("most is {most}; allowed is 1 to 10 000")));
    }
    let member = desk.session(&id)?;
    let list = desk.in_turn(&desk.readings, move |desk| {
        // What waits is looked at first: what is written down in between is found twice, and told once.
        let fresh = member.session.fresh_decisions();
        let kept = kept_decisions(desk.fleet.database(), member.run, most);
        let kept = kept.map_err(|error| match error {
            ServerError::Store(error) => error.into(),
            other => ApiError::broken(other),
        })?;
        let mut list: BTreeMap<u64, Decided> =
            kept.into_iter().map(|one| (one.number, one)).collect();
        list.extend(fresh.into_iter().map(|decided| (decided.number, decided)));
        let first = list.len().saturating_sub(most);
        let mut list: Vec<Decided> = list.into_values().skip(first).collect();
        if !with_seen {
            list.iter_mut().for_each(|decided| decided.seen.clear());
        }
        Ok(list)
    });
    Ok(Json(list.await?))
}
