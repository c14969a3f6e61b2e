//! The files of a folder, in the order of their names.

use std::path::{Path, PathBuf};

use crate::picture::{PictureError, is_picture};

/// The pictures of a folder in the order of their names.
pub fn pictures_of(folder: &Path) -> Result<Vec<PathBuf>, PictureError> {
    files_of(folder, is_picture)
}

/// The files of a folder that are wanted, in the order of their names.
pub fn files_of(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, PictureError> {
    let failed = |source| PictureError::Folder { path: folder.display().to_string(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if wanted(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
