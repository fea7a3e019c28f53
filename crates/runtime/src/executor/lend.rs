//! Work that borrows from the thread that hands it in, on workers that outlive it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::handle::lock;

/// A closure on somebody's stack, by its address.
struct Lent {
    data: *const (),
    call: unsafe fn(*const ()),
}

// SAFETY: the address is followed in `Loan::enter` alone, and what lies there is `Sync` by the bound of `Lender::new`.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

#[derive(Default)]
struct Gate {
    is_closed: bool,
    inside: usize,
}

/// What workers hold of a closure that was lent to them.
pub(super) struct Loan {
    lent: Lent,
    gate: Mutex<Gate>,
    left: Condvar,
}

/// Counts a worker out again, also when the closure panics.
struct Visit<'a>(&'a Loan);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        lock(&self.0.gate).inside -= 1;
        self.0.left.notify_all();
    }
}

impl Loan {
    /// Call the closure, if it is still lent.
    pub(super) fn enter(&self) {
        {
            let mut gate = lock(&self.gate);
            if gate.is_closed {
                return;
            }
            gate.inside += 1;
        }
        let _visit = Visit(self);
        // SAFETY: the gate was open and counts this visit, so that the lender, who borrows the closure, waits in its drop
        // until the visit has ended. `data` is the address of the closure that `call` was made for.
        unsafe { (self.lent.call)(self.lent.data) }
    }
}

/// Lends a closure until it is dropped; the drop waits for everybody who is inside.
pub(super) struct Lender<'a, F: Fn() + Sync> {
    loan: Arc<Loan>,
    _lent: &'a F,
}

impl<'a, F: Fn() + Sync> Lender<'a, F> {
    pub(super) fn new(work: &'a F) -> Lender<'a, F> {
        /// # Safety
        /// `data` is the address of a living `F`.
        unsafe fn call<F: Fn()>(data: *const ()) {
            // SAFETY: by the contract of this function.
            unsafe { (*data.cast::<F>())() }
        }
        let lent = Lent { data: std::ptr::from_ref(work).cast(), call: call::<F> };
        let loan = Loan { lent, gate: Mutex::default(), left: Condvar::new() };
        Lender { loan: Arc::new(loan), _lent: work }
    }

    pub(super) fn loan(&self) -> Arc<Loan> {
        Arc::clone(&self.loan)
    }
}

impl<F: Fn() + Sync> Drop for Lender<'_, F> {
    fn drop(&mut self) {
        let mut gate = lock(&self.loan.gate);
        gate.is_closed = true;
        while gate.inside > 0 {
            gate = self.loan.left.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
