//! Course of the sun over a lunar site, its horizon and the share of the disc that is seen.
//!
//! Not here: site files (`habitat`), what an array makes of the light ([`crate::photovoltaic`]), the
//! shadow of one's own structures.

use crate::number::Real;
use crate::trig::{asin, atan2, sin_cos_turns};

/// Length of a day of the Moon (synodic month), d. Reference §4.
pub const SYNODIC_MONTH_D: f64 = 29.530_589;
/// Period of the sun's declination, d: a year counted from node to node (draconic year). RECALLED from
/// the Astronomical Almanac; the Moon's equator turns with the nodes of its orbit (Cassini's laws).
pub const SEASON_D: f64 = 346.62;
/// Largest declination of the sun, deg. Site of the reference habitat; inclination of the lunar equator to
/// the ecliptic.
pub const DECLINATION_MAX_DEG: f64 = 1.54;
/// Angular radius of the sun, deg. Site of the reference habitat.
pub const DISC_RADIUS_DEG: f64 = 0.27;
/// Irradiance at 1 AU, W/m2. Reference §4 (NSSDC, IAU).
pub const SOLAR_CONSTANT_W_M2: f64 = 1_361.0;
/// Period of the distance to the sun, d (anomalistic year). RECALLED from the Astronomical Almanac.
pub const ANOMALISTIC_YEAR_D: f64 = 365.2596;
/// Eccentricity of the Earth's orbit, 1. 0.983 to 1.017 AU, reference §4.
pub const ECCENTRICITY: f64 = 0.0167;

/// Points of a horizon profile, one every five degrees of azimuth from north over east.
pub const HORIZON_POINTS: usize = 72;
/// Azimuth between two points, deg.
pub const HORIZON_SPACING_DEG: f64 = 5.0;

/// The horizon of a plain without an edge, deg.
pub const FLAT_HORIZON_DEG: [f64; HORIZON_POINTS] = [0.0; HORIZON_POINTS];

/// Latitude of the shipped polar site, deg. RECALLED of Connecting Ridge (Gläser et al. 2014 give the
/// illumination, reference §4).
pub const CONNECTING_RIDGE_LATITUDE_DEG: f64 = -89.45;

/// **SYNTHETIC** horizon of a polar ridge seen from a mast of 2 m, deg above the horizontal.
///
/// No terrain model is behind these numbers. A horizon that dips by 2.1° to 2.3°, as a high ridge sees
/// it, carries one massif (+0.73° at azimuth 225°) and one low hill (−1.86° at 70°); height and
/// width of the massif were searched so that over 19 years the site meets the two published figures of
/// Connecting Ridge (Gläser et al. 2014, *Icarus* **243**, 78–90, abstract): 92.27 % lit, longest dark
/// period 3 to 5 days. With hourly steps and all phases of [`SunCourse`] at zero:
///
/// | figure over 19 years | value |
/// |---|---|
/// | mean share of the disc that is seen | 92.14 % |
/// | share of time with at least half of the disc | 92.5 % |
/// | longest time with less than half of the disc | 118 h |
/// | longest time without any of it | 100 h |
///
/// The figures move by less than 0.02 % and by one hour with the phases. Every month of winter has one
/// dark period; a scenario picks its length by its start: less than half of the disc is seen for 118 h
/// from day 776.75 and for 72 h from day 1190.88.
/// # Tests
/// `nineteen_years_on_the_synthetic_ridge`.
pub const SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG: [f64; HORIZON_POINTS] = [
    -2.25, -2.25, -2.25, -2.25, -2.26, -2.26, -2.27, -2.27, -2.27, -2.26, -2.22, -2.15, //
    -2.03, -1.91, -1.86, -1.90, -2.02, -2.13, -2.21, -2.24, -2.25, -2.23, -2.19, -2.16, //
    -2.14, -2.13, -2.14, -2.14, -2.14, -2.14, -2.15, -2.15, -2.15, -2.15, -2.15, -2.17, //
    -2.21, -2.20, -2.12, -1.95, -1.64, -1.16, -0.55, 0.07, 0.55, 0.73, 0.55, 0.07, //
    -0.56, -1.17, -1.64, -1.95, -2.12, -2.20, -2.22, -2.18, -2.17, -2.17, -2.17, -2.17, //
    -2.16, -2.14, -2.13, -2.12, -2.12, -2.12, -2.13, -2.15, -2.18, -2.21, -2.25, -2.25,
];

/// Days in a second, d/s.
const PER_DAY_S: f64 = 1.0 / crate::constants::DAY_S;
const DEG_PER_RAD: f64 = 180.0 / core::f64::consts::PI;
const TURNS_PER_DEG: f64 = 1.0 / 360.0;

