//! Everything about a habitat that changes: plain numbers, no pointers, cloned at once.
//!
//! The lists stand in the order of the plan's: `state.cdra[i]` belongs to `plan.cdra[i]`. Every
//! number is a slot ([`crate::slots`]), so that snapshot and hash cover all of it. Rates and powers
//! of the last step are part of the state, since channels show them between steps.

use crate::air::acs::{Acs, Valve};
use crate::air::candle::Candle;
use crate::air::ccaa::Ccaa;
use crate::air::cdra::Cdra;
use crate::air::lioh::Lioh;
use crate::air::oga::Oga;
use crate::air::sabatier::Sabatier;
use crate::air::tccs::Tccs;
use crate::air::zone::Zone;
use crate::crew::person::Person;
use crate::fault::Faults;
use crate::layout::{Layout, fill};
use crate::ledger::{Account, Ledger};
use crate::mission::Mission;
use crate::order::Order;
use crate::power::Power;
use crate::sensor::Sensors;
use crate::slots::state;
use crate::stores::Stores;
use crate::stream::StreamKey;
use crate::thermal::Thermal;
use crate::water::brine_processor::BrineProcessor;
use crate::water::upa::Upa;
use crate::water::wpa::Wpa;
use physics::constants::DAY_S;
use physics::species::{COMPOSITION, GASES, Gas};

state! {
    /// State of one habitat.
    pub struct State {
        /// Time since the start of the mission, s.
        pub t_s: f64,
        /// Steps since the start.
        pub steps: u64,
        /// Time to the next change of schedule, phase or prescribed rate, s.
        pub next_event_s: f64,
        /// Day for which the daily draws have been made, plus one.
        pub drawn_day: u64,
        /// Identity of the random streams.
        pub key: StreamKey,
        /// Commands on their way, in the order of the actuators.
        pub orders: Vec<Order>,
        /// How many of them are open: with none, a step looks at none.
        pub orders_open: u64,
        /// Zones.
        pub zones: Vec<Zone>,
        /// Tanks and stores.
        pub stores: Stores,
        /// Power system; one if the habitat has its own, else none.
        pub power: Vec<Power>,
        /// Coolant loops and radiator; one entry if the habitat has its own, else none.
        pub thermal: Vec<Thermal>,
        /// Failures and repair.
        pub faults: Faults,
        /// Instruments.
        pub sensors: Sensors,
        /// People.
        pub crew: Vec<Person>,
        /// Regulators.
        pub acs: Vec<Acs>,
        /// Oxygen generators.
        pub oga: Vec<Oga>,
        /// Condensing heat exchangers.
        pub ccaa: Vec<Ccaa>,
        /// CO2 removal units.
        pub cdra: Vec<Cdra>,
        /// CO2 reducers.
        pub sabatier: Vec<Sabatier>,
        /// Trace contaminant control units.
        pub tccs: Vec<Tccs>,
        /// Lithium hydroxide stocks.
        pub lioh: Vec<Lioh>,
        /// Candle stocks.
        pub candles: Vec<Candle>,
        /// Water processors.
        pub wpa: Vec<Wpa>,
        /// Urine processors.
        pub upa: Vec<Upa>,
        /// Brine processors.
        pub brine_processors: Vec<BrineProcessor>,
        /// The account.
        pub ledger: Ledger,
        /// Standing of the mission.
        pub mission: Mission,
    }
}

