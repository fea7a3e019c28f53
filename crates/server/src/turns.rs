use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ApiError;

/// How many may do something at a time, and how many may wait for it.
///
/// What takes long and can be asked by everybody would else leave nothing to those whose habitats run.
pub struct Turns {
    /// What is done, for the sentence of a refusal.
    what: &'static str,
    inside: Arc<Semaphore>,
    outside: Arc<Semaphore>,
}

/// A turn; the next one begins when it is dropped.
pub struct Turn {
    _inside: OwnedSemaphorePermit,
    _outside: OwnedSemaphorePermit,
}

impl Turns {
    /// `inside` at a time, `waiting` at most behind them.
    pub fn new(what: &'static str, inside: usize, waiting: usize) -> Turns {
        let outside = Arc::new(Semaphore::new(inside + waiting));
        Turns { what, inside: Arc::new(Semaphore::new(inside)), outside }
    }

    /// Wait for a turn.
    ///
    /// # Errors
    /// 503 where too many wait already.
    pub async fn take(&self) -> Result<Turn, ApiError> {
        let refused = || {
            let error = format!("too many wait for {}; ask again in a moment", self.what);
            ApiError::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, error)
        };
        let outside = Arc::clone(&self.outside).try_acquire_owned().map_err(|_| refused())?;
        // Nobody closes it.
        let inside = Arc::clone(&self.inside).acquire_owned().await.map_err(|_| refused())?;
        Ok(Turn { _inside: inside, _outside: outside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_late_waits_and_who_comes_too_late_is_refused() {
        let turns = Turns::new("futures", 1, 1);
        let first = turns.take().await.ok();
        assert!(first.is_some());
        {
            let mut second = std::pin::pin!(turns.take());
            let soon = std::time::Duration::from_millis(20);
            assert!(tokio::time::timeout(soon, second.as_mut()).await.is_err());
            let Err(refused) = turns.take().await else { panic!("a third one waits") };
            assert!(refused.status.as_u16() == 503 && refused.error.contains("futures"));
            drop(first);
            assert!(second.await.is_ok());
        }
        assert!(turns.take().await.is_ok());
    }
}
