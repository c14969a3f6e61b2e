//! Stays: who is inside, who was, and what one of them costs, line by line.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{ArrivalId, DecisionId, SiteId, StayId};
use boomgate_domain::plate::Plate;
use boomgate_domain::reason::Lang;
use boomgate_operations::access::{Authorized, Grant, SiteRef, StaysRead};
use boomgate_operations::stays::quote;
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::{self, StayFilter, StayRow};
use boomgate_store::words::StayState;
use boomgate_store::{GenericClient, commands, decisions, events, evidence, lanes, payments, validations};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::page::Page;
use crate::model::stay_history::{StayCommand, StayReading};
use crate::model::stays::{Charge, Decided, LaneCodes, OneStay, Payment, Stay};
use crate::model::validations::StayValidation;
use crate::query::{self, Limit};
use crate::request::{Request, ok};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StaysQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    #[serde(default)]
    #[param(inline, value_type = Option<StateFilter>)]
    state: StateFilter,
    /// Beginning of a plate as people write it: `mü-ab` finds what is kept as `MUAB…`.
    plate: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// In which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateFilter {
    #[default]
    All,
    Open,
    Closed,
    Voided,
    ExitOnly,
}

impl StateFilter {
    const fn state(self) -> Option<StayState> {
        match self {
            Self::All => None,
            Self::Open => Some(StayState::Open),
            Self::Closed => Some(StayState::Closed),
            Self::Voided => Some(StayState::Voided),
            Self::ExitOnly => Some(StayState::ExitOnly),
        }
    }
}

/// Stays of one site, newest first.
#[utoipa::path(get, path = "/api/v1/stays", tag = "stays", params(StaysQuery),
    responses((status = 200, body = Page<Stay>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: StaysQuery = query::read(&request.query)?;
    let filter = StayFilter {
        state: wanted.state.state().map(|state| state.as_str().to_owned()),
        plate_prefix: wanted.plate.filter(|text| !text.is_empty()).as_deref().map(prefix).transpose()?,
        before: wanted.cursor.map(StayId::from_uuid),
    };
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let rows = stays::page(&client, site.id, &filter, i64::from(limit) + 1).await?;
    let codes = lane_codes(&client, site.id).await?;
    let page = Page::of(rows, limit, |row: &StayRow| row.id.to_string(), |row| Stay::of(&row, &codes));
    ok(&page?)
}

/// The beginning of a plate as it is stored.
fn prefix(text: &str) -> Result<String, ApiError> {
    let plate = Plate::parse(text).map_err(|error| ApiError::invalid("plate", error.to_string()))?;
    Ok(plate.as_str().to_owned())
}

/// One stay with what it costs and why.
#[utoipa::path(get, path = "/api/v1/stays/{id}", tag = "stays", params(("id" = Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = OneStay, headers(("ETag" = String))), (status = 304, description = "the version the client has"),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn one(app: App, by: Authorized<StaysRead>, request: Request) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let (site, row) = find(&client, &by, request.part("id")).await?;
    etag::reply(&request.context, &describe(&client, &site, &row, request.context.language()).await?)
}

/// The stay in full.
pub(crate) async fn describe(
    client: &impl GenericClient,
    site: &SiteRow,
    row: &StayRow,
    lang: Lang,
) -> Result<OneStay, ApiError> {
    let id = StayId::from_uuid(row.id);
    let quote = quote(client, site, row, Timestamp::now()).await?;
    let codes = lane_codes(client, site.id).await?;
    let mut history = History::default();
    for arrival in [row.entry_arrival_id, row.exit_arrival_id].into_iter().flatten() {
        history.add(client, site.id, ArrivalId::from_uuid(arrival), lang).await?;
    }
    let redeemed = validations::of_stay(client, site.id, id).await?;
    let paid = payments::of_stay(client, site.id, id).await?;
    Ok(OneStay {
        stay: Stay::of(row, &codes)?,
        charge: quote.map(|quote| Charge::of(&quote, lang)),
        validations: redeemed.into_iter().map(StayValidation::of).collect::<Result<_, _>>()?,
        payments: paid.into_iter().map(Payment::of).collect::<Result<_, _>>()?,
        decisions: history.decisions,
        readings: history.readings,
        commands: history.commands,
    })
}

/// What happened to a stay's car at its lanes.
#[derive(Default)]
struct History {
    decisions: Vec<Decided>,
    readings: Vec<StayReading>,
    commands: Vec<StayCommand>,
}

impl History {
    async fn add(
        &mut self,
        client: &impl GenericClient,
        site: SiteId,
        arrival: ArrivalId,
        lang: Lang,
    ) -> Result<(), ApiError> {
        let id = arrival.as_uuid();
        let events = events::of_arrival(client, site, arrival).await?;
        self.readings.extend(events.iter().filter_map(|event| StayReading::of(id, event)));
        let picture = evidence::of_arrival(client, site, arrival).await?;
        let picture = picture.filter(|row| row.stored_at.is_some()).map(|row| row.sha256);
        let decisions = decisions::of_arrival(client, site, arrival).await?;
        if let Some(first) = decisions.first() {
            let decision = DecisionId::from_uuid(first.id);
            for row in commands::of_arrival(client, site, arrival, decision).await? {
                self.commands.push(StayCommand::of(id, row)?);
            }
        }
        for row in decisions {
            self.decisions.push(Decided::of(row, picture.as_deref(), lang)?);
        }
        Ok(())
    }
}

/// A stay of one of the caller's sites.
pub(crate) async fn find<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    id: &str,
) -> Result<(SiteRow, StayRow), ApiError> {
    let id: StayId = id.parse().map_err(|_| ApiError::NotFound("stay"))?;
    let site = by.site_of_stay(client, id).await?;
    let row = stays::get(client, site.id, id).await?.ok_or(ApiError::NotFound("stay"))?;
    Ok((site, row))
}

/// Codes of the lanes of a site, by id.
pub(crate) async fn lane_codes(client: &impl GenericClient, site: SiteId) -> Result<LaneCodes, ApiError> {
    Ok(lanes::list(client, site).await?.into_iter().map(|lane| (lane.id.as_uuid(), lane.code)).collect())
}
