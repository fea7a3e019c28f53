//! Another number of people in a scenario.

use super::error::{Kind, Problem};
use super::{CREW_MAX, Scenario, check};

impl Scenario {
    /// The scenario with `people` people, checked again.
    ///
    /// The first people of the file stay; more than it names are the same ones again, in order, called
    /// `NAME_2`, `NAME_3` and so on. What is sized by the crew goes with their number: food, lithium hydroxide and
    /// the production that oxygen generators start with, the last not beyond what they can make. Tanks,
    /// machines and power stay as they are, so that many people are harder to keep than few.
    ///
    /// # Errors
    /// A [`Problem`] when nobody lives in the scenario, `people` is not from 1 to [`CREW_MAX`], or [`check`] refuses the
    /// result.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::scenario;
    /// let model = scenario::load("cabin-30d")?.scenario;
    /// let six = model.with_crew(6).unwrap();
    /// assert_eq!(six.crew[4].name, "amina_2");
    /// assert_eq!(six.stores.food_dry_kg, 1.5 * model.stores.food_dry_kg);
    /// assert!(model.with_crew(0).is_err());
    /// # Ok::<(), scenario::ScenarioError>(())
    /// ```
    /// # Tests
    /// `difficulties` in this crate.
    pub fn with_crew(&self, people: usize) -> Result<Scenario, Box<Problem>> {
        let problem = |what: &str, found: String, allowed: String| {
            Err(Problem::new(Kind::Inconsistent, "crew", what, found, allowed))
        };
        let before = self.crew.len();
        if before == 0 {
            return problem("no people to take", "nobody".into(), "a scenario with people".into());
        }
        if !(1..=CREW_MAX).contains(&people) {
            return problem("number of people", people.to_string(), format!("1 to {CREW_MAX}"));
        }
        let mut model = self.clone();
        model.crew = (0..people)
            .map(|place| {
                let mut person = self.crew[place % before].clone();
                if place >= before {
                    person.name = format!("{}_{}", person.name, place / before + 1);
                }
                person
            })
            .collect();
        let factor = people as f64 / before as f64;
        model.stores.food_dry_kg *= factor;
        for lioh in &mut model.lioh {
            lioh.lioh_kg *= factor;
        }
        for oga in &mut model.oga {
            oga.o2_kg_d = (oga.o2_kg_d * factor).min(oga.o2_max_kg_d.max(oga.o2_kg_d));
        }
        check(&model)?;
        Ok(model)
    }
}
