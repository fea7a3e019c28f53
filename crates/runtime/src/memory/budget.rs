//! The memory of this process: its limit, its accounts and what is asked of them when it becomes scarce.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::account::Ledger;
use super::{Account, AccountUse, Level, Limits, Reading};
use crate::RuntimeError;

/// Where limits are read from.
type Source = dyn Fn(Option<u64>) -> Limits + Send + Sync;
/// What a subscriber does: told the level, it says how many bytes it gave back.
type Ask = dyn Fn(Level) -> u64 + Send + Sync;

/// The memory budget of a process; clones are the same budget.
///
/// The limit is the lowest of the setting, of the groups of this process and of the machine ([`Limits`]). A
/// [`look`](MemoryBudget::look) reads them, decides the [`Level`], and asks subscribers, in the order in which they
/// subscribed, to give back what the level asks for. [`watch`](MemoryBudget::watch) looks again and again.
///
/// ```
/// use lunar_habitat_runtime::memory::{Level, MemoryBudget};
/// let budget = MemoryBudget::new(Some(1 << 40));
/// let caches = budget.subscribe("caches", Level::Trim, |_level| 0);
/// assert!(budget.look() >= Level::Calm);
/// assert!(budget.account("caches").reserve(u64::MAX / 4).is_err());
/// # drop(caches);
/// ```
#[derive(Clone)]
pub struct MemoryBudget(Arc<Inner>);

struct Inner {
    setting: Mutex<Option<u64>>,
    source: Box<Source>,
    level: AtomicU8,
    last: Mutex<Limits>,
    /// Bytes reserved in all accounts.
    reserved: AtomicU64,
    /// Most bytes that may be reserved, by the last look.
    ceiling: AtomicU64,
    ledgers: Mutex<Vec<Arc<Ledger>>>,
    subscribers: Mutex<Vec<Weak<Subscriber>>>,
    /// Held while a look is under way.
    looking: Mutex<()>,
}

struct Subscriber {
    name: String,
    from: Level,
    /// The level it was told last.
    told: AtomicU8,
    ask: Box<Ask>,
}

thread_local! {
    /// Whether this thread is inside a look, whose subscribers may reserve.
    static LOOKS: Cell<bool> = const { Cell::new(false) };
}

