//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::LearnError;

/// Write `bytes` beside `path`, wait until they are on the disk, then give them its name.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), LearnError> {
    let failed = |source| LearnError::File { path: path.to_owned(), source };
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    let draft = Path::new(&draft);
    let written = (|| {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(draft, path)
    })();
    if written.is_err() {
        // The draft is of no use to anybody; what stands under the name is as it was.
        let _ = fs::remove_file(draft);
    }
    written.map_err(failed)
}

/// Read a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, LearnError> {
    fs::read(path).map_err(|source| LearnError::File { path: path.to_owned(), source })
}
