//! Units fail by hazard and by scenario, are repaired by people with spares, and a fork does not know.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use std::sync::Arc;

use common::{
    TOLERANCE, assert_closed, assert_physical, changed, command, failure, habitat, live, shipped,
    value,
};
use lunar_habitat_habitat::fault::{FaultError, Kind, Mode};
use lunar_habitat_habitat::scenario::{FaultEvent, FaultMode, Faults, Scenario};
use lunar_habitat_habitat::{Habitat, Plan, StreamKey};

fn key(run: u64) -> StreamKey {
    StreamKey { run, ..StreamKey::default() }
}

fn with_faults(change: impl FnOnce(&mut Faults)) -> Arc<Plan> {
    changed("cabin-30d", |s: &mut Scenario| {
        let mut faults = Faults::default();
        change(&mut faults);
        s.faults = Some(faults);
    })
}

fn event(unit: &str, at_h: f64, mode: FaultMode) -> FaultEvent {
    FaultEvent { unit: unit.into(), at_h, mode, ..FaultEvent::default() }
}

/// A cabin in which nothing fails but what is placed, and nobody repairs.
fn placed(events: &[FaultEvent]) -> Habitat {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.spares = 0;
        f.events = events.to_vec();
    });
    habitat(&plan, 1)
}

fn failures(cabin: &Habitat) -> u64 {
    cabin.state().faults.units.iter().map(|f| f.failures).sum()
}

/// The field rate of the six units with published figures is 1.2 failures in thirty days
/// (physics::reliability); the others add to it.
#[test]
fn failures_come_at_the_field_rate() {
    let plan = with_faults(|_| {});
    let month = |kinds: &[Kind]| -> f64 {
        let units =
            plan.faults.units.iter().filter(|unit| kinds.is_empty() || kinds.contains(&unit.kind));
        units.map(|unit| unit.hazard_per_s * 30.0 * 86_400.0).sum()
    };
    let known = month(&[Kind::Cdra, Kind::Ccaa, Kind::Oga, Kind::Wpa, Kind::Upa, Kind::Sabatier]);
    assert!((known - 1.196).abs() < 0.001, "{known}");
    let all = month(&[]);
    let runs = 300;
    let mut sum = 0;
    for run in 0..runs {
        let mut cabin = habitat(&plan, run);
        live(&mut cabin, 30.0, 3_600.0);
        sum += failures(&cabin);
    }
    let mean = sum as f64 / runs as f64;
    // Poisson: three standard errors of the mean.
    assert!((mean - all).abs() < 3.0 * (all / runs as f64).sqrt(), "{mean} {all}");
}

#[test]
fn a_placed_failure_stops_the_unit_and_a_repair_brings_it_back() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.events = vec![event("living.cdra", 24.0, FaultMode::Failed)];
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 0.0);
    live(&mut cabin, 3.0 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 2.0);
    assert_eq!(value(&cabin, "living.cdra.power_w"), 0.0);
    live(&mut cabin, 3.5 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 0.0);
    assert_eq!(value(&cabin, "living.cdra.spares"), 0.0);
    assert!((cabin.state().faults.spent_h - 6.0).abs() < 1e-6);
    live(&mut cabin, 0.5, 60.0);
    assert!(value(&cabin, "living.cdra.power_w") > 0.0);
}

