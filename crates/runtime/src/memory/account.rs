//! Who has how much memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::MemoryBudget;
use crate::RuntimeError;

/// What an account has, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUse {
    /// Name of the subsystem.
    pub name: String,
    /// Bytes reserved now.
    pub used: u64,
    /// Most bytes that were reserved at once.
    pub peak: u64,
    /// Reservations that were refused.
    pub refused: u64,
}

#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) name: String,
    used: AtomicU64,
    peak: AtomicU64,
    refused: AtomicU64,
}

impl Ledger {
    pub(super) fn new(name: &str) -> Ledger {
        Ledger {
            name: name.to_owned(),
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    pub(super) fn as_it_stands(&self) -> AccountUse {
        AccountUse {
            name: self.name.clone(),
            used: self.used.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        let now = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(now, Ordering::Relaxed);
    }
}

/// The account of one subsystem in a [`MemoryBudget`]; clones are the same account.
///
/// ```
/// use lunar_habitat_runtime::memory::MemoryBudget;
/// let budget = MemoryBudget::new(Some(1 << 40));
/// let buffers = budget.account("buffers");
/// let held = buffers.reserve(1 << 20)?;
/// assert_eq!(buffers.used(), 1 << 20);
/// drop(held);
/// assert_eq!(buffers.used(), 0);
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Account {
    budget: MemoryBudget,
    ledger: Arc<Ledger>,
}

impl Account {
    pub(super) fn new(budget: MemoryBudget, ledger: Arc<Ledger>) -> Account {
        Account { budget, ledger }
    }

    /// Ask for `bytes`, which belong to this account until the reservation is dropped.
    ///
    /// Where too little is left, the budget looks again first, which asks all subscribers to give back what they can.
    ///
    /// # Errors
    /// [`RuntimeError::Memory`]: too little is left, or the level is [`Level::Refuse`](super::Level::Refuse).
    pub fn reserve(&self, bytes: u64) -> Result<Reservation, RuntimeError> {
        if let Err(left) = self.budget.take(bytes) {
            self.ledger.refused.fetch_add(1, Ordering::Relaxed);
            let who = self.ledger.name.clone();
            return Err(RuntimeError::Memory { who, asked: bytes, left });
        }
        self.ledger.add(bytes);
        Ok(Reservation { account: self.clone(), bytes })
    }

    /// Name of the subsystem.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.ledger.name
    }

    /// Bytes reserved now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.ledger.used()
    }

    /// The budget that it belongs to.
    #[must_use]
    pub fn budget(&self) -> &MemoryBudget {
        &self.budget
    }
}

/// Bytes of an account, given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    account: Account,
    bytes: u64,
}

impl Reservation {
    /// How many bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Make it `bytes` in all.
    ///
    /// # Errors
    /// [`RuntimeError::Memory`] where more is not to be had; it is as large as before then.
    pub fn resize(&mut self, bytes: u64) -> Result<(), RuntimeError> {
        if bytes > self.bytes {
            let mut more = self.account.reserve(bytes - self.bytes)?;
            self.bytes += std::mem::take(&mut more.bytes);
        } else {
            self.give_back(self.bytes - bytes);
        }
        Ok(())
    }

    fn give_back(&mut self, bytes: u64) {
        self.bytes -= bytes;
        self.account.ledger.used.fetch_sub(bytes, Ordering::Relaxed);
        self.account.budget.give(bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}
