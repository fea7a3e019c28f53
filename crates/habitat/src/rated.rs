//! What instruments of a sound unit show while it works at full rate, from the scenario alone.

use physics::constants::DAY_S;
use physics::metabolism::REV2;
use physics::species::Gas;

use crate::layout::Layout;
use crate::power::PowerPlan;

/// Time between two looks at the sun, s.
const LOOK_S: f64 = 3_600.0;
/// Least share of the disc that counts as full light.
const FULL: f64 = 0.99;
/// Least over highest power in full light with which an array has one rating: one that sees the sun climb has none.
const EVEN: f64 = 0.95;

impl Layout {
    /// The measured channels of units with a rating, by id, each with what it shows at full rate.
    ///
    /// # Equation
    /// ```text
    /// acs            largest flow / molar mass of the gas                           [mol/s]
    /// upa            throughput · recovery · share of water in urine                [kg/s]
    /// wpa            throughput                                                     [kg/s]
    /// electrolyser   largest power                                                  [W]
    /// array          A·p at the highest sun in full light of the mission            [W]
    /// ```
    /// # Source
    /// Parameters of the scenario; water of urine as people make it, NASA BVAD rev 2 ([`physics::metabolism`]); the panel as in
    /// [`physics::photovoltaic`] with the dust of the start.
    /// # Valid range
    /// An array has a rating where its power in full light stays within 5 % and no fission unit feeds the same bus.
    /// # Outside the range
    /// It is left out, and so is every unit whose rating is zero.
    /// # Conserves
    /// Nothing is moved.
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{Plan, scenario};
    /// let loaded = scenario::load("artemis-30d")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// let rated = plan.rated();
    /// let of = |id: &str| rated.iter().find(|(other, _)| other == id).map(|(_, value)| *value);
    /// assert_eq!(of("habitat.fuel_cell.sensed_electrolyser_w"), Some(15_000.0));
    /// assert!(of("habitat.power.sensed_source_w").is_some_and(|w| (24e3..26e3).contains(&w)));
    /// assert!(rated.iter().all(|(id, _)| plan.catalogue.find(id).is_ok()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `rated::units_at_full_rate_show_their_rating`.
    #[must_use]
    pub fn rated(&self) -> Vec<(String, f64)> {
        let id = |zone: usize, unit: &str, quantity: &str| {
            let place = self.zones.get(zone).map_or("habitat", |zone| zone.name.as_str());
            format!("{place}.{unit}.sensed_{quantity}")
        };
        let mut rated = Vec::new();
        for unit in &self.acs {
            for (gas, quantity) in [(Gas::O2, "o2_mol_s"), (Gas::N2, "n2_mol_s")] {
                let most = unit.flow_max_kg_s / gas.molar_mass_kg_mol();
                rated.push((id(unit.zone, &unit.name, quantity), most));
            }
        }
        let water = REV2.urine_water_kg / (REV2.urine_water_kg + REV2.urine_solids_kg);
        for unit in &self.upa {
            let most = unit.rate_kg_s * unit.recovery * water;
            rated.push((id(unit.zone, &unit.name, "distillate_kg_s"), most));
        }
        for unit in &self.wpa {
            rated.push((id(unit.zone, &unit.name, "water_kg_s"), unit.rate_kg_s));
        }
        if let Some(power) = &self.power {
            let most = power.electrolyser_w;
            rated.push(("habitat.fuel_cell.sensed_electrolyser_w".to_owned(), most));
            if let Some(most) = self.array_w(power) {
                rated.push(("habitat.power.sensed_source_w".to_owned(), most));
            }
        }
        rated.retain(|(_, most)| *most > 0.0);
        rated
    }

    /// Power of the array in full light; none where it has no rating.
    fn array_w(&self, power: &PowerPlan) -> Option<f64> {
        if power.fission_w > 0.0 {
            return None;
        }
        let dust = self.scenario.power.as_ref().map_or(0.0, |model| model.dust_fraction);
        let looks = (self.scenario.duration_days * DAY_S / LOOK_S).ceil() as u64;
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for look in 0..looks {
            let light = power.site.sky(look as f64 * LOOK_S);
            if light.lit_fraction < FULL {
                continue;
            }
            let now_w = power.array_m2 * power.cells_w_m2(&light, dust);
            (least, most) = (least.min(now_w), most.max(now_w));
        }
        (least >= EVEN * most && most > 0.0).then_some(most)
    }
}