/// Two failures of one unit cost two spares, however long the first repair is put off: the second waits in the unit
/// until it works again.
#[test]
fn a_repair_put_off_past_the_second_failure_does_not_save_its_spare() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.spares = 2;
        f.crew_h_per_week = 168.0;
        f.events = [24.0, 48.0].map(|at_h| event("living.cdra", at_h, FaultMode::Failed)).to_vec();
    });
    let count = |cabin: &Habitat| {
        let of = |quantity: &str| value(cabin, &format!("living.cdra.{quantity}"));
        (of("fault"), of("failures"), of("spares"))
    };
    let mut prompt = habitat(&plan, 1);
    let mut late = habitat(&plan, 1);
    command(&mut late, "living.cdra.set_repair", 0.0);
    live(&mut prompt, 1.5, 60.0);
    live(&mut late, 1.5, 60.0);
    assert_eq!((count(&prompt), count(&late)), ((0.0, 1.0, 1.0), (2.0, 1.0, 2.0)));
    live(&mut prompt, 1.0, 60.0);
    live(&mut late, 1.0, 60.0);
    assert_eq!((count(&prompt), count(&late)), ((0.0, 2.0, 0.0), (2.0, 1.0, 2.0)));

    command(&mut late, "living.cdra.set_repair", 1.0);
    let mut worked = 0;
    for _ in 0..(14 * 60) {
        let was = count(&late);
        late.step(60.0).unwrap();
        worked += u64::from(count(&late).0 == 0.0 && count(&late).1 < 2.0);
        assert!(was.0 != 0.0 || was.1 == 2.0 || count(&late).0 == 2.0, "the next step strikes it");
    }
    assert_eq!(worked, 1, "it works for the step of its repair");
    assert_eq!(count(&late), (0.0, 2.0, 0.0));
    assert!((late.state().faults.spent_h - 12.0).abs() < 1e-6);
    // Nothing is left to come.
    live(&mut late, 2.0, 60.0);
    assert_eq!(count(&late), (0.0, 2.0, 0.0));
    assert_closed(&late);
}

/// What waits is in a snapshot, and what adds up does not wait: a hole comes through a wall that has one.
#[test]
fn what_waits_is_kept_and_what_adds_up_does_not_wait() {
    let hole = |at_h: f64| {
        let hole = event("living.hull", at_h, FaultMode::Leaking);
        FaultEvent { hole_mm: Some(1.0), ..hole }
    };
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.spares = 2;
        f.crew_h_per_week = 168.0;
        f.events = vec![
            hole(1.0),
            hole(2.0),
            event("living.fans", 1.0, FaultMode::Degraded),
            event("living.fans", 2.0, FaultMode::Degraded),
            event("living.fans", 3.0, FaultMode::Degraded),
        ];
    });
    let mut cabin = habitat(&plan, 1);
    for id in ["living.hull.set_repair", "living.fans.set_repair"] {
        command(&mut cabin, id, 0.0);
    }
    live(&mut cabin, 1.5 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.fans.fault"), 1.0);
    let one_m2 = value(&cabin, "living.hull.holes_m2");
    live(&mut cabin, 2.5 / 24.0, 60.0);
    assert!((value(&cabin, "living.hull.holes_m2") / one_m2 - 2.0).abs() < 1e-9);
    // The second one finds it degraded and finishes it, the third one waits.
    assert_eq!(
        (value(&cabin, "living.fans.fault"), value(&cabin, "living.fans.failures")),
        (2.0, 2.0)
    );

    command(&mut cabin, "living.fans.set_repair", 1.0);
    let mut back = Habitat::restore(Arc::clone(&plan), &cabin.snapshot()).unwrap();
    for one in [&mut cabin, &mut back] {
        live(one, 6.5 / 24.0, 60.0);
        assert_eq!(
            (value(one, "living.fans.fault"), value(one, "living.fans.failures")),
            (1.0, 3.0)
        );
    }
    assert_eq!(back.hash(), cabin.hash());
    assert_closed(&cabin);
}

/// In a peer simulator repair acts on the wrong target, clearing several malfunctions at once crashes,
/// and malfunctions survive a reset.
#[test]
fn biosim_8_repair_hits_its_target_and_nothing_survives_a_new_start() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.crew_h_per_week = 168.0;
        f.events = ["living.cdra", "living.oga", "laboratory.upa"]
            .map(|unit| event(unit, 1.0, FaultMode::Failed))
            .to_vec();
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 2.0 / 24.0, 60.0);
    let failed = |cabin: &Habitat| -> Vec<String> {
        let units = cabin.state().faults.units.iter().zip(&cabin.plan().faults.units);
        units.filter(|(f, _)| f.mode != 0).map(|(_, u)| u.unit.clone()).collect()
    };
    assert_eq!(failed(&cabin), ["living.cdra", "living.oga", "laboratory.upa"]);
    // 6 h each, one after the other, in the declared order.
    live(&mut cabin, 6.0 / 24.0, 60.0);
    assert_eq!(failed(&cabin), ["living.oga", "laboratory.upa"]);
    live(&mut cabin, 12.0 / 24.0, 60.0);
    assert!(failed(&cabin).is_empty());
    assert!(failed(&habitat(&plan, 1)).is_empty());
}

