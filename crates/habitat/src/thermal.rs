//! Heat rejection: two pumped coolant loops, each with its section of a horizontal radiator and a bypass.
//!
//! # Ports
//! Heat of units, cold plates, battery and stacks in, by loop, as the ledger collects it; coolant at the
//! supply temperatures out; electric power of pumps and heaters; sunlight on the radiator; heat to space.
//!
//! | loop | takes the heat of |
//! |---|---|
//! | low | condensing heat exchangers, CO2 removal (precooler, vented gas, controller) |
//! | moderate | oxygen generator, reducer, water units, cold plates, battery, fuel cell, electrolyser |
//! # State
//! Per loop: temperature at the supply, set-point in force, share of its water that is ice, what its pump can do for
//! its faults. In common: dust on the radiator, and whether the moderate loop is too hot for its units.
//! # Stages
//! [`Thermal::draw`] before the power system settles, [`Thermal::settle`] after it, so that its heat is
//! in the loops too.
//! # Equation
//! ```text
//! T_return = T + Q/(C·dt)                     C = m·c_p·capacity, heat capacity rate         [W/K]
//! T_out    = outlet of radiator and bypass, no colder than the set-point in force
//! E'       = E + M·(T_out − T)·(1 − e^(−C·dt/M))      M, heat capacity of loop and pipes     [J/K]
//! E        = M·(T − 273.15 K) − L·ice         T = 273.15 K while 0 < ice < 1                 [J]
//! loss     = G·(T − T_sink)/(1 + G·dt/M)      of pipes that lie outside                      [W]
//! rejected = collected + pump + heater − loss − (E' − E)
//! heater   = M·(T_h − T)/dt + L·ice/dt + G·(T − T_sink), between 0 and its power             [W]
//! ```
//! The bypass needs no solution where the section, all of it as cold as the set-point, rejects what there
//! is: then the mixed outlet is the set-point.
//! # Parameters
//! | what | key in `[thermal]` | default | unit | source |
//! |---|---|---|---|---|
//! | radiator | `radiator_m2` | 45 | m2 | design of the reference habitat |
//! | emittance, fin efficiency | – | 0.79, 0.85 | 1 | `physics::radiator` |
//! | absorptance | `age_years`, goes on with the mission | 0.09 new, 0.20 old | 1 | silver Teflon, Lunar Base Handbook Table 11.1 |
//! | dust on it, and its growth | `dust_fraction`, `dust_fraction_per_day` | 0, 0 | 1, 1/d | assumed |
//! | section of the moderate loop | `moderate_share` | 0.7 | 1 | assumed: holds fuel cell and cold plates in the dark |
//! | set-point of the low loop | `set_point_k` | 277.31 | K | V-HAB |
//! | set-point of the moderate loop | `moderate_set_point_k` | 290 | K | assumed: ISS about 16 to 18 °C |
//! | range of both commands, widened to hold the scenario's own | – | 275.15 to 288.15, 283.15 to 303.15 | K | assumed: above the heater and below humid air; what cold plates bear |
//! | coolant of each loop | `coolant_kg_s` | 0.15 | kg/s water | assumed |
//! | heat capacity of each loop | `loop_kj_k` | 200 | kJ/K | assumed: 30 kg of water and its pipes |
//! | pump of each loop | `pump_w` | 150 | W | design of the reference habitat: 300 W for both |
//! | heater of each loop | `heater_w` | 300 | W | assumed |
//! | loss of the pipes of each loop | `pipe_w_k` | 0.2 | W/K | assumed: 10 m2 under insulation |
//! | heater keeps | – | 275.15 | K | assumed |
//! | units on the moderate loop and CO2 removal on the low one stop above, run again below | – | 313.15, 303.15 | K | assumed |
//! | share of water in the heat capacity | – | 0.63 | 1 | 30 kg · 4186 J/kg/K of 200 kJ/K |
//! # Fails how
//! Without power or with a failed pump a loop stands: heat stays in it and nothing is rejected but the loss
//! of its pipes. A degraded pump moves half. Water that freezes blocks its loop until the last ice
//! has thawed; heat of units and heater thaws it, and the heat of fusion is in the account. Where the
//! moderate loop is too hot, oxygen generator, reducer, water units, fuel cell and electrolyser stop as
//! without power, until it has cooled down; where the low loop is, CO2 removal does. A radiator gathers dust.
//! # Simplifications
//! Where all plates conduct more than the passing coolant carries away, a node stands warmer than it would at a
//! shorter step.
//! A loop has one temperature; units go on giving heat to one that stands, but a coil without flow cools
//! no air. The panels hold a fluid that
//! does not freeze, have no heat capacity and do not see the ground. Ice has the heat capacity of water.
//! # Tests
//! `thermal::both_loops_meet_the_fourth_power_law`, `thermal::a_dead_pump_stops_units_and_nothing_is_lost`,
//! `thermal::water_freezes_and_thaws_and_nothing_is_lost`, `thermal::the_heater_keeps_the_loops_from_freezing`,
//! `thermal::dust_grows_and_falls`, `thermal::a_loop_comes_to_the_set_point_that_is_commanded`.

