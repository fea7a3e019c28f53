//! What queries read and writes change, with a number that tells a result from before a write from one after it.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Lower bits of a state: writes under way. Above them: the generation.
const WRITER_BITS: u32 = 20;
/// The bits themselves.
const WRITERS: u64 = (1 << WRITER_BITS) - 1;
/// Fewest names between two clean-ups.
const LEAST_NAMES: usize = 256;

/// A thing that is read and written: a table, the samples of one run, a channel.
///
/// Whoever has one can ask whether a write is under way and which generation the thing is in. Two sources are equal
/// when they are the same thing of the same [`Generations`].
#[derive(Clone)]
pub struct Source(Arc<Cell>);

struct Cell {
    name: Arc<str>,
    /// Generation and writes under way, in one number so that both are read at one moment.
    state: AtomicU64,
}

impl Source {
    /// Not in any register, so that nobody else raises it.
    pub(super) fn apart(name: &str) -> Source {
        Source(Arc::new(Cell { name: Arc::from(name), state: AtomicU64::new(0) }))
    }

    /// Name under which it was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How many writes were finished since the first one asked for it.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.state() >> WRITER_BITS
    }

    /// Generation and writes under way. Equal states with no write under way have nothing written between them.
    pub(super) fn state(&self) -> u64 {
        self.0.state.load(Ordering::SeqCst)
    }

    /// Raise the generation with no write seen under way.
    pub(super) fn raise(&self) {
        self.0.state.fetch_add(1 << WRITER_BITS, Ordering::SeqCst);
    }

    fn begin(&self) {
        self.0.state.fetch_add(1, Ordering::SeqCst);
    }

    fn end(&self) {
        self.0.state.fetch_add((1 << WRITER_BITS) - 1, Ordering::SeqCst);
    }
}

/// No write is under way in this state.
pub(super) fn quiet(state: u64) -> bool {
    state & WRITERS == 0
}

impl PartialEq for Source {
    fn eq(&self, other: &Source) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Source {}

impl Hash for Source {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (Arc::as_ptr(&self.0) as usize).hash(hasher);
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (generation {})", self.name(), self.generation())
    }
}

/// The register of the sources of one database. A clone is the same register.
///
/// A source may be as wide or as narrow as writers can tell: `runs`, or `samples/17` for the samples of run 17.
/// Names mean nothing to the register. A query names all that it reads, and a write all of it that it
/// changes: whoever writes samples of run 17 names `samples` as well when there are queries over all samples.
///
/// A name that nobody holds any more is forgotten, so a register does not grow with the runs it has seen.
///
/// # Examples
/// ```
/// use lunar_habitat_store::cache::Generations;
/// let generations = Generations::default();
/// let samples = generations.source("samples/17");
/// let writing = generations.write(&[samples.clone()]);
/// // … the transaction and its commit …
/// drop(writing);
/// assert_eq!(samples.generation(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Generations {
    names: Arc<Mutex<Names>>,
}

#[derive(Debug, Default)]
struct Names {
    cells: HashMap<Arc<str>, Weak<Cell>>,
    /// Number of names at which those without a holder are dropped.
    clean_at: usize,
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl Generations {
    /// The source of this name, the same one for everybody who asks while somebody holds it.
    #[must_use]
    pub fn source(&self, name: &str) -> Source {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = names.cells.get(name).and_then(Weak::upgrade) {
            return Source(cell);
        }
        if names.cells.len() >= names.clean_at.max(LEAST_NAMES) {
            names.cells.retain(|_, cell| cell.strong_count() > 0);
            names.clean_at = 2 * names.cells.len();
        }
        let source = Source::apart(name);
        names.cells.insert(Arc::clone(&source.0.name), Arc::downgrade(&source.0));
        source
    }

    /// Say that `sources` are about to be written; call it before the transaction begins.
    ///
    /// Until the guard is dropped, queries that read one of them go to the database; dropping it, after the commit,
    /// makes what was read before old. Drop it as well when the transaction fails: that costs some results, and
    /// nobody has to know how far the transaction came. At most about a million writes of one source may be under
    /// way at a time.
    #[must_use = "the write is over when this is dropped"]
    pub fn write(&self, sources: &[Source]) -> Writing {
        for source in sources {
            source.begin();
        }
        Writing { sources: sources.to_vec() }
    }

    /// How many names the register holds, those that are about to be forgotten included.
    #[must_use]
    pub fn names(&self) -> usize {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).cells.len()
    }
}

/// A write under way; it is over when this is dropped.
#[derive(Debug)]
pub struct Writing {
    sources: Vec<Source>,
}

impl Drop for Writing {
    fn drop(&mut self) {
        for source in &self.sources {
            source.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_tells_a_write_under_way_from_one_that_is_over() {
        let generations = Generations::default();
        let source = generations.source("runs");
        let before = source.state();
        let first = generations.write(std::slice::from_ref(&source));
        let second = generations.write(std::slice::from_ref(&source));
        assert!(quiet(before) && !quiet(source.state()));
        drop(first);
        assert!(!quiet(source.state()));
        drop(second);
        assert!(quiet(source.state()));
        assert_eq!(source.generation(), 2);
    }

    #[test]
    fn a_name_is_one_source_as_long_as_somebody_holds_it() {
        let generations = Generations::default();
        let held = generations.source("held");
        drop(generations.write(std::slice::from_ref(&held)));
        for run in 0..10_000 {
            drop(generations.source(&format!("samples/{run}")));
        }
        assert!(generations.names() <= 2 * LEAST_NAMES, "{}", generations.names());
        assert_eq!(generations.source("held"), held);
        assert_eq!(generations.source("held").generation(), 1);
        assert_ne!(generations.source("other"), held);
        assert_ne!(Generations::default().source("held"), held);
    }
}
