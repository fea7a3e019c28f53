//! Instruments err as they say, fail, are calibrated by people, and change nothing of what they measure.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use std::sync::Arc;

use common::{changed, command, habitat, live, shipped, value};
use lunar_habitat_habitat::scenario::{self, Faults, Scenario, SensorEvent, SensorMode, Sensors};
use lunar_habitat_habitat::{Habitat, Plan, PlanError};

const CO2: &str = "living.air.pp_co2_pa";
const SENSED_CO2: &str = "living.air.sensed_pp_co2_pa";

fn with_sensors(change: impl FnOnce(&mut Sensors)) -> Arc<Plan> {
    changed("cabin-30d", |s: &mut Scenario| {
        let mut sensors = Sensors { rate_factor: 0.0, ..Sensors::default() };
        change(&mut sensors);
        s.sensors = Some(sensors);
    })
}

fn event(sensor: &str, at_h: f64, mode: SensorMode) -> SensorEvent {
    let offset = (mode == SensorMode::Bias).then_some(300.0);
    SensorEvent { sensor: sensor.into(), at_h, mode, offset }
}

/// Every ten minutes: what is shown less what is true.
fn errors(cabin: &mut Habitat, id: &str, sensed: &str, samples: usize) -> Vec<f64> {
    let mut errors = Vec::new();
    for _ in 0..samples {
        live(cabin, 600.0 / 86_400.0, 60.0);
        errors.push(value(cabin, sensed) - value(cabin, id));
    }
    errors
}

#[test]
fn without_sensors_every_instrument_shows_the_truth() {
    let mut cabin = habitat(&shipped("cabin-30d"), 1);
    live(&mut cabin, 0.1, 60.0);
    assert_eq!(value(&cabin, SENSED_CO2), value(&cabin, CO2));
    assert!(cabin.state().sensors.sensors.is_empty());
}

/// A pressure gauge: noise of 20 Pa around a constant bias, whose deviation over sixty habitats is that of
/// a class with 50 Pa, and a drift of 2 Pa a day.
#[test]
fn noise_bias_and_drift_have_the_sizes_they_say() {
    let plan = with_sensors(|_| {});
    let (id, sensed) = ("airlock.air.p_total_pa", "airlock.air.sensed_p_total_pa");
    let (mut bias_squares, mut drift_squares) = (0.0, 0.0);
    let runs = 60;
    for run in 0..runs {
        let mut cabin = habitat(&plan, run);
        let early = errors(&mut cabin, id, sensed, 72);
        let mean = early.iter().sum::<f64>() / 72.0;
        let noise = (early.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 71.0).sqrt();
        assert!((13.0..28.0).contains(&noise), "{noise}");
        bias_squares += mean * mean;
        live(&mut cabin, 9.5, 600.0);
        let late = errors(&mut cabin, id, sensed, 72).iter().sum::<f64>() / 72.0;
        drift_squares += ((late - mean) / 10.0).powi(2);
    }
    let (bias, drift) = ((bias_squares / runs as f64).sqrt(), (drift_squares / runs as f64).sqrt());
    // Standard error of a deviation from 60 draws: 9 %.
    assert!((37.0..63.0).contains(&bias), "{bias}");
    assert!((1.5..2.6).contains(&drift), "{drift}");
}

/// The CO2 analyser is a minute late: on a ramp it shows what was a tenth of a sample ago.
#[test]
fn a_delay_shows_the_past() {
    let plan = with_sensors(|s| s.error_factor = 0.0);
    let mut cabin = habitat(&plan, 1);
    command(&mut cabin, "living.cdra.set_on", 0.0);
    live(&mut cabin, 0.25, 60.0);
    let before = value(&cabin, CO2);
    live(&mut cabin, 600.0 / 86_400.0, 60.0);
    let now = value(&cabin, CO2);
    assert!(now - before > 1.0);
    let shown = value(&cabin, SENSED_CO2);
    assert!((shown - (now - 0.1 * (now - before))).abs() < 1e-9, "{shown} {now} {before}");
}

