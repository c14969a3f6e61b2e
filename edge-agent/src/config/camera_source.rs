//! The address of a camera.

use std::fmt;

use crate::redact;

/// The address of a camera. It may hold a password, so it is shown without.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraSource(String);

impl CameraSource {
    pub fn new(source: impl Into<String>) -> CameraSource {
        CameraSource(source.into())
    }

    /// With its password, for whoever opens it.
    pub fn whole(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::secrets(&self.0))
    }
}

impl fmt::Debug for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", redact::secrets(&self.0))
    }
}