/// A fork taken one minute before a seeded failure does not predict it.
#[test]
fn a_fork_one_minute_before_a_failure_does_not_foresee_it() {
    let plan = with_faults(|f| f.rate_factor = 10.0);
    let mut foreseen = 0;
    let mut looked = 0;
    for run in 0..40 {
        let mut cabin = habitat(&plan, run);
        let mut before = cabin.clone();
        let mut steps = 0;
        while failures(&cabin) == 0 && steps < 43_200 {
            before = cabin.clone();
            cabin.step(60.0).unwrap();
            steps += 1;
        }
        if failures(&cabin) == 0 {
            continue;
        }
        looked += 1;
        let mut fork = before.fork(run);
        fork.step(60.0).unwrap();
        foreseen += failures(&fork);
    }
    assert!(looked > 30, "{looked}");
    // Twelve failures in thirty days are 0.0003 a minute.
    assert_eq!(foreseen, 0);
}

#[test]
fn the_account_closes_with_every_fault_on() {
    let plan = changed("artemis-30d", |s| {
        s.faults.as_mut().unwrap().rate_factor = 30.0;
    });
    for run in 0..4 {
        let mut cabin = habitat(&plan, run);
        live(&mut cabin, 30.0, 60.0);
        assert!(failures(&cabin) > 5);
        assert_closed(&cabin);
    }
}

#[test]
fn faults_are_bits_too() {
    let plan = shipped("artemis-30d");
    let mut cabin = habitat(&plan, 3);
    live(&mut cabin, 10.0, 60.0);
    let mut back = Habitat::restore(Arc::clone(&plan), &cabin.snapshot()).unwrap();
    live(&mut cabin, 10.0, 60.0);
    live(&mut back, 10.0, 60.0);
    assert_eq!(back.hash(), cabin.hash());
}

/// Beds that do not change places fill up: valves that do not move end the removal of CO2.
#[test]
fn stuck_valves_end_the_removal_of_co2() {
    let mut stuck = placed(&[event("living.cdra", 24.0, FaultMode::Stuck)]);
    let mut sound = placed(&[]);
    live(&mut stuck, 4.0, 60.0);
    live(&mut sound, 4.0, 60.0);
    let pa = |cabin: &Habitat| value(cabin, "living.air.pp_co2_pa");
    assert!(pa(&stuck) > 2.0 * pa(&sound), "{} {}", pa(&stuck), pa(&sound));
    assert_eq!(value(&stuck, "living.cdra.phase_s"), 144.0 * 60.0);
    // Switching it off does not reach it.
    command(&mut stuck, "living.cdra.set_on", 0.0);
    assert_eq!(value(&stuck, "living.cdra.set_on"), 1.0);
    assert_closed(&stuck);
}

#[test]
fn a_stuck_unit_takes_no_command_and_a_slow_one_takes_its_time() {
    let mut cabin = placed(&[
        event("living.oga", 1.0, FaultMode::Stuck),
        event("living.ccaa", 1.0, FaultMode::Slow),
    ]);
    live(&mut cabin, 2.0 / 24.0, 60.0);
    let (oga, ccaa) = ("living.oga.set_o2_mol_s", "living.ccaa.set_t_k");
    let before = (value(&cabin, oga), value(&cabin, ccaa));
    command(&mut cabin, oga, 0.0);
    command(&mut cabin, ccaa, before.1 + 10.0);
    assert_eq!((value(&cabin, oga), value(&cabin, ccaa)), before);
    // A minute of dead time and 25 K of range in an hour: 13 min move it by 5 K.
    live(&mut cabin, 13.0 / 1_440.0, 60.0);
    assert!((value(&cabin, ccaa) - before.1 - 5.0).abs() < 1e-6);
    live(&mut cabin, 0.5 / 24.0, 60.0);
    assert!((value(&cabin, ccaa) - before.1 - 10.0).abs() < 1e-9);
    assert_eq!(value(&cabin, oga), before.0);
    // Repair is commanded to people.
    command(&mut cabin, "living.oga.set_repair", 0.0);
    assert_eq!(value(&cabin, "living.oga.set_repair"), 0.0);
}

