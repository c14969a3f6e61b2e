//! One module per resource.

pub(crate) mod alarms;
pub(crate) mod audit;
pub(crate) mod document;
pub(crate) mod evidence;
pub(crate) mod health;
pub(crate) mod hold_all;
pub(crate) mod idempotency;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod lanes;
pub(crate) mod links;
pub(crate) mod login;
pub(crate) mod me;
pub(crate) mod modes;
pub(crate) mod oauth;
pub(crate) mod payments;
pub(crate) mod setup;
pub(crate) mod sites;
pub(crate) mod stays;
pub(crate) mod tariff_drafts;
pub(crate) mod tariffs;
pub(crate) mod users;
pub(crate) mod validations;
