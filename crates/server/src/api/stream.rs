//! Rows, alarms and events as they come, over a WebSocket.
//!
//! Who is slow loses news and is told how many; the habitat does not wait. Nothing is doubled and nothing comes out of order, so
//! that a listener who reads the rows after the last one it got has them all.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::{Asked, Refusals, Shared};
use crate::fleet::Member;
use crate::session::{News, by_channel};
use crate::{ApiError, gauges, history};

/// Longest message of a listener, bytes.
const MESSAGE_MOST: usize = 64 << 10;
/// Longest time that a listener may take for one message.
const SEND_WAIT: Duration = Duration::from_secs(30);
/// Time between two signs of life.
const PING: Duration = Duration::from_secs(20);

/// What to listen to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Channels, separated by commas, up to 64; `*` for all; none for events alone.
    channels: Option<String>,
}

/// What a listener may say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    channels: Vec<String>,
}

/// Positions of channels and their names.
struct Wanted {
    places: Vec<usize>,
    names: Vec<String>,
}

impl Wanted {
    fn of(member: &Member, channels: &str) -> Result<Wanted, ApiError> {
        let stream = &member.stream;
        let names = match channels.trim() {
            "" => Vec::new(),
            "*" => stream.signals.iter().map(|signal| signal.name.clone()).collect(),
            list => history::channels(list, |name| stream.position(name).is_some())?,
        };
        let places = names.iter().filter_map(|name| stream.position(name)).collect();
        Ok(Wanted { places, names })
    }

    fn row(&self, t_s: f64, row: &[f64]) -> String {
        let values: Vec<f64> =
            self.places.iter().map(|at| row.get(*at).copied().unwrap_or(f64::NAN)).collect();
        let row = serde_json::json!({ "t_s": t_s, "values": by_channel(&self.names, &values) });
        serde_json::json!({ "row": row }).to_string()
    }
}

/// Listen to a session.
///
/// Text messages: `{"row": {t_s, values}}`, `{"alarm": …}`, `{"event": …}`, `{"session": …}`, and `{"lost": n}` to one that was too
/// slow. The listener may send `{"channels": [..]}`.
#[utoipa::path(get, path = "/api/sessions/{id}/stream", tag = "telemetry", params(("id" = String, Path), Listen),
    responses((status = 101, description = "A WebSocket"), (status = 426, description = "It takes a WebSocket"), Refusals))]
pub async fn stream(
    State(desk): Shared,
    Path(id): Path<String>,
    Asked(listen): Asked<Listen>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let member = desk.session(&id)?;
    let wanted = Wanted::of(&member, listen.channels.as_deref().unwrap_or_default())?;
    let upgrade = upgrade.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    Ok(upgrade
        .max_message_size(MESSAGE_MOST)
        .max_frame_size(MESSAGE_MOST)
        .on_upgrade(move |socket| serve(socket, member, wanted)))
}

async fn serve(mut socket: WebSocket, member: Arc<Member>, mut wanted: Wanted) {
    let mut news = member.session.listen();
    // The session lives for those who list it, not for who listens: a listener does not keep it.
    let (member, first) = (Arc::downgrade(&member), member.session.view());
    if !say(&mut socket, text("session", &first)).await {
        return;
    }
    let mut life = tokio::time::interval(PING);
    life.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            told = news.recv() => {
                let message = match told {
                    Ok(News::Row(_, _)) if wanted.names.is_empty() => continue,
                    Ok(News::Row(t_s, row)) => wanted.row(t_s, &row),
                    Ok(News::Alarm(transition)) => text("alarm", &transition),
                    Ok(News::Event(event)) => text("event", &event),
                    Ok(News::Session(view)) => text("session", &view),
                    Err(RecvError::Lagged(lost)) => {
                        gauges::lost(lost);
                        text("lost", &lost)
                    }
                    Err(RecvError::Closed) => {
                        let frame = CloseFrame {
                            code: close_code::NORMAL,
                            reason: Utf8Bytes::from_static("the session has been stopped"),
                        };
                        let _ = socket.send(Message::Close(Some(frame))).await;
                        return;
                    }
                };
                if !say(&mut socket, message).await {
                    return;
                }
            }
            said = socket.recv() => {
                match said {
                    Some(Ok(Message::Text(wish))) => {
                        let Some(member) = member.upgrade() else { return };
                        let wish = serde_json::from_str::<Wish>(&wish).map_err(ApiError::refused);
                        match wish.and_then(|wish| Wanted::of(&member, &wish.channels.join(","))) {
                            Ok(new) => wanted = new,
                            Err(error) => {
                                if !say(&mut socket, text("error", &error.error)).await {
                                    return;
                                }
                            }
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                }
            }
            _ = life.tick() => {
                let sent = tokio::time::timeout(SEND_WAIT, socket.send(Message::Ping(Default::default())));
                if !matches!(sent.await, Ok(Ok(()))) {
                    return;
                }
            }
        }
    }
}

/// A message with one key.
fn text<T: Serialize>(key: &str, value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    serde_json::Value::Object([(key.to_owned(), value)].into_iter().collect()).to_string()
}

/// Send; `false` when the listener has gone or takes too long.
async fn say(socket: &mut WebSocket, message: String) -> bool {
    let sent = tokio::time::timeout(SEND_WAIT, socket.send(Message::Text(message.into())));
    matches!(sent.await, Ok(Ok(())))
}
