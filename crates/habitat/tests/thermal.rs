//! The habitat on coolant loops and a radiator of its own: heat closes, the loops keep their set-points or
//! say that they cannot; they freeze, thaw, stand and come back.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{changed, command, habitat, live, shipped, value};
use lunar_habitat_habitat::Habitat;
use lunar_habitat_habitat::ledger::{Account, Coolant, Ledger};
use lunar_habitat_habitat::scenario::{self, FaultEvent, FaultMode};
use lunar_habitat_habitat::thermal::{LOOPS, PUMPS, Thermal, ThermalPlan};

/// Over days the radiator gives off what units, people and pump put in: everything electric, and the
/// heat of metabolism, leaves through it or is stored.
#[test]
fn the_radiator_rejects_what_the_habitat_makes() {
    let plan = changed("polar-darkness", |s| {
        s.power.as_mut().unwrap().site.darkness.clear();
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 2.0, 60.0);
    let (mut heat_j, mut rejected_j, mut drawn_j) = (0.0, 0.0, 0.0);
    for _ in 0..4_320 {
        cabin.step(60.0).unwrap();
        for name in LOOPS {
            heat_j += value(&cabin, &format!("habitat.{name}.heat_w")) * 60.0;
            heat_j -= value(&cabin, &format!("habitat.{name}.loss_w")) * 60.0;
        }
        rejected_j += value(&cabin, "habitat.radiator.rejected_w") * 60.0;
        drawn_j += value(&cabin, "habitat.power.drawn_w") * 60.0;
    }
    assert!((rejected_j / heat_j - 1.0).abs() < 1e-3, "{rejected_j} {heat_j}");
    // Four people give 144 W each; a part of the power leaves as hydrogen's enthalpy in methane.
    let ratio = rejected_j / drawn_j;
    assert!((0.95..1.10).contains(&ratio), "{ratio}");
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
    assert!((value(&cabin, "habitat.low_loop.supply_k") - 277.31).abs() < 0.05);
    assert!((value(&cabin, "habitat.moderate_loop.supply_k") - 290.0).abs() < 0.05);
}

/// A radiator too small for the load lets the loop warm until it balances; the cabin follows.
#[test]
fn a_small_radiator_warms_the_loop() {
    let warm = |radiator_m2: f64| {
        let plan = changed("polar-darkness", |s| {
            s.power.as_mut().unwrap().site.darkness.clear();
            s.thermal.as_mut().unwrap().radiator_m2 = radiator_m2;
        });
        let mut cabin = habitat(&plan, 1);
        live(&mut cabin, 3.0, 60.0);
        assert!(cabin.energy_residual_max() < 1e-9);
        (value(&cabin, "habitat.low_loop.supply_k"), value(&cabin, "living.air.t_k"))
    };
    let (cool_k, _) = warm(45.0);
    let (warm_k, cabin_k) = warm(14.0);
    assert!(warm_k > cool_k + 5.0, "{warm_k} {cool_k}");
    assert!(cabin_k > 293.0, "{cabin_k}");
}

/// Without power the pump stands and nothing is rejected; nothing is lost either.
#[test]
fn a_blackout_stops_the_loop_and_the_account_closes() {
    let plan = shipped("polar-darkness");
    let mut cabin = habitat(&plan, 1);
    let mut stood = false;
    for _ in 0..12 * 1_440 {
        cabin.step(60.0).unwrap();
        stood |= value(&cabin, "habitat.radiator.rejected_w") == 0.0;
    }
    assert!(stood);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

#[test]
fn a_loop_without_power_is_refused() {
    let mut scenario = lunar_habitat_habitat::scenario::load("cabin-30d").unwrap().scenario;
    scenario.thermal = Some(Default::default());
    assert!(lunar_habitat_habitat::Plan::compile(&scenario, [0; 32]).is_err());
}

/// Bypass and radiator bring a loop to what is commanded, colder and warmer; a warmer coil takes less water out of the air.
#[test]
fn a_loop_comes_to_the_set_point_that_is_commanded() {
    let plan = changed("polar-darkness", |s| {
        s.power.as_mut().unwrap().site.darkness.clear();
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    let mut humidity = Vec::new();
    for (low_k, moderate_k) in [(276.15, 285.15), (283.15, 296.15), (277.31, 290.0)] {
        command(&mut cabin, "habitat.low_loop.set_supply_k", low_k);
        command(&mut cabin, "habitat.moderate_loop.set_supply_k", moderate_k);
        live(&mut cabin, 0.5, 60.0);
        for (name, set_k) in LOOPS.into_iter().zip([low_k, moderate_k]) {
            assert_eq!(value(&cabin, &format!("habitat.{name}.set_supply_k")), set_k);
            let supply_k = value(&cabin, &format!("habitat.{name}.supply_k"));
            assert!((supply_k - set_k).abs() < 0.1, "{name}: {supply_k} {set_k}");
        }
        live(&mut cabin, 0.5, 60.0);
        humidity.push(value(&cabin, "living.air.rh"));
    }
    assert!(humidity[1] > humidity[0] + 0.03, "{humidity:?}");
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// What is commanded is far from freezing and from what the units bear, unless the scenario itself starts there.
#[test]
fn the_range_of_a_loop_holds_the_set_point_of_its_scenario() {
    let range = |set_k: f64, moderate_k: f64| {
        let (plan, _) = loops(|t| (t.set_point_k, t.moderate_set_point_k) = (set_k, moderate_k));
        [plan.loops[0].set_range_k(0), plan.loops[1].set_range_k(1)]
    };
    assert_eq!(range(277.31, 290.0), [(275.15, 288.15), (283.15, 303.15)]);
    assert_eq!(range(293.15, 276.0), [(275.15, 293.15), (276.0, 303.15)]);
    assert_eq!(range(273.15, 290.0)[0], (273.15, 288.15));
}

/// The loops of `polar-darkness` by themselves, with changes.
fn loops(change: impl FnOnce(&mut scenario::Thermal)) -> (ThermalPlan, Thermal) {
    let mut model = scenario::Thermal::default();
    change(&mut model);
    let plan = ThermalPlan::new(&model);
    let thermal = Thermal::new(&plan, &model);
    (plan, thermal)
}

/// A loop on a panel too small for its heat settles where the law of the fourth power says: along a panel
/// under a sky at 0 K, 1/T_out³ = 1/T_in³ + 3·K/C.
#[test]
fn both_loops_meet_the_fourth_power_law() {
    let (plan, mut thermal) = loops(|t| {
        t.radiator_m2 = 20.0;
        t.moderate_share = 0.6;
    });
    let heat_w = [3_000.0, 5_000.0];
    let mut ledger = Ledger { own_loop: true, ..Ledger::default() };
    for step in 0..3_000 {
        ledger.coolant_out(Coolant::Low, heat_w[0] * 60.0);
        ledger.coolant_out(Coolant::Moderate, heat_w[1] * 60.0);
        thermal.draw(&plan, true, 60.0, &mut ledger);
        thermal.settle(&plan, (0.0, 0.0), f64::from(step) * 60.0, 60.0, &mut ledger);
    }
    for (which, area_m2) in [8.0, 12.0].into_iter().enumerate() {
        let coolant = &thermal.loops[which];
        let capacity_w_k = 0.15 * physics::coolant::WATER.cp_j_kg_k;
        assert!((coolant.loss_w / (0.2 * (coolant.supply_k - 3.0)) - 1.0).abs() < 1e-4);
        let net_w = heat_w[which] + 150.0 - coolant.loss_w;
        let in_k = coolant.supply_k + net_w / capacity_w_k;
        let strength = 0.85 * 0.79 * 5.670_374_419e-8 * area_m2;
        let out_k = (in_k.powi(-3) + 3.0 * strength / capacity_w_k).cbrt().recip();
        assert!((coolant.supply_k - out_k).abs() < 0.01, "{which}: {} {out_k}", coolant.supply_k);
        assert!(coolant.supply_k > plan.loops[which].set_point_k + 1.0);
        assert!((coolant.rejected_w / net_w - 1.0).abs() < 1e-6);
        assert_eq!(thermal.panel_fraction(&plan, which), 1.0);
    }
}

/// 48 h in which one pump stands, then a repair: the habitat with its units and what is on the loop.
fn with_dead_pump(pump: &str) -> Habitat {
    let plan = changed("artemis-30d", |s| {
        let faults = s.faults.as_mut().unwrap();
        faults.rate_factor = 0.0;
        faults.events = vec![FaultEvent {
            unit: format!("habitat.{pump}"),
            at_h: 24.0,
            mode: FaultMode::Failed,
            ..FaultEvent::default()
        }];
    });
    let mut cabin = habitat(&plan, 1);
    command(&mut cabin, &format!("habitat.{pump}.set_repair"), 0.0);
    live(&mut cabin, 1.0, 60.0);
    cabin
}

/// Without its pump the moderate loop warms until its units stop and equipment switches itself off. It
/// comes back after the repair.
#[test]
fn a_dead_pump_stops_units_and_nothing_is_lost() {
    let mut cabin = with_dead_pump(PUMPS[1]);
    assert!(value(&cabin, "living.oga.power_w") > 500.0);
    live(&mut cabin, 0.25, 60.0);
    assert_eq!(value(&cabin, "habitat.moderate_loop.rejected_w"), 0.0);
    assert!(value(&cabin, "habitat.moderate_loop.supply_k") > 303.15);
    for unit in ["living.oga", "living.sabatier", "laboratory.wpa", "laboratory.upa"] {
        assert_eq!(value(&cabin, &format!("{unit}.power_w")), 0.0, "{unit}");
    }
    assert!(value(&cabin, "living.cdra.power_w") > 0.0);
    let mut warmest_k = 0.0_f64;
    for _ in 0..2_880 {
        cabin.step(60.0).unwrap();
        warmest_k = warmest_k.max(value(&cabin, "habitat.moderate_loop.supply_k"));
    }
    assert!((313.0..333.0).contains(&warmest_k), "{warmest_k}");
    command(&mut cabin, "habitat.moderate_pump.set_repair", 1.0);
    live(&mut cabin, 1.0, 60.0);
    assert!((value(&cabin, "habitat.moderate_loop.supply_k") - 290.0).abs() < 0.1);
    assert!(value(&cabin, "living.oga.power_w") > 500.0);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// Without the pump of the low loop the cabin gets warm; the other loop holds.
#[test]
fn a_dead_low_pump_warms_the_cabin() {
    let mut cabin = with_dead_pump(PUMPS[0]);
    let before_k = value(&cabin, "living.air.t_k");
    live(&mut cabin, 1.0, 60.0);
    assert!(
        value(&cabin, "living.air.t_k") > before_k + 5.0,
        "{}",
        value(&cabin, "living.air.t_k")
    );
    assert!((value(&cabin, "habitat.moderate_loop.supply_k") - 290.0).abs() < 0.1);
    // What still gives heat to the loop that stands trips before its coolant boils.
    let mut warmest_k = 0.0_f64;
    for _ in 0..10_080 {
        cabin.step(60.0).unwrap();
        warmest_k = warmest_k.max(value(&cabin, "habitat.low_loop.supply_k"));
    }
    assert!((313.0..330.0).contains(&warmest_k), "{warmest_k}");
    assert_eq!(value(&cabin, "living.cdra.power_w"), 0.0);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// Equipment on a loop that stands switches itself off at 333 K and comes back when the loop cools.
#[test]
fn hot_equipment_trips_and_comes_back() {
    let plan = changed("artemis-30d", |s| {
        s.zones[1].plate_w_k = 20.0;
        s.faults.as_mut().unwrap().rate_factor = 0.0;
    });
    let mut cabin = habitat(&plan, 1);
    let (mut trips, mut starts, mut warmest_k) = (0, 0, 0.0_f64);
    let mut was_on = true;
    for _ in 0..1_440 {
        cabin.step(60.0).unwrap();
        let is_on = value(&cabin, "laboratory.equipment.power_w") > 0.0;
        trips += i32::from(was_on && !is_on);
        starts += i32::from(!was_on && is_on);
        was_on = is_on;
        warmest_k = warmest_k.max(value(&cabin, "laboratory.equipment.t_k"));
    }
    // 900 W over 20 W/K would be 335 K on a loop at 290 K.
    assert!(trips >= 2 && starts >= trips - 1, "{trips} {starts}");
    assert!((333.1..334.0).contains(&warmest_k), "{warmest_k}");
    // 900 W over the 100 W/K of the others: 9 K.
    assert!((value(&cabin, "living.equipment.t_k") - 290.0 - 8.1).abs() < 0.01);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// A loop that stands under the sky: it cools to the melting point, stays there for the heat of fusion, cools
/// on, and thaws with the heat that froze it. The account holds throughout.
#[test]
fn water_freezes_and_thaws_and_nothing_is_lost() {
    let (plan, mut thermal) = loops(|t| t.pipe_w_k = 5.0);
    let mut ledger = Ledger { own_loop: true, ..Ledger::default() };
    let mut frozen_s = 0.0;
    let start_j = thermal.energy_j(&plan);
    let mut step = |thermal: &mut Thermal, powered: bool, heat_w: f64| {
        ledger.coolant_out(Coolant::Low, heat_w * 60.0);
        thermal.draw(&plan, powered, 60.0, &mut ledger);
        let before_j = thermal.energy_j(&plan);
        ledger.open(Account([0.0; 6]));
        thermal.settle(&plan, (0.0, 0.0), 0.0, 60.0, &mut ledger);
        let pump_j = (thermal.loops[0].pump_w + thermal.loops[0].heater_w) * 60.0
            + (thermal.loops[1].pump_w + thermal.loops[1].heater_w) * 60.0;
        let change_j = thermal.energy_j(&plan) - before_j;
        let residual_j = change_j - heat_w * 60.0 - pump_j - ledger.entered[5];
        assert!(residual_j.abs() < 1e-3, "{residual_j}");
    };
    while thermal.loops[0].supply_k > 265.0 {
        step(&mut thermal, false, 0.0);
        if thermal.loops[0].ice > 0.0 && thermal.loops[0].ice < 1.0 {
            assert!((thermal.loops[0].supply_k - 273.15).abs() < 1e-9);
            frozen_s += 60.0;
        }
    }
    // 30 kg of water at 333.6 kJ/kg against 5 W/K under a sky at 3 K: 2.06 h.
    let expected_s = 30.1 * 333.6e3 / (5.0 * 270.15);
    assert!((frozen_s / expected_s - 1.0_f64).abs() < 0.02, "{frozen_s} {expected_s}");
    assert_eq!(thermal.loops[0].ice, 1.0);
    assert!(thermal.energy_j(&plan) < start_j - 2.0 * 9e6);
    // With power the loop stays blocked until the last ice has gone.
    step(&mut thermal, true, 0.0);
    assert_eq!((thermal.loops[0].pump_w, thermal.loops[0].rejected_w), (0.0, 0.0));
    let mut steps = 0;
    while thermal.loops[0].ice > 0.0 {
        assert_eq!(thermal.loops[0].pump_w, 0.0);
        step(&mut thermal, true, 3_000.0);
        steps += 1;
    }
    assert!((60..400).contains(&steps), "{steps}");
    for _ in 0..600 {
        step(&mut thermal, true, 3_000.0);
    }
    assert!((thermal.loops[0].supply_k - 277.31).abs() < 1e-6, "{}", thermal.loops[0].supply_k);
}

/// The whole habitat through a freeze: dark without stores, pipes badly insulated, then sun again.
#[test]
fn a_frozen_habitat_thaws_and_the_account_closes() {
    let plan = changed("polar-darkness", |s| {
        let power = s.power.as_mut().unwrap();
        power.store_start = 0.0;
        power.battery_kwh = 10.0;
        power.site.darkness[0].from_h = 12.0;
        power.site.darkness[0].to_h = 108.0;
        s.thermal.as_mut().unwrap().pipe_w_k = 6.0;
        s.thermal.as_mut().unwrap().heater_w = 3_000.0;
    });
    let mut cabin = habitat(&plan, 1);
    let mut most = [0.0_f64; 2];
    for _ in 0..9 * 1_440 {
        cabin.step(60.0).unwrap();
        for (most, name) in most.iter_mut().zip(LOOPS) {
            *most = most.max(value(&cabin, &format!("habitat.{name}.ice")));
        }
    }
    assert!(most[0] > 0.1 && most[1] > 0.1, "{most:?}");
    for name in LOOPS {
        assert_eq!(value(&cabin, &format!("habitat.{name}.ice")), 0.0);
    }
    assert!(value(&cabin, "habitat.radiator.rejected_w") > 1_000.0);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// Steps of up to an hour through dead pumps, frozen loops and trips: the account closes and every
/// temperature stays between that of the sky and that at which everything has stopped.
#[test]
fn long_steps_close_too() {
    for dt_s in [600.0, 3_600.0] {
        let plan = changed("artemis-30d", |s| {
            s.dt_s = dt_s;
            s.decision_s = 3_600.0;
            s.thermal.as_mut().unwrap().pipe_w_k = 15.0;
            let faults = s.faults.as_mut().unwrap();
            faults.rate_factor = 0.0;
            faults.events = PUMPS
                .map(|pump| FaultEvent {
                    unit: format!("habitat.{pump}"),
                    at_h: 24.0,
                    ..FaultEvent::default()
                })
                .to_vec();
        });
        let mut cabin = habitat(&plan, 1);
        for _ in 0..(20.0 * 86_400.0 / dt_s) as u32 {
            cabin.step(dt_s).unwrap();
            for name in LOOPS {
                let supply_k = value(&cabin, &format!("habitat.{name}.supply_k"));
                assert!((3.0..360.0).contains(&supply_k), "{dt_s} {name} {supply_k}");
            }
            let equipment_k = value(&cabin, "laboratory.equipment.t_k");
            assert!((3.0..370.0).contains(&equipment_k), "{dt_s} {equipment_k}");
        }
        assert!(cabin.energy_residual_max() < 1e-9, "{dt_s} {}", cabin.energy_residual_max());
    }
}

/// An idle loop under a cold sky: its heater gives what pipes lose, and no more.
#[test]
fn the_heater_keeps_the_loops_from_freezing() {
    let (plan, mut thermal) = loops(|t| {
        t.pipe_w_k = 1.0;
        t.pump_w = 0.0;
    });
    let mut ledger = Ledger { own_loop: true, ..Ledger::default() };
    for _ in 0..20_000 {
        thermal.draw(&plan, true, 60.0, &mut ledger);
        thermal.settle(&plan, (0.0, 0.0), 0.0, 60.0, &mut ledger);
    }
    for coolant in &thermal.loops {
        assert_eq!(coolant.ice, 0.0);
        assert!((coolant.supply_k - 275.15).abs() < 0.05, "{}", coolant.supply_k);
        assert!((coolant.heater_w - 272.15).abs() < 0.5, "{}", coolant.heater_w);
    }
}

/// Dust grows as the bare share decays, and falls once when a scenario lets it.
#[test]
fn dust_grows_and_falls() {
    let plan = changed("polar-darkness", |s| {
        s.thermal.as_mut().unwrap().dust_fraction_per_day = 0.01;
        s.power.as_mut().unwrap().dust_fraction_per_day = 0.02;
        s.power.as_mut().unwrap().site.darkness.clear();
        let events = ["habitat.radiator", "habitat.array"]
            .map(|unit| FaultEvent {
                unit: unit.into(),
                at_h: 48.0,
                mode: FaultMode::Dusty,
                amount: Some(0.3),
                ..FaultEvent::default()
            })
            .to_vec();
        s.faults = Some(scenario::Faults { rate_factor: 0.0, events, ..Default::default() });
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 2.0, 60.0);
    let bare =
        |cabin: &Habitat, unit: &str| 1.0 - value(cabin, &format!("habitat.{unit}.dust_fraction"));
    assert!((bare(&cabin, "radiator") - (-0.02_f64).exp()).abs() < 1e-9);
    assert!((bare(&cabin, "array") - 0.98 * (-0.04_f64).exp()).abs() < 1e-9);
    let (source_w, sink_k) =
        (value(&cabin, "habitat.power.source_w"), value(&cabin, "habitat.radiator.sink_k"));
    live(&mut cabin, 2.0, 60.0);
    assert!((bare(&cabin, "radiator") - 0.7 * (-0.04_f64).exp()).abs() < 1e-9);
    assert!((bare(&cabin, "array") - 0.98 * 0.7 * (-0.08_f64).exp()).abs() < 1e-9);
    assert!(value(&cabin, "habitat.power.source_w") < 0.75 * source_w);
    let warm_k = value(&cabin, "habitat.radiator.sink_k");
    assert!(warm_k > sink_k + 20.0, "{sink_k} {warm_k}");
    assert_eq!(value(&cabin, "habitat.radiator.fault"), 0.0);
    assert!(cabin.energy_residual_max() < 1e-9);
}

/// The surface ages while the mission lasts: its sink gets warmer under the same sun.
#[test]
fn the_radiator_ages_with_the_mission() {
    let (plan, mut thermal) = loops(|t| t.age_years = 2.0);
    let mut ledger = Ledger { own_loop: true, ..Ledger::default() };
    for (years, absorptance) in [(0.0, 0.112), (3.0, 0.145), (20.0, 0.20)] {
        let t_s = years * 365.25 * 86_400.0;
        thermal.settle(&plan, (1_361.0, 0.5), t_s, 60.0, &mut ledger);
        let sink_k = (absorptance * 1_361.0 * 0.5 / (0.79 * 5.670_374_419e-8_f64)).powf(0.25);
        assert!((thermal.sink_k - sink_k).abs() < 0.05, "{years} {} {sink_k}", thermal.sink_k);
    }
}

/// Heat into the ground is the integral of the conductivity over temperature, by a fine sum.
#[test]
fn regolith_carries_the_closed_form() {
    let plan = changed("sealed-box", |s| {
        let zone = &mut s.zones[0];
        zone.structure_j_k = 1e6;
        zone.structure_w_k = 200.0;
        (zone.cover_m2, zone.cover_depth_m, zone.ground_k) = (150.0, 0.5, 120.0);
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 0.5, 60.0);
    let place = plan.zones[0].name.clone();
    let structure_k = value(&cabin, &format!("{place}.structure.t_k"));
    cabin.step(60.0).unwrap();
    let parts = 2_000;
    let width_k = (structure_k - 120.0) / f64::from(parts);
    let integral_w_m: f64 = (0..parts)
        .map(|part| 120.0 + (f64::from(part) + 0.5) * width_k)
        .map(|t_k| physics::regolith::conductivity_w_m_k(1_800.0, t_k) * width_k)
        .sum();
    let ground_w = value(&cabin, &format!("{place}.structure.ground_w"));
    let expected_w = 150.0 / 0.5 * integral_w_m;
    assert!(
        expected_w > 100.0 && (ground_w / expected_w - 1.0).abs() < 1e-3,
        "{ground_w} {expected_w}"
    );
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

#[test]
fn regolith_on_a_wall_without_mass_is_refused() {
    let mut scenario = scenario::load("cabin-30d").unwrap().scenario;
    scenario.zones[0].cover_m2 = 10.0;
    scenario.zones[0].structure_j_k = 0.0;
    let error = scenario::check(&scenario).unwrap_err().to_string();
    assert!(error.contains("zone[0].cover_m2") && error.contains("structure_j_k"), "{error}");
}

/// An air heater holds an empty box against the ground, within its band, and takes commands.
#[test]
fn an_air_heater_holds_its_set_point() {
    let plan = changed("sealed-box", |s| {
        let zone = &mut s.zones[0];
        zone.isothermal_k = None;
        (zone.structure_j_k, zone.structure_w_k) = (1e5, 200.0);
        (zone.cover_m2, zone.cover_depth_m, zone.ground_k) = (300.0, 0.5, 120.0);
        (zone.heater_w, zone.heater_set_k) = (2_000.0, 295.15);
    });
    let place = plan.zones[0].name.clone();
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    let air_k = value(&cabin, &format!("{place}.air.t_k"));
    assert!((293.15..295.15).contains(&air_k), "{air_k}");
    let heater_w = value(&cabin, &format!("{place}.heater.power_w"));
    // Everything that the heater gives leaves to the ground.
    let ground_w = value(&cabin, &format!("{place}.structure.ground_w"));
    assert!(heater_w > 100.0 && (heater_w / ground_w - 1.0).abs() < 0.2, "{heater_w} {ground_w}");
    command(&mut cabin, &format!("{place}.heater.set_t_k"), 285.15);
    live(&mut cabin, 1.0, 60.0);
    assert!(value(&cabin, &format!("{place}.air.t_k")) < 285.2);
    assert!(cabin.energy_residual_max() < 1e-9, "{}", cabin.energy_residual_max());
}

/// Below its set-point a loop keeps all heat, and one that loses heat gets none from the sky: coolant goes
/// past the panel, in short steps and in long ones.
#[test]
fn coolant_past_the_panel_neither_loses_nor_gains() {
    for (heat_w, start_k) in [(2_000.0, 276.0), (-500.0, 289.0)] {
        for dt_s in [1.0, 60.0, 600.0] {
            let (plan, mut thermal) =
                loops(|t| (t.pipe_w_k, t.pump_w, t.heater_w) = (0.0, 0.0, 0.0));
            thermal.loops[1].supply_k = start_k;
            let mut ledger = Ledger { own_loop: true, ..Ledger::default() };
            for _ in 0..(600.0_f64 / dt_s) as usize {
                ledger.coolant_out(Coolant::Moderate, heat_w * dt_s);
                thermal.draw(&plan, true, dt_s, &mut ledger);
                thermal.settle(&plan, (0.0, 0.0), 0.0, dt_s, &mut ledger);
                assert_eq!(thermal.loops[1].rejected_w, 0.0);
            }
            let expected_k = start_k + heat_w * 600.0 / 200e3;
            let supply_k = thermal.loops[1].supply_k;
            assert!((supply_k - expected_k).abs() < 1e-6, "{dt_s} {supply_k} {expected_k}");
        }
    }
}
