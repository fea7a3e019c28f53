//! What a cache is told when it is made.

use std::time::Duration;

use super::capacity::Bounds;

/// Settings of a [`QueryCache`](super::QueryCache).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheSettings {
    /// Off, every query goes to the database.
    pub enabled: bool,
    /// Capacity at the start, bytes; brought within the bounds.
    pub bytes: u64,
    /// Between which sizes the cache moves, and what a byte has to earn.
    pub bounds: Bounds,
    /// Usual size of a result, bytes, at least 1; off by ten times is good enough. It says for how many keys history
    /// is kept.
    pub usual_bytes: u64,
    /// Age at which a write of another process is in every result. Zero asks the database at every look-up.
    pub freshness: Duration,
}

impl Default for CacheSettings {
    /// On, 32 MiB within the usual bounds, results of 4 KiB, one second.
    fn default() -> CacheSettings {
        CacheSettings {
            enabled: true,
            bytes: 32 << 20,
            bounds: Bounds::default(),
            usual_bytes: 4 << 10,
            freshness: Duration::from_secs(1),
        }
    }
}