#[test]
fn stuck_drop_out_and_bias_are_what_their_names_say() {
    let plan = with_sensors(|s| {
        s.events = vec![
            event("living.air.pp_co2_pa", 5.0, SensorMode::Stuck),
            event("laboratory.air.pp_co2_pa", 5.0, SensorMode::DropOut),
            event("quarters.air.pp_co2_pa", 5.0, SensorMode::Bias),
        ];
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 5.5 / 24.0, 60.0);
    let stuck = value(&cabin, SENSED_CO2);
    live(&mut cabin, 1.0, 60.0);
    assert_eq!(value(&cabin, SENSED_CO2), stuck);
    assert!(value(&cabin, "laboratory.air.sensed_pp_co2_pa").is_nan());
    let off =
        value(&cabin, "quarters.air.sensed_pp_co2_pa") - value(&cabin, "quarters.air.pp_co2_pa");
    assert!((off - 300.0).abs() < 60.0, "{off}");
    assert_eq!(value(&cabin, "living.air.sensor_faults"), 1.0);
    // The row of a controller holds no truth.
    let mut known = vec![0.0; cabin.catalogue().len()];
    cabin.read_known(&mut known);
    assert!(known[cabin.catalogue().find(CO2).unwrap()].is_nan());
    assert_eq!(known[cabin.catalogue().find(SENSED_CO2).unwrap()], stuck);
}

#[test]
fn a_calibration_heals_and_takes_an_hour_of_crew_time() {
    let plan = changed("cabin-30d", |s: &mut Scenario| {
        s.faults = Some(Faults { rate_factor: 0.0, ..Faults::default() });
        s.sensors = Some(Sensors {
            rate_factor: 0.0,
            events: vec![event(CO2, 1.0, SensorMode::Stuck)],
            ..Sensors::default()
        });
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 2.0 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.air.sensor_faults"), 1.0);
    command(&mut cabin, "living.air.set_calibrate", 1.0);
    live(&mut cabin, 0.9 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.air.sensor_faults"), 1.0);
    live(&mut cabin, 0.3 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.air.sensor_faults"), 0.0);
    assert_eq!(value(&cabin, "living.air.set_calibrate"), 0.0);
    assert!((cabin.state().faults.spent_h - 1.0).abs() < 1e-9);
    let off = errors(&mut cabin, CO2, SENSED_CO2, 30);
    assert!(off.iter().all(|e| e.abs() < 60.0), "{off:?}");
}

/// Without failures and crew the truth is the same with instruments and without, and the readings do not depend
/// on the length of a step.
#[test]
fn instruments_change_nothing_and_do_not_see_the_step() {
    let sensed = |on: bool| {
        changed("sealed-box", |s: &mut Scenario| {
            s.dt_s = 60.0;
            s.decision_s = 600.0;
            s.sensors = on.then(Sensors::default);
        })
    };
    let (with, without) = (sensed(true), sensed(false));
    let zone = with.zones[0].name.clone();
    let (mut a, mut b, mut c) = (habitat(&with, 1), habitat(&without, 1), habitat(&with, 1));
    live(&mut a, 0.5, 60.0);
    live(&mut b, 0.5, 60.0);
    live(&mut c, 0.5, 600.0);
    let t_k = format!("{zone}.air.t_k");
    assert_eq!(value(&a, &t_k), value(&b, &t_k));
    let error =
        |cabin: &Habitat| value(cabin, &format!("{zone}.air.sensed_t_k")) - value(cabin, &t_k);
    assert!((error(&a) - error(&c)).abs() < 1e-3, "{} {}", error(&a), error(&c));
    assert_ne!(error(&a), 0.0);
}

#[test]
fn samples_inside_a_long_step_are_taken() {
    let plan = with_sensors(|_| {});
    let mut cabin = habitat(&plan, 1);
    cabin.step(3_600.0).unwrap();
    assert_eq!(cabin.state().sensors.samples, 7);
    assert_eq!(cabin.t_s(), 3_600.0);
}

/// A snapshot goes on with the same readings; a fork has noise and faults of its own.
#[test]
fn readings_are_bits_too_and_a_fork_has_its_own() {
    let plan = with_sensors(|s| s.rate_factor = 1_000.0);
    let mut cabin = habitat(&plan, 3);
    live(&mut cabin, 3.0, 600.0);
    let mut back = Habitat::restore(Arc::clone(&plan), &cabin.snapshot()).unwrap();
    let mut fork = cabin.fork(1);
    live(&mut cabin, 3.0, 600.0);
    live(&mut back, 3.0, 600.0);
    live(&mut fork, 3.0, 600.0);
    assert_eq!(back.hash(), cabin.hash());
    let faults = |cabin: &Habitat| -> Vec<u64> {
        cabin.state().sensors.sensors.iter().map(|s| s.faults).collect()
    };
    let sum = faults(&cabin).iter().sum::<u64>();
    assert!(sum > 40, "{sum}");
    assert_ne!(faults(&cabin), faults(&fork));
}

#[test]
fn faults_of_instruments_that_do_not_exist_are_refused() {
    let mut model = scenario::load("cabin-30d").unwrap().scenario;
    let bad = event("living.air.mood", 1.0, SensorMode::Stuck);
    model.sensors = Some(Sensors { events: vec![bad], ..Sensors::default() });
    assert_eq!(scenario::check(&model).unwrap_err().path, "sensors.event[0].sensor");
    let error = Plan::compile(&model, [0; 32]).unwrap_err();
    assert!(matches!(error, PlanError::Unknown { .. }));
    assert!(error.to_string().contains("living.air.pp_co2_pa"), "{error}");
    let bias = SensorEvent { offset: None, ..event(CO2, 1.0, SensorMode::Bias) };
    model.sensors = Some(Sensors { events: vec![bias], ..Sensors::default() });
    assert_eq!(scenario::check(&model).unwrap_err().path, "sensors.event[0].offset");
}

/// An instrument that is stuck from the start shows what there was then.
#[test]
fn stuck_from_the_start_is_not_zero() {
    let plan = with_sensors(|s| s.events = vec![event(CO2, 0.0, SensorMode::Stuck)]);
    let cabin = habitat(&plan, 1);
    assert!((value(&cabin, SENSED_CO2) - 267.0).abs() < 60.0, "{}", value(&cabin, SENSED_CO2));
}

/// What has fallen silent stays so until it is calibrated, whatever fails after it.
#[test]
fn a_silent_instrument_stays_silent() {
    let plan = with_sensors(|s| s.rate_factor = 1_000.0);
    let mut silent = 0;
    for seed in 0..4 {
        let mut cabin = habitat(&plan, seed);
        let mut out = vec![false; cabin.state().sensors.sensors.len()];
        for _ in 0..720 {
            cabin.step(3_600.0).unwrap();
            for (sensor, out) in cabin.state().sensors.sensors.iter().zip(&mut out) {
                assert!(!*out || sensor.mode == 2);
                *out = sensor.mode == 2;
            }
        }
        silent += out.iter().filter(|out| **out).count();
    }
    assert!(silent > 40, "{silent}");
}

/// Without a time of their own instruments are read once a decision.
#[test]
fn samples_follow_the_decisions() {
    let plan = changed("cabin-30d", |s| {
        s.decision_s = 300.0;
        s.sensors = Some(Sensors::default());
    });
    assert_eq!(plan.sensors.sample_s, 300.0);
    let own = changed("cabin-30d", |s| {
        s.sensors = Some(Sensors { sample_s: Some(60.0), ..Sensors::default() });
    });
    assert_eq!(own.sensors.sample_s, 60.0);
}
