//! Channels, rows and events of a session.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use env::habitat::Habitat;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, At, Refusals, Shared};
use crate::ApiError;
use crate::history::{self, ROWS_MOST, ROWS_USUAL, Slice, VALUES_MOST};
use crate::session::by_channel;
use crate::session::view::EventView;

/// Range of a set-point.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actuator {
    /// Lowest value.
    low: f64,
    /// Highest value.
    high: f64,
}

/// Limits of a channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitsView {
    /// Below, caution.
    caution_low: Option<f64>,
    /// Above, caution.
    caution_high: Option<f64>,
    /// Below, warning.
    warning_low: Option<f64>,
    /// Above, warning.
    warning_high: Option<f64>,
}

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelView {
    /// Id, `place.unit.quantity_unit`.
    id: String,
    /// What is measured.
    quantity: String,
    /// Symbol of its unit.
    unit: String,
    /// `true`, `sensed` or `commanded`.
    kind: String,
    /// Limits; null where there are none.
    limits: Option<LimitsView>,
    /// Whose it is.
    owner: String,
    /// Who says what it is.
    source: String,
    /// Range of its set-point; null where it has none.
    actuator: Option<Actuator>,
    /// Whether an alarm watches it.
    has_alarm: bool,
}

/// Channels of a session.
#[utoipa::path(get, path = "/api/sessions/{id}/channels", operation_id = "session_channels", tag = "telemetry", params(("id" = String, Path)),
    responses((status = 200, body = [ChannelView]), Refusals))]
pub async fn channels(State(desk): Shared, At(id): At) -> Result<Json<Vec<ChannelView>>, ApiError> {
    desk.with(&id, |member| {
        let alarms = member.session.alarms(true);
        let watched: BTreeSet<String> =
            alarms.into_iter().map(|(alarm, _)| alarm.channel).collect();
        Ok(member.session.look(|flight| channels_of(flight.habitat(), &watched)))
    })
    .await
    .map(Json)
}

fn channels_of(habitat: &Habitat, watched: &BTreeSet<String>) -> Vec<ChannelView> {
    let range = |at: usize| {
        let found = habitat.actuators().iter().find(|actuator| actuator.channel == at);
        found.map(|actuator| Actuator { low: actuator.low, high: actuator.high })
    };
    let of = |(at, channel): (usize, &catalogue::Channel)| ChannelView {
        id: channel.id.clone(),
        quantity: channel.quantity.clone(),
        unit: channel.unit.symbol().to_owned(),
        kind: match channel.kind {
            catalogue::ValueKind::True => "true",
            catalogue::ValueKind::Sensed => "sensed",
            catalogue::ValueKind::Commanded => "commanded",
        }
        .to_owned(),
        limits: channel.limits.map(|limits| LimitsView {
            caution_low: limits.caution_low,
            caution_high: limits.caution_high,
            warning_low: limits.warning_low,
            warning_high: limits.warning_high,
        }),
        owner: channel.owner.clone(),
        source: channel.source.clone(),
        actuator: range(at),
        has_alarm: watched.contains(&channel.id),
    };
    habitat.catalogue().channels().iter().enumerate().map(of).collect()
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Channels, separated by commas; 1 to 64.
    #[param(min_length = 1)]
    pub channels: String,
    /// From this mission time on, s.
    #[param(exclusive_minimum = -9.2e12, exclusive_maximum = 9.2e12)]
    pub from_s: Option<f64>,
    /// To this mission time, s.
    #[param(exclusive_minimum = -9.2e12, exclusive_maximum = 9.2e12)]
    pub to_s: Option<f64>,
    /// Rows at most, 2 to 100 000, and with all channels 2 million values; more rows are thinned so that extremes stay.
    #[param(minimum = 2, maximum = 100_000)]
    pub most: Option<usize>,
}

