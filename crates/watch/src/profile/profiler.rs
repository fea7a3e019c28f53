//! Listens to spans and adds up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Level, Metadata};
use tracing_core::span::Current;

use super::book::Thread;
use super::fold::{Profile, StageFigures};
use super::life::{Lives, SpanSink};
use super::trace::Slice;
use super::tree::Tree;

/// How a [`Profiler`] listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfilerOptions {
    /// How the targets of spans and events begin that it listens to.
    pub targets: Vec<String>,
    /// Most spans that are kept by themselves for [`Profiler::slices`], of each thread and in all; 0: none, and the long ones
    /// stay where there are more.
    pub slices: usize,
}

impl Default for ProfilerOptions {
    /// All crates of this workspace; nothing but sums.
    fn default() -> ProfilerOptions {
        ProfilerOptions { targets: vec!["lunar_habitat".to_owned()], slices: 0 }
    }
}

struct Inner {
    number: u64,
    options: ProfilerOptions,
    begun: Instant,
    tree: RwLock<Tree>,
    threads: Mutex<Vec<Arc<Thread>>>,
    /// Sums of threads that have ended.
    past: Mutex<Vec<Option<Box<StageFigures>>>>,
    /// Spans of threads whose books are gone.
    lost: AtomicU64,
    /// Spans by themselves, where somebody wants them.
    lives: Option<Lives>,
}

/// Adds up what stages take, as a subscriber of `tracing`; clones are the same profiler.
///
/// The number of a span is that of its place among the stages, so that nothing is kept for a span but where its thread is. With
/// [`Profiler::telling`] it has a number of its own above that, and what is known of it is kept until it is over.
///
/// # Examples
/// ```
/// use lunar_habitat_watch::profile::{Profiler, ProfilerOptions};
/// let options = ProfilerOptions { targets: vec!["rust_out".into()], ..ProfilerOptions::default() };
/// let profiler = Profiler::new(options);
/// tracing::subscriber::with_default(profiler.clone(), || {
///     let _outer = tracing::info_span!(target: "rust_out", "outer").entered();
///     for _ in 0..3 {
///         let _inner = tracing::info_span!(target: "rust_out", "inner").entered();
///         tracing::info!(target: "rust_out", items = 2_u64);
///     }
/// });
/// let profile = profiler.profile();
/// let inner = profile.stage("inner").expect("it ran");
/// assert_eq!((inner.runs, inner.items), (3, 6));
/// ```
#[derive(Clone)]
pub struct Profiler {
    inner: Arc<Inner>,
}

static PROFILERS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// Books of this thread by the number of their profiler.
    static BOOKS: RefCell<Vec<(u64, Arc<Thread>)>> = const { RefCell::new(Vec::new()) };
}

impl Profiler {
    /// A profiler that has heard nothing yet.
    #[must_use]
    pub fn new(options: ProfilerOptions) -> Profiler {
        Profiler::with(options, None)
    }

    /// A profiler that hands on each span when it is over, also those of the level `DEBUG`, which are no stages.
    #[must_use]
    pub fn telling(options: ProfilerOptions, sink: Arc<dyn SpanSink>) -> Profiler {
        Profiler::with(options, Some(Lives::new(sink)))
    }

    fn with(options: ProfilerOptions, lives: Option<Lives>) -> Profiler {
        Profiler {
            inner: Arc::new(Inner {
                number: PROFILERS.fetch_add(1, Ordering::Relaxed),
                options,
                begun: Instant::now(),
                tree: RwLock::new(Tree::new()),
                threads: Mutex::default(),
                past: Mutex::default(),
                lost: AtomicU64::new(0),
                lives,
            }),
        }
    }

    /// Do `work` with the book of this thread; nothing in a thread that ends.
    fn in_book<R>(&self, work: impl FnOnce(&Thread) -> R) -> Option<R> {
        let number = self.inner.number;
        let find = |books: &RefCell<Vec<(u64, Arc<Thread>)>>| {
            let known =
                books.borrow().iter().find(|book| book.0 == number).map(|book| Arc::clone(&book.1));
            known.unwrap_or_else(|| {
                // A program that is never looked at may start threads again and again.
                self.tidy();
                let book = Arc::new(Thread::this());
                self.threads().push(Arc::clone(&book));
                let mut books = books.borrow_mut();
                // Those of profilers that are gone.
                books.retain(|book| Arc::strong_count(&book.1) > 1);
                books.push((number, Arc::clone(&book)));
                book
            })
        };
        BOOKS.try_with(find).ok().map(|book| work(&book))
    }

