//! Whether the mission still succeeds, and if not, why.
//!
//! A mission succeeds when everybody lives to its end and none of the abort rules is broken:
//! ppCO2 over 20 mmHg or inspired O2 under 122 mmHg in the 1-h mean, a cabin under 34.5 kPa, a
//! temperature outside 10 to 35 degC for 6 h, potable water under 24 h of need. The rules look at
//! the zones that hold people.
//!
//! | rule | limit | window | basis |
//! |---|---|---|---|
//! | a person died | 1 | at once | – |
//! | CO2 | 20 mmHg = 2 666 Pa | 1-h mean | ISS emergency limit; averaging assumed |
//! | inspired O2 | 122 mmHg = 16 265 Pa | 1-h mean | NASA-STD-3001 V2 6003 |
//! | total pressure | 34.5 kPa | at once | NASA-STD-3001 V2 6006 |
//! | temperature | 283.15 K, 308.15 K | 6 h without a break | assumed |
//! | potable water | 24 h of the crew's drink | at once | assumed |
//!
//! They are tried in this order and the first one broken is kept. The simulation goes on after it:
//! what an episode does with a lost mission is the caller's business. A habitat without people is
//! never judged.

use physics::physiology::{
    INSPIRED_O2_ABORT_PA, P_TOTAL_MIN_PA, POTABLE_RESERVE_S, PP_CO2_ABORT_PA, T_ABORT_MAX_K,
    T_ABORT_MIN_K, T_ABORT_S,
};

use crate::slots::state;

/// Why a mission is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum AbortReason {
    /// Not lost.
    None = 0,
    /// A person died.
    CrewLost = 1,
    /// ppCO2 over 20 mmHg in the 1-h mean.
    CarbonDioxide = 2,
    /// Inspired O2 under 122 mmHg in the 1-h mean.
    Oxygen = 3,
    /// Cabin under 34.5 kPa.
    Pressure = 4,
    /// Temperature outside 10 to 35 degC for 6 h.
    Temperature = 5,
    /// Potable water under 24 h of need.
    PotableWater = 6,
}

impl AbortReason {
    /// The reason behind its number; an unknown number counts as not lost.
    #[must_use]
    pub fn from_word(word: u64) -> AbortReason {
        match word {
            1 => AbortReason::CrewLost,
            2 => AbortReason::CarbonDioxide,
            3 => AbortReason::Oxygen,
            4 => AbortReason::Pressure,
            5 => AbortReason::Temperature,
            6 => AbortReason::PotableWater,
            _ => AbortReason::None,
        }
    }

    /// Stable name for machines; empty while the mission is not lost.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AbortReason::None => "",
            AbortReason::CrewLost => "crew_lost",
            AbortReason::CarbonDioxide => "carbon_dioxide",
            AbortReason::Oxygen => "oxygen",
            AbortReason::Pressure => "pressure",
            AbortReason::Temperature => "temperature",
            AbortReason::PotableWater => "potable_water",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            AbortReason::None => "none",
            AbortReason::CrewLost => "a crew member died",
            AbortReason::CarbonDioxide => "CO2 partial pressure above 20 mmHg (1-h mean)",
            AbortReason::Oxygen => "inspired O2 below 122 mmHg (1-h mean)",
            AbortReason::Pressure => "cabin pressure below 34.5 kPa",
            AbortReason::Temperature => "temperature outside 10 to 35 degC for 6 h",
            AbortReason::PotableWater => "potable water below 24 h of need",
        }
    }
}

/// Bins of a moving mean.
const BINS: usize = 6;
/// Length of a bin, s.
const BIN_S: f64 = 600.0;

state! {
    /// Mean over the last hour in six bins of ten minutes.
    ///
    /// The bin being filled counts with the time it covers, so the window is 50 to 60 min long.
    /// Each value weighs by the time for which it held.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::mission::HourMean;
    /// let mut mean = HourMean::default();
    /// assert_eq!(mean.mean(), None);
    /// for minute in 0..60 {
    ///     let pa = if minute < 30 { 400.0 } else { 800.0 };
    ///     mean.add(pa, f64::from(minute) * 60.0, 60.0);
    /// }
    /// assert_eq!(mean.mean(), Some(600.0));
    /// assert!(mean.is_full());
    /// ```
    pub struct HourMean {
        /// Integral of the value in each bin.
        pub integral: [f64; BINS],
        /// Time covered by each bin, s.
        pub covered_s: [f64; BINS],
        /// Number of the bin written last, counted from the start of the mission.
        pub bin: u64,
    }
}

impl Default for HourMean {
    fn default() -> Self {
        HourMean { integral: [0.0; BINS], covered_s: [0.0; BINS], bin: 0 }
    }
}

impl HourMean {
    /// Add a value held from `t_s` for `dt_s`; a step belongs to the bin in which it starts.
    ///
    /// Bins that no step started in are emptied on the way. Times must not run backwards.
    /// # Outside the range
    /// A step longer than a bin puts all of its time into one; the window then covers more than an
    /// hour until that bin is overwritten.
    /// # Tests
    /// `tests::an_hour_mean_forgets_after_an_hour`,
    /// `tests::a_pause_longer_than_the_window_empties_it` in this file.
    #[inline(always)]
    pub fn add(&mut self, value: f64, t_s: f64, dt_s: f64) {
        let bin = ((t_s + 1e-6) / BIN_S) as u64;
        if bin != self.bin {
            for skipped in 1..=(bin - self.bin).min(BINS as u64) {
                let at = ((self.bin + skipped) % BINS as u64) as usize;
                self.integral[at] = 0.0;
                self.covered_s[at] = 0.0;
            }
            self.bin = bin;
        }
        let at = (bin % BINS as u64) as usize;
        self.integral[at] += value * dt_s;
        self.covered_s[at] += dt_s;
    }