/// Where the sun stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SunPosition<R> {
    /// Unit vector to the sun: east, north, up.
    pub direction: [R; 3],
    /// Height of the disc's centre over the horizontal, deg.
    pub elevation_deg: R,
    /// Azimuth from north over east, 0 to 360 deg.
    pub azimuth_deg: R,
    /// Irradiance on a plane that faces the sun, without horizon, W/m2.
    pub irradiance_w_m2: R,
}

/// What of the sun a site sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sunlight<R> {
    /// Where it stands.
    pub position: SunPosition<R>,
    /// Share of the disc above the horizon profile, 0 to 1.
    pub lit_fraction: R,
    /// Irradiance on a plane that faces the sun, W/m2: irradiance times lit fraction.
    pub direct_w_m2: R,
}

/// Course of the sun at a latitude.
///
/// # Equation
/// ```text
/// δ = 1.54°·sin(2π·(t/346.62 d + φ_season))          declination
/// H = 2π·(t/29.530589 d + φ_hour)                    hour angle, 0 at noon
/// up    = sin λ·sin δ + cos λ·cos δ·cos H            = sin(elevation)
/// north = cos λ·sin δ − sin λ·cos δ·cos H
/// east  = −cos δ·sin H
/// G = 1361 W/m2 / (1 − e·cos(2π·(t/365.2596 d + φ_distance)))²
///   λ  latitude                                      [rad]
/// ```
/// Near a pole this is elevation = ±δ + (90° − |λ|)·cos H: the south pole has +1.54° at δ = −1.54°.
/// # Source
/// Spherical astronomy, e.g. Meeus (1998), *Astronomical Algorithms*, ch. 13. Periods and angles: the
/// constants of this module. Distance: an ellipse to first order in its eccentricity.
/// # Valid range
/// Any latitude; decades around the epoch. The rates are even: the Moon's libration in longitude (up to
/// 8°) and the equation of the centre are neglected, so a sunrise may be off by half a day against an ephemeris.
/// The irradiance is between +3.4 and −3.3 % of the constant.
/// # Outside the range
/// A latitude beyond ±90° counts as 90°; a time beyond ±1e15 s as that time.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `polar_formula`, `equator_night`, `direction_is_a_unit_vector`, `irradiance_follows_the_distance`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SunCourse {
    sine_latitude: f64,
    cosine_latitude: f64,
    /// φ_hour, turns: hour angle at time zero. 0 is noon.
    pub hour_phase_turns: f64,
    /// φ_season, turns: 0 is the equinox before northern summer, 0.25 northern midsummer.
    pub season_phase_turns: f64,
    /// φ_distance, turns: 0 is perihelion.
    pub distance_phase_turns: f64,
}

impl SunCourse {
    /// The course at a latitude (deg, north positive), with all phases at zero.
    #[must_use]
    pub fn at_latitude_deg(latitude_deg: f64) -> Self {
        let (sine_latitude, cosine_latitude) =
            sin_cos_turns(Real::clamp(latitude_deg, -90.0, 90.0) * TURNS_PER_DEG);
        Self {
            sine_latitude,
            cosine_latitude,
            hour_phase_turns: 0.0,
            season_phase_turns: 0.0,
            distance_phase_turns: 0.0,
        }
    }

    /// Return where the sun stands at `t_s`, seconds from the epoch of the phases.
    ///
    /// # Equation, source, valid range, outside the range
    /// See [`SunCourse`].
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `polar_formula`, `equator_night`, `direction_is_a_unit_vector`.
    #[inline(always)]
    #[must_use]
    pub fn position<R: Real>(&self, t_s: R) -> SunPosition<R> {
        let limit = R::splat(1e15);
        let t_d = t_s.clamp(-limit, limit) * PER_DAY_S;
        let (season, _) = sin_cos_turns(t_d / SEASON_D + self.season_phase_turns);
        let (sin_dec, cos_dec) = sin_cos_turns(season * (DECLINATION_MAX_DEG * TURNS_PER_DEG));
        let (sin_hour, cos_hour) = sin_cos_turns(t_d / SYNODIC_MONTH_D + self.hour_phase_turns);
        let (_, near) = sin_cos_turns(t_d / ANOMALISTIC_YEAR_D + self.distance_phase_turns);
        let to_noon = cos_dec * cos_hour;
        let up = sin_dec * self.sine_latitude + to_noon * self.cosine_latitude;
        let north = sin_dec * self.cosine_latitude - to_noon * self.sine_latitude;
        let east = -(cos_dec * sin_hour);
        let azimuth_deg = atan2(east, north) * DEG_PER_RAD;
        let distance_au = R::one() - near * ECCENTRICITY;
        SunPosition {
            direction: [east, north, up],
            elevation_deg: asin(up) * DEG_PER_RAD,
            azimuth_deg: R::select(azimuth_deg.lt(R::zero()), azimuth_deg + 360.0, azimuth_deg),
            irradiance_w_m2: R::splat(SOLAR_CONSTANT_W_M2) / (distance_au * distance_au),
        }
    }

