//! The light to come, as the ephemeris of the site and declared darkness tell it.

use habitat::Plan;

/// Distance of the points of the table, s.
const GRID_S: f64 = 1_800.0;
/// The longest forecast, s.
const AHEAD_S: f64 = 72.0 * 3_600.0;

/// Share of the sun's disc in view, summed up over the mission and three days after it.
///
/// Nothing here is measured or drawn: the course of the sun, the horizon of the site and the darkness that
/// a scenario declares are known to everybody.
#[derive(Debug, Clone, PartialEq)]
pub struct Light {
    /// Time lit from the start to each point, s.
    lit_s: Vec<f64>,
}

impl Light {
    /// The light of the site of `plan`; `None` for a habitat without power of its own, which has no site.
    #[must_use]
    pub fn new(plan: &Plan) -> Option<Light> {
        let site = &plan.power.as_ref()?.site;
        let points = ((plan.duration_s() + AHEAD_S) / GRID_S).ceil() as usize + 1;
        let mut lit_s = Vec::with_capacity(points);
        let (mut total_s, mut before) = (0.0, site.sunlight(0.0).lit_fraction);
        for point in 0..points {
            if point > 0 {
                let now = site.sunlight(point as f64 * GRID_S).lit_fraction;
                total_s += 0.5 * (before + now) * GRID_S;
                before = now;
            }
            lit_s.push(total_s);
        }
        Some(Light { lit_s })
    }

    /// Time lit from the start to `t_s`, s.
    fn until(&self, t_s: f64) -> f64 {
        let last = self.lit_s.len() - 1;
        let at = (t_s / GRID_S).clamp(0.0, last as f64);
        let point = (at as usize).min(last.saturating_sub(1));
        let next = (point + 1).min(last);
        self.lit_s[point] + (self.lit_s[next] - self.lit_s[point]) * (at - point as f64)
    }

    /// Share of the `ahead_s` after `t_s` in which the sun is in view, 0 to 1.
    ///
    /// The table has a point every half hour and straight lines between them, so an edge of a declared
    /// darkness is known to half an hour. Beyond three days after the mission nothing is lit.
    ///
    /// # Examples
    /// ```
    /// use habitat::{Plan, scenario};
    /// use lunar_habitat_env::Light;
    /// let loaded = scenario::load("polar-darkness")?; // dark from hour 48 to hour 168
    /// let light = Light::new(&Plan::compile(&loaded.scenario, loaded.hash)?).unwrap();
    /// assert_eq!(light.share(60.0 * 3_600.0, 86_400.0), 0.0);
    /// assert!((light.share(36.0 * 3_600.0, 86_400.0) - 0.5).abs() < 0.02);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn share(&self, t_s: f64, ahead_s: f64) -> f64 {
        ((self.until(t_s + ahead_s) - self.until(t_s)) / ahead_s).clamp(0.0, 1.0)
    }
}
