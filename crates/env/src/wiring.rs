//! Finding the channels and actuators of a habitat by what their owners can do.

use catalogue::Limits;
use habitat::Habitat;

/// The channels and actuators of one habitat.
pub(crate) struct Wiring<'a> {
    habitat: &'a Habitat,
}

/// An actuator and its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Handle {
    /// Position in the list of actuators.
    pub(crate) actuator: usize,
    /// Position of its channel in a row of readings.
    pub(crate) channel: usize,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl<'a> Wiring<'a> {
    pub(crate) fn new(habitat: &'a Habitat) -> Wiring<'a> {
        Wiring { habitat }
    }

    /// Owners that have a channel for `quantity`, in the order of the catalogue.
    pub(crate) fn owners(&self, quantity: &str) -> Vec<&'a str> {
        self.habitat
            .catalogue()
            .channels()
            .iter()
            .filter(|channel| is_quantity(&channel.id, quantity))
            .map(|channel| channel.owner.as_str())
            .collect()
    }

    /// The habitat.
    pub(crate) fn habitat(&self) -> &'a Habitat {
        self.habitat
    }

    /// Position of the channel `quantity` of `owner`.
    pub(crate) fn channel(&self, owner: &str, quantity: &str) -> Option<usize> {
        self.habitat.catalogue().position(&format!("{owner}.{quantity}"))
    }

    /// Position of the channel on which an instrument shows `quantity` of `owner`.
    pub(crate) fn sensed(&self, owner: &str, quantity: &str) -> Option<usize> {
        self.channel(owner, &format!("sensed_{quantity}"))
    }

    /// Positions of those channels of several owners.
    pub(crate) fn sensed_of(&self, owners: &[&str], quantity: &str) -> Vec<usize> {
        owners.iter().filter_map(|owner| self.sensed(owner, quantity)).collect()
    }

    /// The actuator `quantity` of `owner`.
    pub(crate) fn handle(&self, owner: &str, quantity: &str) -> Option<Handle> {
        let channel = self.channel(owner, quantity)?;
        let actuators = self.habitat.actuators();
        let actuator = actuators.iter().position(|a| a.channel == channel)?;
        Some(Handle {
            actuator,
            channel,
            low: actuators[actuator].low,
            high: actuators[actuator].high,
        })
    }

    /// The on/off actuators of every owner that has a channel for `quantity`.
    pub(crate) fn switches(&self, quantity: &str) -> Vec<Handle> {
        self.owners(quantity).into_iter().filter_map(|owner| self.handle(owner, "set_on")).collect()
    }

    /// Value that the channel at `index` has now, if it is a number.
    pub(crate) fn now(&self, index: usize) -> Option<f64> {
        self.habitat.value(index).filter(|value| value.is_finite())
    }

    /// Limits declared for the channel at `index`.
    pub(crate) fn limits(&self, index: usize) -> Limits {
        self.habitat
            .catalogue()
            .channels()
            .get(index)
            .and_then(|channel| channel.limits)
            .unwrap_or_default()
    }
}

/// Whether `quantity` is the last part of a channel id.
fn is_quantity(id: &str, quantity: &str) -> bool {
    id.strip_suffix(quantity).is_some_and(|owner| owner.is_empty() || owner.ends_with('.'))
}

/// The reading at `index`, if it is a number.
pub(crate) fn reading(readings: &[f64], index: usize) -> Option<f64> {
    readings.get(index).copied().filter(|value| value.is_finite())
}

/// Lowest of the readings that are numbers.
pub(crate) fn lowest(readings: &[f64], indices: &[usize]) -> Option<f64> {
    known(readings, indices).reduce(f64::min)
}

/// Highest of the readings that are numbers.
pub(crate) fn highest(readings: &[f64], indices: &[usize]) -> Option<f64> {
    known(readings, indices).reduce(f64::max)
}

fn known<'a>(readings: &'a [f64], indices: &'a [usize]) -> impl Iterator<Item = f64> + 'a {
    indices.iter().filter_map(|index| reading(readings, *index))
}