    /// Return what a site with a horizon profile sees of the sun at `t_s`.
    ///
    /// # Equation
    /// ```text
    /// lit = disc_fraction(elevation − horizon(azimuth)),   direct = lit·G
    /// ```
    /// # Source
    /// [`SunCourse`], [`horizon_deg`], [`disc_fraction`].
    /// # Valid range
    /// As [`SunCourse`]. The edge of the horizon under the disc is taken as level.
    /// # Outside the range
    /// As [`SunCourse`].
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `nineteen_years_on_the_synthetic_ridge`, `equator_night`, `lanes_agree`.
    #[inline(always)]
    #[must_use]
    pub fn sunlight<R: Real>(&self, profile_deg: &[f64; HORIZON_POINTS], t_s: R) -> Sunlight<R> {
        let position = self.position(t_s);
        let edge_deg = horizon_deg(profile_deg, position.azimuth_deg);
        let lit_fraction = disc_fraction(position.elevation_deg - edge_deg);
        Sunlight { position, lit_fraction, direct_w_m2: lit_fraction * position.irradiance_w_m2 }
    }
}

/// Return the height of the horizon at an azimuth, deg.
///
/// # Equation
/// ```text
/// h = h_i + (h_(i+1) − h_i)·(azimuth/5° − i),   i = ⌊azimuth/5°⌋ modulo 72
/// ```
/// # Source
/// Linear interpolation in a closed profile (site of the reference habitat).
/// # Valid range
/// 0° to 360°, profile from north over east, finite heights.
/// # Outside the range
/// The azimuth is clamped to 0° … 360°.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `horizon_is_continuous_and_closed`.
#[inline(always)]
#[must_use]
pub fn horizon_deg<R: Real>(profile_deg: &[f64; HORIZON_POINTS], azimuth_deg: R) -> R {
    R::from_lanes(|lane| {
        let place = Real::clamp(azimuth_deg.lane(lane), 0.0, 360.0) / HORIZON_SPACING_DEG;
        let cell = place as usize;
        let (left, right) =
            (profile_deg[cell % HORIZON_POINTS], profile_deg[(cell + 1) % HORIZON_POINTS]);
        left + (right - left) * (place - cell as f64)
    })
}

/// Return the share of the sun's disc above a level edge, 0 to 1.
///
/// # Equation
/// ```text
/// d = clamp(height/0.27°, −1, 1),   share = ½ + (d·√(1 − d²) + asin d)/π
///   height  of the disc's centre over the edge        [deg]
/// ```
/// # Source
/// Area of a circular segment; no limb darkening. The share and its slope are continuous.
/// # Valid range
/// Any height.
/// # Outside the range
/// 0 below −0.27°, 1 above 0.27°.
/// # Conserves
/// Nothing is moved.
/// # Examples
/// ```
/// # use lunar_habitat_physics as physics;
/// assert!((physics::sun::disc_fraction(0.0_f64) - 0.5).abs() < 1e-15);
/// ```
/// # Tests
/// `disc_rises_smoothly`.
#[inline(always)]
#[must_use]
pub fn disc_fraction<R: Real>(height_deg: R) -> R {
    let d = (height_deg / DISC_RADIUS_DEG).clamp(-R::one(), R::one());
    let segment = d * (R::one() - d * d).sqrt() + asin(d);
    (segment * core::f64::consts::FRAC_1_PI + 0.5).clamp(R::zero(), R::one())
}

