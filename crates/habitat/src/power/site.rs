//! Where the habitat stands: the course of the sun, the horizon, and declared darkness.
//!
//! # Stages
//! The bus looks at [`SitePlan::sky`] every five minutes and asks [`SitePlan::is_dark`] in every step. The step is cut at both ends
//! of a declared darkness ([`SitePlan::next_event_s`]); the edges of the horizon move slowly and are
//! not cut.
//! # Parameters
//! | what | key | default | unit | source |
//! |---|---|---|---|---|
//! | latitude | `latitude_deg` | – | deg | the scenario |
//! | hour angle of the sun at the start, 0 is noon | `hour_phase_turns` | 0 | turns | the scenario |
//! | season at the start, 0 is the equinox before northern summer | `season_phase_turns` | 0 | turns | the scenario |
//! | horizon | `horizon` | flat | – | level ground, or made up: [`SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG`] |
//! | declared darkness | `darkness` | none | h | the scenario |
//!
//! Two years and what they do to the light are in [`SunCourse`].
//! # Simplifications
//! The site stays where it is; the array sees one horizon from its whole area; a declared darkness begins
//! and ends at once; nothing of the habitat shades the array.

use physics::sun::{
    FLAT_HORIZON_DEG, HORIZON_POINTS, SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG, SunCourse, Sunlight,
};

use crate::scenario::{Horizon, Site};
use crate::step::next_edge_s;

/// Parameters of a site.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlan {
    course: SunCourse,
    horizon_deg: [f64; HORIZON_POINTS],
    darkness_s: Vec<(f64, f64)>,
}

impl SitePlan {
    /// Compile the site of a scenario.
    #[must_use]
    pub fn new(model: &Site) -> SitePlan {
        let mut course = SunCourse::at_latitude_deg(model.latitude_deg);
        course.hour_phase_turns = model.hour_phase_turns;
        course.season_phase_turns = model.season_phase_turns;
        SitePlan {
            course,
            horizon_deg: match model.horizon {
                Horizon::Flat => FLAT_HORIZON_DEG,
                Horizon::SyntheticRidge => SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG,
            },
            darkness_s: model
                .darkness
                .iter()
                .map(|span| (span.from_h * 3_600.0, span.to_h * 3_600.0))
                .collect(),
        }
    }

    /// Return what the site sees of the sun at `t_s` after the start of the mission.
    ///
    /// # Equation
    /// See [`SunCourse::sunlight`]. For `from ≤ t < to` of a declared darkness the lit share of the disc and
    /// the direct light are zero, whatever the horizon; position and distance stay.
    /// # Valid range
    /// Any time.
    /// # Conserves
    /// Nothing is moved; the bus books what it takes.
    /// # Tests
    /// `power::stores_refill_when_the_sun_is_back`,
    /// `power::the_account_closes_through_darkness_and_blackout`.
    #[must_use]
    pub fn sunlight(&self, t_s: f64) -> Sunlight<f64> {
        let mut light = self.sky(t_s);
        if self.is_dark(t_s) {
            light.lit_fraction = 0.0;
            light.direct_w_m2 = 0.0;
        }
        light
    }

    /// What the site sees of the sun at `t_s` where no darkness is declared; see [`SunCourse::sunlight`].
    #[must_use]
    pub fn sky(&self, t_s: f64) -> Sunlight<f64> {
        self.course.sunlight(&self.horizon_deg, t_s)
    }

    /// Whether a declared darkness covers `t_s`.
    #[inline]
    #[must_use]
    pub fn is_dark(&self, t_s: f64) -> bool {
        self.darkness_s.iter().any(|(from_s, to_s)| t_s >= *from_s && t_s < *to_s)
    }

    /// Time from `t_s` to the next edge of a declared darkness, s; infinite when none comes.
    ///
    /// An edge closer than a microsecond counts as passed.
    #[must_use]
    pub fn next_event_s(&self, t_s: f64) -> f64 {
        next_edge_s(self.darkness_s.iter().flat_map(|(from_s, to_s)| [*from_s, *to_s]), t_s)
    }
}