impl State {
    /// The state at the start of a mission.
    ///
    /// Zones are filled with their atmosphere and in equilibrium with their structure; urine and
    /// brine have the share of solids of BVAD Rev 2 urine; food brings its water; beds are clean;
    /// backups are off; people are fed and watered. Draws of the first day are made by the first
    /// step.
    #[must_use]
    pub fn new(plan: &Layout, key: StreamKey) -> State {
        let scenario = &plan.scenario;
        let o2_mol = |kg: f64| kg / Gas::O2.molar_mass_kg_mol();
        let split_urine = |kg: f64| {
            let water = physics::metabolism::REV2.urine_water_kg;
            let solids = physics::metabolism::REV2.urine_solids_kg;
            (kg * water / (water + solids), kg * solids / (water + solids))
        };
        let (urine_water_kg, urine_solids_kg) = split_urine(scenario.stores.urine_kg);
        let (brine_water_kg, brine_solids_kg) = split_urine(scenario.stores.brine_kg);
        State {
            t_s: 0.0,
            steps: 0,
            next_event_s: 0.0,
            drawn_day: 0,
            key,
            orders: vec![Order::NONE; plan.actuators],
            orders_open: 0,
            zones: scenario
                .zones
                .iter()
                .map(|zone| {
                    let atmosphere = zone.atmosphere.unwrap_or(scenario.atmosphere);
                    Zone {
                        heater_set_k: zone.heater_set_k,
                        equipment_k: scenario
                            .thermal
                            .map_or(atmosphere.temperature_k, |t| t.moderate_set_point_k),
                        ..Zone::new(fill(&atmosphere, zone.volume_m3), atmosphere.temperature_k)
                    }
                })
                .collect(),
            stores: Stores {
                o2_mol: o2_mol(scenario.stores.o2_kg),
                n2_mol: scenario.stores.n2_kg / Gas::N2.molar_mass_kg_mol(),
                h2_line_mol: 0.0,
                co2_mol: 0.0,
                potable_kg: scenario.stores.potable_kg,
                condensate_kg: scenario.stores.condensate_kg,
                urine_water_kg,
                urine_solids_kg,
                brine_water_kg,
                brine_solids_kg,
                food_dry_kg: scenario.stores.food_dry_kg,
                food_water_kg: scenario.stores.food_dry_kg * scenario.stores.food_water_ratio,
                waste_water_kg: 0.0,
                waste_urine_solids_kg: 0.0,
                faecal_solids_kg: 0.0,
                sweat_solids_kg: 0.0,
                o2_leaks: false,
                n2_leaks: false,
                potable_leaks: false,
            },
            power: plan
                .power
                .iter()
                .zip(&scenario.power)
                .map(|(plan, model)| Power::new(plan, model))
                .collect(),
            thermal: plan
                .thermal
                .iter()
                .zip(&scenario.thermal)
                .map(|(plan, model)| Thermal::new(plan, model))
                .collect(),
            faults: Faults::new(&plan.faults, key),
            sensors: Sensors::new(&plan.sensors, key),
            crew: plan.crew.iter().map(Person::new).collect(),
            acs: scenario
                .acs
                .iter()
                .map(|u| Acs {
                    capacity: 1.0,
                    stuck: false,
                    o2: Valve::new(u.pp_o2_pa),
                    n2: Valve::new(u.p_total_pa),
                })
                .collect(),
            oga: scenario
                .oga
                .iter()
                .map(|u| Oga {
                    capacity: 1.0,
                    leaking: false,
                    powered: true,
                    set_mol_s: o2_mol(u.o2_kg_d) / DAY_S,
                    o2_mol_s: 0.0,
                    power_w: 0.0,
                    heat_w: 0.0,
                })
                .collect(),
            ccaa: scenario.ccaa.iter().map(Ccaa::new).collect(),
            cdra: plan
                .cdra
                .iter()
                .zip(&scenario.cdra)
                .map(|(plan, unit)| Cdra::new(plan, unit.on))
                .collect(),
            sabatier: scenario
                .sabatier
                .iter()
                .map(|u| Sabatier {
                    capacity: 1.0,
                    leaking: false,
                    powered: true,
                    on: u.on,
                    co2_mol_s: 0.0,
                    water_mol_s: 0.0,
                    power_w: 0.0,
                })
                .collect(),
            tccs: scenario
                .tccs
                .iter()
                .map(|u| Tccs {
                    capacity: 1.0,
                    powered: true,
                    on: u.on,
                    nh3_mol: 0.0,
                    nh3_j: 0.0,
                    power_w: 0.0,
                })
                .collect(),
            lioh: scenario
                .lioh
                .iter()
                .map(|u| Lioh {
                    powered: true,
                    on: false,
                    lioh_mol: u.lioh_kg / physics::reaction::Solid::LiOh.molar_mass_kg_mol(),
                    carbonate_mol: 0.0,
                    co2_mol_s: 0.0,
                    power_w: 0.0,
                })
                .collect(),
            candles: scenario
                .candles
                .iter()
                .zip(&plan.candles)
                .map(|(u, plan)| Candle {
                    on: false,
                    fresh_mol: f64::from(u.count) * plan.charge_mol,
                    burning_mol: 0.0,
                    chloride_mol: 0.0,
                    o2_mol_s: 0.0,
                })
                .collect(),
            wpa: scenario
                .wpa
                .iter()
                .map(|u| Wpa {
                    capacity: 1.0,
                    leaking: false,
                    powered: true,
                    on: u.on,
                    running: false,
                    filter_kg: 0.0,
                    water_kg_s: 0.0,
                    power_w: 0.0,
                })
                .collect(),
            upa: scenario.upa.iter().map(|u| Upa::new(u.on)).collect(),
            brine_processors: scenario
                .brine_processors
                .iter()
                .map(|u| BrineProcessor {
                    capacity: 1.0,
                    powered: true,
                    on: u.on,
                    water_kg_s: 0.0,
                    power_w: 0.0,
                })
                .collect(),
            ledger: Ledger {
                own_bus: plan.power.is_some(),
                own_loop: plan.thermal.is_some(),
                ..Ledger::default()
            },
            mission: Mission::default(),
        }
    }

