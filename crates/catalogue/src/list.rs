use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::Channel;

/// The channels of one habitat in their fixed order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    channels: Vec<Channel>,
    by_id: BTreeMap<String, usize>,
}

/// A catalogue that cannot be built or asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CatalogueError {
    /// Two channels carry one id.
    #[error("channel `{0}` is declared twice")]
    Twice(String),
    /// No channel carries the id.
    #[error("there is no channel `{found}`{hint}")]
    Unknown {
        /// What was asked for.
        found: String,
        /// The nearest id, as a sentence, or nothing.
        hint: String,
    },
}

impl Catalogue {
    /// Collect channels in the order given.
    ///
    /// # Errors
    /// [`CatalogueError::Twice`] when an id occurs more than once.
    pub fn new(channels: Vec<Channel>) -> Result<Catalogue, CatalogueError> {
        let mut by_id = BTreeMap::new();
        for (index, channel) in channels.iter().enumerate() {
            if by_id.insert(channel.id.clone(), index).is_some() {
                return Err(CatalogueError::Twice(channel.id.clone()));
            }
        }
        Ok(Catalogue { channels, by_id })
    }

    /// All channels; a channel's position here is its position in every row of readings.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// How many channels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channels.len()
    }

    /// Whether there is no channel at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// Position of the channel `id`, if there is one: for whoever asks whether it is there, since no hint is searched for.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Position of the channel `id`.
    ///
    /// # Errors
    /// [`CatalogueError::Unknown`], with the nearest id as a hint.
    pub fn find(&self, id: &str) -> Result<usize, CatalogueError> {
        self.position(id).ok_or_else(|| {
            let nearest = self
                .by_id
                .keys()
                .map(|known| (common(known, id), known))
                .max()
                .filter(|(shared, _)| *shared > id.len() / 2);
            CatalogueError::Unknown {
                found: id.to_owned(),
                hint: nearest.map_or(String::new(), |(_, known)| format!("; nearest is `{known}`")),
            }
        })
    }

    /// SHA-256 over id, unit and kind of the named channels, in the order given.
    ///
    /// A policy file carries this for the channels it reads, so that it refuses a habitat in which
    /// one of them means something else.
    ///
    /// # Errors
    /// [`CatalogueError::Unknown`] for an id that is not in the catalogue.
    pub fn hash_of(&self, ids: &[&str]) -> Result<[u8; 32], CatalogueError> {
        let mut hasher = Sha256::new();
        for id in ids {
            let channel = &self.channels[self.find(id)?];
            hasher.update(channel.id.as_bytes());
            hasher.update([0]);
            hasher.update(channel.unit.symbol().as_bytes());
            hasher.update([0, channel.kind as u8]);
        }
        Ok(hasher.finalize().into())
    }
}

/// Letters shared at the head and at the tail of two ids.
fn common(a: &str, b: &str) -> usize {
    let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a.bytes().rev().zip(b.bytes().rev()).take(rest).take_while(|(x, y)| x == y).count();
    head + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Unit, ValueKind};

    fn channel(id: &str) -> Channel {
        Channel {
            id: id.into(),
            quantity: "q".into(),
            unit: Unit::Pascal,
            kind: ValueKind::True,
            limits: None,
            owner: "o".into(),
            source: "s".into(),
        }
    }

    #[test]
    fn order_is_kept_and_ids_are_unique() {
        let catalogue = Catalogue::new(vec![channel("b.x.y_pa"), channel("a.x.y_pa")]).unwrap();
        assert_eq!(catalogue.find("a.x.y_pa").unwrap(), 1);
        assert!(Catalogue::new(vec![channel("a"), channel("a")]).is_err());
    }

    #[test]
    fn an_unknown_id_names_its_nearest() {
        let catalogue = Catalogue::new(vec![channel("living.air.pp_co2_pa")]).unwrap();
        let message = catalogue.find("living.air.pp_co_pa").unwrap_err().to_string();
        assert!(message.contains("nearest is `living.air.pp_co2_pa`"), "{message}");
    }

    #[test]
    fn a_hash_covers_only_the_channels_used() {
        let small = Catalogue::new(vec![channel("a"), channel("b")]).unwrap();
        let large = Catalogue::new(vec![channel("c"), channel("b"), channel("a")]).unwrap();
        assert_eq!(small.hash_of(&["a", "b"]).unwrap(), large.hash_of(&["a", "b"]).unwrap());
        assert_ne!(small.hash_of(&["a", "b"]).unwrap(), small.hash_of(&["b", "a"]).unwrap());
    }
}
