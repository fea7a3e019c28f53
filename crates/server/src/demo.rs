//! Something worth looking at: a habitat that has run for a day, whose CO2 removal fails now.

use std::time::{Duration, Instant};

use crate::session::view::{NewSession, View};
use crate::{Server, ServerError};

/// Scenario of the demonstration.
const SCENARIO: &str = "artemis-30d";
/// Unit that fails, and how.
const FAILURE: (&str, &str) = ("living.cdra", "failed");
/// Mission time before the failure, s.
const BEFORE_S: f64 = 86_400.0;
/// Mission seconds in a second.
const RATE: f64 = 120.0;
/// Steps between two looks at what the database has taken.
const STEPS: u64 = 200;
/// Longest wait for the database.
const WAIT: Duration = Duration::from_secs(60);

impl Server {
    /// Make the session of the demonstration, in advisory mode where `advisory`.
    ///
    /// # Errors
    /// [`ServerError::Session`] where it cannot be made or the database does not take its first day.
    pub fn demonstrate(&self, advisory: bool) -> Result<View, ServerError> {
        let told = |error: crate::ApiError| ServerError::Session(error.error);
        let view = self.make(NewSession {
            scenario: SCENARIO.to_owned(),
            difficulty: None,
            seed: 0,
            controller: "rules".to_owned(),
            rate: 0.0,
            name: Some("Demonstration: CO2 removal fails".to_owned()),
            advisory: false,
            days: None,
        })?;
        let member = self.desk().fleet.find(&view.id).map_err(told)?;
        let began = Instant::now();
        while member.session.look(|flight| flight.habitat().t_s()) < BEFORE_S {
            match member.session.step(STEPS) {
                Ok(_) => {}
                // The day is made faster than it is written down.
                Err(error) if began.elapsed() < WAIT && error.status.as_u16() == 503 => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => return Err(told(error)),
            }
        }
        if advisory {
            let mode = crate::session::view::Mode::Advisory;
            member.session.set_mode("demonstration", mode).map_err(told)?;
        }
        let (unit, mode) = FAILURE;
        member.session.fail("demonstration", unit, mode, None).map_err(told)?;
        let view = member.session.run(RATE).map_err(told)?;
        self.desk().pacer.runs(&member);
        Ok(view)
    }
}
