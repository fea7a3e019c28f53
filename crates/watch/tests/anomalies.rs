//! Detectors, signals and rules: what each is for, and what it must leave alone.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;

use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};
use lunar_habitat_watch::WatchError;
use lunar_habitat_watch::alarm::{Overrides, State};
use lunar_habitat_watch::anomaly::{Detection, Facts, Lookout, Rule, Side, Signal, Term, rules_of};
use proptest::prelude::*;

const MINUTE_S: f64 = 60.0;

/// Noise between -1 and 1 that is the same each time.
fn noise(k: usize) -> f64 {
    let mut x = (k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x ^ (x >> 32)) >> 11) as f64 / 2.0_f64.powi(52) - 1.0
}

/// The first sample from `from` on at which the score reaches 1.
fn first(
    detection: Detection,
    from: usize,
    values: impl Fn(usize) -> f64,
    count: usize,
) -> Option<usize> {
    let mut detector = detection.build();
    let mut found = None;
    for k in 0..count {
        let score = detector.push(MINUTE_S * k as f64, values(k)).unwrap_or(0.0);
        if score >= 1.0 && found.is_none() {
            assert!(k >= from, "a false alarm at {k}");
            found = Some(k);
        }
    }
    found
}

#[test]
fn far_from_the_past_is_found_at_once_and_noise_is_not() {
    let past = Detection::Past {
        history_s: 43_200.0,
        absolute: 0.0,
        relative: 0.0,
        spreads: 8.0,
        side: Side::Both,
    };
    let steady = |k: usize| 50.0 + noise(k);
    assert_eq!(first(past, 0, steady, 5_000), None);
    let leap = |k: usize| steady(k) + if k >= 3_000 { 9.0 } else { 0.0 };
    assert_eq!(first(past, 3_000, leap, 3_100), Some(3_000));
}

#[test]
fn one_side_is_one_side() {
    let low = Detection::Past {
        history_s: 43_200.0,
        absolute: 3.0,
        relative: 0.0,
        spreads: 0.0,
        side: Side::Low,
    };
    let at =
        |sign: f64| move |k: usize| 50.0 + noise(k) + if k >= 2_000 { sign * 9.0 } else { 0.0 };
    assert_eq!(first(low, 2_000, at(-1.0), 2_100), Some(2_000));
    assert_eq!(first(low, 2_000, at(1.0), 2_100), None);
}

#[test]
fn an_anomaly_does_not_become_its_own_measure_before_it_is_the_rule() {
    let past = Detection::Past {
        history_s: 21_600.0,
        absolute: 3.0,
        relative: 0.0,
        spreads: 0.0,
        side: Side::Both,
    };
    let mut detector = past.build();
    let mut last = 0.0;
    let mut gone = None;
    for k in 0..3_000_usize {
        let value = 50.0 + noise(k) + if k >= 1_000 { 9.0 } else { 0.0 };
        last = detector.push(MINUTE_S * k as f64, value).unwrap_or(0.0);
        if k > 1_000 && last < 1.0 && gone.is_none() {
            gone = Some(k);
        }
    }
    // Six hours are 360 samples.
    assert!(gone.unwrap() > 1_350, "{gone:?}");
    assert!(last < 1.0, "after six hours of nothing else it is the new usual");
}

#[test]
fn the_same_number_again_and_again_is_an_instrument_that_is_stuck() {
    let flat = Detection::Flat { samples: 6, room: 0.0 };
    let stuck = |k: usize| 10.0 + noise(k.min(100));
    assert_eq!(first(flat, 101, stuck, 200), Some(105));
    assert_eq!(first(flat, 0, |k| 10.0 + noise(k), 5_000), None);
    // With room for noise: what drifts moves, what is held does not.
    let held = Detection::Flat { samples: 100, room: 1.5 };
    assert_eq!(first(held, 0, |k| 0.05 * k as f64 + 0.5 * noise(k), 5_000), None);
    let stops = |k: usize| 0.05 * k.min(2_000) as f64 + 0.5 * noise(k);
    assert!(first(held, 2_000, stops, 2_200).is_some());
}

#[test]
fn a_jump_stays_and_one_sample_that_is_off_is_none() {
    let step = Detection::Step { limit: 5.0, relative: 0.0, hold_s: 600.0 };
    let spike = |k: usize| noise(k) + if k.is_multiple_of(50) { 40.0 } else { 0.0 };
    assert_eq!(first(step, 0, spike, 1_000), None);
    let jump = |k: usize| noise(k) + if k >= 500 { 8.0 } else { 0.0 };
    assert_eq!(
        first(step, 500, jump, 600),
        Some(501),
        "two of the last three samples are behind it"
    );
    // A ramp that is slower than the limit is no jump.
    assert_eq!(first(step, 0, |k| 0.5 * k as f64, 1_000), None);
}

