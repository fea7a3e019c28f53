//! Zones, the gas that moves between them, and the units that work on air.
//!
//! ```text
//! zone      well-mixed gas, structure, wall film             state of the air itself
//! parcel    amounts and enthalpy on their way                 how everything below moves gas
//! ccaa ──► cdra ──► sabatier     cooling and drying, CO2 removal, CO2 reduction
//! oga, acs, candle               oxygen made, made up, in reserve
//! lioh, tccs                     CO2 in reserve, trace gases
//! ventilation                    between zones, and between air and structure, at the end of a step
//! bed                            the packed beds inside `cdra`
//! ```
//! A unit is a pair: a plan (`…Plan`, parameters, shared by all habitats) and a state (plain
//! numbers that a snapshot stores). Its `run` takes gas from a zone, changes it and gives it back;
//! what crosses the boundary of the habitat is booked with the ledger in the same call.
//!
//! Not here: the order in which the units run (`step`), and the physics of sorption, coil, cell and
//! reaction (`physics`).

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

/// Share of the way to a steady state covered in `x` time constants, `1 − e^(−x)`; 0 for negative
/// `x`.
///
/// # Equation
/// ```text
/// 1 − e^(−x) = x·(1 − x/2·(1 − x/3·(1 − x/4·(1 − …))))
/// ```
/// Below 0.001 the series is used: it costs no exponential, and subtracting an exponential from one
/// would leave a leak of 0.05 % a day with ten good digits in a step of a minute. Its error there
/// is below 1e-17.
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
