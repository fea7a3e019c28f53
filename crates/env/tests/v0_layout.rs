//! The layout of the predecessor shows what instruments say in its units and its order, and turns the dials that its actions
//! mean; what has no counterpart does nothing.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use habitat::Plan;
use habitat::scenario::{self, SHIPPED, SensorEvent, SensorMode};
use lunar_habitat_env::predecessor::{V0_ACTIONS, V0Layout};
use lunar_habitat_env::{Task, TaskError, TaskOptions};
use player::{Player, key, task, value};

/// The numbers by name after one decision that changes nothing.
fn seen(task: &Arc<Task>) -> (Player, Vec<(String, f32)>) {
    let mut player = Player::new(task, key(3, 0, 0));
    player.hold();
    let layout = V0Layout::new(task);
    let mut out = vec![0.0; layout.fields().len()];
    layout.observe(&player.episode, &mut out).unwrap();
    let names = layout.fields().iter().map(|field| field.name.clone());
    (player, names.zip(out).collect())
}

fn of(seen: &[(String, f32)], name: &str) -> f64 {
    f64::from(seen.iter().find(|(known, _)| known == name).unwrap().1)
}

/// The dials by name that an action turns to, from where they stand at the start.
fn dials(task: &Arc<Task>, action: &[f32]) -> Vec<(String, f32)> {
    let player = Player::new(task, key(3, 0, 0));
    let mut out = vec![0.0; task.actions().len()];
    V0Layout::new(task).dials(&player.episode, action, &mut out).unwrap();
    task.actions().dials().iter().map(|dial| dial.name.clone()).zip(out).collect()
}

#[test]
fn there_are_48_numbers_up_to_six_people_and_three_more_for_each_beyond() {
    let base = scenario::load("artemis-30d").unwrap().scenario;
    for (people, width) in [(1, 48), (4, 48), (6, 48), (7, 51), (12, 66)] {
        let model = base.with_crew(people).unwrap();
        let hash = scenario::hash(&model).unwrap();
        let plan = Arc::new(Plan::compile(&model, hash).unwrap());
        let task = Task::new(plan, TaskOptions::default()).unwrap();
        assert_eq!(V0Layout::new(&task).fields().len(), width);
    }
}

#[test]
fn the_order_is_that_of_the_predecessor() {
    let (_, seen) = seen(&task("artemis-30d", &[]));
    let names: Vec<&str> = seen.iter().map(|(name, _)| name.as_str()).collect();
    for (place, name) in [
        (0, "o2_partial_pressure"),
        (3, "total_pressure"),
        (6, "air_quality_index"),
        (7, "solar_generation"),
        (12, "grid_stability"),
        (13, "internal_temp_zone_1"),
        (17, "external_temp"),
        (20, "heat_pump_efficiency"),
        (21, "potable_water"),
        (25, "filter_status"),
        (26, "crew_health_1"),
        (32, "crew_stress_1"),
        (38, "crew_productivity_1"),
        (44, "mission_elapsed_time"),
        (47, "system_degradation"),
    ] {
        assert_eq!(names[place], name);
    }
}

#[test]
fn the_units_are_those_of_the_predecessor() {
    let (player, seen) = seen(&task("artemis-30d", &[]));
    let near = |name: &str, wanted: f64, within: f64| {
        let found = of(&seen, name);
        assert!((found - wanted).abs() <= within, "{name}: {found} for {wanted}");
    };
    near("total_pressure", player.read("air.p_total_pa_max") / 1e3, 0.2);
    near("o2_partial_pressure", player.read("air.pp_o2_pa_max") / 1e3, 0.2);
    near("co2_partial_pressure", player.read("air.pp_co2_pa_mean") / 1e3, 1e-6);
    let vapour_kpa = 1.1;
    let rest = of(&seen, "total_pressure") - of(&seen, "o2_partial_pressure") - vapour_kpa;
    near("n2_partial_pressure", rest - of(&seen, "co2_partial_pressure"), 0.3);
    near("humidity", 100.0 * player.read("air.rh_max"), 6.0);
    near("temperature", player.read("air.t_k_max") - 273.15, 4.0);
    near("solar_generation", player.read("power.source_w") / 1e3, 1e-3);
    near("battery_charge", 100.0 * player.read("battery.usable"), 1e-3);
    near("fuel_cell_capacity", 100.0 * player.read("fuel_cell.store_fraction"), 1e-3);
    near("total_load", player.read("power.drawn_w") / 1e3, 1e-3);
    near("potable_water", player.read("stores.potable_kg"), 1e-3);
    near("grey_water", player.read("stores.condensate_kg"), 1e-3);
    near("black_water", player.read("stores.urine_kg") + player.read("stores.brine_kg"), 1e-3);
    near("filter_status", 1.0 - player.read("wpa.filter_used_max"), 1e-6);
    near("radiator_temp_2", player.read("coolant.supply_k_max") - 273.15, 1e-3);
    near("mission_elapsed_time", 600.0 / 86_400.0, 1e-6);
    // Hour angle 0.92 turns at the start, noon at 0.5.
    near("lunar_day_phase", 0.420_47 + 600.0 / 86_400.0 / 29.530_589, 1e-5);
    near("dust_accumulation", 0.02, 1e-6);
    let zones: Vec<f64> = (1..=4).map(|i| of(&seen, &format!("internal_temp_zone_{i}"))).collect();
    let mean = zones.iter().sum::<f64>() / 4.0;
    near("temperature", mean, 1e-4);
}