    fn threads(&self) -> MutexGuard<'_, Vec<Arc<Thread>>> {
        self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, above: u32, name: &'static str) -> u32 {
        let known =
            self.inner.tree.read().unwrap_or_else(PoisonError::into_inner).find(above, name);
        known.unwrap_or_else(|| {
            self.inner.tree.write().unwrap_or_else(PoisonError::into_inner).make(above, name)
        })
    }

    /// Put the sums of threads that have ended together, so that a program that starts threads again and again keeps no book
    /// for each. Their slices stay as long as there is room.
    fn tidy(&self) {
        let mut room = self.inner.options.slices;
        let mut past = self.inner.past.lock().unwrap_or_else(PoisonError::into_inner);
        self.threads().retain(|book| {
            // The book of a thread that lives is held by the thread too.
            let is_over = Arc::strong_count(book) == 1;
            let mut pages = book.pages();
            if is_over {
                add_up(&mut past, &std::mem::take(&mut pages.sums));
            }
            let stays = !is_over || (!pages.kept.is_empty() && pages.kept.len() <= room);
            if is_over && stays {
                room -= pages.kept.len();
            } else if is_over {
                self.inner
                    .lost
                    .fetch_add(pages.dropped + pages.kept.len() as u64, Ordering::Relaxed);
            }
            stays
        });
    }

    /// The sums so far; spans that are still open are not in them.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.tidy();
        let mut all = self.inner.past.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for book in self.threads().iter() {
            add_up(&mut all, &book.pages().sums);
        }
        let tree = self.inner.tree.read().unwrap_or_else(PoisonError::into_inner);
        let mut figures = Vec::new();
        // A place is made after the one above it, so that this goes from the root on.
        let mut paths: Vec<Vec<String>> = vec![Vec::new()];
        for (number, place) in tree.places.iter().enumerate().skip(1) {
            let mut path = paths[place.above as usize].clone();
            path.push(place.name.to_owned());
            paths.push(path.clone());
            let Some(Some(sums)) = all.get(number) else {
                continue;
            };
            figures.push(StageFigures { path, ..(**sums).clone() });
        }
        Profile::of(self.inner.begun.elapsed().as_secs_f64(), figures)
    }

    /// The spans that were kept by themselves, with how many were not; the earliest first.
    #[must_use]
    pub fn slices(&self) -> (Vec<Slice>, u64) {
        let tree = self.inner.tree.read().unwrap_or_else(PoisonError::into_inner);
        let (mut slices, mut dropped) = (Vec::new(), self.inner.lost.load(Ordering::Relaxed));
        for book in self.threads().iter() {
            let pages = book.pages();
            dropped += pages.dropped;
            slices.extend(pages.kept.iter().map(|kept| Slice {
                name: tree.places[kept.place as usize].name,
                thread: book.number,
                thread_name: book.name.clone(),
                begin_us: kept.begun.saturating_duration_since(self.inner.begun).as_nanos() as f64
                    / 1e3,
                wall_us: kept.wall_ns as f64 / 1e3,
                cpu_us: kept.cpu_ns as f64 / 1e3,
            }));
        }
        let most = self.inner.options.slices;
        if slices.len() > most {
            dropped += (slices.len() - most) as u64;
            slices.sort_by(|a: &Slice, b| b.wall_us.total_cmp(&a.wall_us));
            slices.truncate(most);
        }
        // What is around others stands before them.
        slices.sort_by(|a, b| {
            a.begin_us.total_cmp(&b.begin_us).then(b.wall_us.total_cmp(&a.wall_us))
        });
        (slices, dropped)
    }

    /// Threads that are in a stage now, by their number in the system: the path of the innermost stage.
    #[must_use]
    pub fn now(&self) -> HashMap<i32, Vec<String>> {
        let tree = self.inner.tree.read().unwrap_or_else(PoisonError::into_inner);
        let threads = self.threads();
        let path = |mut place: u32| {
            let mut path = Vec::new();
            while place != 0 {
                let at = tree.places[place as usize];
                path.push(at.name.to_owned());
                place = at.above;
            }
            path.reverse();
            path
        };
        // A thread that ended in the middle of a stage is in none.
        let alive = threads.iter().filter(|book| Arc::strong_count(book) > 1);
        let stages = alive.filter_map(|book| Some((book.number, path(book.current()?.place))));
        stages.filter(|(_, path)| !path.is_empty()).collect()
    }

    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        (is_stage(metadata) || (metadata.is_span() && self.inner.lives.is_some()))
            && *metadata.level() <= Level::DEBUG
            && self
                .inner
                .options
                .targets
                .iter()
                .any(|start| metadata.target().starts_with(start.as_str()))
    }
}

/// Whether a span is a stage, with a place among the sums.
fn is_stage(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO
}

/// Where a span stands: its place, 0 for one that is no stage, and its number, 0 where nobody is told of single spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct At {
    pub(super) place: u32,
    pub(super) number: u32,
}

impl At {
    fn of(id: &Id) -> At {
        let id = id.into_u64() - 1;
        At { place: id as u32, number: (id >> 32) as u32 }
    }

    fn id(self) -> Id {
        Id::from_u64((u64::from(self.number) << 32 | u64::from(self.place)) + 1)
    }
}

