//! The cabin against published figures, by the simulator itself.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use common::{habitat, live, shipped, value};

/// SAE 2000-01-2345, 6-crew window of test hours 41.7 to 50: 3.223 torr. Tuned on.
#[test]
fn cdra_six_crew_window() {
    let plan = shipped("cdra-chamber-test");
    let mut chamber = habitat(&plan, 0);
    let (mut sum, mut count, mut low, mut high) = (0.0, 0.0, f64::INFINITY, 0.0_f64);
    while chamber.t_s() < (50.0 - 18.7) * 3_600.0 {
        chamber.step(60.0).unwrap();
        if chamber.t_s() > (41.7 - 18.7) * 3_600.0 {
            let torr = value(&chamber, "chamber.air.pp_co2_pa") / 133.322;
            sum += torr;
            count += 1.0;
            low = low.min(torr);
            high = high.max(torr);
        }
    }
    let mean: f64 = sum / count;
    assert!((mean / 3.223 - 1.0).abs() < 0.005, "{mean}");
    println!("ripple {low:.3} to {high:.3} torr, measured 3.00 to 3.50");
}

/// Ten axial cells and forty agree; one would not.
#[test]
fn the_number_of_cells_does_not_matter_from_ten_on() {
    let mean = |cells: usize| {
        let plan = common::changed("cdra-chamber-test", |s| s.cdra[0].cells = cells);
        let mut chamber = habitat(&plan, 0);
        live(&mut chamber, 0.8, 60.0);
        let mut sum = 0.0;
        for _ in 0..288 {
            chamber.step(60.0).unwrap();
            sum += value(&chamber, "chamber.air.pp_co2_pa");
        }
        sum / 288.0
    };
    let (ten, forty) = (mean(10), mean(40));
    assert!((ten / forty - 1.0).abs() < 0.01, "{ten} {forty}");
}

/// Life-support reference C-5: 267 to 400 Pa CO2 in 2.64 h, 21.3 to 19.5 kPa O2 in 31.5 h, ±1 %.
#[test]
fn c5_sealed_box() {
    let plan = shipped("sealed-box");
    let mut cabin = habitat(&plan, 0);
    let (mut co2_h, mut o2_h) = (None, None);
    while o2_h.is_none() && cabin.t_s() < 4.0 * 86_400.0 {
        cabin.step(60.0).unwrap();
        let hours = cabin.t_s() / 3_600.0;
        let zone = &plan.zones[0].name;
        if co2_h.is_none() && value(&cabin, &format!("{zone}.air.pp_co2_pa")) >= 400.0 {
            co2_h = Some(hours);
        }
        if value(&cabin, &format!("{zone}.air.pp_o2_pa")) <= 19_500.0 {
            o2_h = Some(hours);
        }
    }
    assert!((co2_h.unwrap() / 2.64 - 1.0_f64).abs() < 0.01, "{co2_h:?}");
    assert!((o2_h.unwrap() / 31.5 - 1.0_f64).abs() < 0.01, "{o2_h:?}");
}

/// Life-support reference C-6: 101.3 to 55.2 kPa through a 10 mm hole in 64.7 min, ±1 %.
#[test]
fn c6_leak_box() {
    let plan = shipped("leak-box");
    let mut cabin = habitat(&plan, 0);
    while value(&cabin, "box.air.p_total_pa") > 55_200.0 {
        cabin.step(10.0).unwrap();
    }
    let minutes = cabin.t_s() / 60.0;
    assert!((minutes / 64.7 - 1.0).abs() < 0.01, "{minutes}");
}
