//! A case: what is compared with what, and how it came out.

use serde::{Deserialize, Serialize};

use crate::error::CliError;

/// A reference value with its tolerance, as it stands in `data/reference`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Name; the part before the first dash is the group.
    pub id: String,
    /// Publication or law.
    pub source: String,
    /// What is compared.
    pub quantity: String,
    /// Unit of reference and value.
    pub unit: String,
    /// The reference.
    pub reference: f64,
    /// Largest error allowed, in the unit, or as a share of the reference.
    pub tolerance: f64,
    /// The tolerance is a share of the reference.
    #[serde(default)]
    pub relative: bool,
    /// Some number of the model was chosen with the help of this reference.
    pub tuned: bool,
    /// The reference is exact or computed from a law, not measured.
    #[serde(default)]
    pub arithmetic: bool,
    /// What a reader should know; why the case is missed, if it is.
    #[serde(default)]
    pub note: String,
}

/// A case that has been run, with the keys of the JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Name.
    pub id: String,
    /// Publication or law.
    pub source: String,
    /// What is compared.
    pub quantity: String,
    /// Unit of `reference`, `value`, `error` and `tolerance`.
    pub unit: String,
    /// The reference.
    pub reference: f64,
    /// Ours.
    pub value: f64,
    /// Ours less the reference.
    pub error: f64,
    /// Largest |error| that passes.
    pub tolerance: f64,
    /// Some number of the model was chosen with the help of this reference.
    pub tuned: bool,
    /// |error| is at most the tolerance.
    pub pass: bool,
    /// The tolerance was published as a share of the reference; for people.
    #[serde(skip)]
    pub relative: bool,
    /// The reference is exact or computed from a law; for people.
    #[serde(skip)]
    pub arithmetic: bool,
    /// For people.
    #[serde(skip)]
    pub note: String,
}

impl Case {
    /// Hold a value against its reference.
    pub fn judge(of: &Reference, value: f64) -> Case {
        let tolerance = if of.relative { of.tolerance * of.reference.abs() } else { of.tolerance };
        let error = value - of.reference;
        Case {
            id: of.id.clone(),
            source: of.source.clone(),
            quantity: of.quantity.clone(),
            unit: of.unit.clone(),
            reference: of.reference,
            value,
            error,
            tolerance,
            tuned: of.tuned,
            // A value that is not a number passes nothing.
            pass: error.abs() <= tolerance,
            relative: of.relative,
            arithmetic: of.arithmetic,
            note: of.note.clone(),
        }
    }
}

/// A number without a verdict: a prediction whose measurement is kept back, or something a reader
/// may want beside the cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remark {
    /// Name; the part before the first dash is the group.
    pub id: &'static str,
    /// What it is.
    pub quantity: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Ours.
    pub value: f64,
    /// Why there is no verdict.
    pub note: &'static str,
}

/// What one piece of work found: values by id of their case, and remarks.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Values by id.
    pub values: Vec<(String, f64)>,
    /// Remarks.
    pub remarks: Vec<Remark>,
}

impl Found {
    /// Keep the value of the case `id`.
    pub fn value(&mut self, id: impl Into<String>, value: f64) {
        self.values.push((id.into(), value));
    }

    /// Keep a number without a verdict.
    pub fn remark(
        &mut self,
        id: &'static str,
        quantity: &'static str,
        unit: &'static str,
        value: f64,
        note: &'static str,
    ) {
        self.remarks.push(Remark { id, quantity, unit, value, note });
    }
}

/// A letter's cases and the work that gives their values.
pub struct Group {
    /// Letter.
    pub letter: &'static str,
    /// What it holds.
    pub title: &'static str,
    /// Text of its file in `data/reference`.
    pub references: &'static str,
    /// Work, each piece independent of the others.
    pub work: &'static [fn() -> Result<Found, CliError>],
}

impl Group {
    /// The references of the group.
    ///
    /// # Errors
    /// [`CliError::Json`] if the file inside the program is damaged.
    pub fn read(&self) -> Result<Vec<Reference>, CliError> {
        Ok(serde_json::from_str(self.references)?)
    }
}
