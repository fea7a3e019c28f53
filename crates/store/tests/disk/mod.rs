//! Small disks that only the thread of a story sees.

#![allow(dead_code)] // Each story takes a part.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A disk of a few megabytes; gone when dropped.
pub struct Disk {
    directory: tempfile::TempDir,
}

/// Run a story that is given a disk of `size` (`16m`), or say in one line why it cannot be had.
pub fn with_disk(size: &'static str, story: fn(&Disk)) {
    // A thread of its own: it alone sees the disk, and the disk goes with it.
    let played = std::thread::spawn(move || match Disk::new(size) {
        Ok(disk) => story(&disk),
        Err(error) => eprintln!("skipped: a small disk cannot be mounted: {error}"),
    });
    if let Err(panic) = played.join() {
        std::panic::resume_unwind(panic);
    }
}

fn mount(kind: &str, target: &Path, flags: libc::c_ulong, options: &str) -> io::Result<()> {
    let kind = CString::new(kind)?;
    let target = CString::new(target.as_os_str().as_bytes())?;
    let options = CString::new(options)?;
    // SAFETY: all four are strings that end in zero and live until the call has returned.
    let done = unsafe {
        libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast())
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Disk {
    fn new(size: &str) -> io::Result<Disk> {
        // SAFETY: it changes what mounts this thread sees and touches no memory.
        if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
            return Err(io::Error::last_os_error());
        }
        mount("none", Path::new("/"), libc::MS_REC | libc::MS_PRIVATE, "")?;
        let directory = tempfile::Builder::new().prefix("lunar-disk-").tempdir()?;
        mount("tmpfs", directory.path(), 0, &format!("size={size}"))?;
        Ok(Disk { directory })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Let nobody write any more.
    pub fn read_only(&self) {
        mount("tmpfs", self.path(), libc::MS_REMOUNT | libc::MS_RDONLY, "").unwrap();
    }

    /// Let everybody write again.
    pub fn writable(&self) {
        mount("tmpfs", self.path(), libc::MS_REMOUNT, "").unwrap();
    }

    /// Take all room but `left` bytes with a file of this name.
    pub fn fill(&self, name: &str, left: u64) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.path().join(name)).unwrap();
        let piece = [7_u8; 4_096];
        let mut written = 0;
        while let Ok(count) = file.write(&piece) {
            written += count as u64;
        }
        file.set_len(written.saturating_sub(left)).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Ok(target) = CString::new(self.path().as_os_str().as_bytes()) {
            // SAFETY: the string ends in zero and lives until the call has returned.
            unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
        }
    }
}