use physics::coolant::WATER;
use physics::meteoroid::YEAR_S;
use physics::radiator::{EMITTANCE, Radiator, aged_absorptance, dusty, horizontal_sink_k};

use crate::air::relaxed;
use crate::ledger::Ledger;
use crate::slots::state;
use physics::constants::{DAY_S, T_REF_K};

/// Names of the pumps among the units that fail, in the order of [`crate::ledger::Coolant`].
pub const PUMPS: [&str; 2] = ["low_pump", "moderate_pump"];
/// Names of the loops in the ids of channels.
pub const LOOPS: [&str; 2] = ["low_loop", "moderate_loop"];
/// Melting point of water, K.
pub const FREEZE_K: f64 = 273.15;
/// Heat of fusion over heat capacity of water, K: 333.6 kJ/kg over 4.186 kJ/kg/K (CRC Handbook).
const FUSION_K: f64 = 79.7;
/// Share of water in the heat capacity of a loop. Assumed: 30 kg of 200 kJ/K.
const WATER_SHARE: f64 = 0.63;
/// Temperature that a heater keeps, K. Assumed.
const HEATER_K: f64 = 275.15;
/// Supply of the moderate loop above which its units stop, K. Assumed.
pub const HOT_K: f64 = 313.15;
/// Supply of the moderate loop below which they may run again, K. Assumed.
pub const COOL_K: f64 = 303.15;

/// Set-points of low and moderate loop that may be commanded, K. Assumed: what the heater keeps, and where a coil still
/// dries the air; where walls of the cabin stay dry, and where the units on the loop may run again.
pub const SET_K: [(f64, f64); 2] = [(275.15, 288.15), (283.15, 303.15)];

/// Parameters of one loop.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopPlan {
    /// Heat capacity rate of the coolant, W/K.
    pub capacity_w_k: f64,
    /// Heat capacity of coolant and pipes, J/K.
    pub loop_j_k: f64,
    /// Temperature that the bypass keeps at the supply before the first command, K.
    pub set_point_k: f64,
    /// Power of the pump, W.
    pub pump_w: f64,
    /// Largest power of the heater, W.
    pub heater_w: f64,
    /// Conductance from the pipes to the sink of the radiator, W/K.
    pub pipe_w_k: f64,
    /// Section of the radiator, m2.
    pub radiator_m2: f64,
}

impl LoopPlan {
    /// Set-points that the loop number `which` may be commanded to, K: [`SET_K`], and the scenario's own.
    #[must_use]
    pub fn set_range_k(&self, which: usize) -> (f64, f64) {
        let (low_k, high_k) = SET_K[which];
        (low_k.min(self.set_point_k), high_k.max(self.set_point_k))
    }

