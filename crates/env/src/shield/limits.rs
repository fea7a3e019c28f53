//! The limits that a shield keeps, and how far a habitat is from them.
//!
//! | limit | of | margin | why this margin |
//! |---|---|---|---|
//! | `carbon_dioxide` | 20 mmHg = 2 666 Pa | 400 Pa | six hours of four people in the reference habitat bring 200 Pa: a removal that fails unseen, and the error of the prediction |
//! | `oxygen` | inspired, 122 mmHg = 16 265 Pa | 250 Pa | twice what the bias of an O2 analyser and six hours of breathing take |
//! | `pressure` | 34.5 kPa | 2 kPa | what a hole of 5 mm takes from the reference habitat in half an hour, before it is seen |
//! | `temperature` | 283.15 to 308.15 K | 1 K | error of the prediction; the six hours for which the mission bears more are left to people |
//! | `potable_water` | 24 h of need | 12 h of need | a water processor that was off, or is shed for heat, comes back within half a day |
//! | `power` | the bus gives something | – | a bus that is dark takes cooling, removal and generators with it |
//!
//! Limits are those of the abort rules ([`habitat::mission`]), held at every moment and not in a mean or after hours: a
//! shield is earlier than the rule. Which of two ways is better is told by the rules themselves. Margins are assumed. They hold where living people are.

use habitat::physiology::{
    INSPIRED_O2_ABORT_PA, P_TOTAL_MIN_PA, POTABLE_RESERVE_S, PP_CO2_ABORT_PA, T_ABORT_MAX_K,
    T_ABORT_MIN_K, inspired_o2_pa,
};
use habitat::power::BLACKOUT;
use habitat::species::Gas;
use habitat::{AbortReason, Habitat};

use catalogue::Unit;

/// A limit of a [`crate::Shield`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HardLimit {
    /// Name.
    pub name: &'static str,
    /// What is held against it, in words.
    pub words: &'static str,
    /// Unit of limits and margin.
    pub unit: Unit,
    /// It breaks below this.
    pub low: Option<f64>,
    /// It breaks above this.
    pub high: Option<f64>,
    /// Distance from the limit at which the shield acts.
    pub margin: f64,
    /// It is about a store, which fills slowly: a hand-over holds for [`crate::ShieldOptions::hold_store_s`].
    pub is_store: bool,
    /// Where the limit comes from.
    pub source: &'static str,
}

/// Number of limits.
pub const HARD: usize = 6;

/// The limits, in the order in which one that breaks is named.
pub const HARD_LIMITS: [HardLimit; HARD] = [
    HardLimit {
        name: "carbon_dioxide",
        words: "CO2 partial pressure",
        unit: Unit::Pascal,
        low: None,
        high: Some(PP_CO2_ABORT_PA),
        margin: 400.0,
        is_store: false,
        source: "mission rule; ISS emergency limit",
    },
    HardLimit {
        name: "oxygen",
        words: "inspired O2 pressure",
        unit: Unit::Pascal,
        low: Some(INSPIRED_O2_ABORT_PA),
        high: None,
        margin: 250.0,
        is_store: false,
        source: "mission rule; NASA-STD-3001 V2 6003",
    },
    HardLimit {
        name: "pressure",
        words: "total pressure",
        unit: Unit::Pascal,
        low: Some(P_TOTAL_MIN_PA),
        high: None,
        margin: 2_000.0,
        is_store: false,
        source: "mission rule; NASA-STD-3001 V2 6006",
    },
    HardLimit {
        name: "temperature",
        words: "air temperature",
        unit: Unit::Kelvin,
        low: Some(T_ABORT_MIN_K),
        high: Some(T_ABORT_MAX_K),
        margin: 1.0,
        is_store: false,
        source: "mission rule (assumed)",
    },
    HardLimit {
        name: "potable_water",
        words: "time that potable water lasts",
        unit: Unit::Second,
        low: Some(POTABLE_RESERVE_S),
        high: None,
        margin: 43_200.0,
        is_store: true,
        source: "mission rule (assumed)",
    },
    HardLimit {
        name: "power",
        words: "whether the bus gives power",
        unit: Unit::One,
        low: Some(0.5),
        high: None,
        margin: 0.0,
        is_store: true,
        source: "habitat::power",
    },
];

impl HardLimit {
    /// Distance of `value` from the nearer end; negative beyond it. What is no number is no breach.
    fn distance(&self, value: f64) -> f64 {
        let above = self.low.map_or(f64::INFINITY, |low| value - low);
        let below = self.high.map_or(f64::INFINITY, |high| high - value);
        let distance = above.min(below);
        if distance.is_nan() { f64::INFINITY } else { distance }
    }
}

/// The limit behind an abort rule; of a death none.
pub(super) fn limit_of(reason: AbortReason) -> Option<usize> {
    match reason {
        AbortReason::CarbonDioxide => Some(0),
        AbortReason::Oxygen => Some(1),
        AbortReason::Pressure => Some(2),
        AbortReason::Temperature => Some(3),
        AbortReason::PotableWater => Some(4),
        AbortReason::None | AbortReason::CrewLost => None,
    }
}

/// Distance from every limit now, at the worst place where living people are; infinite where nobody is.
pub(super) fn distances(habitat: &Habitat) -> [f64; HARD] {
    let (state, plan) = (habitat.state(), habitat.plan());
    let mut least = [f64::INFINITY; HARD];
    let mut meet = |limit: usize, value: f64| {
        least[limit] = least[limit].min(HARD_LIMITS[limit].distance(value));
    };
    let mut need_kg_s = 0.0;
    for (person, person_plan) in state.crew.iter().zip(&plan.crew) {
        if !person.health.alive {
            continue;
        }
        need_kg_s += person_plan.oral.drink_kg_s + person_plan.hygiene_kg_s;
        let piece = person_plan.schedule.pieces().get(person.piece as usize);
        let at = piece.map_or(0, |piece| piece.zone);
        let (Some(zone), Some(zone_plan)) = (state.zones.get(at), plan.zones.get(at)) else {
            continue;
        };
        let p_pa = zone.p_total_pa(zone_plan);
        meet(0, zone.pp_pa(zone_plan, Gas::Co2));
        meet(1, inspired_o2_pa(p_pa, zone.o2_fraction()));
        meet(2, p_pa);
        meet(3, zone.t_k);
    }
    if need_kg_s > 0.0 {
        meet(4, state.stores.potable_kg / need_kg_s);
        if let Some(power) = state.power.first() {
            meet(5, if power.shed == BLACKOUT { 0.0 } else { 1.0 });
        }
    }
    least
}
