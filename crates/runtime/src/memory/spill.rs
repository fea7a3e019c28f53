//! Blocks in files that are mapped into memory.

use std::fs::{self, File, OpenOptions};
use std::hash::Hasher;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::mem::{size_of, size_of_val};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{Mmap, MmapMut};
use twox_hash::XxHash3_64;

use super::Element;
use crate::RuntimeError;

/// Prefix of the folder of one process.
const PREFIX: &str = "spill-";
/// File in it that is locked as long as its process lives.
const ALIVE: &str = "alive";
/// File beside the folders, locked while one is made or stale ones are removed.
const DOOR: &str = "spill.lock";
/// Bytes that are turned at once.
const PIECE: usize = 1 << 16;

/// A directory for blocks that memory has no room for.
///
/// Each spill has a folder of its own in the directory. Opening one removes the folders of processes that are gone, however
/// they ended: a folder is stale when nobody holds the lock on its file `alive`. Dropping a block removes its file; the last
/// clone and the last block remove the folder.
///
/// Files are written and not allocated lazily, so that a full disk is an error of the write and nothing is lost: what was to
/// be spilled is still in memory. A directory in memory (`tmpfs`) frees nothing.
///
/// ```
/// use lunar_habitat_runtime::memory::Spill;
/// # let dir = tempfile::tempdir()?;
/// let spill = Spill::open(dir.path())?;
/// let block = spill.put(&[1.5_f64, -0.0, f64::NAN])?;
/// let mut back = [0.0; 3];
/// block.read(&mut back)?;
/// assert_eq!(back[0], 1.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Spill(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Locked until it is closed, by the kernel also where the process is killed.
    _alive: File,
    next: AtomicU64,
    bytes: AtomicU64,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is stale at the next start and removed then.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn failed(path: &Path, error: &io::Error) -> RuntimeError {
    RuntimeError::Spill { path: path.display().to_string(), reason: error.to_string() }
}

impl Spill {
    /// Make a folder in `dir`, which is made where it does not exist, and remove stale ones.
    ///
    /// # Errors
    /// [`RuntimeError::Spill`] when the directory cannot be written.
    pub fn open(dir: &Path) -> Result<Spill, RuntimeError> {
        fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
        let door = dir.join(DOOR);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&door);
        let lock = open.and_then(|lock| lock.lock().map(|()| lock));
        // Held to the end of this function.
        let _lock = lock.map_err(|error| failed(&door, &error))?;
        remove_stale(dir).map_err(|error| failed(dir, &error))?;
        let mut number = 0_u32;
        let path = loop {
            let path = dir.join(format!("{PREFIX}{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => break path,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(failed(&path, &error)),
            }
        };
        let alive = path.join(ALIVE);
        let locked = File::create_new(&alive).and_then(|file| {
            file.try_lock()?;
            Ok(file)
        });
        let locked = locked.map_err(|error| failed(&alive, &error))?;
        let (next, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Spill(Arc::new(Folder { path, _alive: locked, next, bytes })))
    }

    /// Folder of this spill.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Bytes that are in files now.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Write numbers to a file of their own.
    ///
    /// # Errors
    /// [`RuntimeError::Spill`] when the disk is full or the file cannot be mapped; no file is left behind then.
    pub fn put<T: Element>(&self, numbers: &[T]) -> Result<Spilled<T>, RuntimeError> {
        let (file, mut out) = self.file()?;
        let mut hash = XxHash3_64::new();
        let mut piece = vec![0; PIECE];
        let width = size_of::<T>();
        let mut write = || -> io::Result<()> {
            for part in numbers.chunks(PIECE / width) {
                let piece = &mut piece[..size_of_val(part)];
                for (to, number) in piece.chunks_exact_mut(width).zip(part) {
                    number.put(to);
                }
                hash.write(piece);
                out.write_all(piece)?;
            }
            Ok(())
        };
        write().map_err(|error| failed(&file.path, &error))?;
        let map = if numbers.is_empty() {
            None
        } else {
            // SAFETY: the file is in a folder that is locked for this process and is written by nobody after this; it
            // keeps its length until the map is gone, because it is removed after that and never cut.
            let map = unsafe { Mmap::map(&out) };
            Some(map.map_err(|error| failed(&file.path, &error))?)
        };
        let file = file.grown(size_of_val(numbers) as u64);
        Ok(Spilled { map, file, len: numbers.len(), checksum: hash.finish(), kind: PhantomData })
    }

    /// A file of `bytes` zeros that is mapped for writing, all of it on the disk.
    pub(super) fn room(&self, bytes: usize) -> Result<(MmapMut, Room), RuntimeError> {
        let (file, mut out) = self.file()?;
        let zeros = vec![0; PIECE.min(bytes)];
        let mut left = bytes;
        let mut write = || -> io::Result<()> {
            while left > 0 {
                let now = left.min(PIECE);
                out.write_all(&zeros[..now])?;
                left -= now;
            }
            Ok(())
        };
        write().map_err(|error| failed(&file.path, &error))?;
        // SAFETY: the file is in a folder that is locked for this process; this map is the only one of it, and the file
        // keeps its length until the map is gone, because it is removed after that and never cut.
        let map = unsafe { MmapMut::map_mut(&out) };
        let map = map.map_err(|error| failed(&file.path, &error))?;
        Ok((map, file.grown(bytes as u64)))
    }

    fn file(&self) -> Result<(Room, File), RuntimeError> {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let path = self.0.path.join(format!("{number}.bin"));
        let open = OpenOptions::new().create_new(true).read(true).write(true).open(&path);
        let out = open.map_err(|error| failed(&path, &error))?;
        Ok((Room { path, bytes: 0, folder: Arc::clone(&self.0) }, out))
    }
}

