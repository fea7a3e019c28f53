//! Ratings against what units show: instruments that do not err, of a habitat in which nothing fails.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::collections::BTreeMap;
use std::sync::Arc;

use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};

fn sound(name: &str) -> scenario::Scenario {
    let mut model = scenario::load(name).unwrap().scenario;
    model.sensors = None;
    model.faults = None;
    model
}

/// The most that each channel with a rating shows in so many days.
fn shown(model: &scenario::Scenario, days: u32) -> BTreeMap<String, (f64, f64)> {
    let plan = Arc::new(Plan::compile(model, scenario::hash(model).unwrap()).unwrap());
    let mut habitat = Habitat::new(Arc::clone(&plan), StreamKey::default());
    let find = |id: &str| plan.catalogue.find(id).unwrap();
    // A regulator that has something to do: more of both gases than there is.
    let sets = [("living.acs.set_p_total_pa", 62_000.0), ("living.acs.set_pp_o2_pa", 21_000.0)];
    for (id, value) in sets {
        let channel = find(id);
        let at = habitat.actuators().iter().position(|one| one.channel == channel).unwrap();
        habitat.command(at, value).unwrap();
    }
    let rated = plan.rated();
    let mut most: Vec<f64> = vec![0.0; rated.len()];
    for _ in 0..days * 1_440 {
        habitat.step(60.0).unwrap();
        for ((id, _), most) in rated.iter().zip(&mut most) {
            *most = most.max(habitat.value(find(id)).unwrap());
        }
    }
    rated.into_iter().zip(most).map(|((id, rated), most)| (id, (rated, most))).collect()
}

#[test]
fn units_at_full_rate_show_their_rating() {
    let shown = shown(&sound("artemis-30d"), 12);
    let ids = [
        "living.acs.sensed_o2_mol_s",
        "living.acs.sensed_n2_mol_s",
        "laboratory.upa.sensed_distillate_kg_s",
        "laboratory.wpa.sensed_water_kg_s",
        "habitat.power.sensed_source_w",
    ];
    for id in ids {
        let (rated, most) = shown[id];
        assert!((most / rated - 1.0).abs() < 0.02, "{id}: {most} of {rated}");
    }
    assert_eq!(shown["habitat.fuel_cell.sensed_electrolyser_w"].0, 15_000.0);
}

#[test]
fn what_has_no_single_rating_is_left_out() {
    let mut model = sound("artemis-30d");
    model.power.as_mut().unwrap().fission_kw = 10.0;
    model.power.as_mut().unwrap().electrolyser_kw = 0.0;
    let plan = Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap();
    assert!(plan.rated().iter().all(|(id, _)| !id.starts_with("habitat.")), "{:?}", plan.rated());
    // Without power of its own.
    let model = sound("cabin-30d");
    let plan = Plan::compile(&model, scenario::hash(&model).unwrap()).unwrap();
    assert!(plan.rated().iter().all(|(id, _)| !id.starts_with("habitat.")));
    assert!(plan.rated().iter().any(|(id, _)| id == "living.acs.sensed_n2_mol_s"));
}
