//! Files of a run: policies, reports, recorded trajectories.

use sha2::{Digest, Sha256};

use super::Database;
use super::link::{Link, Row};
use crate::StoreError;

/// A file of a run without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactInfo {
    /// Kind: `policy`, `report`, `trajectory`, …
    pub kind: String,
    /// Name within the run and the kind.
    pub name: String,
    /// What is told of it, as JSON.
    pub detail: String,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// Number of bytes.
    pub len: u64,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What is told of it.
    pub info: ArtifactInfo,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Keep the file of a kind and a name.
pub(super) fn keep(
    link: &mut dyn Link,
    run: i64,
    (kind, name): (&str, &str),
    detail: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let hash = Sha256::digest(bytes).to_vec();
    let sql = "INSERT INTO artifact (run, kind, name, detail, sha256, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (run, kind, name)
         DO UPDATE SET detail = excluded.detail, sha256 = excluded.sha256, bytes = excluded.bytes";
    let bytes = bytes.to_vec();
    let values = [run.into(), kind.into(), name.into(), detail.into(), hash.into(), bytes.into()];
    link.execute(sql, &values).map(|_| ())
}

impl Database {
    /// Keep a file of run number `run`; one of that kind and name is replaced.
    ///
    /// # Errors
    /// What the database reports.
    pub fn keep_artifact(
        &self,
        run: i64,
        kind: &str,
        name: &str,
        detail: &str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.change(|link| keep(link, run, (kind, name), detail, bytes))
    }

    /// The files of run number `run`, without their bytes.
    ///
    /// # Errors
    /// What the database reports.
    pub fn artifacts(&self, run: i64) -> Result<Vec<ArtifactInfo>, StoreError> {
        let sql = "SELECT kind, name, detail, sha256, LENGTH(bytes) FROM artifact
             WHERE run = ?1 ORDER BY kind, name";
        let info = |mut row: Row| ArtifactInfo {
            kind: row.text(0),
            name: row.text(1),
            detail: row.text(2),
            sha256: row.bytes(3).try_into().unwrap_or([0; 32]),
            len: row.int(4) as u64,
        };
        Ok(self.look(|link| link.query(sql, &[run.into()]))?.into_iter().map(info).collect())
    }

    /// A file of run number `run`.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::DatabaseDamaged`] when its bytes are not those that were kept.
    pub fn artifact(&self, run: i64, kind: &str, name: &str) -> Result<Artifact, StoreError> {
        let sql = "SELECT detail, sha256, bytes FROM artifact
             WHERE run = ?1 AND kind = ?2 AND name = ?3";
        let found = self.look(|link| link.one(sql, &[run.into(), kind.into(), name.into()]))?;
        let mut row = found.ok_or_else(|| self.missing("artifact", name))?;
        let (detail, kept) = (row.text(0), row.bytes(1));
        let bytes = row.bytes(2);
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        if kept != sha256 {
            return Err(self.damaged(format!("artifact `{name}` has another SHA-256")));
        }
        let (kind, name, len) = (kind.to_owned(), name.to_owned(), bytes.len() as u64);
        Ok(Artifact { info: ArtifactInfo { kind, name, detail, sha256, len }, bytes })
    }
}