impl Which {
    /// The number of rows asked for, of so many channels.
    ///
    /// # Errors
    /// 422 out of range.
    pub fn most(&self, channels: usize) -> Result<usize, ApiError> {
        let most = self.most.unwrap_or(ROWS_USUAL);
        if !(2..=ROWS_MOST).contains(&most) {
            let error = format!("most is {most}; allowed is 2 to {ROWS_MOST}");
            return Err(ApiError::refused(error));
        }
        let values = most * channels;
        if values > VALUES_MOST {
            return Err(ApiError::refused(format!(
                "{most} rows of {channels} channels are {values} values; allowed are up to {VALUES_MOST}"
            )));
        }
        Ok(most)
    }
}

/// Rows of a session: recorded ones and those of now, in one list.
#[utoipa::path(get, path = "/api/sessions/{id}/rows", operation_id = "session_rows", tag = "telemetry", params(("id" = String, Path), Which),
    responses((status = 200, body = Slice), Refusals))]
pub async fn rows(
    State(desk): Shared,
    At(id): At,
    Asked(which): Asked<Which>,
) -> Result<Json<Slice>, ApiError> {
    let member = desk.session(&id)?;
    let names = history::channels(&which.channels, |name| member.stream.position(name).is_some())?;
    let (span, most) = (history::span_us(which.from_s, which.to_s)?, which.most(names.len())?);
    let slice = desk.in_turn(&desk.readings, move |desk| {
        history::of_session(desk.fleet.database(), &member, &names, span, most)
    });
    Ok(Json(slice.await?))
}

/// Every channel at one time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Latest {
    /// Mission time, s.
    t_s: f64,
    /// Values by channel; null where there is no number.
    values: BTreeMap<String, Option<f64>>,
}

/// Every channel as it stands.
#[utoipa::path(get, path = "/api/sessions/{id}/latest", tag = "telemetry", params(("id" = String, Path)),
    responses((status = 200, body = Latest), Refusals))]
pub async fn latest(State(desk): Shared, At(id): At) -> Result<Json<Latest>, ApiError> {
    let member = desk.session(&id)?;
    let latest = desk.aside(move |_| {
        let (t_s, row) = member.session.latest();
        let ids: Vec<String> = member.stream.signals.iter().map(|one| one.name.clone()).collect();
        Ok(Latest { t_s, values: by_channel(&ids, &row) })
    });
    latest.await.map(Json)
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// From this mission time on, s.
    #[param(exclusive_minimum = -9.2e12, exclusive_maximum = 9.2e12)]
    from_s: Option<f64>,
    /// At most so many, the last ones; 1 to 10 000.
    #[param(minimum = 1, maximum = 10_000)]
    most: Option<usize>,
}

/// What happened in a session, in the order of time.
#[utoipa::path(get, path = "/api/sessions/{id}/events", tag = "telemetry", params(("id" = String, Path), Since),
    responses((status = 200, body = [EventView]), Refusals))]
pub async fn events(
    State(desk): Shared,
    At(id): At,
    Asked(since): Asked<Since>,
) -> Result<Json<Vec<EventView>>, ApiError> {
    let member = desk.session(&id)?;
    let most = since.most.unwrap_or(1_000);
    if !(1..=10_000).contains(&most) {
        return Err(ApiError::refused(format!("most is {most}; allowed is 1 to 10 000")));
    }
    let (from_us, to_us) = history::span_us(since.from_s, None)?;
    let events = desk
        .in_turn(&desk.readings, move |desk| {
            // What waits is looked at first: what is written down in between is found twice, and told once.
            let fresh = member.session.fresh_events();
            let database = desk.fleet.database();
            let kept = database.last_events(member.run, (from_us, to_us), most)?;
            let fresh = fresh.into_iter().filter(|event| event.time_us >= from_us);
            Ok(history::joined(kept, fresh))
        })
        .await?;
    let first = events.len().saturating_sub(most);
    Ok(Json(events[first..].iter().map(EventView::of).collect()))
}
