//! One module per resource.

pub(crate) mod document;
pub(crate) mod evidence;
pub(crate) mod health;
pub(crate) mod idempotency;
pub(crate) mod jobs;
pub(crate) mod lanes;
pub(crate) mod login;
pub(crate) mod payments;
pub(crate) mod stays;