/// Add the sums of a thread to those of others.
fn add_up(to: &mut Vec<Option<Box<StageFigures>>>, from: &[Option<Box<StageFigures>>]) {
    if to.len() < from.len() {
        to.resize_with(from.len(), || None);
    }
    for (to, from) in to.iter_mut().zip(from) {
        let Some(from) = from.as_deref().filter(|from| from.runs > 0) else {
            continue;
        };
        to.get_or_insert_default().add(from);
    }
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiler").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

/// Counts in an event.
#[derive(Default)]
struct Counts {
    items: Option<u64>,
    moved: Option<u64>,
}

impl Visit for Counts {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "items" => self.items = Some(value),
            "moved" => self.moved = Some(value),
            _ => {}
        }
    }

    /// Nobody counts below zero: what is written without a type is an `i32`.
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record_u64(field, value.max(0) as u64);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl Subscriber for Profiler {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_wanted(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.is_wanted(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let above = match span.parent() {
            Some(parent) => At::of(parent),
            None if span.is_root() => At::default(),
            None => self.in_book(Thread::current).flatten().unwrap_or_default(),
        };
        let metadata = span.metadata();
        // What is no stage has no place: stages inside it stand at the top.
        let place = match is_stage(metadata) {
            true => self.place(above.place, metadata.name()),
            false => 0,
        };
        let number = self.inner.lives.as_ref().map_or(0, |lives| {
            let around = Some(above.number).filter(|number| *number != 0);
            lives.make(around, metadata, |fields| span.record(fields))
        });
        At { place, number }.id()
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(lives) = &self.inner.lives {
            lives.record(At::of(span).number, |fields| values.record(fields));
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut counts = Counts::default();
        event.record(&mut counts);
        if counts.items.is_some() || counts.moved.is_some() {
            self.in_book(|book| book.count(counts.items, counts.moved));
        }
    }

    fn enter(&self, span: &Id) {
        let at = At::of(span);
        self.in_book(|book| {
            if let Some(lives) = &self.inner.lives {
                lives.enter(at.number, &book.name);
            }
            book.enter(at);
        });
    }

    fn exit(&self, span: &Id) {
        let at = At::of(span);
        let above = {
            let tree = self.inner.tree.read().unwrap_or_else(PoisonError::into_inner);
            tree.places.get(at.place as usize).map_or(0, |place| place.above)
        };
        let most = self.inner.options.slices;
        let cpu_ns = self.in_book(|book| book.exit(at, above, most)).flatten();
        if let (Some(lives), Some(cpu_ns)) = (&self.inner.lives, cpu_ns) {
            lives.exit(at.number, cpu_ns);
        }
    }

    fn clone_span(&self, span: &Id) -> Id {
        if let Some(lives) = &self.inner.lives {
            lives.hold(At::of(span).number);
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        self.inner.lives.as_ref().is_some_and(|lives| lives.drop(At::of(&span).number))
    }

    /// The innermost span of this thread; known only where somebody is told of single spans.
    fn current_span(&self) -> Current {
        let Some(lives) = &self.inner.lives else { return Current::none() };
        let at = self.in_book(Thread::current).flatten();
        let known = at.and_then(|at| Some((at.id(), lives.metadata(at.number)?)));
        known.map_or_else(Current::none, |(id, metadata)| Current::new(id, metadata))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiler(slices: usize) -> Profiler {
        Profiler::new(ProfilerOptions { slices, ..ProfilerOptions::default() })
    }

    #[test]
    fn a_program_that_starts_threads_again_and_again_keeps_no_book_for_each() {
        for (slices, most) in [(0, 3), (8, 3 + 8)] {
            let profiler = profiler(slices);
            for _ in 0..100 {
                let dispatch = tracing::Dispatch::new(profiler.clone());
                let work = move || {
                    tracing::dispatcher::with_default(&dispatch, || {
                        tracing::span!(Level::INFO, "short").in_scope(|| tracing::info!(items = 2));
                    });
                };
                std::thread::spawn(work).join().unwrap();
                // Nobody asks for a profile meanwhile.
                let books = profiler.threads().len();
                assert!(books <= most, "{books} {slices}");
            }
            let short = profiler.profile().stage("short").unwrap();
            assert_eq!((short.runs, short.items, short.lengths.count()), (100, 200, 100));
        }
    }

    #[test]
    fn counts_of_every_type_are_counts() {
        let profiler = profiler(0);
        tracing::subscriber::with_default(profiler.clone(), || {
            let _stage = tracing::span!(Level::INFO, "typed").entered();
            tracing::info!(items = 3_u64);
            tracing::info!(items = 4_i32);
            tracing::info!(items = 5_usize, moved = 6_i64);
            tracing::info!(items = -7_i64);
        });
        let typed = profiler.profile().stage("typed").unwrap();
        assert_eq!((typed.items, typed.moved, typed.empty), (12, 6, 1));
    }
}
