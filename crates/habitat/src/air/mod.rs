//! Zones, the gas that moves between them, and the units that work on air.

pub mod acs;
pub mod bed;
pub mod candle;
pub mod ccaa;
pub mod cdra;
pub mod lioh;
pub mod oga;
pub mod parcel;
pub mod sabatier;
pub mod tccs;
pub mod ventilation;
pub mod zone;

/// Share of the way to a steady state covered in `x` time constants, `1 − e^(−x)`; 0 for negative `x`.
///
/// # Equation
/// ```text
/// 1 − e^(−x) = x·(1 − x/2·(1 − x/3·(1 − x/4·(1 − …))))
/// ```
/// Below 0.001 the series is used: it costs no exponential, and subtracting an exponential from one
/// would leave a leak of 0.05 % a day with ten good digits in a step of a minute. Its error there is
/// below 1e-17.
#[inline(always)]
#[must_use]
pub(crate) fn relaxed(x: f64) -> f64 {
    if x < 1e-3 {
        let x = x.max(0.0);
        x * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0)))
    } else {
        1.0 - physics::math::exp(-x)
    }
}