    /// Heat that freezes all water of the loop, J.
    #[inline(always)]
    #[must_use]
    pub fn fusion_j(&self) -> f64 {
        WATER_SHARE * FUSION_K * self.loop_j_k
    }
}

/// What a node on a cold plate of the moderate loop meets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plate {
    /// Coolant, K.
    pub coolant_k: f64,
    /// Conductance of all plates beyond what the passing coolant carries away, over the heat capacity of the
    /// loop, 1/s; all of it where the loop stands.
    pub beyond_per_s: f64,
    /// Conductance of all plates over the heat capacity of the loop, 1/s.
    pub all_per_s: f64,
}

impl Plate {
    /// A plate with coolant that flows at `coolant_k`.
    #[must_use]
    pub fn flowing(coolant_k: f64) -> Plate {
        Plate { coolant_k, beyond_per_s: 0.0, all_per_s: 0.0 }
    }

    /// Heat from a node to its plate in a step, J; `node_k` has the heat of the step in it already.
    ///
    /// # Equation
    /// ```text
    /// Q = G·dt·(T − T_coolant) / (1 + G·dt/C + max(0, ΣG − C_flow)·dt/M)     warmer than the coolant
    /// Q = G·dt·(T − T_coolant) / (1 + G·dt/C + ΣG·dt/M)                       colder
    /// ```
    /// Implicit in the node and, as far as the passing coolant does not carry the heat away, in the loop: the
    /// nodes together never warm it past themselves, however long the step and however large their plates. Passing
    /// coolant carries heat away and brings none: to a colder node the loop gives what it holds.
    /// # Conserves
    /// The caller takes Q from the node and books it.
    /// # Tests
    /// `thermal::long_steps_close_too`.
    #[inline(always)]
    #[must_use]
    pub fn heat_j(&self, node_k: f64, w_k: f64, node_j_k: f64, dt_s: f64) -> f64 {
        let per_k = w_k * dt_s;
        let over_k = node_k - self.coolant_k;
        let loop_per_s = if over_k < 0.0 { self.all_per_s } else { self.beyond_per_s };
        per_k * over_k / (1.0 + per_k / node_j_k + loop_per_s * dt_s)
    }
}

/// Parameters of both loops and of the radiator's surface.
#[derive(Debug, Clone, PartialEq)]
pub struct ThermalPlan {
    /// Low and moderate loop, as [`crate::ledger::Coolant`] counts them.
    pub loops: [LoopPlan; 2],
    /// Age of the radiator's surface at the start, years.
    pub age_years: f64,
    /// Growth of its dust, share of what is still bare, 1/s.
    pub dust_per_s: f64,
    /// Conductance of all plates on the moderate loop, W/K.
    pub plates_w_k: f64,
}

impl ThermalPlan {
    /// Compile the loops of a scenario.
    #[must_use]
    pub fn new(model: &crate::scenario::Thermal) -> ThermalPlan {
        let plan_of = |share: f64, set_point_k: f64| LoopPlan {
            capacity_w_k: WATER.capacity_w_k(model.coolant_kg_s),
            loop_j_k: model.loop_kj_k * 1e3,
            set_point_k,
            pump_w: model.pump_w,
            heater_w: model.heater_w,
            pipe_w_k: model.pipe_w_k,
            radiator_m2: model.radiator_m2 * share,
        };
        ThermalPlan {
            loops: [
                plan_of(1.0 - model.moderate_share, model.set_point_k),
                plan_of(model.moderate_share, model.moderate_set_point_k),
            ],
            age_years: model.age_years,
            dust_per_s: model.dust_fraction_per_day / DAY_S,
            plates_w_k: 0.0,
        }
    }
}

