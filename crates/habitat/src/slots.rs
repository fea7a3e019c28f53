//! Named access to every number of a state, for snapshots, hashes and tests.
//!
//! Every number of a state is a slot with a name, for example `zones.0.n_mol.3` or
//! `ledger.coolant_j`: field names and indices with dots between. A snapshot stores name and value,
//! so that it can be read by a release whose structs have another order; a hash takes the values in
//! the order of the visit, which is the order of declaration.
//!
//! # Examples
//! ```
//! use lunar_habitat_habitat::slots::{Slot, Slots};
//! let mut valve = lunar_habitat_habitat::air::acs::Valve::new(18_850.0);
//! let mut names = Vec::new();
//! valve.slots(&mut String::from("valve"), &mut |name, slot| {
//!     names.push(name.to_owned());
//!     if let (true, Slot::Number(value)) = (name == "valve.set_pa", slot) {
//!         *value = 20_000.0; // a slot can be written through, too
//!     }
//! });
//! assert_eq!(names, ["valve.set_pa", "valve.open", "valve.given_mol_s"]);
//! assert_eq!(valve.set_pa, 20_000.0);
//! ```

/// One number of a state.
pub enum Slot<'a> {
    /// A quantity.
    Number(&'a mut f64),
    /// A counter, an index, a key or a mode.
    Word(&'a mut u64),
}

/// A part of the state that can show its numbers by name, in a fixed order.
pub trait Slots {
    /// Call `visit` with the full name of every number; `at` is the name of this part.
    ///
    /// `at` has its old content again when the call returns. A flag is a word: 0 for no, anything
    /// else for yes, and it is written back after the visit.
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>));
}

impl Slots for f64 {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        visit(at, Slot::Number(self));
    }
}

impl Slots for u64 {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        visit(at, Slot::Word(self));
    }
}

impl Slots for bool {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        let mut word = u64::from(*self);
        visit(at, Slot::Word(&mut word));
        *self = word != 0;
    }
}

impl<T: Slots> Slots for [T] {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        for (index, item) in self.iter_mut().enumerate() {
            let kept = at.len();
            at.push('.');
            at.push_str(&index.to_string());
            item.slots(at, visit);
            at.truncate(kept);
        }
    }
}

impl<T: Slots, const N: usize> Slots for [T; N] {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        self.as_mut_slice().slots(at, visit);
    }
}

impl<T: Slots> Slots for Vec<T> {
    fn slots(&mut self, at: &mut String, visit: &mut dyn FnMut(&str, Slot<'_>)) {
        self.as_mut_slice().slots(at, visit);
    }
}

/// Declare a plain-data struct whose fields are slots under their own names.
///
/// The struct is public, can be cloned, compared and printed, and a field that is no slot does not
/// compile: nothing that changes can be left out of a snapshot by mistake.
macro_rules! state {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        impl $crate::slots::Slots for $name {
            fn slots(
                &mut self,
                at: &mut String,
                visit: &mut dyn FnMut(&str, $crate::slots::Slot<'_>),
            ) {
                $(
                    let kept = at.len();
                    if !at.is_empty() {
                        at.push('.');
                    }
                    at.push_str(stringify!($field));
                    self.$field.slots(at, visit);
                    at.truncate(kept);
                )*
            }
        }
    };
}

pub(crate) use state;
