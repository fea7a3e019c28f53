//! Finding the channels of a plan by what their owners have.

use catalogue::{Channel, ValueKind};
use habitat::Plan;

/// Last part of a channel id.
pub(super) fn quantity_of(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

/// Owners with a channel for `quantity`, in the order of the catalogue.
///
/// Whether a true channel exists is design, its value is not; only the former is asked here.
pub(super) fn owners<'a>(plan: &'a Plan, quantity: &str) -> Vec<&'a str> {
    let channels = plan.catalogue.channels().iter();
    channels.filter(|c| quantity_of(&c.id) == quantity).map(|c| c.owner.as_str()).collect()
}

/// Sensed or commanded channels for `quantity` of these owners.
pub(super) fn knowable(plan: &Plan, owners: &[&str], quantity: &str) -> Vec<usize> {
    let wanted = |channel: &Channel| {
        channel.kind != ValueKind::True
            && quantity_of(&channel.id) == quantity
            && owners.contains(&channel.owner.as_str())
    };
    let channels = plan.catalogue.channels().iter().enumerate();
    channels.filter(|(_, channel)| wanted(channel)).map(|(index, _)| index).collect()
}
