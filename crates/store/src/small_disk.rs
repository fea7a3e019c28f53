//! A full disk for tests.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A disk with so many bytes left, shared by every file on it.
pub(crate) struct SmallDisk {
    pub(crate) file: File,
    pub(crate) room: Arc<Mutex<usize>>,
}

impl Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut room = self.room.lock().unwrap();
        if *room == 0 && !bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let written = self.file.write(&bytes[..bytes.len().min(*room)])?;
        *room -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