/// The reference's example (life support, hazards): 100 m3 at 101.3 kPa with a hole of 10 mm are at 55.2 kPa
/// after 64.7 min.
#[test]
fn a_hole_lets_out_what_the_orifice_law_says() {
    let plan = changed("leak-box", |s: &mut Scenario| {
        s.zones[0].hole_diameter_m = 0.0;
        let mut hole = event("box.hull", 1.0, FaultMode::Leaking);
        hole.hole_mm = Some(10.0);
        s.faults = Some(Faults { rate_factor: 0.0, events: vec![hole], ..Faults::default() });
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0 / 24.0, 10.0);
    assert!((value(&cabin, "box.air.p_total_pa") / 101_325.0 - 1.0).abs() < 1e-3);
    let mut minutes = 0.0;
    while value(&cabin, "box.air.p_total_pa") > 55_200.0 {
        cabin.step(6.0).unwrap();
        minutes += 0.1;
    }
    assert!((minutes / 64.7 - 1.0_f64).abs() < 0.01, "{minutes}");
    assert_closed(&cabin);
}

/// People patch a hole in two hours, whatever time they have left for repairs, and pay for it later.
#[test]
fn a_hole_is_patched_first() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.crew_h_per_week = 0.0;
        let hole = event("living.hull", 24.0, FaultMode::Leaking);
        f.events = vec![
            event("living.cdra", 24.0, FaultMode::Failed),
            FaultEvent { hole_mm: Some(4.0), ..hole },
        ];
    });
    let mut cabin = habitat(&plan, 1);
    live(&mut cabin, 1.0 + 1.9 / 24.0, 60.0);
    assert!(value(&cabin, "living.hull.holes_m2") > 1.2e-5);
    live(&mut cabin, 0.2 / 24.0, 60.0);
    assert_eq!(value(&cabin, "living.hull.holes_m2"), 0.0);
    assert_eq!(value(&cabin, "living.hull.spares"), 3.0);
    assert!((cabin.state().faults.crew_h + 2.0).abs() < 1e-6);
    live(&mut cabin, 1.0, 60.0);
    assert_eq!(value(&cabin, "living.cdra.fault"), 2.0);
    assert_closed(&cabin);
}

/// In a peer simulator a leaking tank that is repaired is full again.
#[test]
fn biosim_8_a_mended_tank_is_not_fuller() {
    let plan = with_faults(|f| {
        f.rate_factor = 0.0;
        f.events = vec![
            event("stores.n2_tank", 10.0, FaultMode::Leaking),
            event("stores.potable_tank", 10.0, FaultMode::Leaking),
        ];
    });
    let mut cabin = habitat(&plan, 1);
    let mut sound = placed(&[]);
    live(&mut cabin, 15.9 / 24.0, 60.0);
    live(&mut sound, 15.9 / 24.0, 60.0);
    let (leaking, whole) = (cabin.state().stores.clone(), sound.state().stores.clone());
    // 5.9 h: 5.7 % of the nitrogen, 5.9 kg of water.
    assert!((leaking.n2_mol / whole.n2_mol - 0.943).abs() < 0.002);
    let film_kg = |cabin: &Habitat| -> f64 {
        cabin.state().zones.iter().map(|z| z.film_mol * 18.015e-3).sum()
    };
    assert!(film_kg(&cabin) > 1.0 && film_kg(&sound) == 0.0, "{}", film_kg(&cabin));
    live(&mut cabin, 0.2 / 24.0, 60.0);
    assert_eq!(value(&cabin, "stores.n2_tank.fault"), 0.0);
    assert!(cabin.state().stores.n2_mol <= leaking.n2_mol);
    assert_closed(&cabin);
}

