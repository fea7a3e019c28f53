//! What the reference holds and the simulator cannot be held against yet.

use serde::Serialize;

/// A published test or figure without a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NotModelled {
    /// Group in the reference, or a name.
    pub id: &'static str,
    /// The test or figure.
    pub item: &'static str,
    /// Why there is no case.
    pub reason: &'static str,
}

const fn item(id: &'static str, item: &'static str, reason: &'static str) -> NotModelled {
    NotModelled { id, item, reason }
}

/// The list.
pub const NOT_MODELLED: &[NotModelled] = &[
    item(
        "D-plants",
        "LMLSTP Phase III plant chamber",
        "plants are not modelled; their exchange is prescribed",
    ),
    item("D-incinerator", "LMLSTP Phase III faecal incineration", "no incinerator"),
    item("E", "LMLSTP Phase I, wheat and one person", "plants are not modelled"),
    item("F", "wheat chamber, NASA TM-102788", "plants are not modelled"),
    item("G-co2", "Biosphere 2: daily and seasonal CO2", "neither plants nor soil nor concrete"),
    item(
        "H",
        "Lunar Palace 365: closure of oxygen, water, waste and food",
        "plants, food and solid waste are not modelled",
    ),
    item(
        "I-history",
        "ISS leakage by decay of nitrogen, PrK leak",
        "a record of a station, not of a model's conditions",
    ),
    item(
        "I-observed",
        "2018 hole: about 0.4 of the ideal rate",
        "recalled figure; no acceptance bound",
    ),
    item("J-oga-life", "OGA cell life, 15 658 h", "ageing is not modelled"),
    item("J-sam", "SAM (University of Arizona) protocol", "no data found"),
    item("J-amine", "JSC amine chamber", "no data found; no amine unit"),
    item("J-eva", "Apollo 15 EVA (V-SUIT)", "no suit; no trace found"),
    item(
        "airlock",
        "airlock gas loss and reclaim, suit leak, EVA metabolism",
        "airlock operations and EVA are not modelled",
    ),
    item("fire", "smoke, CO and HCN from fire; detectors", "fire is not modelled"),
    item(
        "power",
        "arrays, batteries, fuel cells, dark periods",
        "modelled; no published test is compared yet",
    ),
    item(
        "thermal",
        "radiators, coolant loops, surface temperatures, heat pumps",
        "two loops and a radiator are modelled; no published test is compared yet",
    ),
    item(
        "reliability",
        "mean times between failures, spares",
        "units fail and are repaired; no published record of failures is compared yet",
    ),
    item(
        "tccs",
        "trace contaminant control: flow and power",
        "figures are recalled only; no acceptance bound",
    ),
    item(
        "water-recovery",
        "total water recovery of 93.5 % and 98 % on ISS",
        "crew, hygiene and boundary of the station's figure are not published",
    ),
];
