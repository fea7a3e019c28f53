//! What must not happen: a vector of constraints with names, units and limits.
//!
//! A cost is the excess over a limit, never below 0, averaged over the time of the decision:
//! ```text
//! c = 1/T · Σ dt · max(0, low − x, x − high) / scale
//! ```
//! `scale` is the distance from the limit to the figure at which the mission is lost by the rules of
//! [`habitat::mission`], where there is one, so that a cost of 1 is the edge of the mission; else
//! the limit itself. A mission that keeps every limit has costs of exactly 0. Judged is the **true** state
//! where living people are, the worst place counting; a habitat without people costs nothing.
//!
//! | cost | limit | scale | basis |
//! |---|---|---|---|
//! | `co2_1h_mean` | 3 mmHg | to 20 mmHg | NASA-STD-3001 V2 6004; mission rule |
//! | `inspired_o2_1h_mean` | 122 mmHg | the limit | NASA-STD-3001 V2 6003 |
//! | `pressure` | 34.5 to 103 kPa | the lower limit | NASA-STD-3001 V2 6006 |
//! | `temperature` | 18 to 27 degC | 8 K, to the mission rule | NASA-STD-3001 V2 6012 |
//! | `humidity` | 25 to 75 % | 25 % | BVAD Table 4-1 |
//! | `potable_reserve` | 3 d of the need | to 1 d | three times the mission rule (assumed) |
//! | `battery_reserve` | 20 % usable | the limit | caution limit of the channel (assumed) |
//! | `crew_dose` | none | incapacitated | dose of `physiology` |
//! | `o2_fraction` | 35 % | the limit | design limit for fire, NTRS 20220015741 |

use catalogue::Unit;
use habitat::physiology::{
    DOSE_INCAPACITATED, FIRE_O2_FRACTION, INSPIRED_O2_ABORT_PA, P_TOTAL_MAX_PA, P_TOTAL_MIN_PA,
    POTABLE_RESERVE_S, PP_CO2_ABORT_PA, PP_CO2_CAUTION_PA, T_ABORT_MAX_K,
};
use habitat::{Habitat, Plan};

/// Number of costs.
pub const COSTS: usize = 9;

/// Lowest temperature without cost, K: 18 degC. NASA-STD-3001 V2 6012.
pub const T_LOW_K: f64 = 291.15;
/// Highest temperature without cost, K: 27 degC. NASA-STD-3001 V2 6012.
pub const T_HIGH_K: f64 = 300.15;
/// Lowest relative humidity without cost. BVAD Table 4-1.
pub const RH_LOW: f64 = 0.25;
/// Highest relative humidity without cost. BVAD Table 4-1.
pub const RH_HIGH: f64 = 0.75;
/// Potable water without cost, s of the need: three times the mission rule; assumed.
pub const POTABLE_LOW_S: f64 = 3.0 * POTABLE_RESERVE_S;
/// Usable charge of the battery without cost; assumed, the caution limit of its channel.
pub const BATTERY_LOW: f64 = 0.2;

/// A constraint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Name.
    pub name: &'static str,
    /// What is held against the limit, in words.
    pub words: &'static str,
    /// Unit of the limits.
    pub unit: Unit,
    /// There is a cost below this.
    pub low: Option<f64>,
    /// There is a cost above this.
    pub high: Option<f64>,
    /// Excess that costs 1, in `unit`.
    pub scale: f64,
    /// Where the limit comes from.
    pub source: &'static str,
}

impl Cost {
    /// Excess of a value, at least 0; a value that is no number costs nothing.
    #[must_use]
    pub fn excess(&self, value: f64) -> f64 {
        let below = self.low.map_or(0.0, |low| low - value);
        let above = self.high.map_or(0.0, |high| value - high);
        below.max(above).max(0.0) / self.scale
    }
}

/// The constraints, in the order of every cost vector.
pub const COST_TABLE: [Cost; COSTS] = [
    Cost {
        name: "co2_1h_mean",
        words: "CO2 pressure, 1-h mean",
        unit: Unit::Pascal,
        low: None,
        high: Some(PP_CO2_CAUTION_PA),
        scale: PP_CO2_ABORT_PA - PP_CO2_CAUTION_PA,
        source: "NASA-STD-3001 V2 6004",
    },
    Cost {
        name: "inspired_o2_1h_mean",
        words: "inspired O2 pressure, 1-h mean",
        unit: Unit::Pascal,
        low: Some(INSPIRED_O2_ABORT_PA),
        high: None,
        scale: INSPIRED_O2_ABORT_PA,
        source: "NASA-STD-3001 V2 6003",
    },
    Cost {
        name: "pressure",
        words: "total pressure",
        unit: Unit::Pascal,
        low: Some(P_TOTAL_MIN_PA),
        high: Some(P_TOTAL_MAX_PA),
        scale: P_TOTAL_MIN_PA,
        source: "NASA-STD-3001 V2 6006",
    },
    Cost {
        name: "temperature",
        words: "air temperature",
        unit: Unit::Kelvin,
        low: Some(T_LOW_K),
        high: Some(T_HIGH_K),
        scale: T_ABORT_MAX_K - T_HIGH_K,
        source: "NASA-STD-3001 V2 6012",
    },
    Cost {
        name: "humidity",
        words: "relative humidity",
        unit: Unit::One,
        low: Some(RH_LOW),
        high: Some(RH_HIGH),
        scale: RH_LOW,
        source: "BVAD Table 4-1",
    },
    Cost {
        name: "potable_reserve",
        words: "time that potable water lasts",
        unit: Unit::Second,
        low: Some(POTABLE_LOW_S),
        high: None,
        scale: POTABLE_LOW_S - POTABLE_RESERVE_S,
        source: "three times the mission rule (assumed)",
    },
    Cost {
        name: "battery_reserve",
        words: "usable charge of the battery",
        unit: Unit::One,
        low: Some(BATTERY_LOW),
        high: None,
        scale: BATTERY_LOW,
        source: "assumed",
    },
    Cost {
        name: "crew_dose",
        words: "highest dose of oxygen want or CO2",
        unit: Unit::One,
        low: None,
        high: Some(0.0),
        scale: DOSE_INCAPACITATED,
        source: "physiology",
    },
    Cost {
        name: "o2_fraction",
        words: "O2 share of the dry gas",
        unit: Unit::One,
        low: None,
        high: Some(FIRE_O2_FRACTION),
        scale: FIRE_O2_FRACTION,
        source: "NTRS 20220015741",
    },
];

