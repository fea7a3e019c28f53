//! One person: breath, water, food, heat.
//!
//! # Ports
//! Oxygen of the zone in; CO2, vapour, wet textiles and heat to the zone; potable water and food
//! in; urine, faeces, perspiration solids and hygiene water to tanks and waste.
//! # State
//! Water and food held by the body, above the level at which the person dies.
//! # Stages
//! Crew: first of all units, so people drink before the electrolyser does.
//! # Parameters
//! BVAD Rev 2 totals with the Rev 1 activity shape (see `physics::metabolism`); body stores of 72 h
//! of water and 480 h of food (SIMOC deprivation limits).
//!
//! | what | value | unit | source |
//! |---|---|---|---|
//! | oxygen, CO2, of a day at factor 1 | 0.895, 1.085 | kg | BVAD Rev 2 Table 3-31 |
//! | drink, urine water, faecal water | 3.217, 1.420, 0.101 | kg/d | BVAD Rev 2 Table 3-31 |
//! | deficit that doubles the drink | 1 | kg | assumed |
//! | hygiene water, its return | 0.95, 1 | kg/d, – | defaults of the scenario |
//! # Fails how
//! See [`crate::crew::health`].
//! # Simplifications
//! Food, solids and heat go with oxygen use at every moment; thirst corrects the drink by the
//! body's deficit within a day; gases leave at the temperature of the zone and the rest of the heat
//! of metabolism goes to its air.

use physics::constants::M_H2O_KG_MOL;
use physics::metabolism::{
    ActivityState, FAECAL_SOLIDS, FOOD_DRY, MetabolicRates, OralRates, REV2, STATES, SWEAT_SOLIDS,
    URINE_SOLIDS, metabolic_rates, oral_rates,
};
use physics::species::{Gas, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::zone::{Zone, liquid_j_mol};
use crate::crew::health::Health;
use crate::crew::schedule::Schedule;
use crate::ledger::{Account, Ledger};
use crate::slots::state;
use crate::step::next_edge_s;
use crate::stores::{Stores, StoresPlan};

const DAY_S: f64 = 86_400.0;

/// Body water deficit that doubles the drink, kg. Assumed.
const THIRST_KG: f64 = 1.0;

/// Parameters of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonPlan {
    /// Name.
    pub name: String,
    /// Energy need as a share of the Rev 2 crew member's.
    pub factor: f64,
    /// The day.
    pub schedule: Schedule,
    /// Rates by activity state at the person's own need.
    pub rates: [MetabolicRates; STATES],
    /// Drink and excretion at the person's own need.
    pub oral: OralRates,
    /// Hygiene water, kg/s.
    pub hygiene_kg_s: f64,
    /// Share of hygiene water that returns as waste water.
    pub hygiene_return: f64,
    /// Half-width of the daily variation, share.
    pub daily_variation: f64,
    /// Illness: start and end, s after the start of the mission, and the metabolic rate as a share of the usual.
    pub illness: Option<(f64, f64, f64)>,
}

impl PersonPlan {
    /// Parameters of a person with `factor` times the reference energy need.
    ///
    /// `hygiene` is the water used, kg/d, and the share of it that returns as waste water. Hygiene
    /// does not go with the factor; everything else does. The valid range of the rates is a factor
    /// of 0.5 to 2 (`physics::metabolism`).
    #[must_use]
    pub fn new(
        name: &str,
        factor: f64,
        schedule: Schedule,
        hygiene: (f64, f64),
        daily_variation: f64,
    ) -> PersonPlan {
        PersonPlan {
            name: name.to_owned(),
            factor,
            schedule,
            rates: ActivityState::ALL.map(|state| metabolic_rates(state, factor)),
            oral: oral_rates(factor),
            hygiene_kg_s: hygiene.0 / DAY_S,
            hygiene_return: hygiene.1,
            daily_variation,
            illness: None,
        }
    }

    /// Metabolic rate at `t_s` as a share of the usual one for an illness; `None` in health.
    #[must_use]
    pub fn ill_at(&self, t_s: f64) -> Option<f64> {
        self.illness
            .filter(|(from_s, to_s, _)| t_s + 1e-6 >= *from_s && t_s + 1e-6 < *to_s)
            .map(|i| i.2)
    }

    /// Time from `t_s` to the next change of health that the scenario declares, s.
    #[must_use]
    pub fn next_event_s(&self, t_s: f64) -> f64 {
        next_edge_s(self.illness.iter().flat_map(|(from_s, to_s, _)| [*from_s, *to_s]), t_s)
    }

