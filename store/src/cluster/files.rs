//! Locks and rights of the cluster's files.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::{ClusterError, io_error};

/// A file that is only locked: one that root made is enough for the owner of the folder, too.
pub(super) fn open_lock(path: &Path) -> Result<File, ClusterError> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = File::options().create(true).truncate(false).write(true).open(path);
            made.map_err(io_error("open", path))
        }
        opened => opened.map_err(io_error("open", path)),
    }
}

/// Only the owner may look into `dir`.
pub(super) fn restrict(dir: &Path, mode: u32) -> Result<(), ClusterError> {
    fs::set_permissions(dir, fs::Permissions::from_mode(mode)).map_err(io_error("restrict", dir))
}
