//! B: the condensing heat exchanger at the proto-flight points that are not kept back.

use super::case::{Found, Group};
use crate::component::{Setting, measure};
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "B",
    title: "Condensing heat exchanger, proto-flight points 1 to 3",
    references: include_str!("../../../../data/reference/ccaa-proto-flight-pft-issa-9610.json"),
    work: &[run],
};

/// Coolant in (C), coolant (g/s), air in (C), dew point (C), valve angle (degrees) of each point.
const POINTS: [[f64; 5]; 3] = [
    [6.44, 145.15, 18.16, 13.06, 40.0],
    [5.61, 74.27, 18.01, 12.81, 5.0],
    [5.72, 75.13, 20.81, 14.65, 5.0],
];

fn run() -> Result<Found, CliError> {
    let mut found = Found::default();
    for (index, point) in POINTS.iter().enumerate() {
        let keys = ["coolant_in_c", "coolant_g_s", "air_in_c", "dew_point_c", "tccv_angle_deg"];
        let set: Vec<(&str, Setting)> = keys.into_iter().zip(point.map(Setting::Number)).collect();
        let out = measure("ccaa", &set)?;
        let number = index + 1;
        for (name, key) in [
            ("air", "air_out_k"),
            ("coolant", "coolant_out_k"),
            ("condensate", "condensate_kg_h"),
            ("heat", "coolant_heat_w"),
        ] {
            found.value(format!("B-{number}-{name}"), out.get(key)?);
        }
    }
    Ok(found)
}
