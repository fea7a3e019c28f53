//! Values and times in words, as people speak of them.

use catalogue::{Channel, Unit};
use physics::constants::{DAY_S, PA_PER_MMHG};

use crate::table::fixed;

const HOUR_S: f64 = 3_600.0;
/// From here on a pressure is spoken of in kPa, Pa.
const KILOPASCALS_FROM_PA: f64 = 20e3;

/// A length of time in the unit that fits it.
pub fn time(t_s: f64) -> String {
    if t_s < 2.0 * HOUR_S {
        format!("{} min", fixed(t_s / 60.0, 0))
    } else if t_s < 2.0 * DAY_S {
        format!("{} h", fixed(t_s / HOUR_S, 1))
    } else {
        format!("{} d", fixed(t_s / DAY_S, 1))
    }
}

/// Day and clock time of the mission, for example `12 d 03:20`.
pub fn day_clock(t_s: f64) -> String {
    let minutes = (t_s / 60.0).round() as i64;
    let (days, rest) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    format!("{days} d {:02}:{:02}", rest / 60, rest % 60)
}

/// A value of a channel in the unit in which people speak of it.
pub fn shown(value: f64, channel: &Channel) -> String {
    let last = channel.id.rsplit('.').next().unwrap_or_default();
    let is_share = ["fraction", "share", "rh", "usable", "used"].iter().any(|w| last.contains(w));
    let (value, digits, unit) = match channel.unit {
        Unit::Pascal if value.abs() < KILOPASCALS_FROM_PA => (value / PA_PER_MMHG, 1, "mmHg"),
        Unit::Pascal => (value * 1e-3, 1, "kPa"),
        Unit::Kelvin => (value - 273.15, 1, "°C"),
        Unit::One if is_share => (value * 100.0, 0, "%"),
        Unit::One => (value, 0, ""),
        Unit::MolePerSecond => (value * 1e3, 2, "mmol/s"),
        Unit::KilogramPerSecond => (value * DAY_S, 2, "kg/d"),
        Unit::Watt => (value * 1e-3, 2, "kW"),
        Unit::Joule => (value / 3.6e6, 2, "kWh"),
        Unit::Second => (value / HOUR_S, 1, "h"),
        unit => (value, 1, unit.symbol()),
    };
    format!("{} {unit}", fixed(value, digits)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use catalogue::ValueKind;

    use super::*;

    #[test]
    fn a_value_has_the_unit_in_which_people_speak_of_it() {
        let channel = |id: &str, unit| Channel {
            id: id.into(),
            quantity: String::new(),
            unit,
            kind: ValueKind::True,
            limits: None,
            owner: String::new(),
            source: String::new(),
        };
        let say = |value, id: &str, unit| shown(value, &channel(id, unit));
        assert_eq!(say(400.0, "living.air.pp_co2_pa", Unit::Pascal), "3.0 mmHg");
        assert_eq!(say(56_500.0, "living.air.p_total_pa", Unit::Pascal), "56.5 kPa");
        assert_eq!(say(0.25, "living.air.rh", Unit::One), "25 %");
        assert_eq!(say(7.0, "habitat.power.shed", Unit::One), "7");
        assert_eq!(say(1.25e-3, "living.oga.set_o2_mol_s", Unit::MolePerSecond), "1.25 mmol/s");
        assert_eq!(day_clock(12.0 * DAY_S + 12_000.0), "12 d 03:20");
        assert_eq!(time(6.5 * HOUR_S), "6.5 h");
    }
}
