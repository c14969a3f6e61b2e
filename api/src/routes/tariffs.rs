//! Tariffs: their versions, and what is found out about one before it is published.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::TariffId;
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::Tariff;
use boomgate_operations::access::{Authorized, SiteRef, TariffsDraft, TariffsRead};
use boomgate_operations::{calendar, tariff_trials, tariffs as operations};
use boomgate_store::GenericClient;
use boomgate_store::sites::SiteRow;
use boomgate_store::tariffs::{self, TariffRow};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::tariff_check::{PaintedDay, Price, TariffCheck, TariffExample};
use crate::model::tariff_trials::{AskWhatIf, CheckTariff, ReadHoliday, SimulateStay, SimulatedStay, WhatIf};
use crate::model::tariffs::{TariffDifference, TariffProblem, TariffVersion, TariffWords};
use crate::query;
use crate::request::{Request, json, ok};

/// A tariff with many rules and holidays is larger than other bodies.
pub(crate) const TARIFF_BYTES: usize = 256 * 1024;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TariffsQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
}

/// All versions of a site's tariff, the newest first, each with its differences to the one before.
#[utoipa::path(get, path = "/api/v1/tariffs", tag = "tariffs", params(TariffsQuery),
    responses((status = 200, body = Page<TariffVersion>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<TariffsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let TariffsQuery { site } = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, site.as_ref()).await?;
    let rows = tariffs::list(&client, site.id).await?;
    let now = Timestamp::now();
    let current = tariffs::current(&client, site.id, now).await?.map(|row| row.id);
    let mut items = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let before = rows.get(index + 1).map(TariffRow::tariff).transpose()?;
        let lang = request.context.language();
        items.push(TariffVersion::of(&site, row, before.as_ref(), (current, now), lang)?);
    }
    ok(&Page::whole(items))
}

/// One version of a tariff.
#[utoipa::path(get, path = "/api/v1/tariffs/{id}", tag = "tariffs", params(("id" = Uuid, Path)),
    responses((status = 200, body = TariffVersion), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<TariffsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let id: TariffId = request.part("id").parse().map_err(|_| ApiError::NotFound("tariff"))?;
    let client = app.client().await?;
    let (site, row) = operations::version(&client, &by, id).await?;
    ok(&describe(&client, &site, &row, request.context.language()).await?)
}

/// A version with what it differs in.
pub(crate) async fn describe(
    client: &impl GenericClient,
    site: &SiteRow,
    row: &TariffRow,
    lang: Lang,
) -> Result<TariffVersion, ApiError> {
    let now = Timestamp::now();
    let current = tariffs::current(client, site.id, now).await?.map(|row| row.id);
    let all = tariffs::list(client, site.id).await?;
    let before = all.iter().find(|other| other.version < row.version).map(TariffRow::tariff).transpose()?;
    TariffVersion::of(site, row, before.as_ref(), (current, now), lang)
}

/// Checks a tariff, every fault at once, and shows what it costs: example stays, a week in prices, and in words what is another
/// than in the version in force. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/tariffs/check", tag = "tariffs", request_body = CheckTariff,
    responses((status = 200, body = TariffCheck), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn check(
    app: App,
    by: Authorized<TariffsDraft>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let asked: CheckTariff = json(&request.body(TARIFF_BYTES).await?)?;
    let client = app.client().await?;
    let site = by.site(&client, asked.site.as_ref()).await?;
    let tariff = asked.tariff.tariff(operations::currency(&site)?, "tariff")?;
    let in_force = operations::in_force(&client, &site, Timestamp::now()).await?;
    drop(client);
    let lang = request.context.language();
    let mut found = TariffCheck {
        problems: TariffProblem::all(&tariff.faults(), lang),
        examples: Vec::new(),
        week: Vec::new(),
        words: TariffWords::of(&tariff, lang),
        differences: in_force.map(|before| TariffDifference::between(&before, &tariff, lang)),
    };
    if found.problems.is_empty() {
        let priced = tokio::task::spawn_blocking(move || prices(&site, &tariff, &asked, lang));
        (found.examples, found.week) = priced.await.map_err(ApiError::internal)??;
    }
    ok(&found)
}

fn prices(
    site: &SiteRow,
    tariff: &Tariff,
    asked: &CheckTariff,
    lang: Lang,
) -> Result<(Vec<TariffExample>, Vec<PaintedDay>), ApiError> {
    let zone = operations::zone(site)?;
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let since_monday = i64::from(today.weekday().to_monday_zero_offset());
    let monday = || today.saturating_sub(jiff::Span::new().days(since_monday));
    let first = asked.week_of.unwrap_or_else(monday);
    let vehicle = asked.vehicle.into();
    let examples = tariff_trials::examples(tariff, vehicle, &zone, today)?;
    let week = tariff.week(first, vehicle, &zone);
    let week = week.map_err(|error| ApiError::invalid("week_of", error.to_string()))?;
    Ok((
        examples.iter().map(|example| TariffExample::of(example, lang)).collect(),
        week.into_iter().map(|day| PaintedDay::of(day, tariff.currency)).collect(),
    ))
}

/// What a stay would cost, line by line. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/tariffs/simulate", tag = "tariffs", request_body = SimulateStay,
    responses((status = 200, body = SimulatedStay), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn simulate(
    app: App,
    by: Authorized<TariffsDraft>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let asked: SimulateStay = json(&request.body(TARIFF_BYTES).await?)?;
    let client = app.client().await?;
    let site = by.site(&client, asked.site.as_ref()).await?;
    let (version, tariff) = match &asked.tariff {
        Some(body) => (None, body.tariff(operations::currency(&site)?, "tariff")?),
        None => {
            let found = operations::in_force(&client, &site, asked.from).await?;
            let found = found.ok_or(ApiError::NotFound("a tariff in force then"))?;
            (Some(found.version), Tariff::clone(&found))
        }
    };
    let zone = operations::zone(&site)?;
    let stay = (asked.from, asked.until);
    let charge = tariff_trials::simulate(&tariff, stay, asked.vehicle.into(), &asked.prior()?, &zone)?;
    let price = Price::of(&charge, request.context.language());
    ok(&SimulatedStay { version, tariff: tariff.name, price })
}

/// What the stays of a time that is over would have cost by another tariff: totals, how many would pay more and less, and
/// those with the largest differences. At most 20,000 stays, the newest. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/tariffs/what-if", tag = "tariffs", request_body = AskWhatIf,
    responses((status = 200, body = WhatIf), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn what_if(
    app: App,
    by: Authorized<TariffsDraft>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let asked: AskWhatIf = json(&request.body(TARIFF_BYTES).await?)?;
    let client = app.client().await?;
    let site = by.site(&client, asked.site.as_ref()).await?;
    let tariff = asked.tariff.tariff(operations::currency(&site)?, "tariff")?;
    let found = tariff_trials::what_if(&client, &site, tariff, (asked.first_day, asked.last_day)).await?;
    ok(&WhatIf::from(found))
}

/// Reads the holidays out of a calendar file (`.ics`, at most 256 KiB): events of whole days, once or every year. Nothing is
/// stored: put them into a draft.
#[utoipa::path(post, path = "/api/v1/tariffs/holidays", tag = "tariffs",
    request_body(content = String, content_type = "text/calendar"),
    responses((status = 200, body = Page<ReadHoliday>), (status = 413, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn holidays(
    _: App,
    _: Authorized<TariffsDraft>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let file = request.body(calendar::LARGEST).await?;
    let found = calendar::holidays(&file)?;
    ok(&Page::whole(found.into_iter().map(ReadHoliday::from).collect()))
}
