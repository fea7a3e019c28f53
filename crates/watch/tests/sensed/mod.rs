//! Catalogues of channels that tests make up: what `set_` begins is commanded, everything else an instrument shows.
#![allow(clippy::unwrap_used)] // Shared by tests; a test fails by panicking.

use catalogue::{Catalogue, Channel, Unit, ValueKind};

pub fn catalogue(ids: &[(&str, Unit)]) -> Catalogue {
    let channel = |(id, unit): &(&str, Unit)| Channel {
        id: (*id).into(),
        quantity: (*id).into(),
        unit: *unit,
        kind: if id.contains(".set_") { ValueKind::Commanded } else { ValueKind::Sensed },
        limits: None,
        owner: id.rsplit_once('.').unwrap().0.into(),
        source: "test".into(),
    };
    Catalogue::new(ids.iter().map(channel).collect()).unwrap()
}