state! {
    /// What a loop remembers.
    pub struct CoolantLoop {
        /// What its pump can do for its faults, 0 to 1; at 0 it stands.
        pub capacity: f64,
        /// Coolant at the supply, K.
        pub supply_k: f64,
        /// Commanded temperature that the bypass keeps at the supply, K.
        pub set_k: f64,
        /// Share of the water that is ice.
        pub ice: f64,
        /// Coolant at the return in the last step, K.
        pub return_k: f64,
        /// Coolant flowed in the last step.
        pub flows: bool,
        /// Power of the pump in the last step, W.
        pub pump_w: f64,
        /// Power of the heater in the last step, W.
        pub heater_w: f64,
        /// Heat taken from units, pump and heater in the last step, W.
        pub heat_w: f64,
        /// Heat given to space by the radiator in the last step, W.
        pub rejected_w: f64,
        /// Heat lost by the pipes in the last step, W.
        pub loss_w: f64,
    }
}

state! {
    /// What loops and radiator remember.
    pub struct Thermal {
        /// Low and moderate loop.
        pub loops: [CoolantLoop; 2],
        /// Share of the radiator under dust.
        pub dust_fraction: f64,
        /// Sink that the radiator saw in the last step, K.
        pub sink_k: f64,
        /// The moderate loop is too hot for its units.
        pub hot: bool,
        /// The low loop is too hot for CO2 removal.
        pub low_hot: bool,
    }
}

impl CoolantLoop {
    /// Energy held, J; zero for water at 298.15 K.
    ///
    /// # Equation
    /// ```text
    /// E = M·(T − 298.15 K) − L·ice
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &LoopPlan) -> f64 {
        plan.loop_j_k * (self.supply_k - T_REF_K) - plan.fusion_j() * self.ice
    }

    /// Warm the loop by `q_j`; the melting point is not passed before the last ice has thawed or the last
    /// water is frozen.
    #[inline(always)]
    fn warm(&mut self, plan: &LoopPlan, q_j: f64) {
        let to_k = self.supply_k + q_j / plan.loop_j_k;
        if to_k >= FREEZE_K && self.ice <= 0.0 {
            self.supply_k = to_k;
            return;
        }
        let fusion_j = plan.fusion_j();
        let over_j = plan.loop_j_k * (to_k - FREEZE_K) - fusion_j * self.ice;
        self.ice = (-over_j / fusion_j).clamp(0.0, 1.0);
        self.supply_k = FREEZE_K + (over_j + fusion_j * self.ice) / plan.loop_j_k;
    }

    /// Take the heat of a step and reject what the section of the radiator can; heat that left, J.
    #[inline(always)]
    fn settle(
        &mut self,
        plan: &LoopPlan,
        radiator: &Radiator<f64>,
        sink_k: f64,
        collected_j: f64,
        dt_s: f64,
    ) -> f64 {
        let given_j = collected_j + (self.pump_w + self.heater_w) * dt_s;
        self.heat_w = given_j / dt_s;
        let per_k = plan.pipe_w_k * dt_s;
        let loss_j = per_k * (self.supply_k - sink_k) / (1.0 + per_k / plan.loop_j_k);
        self.loss_w = loss_j / dt_s;
        let before_j = self.energy_j(plan);
        if self.flows {
            let net_j = given_j - loss_j;
            let capacity_w_k = plan.capacity_w_k * self.capacity;
            // Supply at which the return is warm enough for the panel.
            let turn_k = self.set_k.max(sink_k) - net_j / (dt_s * capacity_w_k);
            let past_j = net_j.min(plan.loop_j_k * (turn_k - self.supply_k));
            let mut left_s = dt_s;
            if self.supply_k < turn_k {
                // Below it all goes past: what there is stays in the loop.
                self.warm(plan, past_j);
                self.return_k = self.supply_k + net_j / (dt_s * capacity_w_k);
                if past_j >= net_j {
                    self.rejected_w = 0.0;
                    return given_j - (self.energy_j(plan) - before_j);
                }
                left_s *= 1.0 - past_j / net_j;
            }
            self.return_k = self.supply_k + net_j / (dt_s * capacity_w_k);
            let out_k = outlet_k(radiator, capacity_w_k, self.return_k, sink_k, self.set_k);
            let share = relaxed(capacity_w_k * left_s / plan.loop_j_k);
            // A panel takes no heat in.
            let kept_j = plan.loop_j_k * (out_k - self.supply_k) * share;
            self.warm(plan, kept_j.min(net_j * (left_s / dt_s)));
            let rejected_j = net_j - (self.energy_j(plan) - before_j);
            self.rejected_w = rejected_j / dt_s;
            return rejected_j + loss_j;
        }
        self.warm(plan, given_j - loss_j);
        self.return_k = self.supply_k;
        self.rejected_w = 0.0;
        // What a huge loop can resolve is what has left it.
        given_j - (self.energy_j(plan) - before_j)
    }
}