/// A lock whatever became of the thread that held it: what it guards is whole after each statement.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryBudget {
    /// A budget of its own, bounded by what bounds this process and by `setting`, bytes, where there is one.
    #[must_use]
    pub fn new(setting: Option<u64>) -> MemoryBudget {
        MemoryBudget::of(setting, Limits::read)
    }

    /// A budget whose limits come from `source`, which is told the setting; for traces and for systems other than Linux.
    #[must_use]
    pub fn of(
        setting: Option<u64>,
        source: impl Fn(Option<u64>) -> Limits + Send + Sync + 'static,
    ) -> MemoryBudget {
        let budget = MemoryBudget(Arc::new(Inner {
            setting: Mutex::new(setting),
            source: Box::new(source),
            level: AtomicU8::new(0),
            last: Mutex::new(Limits::default()),
            reserved: AtomicU64::new(0),
            ceiling: AtomicU64::new(u64::MAX),
            ledgers: Mutex::new(Vec::new()),
            subscribers: Mutex::new(Vec::new()),
            looking: Mutex::new(()),
        }));
        budget.look();
        budget
    }

    /// The budget of this process.
    #[must_use]
    pub fn process() -> &'static MemoryBudget {
        static PROCESS: OnceLock<MemoryBudget> = OnceLock::new();
        PROCESS.get_or_init(|| MemoryBudget::new(None))
    }

    /// Bound what this process itself holds, bytes, or bound it no more.
    pub fn set(&self, setting: Option<u64>) {
        *locked(&self.0.setting) = setting;
        self.look();
    }

    /// The account of a subsystem, made at its first use.
    #[must_use]
    pub fn account(&self, name: &str) -> Account {
        let mut ledgers = locked(&self.0.ledgers);
        let known = ledgers.iter().find(|ledger| ledger.name == name).cloned();
        let ledger = known.unwrap_or_else(|| {
            let ledger = Arc::new(Ledger::new(name));
            ledgers.push(Arc::clone(&ledger));
            ledger
        });
        Account::new(self.clone(), ledger)
    }

    /// Every account in the order of their first use.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountUse> {
        locked(&self.0.ledgers).iter().map(|ledger| ledger.as_it_stands()).collect()
    }

    /// Be asked at every look from `from` on, and told once when the level falls below it.
    ///
    /// `ask` is given the level and returns the bytes it gave back. It runs on the thread that looks and may reserve; it
    /// is not asked any more once the subscription is dropped.
    #[must_use = "a subscription ends when it is dropped"]
    pub fn subscribe(
        &self,
        name: &str,
        from: Level,
        ask: impl Fn(Level) -> u64 + Send + Sync + 'static,
    ) -> Subscription {
        let subscriber = Arc::new(Subscriber {
            name: name.to_owned(),
            from,
            told: AtomicU8::new(0),
            ask: Box::new(ask),
        });
        locked(&self.0.subscribers).push(Arc::downgrade(&subscriber));
        Subscription(subscriber)
    }

    /// Read limits and pressure, decide the level, and ask subscribers.
    pub fn look(&self) -> Level {
        if LOOKS.get() {
            return self.level();
        }
        let _one = locked(&self.0.looking);
        LOOKS.set(true);
        let _done = Looked;
        let limits = self.read();
        let tightest = limits.tightest();
        let reading = Reading {
            share: tightest.map_or(0.0, super::Bound::share),
            some: limits.pressure.some,
            full: limits.pressure.full,
        };
        let level = self.level().after(&reading);
        self.0.level.store(level as u8, Ordering::Relaxed);
        let asked: Vec<Arc<Subscriber>> = {
            let mut all = locked(&self.0.subscribers);
            all.retain(|subscriber| subscriber.strong_count() > 0);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        let mut freed = 0_u64;
        for subscriber in asked {
            let told = of_number(subscriber.told.swap(level as u8, Ordering::Relaxed));
            if level >= subscriber.from || told >= subscriber.from {
                freed = freed.saturating_add((subscriber.ask)(level));
            }
        }
        if freed > 0 {
            self.read();
        }
        level
    }

    /// Read the limits and take note of how much may be reserved.
    fn read(&self) -> Limits {
        let setting = *locked(&self.0.setting);
        let limits = (self.0.source)(setting);
        let reserved = self.0.reserved.load(Ordering::Relaxed);
        // What is reserved and not touched yet is in no reading of the use: the limit bounds it by itself.
        let by_use = limits.left().map(|left| reserved.saturating_add(left));
        let ceiling = [limits.limit(), by_use].into_iter().flatten().min();
        self.0.ceiling.store(ceiling.unwrap_or(u64::MAX), Ordering::Relaxed);
        *locked(&self.0.last) = limits.clone();
        limits
    }

    /// The level of the last look.
    #[must_use]
    pub fn level(&self) -> Level {
        of_number(self.0.level.load(Ordering::Relaxed))
    }

    /// What the last look read.
    #[must_use]
    pub fn limits(&self) -> Limits {
        locked(&self.0.last).clone()
    }

    /// Bytes that may still be reserved; 0 at [`Level::Refuse`].
    #[must_use]
    pub fn left(&self) -> u64 {
        if self.level() == Level::Refuse {
            return 0;
        }
        let reserved = self.0.reserved.load(Ordering::Relaxed);
        self.0.ceiling.load(Ordering::Relaxed).saturating_sub(reserved)
    }

    /// Look every `period`, on a thread of its own, until the watch is dropped.
    ///
    /// # Errors
    /// [`RuntimeError::Pool`] when the operating system refuses the thread.
    pub fn watch(&self, period: Duration) -> Result<Watch, RuntimeError> {
        let (stop, stopped) = bounded::<()>(0);
        let budget = self.clone();
        let thread = thread::Builder::new()
            .name("memory-watch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                    budget.look();
                }
            })
            .map_err(|error| RuntimeError::Pool { threads: 1, reason: error.to_string() })?;
        Ok(Watch { stop: Some(stop), thread: Some(thread) })
    }

    /// Take `bytes` from what is left, after another look where that is not enough; else what is left.
    pub(super) fn take(&self, bytes: u64) -> Result<(), u64> {
        let take = || {
            if self.level() == Level::Refuse {
                return false;
            }
            let ceiling = self.0.ceiling.load(Ordering::Relaxed);
            let more = |now: u64| now.checked_add(bytes).filter(|all| *all <= ceiling);
            self.0.reserved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
        };
        if take() {
            return Ok(());
        }
        self.look();
        if take() { Ok(()) } else { Err(self.left()) }
    }

    pub(super) fn give(&self, bytes: u64) {
        self.0.reserved.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl fmt::Debug for MemoryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = self.limits();
        f.debug_struct("MemoryBudget")
            .field("level", &self.level())
            .field("left", &self.left())
            .field("bounds", &limits.bounds)
            .finish_non_exhaustive()
    }
}

fn of_number(number: u8) -> Level {
    Level::all().get(usize::from(number)).copied().unwrap_or_default()
}

/// Ends a look, also one in which a subscriber panics.
struct Looked;

impl Drop for Looked {
    fn drop(&mut self) {
        LOOKS.set(false);
    }
}

/// Being asked by a budget; ends when it is dropped.
pub struct Subscription(Arc<Subscriber>);

impl Subscription {
    /// Name that was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({} from {})", self.0.name, self.0.from)
    }
}

