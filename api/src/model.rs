//! What the api's JSON looks like, one module per resource. Rows of the database are converted into it here and nowhere
//! else.

pub(crate) mod access_settings;
pub(crate) mod alarms;
pub(crate) mod arrivals;
pub(crate) mod audit;
pub(crate) mod blocklist;
pub(crate) mod charge_lines;
pub(crate) mod getting_in;
pub(crate) mod hold_all;
pub(crate) mod jobs;
pub(crate) mod lanes;
pub(crate) mod live;
pub(crate) mod money;
pub(crate) mod oauth;
pub(crate) mod page;
pub(crate) mod plans;
pub(crate) mod sessions;
pub(crate) mod sites;
pub(crate) mod stats;
pub(crate) mod stay_history;
pub(crate) mod stays;
pub(crate) mod subscriptions;
pub(crate) mod tariff_check;
pub(crate) mod tariff_trials;
pub(crate) mod tariffs;
pub(crate) mod texts;
pub(crate) mod tickets;
pub(crate) mod users;
pub(crate) mod validations;
pub(crate) mod vehicles;