    /// The mean, or `None` before anything was added.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let covered_s: f64 = self.covered_s.iter().sum();
        (covered_s > 0.0).then(|| self.integral.iter().sum::<f64>() / covered_s)
    }

    /// Whether a whole hour is covered, to within the bin being filled: 3 000 s or more.
    ///
    /// A rule on the mean is silent before that, so a mission cannot be lost by it in its first
    /// 50 min.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.covered_s.iter().sum::<f64>() >= BIN_S * (BINS as f64 - 1.0)
    }
}

/// What the abort rules look at in one step, worst over the zones that hold people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worst {
    /// Highest CO2 partial pressure, Pa.
    pub pp_co2_pa: f64,
    /// Lowest inspired O2 pressure, Pa.
    pub inspired_o2_pa: f64,
    /// Lowest total pressure, Pa.
    pub p_total_pa: f64,
    /// Lowest temperature, K.
    pub t_min_k: f64,
    /// Highest temperature, K.
    pub t_max_k: f64,
    /// Potable water left, kg.
    pub potable_kg: f64,
    /// Potable water needed, kg/s.
    pub need_kg_s: f64,
    /// People who are dead.
    pub dead: usize,
}

impl Worst {
    /// Air that breaks no rule: sea level at 22 degC.
    pub const GOOD: Worst = Worst {
        pp_co2_pa: 0.0,
        inspired_o2_pa: 20e3,
        p_total_pa: 101_325.0,
        t_min_k: 295.15,
        t_max_k: 295.15,
        potable_kg: 0.0,
        need_kg_s: 0.0,
        dead: 0,
    };
}

state! {
    /// Standing of the mission.
    pub struct Mission {
        /// Why it is lost, see [`AbortReason`]; the first reason stays.
        pub abort: u64,
        /// When it was lost, s.
        pub abort_s: f64,
        /// CO2 partial pressure, 1-h mean, Pa.
        pub co2: HourMean,
        /// Inspired O2, 1-h mean, Pa.
        pub o2: HourMean,
        /// Time outside the temperature limits without a break, s.
        pub outside_t_s: f64,
    }
}

impl Default for Mission {
    fn default() -> Self {
        Mission {
            abort: 0,
            abort_s: 0.0,
            co2: HourMean::default(),
            o2: HourMean::default(),
            outside_t_s: 0.0,
        }
    }
}

impl Mission {
    /// Judge one step that began at `t_s`.
    ///
    /// The means and the time outside the temperature limits go on after the mission is lost; the
    /// reason and its time stay as they are. The time is that of the end of the step.
    ///
    /// # Tests
    /// `biosim::biosim_6_nobody_lives_in_a_vacuum`; `conservation::cabin_closes_over_thirty_days`
    /// (the reference mission is not lost).
    #[inline(always)]
    pub fn judge(&mut self, worst: &Worst, t_s: f64, dt_s: f64) {
        self.co2.add(worst.pp_co2_pa, t_s, dt_s);
        self.o2.add(worst.inspired_o2_pa, t_s, dt_s);
        if worst.t_min_k < T_ABORT_MIN_K || worst.t_max_k > T_ABORT_MAX_K {
            self.outside_t_s += dt_s;
        } else {
            self.outside_t_s = 0.0;
        }
        if self.abort != AbortReason::None as u64 {
            return;
        }
        let mean = |window: &HourMean, bad: &dyn Fn(f64) -> bool| {
            window.is_full() && window.mean().is_some_and(bad)
        };
        let reason = if worst.dead > 0 {
            AbortReason::CrewLost
        } else if mean(&self.co2, &|pa| pa > PP_CO2_ABORT_PA) {
            AbortReason::CarbonDioxide
        } else if mean(&self.o2, &|pa| pa < INSPIRED_O2_ABORT_PA) {
            AbortReason::Oxygen
        } else if worst.p_total_pa < P_TOTAL_MIN_PA {
            AbortReason::Pressure
        } else if self.outside_t_s >= T_ABORT_S {
            AbortReason::Temperature
        } else if worst.potable_kg < worst.need_kg_s * POTABLE_RESERVE_S {
            AbortReason::PotableWater
        } else {
            AbortReason::None
        };
        if reason != AbortReason::None {
            self.abort = reason as u64;
            self.abort_s = t_s + dt_s;
        }
    }

    /// The reason why the mission is lost, if it is.
    #[must_use]
    pub fn abort_reason(&self) -> AbortReason {
        AbortReason::from_word(self.abort)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_mean_forgets_after_an_hour() {
        let mut mean = HourMean::default();
        for minute in 0..60 {
            mean.add(if minute < 10 { 600.0 } else { 0.0 }, f64::from(minute) * 60.0, 60.0);
        }
        assert_eq!(mean.mean(), Some(100.0));
        for minute in 60..75 {
            mean.add(0.0, f64::from(minute) * 60.0, 60.0);
        }
        assert_eq!(mean.mean(), Some(0.0));
    }

    #[test]
    fn a_pause_longer_than_the_window_empties_it() {
        let mut mean = HourMean::default();
        mean.add(5.0, 0.0, 60.0);
        mean.add(7.0, 9_000.0, 60.0);
        assert_eq!(mean.mean(), Some(7.0));
    }
}
