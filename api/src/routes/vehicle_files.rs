//! Vehicles from and to files, and imports taken back.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use std::time::Duration;

use boomgate_domain::ids::SiteId;
use boomgate_operations::access::{Authorized, SiteRef, VehiclesRead, VehiclesWrite};
use boomgate_operations::unit;
use boomgate_operations::vehicles::export::{self, Separator};
use boomgate_operations::vehicles::import::{self, LARGEST_FILE, ReadFile};
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::vehicle_imports::{self as stored, ImportRow};
use boomgate_store::vehicles::VehicleFilter;
use boomgate_store::words::VehicleType;
use bytes::Bytes;
use futures_util::stream::poll_fn;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use warp::Reply;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::vehicles::{ImportReport, ImportUndone, VehicleImport, country};
use crate::query::{self, Limit};
use crate::request::{Request, SafeText, ok};
use crate::routes::idempotency;

/// A large file over a slow line.
const FILE_TIME: Duration = Duration::from_mins(5);

/// A file is read into memory, so one at a time is.
static READING: Semaphore = Semaphore::const_new(1);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Of the file, for the list of imports.
    #[serde(default)]
    #[param(value_type = Option<String>, max_length = 200)]
    file_name: SafeText,
}

/// Says what an import would do, line by line, and changes nothing.
///
/// The file is UTF-8, with values separated by comma, semicolon or tab. Its first line names the columns: `plate` and any of
/// `country`, `vehicle_type`, `contact_name`, `phone`, `owner`, `notes`.
#[utoipa::path(post, path = "/api/v1/vehicles/import/trial", tag = "vehicles", params(FileQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 413, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn try_out(
    app: App,
    by: Authorized<VehiclesWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let wanted: FileQuery = query::read(&request.query)?;
    let site = by.site(&app.client().await?, wanted.site.as_ref()).await?.id;
    let _reading = READING.try_acquire().map_err(|_| import_running())?;
    let (_, file) = file(&mut request).await?;
    let mut client = app.client().await?;
    let import = unit::run(&mut client, async |unit| import::try_out(unit, site, &file).await).await?;
    ok(&ImportReport::of(&file, import)?)
}

