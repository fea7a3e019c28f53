//! The scenarios inside the program, so that one file is all a machine needs.

/// A scenario inside the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Name on the command line.
    pub name: &'static str,
    /// One sentence for people; the file says the same.
    pub title: &'static str,
    /// The file, as it stands in `scenarios/`.
    pub text: &'static str,
}

macro_rules! shipped {
    ($name:literal, $title:literal) => {
        Shipped {
            name: $name,
            title: $title,
            text: include_str!(concat!("../../../../scenarios/", $name, ".toml")),
        }
    };
}

/// The scenarios inside the program, in the order they are listed to people.
pub const SHIPPED: &[Shipped] = &[
    shipped!("cabin-30d", "Cabin of the reference habitat, four crew, thirty days"),
    shipped!(
        "artemis-30d",
        "The reference habitat, four crew, thirty days at the south pole with 72 h of darkness"
    ),
    shipped!(
        "polar-darkness",
        "The reference cabin on array, battery and fuel cell through 120 h of darkness"
    ),
    shipped!(
        "equator-night",
        "The reference habitat at the equator through a night of 354 h, on a 1.5 kW fission unit"
    ),
    shipped!(
        "array-degradation",
        "Four fifths of the array die on the first day, dust falls on array and radiator; twenty days, 72 h of them dark"
    ),
    shipped!("cdra-failure", "CO2 removal fails on day 2, and for good on day 5; twelve days"),
    shipped!(
        "coolant-loop-failure",
        "The moderate coolant loop fails on day 1, and for good on day 3; the low loop at half on day 5; thirteen days"
    ),
    shipped!(
        "water-processor-failure",
        "The water processor fails on day 1, and for good on day 2; twenty days, 72 h of them dark"
    ),
    shipped!(
        "micrometeorite-leak",
        "Meteoroids hole the laboratory on day 2 and the quarters on day 4; ten days"
    ),
    shipped!(
        "cascade",
        "A cascade of failures: reducer, cooling, oxygen, CO2 removal, water; sixteen days, 72 h of them dark"
    ),
    shipped!(
        "oga-failure",
        "Oxygen generation fails on day 2, and for good on day 4; sixteen days, 72 h of them dark"
    ),
    shipped!(
        "crew-medical-emergency",
        "Three of four people fall ill for eight days while units fail; sixteen days, 72 h of them dark"
    ),
    shipped!(
        "sensor-faults",
        "Instruments of air and power stick, jump and fall silent; sixteen days, 72 h of them dark"
    ),
    shipped!("cdra-chamber-test", "CDRA integrated chamber test, test hours 18.7 to 84.8"),
    shipped!("lmlstp-phase-3", "LMLSTP Phase III, four crew and a wheat crop, 91 days"),
    shipped!("sealed-box", "Two people's gas exchange in a sealed box of 100 m3"),
    shipped!("leak-box", "A 10 mm hole in a box of 100 m3"),
];

impl Shipped {
    /// The shipped scenario of that name.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::scenario::Shipped;
    /// assert!(Shipped::find("cabin-30d").unwrap().text.contains("duration_days = 30.0"));
    /// assert!(Shipped::find("Cabin-30d").is_none());
    /// ```
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Shipped> {
        SHIPPED.iter().find(|shipped| shipped.name == name)
    }
}
