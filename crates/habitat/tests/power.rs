//! The habitat on a power system of its own: energy closes, stores fill and empty, loads are shed.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, command, habitat, live, shipped, value};
use lunar_habitat_habitat::ledger::Ledger;
use lunar_habitat_habitat::power::Power;
use lunar_habitat_habitat::scenario::{FaultEvent, FaultMode, Faults};
use lunar_habitat_habitat::thermal::Plate;
use lunar_habitat_habitat::{Habitat, Plan};

#[test]
fn the_account_closes_through_darkness_and_blackout() {
    let plan = shipped("polar-darkness");
    let mut cabin = habitat(&plan, 1);
    let mut was_dark = false;
    for _ in 0..12 * 1_440 {
        cabin.step(60.0).unwrap();
        was_dark |= value(&cabin, "habitat.power.drawn_w") == 0.0;
    }
    assert!(was_dark, "without orders the bus must break down in 120 h");
    assert!(cabin.mass_residual_max() < 1e-9, "{}", cabin.mass_residual_max());
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// Sunlight taken = electric energy used + change of stores + heat of battery and stacks.
#[test]
fn stores_refill_when_the_sun_is_back() {
    let plan = changed("polar-darkness", |s| {
        let power = s.power.as_mut().unwrap();
        power.site.darkness.clear();
        power.battery_start = 0.3;
        power.store_start = 0.3;
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    assert!(value(&cabin, "habitat.battery.usable") > 0.99);
    assert!(value(&cabin, "habitat.fuel_cell.electrolyser_w") > 1_000.0);
    live(&mut cabin, 3.0, 60.0);
    assert!(value(&cabin, "habitat.fuel_cell.store_fraction") > 0.99);
    assert!(cabin.energy_residual_max() < 1e-9);
}

#[test]
fn commanded_shedding_saves_energy_and_gives_back() {
    let plan = shipped("polar-darkness");
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 0.5, 60.0);
    let full_w = value(&cabin, "habitat.power.drawn_w");
    command(&mut cabin, "habitat.power.set_shed", 7.0);
    live(&mut cabin, 0.2, 60.0);
    let dark_w = value(&cabin, "habitat.power.drawn_w");
    assert!(dark_w < full_w - 1_200.0, "{full_w} {dark_w}");
    assert_eq!(value(&cabin, "living.tccs.power_w"), 0.0);
    command(&mut cabin, "habitat.power.set_shed", 0.0);
    live(&mut cabin, 0.2, 60.0);
    assert!(value(&cabin, "living.tccs.power_w") > 0.0);
}

/// Round trip of the regenerative fuel cell: 0.8 V out for about 1.6 V in.
#[test]
fn the_fuel_cell_gives_back_half() {
    let plan = changed("polar-darkness", |s| {
        let power = s.power.as_mut().unwrap();
        power.site.darkness.clear();
        power.battery_start = 1.0;
        power.store_start = 0.0;
    });
    let mut cabin = habitat(&plan, 1);
    let mut in_j = 0.0;
    for _ in 0..1_440 {
        cabin.step(60.0).unwrap();
        in_j += value(&cabin, "habitat.fuel_cell.electrolyser_w") * 60.0;
    }
    let fraction = value(&cabin, "habitat.fuel_cell.store_fraction");
    let out_j = fraction * 400.0 * 3.6e6;
    assert!((out_j / in_j - 0.50).abs() < 0.01, "{}", out_j / in_j);
}

#[test]
fn a_load_that_does_not_exist_is_refused() {
    let mut scenario = lunar_habitat_habitat::scenario::load("polar-darkness").unwrap().scenario;
    scenario.power.as_mut().unwrap().shed_order.push("living.toaster".into());
    let error = Plan::compile(&scenario, [0; 32]).unwrap_err().to_string();
    assert!(error.contains("living.toaster") && error.contains("living.cdra"), "{error}");
}

/// A power system by itself, with the tanks of its scenario.
fn bus() -> (std::sync::Arc<Plan>, Power) {
    let plan = changed("polar-darkness", |_| {});
    let power = Power::new(plan.power.as_ref().unwrap(), plan.scenario.power.as_ref().unwrap());
    (plan, power)
}

/// Settle one step of `dt_s` with `drawn_w` on the bus and `source_w` from the sun.
fn settle(
    plan: &Plan,
    power: &mut Power,
    (source_w, drawn_w): (f64, f64),
    coolant_k: f64,
    dt_s: f64,
) -> Ledger {
    let mut ledger = Ledger { own_bus: true, own_loop: true, ..Ledger::default() };
    let power_plan = plan.power.as_ref().unwrap();
    let before_j = power.account(power_plan, &plan.stores).0[5];
    ledger.electric_in(drawn_w * dt_s);
    power.source_w = source_w;
    let plate = Plate::flowing(coolant_k);
    power.settle(power_plan, &plan.stores, plate, dt_s, &mut ledger);
    let change_j = power.account(power_plan, &plan.stores).0[5] - before_j;
    let heat_j = ledger.collected_j[1];
    // From the sun = drawn + heat + change of what is held.
    let residual_j = ledger.entered[5] - drawn_w * dt_s - heat_j - change_j;
    assert!(residual_j.abs() < 1e-9 * before_j.abs(), "{residual_j}");
    ledger
}

/// Cold cells are discharged and not charged, hot ones neither.
#[test]
fn a_cold_battery_is_not_charged() {
    for (t_k, charges, discharges) in [
        (250.0, false, false),
        (265.0, false, true),
        (290.0, true, true),
        (325.0, false, true),
        (340.0, false, false),
    ] {
        let (plan, mut power) = bus();
        power.h2_mol = 0.0;
        power.charge_fraction = 0.5;
        power.battery_k = t_k;
        settle(&plan, &mut power, (5_000.0, 0.0), t_k, 60.0);
        assert_eq!(power.battery_w > 0.0, charges, "{t_k}");
        power.battery_k = t_k;
        settle(&plan, &mut power, (0.0, 5_000.0), t_k, 60.0);
        assert_eq!(power.battery_w < 0.0, discharges, "{t_k}");
        assert_eq!(power.owed_j > 1.0, !discharges, "{t_k}");
    }
}

/// A battery at work is warmer than its coolant by its heat over the conductance of its plate.
#[test]
fn the_battery_follows_its_coolant() {
    let (plan, mut power) = bus();
    power.set_fuel_cell_w = 0.0;
    let battery = plan.power.as_ref().unwrap().battery;
    let mut heat_w = 0.0;
    for _ in 0..240 {
        let now = power.battery(plan.power.as_ref().unwrap());
        heat_w = now.step(power.charge_fraction, power.battery_k, -20_000.0, 60.0).heat_j / 60.0;
        settle(&plan, &mut power, (0.0, 20_000.0), 285.0, 60.0);
    }
    let over_k = power.battery_k - 285.0;
    // 0.025 W/K a cell, and the little heat of what fades.
    assert!(over_k > 0.5, "{over_k}");
    assert!((over_k * 0.025 * battery.cells / heat_w - 1.0).abs() < 0.1, "{over_k} {heat_w}");
}

/// A year at rest at 298.15 K costs 1.2 % of the capacity; what was stored in it leaves as heat.
#[test]
fn what_fades_becomes_heat() {
    let (plan, mut power) = bus();
    let power_plan = plan.power.as_ref().unwrap();
    power.battery_k = 298.15;
    let before_j = power.battery(power_plan).stored_energy_j(power.charge_fraction);
    let charge_fraction = power.charge_fraction;
    let mut heat_j = 0.0;
    for _ in 0..8_766 {
        heat_j += settle(&plan, &mut power, (0.0, 0.0), 298.15, 3_600.0).collected_j[1];
    }
    assert!((power.fade / 0.012 - 1.0).abs() < 1e-3, "{}", power.fade);
    assert_eq!(power.charge_fraction, charge_fraction);
    assert!((heat_j / (power.fade * before_j) - 1.0).abs() < 1e-3, "{heat_j}");
    let fresh_c = power_plan.battery.capacity_c;
    assert!((power.battery(power_plan).capacity_c / fresh_c - 0.988).abs() < 1e-4);
    // Warm cells age faster.
    let (_, mut warm) = bus();
    warm.battery_k = 308.15;
    settle(&plan, &mut warm, (0.0, 0.0), 308.15, 3_600.0);
    assert!(warm.fade > 1.5 * power.fade / 8_766.0, "{}", warm.fade);
}

/// What failures of the supply leave: strings less, half of a current, nothing.
#[test]
fn failed_supply_gives_less() {
    let at = |unit: &str, mode: FaultMode, amount: Option<f64>| {
        let plan = changed("polar-darkness", |s| {
            let event =
                FaultEvent { unit: unit.into(), at_h: 1.0, mode, amount, ..FaultEvent::default() };
            s.power.as_mut().unwrap().battery_start = 0.5;
            s.power.as_mut().unwrap().store_start = 0.5;
            s.power.as_mut().unwrap().site.darkness[0].from_h = 2.0;
            s.faults = Some(Faults {
                rate_factor: 0.0,
                spares: 0,
                events: vec![event],
                ..Faults::default()
            });
        });
        let mut cabin = habitat(&plan, 1);
        live(&mut cabin, 1.5 / 24.0, 60.0);
        let lit = (
            value(&cabin, "habitat.power.source_w"),
            value(&cabin, "habitat.battery.p_w"),
            value(&cabin, "habitat.fuel_cell.electrolyser_w"),
        );
        live(&mut cabin, 1.0 / 24.0, 60.0);
        let dark = (value(&cabin, "habitat.battery.p_w"), value(&cabin, "habitat.fuel_cell.p_w"));
        assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
        (lit, dark, value(&cabin, "habitat.battery.usable"))
    };
    let (sound, sound_dark, _) = at("living.tccs", FaultMode::Failed, None);
    assert!(sound.1 > 0.0 && sound_dark.0 < 0.0 && sound_dark.1 > 0.0, "{sound:?} {sound_dark:?}");
    let (strings, ..) = at("habitat.array", FaultMode::Degraded, Some(0.25));
    assert!((strings.0 / sound.0 - 0.75).abs() < 1e-6, "{strings:?}");
    assert_eq!(at("habitat.array", FaultMode::Failed, None).0.0, 0.0);
    let (lit, dark, usable) = at("habitat.battery", FaultMode::Failed, None);
    assert_eq!((lit.1, dark.0), (0.0, 0.0));
    // An hour of charge in a store that nothing reaches.
    assert!(usable > 0.5, "{usable}");
    assert!(lit.2 > 0.0, "what the battery leaves goes to the electrolyser: {lit:?}");
    let (_, dark, _) = at("habitat.fuel_cell", FaultMode::Failed, None);
    assert_eq!(dark.1, 0.0);
    assert!(dark.0 < sound_dark.0);
    let (_, dark, _) = at("habitat.fuel_cell", FaultMode::Degraded, None);
    assert!(dark.1 <= 3_000.0 + 1e-6 && dark.1 > 0.0, "{dark:?}");
}

/// Failed and degraded, battery and electrolyser take what their capacity leaves.
#[test]
fn degraded_stores_take_half() {
    let (plan, mut power) = bus();
    power.charge_fraction = 0.5;
    power.h2_mol *= 0.5;
    let full = power.clone();
    settle(&plan, &mut power, (200e3, 0.0), 290.0, 60.0);
    let (battery_w, electrolyser_w) = (power.battery_w, power.electrolyser_w);
    for capacity in [0.5, 0.0] {
        let mut power = full.clone();
        (power.battery_capacity, power.electrolyser_capacity) = (capacity, capacity);
        settle(&plan, &mut power, (200e3, 0.0), 290.0, 60.0);
        // Half the current meets a little less voltage.
        assert!((power.battery_w - capacity * battery_w).abs() <= 0.02 * battery_w);
        assert!((power.electrolyser_w - capacity * electrolyser_w).abs() < 1e-6);
    }
    // Too hot a loop stops electrolyser and fuel cell.
    let mut power = full;
    power.hot = true;
    settle(&plan, &mut power, (200e3, 0.0), 290.0, 60.0);
    assert_eq!(power.electrolyser_w, 0.0);
    settle(&plan, &mut power, (0.0, 2_000.0), 290.0, 60.0);
    assert_eq!(power.fuel_cell_w, 0.0);
}

/// Below its command the electrolyser takes all that is left over, above it the rest stays in the sun; the command of
/// the start is all of its power.
#[test]
fn the_electrolyser_takes_no_more_than_it_may() {
    let (plan, mut power) = bus();
    let electrolyser_w = plan.power.as_ref().unwrap().electrolyser_w;
    assert_eq!(power.set_electrolyser_w, electrolyser_w);
    power.battery_capacity = 0.0;
    power.h2_mol *= 0.5;
    let full = power.clone();
    for (set_w, surplus_w, taken_w) in [
        (electrolyser_w, 200e3, electrolyser_w),
        (4_000.0, 200e3, 4_000.0),
        (4_000.0, 1_500.0, 1_500.0),
        (0.0, 200e3, 0.0),
    ] {
        let mut power = full.clone();
        power.set_electrolyser_w = set_w;
        settle(&plan, &mut power, (surplus_w, 0.0), 290.0, 60.0);
        assert!((power.electrolyser_w - taken_w).abs() < 1e-6, "{}", power.electrolyser_w);
        assert_eq!(power.h2_mol > full.h2_mol, taken_w > 0.0);
    }
    // A degraded one that may take more than half takes half.
    let mut power = full;
    (power.set_electrolyser_w, power.electrolyser_capacity) = (0.8 * electrolyser_w, 0.5);
    settle(&plan, &mut power, (200e3, 0.0), 290.0, 60.0);
    assert!((power.electrolyser_w - 0.5 * electrolyser_w).abs() < 1e-6);
}

/// Commanded through the habitat: the store stands still, and fills when the command is taken back.
#[test]
fn charging_waits_for_its_command() {
    let plan = changed("polar-darkness", |s| {
        let power = s.power.as_mut().unwrap();
        power.site.darkness.clear();
        power.battery_start = 1.0;
        power.store_start = 0.3;
    });
    let mut cabin = habitat(&plan, 1);
    let charge = "habitat.fuel_cell.set_electrolyser_w";
    let full_w = value(&cabin, charge);
    command(&mut cabin, charge, 0.0);
    live(&mut cabin, 0.25, 60.0);
    let held = value(&cabin, "habitat.fuel_cell.store_fraction");
    live(&mut cabin, 0.25, 60.0);
    assert_eq!(value(&cabin, "habitat.fuel_cell.store_fraction"), held);
    command(&mut cabin, charge, full_w);
    live(&mut cabin, 0.25, 60.0);
    assert!(value(&cabin, "habitat.fuel_cell.store_fraction") > held + 0.05);
    assert!(cabin.energy_residual_max() < 1e-9);
    let without = changed("polar-darkness", |s| s.power.as_mut().unwrap().electrolyser_kw = 0.0);
    assert!(without.catalogue.find(charge).is_err());
}

/// What shows that a load works: its power and what it makes.
const WORK: [(&str, &[&str]); 18] = [
    ("living.oga", &["power_w", "o2_mol_s"]),
    ("living.ccaa", &["power_w", "condensate_kg_s", "coolant_w"]),
    ("living.cdra", &["power_w", "co2_removed_mol_s", "co2_inlet_mol_s"]),
    ("living.sabatier", &["power_w", "co2_mol_s", "water_mol_s"]),
    ("living.tccs", &["power_w"]),
    ("living.lioh", &["co2_mol_s"]),
    ("living.brine_processor", &["power_w", "water_kg_s"]),
    ("laboratory.wpa", &["power_w", "water_kg_s"]),
    ("laboratory.upa", &["power_w", "distillate_kg_s"]),
    ("living.heater", &["power_w"]),
    ("living.equipment", &["power_w"]),
    ("laboratory.equipment", &["power_w"]),
    ("quarters.equipment", &["power_w"]),
    ("airlock.equipment", &["power_w"]),
    ("living.fans", &[]),
    ("laboratory.fans", &[]),
    ("quarters.fans", &[]),
    ("airlock.fans", &[]),
];

/// Every load that may be shed: without power it draws and makes nothing, and with power it works again.
#[test]
fn every_load_without_power_draws_and_makes_nothing() {
    let plan_for = |load: &str| {
        changed("artemis-30d", |s| {
            s.faults = None;
            s.zones[0].heater_w = 100.0;
            s.zones[0].heater_set_k = 303.15;
            s.zones[3].equipment_w = 50.0;
            s.zones[3].equipment_air_fraction = 0.5;
            s.zones[3].fan_w = 10.0;
            s.stores.urine_kg = 20.0;
            s.power.as_mut().unwrap().shed_order = vec![load.to_owned()];
        })
    };
    // The list is complete: what the plan names as loads, and no other.
    let mut scenario = plan_for("living.oga").scenario.clone();
    scenario.power.as_mut().unwrap().shed_order = vec!["living.toaster".into()];
    let error = Plan::compile(&scenario, [0; 32]).unwrap_err().to_string();
    let mut known: Vec<&str> = error.split("there are: ").nth(1).unwrap().split(", ").collect();
    let mut listed: Vec<&str> = WORK.iter().map(|(load, _)| *load).collect();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!(known, listed);

    for (load, signs) in &WORK {
        let plan = plan_for(load);
        let mut cabin = habitat(&plan, 1);
        if *load == "living.lioh" {
            command(&mut cabin, "living.lioh.set_on", 1.0);
        }
        // Whether each sign was seen in a time; the power of all if there is none.
        let seen = |cabin: &mut Habitat, hours: u32| {
            let mut seen = vec![0.0_f64; signs.len()];
            for _ in 0..hours * 60 {
                cabin.step(60.0).unwrap();
                for (most, sign) in seen.iter_mut().zip(*signs) {
                    *most = most.max(value(cabin, &format!("{load}.{sign}")).abs());
                }
            }
            seen
        };
        let works = seen(&mut cabin, 12);
        assert!(works.iter().all(|most| *most > 0.0), "{load} {works:?}");
        let mut powered = cabin.clone();
        powered.step(60.0).unwrap();
        command(&mut cabin, "habitat.power.set_shed", 1.0);
        cabin.step(60.0).unwrap();
        if signs.is_empty() {
            let zone = plan.zones.iter().find(|z| load.starts_with(&z.name)).unwrap();
            let power_w = |cabin: &Habitat| value(cabin, "habitat.power.drawn_w");
            let saved_w = power_w(&powered) - power_w(&cabin);
            assert!((saved_w - zone.fan_w).abs() < 1e-6, "{load} {saved_w}");
        }
        let rests = seen(&mut cabin, 3);
        assert!(rests.iter().all(|most| *most == 0.0), "{load} {rests:?}");
        command(&mut cabin, "habitat.power.set_shed", 0.0);
        let works = seen(&mut cabin, 12);
        assert!(works.iter().all(|most| *most > 0.0), "{load} {works:?}");
        let worst = cabin.mass_residual_max().max(cabin.energy_residual_max());
        assert!(worst < 1e-9, "{load} {worst}");
    }
}

/// Before the first step the bus shows what the array could give: nobody sheds for a darkness that is not there.
#[test]
fn the_sun_shines_before_the_first_step() {
    let mut cabin = habitat(&shipped("artemis-30d"), 1);
    let before_w = value(&cabin, "habitat.power.source_w");
    assert!(before_w > 20e3, "{before_w}");
    cabin.step(60.0).unwrap();
    assert_eq!(value(&cabin, "habitat.power.source_w"), before_w);
}
