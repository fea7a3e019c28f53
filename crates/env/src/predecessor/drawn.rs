//! Numbers that a mission draws anew for every episode, beside what a configuration says.
//!
//! What the configuration says is not drawn any more, and what it asks for at least is not drawn below that. A number
//! whose owner is gone, such as the mass of a person who does not come along, is not drawn either.

use habitat::scenario::{Drawn, Scenario, Vary};

/// Keys that a conversion sets; of a list every element.
const SET: &[&str] = &[
    "duration_days",
    "atmosphere.pressure_pa",
    "atmosphere.o2_fraction",
    "atmosphere.temperature_k",
    "zone.*.volume_m3",
    "zone.*.structure_j_k",
    "zone.*.structure_w_k",
    "zone.*.cover_m2",
    "zone.*.exposed_m2",
    "zone.*.fan_w",
    "zone.*.heater_w",
    "zone.*.heater_set_k",
    "acs.*.p_total_pa",
    "acs.*.pp_o2_pa",
    "ccaa.*.set_point_k",
    "power.array_m2",
    "power.battery_kwh",
    "power.fuel_cell_kw",
    "stores.potable_kg",
    "stores.potable_capacity_kg",
];

/// Whether a conversion sets the number behind `key`.
fn is_set(key: &str) -> bool {
    let fits = |set: &&str| {
        let (mut ours, mut theirs) = (set.split('.'), key.split('.'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == "*" || a == b => {}
                _ => return false,
            }
        }
    };
    SET.iter().any(fits)
}

/// Put `vary` into `scenario` as far as it still holds; the keys that are drawn no more.
pub(super) fn keep(scenario: &mut Scenario, vary: Vec<Vary>, least_o2_kg: f64) -> Vec<String> {
    let mut gone = Vec::new();
    for mut entry in vary {
        if entry.key == "stores.o2_kg" {
            entry.low = entry.low.max(least_o2_kg);
            entry.high = entry.high.max(least_o2_kg);
        }
        let at = |value: f64| Drawn { key: entry.key.clone(), value };
        let holds = |value: f64| scenario.with(&[at(value)]).is_ok();
        if is_set(&entry.key) || !holds(entry.low) || !holds(entry.high) {
            gone.push(entry.key);
        } else {
            scenario.vary.push(entry);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use habitat::scenario;

    use super::*;

    fn vary(key: &str, low: f64, high: f64) -> Vary {
        Vary { key: key.into(), low, high }
    }

    #[test]
    fn what_is_set_and_what_is_gone_is_not_drawn() {
        let mut model = scenario::load("artemis-30d").unwrap().scenario.with_crew(2).unwrap();
        model.vary = Vec::new();
        let all = vec![
            vary("stores.potable_kg", 100.0, 140.0),
            vary("zone.quarters.volume_m3", 50.0, 60.0),
            vary("crew.dmitri.mass_kg", 70.0, 80.0),
            vary("crew.amina.mass_kg", 60.0, 70.0),
            vary("power.fuel_cell_kwh", 100.0, 300.0),
            vary("stores.o2_kg", 5.0, 20.0),
        ];
        let gone = keep(&mut model, all, 9.0);
        assert_eq!(gone, ["stores.potable_kg", "zone.quarters.volume_m3", "crew.dmitri.mass_kg"]);
        let expected = [
            vary("crew.amina.mass_kg", 60.0, 70.0),
            vary("power.fuel_cell_kwh", 100.0, 300.0),
            vary("stores.o2_kg", 9.0, 20.0),
        ];
        assert_eq!(model.vary, expected);
        assert!(scenario::check(&model).is_ok());
    }

    #[test]
    fn every_key_that_is_set_is_a_number_of_the_mission() {
        let mut model = scenario::load("artemis-30d").unwrap().scenario;
        model.vary = Vec::new();
        for key in SET {
            let name = match key.split('.').next() {
                Some("zone") => "quarters",
                Some("acs") => "acs",
                _ => "ccaa",
            };
            let key = key.replace('*', name);
            // A value of no key: a number that exists is refused by its range, another one by its name.
            let problem = model.with(&[Drawn { key: key.clone(), value: -1.0 }]).unwrap_err();
            assert_ne!(problem.kind, scenario::Kind::UnknownName, "{key}");
            assert!(is_set(&key));
        }
        assert!(
            !is_set("power.fuel_cell_kwh") && !is_set("zone.living") && !is_set("stores.o2_kg")
        );
    }
}
