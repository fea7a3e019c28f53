//! Files that appear whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::StoreError;

/// A file under a temporary name in the directory of its target; removed when dropped.
pub(crate) struct Draft {
    file: NamedTempFile,
    target: PathBuf,
}

impl Draft {
    /// Start a draft of `target`.
    pub(crate) fn start(target: PathBuf) -> Result<Draft, StoreError> {
        // Refused before the work is done, not when the name is given at its end.
        if target.is_dir() {
            return Err(StoreError::io(
                "replace",
                &target,
                std::io::ErrorKind::IsADirectory.into(),
            ));
        }
        let dir = directory_of(&target);
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let prefix = format!(".{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".partial");
        // Temporary files are private by default; this one becomes an ordinary file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .tempfile_in(dir)
            .map_err(|source| StoreError::io("create a file in", dir, source))?;
        Ok(Draft { file, target })
    }

    /// A second handle to write through.
    pub(crate) fn writer(&self) -> Result<File, StoreError> {
        self.file
            .as_file()
            .try_clone()
            .map_err(|source| StoreError::io("write", &self.target, source))
    }

    /// The file this becomes.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Make the bytes durable, still under the temporary name.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.file
            .as_file()
            .sync_all()
            .map_err(|source| StoreError::io("write", &self.target, source))
    }

    /// Give the file its name, replacing an older one.
    pub(crate) fn publish(self) -> Result<(), StoreError> {
        let Draft { file, target } = self;
        file.persist(&target).map_err(|error| StoreError::io("replace", &target, error.error))?;
        sync_directory_of(&target);
        Ok(())
    }
}

/// Make the name of a file durable: it is only once its directory is. Not every file system can be asked.
pub(crate) fn sync_directory_of(path: &Path) {
    #[cfg(unix)]
    if let Ok(dir) = File::open(directory_of(path)) {
        let _ = dir.sync_all();
    }
}

/// The directory in which a file is.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Write `bytes` to `path` so that a reader sees the older file or the whole new one.
///
/// # Errors
/// [`StoreError::DiskFull`] or [`StoreError::Io`]; an older file is untouched then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let draft = Draft::start(path.to_path_buf())?;
    draft.writer()?.write_all(bytes).map_err(|source| StoreError::io("write", path, source))?;
    draft.sync()?;
    draft.publish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.html");
        write_atomic(&path, b"old").unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_abandoned_draft_leaves_the_older_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.html");
        write_atomic(&path, b"old").unwrap();
        let draft = Draft::start(path.clone()).unwrap();
        draft.writer().unwrap().write_all(b"half").unwrap();
        drop(draft);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_directory_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = write_atomic(&dir.path().join("absent").join("x.json"), b"{}").unwrap_err();
        assert!(error.to_string().contains("absent"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_was_written() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.html");
        write_atomic(&path, b"x").unwrap();
        let plain = dir.path().join("plain");
        fs::write(&plain, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }
}
