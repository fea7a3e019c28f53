//! A wish to stop that work can look at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Wish {
    cancelled: AtomicBool,
    changed: Notify,
    parent: Option<Token>,
}

/// A wish to stop, shared by whoever may wish and all work that it concerns.
///
/// Work that has not started when its token is cancelled never runs. Work that runs is not interrupted: it asks
/// [`Token::is_cancelled`] where it can stop. A future is dropped where it waits.
///
/// ```
/// use lunar_habitat_runtime::Token;
/// let campaign = Token::new();
/// let mission = campaign.child();
/// mission.cancel();
/// assert!(!campaign.is_cancelled());
/// campaign.cancel();
/// assert!(campaign.child().is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Token {
    wish: Arc<Wish>,
}

impl Token {
    /// A token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Token {
        Token::default()
    }

    /// A token that is cancelled with this one, and can be cancelled alone.
    #[must_use]
    pub fn child(&self) -> Token {
        Token { wish: Arc::new(Wish { parent: Some(self.clone()), ..Wish::default() }) }
    }

    /// Wish that all work under this token stops. There is no way back.
    pub fn cancel(&self) {
        self.wish.cancelled.store(true, Ordering::Release);
        self.wish.changed.notify_waiters();
    }

    /// Whether it, or one above it, was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.wish.cancelled.load(Ordering::Acquire)
            || self.wish.parent.as_ref().is_some_and(Token::is_cancelled)
    }

    /// Wait until it is cancelled. The waits of this token and those above it are made before anybody is asked, so that
    /// no cancellation falls between.
    pub(crate) async fn cancelled(&self) {
        let mut above = Vec::new();
        let mut next = Some(self);
        while let Some(token) = next {
            above.push(Box::pin(token.wish.changed.notified()));
            next = token.wish.parent.as_ref();
        }
        std::future::poll_fn(|context| {
            let mut woken = false;
            for one in &mut above {
                woken |= one.as_mut().poll(context).is_ready();
            }
            if woken || self.is_cancelled() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}