/// Every mode of every unit alone for two days: the account closes, and every number stays one that can be.
#[test]
fn the_account_closes_in_every_mode_of_every_unit() {
    let base = shipped("artemis-30d");
    for unit in &base.faults.units {
        for (pick, (mode, _)) in unit.kind.modes().iter().enumerate() {
            let plan = changed("artemis-30d", |s| {
                let faults = s.faults.as_mut().unwrap();
                faults.rate_factor = 0.0;
                faults.spares = 0;
                faults.events = vec![failure(unit, 6.0, pick)];
            });
            let mut cabin = habitat(&plan, 1);
            live(&mut cabin, 2.0, 60.0);
            let worst = cabin.mass_residual_max().max(cabin.energy_residual_max());
            assert!(worst < TOLERANCE, "{} {} {worst}", unit.unit, mode.name());
            assert_physical(&cabin);
        }
    }
}

/// Small holes are many, large ones few: the draws follow the flux.
#[test]
fn holes_come_by_the_flux() {
    let plan = changed("cabin-30d", |s: &mut Scenario| {
        s.zones[0].exposed_m2 = 400.0;
        s.faults = Some(Faults { rate_factor: 100.0, ..Faults::default() });
    });
    let hull = &plan.faults.units[0];
    assert_eq!((hull.kind, hull.unit.as_str()), (Kind::Hull, "living.hull"));
    let month = hull.hazard_per_s * 30.0 * 86_400.0;
    let runs = 200;
    let mut sum = 0;
    for run in 0..runs {
        let mut faults = lunar_habitat_habitat::fault::Faults::new(&plan.faults, key(run));
        for hour in 0..720 {
            faults.pass(&plan.faults, key(run), f64::from(hour) * 3_600.0, 3_600.0, 0.0);
        }
        sum += faults.units[0].failures;
    }
    let mean = sum as f64 / runs as f64;
    assert!((mean - month).abs() < 3.0 * (month / runs as f64).sqrt(), "{mean} {month}");
}

/// A failure that a unit cannot have is refused before anything runs, with the modes it can have.
#[test]
fn impossible_failures_are_refused() {
    let refused = |events: &str| {
        let text =
            format!("schema = 1\nextends = \"cabin-30d\"\nname = \"x\"\n[faults]\n{events}\n");
        lunar_habitat_habitat::scenario::parse("x.toml", &text).unwrap_err().to_string()
    };
    let mode = refused("[[faults.event]]\nunit = \"living.tccs\"\nat_h = 1.0\nmode = \"leaking\"");
    assert!(mode.contains("`degraded`, `failed`, `stuck`"), "{mode}");
    let size = refused("[[faults.event]]\nunit = \"living.hull\"\nat_h = 1.0\nmode = \"leaking\"");
    assert!(size.contains("hole_mm"), "{size}");
    let wall = refused("[[faults.event]]\nunit = \"living.oga\"\nat_h = 1.0\nhole_mm = 2.0");
    assert!(wall.contains("hull"), "{wall}");
    let amount = refused("[[faults.event]]\nunit = \"living.oga\"\nat_h = 1.0\namount = 0.5");
    assert!(amount.contains("habitat.array"), "{amount}");
    let unit = refused("[[faults.event]]\nunit = \"living.ogre\"\nat_h = 1.0");
    assert!(unit.contains("`living.oga`"), "{unit}");
}

