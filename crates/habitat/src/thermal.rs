//! Heat rejection: one pumped coolant loop and a horizontal radiator with a bypass.
//!
//! # Ports
//! Heat of every unit and cold plate in, as the ledger collects it; coolant at the supply temperature
//! out to heat exchangers and precoolers; sunlight on the radiator; heat to space.
//! # State
//! Temperature of the loop at its supply.
//! # Stages
//! After the power system has settled, so that its heat is in the loop too.
//! # Equation
//! ```text
//! T_return = T + Q/(C·dt)                     C = m·c_p, heat capacity rate of the coolant   [W/K]
//! T_out    = outlet of radiator and bypass, no colder than the set-point
//! T'       = T_out + (T − T_out)·e^(−C·dt/M)  M, heat capacity of loop and pipes             [J/K]
//! rejected = Q + pump − M·(T' − T)
//! ```
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | radiator | 45, 0.79, 0.85 | m2, emittance, fin efficiency | design of the reference habitat |
//! | absorptance | 0.09 new, 0.20 old | – | silver Teflon, Lunar Base Handbook Table 11.1 |
//! | set-point | 277.31 | K | V-HAB, low-temperature loop |
//! | coolant | 0.30 | kg/s water | assumed: the two units of the reference draw 0.1 to 0.15 each |
//! | heat capacity of the loop | 400 | kJ/K | assumed: 60 kg of water and its pipes |
//! | pump | 300 | W | design of the reference habitat |
//! # Fails how
//! Without power the pump stands: heat stays in the loop and nothing is rejected.
//! # Simplifications
//! One loop at one temperature serves all; the radiator has no heat capacity; the ground is not in its
//! view. Below 273.15 K water would freeze: the channel warns, the model goes on.

use physics::coolant::WATER;
use physics::radiator::{EMITTANCE, Radiator, aged_absorptance, dusty, horizontal_sink_k};

use crate::air::relaxed;
use crate::ledger::Ledger;
use crate::slots::state;
use physics::constants::T_REF_K;

/// Parameters of the loop.
#[derive(Debug, Clone, PartialEq)]
pub struct ThermalPlan {
    /// Heat capacity rate of the coolant, W/K.
    pub capacity_w_k: f64,
    /// Heat capacity of coolant and pipes, J/K.
    pub loop_j_k: f64,
    /// Temperature that the bypass keeps at the supply, K.
    pub set_point_k: f64,
    /// Power of the pump, W.
    pub pump_w: f64,
    /// The radiator.
    pub radiator: Radiator<f64>,
    /// Solar absorptance of its face as it is, aged and dusty.
    pub absorptance: f64,
}

impl ThermalPlan {
    /// Compile the loop of a scenario.
    #[must_use]
    pub fn new(model: &crate::scenario::Thermal) -> ThermalPlan {
        let (absorptance, emittance) =
            dusty(aged_absorptance(model.age_years), EMITTANCE, model.dust_fraction);
        ThermalPlan {
            capacity_w_k: WATER.capacity_w_k(model.coolant_kg_s),
            loop_j_k: model.loop_kj_k * 1e3,
            set_point_k: model.set_point_k,
            pump_w: model.pump_w,
            radiator: Radiator { area_m2: model.radiator_m2, emittance, ..Radiator::reference() },
            absorptance,
        }
    }
}

state! {
    /// What the loop remembers.
    pub struct Thermal {
        /// Coolant at the supply, K.
        pub supply_k: f64,
        /// Coolant at the return in the last step, K.
        pub return_k: f64,
        /// Sink that the radiator saw in the last step, K.
        pub sink_k: f64,
        /// Share of the coolant that passed the radiator in the last step.
        pub panel_fraction: f64,
        /// Heat taken from units and pump in the last step, W.
        pub heat_w: f64,
        /// Heat given to space in the last step, W.
        pub rejected_w: f64,
    }
}

impl Thermal {
    /// A loop at its set-point.
    #[must_use]
    pub fn new(plan: &ThermalPlan) -> Thermal {
        Thermal {
            supply_k: plan.set_point_k,
            return_k: plan.set_point_k,
            sink_k: plan.set_point_k,
            panel_fraction: 0.0,
            heat_w: 0.0,
            rejected_w: 0.0,
        }
    }

    /// Energy held by the loop, J.
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &ThermalPlan) -> f64 {
        plan.loop_j_k * (self.supply_k - T_REF_K)
    }

    /// Draw the power of the pump; before the bus settles.
    #[inline(always)]
    pub fn pump(&self, plan: &ThermalPlan, runs: bool, dt_s: f64, ledger: &mut Ledger) {
        if runs {
            ledger.electric_in(plan.pump_w * dt_s);
        }
    }

    /// Take the heat of this step into the loop and reject what the radiator can.
    ///
    /// `direct_w_m2` and `sin_elevation` are the sun on a plane that faces it, and its height.
    ///
    /// # Conserves
    /// Heat collected and pump work go to the loop; what is rejected leaves by the ledger.
    pub fn settle(
        &mut self,
        plan: &ThermalPlan,
        sun: (f64, f64),
        runs: bool,
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let collected_j = ledger.take_coolant();
        let pump_j = if runs { plan.pump_w * dt_s } else { 0.0 };
        self.heat_w = (collected_j + pump_j) / dt_s;
        if !runs {
            self.supply_k += collected_j / plan.loop_j_k;
            self.return_k = self.supply_k;
            self.panel_fraction = 0.0;
            self.rejected_w = 0.0;
            return;
        }
        self.sink_k =
            horizontal_sink_k(plan.absorptance, plan.radiator.emittance, sun.0, sun.1.max(0.0));
        let capacity_w_k = plan.capacity_w_k;
        self.return_k = self.supply_k + self.heat_w / capacity_w_k;
        self.panel_fraction = plan.radiator.panel_fraction_for(
            capacity_w_k,
            self.return_k,
            self.sink_k,
            plan.set_point_k,
        );
        let flow = plan.radiator.with_bypass(
            capacity_w_k,
            self.return_k,
            self.sink_k,
            self.panel_fraction,
        );
        let change_k =
            (flow.t_out_k - self.supply_k) * relaxed(capacity_w_k * dt_s / plan.loop_j_k);
        let before_j = self.energy_j(plan);
        self.supply_k += change_k;
        let rejected_j = collected_j + pump_j - (self.energy_j(plan) - before_j);
        self.rejected_w = rejected_j / dt_s;
        ledger.heat_in(-rejected_j);
    }
}
