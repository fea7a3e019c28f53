//! Holes in the wall of a zone, made by meteoroids.
//!
//! # Equation
//! ```text
//! λ   = ½·A·F(m_c)·rate factor      hits that go through                               [1/s]
//! m   : F(m) = u·F(m_c)             mass of the one that did, u uniform in 0 to 1      [g]
//!   A    area of the wall that sees the sky                                            [m2]
//!   F    flux of meteoroids heavier than m                                             [1/m2/s]
//!   m_c  the lightest that goes through                                                [g]
//! ```
//! # Source
//! `physics::meteoroid` (Grün et al. 1985), `physics::puncture` (Cour-Palais; Maiden et al. 1963).
//! # Simplifications
//! One speed, normal to a bare wall without a shield in front: an upper bound on rate and size. The
//! field factor of the units does not act on meteoroids.

use physics::meteoroid::{flux_m2_s, lunar_hits_per_s};
use physics::puncture::{METEOROID_DENSITY_KG_M3, SPEED_M_S, Wall, sphere_diameter_m};

/// Kilograms in a gram.
const G_KG: f64 = 1e-3;

/// The lightest meteoroid that goes through, g.
fn lightest_g(wall: &Wall<f64>) -> f64 {
    let d_m = wall.smallest_particle_m(METEOROID_DENSITY_KG_M3, SPEED_M_S);
    METEOROID_DENSITY_KG_M3 * core::f64::consts::FRAC_PI_6 * d_m * d_m * d_m / G_KG
}

/// Rate at which holes appear in `exposed_m2` of a bare pressure shell, 1/s.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::fault::hull::holes_per_s;
/// let per_year = holes_per_s(400.0) * 3.156e7;
/// assert!((0.05..0.5).contains(&per_year)); // one in a few years
/// assert_eq!(holes_per_s(0.0), 0.0);
/// ```
#[must_use]
pub fn holes_per_s(exposed_m2: f64) -> f64 {
    lunar_hits_per_s(lightest_g(&Wall::pressure_shell()), exposed_m2)
}

/// Area of a hole from a uniform draw, m2; small draws are large holes.
///
/// # Valid range
/// Draws in 0 to 1. The mass is found by halving in its logarithm between the lightest that goes through
/// and 100 g, to within a millionth.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::fault::hull::drawn_hole_m2;
/// let mm = |m2: f64| (m2 * 4.0 / std::f64::consts::PI).sqrt() * 1e3;
/// assert!((2.0..8.0).contains(&mm(drawn_hole_m2(0.5))), "half of the holes are a few millimetres");
/// assert!(drawn_hole_m2(1e-3) > drawn_hole_m2(0.5));
/// ```
#[must_use]
pub fn drawn_hole_m2(draw: f64) -> f64 {
    let wall = Wall::<f64>::pressure_shell();
    let least_g = lightest_g(&wall);
    let wanted = draw.clamp(0.0, 1.0) * flux_m2_s(least_g);
    let (mut low, mut high) = (least_g.ln(), 100.0_f64.ln());
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if flux_m2_s(middle.exp()) > wanted { low = middle } else { high = middle }
    }
    // A hair above the lightest, which just does not go through.
    let mass_kg = (0.5 * (low + high)).exp() * (1.0 + 1e-6) * G_KG;
    let d_m = sphere_diameter_m(mass_kg, METEOROID_DENSITY_KG_M3);
    wall.hole_area_m2(d_m, METEOROID_DENSITY_KG_M3, SPEED_M_S)
}

/// Area of a round hole, m2.
#[must_use]
pub fn round_m2(diameter_m: f64) -> f64 {
    core::f64::consts::FRAC_PI_4 * diameter_m * diameter_m
}
