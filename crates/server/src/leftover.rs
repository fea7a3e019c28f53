//! What is left of a body when its request has been answered already: one that is too long, or of somebody who may not ask.
//!
//! A connection that is closed on a client that still sends is a broken pipe there, and the answer that says what was wrong is
//! lost with it. So the rest is taken and thrown away first, up to a limit in bytes and in time.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Bytes that are thrown away at most; whoever sends more has its connection closed.
const MOST: u64 = 64 << 20;
/// Longest time between two pieces of what is thrown away.
const PIECE_WAIT: Duration = Duration::from_secs(2);
/// Longest time for all of it.
const WAIT: Duration = Duration::from_secs(10);

/// Answer a request after what nobody reads of its body has come.
pub async fn throw_away(request: Request, next: Next) -> Response {
    // Who waits for leave to send is never given it, and sends nothing.
    let waits = request.headers().contains_key(header::EXPECT);
    if waits || request.body().is_end_stream() || request.body().size_hint().lower() > MOST {
        return next.run(request).await;
    }
    let (back, mut left) = oneshot::channel();
    let request = request.map(|body| Body::new(Lent { body, back: Some(back) }));
    let response = next.run(request).await;
    if let Ok(body) = left.try_recv() {
        // In time or not, the answer is the same.
        let _ = timeout(WAIT, read_out(body)).await;
    }
    response
}

async fn read_out(mut body: Body) {
    let mut bytes = 0;
    while !body.is_end_stream() && bytes <= MOST {
        let piece = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        match timeout(PIECE_WAIT, piece).await {
            Ok(Some(Ok(frame))) => bytes += frame.data_ref().map_or(0, Bytes::len) as u64,
            _ => return,
        }
    }
}

/// A body that comes back, as far as it has not been read, when nobody needs it any more.
struct Lent {
    body: Body,
    back: Option<oneshot::Sender<Body>>,
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            // Whoever lent it may be gone, with its connection.
            let _ = back.send(std::mem::take(&mut self.body));
        }
    }
}
