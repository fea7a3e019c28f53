//! A buffer that is out of its pool.

use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::Element;
use super::pool::Inner;
use super::shelf::Buffer;

/// A buffer of a [`BufferPool`](super::BufferPool), which goes back when it is dropped, from whatever thread.
///
/// It is a slice of the length that was asked for. The buffer is owned by the lease alone, so that it cannot be in the
/// pool while it is out, nor go back twice.
pub struct Lease<T: Element> {
    buffer: Buffer<T>,
    len: usize,
    /// None for a buffer that is larger than the largest class and is not kept.
    class: Option<usize>,
    pool: Arc<Inner>,
}

impl<T: Element> Lease<T> {
    pub(super) fn new(
        buffer: Buffer<T>,
        len: usize,
        class: Option<usize>,
        pool: Arc<Inner>,
    ) -> Lease<T> {
        Lease { buffer, len, class, pool }
    }

    /// Take the buffer out of the pool for good.
    #[must_use]
    pub fn keep(mut self) -> Vec<T> {
        let mut data = mem::take(&mut self.buffer.data);
        data.truncate(self.len);
        self.class = None;
        data
    }
}

impl<T: Element> Deref for Lease<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer.data[..self.len]
    }
}

impl<T: Element> DerefMut for Lease<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer.data[..self.len]
    }
}

impl<T: Element> Drop for Lease<T> {
    fn drop(&mut self) {
        self.pool.take_back(self.class, mem::take(&mut self.buffer));
    }
}

impl<T: Element> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("len", &self.len).field("class", &self.class).finish()
    }
}