#[test]
fn a_band_says_how_far_outside() {
    let mut band = Detection::Band { low: 10.0, high: 20.0, scale: 2.0 }.build();
    let scores: Vec<f64> =
        [15.0, 10.0, 8.0, 22.0, 0.0].iter().map(|x| band.push(0.0, *x).unwrap()).collect();
    assert_eq!(scores, [0.0, 1.0, 2.0, 2.0, 6.0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, a score is a number from 0 on.
    #[test]
    fn scores_are_sound(values in prop::collection::vec(-1e6..1e6_f64, 50..400)) {
        for detection in [
            Detection::Band { low: -10.0, high: 10.0, scale: 1.0 },
            Detection::Past { history_s: 7_200.0, absolute: 1.0, relative: 0.1, spreads: 3.0, side: Side::Both },
            Detection::Flat { samples: 4, room: 0.0 },
            Detection::Step { limit: 5.0, relative: 0.0, hold_s: 300.0 },
        ] {
            let mut detector = detection.build();
            let mut said = 0;
            for (k, value) in values.iter().enumerate() {
                if let Some(score) = detector.push(60.0 * k as f64, *value) {
                    prop_assert!(score.is_finite() && score >= 0.0, "{:?} {}", detection, score);
                    said += 1;
                }
            }
            // A past needs an hour here.
            let is_young = values.len() <= 61 && matches!(detection, Detection::Past { .. });
            prop_assert!(said > 0 || is_young, "{:?}", detection);
        }
    }
}

fn channel(id: &str, kind: ValueKind, unit: Unit) -> Channel {
    Channel {
        id: id.into(),
        quantity: id.into(),
        unit,
        kind,
        limits: None,
        owner: id.rsplit_once('.').unwrap().0.into(),
        source: "test".into(),
    }
}

/// A tank with a flow out of it, and a switch.
fn tank() -> Catalogue {
    Catalogue::new(vec![
        channel("a.tank.sensed_content_mol", ValueKind::Sensed, Unit::Mole),
        channel("a.tank.sensed_out_mol_s", ValueKind::Sensed, Unit::MolePerSecond),
        channel("a.tank.set_on", ValueKind::Commanded, Unit::One),
    ])
    .unwrap()
}

/// The samples at which a lookout with one rule raises its alarm.
fn raised(rule: Rule, count: usize, row: impl Fn(usize) -> [f64; 3]) -> Vec<usize> {
    let mut lookout = Lookout::new(&tank(), vec![rule], &Overrides::default()).unwrap();
    let mut found = Vec::new();
    for k in 0..count {
        let transitions = lookout.push(MINUTE_S * k as f64, &row(k));
        let is_raise = transitions.iter().any(|one| {
            one.alarm == "a.tank.anomaly_x:caution_high" && one.to == State::Unacknowledged
        });
        if is_raise {
            found.push(k);
        }
    }
    found
}

fn balance() -> Signal {
    Signal {
        contents: vec![Term { scale: 1.0, factors: vec![(0, 1.0)] }],
        terms: vec![Term { scale: -1.0, factors: vec![(1, 1.0)] }],
        window_s: 7_200.0,
        smooth_s: 1_800.0,
        ..Signal::default()
    }
}

#[test]
fn a_balance_tells_a_leak_from_use() {
    let detection = Detection::Past {
        history_s: 43_200.0,
        absolute: 0.0,
        relative: 0.0,
        spreads: 8.0,
        side: Side::Low,
    };
    let rule = || Rule::new("a.tank", "x", "leak", balance(), detection);
    // Use changes all the time; the flow out of it explains all of it.
    let used = |k: usize| -> f64 { (0..k).map(|j| if j % 400 < 200 { 0.6 } else { 0.1 }).sum() };
    let row = |leak: f64| {
        move |k: usize| {
            let gone = leak * k.saturating_sub(2_500) as f64;
            let flow = if k % 400 < 200 { 0.01 } else { 0.1 / 60.0 };
            [5_000.0 + 2.0 * noise(k) - used(k) - gone, flow, 1.0]
        }
    };
    assert!(raised(rule(), 3_500, row(0.0)).is_empty());
    let found = raised(rule(), 3_500, row(0.1));
    assert!(found.first().is_some_and(|k| (2_500..2_800).contains(k)), "{found:?}");
}

#[test]
fn nothing_is_said_while_a_gate_is_shut() {
    let band = Detection::Band { low: 0.5, high: 2.0, scale: 0.1 };
    let signal = Signal::of(1).when(2, 0.5, 1.5).after(600.0, 0.0);
    let rule = Rule::new("a.tank", "x", "flow", signal, band).within(0.0);
    // Off from 100 to 200, with no flow in it and for five minutes after; broken from 300 on.
    let row = |k: usize| {
        let is_off = (100..200).contains(&k);
        let flow = if (100..205).contains(&k) || k >= 300 { 0.0 } else { 1.0 };
        [1.0, flow, if is_off { 0.0 } else { 1.0 }]
    };
    assert_eq!(raised(rule, 400, row), [300]);
}

#[test]
fn what_follows_the_rhythm_of_the_day_is_held_against_yesterday() {
    let detection = Detection::Past {
        history_s: 86_400.0,
        absolute: 5.0,
        relative: 0.0,
        spreads: 6.0,
        side: Side::Both,
    };
    let signal = Signal::of(0).after(0.0, 600.0).since_yesterday();
    let rule = || Rule::new("a.tank", "x", "content", signal.clone(), detection);
    let daily =
        |k: usize| 100.0 + 50.0 * (k as f64 / 1_440.0 * std::f64::consts::TAU).sin() + noise(k);
    assert!(raised(rule(), 8_000, |k| [daily(k), 0.0, 1.0]).is_empty());
    let found =
        raised(rule(), 8_000, |k| [daily(k) + if k >= 6_000 { 12.0 } else { 0.0 }, 0.0, 1.0]);
    assert!(found.first().is_some_and(|k| (6_000..6_030).contains(k)), "{found:?}");
}

#[test]
fn lost_samples_are_no_anomaly() {
    let flat = Detection::Flat { samples: 6, room: 0.0 };
    let rule = Rule::new("a.tank", "x", "stuck", Signal::of(0), flat).within(0.0);
    let row = |k: usize| {
        [if k.is_multiple_of(3) { f64::NAN } else { 100.0 + noise(k) }, f64::NAN, f64::NAN]
    };
    assert!(raised(rule, 500, row).is_empty());
}

#[test]
fn an_anomaly_is_an_alarm_that_overrides_move_and_people_acknowledge() {
    let band = Detection::Band { low: 0.0, high: 100.0, scale: 1.0 };
    let rule = || {
        Rule::new("a.tank", "x", "content", Signal::of(0), band)
            .within(0.0)
            .or(["a.pump".to_owned()])
    };
    let text = "[[alarm]]\nchannel = \"a.tank.anomaly_x\"\nbound = \"caution_high\"\nlimit = 3.0\n";
    let overrides = Overrides::parse(text).unwrap();
    let mut lookout = Lookout::new(&tank(), vec![rule()], &overrides).unwrap();
    assert!(lookout.push(0.0, &[101.5, 0.1, 1.0]).is_empty(), "2.5 is less than 3");
    let raised = lookout.push(60.0, &[103.0, 0.1, 1.0]).to_vec();
    assert_eq!(raised[0].alarm, "a.tank.anomaly_x:caution_high");
    assert_eq!(lookout.suspects(&raised[0].alarm), ["a.tank", "a.pump"]);
    assert_eq!(lookout.suspects("a.tank.sensed_content_mol:silent"), ["a.tank"]);
    lookout.alarms_mut().acknowledge(&raised[0].alarm, "amina").unwrap();
    assert_eq!(lookout.alarms().active()[0].state, State::Acknowledged);
    // A score has no instrument that could fall silent.
    let silent = |id: &str| lookout.alarms().state_of(id).is_ok();
    assert!(silent("a.tank.sensed_content_mol:silent") && !silent("a.tank.anomaly_x:silent"));
}

#[test]
fn the_alarm_of_a_score_ends_whatever_its_limit_is() {
    let band = Detection::Band { low: 0.0, high: 100.0, scale: 1.0 };
    let rules = || vec![Rule::new("a.tank", "x", "content", Signal::of(0), band).within(0.0)];
    let change = |rest: &str| {
        let channel = "[[alarm]]\nchannel = \"a.tank.anomaly_x\"\nbound = \"caution_high\"\n";
        let overrides = Overrides::parse(&format!("{channel}off_delay_s = 0.0\n{rest}")).unwrap();
        Lookout::new(&tank(), rules(), &overrides)
    };
    for (rest, limit, deadband) in [
        ("", 1.0, 0.1),
        ("limit = 0.05", 0.05, 0.005),
        ("limit = 3.0", 3.0, 0.3),
        ("limit = 3.0\ndeadband = 0.1", 3.0, 0.1),
    ] {
        let mut lookout = change(rest).unwrap();
        let plan = lookout.alarms().plan();
        let alarm = plan.alarms.iter().find(|one| one.id.contains("anomaly_x")).unwrap();
        assert!(alarm.limit == limit && (alarm.deadband - deadband).abs() < 1e-12, "{alarm:?}");
        assert_eq!(lookout.push(0.0, &[103.0, 0.1, 1.0]).len(), 1, "{rest}");
        assert_eq!(lookout.push(60.0, &[50.0, 0.1, 1.0]).len(), 1, "{rest}");
        assert_eq!(lookout.alarms().active()[0].state, State::Returned);
    }
    for (rest, quantity) in
        [("limit = 0.0", "limit"), ("limit = -1.0", "limit"), ("deadband = 1.5", "deadband")]
    {
        let found = change(rest).err();
        assert!(
            matches!(&found, Some(WatchError::Range { quantity: one, .. }) if *one == quantity),
            "{rest} {found:?}"
        );
    }
}

#[test]
fn a_time_that_is_refused_changes_nothing() {
    let step = Detection::Step { limit: 5.0, relative: 0.0, hold_s: 600.0 };
    let rules: Arc<[Rule]> = [
        Rule::new(
            "a.tank",
            "balance",
            "leak",
            balance(),
            Detection::Flat { samples: 6, room: 0.0 },
        ),
        Rule::new("a.tank", "x", "jump", Signal::of(0).after(120.0, 300.0), step).within(0.0),
    ]
    .into();
    let overrides = Overrides::default();
    let lookout = || Lookout::new(&tank(), Arc::clone(&rules), &overrides).unwrap();
    let (mut one, mut other) = (lookout(), lookout());
    let mut transitions = 0;
    for k in 0..600_usize {
        let t_s = MINUTE_S * k as f64;
        let row = [5_000.0 + noise(k) + if k >= 300 { 60.0 } else { 0.0 }, 0.0, 1.0];
        transitions += one.push(t_s, &row).len();
        other.push(t_s, &row);
        for refused_s in [t_s - 30.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(other.push(refused_s, &[9e9, 9e9, 0.0]).is_empty());
        }
        let bits = |lookout: &Lookout| -> Vec<u64> {
            lookout.scores().iter().map(|score| score.to_bits()).collect()
        };
        assert_eq!(bits(&one), bits(&other), "{k}");
    }
    assert!(transitions > 0 && one.alarms().snapshot() == other.alarms().snapshot());
    assert_eq!((one.alarms().refused(), other.alarms().refused()), (0, 2_400));
}

#[test]
fn another_lookout_goes_on_where_alarms_stood() {
    let band = Detection::Band { low: 0.0, high: 100.0, scale: 1.0 };
    let rules = || vec![Rule::new("a.tank", "x", "content", Signal::of(0), band).within(0.0)];
    let overrides = Overrides::default();
    let mut lookout = Lookout::new(&tank(), rules(), &overrides).unwrap();
    let id = "a.tank.anomaly_x:caution_high";
    lookout.push(0.0, &[110.0, 0.1, 1.0]);
    lookout.alarms_mut().acknowledge(id, "amina").unwrap();
    let mut snapshot = lookout.alarms().snapshot();
    // As a file keeps it.
    snapshot = serde_json::from_str(&serde_json::to_string(&snapshot).unwrap()).unwrap();
    let mut other = Lookout::restore(&tank(), rules(), &overrides, snapshot.clone()).unwrap();
    assert_eq!(other.alarms().active(), lookout.alarms().active());
    assert_eq!(other.suspects(id), ["a.tank"]);
    assert!(other.scores()[0].is_nan());
    assert!(other.push(-1.0, &[50.0, 0.1, 1.0]).is_empty() && other.alarms().refused() == 1);
    // Both see the same from there on.
    for k in 1..90 {
        let row = [50.0, 0.1, 1.0];
        let t_s = MINUTE_S * f64::from(k);
        assert_eq!(other.push(t_s, &row), lookout.push(t_s, &row));
    }
    assert_eq!(other.alarms().state_of(id).unwrap(), State::Normal);
    // An open alarm whose rule is gone is named.
    let lost = Lookout::restore(&tank(), Vec::new(), &overrides, snapshot).err();
    assert_eq!(lost, Some(WatchError::LostAlarm(id.to_owned())));
}

#[test]
fn rules_are_found_by_ids_and_hold_their_own_units_only() {
    let rules = rules_of(&tank(), &Facts::default());
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["a.tank.anomaly_stuck_content_mol", "a.tank.anomaly_stuck_out_mol_s"]);
    assert!(rules_of(&Catalogue::new(Vec::new()).unwrap(), &Facts::default()).is_empty());
    let limits = Some(Limits { caution_high: Some(1.0), ..Limits::default() });
    let on_true = Channel { limits, ..channel("a.b.c_k", ValueKind::True, Unit::Kelvin) };
    assert!(rules_of(&Catalogue::new(vec![on_true]).unwrap(), &Facts::default()).is_empty());
}