/// Mixed outlet of panel and bypass, K: the set-point where the panel can reach it.
///
/// A panel whose coldest part, its outlet, is at the set-point rejects at least what one does that is
/// all at the set-point: where that is enough, no outlet has to be solved for.
#[inline(always)]
fn outlet_k(
    radiator: &Radiator<f64>,
    capacity_w_k: f64,
    in_k: f64,
    sink_k: f64,
    set_point_k: f64,
) -> f64 {
    if in_k <= set_point_k || in_k <= sink_k {
        return in_k;
    }
    let wanted_w = capacity_w_k * (in_k - set_point_k);
    if radiator.uniform_rejection_w(set_point_k, sink_k) >= wanted_w {
        return set_point_k;
    }
    radiator.outlet(capacity_w_k, in_k, sink_k).t_out_k.max(set_point_k)
}

impl Thermal {
    /// Loops at their set-points.
    #[must_use]
    pub fn new(plan: &ThermalPlan, model: &crate::scenario::Thermal) -> Thermal {
        let fresh = |plan: &LoopPlan| CoolantLoop {
            capacity: 1.0,
            supply_k: plan.set_point_k,
            set_k: plan.set_point_k,
            ice: 0.0,
            return_k: plan.set_point_k,
            flows: true,
            pump_w: 0.0,
            heater_w: 0.0,
            heat_w: 0.0,
            rejected_w: 0.0,
            loss_w: 0.0,
        };
        Thermal {
            loops: [fresh(&plan.loops[0]), fresh(&plan.loops[1])],
            dust_fraction: model.dust_fraction,
            sink_k: plan.loops[0].set_point_k,
            hot: false,
            low_hot: false,
        }
    }

    /// What nodes on the moderate loop meet.
    #[inline(always)]
    #[must_use]
    pub fn plate(&self, plan: &ThermalPlan) -> Plate {
        let coolant = &self.loops[1];
        let passing_w_k =
            if coolant.flows { plan.loops[1].capacity_w_k * coolant.capacity } else { 0.0 };
        let beyond_w_k = (plan.plates_w_k - passing_w_k).max(0.0);
        let loop_j_k = plan.loops[1].loop_j_k;
        Plate {
            coolant_k: coolant.supply_k,
            beyond_per_s: beyond_w_k / loop_j_k,
            all_per_s: plan.plates_w_k / loop_j_k,
        }
    }

