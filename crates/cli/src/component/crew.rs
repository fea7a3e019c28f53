//! `crew`: one person for a day, after enough days that the body's stores repeat.
//!
//! # Outputs
//! `energy_need_share` of the reference person's. By day: what is breathed, drunk, eaten and given
//! off; `metabolic_water_kg_d` formed in the body; `heat_mj_d` of metabolism and `heat_to_air_mj_d`,
//! the part that is not carried by evaporated water; then the sums of mass and of water in, out and
//! kept by the body's stores. `kept` is not zero where the activity asks for more than thirst brings.

use physics::constants::DAY_S;
use physics::metabolism::M_CO2_KG_MOL;
use physics::species::Gas;

use habitat::air::zone::Zone;
use habitat::layout::fill;

use super::input::{Input, Settings};
use super::outputs::Outputs;
use super::stand::{Stand, one};
use crate::error::CliError;

/// Inputs; `reference` is the person of BVAD Rev 2, any other sex scales by energy need.
pub const INPUTS: &[Input] = &[
    Input::word(
        "sex",
        &["reference", "female", "male"],
        "reference is BVAD Rev 2's crew member, whatever age, mass and height say",
    ),
    Input::number("age_y", "years", (40.0, 16.0, 90.0), "age"),
    Input::number("mass_kg", "kg", (82.0, 30.0, 200.0), "body mass"),
    Input::number("height_m", "m", (1.75, 1.2, 2.3), "stature"),
    Input::word(
        "activity",
        &["day", "sleep", "nominal", "exercise"],
        "day is 8 h of sleep, half an hour of exercise, the rest nominal; the others are held for 24 h",
    ),
];

/// Longest step, s.
const STEP_S: f64 = 60.0;
/// Days before the one that is reported.
const DAYS_BEFORE: u32 = 10;

/// The person of the stand; its energy need is replaced where the reference is asked for.
fn tables(settings: &Settings) -> Result<String, CliError> {
    let sex = match settings.word("sex")? {
        "reference" => "male",
        sex => sex,
    };
    let block = |from_h: f64, to_h: f64, activity: &str| {
        format!(
            "{{ from_h = {from_h:?}, to_h = {to_h:?}, activity = \"{activity}\", zone = \"stand\" }}"
        )
    };
    let schedule = match settings.word("activity")? {
        "day" => [
            block(0.0, 8.0, "sleep"),
            block(8.0, 12.0, "nominal"),
            block(12.0, 12.5, "exercise"),
            block(12.5, 24.0, "nominal"),
        ]
        .join(", "),
        activity => block(0.0, 24.0, activity),
    };
    Ok(format!(
        "[crew_habits]\nhygiene_kg_cm_d = 0.0\ndaily_variation = 0.0\n\
         [stores]\npotable_kg = 60.0\npotable_capacity_kg = 60.0\nurine_kg = 0.0\n\
         urine_capacity_kg = 60.0\nfood_dry_kg = 40.0\nfood_water_ratio = 0.95\n\
         [[crew]]\nname = \"person\"\nsex = \"{sex}\"\nage_y = {:?}\nmass_kg = {:?}\n\
         height_m = {:?}\nschedule = [{schedule}]\n",
        settings.number("age_y")?,
        settings.number("mass_kg")?,
        settings.number("height_m")?,
    ))
}

/// What a person used and gave in a day.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    o2_kg: f64,
    co2_kg: f64,
    moisture_kg: f64,
    sensible_j: f64,
    heat_j: f64,
    metabolic_water_kg: f64,
}