    /// Everything the habitat holds, in all columns.
    ///
    /// Zones (gas, film, textiles, structure), beds and their gas, charcoal, tanks and waste,
    /// bodies, canisters and candles. The sum starts from nothing every time: what the ledger
    /// compares is never a running total.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{Plan, StreamKey, scenario, state::State};
    /// let loaded = scenario::load("leak-box")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// let held = State::new(&plan, StreamKey::default()).held(&plan);
    /// // 100 m3 at 101.3 kPa and 295 K: 4 130 mol, of which 21 % O2 is 1 735 mol of O atoms. The
    /// // default tank adds 40 kg of oxygen, 2 500 mol of atoms, and water and food theirs.
    /// assert!(held.0[2] > 1_735.0 + 2_500.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn held(&self, plan: &Layout) -> Account {
        let liquid_k = plan.stores.t_k;
        let mut account = self.stores.account(&plan.stores);
        let mut gas_mol = [0.0; GASES];
        let mut wet_mol = 0.0;
        let mut energy_j = 0.0;
        for (zone, zone_plan) in self.zones.iter().zip(&plan.zones) {
            for g in 0..GASES {
                gas_mol[g] += zone.n_mol[g];
            }
            wet_mol += zone.film_mol + zone.textile_mol;
            energy_j += zone.energy_j(zone_plan, liquid_k);
        }
        for (cdra, cdra_plan) in self.cdra.iter().zip(&plan.cdra) {
            let held_mol = cdra.held_mol();
            for g in 0..GASES {
                gas_mol[g] += held_mol[g];
            }
            energy_j += cdra.energy_j(cdra_plan);
        }
        for tccs in &self.tccs {
            gas_mol[Gas::Nh3 as usize] += tccs.nh3_mol;
            energy_j += tccs.nh3_j;
        }
        gas_mol[Gas::H2o as usize] += wet_mol;
        for g in 0..GASES {
            account.add(&COMPOSITION[g], gas_mol[g], 0.0);
        }
        for (thermal, thermal_plan) in self.thermal.iter().zip(&plan.thermal) {
            energy_j += thermal.energy_j(thermal_plan);
        }
        account.add_energy(energy_j);
        let mut merge = |other: Account| {
            for i in 0..account.0.len() {
                account.0[i] += other.0[i];
            }
        };
        for (power, power_plan) in self.power.iter().zip(&plan.power) {
            merge(power.account(power_plan, &plan.stores));
        }
        for person in &self.crew {
            merge(person.account(liquid_k));
        }
        for lioh in &self.lioh {
            merge(lioh.account());
        }
        for candle in &self.candles {
            merge(candle.account());
        }
        account
    }

    /// Electric power of every unit and of the equipment in the last step, W.
    ///
    /// Equipment and fans of zones that run follow from plan and command and count from the start on; units,
    /// pumps and heaters show the mean of the last step, zero before the first.
    #[must_use]
    pub fn power_w(&self, plan: &Layout) -> f64 {
        let mut w = 0.0;
        for (zone, zone_plan) in self.zones.iter().zip(&plan.zones) {
            if zone.equipment_runs() {
                w += zone_plan.equipment_air_w + zone_plan.equipment_plate_w;
            }
            if zone.fans_powered && zone.fans_capacity > 0.0 {
                w += zone.fans_w(zone_plan);
            }
            w += zone.heater_w;
        }
        w += self.thermal.iter().map(Thermal::power_w).sum::<f64>();
        w += self.oga.iter().map(|u| u.power_w).sum::<f64>();
        w += self.ccaa.iter().map(|u| u.power_w).sum::<f64>();
        w += self.cdra.iter().map(|u| u.power_w).sum::<f64>();
        w += self.sabatier.iter().map(|u| u.power_w).sum::<f64>();
        w += self.tccs.iter().map(|u| u.power_w).sum::<f64>();
        w += self.lioh.iter().map(|u| u.power_w).sum::<f64>();
        w += self.wpa.iter().map(|u| u.power_w).sum::<f64>();
        w += self.upa.iter().map(|u| u.power_w).sum::<f64>();
        w += self.brine_processors.iter().map(|u| u.power_w).sum::<f64>();
        w
    }
}
