//! Every route on one page.

use crate::caller::Access;
use crate::route::{Route, route};
use crate::routes::{
    access_settings, alarms, arrivals, audit, blocklist, document, evidence, garage, health, hold_all, jobs,
    keys, lanes, links, login, me, modes, oauth, passback, payments, plans, previews, setup, sites, stats,
    stay_acts, stays, subscriptions, tariff_drafts, tariffs, tickets, users, validations, vehicle_files,
    vehicles,
};
use crate::{device, live, vehicle_search};

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
        route(previews::__path_ask, previews::ask),
        route(previews::__path_newest, previews::newest),
        route(arrivals::__path_reading_counts, arrivals::reading_counts),
        route(arrivals::__path_candidates, arrivals::candidates),
        route(arrivals::__path_pair, arrivals::pair),
        route(alarms::__path_list, alarms::list),
        route(alarms::__path_one, alarms::one),
        route(alarms::__path_acknowledge, alarms::acknowledge),
        route(alarms::__path_close, alarms::close),
        route(access_settings::__path_show, access_settings::show),
        route(access_settings::__path_change, access_settings::change),
        route(blocklist::__path_list, blocklist::list),
        route(blocklist::__path_add, blocklist::add),
        route(blocklist::__path_risk, blocklist::risk),
        route(blocklist::__path_overstaying, blocklist::overstaying),
        route(blocklist::__path_one, blocklist::one),
        route(blocklist::__path_change, blocklist::change),
        route(blocklist::__path_lift, blocklist::lift),
        route(plans::__path_list, plans::list),
        route(plans::__path_add, plans::add),
        route(plans::__path_one, plans::one),
        route(plans::__path_change, plans::change),
        route(subscriptions::__path_list, subscriptions::list),
        route(subscriptions::__path_add, subscriptions::add),
        route(subscriptions::__path_one, subscriptions::one),
        route(subscriptions::__path_change, subscriptions::change),
        route(subscriptions::__path_vehicles, subscriptions::vehicles),
        route(subscriptions::__path_pause, subscriptions::pause),
        route(subscriptions::__path_resume, subscriptions::resume),
        route(subscriptions::__path_renew, subscriptions::renew),
        route(subscriptions::__path_end, subscriptions::end),
        route(passback::__path_list, passback::list),
        route(passback::__path_reset, passback::reset),
        route(stays::__path_list, stays::list),
        route(stays::__path_one, stays::one),
        route(stay_acts::__path_correct, stay_acts::correct),
        route(stay_acts::__path_merge, stay_acts::merge),
        route(stay_acts::__path_void, stay_acts::void),
        route(stats::__path_today, stats::today),
        route(stats::__path_activities, stats::activities),
        route(stats::__path_set_count, stats::set_count),
        route(stats::__path_reset_stays, stats::reset_stays),
        route(payments::__path_take, payments::take),
        route(tickets::__path_list, tickets::list),
        route(tickets::__path_issue, tickets::issue),
        route(tickets::__path_lost, tickets::lost),
        route(tickets::__path_one, tickets::one),
        route(tickets::__path_pdf, tickets::pdf),
        route(tickets::__path_exit, tickets::exit),
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
        route(vehicles::__path_list, vehicles::list),
        route(vehicles::__path_add, vehicles::add),
        route(vehicles::__path_search, vehicles::search),
        route(vehicle_search::__path_follow, vehicle_search::follow),
        route(vehicle_search::__path_follow_at_known_address, vehicle_search::follow_at_known_address),
        route(vehicle_files::__path_try_out, vehicle_files::try_out),
        route(vehicle_files::__path_import, vehicle_files::import),
        route(vehicle_files::__path_imports, vehicle_files::imports),
        route(vehicle_files::__path_undo, vehicle_files::undo),
        route(vehicle_files::__path_export, vehicle_files::export),
        route(vehicles::__path_one, vehicles::one),
        route(vehicles::__path_change, vehicles::change),
        route(vehicles::__path_remove, vehicles::remove),
        route(vehicles::__path_history, vehicles::history),
        route(garage::__path_status, garage::status),
        route(garage::__path_numbers, garage::numbers),
        route(garage::__path_issue, garage::issue),
        route(garage::__path_ticket, garage::ticket),
        route(garage::__path_exit, garage::exit),
        route(garage::__path_activities, garage::activities),
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
        route(device::__path_put_preview, device::put_preview),
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
