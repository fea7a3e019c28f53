//! Rows that were read and are asked for again.

use std::sync::Arc;

use runtime::memory::Level;

use super::Database;
use super::pool::Pool;
use super::read::Span;
use super::rows::Rows;
use super::stream::Stream;
use crate::StoreError;
use crate::cache::{CacheFigures, Parameter, Query, Source, Versions, Weighed, Writing};

/// Asks a database for the number that others' writes change, on the connection that writes: its own commits do not count there.
pub(super) struct Probe(pub(super) Arc<Pool>);

impl Versions for Probe {
    fn version(&self) -> Result<u64, StoreError> {
        Ok((**self.0.get()?).version()? as u64)
    }
}

impl Weighed for Rows {
    fn weight_bytes(&self) -> usize {
        let columns = self.columns.iter().map(|column| 24 + 8 * column.capacity());
        size_of::<Self>() + 8 * self.time_us.capacity() + columns.sum::<usize>()
    }
}

impl Database {
    /// [`Database::read`] from memory where the same has been read before and nothing was written since: by this process, to
    /// the moment; by another one, up to the `freshness` of the settings before this call.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn recall(
        &self,
        stream: &Stream,
        channels: &[&str],
        span: Span,
    ) -> Result<Arc<Rows>, StoreError> {
        let (kind, from, to) = match span {
            Span::Time(from, to) => (0, from, to),
            Span::Arrival(from) => (1, from as i64, 0),
        };
        let mut parameters: Vec<Parameter> =
            [stream.id, kind, from, to].map(Parameter::Integer).to_vec();
        parameters.extend(channels.iter().map(|name| Parameter::Text(Arc::from(*name))));
        let reads = [self.source(stream.id), self.every_stream()];
        let query = Query::new(&reads, "rows of a stream", parameters);
        self.0.cache.get(&query, || self.read(stream, channels, span))
    }

    /// How much is remembered, and how often that has helped.
    #[must_use]
    pub fn cache_figures(&self) -> CacheFigures {
        self.0.cache.figures()
    }

    /// Remember, or read everything anew.
    pub fn set_cache_enabled(&self, enabled: bool) {
        self.0.cache.set_enabled(enabled);
    }

    /// Let the memory of rows grow or shrink by what it has earned since the last call, a few seconds ago, and shrink where memory
    /// is scarce; returns its bytes.
    pub fn adapt_cache(&self, level: Level) -> u64 {
        self.0.cache.adapt(level)
    }

    fn source(&self, stream: i64) -> Source {
        self.0.cache.generations().source(&format!("stream/{stream}"))
    }

    fn every_stream(&self) -> Source {
        self.0.cache.generations().source("streams")
    }

    /// Announce a write into a stream, until what is returned is dropped.
    pub(super) fn writing(&self, stream: i64) -> Writing {
        self.0.cache.generations().write(&[self.source(stream)])
    }

    /// Announce a write into any stream.
    pub(super) fn writing_all(&self) -> Writing {
        self.0.cache.generations().write(&[self.every_stream()])
    }
}
