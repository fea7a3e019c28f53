//! What is said about a piece of work when it is handed in.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use crate::{Priority, RuntimeError, Token};

/// What a piece of work is called, how urgent it is, until when it is worth starting, and who may cancel it.
///
/// ```
/// use std::time::Duration;
/// use lunar_habitat_runtime::{Priority, Ticket, Token};
/// let ticket = Ticket::new("look ahead", Priority::Critical)
///     .within(Duration::from_millis(200))
///     .under(&Token::new());
/// assert_eq!(ticket.priority(), Priority::Critical);
/// ```
#[derive(Debug, Clone)]
pub struct Ticket {
    pub(super) name: Cow<'static, str>,
    pub(super) priority: Priority,
    pub(super) deadline: Option<Instant>,
    pub(super) token: Option<Token>,
}

impl Ticket {
    /// A ticket without deadline and token. The name appears in errors.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, priority: Priority) -> Ticket {
        Ticket { name: name.into(), priority, deadline: None, token: None }
    }

    /// The same, not to be started more than `time` from now.
    #[must_use]
    pub fn within(self, time: Duration) -> Ticket {
        match Instant::now().checked_add(time) {
            Some(deadline) => self.until(deadline),
            None => self,
        }
    }

    /// The same, not to be started after `deadline`.
    #[must_use]
    pub fn until(mut self, deadline: Instant) -> Ticket {
        self.deadline = Some(deadline);
        self
    }

    /// The same, not to be started once `token` is cancelled. What runs asks the token itself.
    #[must_use]
    pub fn under(mut self, token: &Token) -> Ticket {
        self.token = Some(token.clone());
        self
    }

    /// How often a wait that no token interrupts looks at it.
    pub(crate) const LOOK: Duration = Duration::from_millis(20);

    /// Refuse what is not to be started any more at `now`.
    pub(crate) fn check(&self, now: Instant) -> Result<(), RuntimeError> {
        let task = || self.name.clone().into_owned();
        if let Some(late) = self.deadline.filter(|deadline| now > *deadline) {
            let late = now.saturating_duration_since(late);
            return Err(RuntimeError::TaskLate { task: task(), late });
        }
        if self.token.as_ref().is_some_and(Token::is_cancelled) {
            return Err(RuntimeError::TaskCancelled { task: task() });
        }
        Ok(())
    }

    /// Class of the work.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }
}

impl From<Priority> for Ticket {
    /// A ticket called "task".
    fn from(priority: Priority) -> Ticket {
        Ticket::new("task", priority)
    }
}
