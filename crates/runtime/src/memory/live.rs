//! Live objects that are used again.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A pool of objects that take long to make, such as environments; clones are the same pool.
///
/// Whoever takes one finds it as it was left, and resets it.
///
/// ```
/// use lunar_habitat_runtime::memory::LivePool;
/// let pool = LivePool::new(4);
/// let first = pool.take(|| Ok::<_, ()>(vec![0; 1_000]))?;
/// drop(first);
/// assert_eq!(pool.idle(), 1);
/// let again = pool.take(|| Err(()))?;
/// assert_eq!(again.len(), 1_000);
/// # Ok::<(), ()>(())
/// ```
pub struct LivePool<T> {
    idle: Arc<Mutex<Vec<T>>>,
    most: usize,
}

impl<T> LivePool<T> {
    /// An empty pool that keeps at most `most` objects.
    #[must_use]
    pub fn new(most: usize) -> LivePool<T> {
        LivePool { idle: Arc::new(Mutex::new(Vec::with_capacity(most.min(1_024)))), most }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object that came back last, or a new one.
    ///
    /// # Errors
    /// What `make` refuses.
    pub fn take<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Live<T>, E> {
        let idle = self.lock().pop();
        let object = match idle {
            Some(object) => object,
            None => make()?,
        };
        Ok(Live { object: Some(object), pool: self.clone() })
    }

    /// Objects that wait.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.lock().len()
    }

    /// Let go of the objects that wait; how many those were.
    pub fn trim(&self) -> usize {
        // Taken out first, so that nobody waits while they are dropped.
        let idle = std::mem::take(&mut *self.lock());
        idle.len()
    }
}

impl<T> Clone for LivePool<T> {
    fn clone(&self) -> LivePool<T> {
        LivePool { idle: Arc::clone(&self.idle), most: self.most }
    }
}

impl<T> fmt::Debug for LivePool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LivePool({} idle of at most {})", self.idle(), self.most)
    }
}

/// An object that is out of its pool and goes back when it is dropped.
pub struct Live<T> {
    /// Nothing only once it is dropped or kept.
    object: Option<T>,
    pool: LivePool<T>,
}

impl<T> Deref for Live<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.object {
            Some(object) => object,
            None => unreachable!("an object is there until its guard is dropped"),
        }
    }
}

impl<T> DerefMut for Live<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.object {
            Some(object) => object,
            None => unreachable!("an object is there until its guard is dropped"),
        }
    }
}

impl<T> Drop for Live<T> {
    fn drop(&mut self) {
        let Some(object) = self.object.take().filter(|_| !std::thread::panicking()) else {
            // A panic may have left it between two states.
            return;
        };
        let mut idle = self.pool.lock();
        if idle.len() < self.pool.most {
            idle.push(object);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_back_and_no_more_than_allowed_are_kept() {
        let pool = LivePool::new(2);
        let all: Vec<Live<i32>> = (0..3).map(|i| pool.take(|| Ok::<_, ()>(i)).unwrap()).collect();
        drop(all);
        assert_eq!(pool.idle(), 2);
        let again = pool.take(|| Err("asked")).unwrap();
        assert_eq!(*again, 1);
        assert_eq!(pool.trim(), 1);
        assert_eq!(pool.take(|| Err::<i32, _>("asked")).map(|live| *live), Err("asked"));
    }

    #[test]
    fn an_object_that_a_panic_went_through_is_not_kept() {
        let pool = LivePool::new(2);
        let other = pool.clone();
        let broken = std::thread::spawn(move || {
            let _object = other.take(|| Ok::<_, ()>(1)).unwrap();
            panic!("as planned");
        });
        assert!(broken.join().is_err());
        assert_eq!(pool.idle(), 0);
    }
}