/// Let the person live and report the last day.
///
/// # Errors
/// None that an allowed input leads to.
pub fn run(settings: &Settings) -> Result<Outputs, CliError> {
    let mut stand = Stand::new(&tables(settings)?)?;
    if settings.word("sex")? == "reference" {
        let plan = one(&stand.plan.crew)?;
        let reference = habitat::crew::person::PersonPlan::new(
            &plan.name,
            1.0,
            plan.schedule.clone(),
            (0.0, 0.0),
            0.0,
        );
        stand.state.crew = vec![habitat::crew::person::Person::new(&reference)];
        stand.plan.crew = vec![reference];
    }
    // Full tanks every morning, so that rounding stays far below a day's flows.
    let before = stand.state.stores.clone();
    for _ in 0..DAYS_BEFORE {
        live_a_day(&mut stand)?;
        stand.state.stores = before.clone();
    }
    let body_before = one(&stand.state.crew)?.clone();
    let day = live_a_day(&mut stand)?;
    let (now, body) = (&stand.state.stores, one(&stand.state.crew)?);

    let drink_kg = before.potable_kg - now.potable_kg;
    let food_dry_kg = before.food_dry_kg - now.food_dry_kg;
    let food_water_kg = before.food_water_kg - now.food_water_kg;
    let urine_water_kg = now.urine_water_kg - before.urine_water_kg;
    let urine_solids_kg = now.urine_solids_kg - before.urine_solids_kg;
    let faecal_water_kg = now.waste_water_kg - before.waste_water_kg;
    let faecal_solids_kg = now.faecal_solids_kg - before.faecal_solids_kg;
    let sweat_solids_kg = now.sweat_solids_kg - before.sweat_solids_kg;
    let body_water_kg = body.water_kg - body_before.water_kg;
    let body_food_kg = body.food_kg - body_before.food_kg;
    let o2_mol = day.o2_kg / Gas::O2.molar_mass_kg_mol();
    let water_out_kg = urine_water_kg + faecal_water_kg + day.moisture_kg;
    Ok(Outputs::new(
        &[
            ("energy_need_share", one(&stand.plan.crew)?.factor),
            ("o2_kg_d", day.o2_kg),
            ("co2_kg_d", day.co2_kg),
            ("respiratory_quotient", day.co2_kg / M_CO2_KG_MOL / o2_mol),
            ("drink_kg_d", drink_kg),
            ("food_dry_kg_d", food_dry_kg),
            ("food_water_kg_d", food_water_kg),
            ("metabolic_water_kg_d", day.metabolic_water_kg),
            ("moisture_kg_d", day.moisture_kg),
            ("urine_water_kg_d", urine_water_kg),
            ("urine_solids_kg_d", urine_solids_kg),
            ("faecal_water_kg_d", faecal_water_kg),
            ("faecal_solids_kg_d", faecal_solids_kg),
            ("sweat_solids_kg_d", sweat_solids_kg),
            ("heat_mj_d", day.heat_j * 1e-6),
            ("heat_to_air_mj_d", day.sensible_j * 1e-6),
            ("mass_in_kg_d", day.o2_kg + drink_kg + food_dry_kg + food_water_kg),
            (
                "mass_out_kg_d",
                day.co2_kg + water_out_kg + urine_solids_kg + faecal_solids_kg + sweat_solids_kg,
            ),
            ("mass_kept_kg_d", body_water_kg + body_food_kg),
            ("water_in_kg_d", drink_kg + food_water_kg + day.metabolic_water_kg),
            ("water_out_kg_d", water_out_kg),
            ("water_kept_kg_d", body_water_kg),
        ],
        stand.closure(),
    ))
}

/// One day in air that stays fresh.
fn live_a_day(stand: &mut Stand) -> Result<Day, CliError> {
    let zone_plan = one(&stand.plan.zones)?;
    let air = fill(&stand.plan.scenario.atmosphere, zone_plan.volume_m3);
    let fresh = Zone::new(air, stand.plan.scenario.atmosphere.temperature_k);
    let mut day = Day::default();
    let mut t_s = 0.0;
    while t_s < DAY_S - 1e-6 {
        stand.state.zones = vec![fresh.clone()];
        let mut dt_s = STEP_S;
        stand.step(|plan, state| {
            let people = state.crew.iter_mut().zip(&plan.crew);
            for ((person, person_plan), zone) in people.zip(&mut state.zones) {
                let (piece, left_s) = person_plan.schedule.at(t_s);
                person.piece = piece as u64;
                dt_s = STEP_S.min(left_s);
                let stores = (&mut state.stores, &plan.stores);
                person.live(person_plan, zone, stores, dt_s, &mut state.ledger);
                let doing = person_plan.schedule.pieces()[piece].state;
                let rates = &person_plan.rates[doing as usize];
                day.o2_kg += person.o2_mol_s * dt_s * Gas::O2.molar_mass_kg_mol();
                day.co2_kg += person.co2_mol_s * dt_s * M_CO2_KG_MOL;
                day.moisture_kg += person.moisture_kg_s * dt_s;
                day.sensible_j += person.sensible_w * dt_s;
                day.heat_j += rates.heat_w * dt_s;
                day.metabolic_water_kg +=
                    rates.water_formed_mol_s * dt_s * Gas::H2o.molar_mass_kg_mol();
            }
        });
        t_s += dt_s;
    }
    Ok(day)
}