/// Remove the folders whose processes are gone.
fn remove_stale(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_ours || !entry.file_type()?.is_dir() {
            continue;
        }
        let is_stale = match File::open(entry.path().join(ALIVE)) {
            Ok(alive) => alive.try_lock().is_ok(),
            // Made by a process that ended before it could write the file.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_stale {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// A file of a spill, removed when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    path: PathBuf,
    bytes: u64,
    folder: Arc<Folder>,
}

impl Room {
    fn grown(mut self, bytes: u64) -> Room {
        self.bytes = bytes;
        self.folder.bytes.fetch_add(bytes, Ordering::Relaxed);
        self
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.folder.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        // What cannot be removed goes with the folder.
        let _ = fs::remove_file(&self.path);
    }
}

/// Numbers in a file, which is removed when this is dropped.
#[derive(Debug)]
pub struct Spilled<T: Element> {
    // Fields are dropped in their order: the map before the file.
    map: Option<Mmap>,
    file: Room,
    len: usize,
    checksum: u64,
    kind: PhantomData<T>,
}

impl<T: Element> Spilled<T> {
    /// Write the numbers to `to`, each with the bits it had.
    ///
    /// # Errors
    /// [`RuntimeError::Block`] when `to` has another length, or the file was changed by somebody else.
    pub fn read(&self, to: &mut [T]) -> Result<(), RuntimeError> {
        if to.len() != self.len {
            let reason =
                format!("{} numbers are asked for where {} were written", to.len(), self.len);
            return Err(RuntimeError::Block { reason });
        }
        let bytes: &[u8] = self.map.as_deref().unwrap_or_default();
        let found = XxHash3_64::oneshot(bytes);
        if found != self.checksum {
            let (path, written) = (self.file.path.display(), self.checksum);
            let reason =
                format!("the checksum of {path} is {found:016x}, written was {written:016x}");
            return Err(RuntimeError::Block { reason });
        }
        for (number, from) in to.iter_mut().zip(bytes.chunks_exact(size_of::<T>())) {
            *number = T::get(from);
        }
        Ok(())
    }

    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files(dir: &Path) -> Vec<String> {
        let all = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_bit_comes_back(words in prop::collection::vec(any::<u64>(), 0..20_000)) {
            let dir = tempfile::tempdir().unwrap();
            let spill = Spill::open(dir.path()).unwrap();
            let doubles: Vec<f64> = words.iter().map(|word| f64::from_bits(*word)).collect();
            let block = spill.put(&doubles).unwrap();
            let mut back = vec![0.0_f64; doubles.len()];
            block.read(&mut back).unwrap();
            prop_assert!(back.iter().zip(&doubles).all(|(a, b)| a.to_bits() == b.to_bits()));
            prop_assert_eq!(spill.bytes(), 8 * doubles.len() as u64);
        }
    }

    #[test]
    fn files_go_with_their_blocks_and_the_folder_with_the_last_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Spill::open(dir.path()).unwrap();
        let folder = spill.path().to_path_buf();
        let (one, two) = (spill.put(&[1_u8; 100]).unwrap(), spill.put(&[2.0_f32; 100]).unwrap());
        assert_eq!(files(&folder), ["0.bin", "1.bin", ALIVE]);
        drop(one);
        assert_eq!(files(&folder), ["1.bin", ALIVE]);
        drop(spill);
        let mut back = [0.0; 100];
        two.read(&mut back).unwrap();
        assert_eq!(back, [2.0; 100]);
        drop(two);
        assert_eq!(files(dir.path()), [DOOR]);
    }

    #[test]
    fn folders_of_the_living_stay_and_those_of_the_dead_go() {
        let dir = tempfile::tempdir().unwrap();
        let living = Spill::open(dir.path()).unwrap();
        let block = living.put(&[3_u8; 10]).unwrap();
        for name in ["spill-1-0", "spill-4000000-7"] {
            fs::create_dir(dir.path().join(name)).unwrap();
            fs::write(dir.path().join(name).join(ALIVE), "").unwrap();
            fs::write(dir.path().join(name).join("0.bin"), [0; 1_000]).unwrap();
        }
        fs::create_dir(dir.path().join("spill-5-5")).unwrap();
        fs::write(dir.path().join("spill-note.txt"), "not a folder").unwrap();
        fs::create_dir(dir.path().join("results")).unwrap();
        let second = Spill::open(dir.path()).unwrap();
        let names = files(dir.path());
        let own = |spill: &Spill| spill.path().file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(names, ["results", &own(&living), &own(&second), "spill-note.txt", DOOR]);
        let mut back = [0; 10];
        block.read(&mut back).unwrap();
        assert_eq!(back, [3; 10]);
    }

    #[test]
    fn a_file_that_somebody_changed_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Spill::open(dir.path()).unwrap();
        let block = spill.put(&[1.0_f32; 64]).unwrap();
        let file = spill.path().join("0.bin");
        let mut bytes = fs::read(&file).unwrap();
        bytes[77] ^= 4;
        // Written in place, as a mapped file must not be cut.
        OpenOptions::new().write(true).open(&file).unwrap().write_all(&bytes).unwrap();
        let error = block.read(&mut [0.0; 64]).unwrap_err().to_string();
        assert!(error.contains("0.bin"), "{error}");
        assert!(block.read(&mut [0.0; 63]).is_err());
    }

    #[test]
    fn a_directory_that_cannot_be_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Spill::open(&file.join("below")).unwrap_err().to_string();
        assert!(error.starts_with("spill file ") && error.contains("below"), "{error}");
    }
}