    /// Body water of a well-watered person above the deadly level: 72 h of losses, kg.
    ///
    /// # Equation
    /// ```text
    /// 3 d · factor · (moisture + urine water + faecal water − formed water)
    /// ```
    /// Rev 2 totals; the 72 h are SIMOC's rule. About 11.9 kg at factor 1.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{Plan, scenario};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// let person = &plan.crew[0];
    /// assert!((person.water_full_kg() / person.factor - 11.93).abs() < 0.01);
    /// assert!((person.food_full_kg() / person.factor - 16.0).abs() < 0.01);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn water_full_kg(&self) -> f64 {
        3.0 * self.factor
            * (REV2.moisture_kg + REV2.urine_water_kg + REV2.faecal_water_kg
                - REV2.metabolic_water_kg)
    }

    /// Body reserve of a well-fed person above the deadly level: 480 h of need, kg of dry food.
    ///
    /// 20 d times 0.800 kg/d of Rev 2 times the factor; the 480 h are SIMOC's rule.
    #[must_use]
    pub fn food_full_kg(&self) -> f64 {
        20.0 * self.factor * REV2.food_dry_kg
    }
}

state! {
    /// What a person remembers between two steps.
    pub struct Person {
        /// Today's metabolic rate as a share of the usual one.
        pub today: f64,
        /// Metabolic rate as a share of the usual one for an illness; 1 in health.
        pub illness: f64,
        /// Ill or injured: does no work.
        pub ill: bool,
        /// Index of the present piece of the schedule.
        pub piece: u64,
        /// Body water above the deadly level, kg.
        pub water_kg: f64,
        /// Body reserve above the deadly level, kg of dry food.
        pub food_kg: f64,
        /// How the person fares.
        pub health: Health,
        /// Oxygen used in the last step, mol/s.
        pub o2_mol_s: f64,
        /// CO2 given in the last step, mol/s.
        pub co2_mol_s: f64,
        /// Heat to the air in the last step, W.
        pub sensible_w: f64,
        /// Moisture to air and textiles in the last step, kg/s.
        pub moisture_kg_s: f64,
    }
}

impl Person {
    /// Alive, conscious and well: can work.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        self.health.alive && !self.health.incapacitated && !self.ill
    }
}

impl Person {
    /// A healthy, fed and watered person at the usual metabolic rate; the first step draws today's.
    #[must_use]
    pub fn new(plan: &PersonPlan) -> Person {
        Person {
            today: 1.0,
            illness: 1.0,
            ill: false,
            piece: 0,
            water_kg: plan.water_full_kg(),
            food_kg: plan.food_full_kg(),
            health: Health::default(),
            o2_mol_s: 0.0,
            co2_mol_s: 0.0,
            sensible_w: 0.0,
            moisture_kg_s: 0.0,
        }
    }

    /// Everything held by the body's stores, in all columns: water at the temperature of the tanks
    /// and reserve as dry food. The rest of the body is not in the account, since it never changes.
    #[inline(always)]
    #[must_use]
    pub fn account(&self, liquid_k: f64) -> Account {
        let mut account = Account::default();
        account.add(&physics::species::WATER, self.water_kg / M_H2O_KG_MOL, liquid_j_mol(liquid_k));
        account.add_pseudo(&FOOD_DRY, self.food_kg);
        account
    }

