//! How a person fares: oxygen, carbon dioxide, pressure, water, food.
//!
//! Harm is a dose. A dose of 1 incapacitates, a dose of 3 kills (assumed). Oxygen, with pressure,
//! and carbon dioxide have a dose each, and the two do not add. Water and food kill when the body's
//! reserve is used up.
//!
//! # State
//! Two doses, two flags, the cause of death.
//! # Stages
//! Health: after the zones have settled.
//! # Simplifications
//! No temperature, no trace gas, no decompression sickness and no fire. Incapacitation is shown and
//! changes nothing: metabolism and schedule go on until death.

use physics::physiology::{
    DOSE_DEAD, DOSE_INCAPACITATED, air_equivalent_pp_o2_pa, co2_rate_1_s, inspired_o2_pa,
    oxygen_dose_after,
};
use physics::species::Gas;

use crate::air::zone::{Zone, ZonePlan};
use crate::slots::state;

/// Why a person died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Cause {
    /// Alive.
    None = 0,
    /// Too little oxygen or pressure.
    Hypoxia = 1,
    /// Too much carbon dioxide.
    Hypercapnia = 2,
    /// No water.
    Thirst = 3,
    /// No food.
    Starvation = 4,
}

impl Cause {
    /// The cause behind its number; an unknown number counts as alive.
    #[must_use]
    pub fn from_word(word: u64) -> Cause {
        match word {
            1 => Cause::Hypoxia,
            2 => Cause::Hypercapnia,
            3 => Cause::Thirst,
            4 => Cause::Starvation,
            _ => Cause::None,
        }
    }

    /// The cause in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Cause::None => "alive",
            Cause::Hypoxia => "too little oxygen or pressure",
            Cause::Hypercapnia => "too much carbon dioxide",
            Cause::Thirst => "no water",
            Cause::Starvation => "no food",
        }
    }
}

state! {
    /// Doses and state of a person.
    pub struct Health {
        /// Alive.
        pub alive: bool,
        /// Unable to act.
        pub incapacitated: bool,
        /// Cause of death, see [`Cause`].
        pub cause: u64,
        /// Oxygen want, 1 incapacitates and 3 kills.
        pub oxygen_dose: f64,
        /// Carbon dioxide, 1 incapacitates and 3 kills.
        pub co2_dose: f64,
    }
}

impl Default for Health {
    fn default() -> Self {
        Health { alive: true, incapacitated: false, cause: 0, oxygen_dose: 0.0, co2_dose: 0.0 }
    }
}

/// Time in which a dose fades in good air, s. Assumed: one hour.
const RECOVERY_S: f64 = 3_600.0;

/// Inspired oxygen above which no dose gathers, Pa: 16 kPa is the lower limit for acclimatised
/// people in every standard quoted by the reference, and the dose law starts below it.
const SAFE_PIO2_PA: f64 = 16.0e3;

/// Share of a dose left after `dt_s` in good air: `exp(−dt/3600 s)`.
fn fade(dt_s: f64) -> f64 {
    physics::math::exp(-dt_s / RECOVERY_S)
}

impl Health {
    /// Spend one step in the air of a zone.
    ///
    /// # Equation
    /// ```text
    /// PIO2 = (p − 47 mmHg)·x_O2                        inspired oxygen                  [Pa]
    /// oxygen dose grows by the table of useful consciousness, else fades
    /// CO2 dose grows by co2_rate(pp_CO2)·dt, else fades
    /// fading: D' = D·exp(−dt/3600 s)
    /// dead at dose 3 of either, or with no water or food left in the body
    /// ```
    /// # Source
    /// Each rule with its mark stands in `physics::physiology::RULES`. That a dose fades within
    /// an hour is assumed, as is death at three times the incapacitating dose.
    /// # Valid range
    /// Steps short against the times of the rules: 10 s in vacuum, 300 s at 8 % CO2. The air is
    /// taken as constant over the step.
    /// # Outside the range
    /// In vacuum the inspired oxygen is zero and the oxygen dose grows fastest. A long step counts
    /// its end state for its whole length. Two causes in one step: oxygen is named before CO2, CO2
    /// before water, water before food. The dead are left as they are.
    /// # Conserves
    /// Nothing is moved.
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::crew::health::{Cause, Health};
    /// use lunar_habitat_habitat::{Plan, air::zone::Zone, scenario};
    /// let loaded = scenario::load("leak-box")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// let vacuum = Zone::new([0.0; 8], 295.0);
    /// let mut health = Health::default();
    /// for _ in 0..30 {
    ///     health.breathe(&plan.zones[0], &vacuum, 5.0, 5.0, 10.0);
    /// }
    /// assert!(!health.alive);
    /// assert_eq!(Cause::from_word(health.cause), Cause::Hypoxia);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `biosim::biosim_6_nobody_lives_in_a_vacuum`; the rates have theirs in `physics::physiology`.
    #[inline(always)]
    pub fn breathe(
        &mut self,
        zone_plan: &ZonePlan,
        zone: &Zone,
        water_kg: f64,
        food_kg: f64,
        dt_s: f64,
    ) {
        if !self.alive {
            return;
        }
        let p_pa = zone.p_total_pa(zone_plan);
        let pio2_pa = inspired_o2_pa(p_pa, zone.o2_fraction());
        // Air that harms nobody is told from the rest without an exponential.
        if pio2_pa < SAFE_PIO2_PA || self.oxygen_dose > 0.0 {
            let before = self.oxygen_dose;
            let pp_o2_pa = air_equivalent_pp_o2_pa(pio2_pa);
            let after = oxygen_dose_after(before, p_pa, pp_o2_pa, dt_s);
            self.oxygen_dose = if after > before { after } else { before * fade(dt_s) };
        }
        let rate = co2_rate_1_s(zone.pp_pa(zone_plan, Gas::Co2));
        if rate > 0.0 {
            self.co2_dose += rate * dt_s;
        } else if self.co2_dose > 0.0 {
            self.co2_dose *= fade(dt_s);
        }
        self.incapacitated =
            self.oxygen_dose >= DOSE_INCAPACITATED || self.co2_dose >= DOSE_INCAPACITATED;
        let cause = if self.oxygen_dose >= DOSE_DEAD {
            Cause::Hypoxia
        } else if self.co2_dose >= DOSE_DEAD {
            Cause::Hypercapnia
        } else if water_kg <= 0.0 {
            Cause::Thirst
        } else if food_kg <= 0.0 {
            Cause::Starvation
        } else {
            Cause::None
        };
        if cause != Cause::None {
            self.alive = false;
            self.incapacitated = true;
            self.cause = cause as u64;
        }
    }
}
