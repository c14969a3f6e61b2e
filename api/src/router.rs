//! Every route on one page.

use crate::caller::Access;
use crate::route::{Route, route};
use crate::routes::{
    alarms, audit, document, evidence, health, hold_all, jobs, keys, lanes, links, login, me, modes, oauth,
    payments, setup, sites, stays, tariff_drafts, tariffs, users, validations,
};
use crate::{device, live};

/// A route as documents and tests read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    pub method: String,
    /// With parts in braces: `/api/v1/stays/{id}`.
    pub path: String,
    pub access: Access,
}

/// The people's listener.
pub(crate) fn people() -> Vec<Route> {
    vec![
        route(health::__path_alive, health::alive),
        route(health::__path_ready, health::ready),
        route(document::__path_show, document::show),
        route(login::__path_log_in, login::log_in),
        route(login::__path_log_out, login::log_out),
        route(login::__path_me, login::me),
        route(me::__path_list, me::list),
        route(me::__path_end, me::end),
        route(me::__path_step_up, me::step_up),
        route(me::__path_set_password, me::set_password),
        route(me::__path_begin_totp, me::begin_totp),
        route(me::__path_confirm_totp, me::confirm_totp),
        route(me::__path_remove_totp, me::remove_totp),
        route(me::__path_renew_codes, me::renew_codes),
        route(me::__path_notices, me::notices),
        route(me::__path_see_notice, me::see_notice),
        route(oauth::__path_token, oauth::token),
        route(links::__path_look_up, links::look_up),
        route(links::__path_redeem, links::redeem),
        route(setup::__path_state, setup::state),
        route(setup::__path_look_up, setup::look_up),
        route(setup::__path_price, setup::price),
        route(setup::__path_propose_totp, setup::propose_totp),
        route(setup::__path_make, setup::make),
        route(users::__path_list, users::list),
        route(users::__path_add, users::add),
        route(users::__path_change, users::change),
        route(users::__path_make_link, users::make_link),
        route(users::__path_unlock, users::unlock),
        route(keys::__path_list, keys::list),
        route(keys::__path_add, keys::add),
        route(keys::__path_revoke, keys::revoke),
        route(sites::__path_list, sites::list),
        route(sites::__path_add, sites::add),
        route(sites::__path_one, sites::one),
        route(sites::__path_change, sites::change),
        route(modes::__path_of_site, modes::of_site),
        route(hold_all::__path_list, hold_all::list),
        route(hold_all::__path_ask, hold_all::ask),
        route(hold_all::__path_confirm, hold_all::confirm),
        route(hold_all::__path_release, hold_all::release),
        route(audit::__path_list, audit::list),
        route(audit::__path_chain, audit::chain),
        route(lanes::__path_list, lanes::list),
        route(lanes::__path_add, lanes::add),
        route(lanes::__path_one, lanes::one),
        route(lanes::__path_change, lanes::change),
        route(modes::__path_of_lane, modes::of_lane),
        route(lanes::__path_command, lanes::command),
        route(alarms::__path_list, alarms::list),
        route(alarms::__path_one, alarms::one),
        route(alarms::__path_acknowledge, alarms::acknowledge),
        route(alarms::__path_close, alarms::close),
        route(stays::__path_list, stays::list),
        route(stays::__path_one, stays::one),
        route(payments::__path_take, payments::take),
        route(validations::__path_redeem, validations::redeem),
        route(validations::__path_take_back, validations::take_back),
        route(validations::__path_list, validations::list),
        route(validations::__path_add, validations::add),
        route(validations::__path_cancel, validations::cancel),
        route(tariffs::__path_list, tariffs::list),
        route(tariffs::__path_one, tariffs::one),
        route(tariffs::__path_check, tariffs::check),
        route(tariffs::__path_simulate, tariffs::simulate),
        route(tariffs::__path_what_if, tariffs::what_if),
        route(tariffs::__path_holidays, tariffs::holidays),
        route(tariff_drafts::__path_list, tariff_drafts::list),
        route(tariff_drafts::__path_begin, tariff_drafts::begin),
        route(tariff_drafts::__path_one, tariff_drafts::one),
        route(tariff_drafts::__path_change, tariff_drafts::change),
        route(tariff_drafts::__path_discard, tariff_drafts::discard),
        route(tariff_drafts::__path_publish, tariff_drafts::publish),
        route(evidence::__path_show, evidence::show),
        route(live::__path_follow, live::follow),
        route(jobs::__path_list, jobs::list),
    ]
}

/// Routes that answer as the first one does, at addresses of their own.
#[cfg(feature = "bench")]
pub(crate) fn more(count: usize) -> impl Iterator<Item = Route> {
    (0..count).map(|number| {
        let mut route = route(health::__path_alive, health::alive);
        route.path = format!("/more/{number}/routes");
        route
    })
}

/// The devices' listener.
pub(crate) fn devices() -> Vec<Route> {
    vec![
        route(device::__path_health, device::health),
        route(device::__path_put_evidence, device::put_evidence),
    ]
}

/// The metrics' listener; without a token it belongs on loopback.
pub(crate) fn metrics() -> Vec<Route> {
    vec![route(health::__path_metrics, health::metrics)]
}

/// All routes of the people's listener.
pub fn people_routes() -> Vec<RouteInfo> {
    people().iter().map(info).collect()
}

/// Of all listeners.
pub(crate) fn all() -> Vec<Route> {
    [people(), devices(), metrics()].into_iter().flatten().collect()
}

/// All routes of all listeners.
pub fn all_routes() -> Vec<RouteInfo> {
    all().iter().map(info).collect()
}

fn info(route: &Route) -> RouteInfo {
    RouteInfo { method: route.method.to_string(), path: route.path.clone(), access: route.access }
}
