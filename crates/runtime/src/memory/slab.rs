//! An array that is in memory or in a mapped file.

use std::fmt;
use std::mem::size_of;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

use super::spill::Room;
use super::{Element, Spill};
use crate::RuntimeError;

/// A fixed number of numbers, in memory or in a file that is mapped.
///
/// Either way it is a slice. In a file the kernel keeps in memory what is used and writes the rest to the disk when memory
/// becomes scarce; what is read and written is the same to the bit, only slower.
///
/// ```
/// use lunar_habitat_runtime::memory::{Slab, Spill};
/// # let dir = tempfile::tempdir()?;
/// let mut row: Slab<f32> = Slab::zeroed(1_000);
/// row[7] = 0.5;
/// let spill = Spill::open(dir.path())?;
/// assert_eq!(row.move_to(&spill)?, 4_000);
/// assert_eq!(row[7], 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Slab<T: Element>(Place<T>);

enum Place<T: Element> {
    Memory(Vec<T>),
    // Fields are dropped in their order: the map before the file.
    File { map: MmapMut, len: usize, _file: Room },
}

impl<T: Element> Slab<T> {
    /// Zeros in memory.
    #[must_use]
    pub fn zeroed(len: usize) -> Slab<T> {
        Slab(Place::Memory(vec![T::default(); len]))
    }

    /// Move the numbers to a file of `spill`; how many bytes of memory that gives back. What is in a file already stays
    /// there.
    ///
    /// # Errors
    /// [`RuntimeError::Spill`] when the disk is full; the numbers stay where they are.
    pub fn move_to(&mut self, spill: &Spill) -> Result<u64, RuntimeError> {
        let Place::Memory(numbers) = &self.0 else {
            return Ok(0);
        };
        let bytes = numbers.len() * size_of::<T>();
        if bytes == 0 {
            return Ok(0);
        }
        let (map, file) = spill.room(bytes)?;
        let mut moved = Slab(Place::File { map, len: numbers.len(), _file: file });
        moved.copy_from_slice(numbers);
        *self = moved;
        Ok(bytes as u64)
    }

    /// Bring the numbers back to memory.
    pub fn move_home(&mut self) {
        if self.is_spilled() {
            *self = Slab(Place::Memory(self.to_vec()));
        }
    }

    /// Whether it is in a file.
    #[must_use]
    pub fn is_spilled(&self) -> bool {
        matches!(self.0, Place::File { .. })
    }
}

impl<T: Element> Deref for Slab<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Memory(numbers) => numbers,
            // SAFETY: the map begins at a page, so it is aligned for any number; it has `len` numbers' bytes, all
            // written; every pattern of bits is a number (`Element` is sealed); it lives as long as `self`.
            Place::File { map, len, .. } => unsafe {
                std::slice::from_raw_parts(map.as_ptr().cast::<T>(), *len)
            },
        }
    }
}

impl<T: Element> DerefMut for Slab<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Place::Memory(numbers) => numbers,
            // SAFETY: as above, and `self` is borrowed alone.
            Place::File { map, len, .. } => unsafe {
                std::slice::from_raw_parts_mut(map.as_mut_ptr().cast::<T>(), *len)
            },
        }
    }
}

impl<T: Element> From<Vec<T>> for Slab<T> {
    fn from(numbers: Vec<T>) -> Slab<T> {
        Slab(Place::Memory(numbers))
    }
}

impl<T: Element> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab(Place::Memory(Vec::new()))
    }
}

/// The copy is in memory.
impl<T: Element> Clone for Slab<T> {
    fn clone(&self) -> Slab<T> {
        Slab(Place::Memory(self.to_vec()))
    }
}

impl<T: Element> fmt::Debug for Slab<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_spilled() { "file" } else { "memory" };
        write!(f, "Slab({} numbers in {place})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same_and_writes_arrive() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Spill::open(dir.path()).unwrap();
        let bits = |i: u32| i.wrapping_mul(2_654_435_761);
        let numbers: Vec<f32> = (0..100_000).map(|i| f32::from_bits(bits(i))).collect();
        let mut slab = Slab::from(numbers);
        assert_eq!(slab.move_to(&spill).unwrap(), 400_000);
        assert_eq!((slab.move_to(&spill).unwrap(), spill.bytes()), (0, 400_000));
        assert!(slab.is_spilled());
        assert!(slab.iter().zip(0..).all(|(x, i)| x.to_bits() == bits(i)));
        slab[99_999] = 1.5;
        let copy = slab.clone();
        slab.move_home();
        assert!(!slab.is_spilled() && spill.bytes() == 0);
        assert_eq!(slab[99_999], 1.5);
        assert!(slab[..99_999].iter().zip(0..).all(|(x, i)| x.to_bits() == bits(i)));
        assert_eq!((copy.is_spilled(), copy[99_999]), (false, 1.5));
    }

    #[test]
    fn nothing_needs_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Spill::open(dir.path()).unwrap();
        let mut slab = Slab::<f64>::default();
        assert_eq!(slab.move_to(&spill).unwrap(), 0);
        assert!(slab.is_empty() && !slab.is_spilled());
    }
}