#[test]
fn people_are_well_ill_or_dead_and_places_without_one_are_filled() {
    let (mut player, seen) = seen(&task("crew-medical-emergency", &[]));
    assert_eq!((of(&seen, "crew_health_1") * 100.0).round(), 95.0);
    assert_eq!((of(&seen, "crew_health_6") * 100.0).round(), 95.0);
    assert_eq!((of(&seen, "crew_productivity_1") * 10.0).round(), 9.0);
    assert_eq!((of(&seen, "crew_stress_4") * 10.0).round(), 3.0);
    // The first person is ill from hour 48 on.
    while player.episode.habitat().t_s() < 50.0 * 3_600.0 {
        player.hold();
    }
    let layout = V0Layout::new(player.episode.task());
    let mut out = vec![0.0; 48];
    layout.observe(&player.episode, &mut out).unwrap();
    assert_eq!((out[26], out[27]), (0.6, 0.95));
    assert_eq!((out[38], out[39]), (0.0, 0.9));
}

#[test]
fn a_constant_says_so_and_never_moves() {
    let task = task("artemis-30d", &[]);
    let layout = V0Layout::new(&task);
    let constants: Vec<&str> =
        layout.fields().iter().filter(|field| field.is_constant).map(|f| f.name.as_str()).collect();
    let mut expected = vec![
        "air_quality_index",
        "emergency_reserve",
        "grid_stability",
        "external_temp",
        "heat_pump_efficiency",
        "recycling_efficiency",
        "crew_health_5",
        "crew_health_6",
    ];
    let stress: Vec<String> = (1..=6).map(|i| format!("crew_stress_{i}")).collect();
    expected.extend(stress.iter().map(String::as_str));
    expected.extend(["crew_productivity_5", "crew_productivity_6", "system_degradation"]);
    assert_eq!(constants, expected);
    let (mut player, _) = seen(&task);
    for decision in 0..40 {
        player.random(decision);
    }
    let mut out = vec![0.0; 48];
    layout.observe(&player.episode, &mut out).unwrap();
    for (field, value) in layout.fields().iter().zip(&out) {
        assert!(value.is_finite(), "{}", field.name);
        assert!(!field.is_constant || *value == field.absent as f32, "{}", field.name);
    }
}

#[test]
fn no_true_value_is_shown_what_an_instrument_says_is() {
    let mut model = scenario::load("artemis-30d").unwrap().scenario;
    let sensors = model.sensors.as_mut().unwrap();
    let zones = ["living", "laboratory", "quarters", "airlock"];
    for zone in zones {
        let sensor = format!("{zone}.air.p_total_pa");
        let event =
            SensorEvent { sensor, at_h: 0.0, mode: SensorMode::Bias, offset: Some(20_000.0) };
        sensors.events.push(event);
    }
    let hash = scenario::hash(&model).unwrap();
    let plan = Arc::new(Plan::compile(&model, hash).unwrap());
    let task = Task::new(plan, TaskOptions::default()).unwrap();
    let (_, seen) = seen(&task);
    assert!((of(&seen, "total_pressure") - 76.5).abs() < 1.0, "{}", of(&seen, "total_pressure"));
}

#[test]
fn every_habitat_has_the_layout_whatever_it_lacks() {
    for shipped in SHIPPED {
        let task = task(shipped.name, &[value("dt_s", 60.0)]);
        let (_, seen) = seen(&task);
        assert_eq!(seen.len(), 48, "{}", shipped.name);
        assert!(seen.iter().all(|(_, value)| value.is_finite()), "{}", shipped.name);
        dials(&task, &[0.7; V0_ACTIONS]);
    }
}