/// What a judge sees of a moment: excess by constraint, and discomfort.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Judged {
    pub(crate) costs: [f64; COSTS],
    /// Excess of temperature, humidity and CO2 of the moment, worst place of each, summed.
    pub(crate) discomfort: f64,
}

/// Judge the moment.
pub(crate) fn judge(plan: &Plan, habitat: &Habitat) -> Judged {
    let state = habitat.state();
    let mut judged = Judged::default();
    let (mut need_kg_s, mut living, mut dose) = (0.0, 0, 0.0_f64);
    // One bit a zone: where living people are. Scenarios have at most sixteen zones.
    let mut occupied = 0_u32;
    for (person, person_plan) in state.crew.iter().zip(&plan.crew) {
        if !person.health.alive {
            continue;
        }
        living += 1;
        need_kg_s += person_plan.oral.drink_kg_s + person_plan.hygiene_kg_s;
        dose = dose.max(person.health.oxygen_dose).max(person.health.co2_dose);
        let piece = person_plan.schedule.pieces().get(person.piece as usize);
        occupied |= 1 << piece.map_or(0, |piece| piece.zone);
    }
    if living == 0 {
        return judged;
    }
    let mut worst = |place: usize, value: f64| {
        judged.costs[place] = judged.costs[place].max(COST_TABLE[place].excess(value));
    };
    worst(0, state.mission.co2.mean().unwrap_or(0.0));
    worst(1, state.mission.o2.mean().unwrap_or(f64::INFINITY));
    if need_kg_s > 0.0 {
        worst(5, state.stores.potable_kg / need_kg_s);
    }
    if let (Some(power), Some(power_plan)) = (state.power.first(), &plan.power) {
        worst(6, power.usable(power_plan));
    }
    worst(7, dose);
    let mut co2 = 0.0_f64;
    for (index, (zone, zone_plan)) in state.zones.iter().zip(&plan.zones).enumerate() {
        if occupied & (1 << index) == 0 {
            continue;
        }
        worst(2, zone.p_total_pa(zone_plan));
        worst(3, zone.t_k);
        worst(4, zone.rh(zone_plan));
        worst(8, zone.o2_fraction());
        let now_pa = zone.pp_pa(zone_plan, habitat::species::Gas::Co2);
        co2 = co2.max(COST_TABLE[0].excess(now_pa));
    }
    judged.discomfort = judged.costs[3] + judged.costs[4] + co2;
    judged
}

/// Averages the costs of a mission over its time.
///
/// # Examples
/// ```
/// use habitat::{Habitat, Plan, StreamKey, scenario};
/// use lunar_habitat_env::{COSTS, CostMeter};
/// let loaded = scenario::load("cabin-30d")?;
/// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
/// let mut cabin = Habitat::new(plan.into(), StreamKey::default());
/// let mut meter = CostMeter::default();
/// cabin.step(60.0)?;
/// meter.add(&cabin, 60.0);
/// assert_eq!(meter.mean(), [0.0; COSTS]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CostMeter {
    sum_s: [f64; COSTS],
    time_s: f64,
}

impl CostMeter {
    /// Judge the state at the end of a step of `dt_s`.
    pub fn add(&mut self, habitat: &Habitat, dt_s: f64) {
        self.book(&judge(habitat.plan(), habitat), dt_s);
    }

    /// The same for a state that is judged already.
    pub(crate) fn book(&mut self, judged: &Judged, dt_s: f64) {
        self.time_s += dt_s;
        for (sum_s, cost) in self.sum_s.iter_mut().zip(judged.costs) {
            *sum_s += dt_s * cost;
        }
    }

    /// Mean of each cost over the time so far, in the order of [`COST_TABLE`]; 0 before the first step.
    #[must_use]
    pub fn mean(&self) -> [f64; COSTS] {
        self.sum_s.map(|sum_s| if self.time_s > 0.0 { sum_s / self.time_s } else { 0.0 })
    }
}
