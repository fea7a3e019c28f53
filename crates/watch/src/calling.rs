//! How addresses of others are called: webhooks of alarms, collectors of telemetry.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use crate::WatchError;

/// Check that `url` is `http://` or `https://` and a host; `place` and `quantity` say what it is for.
///
/// # Errors
/// [`WatchError::Range`] for an address that is none.
pub(crate) fn address(place: &str, quantity: &'static str, url: &str) -> Result<Uri, WatchError> {
    let refused = |allowed: &str| WatchError::Range {
        place: place.into(),
        quantity,
        found: url.into(),
        allowed: allowed.into(),
    };
    let uri: Uri = url.parse().map_err(|_| refused("http:// or https://"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
        return Err(refused("http:// or https:// and a host"));
    }
    Ok(uri)
}

/// Who calls, and waits so long for an answer; every status is an answer.
pub(crate) fn agent(limit: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        // A token goes to the address that was asked for, and nowhere else.
        .max_redirects(0)
        .build()
        .into()
}