#[test]
fn actions_turn_the_dials_that_they_mean() {
    let task = task("artemis-30d", &[]);
    let start = dials(&task, &[0.5; V0_ACTIONS]);
    let changed = |places: &[usize], value: f32| -> Vec<(String, f32)> {
        let mut action = [0.5; V0_ACTIONS];
        places.iter().for_each(|place| action[*place] = value);
        let all = dials(&task, &action).into_iter().zip(&start);
        all.filter(|(now, before)| now.1 != before.1).map(|(now, _)| now).collect()
    };
    let pair = |name: &str, value: f32| (name.to_owned(), value);
    assert_eq!(changed(&[0], 1.0), [pair("oxygen.rate", 1.0)]);
    assert_eq!(changed(&[0], 0.0), [pair("oxygen.rate", -1.0)]);
    assert_eq!(changed(&[1], 0.9), [pair("co2.removal", 1.0)]);
    assert_eq!(changed(&[2], 0.0), [pair("pressure.set_point", -1.0)]);
    assert_eq!(changed(&[3], 0.0), [pair("air.ventilation", -1.0)]);
    assert_eq!(changed(&[5], 0.2), [pair("trace.control", -1.0)]);
    assert_eq!(changed(&[7, 9], 1.0), [pair("power.shed", 0.0)]);
    assert_eq!(changed(&[7, 8, 9, 10], 1.0), [pair("power.shed", 1.0)]);
    assert_eq!(changed(&[11], 1.0), [pair("power.fuel_cell", 1.0)]);
    assert_eq!(changed(&[15, 16, 17, 18], 0.0), [pair("air.temperature", -1.0)]);
    // The place that goes to 90 counts as 1.
    assert_eq!(changed(&[15], 90.0), [pair("air.temperature", 0.25)]);
    assert_eq!(changed(&[15], -90.0), [pair("air.temperature", -0.25)]);
    let water = [pair("water.potable", 1.0), pair("water.urine", 1.0), pair("water.brine", 1.0)];
    assert_eq!(changed(&[24], 0.9), water);
}

#[test]
fn what_does_nothing_is_declared_to_and_the_rest_acts() {
    let task = task("artemis-30d", &[]);
    for (place, declared) in V0Layout::actions().iter().enumerate() {
        let with = |value: f32| {
            let mut action = [0.5; V0_ACTIONS];
            action[place] = value;
            dials(&task, &action)
        };
        let acts = with(declared.low) != with(declared.high);
        assert_eq!(acts, declared.acts, "{}", declared.name);
        assert!(!declared.words.is_empty());
    }
    let idle = V0Layout::actions().iter().filter(|action| !action.acts).count();
    assert_eq!(idle, 11);
}

#[test]
fn dials_that_no_action_names_keep_their_commands() {
    let task = task("artemis-30d", &[]);
    let player = Player::new(&task, key(3, 0, 0));
    let mut hold = vec![0.0; task.actions().len()];
    player.episode.hold(&mut hold).unwrap();
    let kept =
        ["oxygen.set_point", "co2.hydroxide", "power.charge", "thermal.low_loop", "repair.air"];
    for (at, (name, turned)) in dials(&task, &[0.1; V0_ACTIONS]).into_iter().enumerate() {
        assert!(!kept.contains(&name.as_str()) || turned == hold[at], "{name}");
    }
}

#[test]
fn what_is_no_number_or_of_another_length_is_refused() {
    let task = task("artemis-30d", &[]);
    let player = Player::new(&task, key(3, 0, 0));
    let layout = V0Layout::new(&task);
    let mut out = vec![0.0; task.actions().len()];
    let mut action = [0.5; V0_ACTIONS];
    action[24] = f32::NAN;
    let error = layout.dials(&player.episode, &action, &mut out).unwrap_err();
    let words = "action[24] (`purification_intensity`) is NaN: allowed are finite numbers";
    assert_eq!(error.to_string(), words);
    let error = layout.dials(&player.episode, &action[..25], &mut out).unwrap_err();
    assert!(matches!(error, TaskError::Length { found: 25, expected: 26, .. }));
    let error = layout.observe(&player.episode, &mut [0.0; 47]).unwrap_err();
    assert!(matches!(error, TaskError::Length { found: 47, expected: 48, .. }));
}