/// Return the elevation of the sun by the short formula of a polar site, deg.
///
/// # Equation
/// ```text
/// elevation = season + (90° − |λ|)·cos(azimuth)
///   season   height of the sun at the pole itself, ±1.54°   [deg]
///   azimuth  from the direction of noon, in turns           [-]
/// ```
/// # Source
/// Site of the reference habitat; [`SunCourse`] to first order in the distance from the pole.
/// # Valid range
/// Within 2° of a pole: below 1e-3 deg from [`SunCourse`].
/// # Outside the range
/// The formula is continued.
/// # Conserves
/// Nothing is moved.
/// # Tests
/// `polar_formula`.
#[inline(always)]
#[must_use]
pub fn polar_elevation_deg<R: Real>(latitude_deg: R, season_deg: R, azimuth_turns: R) -> R {
    let (_, cosine) = sin_cos_turns(azimuth_turns);
    season_deg + (R::splat(90.0) - latitude_deg.abs()) * cosine
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::F64x8;
    use proptest::prelude::*;

    const HOUR_S: f64 = 3_600.0;

    fn ridge() -> SunCourse {
        SunCourse::at_latitude_deg(CONNECTING_RIDGE_LATITUDE_DEG)
    }

    /// Starts and lengths of the times in which `dark` holds, in steps.
    fn spells(dark: impl Iterator<Item = bool>) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let mut running = false;
        for (i, is_dark) in dark.enumerate() {
            match (is_dark, running, found.last_mut()) {
                (true, true, Some(last)) => last.1 += 1,
                (true, ..) => found.push((i, 1)),
                _ => {}
            }
            running = is_dark;
        }
        found
    }

    #[test]
    fn nineteen_years_on_the_synthetic_ridge() {
        let course = ridge();
        let hours = (19.0 * 365.25 * 24.0) as usize;
        let lit: Vec<f64> = (0..hours)
            .map(|h| {
                let profile = &SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG;
                course.sunlight(profile, h as f64 * HOUR_S).lit_fraction
            })
            .collect();
        let mean = lit.iter().sum::<f64>() / hours as f64;
        let half = lit.iter().filter(|x| **x >= 0.5).count() as f64 / hours as f64;
        assert!((mean - 0.923).abs() < 0.005, "{mean}");
        assert!((half - 0.923).abs() < 0.005, "{half}");
        let half_dark = spells(lit.iter().map(|x| *x < 0.5));
        let all_dark = spells(lit.iter().map(|x| *x <= 0.0));
        for found in [&half_dark, &all_dark] {
            let longest = found.iter().map(|x| x.1).max().unwrap();
            assert!((72..=120).contains(&longest), "{longest}");
        }
        // The figures of the profile's documentation.
        assert!((mean - 0.9214).abs() < 2e-4 && (half - 0.925).abs() < 2e-4, "{mean} {half}");
        assert!(half_dark.contains(&(18_642, 118)) && half_dark.contains(&(28_581, 72)));
        assert_eq!(half_dark.iter().map(|x| x.1).max(), Some(118));
        assert_eq!(all_dark.iter().map(|x| x.1).max(), Some(100));
    }

    #[test]
    fn figures_of_the_ridge_do_not_hang_on_the_phases() {
        for (hour, season) in [(0.25, 0.5), (0.6, 0.1), (0.9, 0.8)] {
            let course =
                SunCourse { hour_phase_turns: hour, season_phase_turns: season, ..ridge() };
            let lit: Vec<f64> = (0..166_550)
                .map(|h| {
                    let profile = &SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG;
                    course.sunlight(profile, f64::from(h) * HOUR_S).lit_fraction
                })
                .collect();
            let mean = lit.iter().sum::<f64>() / lit.len() as f64;
            assert!((mean - 0.923).abs() < 0.005, "{mean}");
            let longest = spells(lit.iter().map(|x| *x < 0.5)).iter().map(|x| x.1).max();
            assert!(matches!(longest, Some(117..=119)), "{longest:?}");
        }
    }

    #[test]
    fn polar_formula() {
        for latitude in [-89.45, -88.2, 89.0] {
            let course = SunCourse::at_latitude_deg(latitude);
            for h in 0..20_000 {
                let t_s = f64::from(h) * HOUR_S;
                let at = course.position(t_s);
                let (season, _) = sin_cos_turns(t_s / 86_400.0 / SEASON_D);
                let season_deg = season * DECLINATION_MAX_DEG * f64::signum(latitude);
                let turns = t_s / 86_400.0 / SYNODIC_MONTH_D;
                let short = polar_elevation_deg(latitude, season_deg, turns);
                assert!((at.elevation_deg - short).abs() < 1e-3, "{latitude} {h}");
                // Noon is in the north at the south pole and in the south at the north pole; the
                // sun goes round against the azimuth in the south.
                let clock = if latitude < 0.0 { -turns } else { turns + 0.5 };
                let off = at.azimuth_deg / 360.0 - clock;
                assert!((off - off.round()).abs() < 3e-3, "{latitude} {h} {off}");
            }
        }
    }

    #[test]
    fn equator_night() {
        let course = SunCourse::at_latitude_deg(0.0);
        let lit: Vec<f64> = (0..24 * 354)
            .map(|h| course.sunlight(&FLAT_HORIZON_DEG, f64::from(h) * HOUR_S).lit_fraction)
            .collect();
        let nights = spells(lit.iter().map(|x| *x < 0.5));
        assert_eq!(nights.len(), 12);
        for night in nights {
            // 14.77 d = 354 h, reference §4.
            assert!((353..=355).contains(&night.1), "{night:?}");
        }
        let noon = course.position(0.0);
        assert!((noon.elevation_deg - 90.0).abs() < 1e-6);
    }

    #[test]
    fn irradiance_follows_the_distance() {
        let course = ridge();
        let all: Vec<f64> =
            (0..366).map(|d| course.position(f64::from(d) * 86_400.0).irradiance_w_m2).collect();
        let high = all.iter().copied().fold(0.0, f64::max) / SOLAR_CONSTANT_W_M2 - 1.0;
        let low = all.iter().copied().fold(1e9, f64::min) / SOLAR_CONSTANT_W_M2 - 1.0;
        assert!((high - 0.034).abs() < 5e-4 && (low + 0.033).abs() < 5e-4, "{high} {low}");
    }

    #[test]
    fn disc_rises_smoothly() {
        assert_eq!(disc_fraction(-0.27), 0.0);
        assert_eq!(disc_fraction(0.27), 1.0);
        let mut before = 0.0;
        for i in -300..=300 {
            let height = f64::from(i) * 1e-3;
            let now = disc_fraction(height);
            assert!(now >= before && now - before < 2.4e-3);
            assert!((now + disc_fraction(-height) - 1.0).abs() < 1e-14);
            before = now;
        }
        // Half a radius above the edge: ½ + (√3/4 + π/6)/π.
        let want =
            0.5 + (3.0_f64.sqrt() / 4.0 + core::f64::consts::FRAC_PI_6) / core::f64::consts::PI;
        assert!((disc_fraction(0.135) - want).abs() < 1e-14);
    }

    #[test]
    fn horizon_is_continuous_and_closed() {
        let profile = &SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG;
        assert_eq!(horizon_deg(profile, 0.0), horizon_deg(profile, 360.0));
        assert_eq!(horizon_deg(profile, 225.0), 0.73);
        assert!((horizon_deg(profile, 222.5_f64) - 0.64).abs() < 1e-12);
        let mut before = horizon_deg(profile, 0.0);
        for i in 1..=36_000 {
            let now: f64 = horizon_deg(profile, f64::from(i) * 0.01);
            assert!((now - before).abs() < 2e-3);
            before = now;
        }
    }

    #[test]
    fn lanes_agree() {
        let course = ridge();
        let profile = &SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG;
        for k in 0..2_000 {
            let t_s = F64x8::from_lanes(|i| f64::from(k) * 9e5 + i as f64 * 3.7e4);
            let wide = course.sunlight(profile, t_s);
            for i in 0..8 {
                let one = course.sunlight(profile, t_s.lane(i));
                assert_eq!(wide.lit_fraction.lane(i).to_bits(), one.lit_fraction.to_bits());
                assert_eq!(wide.direct_w_m2.lane(i).to_bits(), one.direct_w_m2.to_bits());
                let (a, b) = (wide.position.direction, one.position.direction);
                for axis in 0..3 {
                    assert_eq!(a[axis].lane(i).to_bits(), b[axis].to_bits());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn direction_is_a_unit_vector(latitude in -90.0..90.0_f64, t in -1e10..1e10_f64) {
            let at = SunCourse::at_latitude_deg(latitude).position(t);
            let [east, north, up] = at.direction;
            prop_assert!((east * east + north * north + up * up - 1.0).abs() < 1e-14);
            prop_assert!((0.0..=360.0).contains(&at.azimuth_deg));
        }

        #[test]
        fn finite_in_finite_out(
            latitude in -1e300..1e300_f64, t in any::<f64>(), h in any::<f64>(),
        ) {
            prop_assume!(t.is_finite() && h.is_finite());
            let seen = SunCourse::at_latitude_deg(latitude)
                .sunlight(&SYNTHETIC_CONNECTING_RIDGE_HORIZON_DEG, t);
            prop_assert!((0.0..=1.0).contains(&seen.lit_fraction));
            prop_assert!(seen.direct_w_m2 >= 0.0 && seen.direct_w_m2 < 1.04 * SOLAR_CONSTANT_W_M2);
            prop_assert!(seen.position.elevation_deg.is_finite());
            prop_assert!(horizon_deg(&FLAT_HORIZON_DEG, h) == 0.0);
            prop_assert!((0.0..=1.0).contains(&disc_fraction(h)));
        }
    }
}
