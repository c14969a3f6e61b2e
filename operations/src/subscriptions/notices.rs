//! Subscriptions that end soon: an alarm for the site, and what is mailed to their holders.

use std::collections::BTreeMap;

use boomgate_domain::ids::{SiteId, SubscriptionId};
use boomgate_domain::reason::Lang;
use boomgate_store::alarms::{self, NewAlarm};
use boomgate_store::subscription_contracts::{self as stored, EndingRow};
use boomgate_store::words::AlarmKind;
use boomgate_store::{Transaction, sites};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use uuid::Uuid;

use crate::error::OperationError;
use crate::mail::{self, Mail};

/// How many are looked at in a round; the rest comes with the next.
const MOST: i64 = 200;

/// A mail to a holder, and what to call once it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingNotice {
    /// Of the subscription.
    pub site: SiteId,
    /// Which one.
    pub subscription: SubscriptionId,
    /// What to send.
    pub mail: Mail,
}

/// Raises an alarm at each site with subscriptions that end soon and that it was not told of yet, and answers how many these are,
/// and the mails that their holders should get.
///
/// # Errors
/// The database's.
pub async fn notice_ending(tx: &Transaction<'_>) -> Result<(u64, Vec<EndingNotice>), OperationError> {
    let ending = stored::ending(tx, MOST).await?;
    let mut of_site: BTreeMap<SiteId, Vec<&EndingRow>> = BTreeMap::new();
    for row in ending.iter().filter(|row| row.unnoticed) {
        of_site.entry(row.site_id).or_default().push(row);
    }
    let mut told = 0;
    for (site, rows) in &of_site {
        sites::lock(tx, *site).await?;
        alarms::raise(tx, alarm(*site, rows)).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
        stored::noticed(tx, &vec![site.as_uuid(); ids.len()], &ids).await?;
        told += ids.len() as u64;
    }
    Ok((told, ending.iter().filter(|row| row.unmailed).filter_map(notice).collect()))
}

fn alarm(site: SiteId, rows: &[&EndingRow]) -> NewAlarm {
    let now = Timestamp::now();
    let first = rows.iter().map(|row| row.valid_until).min().unwrap_or(now);
    NewAlarm {
        site_id: site.as_uuid(),
        id: Uuid::now_v7(),
        lane_id: None,
        kind: AlarmKind::SubscriptionsEnding,
        subject: String::new(),
        code: None,
        params: json!({ "subscriptions": rows.len().to_string(), "first_ends": first.to_string() }),
        raised_at: now,
        last_at: now,
        times: 1,
        closed_at: None,
    }
}

fn notice(row: &EndingRow) -> Option<EndingNotice> {
    let to = row.contact_email.clone()?;
    let zone = TimeZone::get(&row.time_zone).unwrap_or(TimeZone::UTC);
    let until = row.valid_until.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string();
    let word = row.languages.first().map_or("en", String::as_str);
    let lang = Lang::ALL.into_iter().find(|lang| lang.as_str() == word).unwrap_or(Lang::En);
    let (subject, text) = mail::subscription_ends(lang, &row.holder, &row.site_name, &until);
    Some(EndingNotice { site: row.site_id, subscription: row.id, mail: Mail { to, subject, text } })
}
