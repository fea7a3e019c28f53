//! Newtypes of the quantities that the scalar interface takes and returns.
//!
//! A kernel computes with bare base SI numbers whose names carry the unit; the newtypes stand
//! where a person calls. Adding two temperatures does not compile:
//!
//! ```compile_fail
//! use lunar_habitat_physics::units::Kelvin;
//! let _ = Kelvin::new(293.15) + Kelvin::new(1.0);
//! ```
//!
//! Adding a difference does:
//!
//! ```
//! use lunar_habitat_physics::units::{Kelvin, KelvinDelta};
//! assert_eq!((Kelvin::new(293.0) + KelvinDelta::new(1.5)).get(), 294.5);
//! assert_eq!((Kelvin::new(293.0) - Kelvin::new(273.0)).get(), 20.0);
//! ```
//!
//! Not here: conversion to units of display (`catalogue`).

use core::fmt;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $symbol:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        #[repr(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Unit symbol.
            pub const SYMBOL: &'static str = $symbol;

            #[doc = concat!("The quantity of `value` ", $symbol, ".")]
            #[inline(always)]
            #[must_use]
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            #[doc = concat!("The number of ", $symbol, ".")]
            #[inline(always)]
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)?;
                f.write_str(concat!(" ", $symbol))
            }
        }
    };
}

/// Sums, differences, multiples and ratios of a quantity that has a natural zero.
macro_rules! additive {
    ($($name:ident),*) => {$(
        impl Add for $name {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl AddAssign for $name {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $name {
            #[inline(always)]
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl Mul<f64> for $name {
            type Output = Self;
            #[inline(always)]
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }
        impl Div<f64> for $name {
            type Output = Self;
            #[inline(always)]
            fn div(self, factor: f64) -> Self {
                Self(self.0 / factor)
            }
        }
        impl Div for $name {
            type Output = f64;
            #[inline(always)]
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }
    )*};
}

/// `$rate` times seconds is `$amount`.
macro_rules! rate_of {
    ($($rate:ident => $amount:ident),*) => {$(
        impl $rate {
            /// What flows in `duration_s` seconds.
            #[inline(always)]
            #[must_use]
            pub fn over_s(self, duration_s: f64) -> $amount {
                $amount(self.0 * duration_s)
            }
        }
    )*};
}

quantity!(
    /// Absolute pressure.
    Pascals,
    "Pa"
);
quantity!(
    /// Thermodynamic temperature.
    Kelvin,
    "K"
);
quantity!(
    /// Difference of two temperatures.
    KelvinDelta,
    "K"
);
quantity!(
    /// Amount of substance.
    Moles,
    "mol"
);
quantity!(
    /// Flow of an amount of substance.
    MolesPerSecond,
    "mol/s"
);
quantity!(
    /// Mass.
    Kilograms,
    "kg"
);
quantity!(
    /// Flow of mass.
    KilogramsPerSecond,
    "kg/s"
);
quantity!(
    /// Power and flow of heat.
    Watts,
    "W"
);
quantity!(
    /// Energy.
    Joules,
    "J"
);

additive!(
    Pascals,
    KelvinDelta,
    Moles,
    MolesPerSecond,
    Kilograms,
    KilogramsPerSecond,
    Watts,
    Joules
);
rate_of!(MolesPerSecond => Moles, KilogramsPerSecond => Kilograms, Watts => Joules);

impl Kelvin {
    /// Zero of the Celsius scale, K. Definition.
    pub const ZERO_CELSIUS_K: f64 = 273.15;

    /// The temperature of `t_c` degrees Celsius.
    #[inline(always)]
    #[must_use]
    pub fn from_celsius(t_c: f64) -> Self {
        Self(t_c + Self::ZERO_CELSIUS_K)
    }

    /// Degrees Celsius.
    #[inline(always)]
    #[must_use]
    pub fn celsius(self) -> f64 {
        self.0 - Self::ZERO_CELSIUS_K
    }
}

impl Sub for Kelvin {
    type Output = KelvinDelta;
    #[inline(always)]
    fn sub(self, other: Self) -> KelvinDelta {
        KelvinDelta(self.0 - other.0)
    }
}

impl Add<KelvinDelta> for Kelvin {
    type Output = Self;
    #[inline(always)]
    fn add(self, difference: KelvinDelta) -> Self {
        Self(self.0 + difference.0)
    }
}

impl Sub<KelvinDelta> for Kelvin {
    type Output = Self;
    #[inline(always)]
    fn sub(self, difference: KelvinDelta) -> Self {
        Self(self.0 - difference.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_add_scale_and_divide() {
        let q = Watts::new(3.0) + Watts::new(1.5) * 2.0 - -Watts::new(1.0);
        assert_eq!(q, Watts::new(7.0));
        assert_eq!(q / Watts::new(2.0), 3.5);
        assert_eq!(q.over_s(10.0), Joules::new(70.0));
        let mut m = Kilograms::new(1.0);
        m += KilogramsPerSecond::new(0.5).over_s(4.0);
        m -= Kilograms::new(0.25);
        assert_eq!(m.get(), 2.75);
        assert_eq!(format!("{m:.1}"), "2.8 kg");
    }

    #[test]
    fn temperatures_differ_by_a_difference() {
        let d = Kelvin::from_celsius(20.0) - Kelvin::from_celsius(5.0);
        assert!((d.get() - 15.0).abs() < 1e-12);
        assert!((Kelvin::new(300.0) - d).celsius() - 11.85 < 1e-12);
    }
}
