//! Named access to every number of a state, for snapshots, hashes and tests.

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
