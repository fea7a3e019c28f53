use serde::Serialize;
use thiserror::Error;

/// SI unit of a channel's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Pa, absolute pressure.
    Pascal,
    /// K, absolute temperature.
    Kelvin,
    /// mol.
    Mole,
    /// mol/s.
    MolePerSecond,
    /// kg.
    Kilogram,
    /// kg/s.
    KilogramPerSecond,
    /// J.
    Joule,
    /// W.
    Watt,
    /// s.
    Second,
    /// m2.
    SquareMetre,
    /// m3/s.
    CubicMetrePerSecond,
    /// A pure number: a fraction, a count, an angle fraction, 0 or 1 for a mode.
    One,
}

impl Unit {
    /// The symbol, for plots and tables.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Pascal => "Pa",
            Unit::Kelvin => "K",
            Unit::Mole => "mol",
            Unit::MolePerSecond => "mol/s",
            Unit::Kilogram => "kg",
            Unit::KilogramPerSecond => "kg/s",
            Unit::Joule => "J",
            Unit::Watt => "W",
            Unit::Second => "s",
            Unit::SquareMetre => "m2",
            Unit::CubicMetrePerSecond => "m3/s",
            Unit::One => "1",
        }
    }
}

/// A display unit: `shown = si * scale + offset`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alias {
    /// Symbol of the display unit, for example `torr`.
    pub symbol: String,
    /// Factor from SI.
    pub scale: f64,
    /// Shift after the factor.
    pub offset: f64,
}

/// A display unit that does not fit the channel.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unit `{found}` does not measure {quantity}; allowed: {allowed}")]
pub struct UnitError {
    /// What was asked for.
    pub found: String,
    /// SI unit of the channel.
    pub quantity: String,
    /// Display units that fit.
    pub allowed: String,
}

const DAY_S: f64 = 86_400.0;

/// Display units by SI unit: symbol, scale, offset.
fn table(unit: Unit) -> &'static [(&'static str, f64, f64)] {
    match unit {
        // 1 mmHg = 133.322 Pa (conventional); torr differs by 1.4e-7 and is taken as equal.
        Unit::Pascal => &[
            ("pa", 1.0, 0.0),
            ("kpa", 1e-3, 0.0),
            ("torr", 1.0 / 133.322, 0.0),
            ("mmhg", 1.0 / 133.322, 0.0),
            ("psia", 1.0 / 6_894.757, 0.0),
        ],
        Unit::Kelvin => &[("k", 1.0, 0.0), ("c", 1.0, -273.15), ("f", 1.8, -459.67)],
        Unit::Mole => &[("mol", 1.0, 0.0)],
        Unit::MolePerSecond => &[("mol_s", 1.0, 0.0), ("mol_d", DAY_S, 0.0)],
        Unit::Kilogram => &[("kg", 1.0, 0.0), ("g", 1e3, 0.0), ("lb", 1.0 / 0.453_592, 0.0)],
        Unit::KilogramPerSecond => &[
            ("kg_s", 1.0, 0.0),
            ("kg_h", 3_600.0, 0.0),
            ("kg_d", DAY_S, 0.0),
            ("lb_d", DAY_S / 0.453_592, 0.0),
        ],
        Unit::Joule => &[("j", 1.0, 0.0), ("kwh", 1.0 / 3.6e6, 0.0)],
        Unit::Watt => &[("w", 1.0, 0.0), ("kw", 1e-3, 0.0)],
        Unit::Second => &[("s", 1.0, 0.0), ("h", 1.0 / 3_600.0, 0.0), ("d", 1.0 / DAY_S, 0.0)],
        Unit::SquareMetre => &[("m2", 1.0, 0.0), ("mm2", 1e6, 0.0)],
        Unit::CubicMetrePerSecond => &[("m3_s", 1.0, 0.0), ("m3_h", 3_600.0, 0.0)],
        Unit::One => &[("1", 1.0, 0.0), ("percent", 100.0, 0.0), ("ppm", 1e6, 0.0)],
    }
}

impl Alias {
    /// Find the display unit `symbol` for values in `unit`.
    ///
    /// # Errors
    /// [`UnitError`] when the symbol does not measure that quantity; it lists the ones that do.
    pub fn find(unit: Unit, symbol: &str) -> Result<Alias, UnitError> {
        table(unit)
            .iter()
            .find(|(name, _, _)| *name == symbol)
            .map(|(name, scale, offset)| Alias {
                symbol: (*name).to_owned(),
                scale: *scale,
                offset: *offset,
            })
            .ok_or_else(|| UnitError {
                found: symbol.to_owned(),
                quantity: unit.symbol().to_owned(),
                allowed: table(unit)
                    .iter()
                    .map(|(name, _, _)| *name)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// Convert an SI value to the display unit.
    #[must_use]
    pub fn show(&self, si: f64) -> f64 {
        si * self.scale + self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_of_another_quantity_is_refused_with_the_ones_that_fit() {
        let error = Alias::find(Unit::Pascal, "kg").unwrap_err();
        assert!(error.to_string().contains("pa, kpa, torr, mmhg, psia"));
    }

    #[test]
    fn display_units_convert() {
        assert!((Alias::find(Unit::Pascal, "torr").unwrap().show(399.966) - 3.0).abs() < 1e-12);
        assert!((Alias::find(Unit::Kelvin, "c").unwrap().show(295.15) - 22.0).abs() < 1e-9);
        assert!((Alias::find(Unit::Kelvin, "f").unwrap().show(291.483) - 65.0).abs() < 1e-3);
    }
}