/// Looking again and again; ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A subscriber that panicked ends the watch and nothing else.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Bound;

    /// A budget of 1 000 bytes whose use is set by the test.
    fn scripted() -> (MemoryBudget, Arc<AtomicU64>) {
        let used = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&used);
        let budget = MemoryBudget::of(None, move |_| {
            let used = seen.load(Ordering::SeqCst);
            Limits {
                bounds: vec![Bound { source: "trace".to_owned(), limit: 1_000, used }],
                ..Limits::default()
            }
        });
        (budget, used)
    }

    #[test]
    fn accounts_add_up_and_a_refusal_says_who_and_how_much() {
        let (budget, _) = scripted();
        let (pages, packets) = (budget.account("pages"), budget.account("packets"));
        let held = pages.reserve(700).unwrap();
        assert_eq!(budget.left(), 300);
        let refused = packets.reserve(301).unwrap_err().to_string();
        assert_eq!(refused, "`packets` asked for 301 bytes of memory, and 300 bytes are left");
        let mut small = packets.reserve(100).unwrap();
        assert!(small.resize(400).is_err());
        assert_eq!(small.bytes(), 100, "what is refused changes nothing");
        drop(held);
        small.resize(900).unwrap();
        small.resize(50).unwrap();
        assert_eq!(budget.left(), 950);
        drop(small);
        assert_eq!(budget.left(), 1_000);
        let all = budget.accounts();
        assert_eq!((all[0].name.as_str(), all[0].used, all[0].peak), ("pages", 0, 700));
        assert_eq!((all[1].peak, all[1].refused), (900, 2));
    }

    #[test]
    fn levels_ask_in_order_and_recovery_is_told_once() {
        let (budget, used) = scripted();
        let told = Arc::new(Mutex::new(Vec::new()));
        let subscribe = |name: &'static str, from| {
            let told = Arc::clone(&told);
            budget.subscribe(name, from, move |level| {
                told.lock().unwrap().push((name, level));
                0
            })
        };
        let all = [subscribe("cache", Level::Trim), subscribe("lanes", Level::Narrow)];
        for share in [100, 750, 910, 960, 100, 100, 100, 100, 100, 100] {
            used.store(share, Ordering::SeqCst);
            budget.look();
        }
        use Level::{Calm, Compress, Narrow, Refuse, Spill, Trim};
        let told_to = |who: &str| -> Vec<Level> {
            let all = told.lock().unwrap();
            all.iter().filter(|(name, _)| *name == who).map(|(_, level)| *level).collect()
        };
        assert_eq!(told_to("cache"), [Trim, Narrow, Refuse, Narrow, Spill, Compress, Trim, Calm]);
        assert_eq!(told_to("lanes"), [Narrow, Refuse, Narrow, Spill]);
        drop(all);
        used.store(960, Ordering::SeqCst);
        let before = told.lock().unwrap().len();
        budget.look();
        assert_eq!(told.lock().unwrap().len(), before, "dropped subscriptions are not asked");
    }

    #[test]
    fn what_subscribers_give_back_serves_the_reservation_that_asked() {
        let (budget, used) = scripted();
        used.store(800, Ordering::SeqCst);
        budget.look();
        let frees = Arc::clone(&used);
        let _cache = budget.subscribe("cache", Level::Trim, move |_| {
            frees.store(300, Ordering::SeqCst);
            500
        });
        assert!(budget.account("run").reserve(600).is_ok());
    }

    #[test]
    fn refusal_ends_when_the_use_falls() {
        let (budget, used) = scripted();
        used.store(970, Ordering::SeqCst);
        budget.look();
        let account = budget.account("run");
        assert!(account.reserve(1).is_err());
        used.store(200, Ordering::SeqCst);
        assert!(account.reserve(1).is_ok(), "a refusal looks again first");
    }

    #[test]
    fn a_subscriber_may_reserve() {
        let (budget, used) = scripted();
        let inner = budget.clone();
        let _s = budget.subscribe("x", Level::Trim, move |_| {
            u64::from(inner.account("x").reserve(5_000).is_err())
        });
        used.store(750, Ordering::SeqCst);
        assert_eq!(budget.look(), Level::Trim);
    }

    #[test]
    fn threads_that_reserve_at_once_never_get_more_than_there_is() {
        let (budget, _) = scripted();
        let most = Arc::new(AtomicU64::new(0));
        let now = Arc::new(AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let account = budget.account("run");
                    for _ in 0..2_000 {
                        if let Ok(held) = account.reserve(300) {
                            let all = now.fetch_add(300, Ordering::SeqCst) + 300;
                            most.fetch_max(all, Ordering::SeqCst);
                            now.fetch_sub(300, Ordering::SeqCst);
                            drop(held);
                        }
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 1_000);
        budget.look();
        assert_eq!(budget.left(), 1_000);
    }

    #[test]
    fn a_watch_looks_by_itself_and_stops() {
        let (budget, used) = scripted();
        let (tell, told) = bounded(1);
        let _s = budget.subscribe("x", Level::Trim, move |level| {
            let _ = tell.try_send(level);
            0
        });
        let watch = budget.watch(Duration::from_millis(1)).unwrap();
        used.store(800, Ordering::SeqCst);
        assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok(Level::Compress));
        drop(watch);
    }
}
