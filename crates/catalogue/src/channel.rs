use serde::Serialize;

use crate::Unit;

/// Which of the three faces of a quantity a channel carries.
///
/// A true value is known to the simulator alone, a sensed value is what an instrument reports, a
/// commanded value is what a controller asked for. They are three channels, never one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// The simulator's own state.
    True,
    /// The reading of an instrument.
    Sensed,
    /// A set-point or mode as commanded.
    Commanded,
}

/// Bounds of a channel in its SI unit, from the widest worry inward.
///
/// `None` means that no bound is declared on that side; a channel without any bound has
/// `Channel::limits == None` and is reported as "no limits", never as nominal.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Limits {
    /// Below this a caution is due.
    pub caution_low: Option<f64>,
    /// Above this a caution is due.
    pub caution_high: Option<f64>,
    /// Below this a warning is due.
    pub warning_low: Option<f64>,
    /// Above this a warning is due.
    pub warning_high: Option<f64>,
}

/// Where a value stands against the limits of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The channel declares no limits, so nothing can be said.
    NoLimits,
    /// Inside every declared limit.
    Nominal,
    /// Outside a caution limit.
    Caution,
    /// Outside a warning limit.
    Warning,
}

/// One quantity of the habitat, as everything outside the simulator sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Channel {
    /// `place.unit.quantity_unit`, for example `living.air.pp_co2_pa`.
    pub id: String,
    /// The quantity in words, for example "CO2 partial pressure".
    pub quantity: String,
    /// SI unit of the value.
    pub unit: Unit,
    /// True, sensed or commanded.
    pub kind: ValueKind,
    /// Declared limits in the SI unit, if there are any.
    pub limits: Option<Limits>,
    /// The part of the habitat that produces the value, for example `living.cdra`.
    pub owner: String,
    /// Standard, publication or convention that defines the quantity or its limits.
    pub source: String,
}

impl Channel {
    /// Say where `value` (in the channel's SI unit) stands against the declared limits.
    ///
    /// A value that is not finite is a warning wherever limits exist.
    #[must_use]
    pub fn standing(&self, value: f64) -> Standing {
        let Some(limits) = self.limits else {
            return Standing::NoLimits;
        };
        let below = |bound: Option<f64>| bound.is_some_and(|b| value < b);
        let above = |bound: Option<f64>| bound.is_some_and(|b| value > b);
        if !value.is_finite() || below(limits.warning_low) || above(limits.warning_high) {
            Standing::Warning
        } else if below(limits.caution_low) || above(limits.caution_high) {
            Standing::Caution
        } else {
            Standing::Nominal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressure(limits: Option<Limits>) -> Channel {
        Channel {
            id: "living.air.p_total_pa".into(),
            quantity: "total pressure".into(),
            unit: Unit::Pascal,
            kind: ValueKind::True,
            limits,
            owner: "living.air".into(),
            source: "NASA-STD-3001 V2 6006".into(),
        }
    }

    /// A peer simulator reports NOMINAL at 882 kPa when its thresholds are empty.
    #[test]
    fn biosim_10_channel_without_limits_is_never_nominal() {
        assert_eq!(pressure(None).standing(882e3), Standing::NoLimits);
    }

    #[test]
    fn standing_follows_the_declared_limits() {
        let channel = pressure(Some(Limits {
            warning_low: Some(34.5e3),
            warning_high: Some(103e3),
            ..Limits::default()
        }));
        assert_eq!(channel.standing(56.5e3), Standing::Nominal);
        assert_eq!(channel.standing(34.4e3), Standing::Warning);
        assert_eq!(channel.standing(882e3), Standing::Warning);
        assert_eq!(channel.standing(f64::NAN), Standing::Warning);
    }
}