    /// Energy held by both loops, J.
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &ThermalPlan) -> f64 {
        self.loops[0].energy_j(&plan.loops[0]) + self.loops[1].energy_j(&plan.loops[1])
    }

    /// Electric power of pumps and heaters in the last step, W.
    #[must_use]
    pub fn power_w(&self) -> f64 {
        self.loops.iter().map(|l| l.pump_w + l.heater_w).sum()
    }

    /// A section of the radiator as it is, with its dust.
    #[inline(always)]
    fn section(plan: &LoopPlan, emittance: f64) -> Radiator<f64> {
        Radiator { area_m2: plan.radiator_m2, emittance, ..Radiator::reference() }
    }

    /// Share of a loop's coolant that passes its section, found from the last step; 0 if it stands.
    #[must_use]
    pub fn panel_fraction(&self, plan: &ThermalPlan, which: usize) -> f64 {
        let (coolant, loop_plan) = (&self.loops[which], &plan.loops[which]);
        if coolant.rejected_w <= 0.0 {
            return 0.0;
        }
        let (_, emittance) = dusty(0.0, EMITTANCE, self.dust_fraction);
        Thermal::section(loop_plan, emittance).panel_fraction_for(
            loop_plan.capacity_w_k * coolant.capacity,
            coolant.return_k,
            self.sink_k,
            coolant.set_k,
        )
    }

    /// Draw the power of pumps and heaters; before the bus settles.
    ///
    /// # Equation, parameters
    /// See [the module](self); a degraded pump takes its share of the power. The heater sees the sink of
    /// the step before.
    /// # Conserves
    /// Power is booked by [`Ledger::electric_in`]; [`Thermal::settle`] puts it into the loops.
    #[inline(always)]
    pub fn draw(&mut self, plan: &ThermalPlan, powered: bool, dt_s: f64, ledger: &mut Ledger) {
        for (coolant, plan) in self.loops.iter_mut().zip(&plan.loops) {
            coolant.flows = powered && coolant.capacity > 0.0 && coolant.ice <= 0.0;
            coolant.pump_w = if coolant.flows { plan.pump_w * coolant.capacity } else { 0.0 };
            let lacks_j = plan.loop_j_k * (HEATER_K.min(coolant.set_k) - coolant.supply_k)
                + plan.fusion_j() * coolant.ice;
            let wanted_w = lacks_j / dt_s + plan.pipe_w_k * (coolant.supply_k - self.sink_k);
            coolant.heater_w = if powered { wanted_w.clamp(0.0, plan.heater_w) } else { 0.0 };
            ledger.electric_in((coolant.pump_w + coolant.heater_w) * dt_s);
        }
    }

    /// Take the heat of this step into the loops and reject what the radiator can.
    ///
    /// `sun` is the light on a plane that faces it, W/m2, and the sine of its height; `t_s` the time since
    /// the start.
    ///
    /// # Equation, parameters
    /// See [the module](self).
    /// # Valid range
    /// Any step; a radiator colder or warmer than its loop.
    /// # Outside the range
    /// Coolant colder than its set-point, or than the sink, goes past the panel.
    /// # Conserves
    /// Heat collected, pump and heater work go to the loops; what panels and pipes give off leaves by
    /// [`Ledger::heat_in`].
    /// # Tests
    /// See [the module](self).
    #[inline(always)]
    pub fn settle(
        &mut self,
        plan: &ThermalPlan,
        sun: (f64, f64),
        t_s: f64,
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        if plan.dust_per_s > 0.0 {
            self.dust_fraction += (1.0 - self.dust_fraction) * relaxed(plan.dust_per_s * dt_s);
        }
        let aged = aged_absorptance(plan.age_years + t_s / YEAR_S);
        let (absorptance, emittance) = dusty(aged, EMITTANCE, self.dust_fraction);
        self.sink_k = horizontal_sink_k(absorptance, emittance, sun.0, sun.1.max(0.0));
        let collected_j = ledger.take_coolant();
        for (which, (coolant, plan)) in self.loops.iter_mut().zip(&plan.loops).enumerate() {
            let section = Thermal::section(plan, emittance);
            let left_j = coolant.settle(plan, &section, self.sink_k, collected_j[which], dt_s);
            ledger.heat_in(-left_j);
        }
        let moderate_k = self.loops[1].supply_k;
        self.hot = moderate_k > if self.hot { COOL_K } else { HOT_K };
        let low_k = self.loops[0].supply_k;
        self.low_hot = low_k > if self.low_hot { COOL_K } else { HOT_K };
    }
}