    /// Live one step.
    ///
    /// # Equation
    /// ```text
    /// food + O2 → CO2 + H2O + solids,   CO2 = RQ·O2,   heat to air = Σ H(in) − Σ H(out)
    ///
    /// O2       = min( rate(state) · today · illness · dt, oxygen of the zone )                [mol]
    /// drink    = drink rate · clamp(1 + (full − body water)/1 kg, 0, 4) · dt        [kg]
    /// eaten    = full − body reserve, as far as the store goes                       [kg]
    /// washing  = min( hygiene rate · dt, room for waste water, potable water )       [kg]
    /// ```
    /// # Source
    /// `physics::metabolism` (BVAD Rev 2 totals, Rev 1 shape). Thirst and its limits are assumed.
    /// # Valid range
    /// Any step; the activity is that of the schedule at the start of the step, which is cut at
    /// every change.
    /// # Outside the range
    /// A dead person does nothing and shows zero flows. Without oxygen there is no metabolism;
    /// urine, faecal water, drink and washing go on. Without potable water body water falls until
    /// the person dies of thirst; without food the reserve does. A full urine tank sends urine to
    /// waste bags.
    /// # Conserves
    /// Atoms move between zone, body, tanks and waste; energy with them. With too little oxygen in
    /// the zone the metabolism runs on what there is. Oxygen in and breath out are booked by
    /// [`Ledger::gas_moved`]; nothing crosses the boundary of the habitat.
    /// # Tests
    /// `conservation::cabin_closes_over_thirty_days`,
    /// `biosim::biosim_5_people_and_runs_have_streams_of_their_own`.
    #[inline(always)]
    pub fn live(
        &mut self,
        plan: &PersonPlan,
        zone: &mut Zone,
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        self.o2_mol_s = 0.0;
        self.co2_mol_s = 0.0;
        self.sensible_w = 0.0;
        self.moisture_kg_s = 0.0;
        if !self.health.alive {
            return;
        }
        let (stores, stores_plan) = stores;
        let state = plan.schedule.pieces()[self.piece as usize].state;
        let rates = &plan.rates[state as usize];
        let rate = self.today * self.illness;
        let wanted_mol = rates.o2_mol_s * rate * dt_s;
        let oxygen = zone.take_gas(Gas::O2, wanted_mol);
        let part_s = rate * dt_s * (oxygen.n_mol[Gas::O2 as usize] / wanted_mol.max(1e-300));

        // Metabolism, all of it in proportion to the oxygen.
        let food_kg = rates.food_dry_kg_s * part_s;
        let formed_mol = rates.water_formed_mol_s * part_s;
        let urine_solids_kg = rates.urine_solids_kg_s * part_s;
        let faecal_solids_kg = rates.faecal_solids_kg_s * part_s;
        let sweat_solids_kg = rates.sweat_solids_kg_s * part_s;
        let evaporated_mol = rates.body_evaporated_kg_s * part_s / M_H2O_KG_MOL;
        let textile_mol = rates.textile_kg_s * part_s / M_H2O_KG_MOL;
        let mut breath = Parcel::default();
        breath.n_mol[Gas::Co2 as usize] = rates.co2_mol_s * part_s;
        breath.n_mol[Gas::H2o as usize] = evaporated_mol;
        breath.h_j = breath.n_mol[Gas::Co2 as usize] * enthalpy_j_mol(Gas::Co2, zone.t_k)
            + evaporated_mol * enthalpy_j_mol(Gas::H2o, zone.t_k);
        let liquid_j = liquid_j_mol(stores_plan.t_k);
        let heat_j = oxygen.h_j + food_kg * FOOD_DRY.h_j_kg
            - breath.h_j
            - (formed_mol - evaporated_mol) * liquid_j
            - urine_solids_kg * URINE_SOLIDS.h_j_kg
            - faecal_solids_kg * FAECAL_SOLIDS.h_j_kg
            - sweat_solids_kg * SWEAT_SOLIDS.h_j_kg;
        ledger.gas_moved(&oxygen);
        ledger.gas_moved(&breath);
        zone.put(&breath);
        zone.heat(heat_j);
        zone.textile_mol += textile_mol;
        self.food_kg -= food_kg;
        self.water_kg += (formed_mol - evaporated_mol - textile_mol) * M_H2O_KG_MOL;
        stores.faecal_solids_kg += faecal_solids_kg;
        stores.sweat_solids_kg += sweat_solids_kg;

        // Excretion; a full urine tank sends the rest to waste bags.
        let urine_kg = plan.oral.urine_water_kg_s * dt_s;
        let faecal_kg = plan.oral.faecal_water_kg_s * dt_s;
        self.water_kg -= urine_kg + faecal_kg;
        stores.waste_water_kg += faecal_kg;
        if urine_kg + urine_solids_kg <= stores.urine_room_kg(stores_plan) {
            stores.urine_water_kg += urine_kg;
            stores.urine_solids_kg += urine_solids_kg;
        } else {
            stores.waste_water_kg += urine_kg;
            stores.waste_urine_solids_kg += urine_solids_kg;
        }

        // Eating and drinking, corrected by what the body is short of.
        let short_kg = (plan.food_full_kg() - self.food_kg).max(0.0);
        let eaten_kg = Stores::draw(&mut stores.food_dry_kg, short_kg);
        let moist_kg = if stores.food_dry_kg + eaten_kg > 0.0 {
            stores.food_water_kg * (eaten_kg / (stores.food_dry_kg + eaten_kg))
        } else {
            0.0
        };
        let food_water_kg = Stores::draw(&mut stores.food_water_kg, moist_kg);
        let thirst = (1.0 + (plan.water_full_kg() - self.water_kg) / THIRST_KG).clamp(0.0, 4.0);
        let drunk_kg = Stores::draw(&mut stores.potable_kg, plan.oral.drink_kg_s * thirst * dt_s);
        self.food_kg += eaten_kg;
        self.water_kg += food_water_kg + drunk_kg;

        // Hygiene; without room for the waste water nobody washes.
        let room_kg = stores.condensate_room_kg(stores_plan);
        let wash_kg = Stores::draw(&mut stores.potable_kg, (plan.hygiene_kg_s * dt_s).min(room_kg));
        stores.condensate_kg += wash_kg * plan.hygiene_return;
        stores.waste_water_kg += wash_kg * (1.0 - plan.hygiene_return);

        self.o2_mol_s = oxygen.n_mol[Gas::O2 as usize] / dt_s;
        self.co2_mol_s = breath.n_mol[Gas::Co2 as usize] / dt_s;
        self.sensible_w = heat_j / dt_s;
        self.moisture_kg_s = (evaporated_mol + textile_mol) * M_H2O_KG_MOL / dt_s;
    }
}