/// Two of four are ill for a week: they breathe more, and the time for repair comes in half as fast.
#[test]
fn the_ill_breathe_more_and_do_not_work() {
    let plan = changed("cabin-30d", |s: &mut Scenario| {
        s.crew_habits.daily_variation = 0.0;
        s.faults = Some(Faults { rate_factor: 0.0, ..Faults::default() });
        for member in &mut s.crew[..2] {
            member.illness = Some(lunar_habitat_habitat::scenario::Illness {
                from_h: 24.0,
                to_h: 192.0,
                metabolic_factor: 1.4,
            });
        }
    });
    let mut cabin = habitat(&plan, 1);
    let used = |cabin: &mut Habitat, person: usize| -> f64 {
        let mut mol = 0.0;
        for _ in 0..1_440 {
            cabin.step(60.0).unwrap();
            mol += cabin.state().crew[person].o2_mol_s * 60.0;
        }
        mol
    };
    let healthy = used(&mut cabin, 0);
    assert_eq!(value(&cabin, "crew.amina.ill"), 0.0);
    let ill = used(&mut cabin, 0);
    assert_eq!(value(&cabin, "crew.amina.ill"), 1.0);
    assert!((ill / healthy - 1.4).abs() < 1e-6, "{}", ill / healthy);
    let mut faults = cabin.state().faults.clone();
    faults.crew_h = 0.0;
    let of = |hands: f64| {
        let mut copy = faults.clone();
        copy.pass(&plan.faults, key(1), 0.0, 3_600.0, hands);
        copy.crew_h
    };
    assert!((of(0.5) / of(1.0) - 0.5).abs() < 1e-12);
    live(&mut cabin, 7.0, 60.0);
    assert_eq!(value(&cabin, "crew.amina.ill"), 0.0);
    assert_closed(&cabin);
}

/// Who runs a habitat and breaks a unit gets what the scenario gets that places the failure there.
#[test]
fn a_failure_from_outside_is_one_that_the_scenario_places() {
    for (unit, mode, word) in [
        ("living.cdra", Mode::Failed, FaultMode::Failed),
        ("living.ccaa", Mode::Degraded, FaultMode::Degraded),
        ("living.oga", Mode::Leaking, FaultMode::Leaking),
    ] {
        let mut planned = placed(&[event(unit, 6.0, word)]);
        let mut struck = placed(&[]);
        let mut rows = [Vec::new(), Vec::new()];
        for minute in 0..12 * 60 {
            if minute == 6 * 60 {
                let units = &struck.plan().faults.units;
                let at = units.iter().position(|one| one.unit == unit).unwrap();
                struck.fail(at, mode, 0.0).unwrap();
            }
            planned.step(60.0).unwrap();
            struck.step(60.0).unwrap();
        }
        for (row, cabin) in rows.iter_mut().zip([&planned, &struck]) {
            row.resize(cabin.catalogue().len(), 0.0);
            cabin.read(row);
        }
        assert_eq!(failures(&struck), 1);
        assert_eq!(rows[0], rows[1], "{unit} {word:?}");
        assert_closed(&struck);
    }
}

#[test]
fn a_failure_from_outside_has_to_be_possible() {
    let mut cabin = placed(&[]);
    let before = cabin.hash();
    let at = |unit: &str| cabin.plan().faults.units.iter().position(|u| u.unit == unit).unwrap();
    let (cdra, hull) = (at("living.cdra"), at("living.hull"));
    assert!(matches!(cabin.fail(1_000, Mode::Failed, 0.0), Err(FaultError::Unit { .. })));
    let error = cabin.fail(cdra, Mode::Dusty, 0.1).unwrap_err().to_string();
    assert_eq!(error, "`living.cdra` cannot be dusty; it can be degraded, failed, stuck, leaking");
    for amount in [f64::NAN, -1.0, 1.0, 0.0, -0.0, 0.010_001] {
        assert!(matches!(cabin.fail(hull, Mode::Leaking, amount), Err(FaultError::Amount { .. })));
    }
    for amount in [f64::NAN, -1.0, 0.5, 1e-300] {
        let error = cabin.fail(cdra, Mode::Failed, amount).unwrap_err().to_string();
        assert!(error.ends_with("allowed is no amount"), "{error}");
    }
    assert_eq!(cabin.hash(), before);
    cabin.fail(hull, Mode::Leaking, 0.01).unwrap();
    cabin.fail(cdra, Mode::Failed, 0.0).unwrap();
    assert_eq!(failures(&cabin), 2);
}