/// Takes the lines of a file that have no fault over into the site's vehicles; what a plate's line says replaces what was
/// known. It can be taken back for 30 days.
#[utoipa::path(post, path = "/api/v1/vehicles/import", tag = "vehicles",
    params(FileQuery, ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = ImportReport), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 413, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn import(
    app: App,
    by: Authorized<VehiclesWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let wanted: FileQuery = query::read(&request.query)?;
    let name: String = wanted.file_name.chars().take(200).collect();
    let site = by.site(&app.client().await?, wanted.site.as_ref()).await?.id;
    let _reading = READING.try_acquire().map_err(|_| import_running())?;
    let (body, file) = file(&mut request).await?;
    let key = idempotency::key(&request.context, &by, &body)?;
    drop(body);
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let done = import::merge(unit, &by, site, (&file, &name)).await?;
        idempotency::answer(StatusCode::CREATED, &ImportReport::of(&file, done)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

fn import_running() -> ApiError {
    let why = "another file is being read at this moment; try again when it is done";
    ApiError::Conflict { code: "IMPORT-RUNNING", why: why.into() }
}

async fn file(request: &mut Request) -> Result<(Bytes, ReadFile), ApiError> {
    let body = request.body_within(LARGEST_FILE, FILE_TIME).await?;
    let bytes = body.clone();
    let read = tokio::task::spawn_blocking(move || import::read(&bytes)).await.map_err(ApiError::internal)?;
    let file = read.map_err(|error| ApiError::Unprocessable { code: "FILE", why: error.to_string() })?;
    Ok((body, file))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportsQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Imports of a site, the newest first.
#[utoipa::path(get, path = "/api/v1/vehicles/imports", tag = "vehicles", params(ImportsQuery),
    responses((status = 200, body = Page<VehicleImport>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn imports(
    app: App,
    by: Authorized<VehiclesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: ImportsQuery = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let rows = stored::page(&client, site.id, wanted.cursor, i64::from(limit) + 1).await?;
    let show = |row| Ok::<_, ApiError>(VehicleImport::from(row));
    ok(&Page::of(rows, limit, |row: &ImportRow| row.id.to_string(), show)?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

/// Takes an import back: each of its vehicles is as it was before, except those that somebody has changed since.
#[utoipa::path(post, path = "/api/v1/vehicles/imports/{id}/undo", tag = "vehicles",
    params(("id" = Uuid, Path), ImportQuery, ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = ImportUndone), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn undo(
    app: App,
    by: Authorized<VehiclesWrite>,
    request: Request,
) -> Result<Response, ApiError> {
    let ImportQuery { site } = query::read(&request.query)?;
    let id: Uuid = request.part("id").parse().map_err(|_| ApiError::NotFound("import"))?;
    let key = idempotency::key(&request.context, &by, &[])?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), site.as_ref()).await?.id;
        let undone = import::undo(unit, &by, site, id).await?;
        idempotency::answer(StatusCode::OK, &ImportUndone::from(undone))
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Which sign stands between two values.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeparatorWord {
    #[default]
    Comma,
    /// As Excel writes it where the comma is the decimal sign.
    Semicolon,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// ISO 3166, two capital letters.
    #[param(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    vehicle_type: Option<VehicleType>,
    #[serde(default)]
    #[param(inline, value_type = Option<SeparatorWord>)]
    separator: SeparatorWord,
}

/// Vehicles of a site as a file that a spreadsheet opens and an import reads again. Noted in the audit.
#[utoipa::path(get, path = "/api/v1/vehicles/export", tag = "vehicles", params(ExportQuery),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn export(
    app: App,
    by: Authorized<VehiclesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: ExportQuery = query::read(&request.query)?;
    let filter = VehicleFilter {
        country: wanted.country.as_deref().map(country).transpose()?,
        kind: wanted.vehicle_type,
        after: None,
    };
    let separator = match wanted.separator {
        SeparatorWord::Comma => Separator::Comma,
        SeparatorWord::Semicolon => Separator::Semicolon,
    };
    let mut client = app.client().await?;
    let site = unit::run(&mut client, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?;
        audit::insert_many(unit.tx(), &[by.audit_line(site.id, AuditAction::VehiclesExported {})]).await?;
        Ok::<_, ApiError>(site)
    })
    .await?;
    drop(client);
    let header = [export::BYTE_ORDER_MARK.as_bytes(), &export::header(separator)?].concat();
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(send_lines(app, (site.id, filter, separator), header, sender));
    let mut response =
        warp::reply::stream(poll_fn(move |context| receiver.poll_recv(context))).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let file = format!("attachment; filename=\"vehicles-{}.csv\"", site.code);
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&file).map_err(ApiError::internal)?);
    Ok(response)
}

/// Some thousand vehicles at a time, no more than the client reads: it holds no connection to the database meanwhile.
async fn send_lines(
    app: App,
    (site, mut filter, separator): (SiteId, VehicleFilter, Separator),
    header: Vec<u8>,
    to: mpsc::Sender<Result<Bytes, std::io::Error>>,
) {
    let mut next: Result<_, ApiError> = Ok(Some(Bytes::from(header)));
    loop {
        let piece = match next {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => return,
            // The client sees a body that breaks off.
            Err(error) => {
                tracing::warn!(error = %error, "an export broke off");
                Err(std::io::Error::other(error.to_string()))
            }
        };
        let broken = piece.is_err();
        if to.send(piece).await.is_err() || broken {
            return;
        }
        next = next_lines(&app, site, &mut filter, separator).await;
    }
}

async fn next_lines(
    app: &App,
    site: SiteId,
    filter: &mut VehicleFilter,
    separator: Separator,
) -> Result<Option<Bytes>, ApiError> {
    let client = app.client().await?;
    let Some((bytes, last)) = export::chunk(&client, site, filter, separator).await? else { return Ok(None) };
    filter.after = Some(last);
    Ok(Some(Bytes::from(bytes)))
}
