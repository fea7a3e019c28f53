//! Rows, alarms and events as they come, over a WebSocket.
//!
//! Who is slow loses news and is told how many; the habitat does not wait. Nothing is doubled and nothing comes out of order, so
//! that a listener who reads the rows after the last one it got has them all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::{Asked, At, Refusals, Shared};
use crate::door::Connection;
use crate::fleet::Member;
use crate::session::News;
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

/// A row as it is told.
#[derive(Serialize)]
struct Row<'a> {
    t_s: f64,
    values: BTreeMap<&'a str, Option<f64>>,
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
        let value = |at: &usize| row.get(*at).copied().filter(|value| value.is_finite());
        let names = self.names.iter().map(String::as_str);
        text("row", &Row { t_s, values: names.zip(self.places.iter().map(value)).collect() })
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
    At(id): At,
    Asked(listen): Asked<Listen>,
    connection: Option<Extension<Connection>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let member = desk.session(&id)?;
    let wanted = Wanted::of(&member, listen.channels.as_deref().unwrap_or_default())?;
    let upgrade = upgrade.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    Ok(upgrade.max_message_size(MESSAGE_MOST).max_frame_size(MESSAGE_MOST).on_upgrade(
        move |socket| {
            serve(socket, member, wanted, connection.map(|Extension(connection)| connection))
        },
    ))
}

async fn serve(
    mut socket: WebSocket,
    member: Arc<Member>,
    mut wanted: Wanted,
    connection: Option<Connection>,
) {
    let mut news = member.session.listen();
    let seen = Arc::clone(&member);
    let first = tokio::task::spawn_blocking(move || seen.session.view()).await;
    // The session lives for those who list it, not for who listens: a listener does not keep it.
    let listed = Arc::downgrade(&member);
    drop(member);
    let Ok(first) = first else { return };
    if !say(&mut socket, text("session", &first)).await {
        return;
    }
    let over = ends(connection.as_ref());
    tokio::pin!(over);
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
                        return end(socket, close_code::NORMAL, "the session has been stopped").await;
                    }
                };
                if !say(&mut socket, message).await {
                    return;
                }
            }
            said = socket.recv() => {
                match said {
                    Some(Ok(Message::Text(wish))) => {
                        // It is being stopped: the news of that is next.
                        let Some(member) = listed.upgrade() else { continue };
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
            () = &mut over => {
                return end(socket, close_code::AWAY, "the server stops").await;
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

/// Wait for the end of the server.
async fn ends(connection: Option<&Connection>) {
    match connection {
        Some(connection) => connection.ends().await,
        None => std::future::pending().await,
    }
}

/// Say why it is over.
async fn end(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    // Who has gone needs no farewell.
    let _ = tokio::time::timeout(SEND_WAIT, socket.send(Message::Close(Some(frame)))).await;
}

/// A message with one key.
fn text<T: Serialize>(key: &str, value: &T) -> String {
    // Nothing that is told has keys other than text, which is all that JSON refuses.
    serde_json::to_string(&BTreeMap::from([(key, value)])).unwrap_or_default()
}

/// Send; `false` when the listener has gone or takes too long.
async fn say(socket: &mut WebSocket, message: String) -> bool {
    let sent = tokio::time::timeout(SEND_WAIT, socket.send(Message::Text(message.into())));
    matches!(sent.await, Ok(Ok(())))
}
