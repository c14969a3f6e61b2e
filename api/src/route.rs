//! One declaration per route, and the table that everything else is derived from: dispatch, 404, 405, authorisation, and
//! the OpenAPI document.
//!
//! A declaration is `route(lanes::__path_list, lanes::list)`: method, path and documentation come from the attribute above the
//! handler, who may call it from the type of the handler's second argument.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, Method};
use tracing::Instrument;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{RefOr, Schema};
use warp::reply::Response;
use warp::{Filter, Rejection};

use crate::app::App;
use crate::caller::{Access, Caller};
use crate::cors;
use crate::error::ApiError;
use crate::page;
use crate::request::{Request, request};
use crate::request_id::{self, RequestId};

type Answer = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>>;
type Handler = Arc<dyn Fn(App, Request) -> Answer + Send + Sync>;
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What the attribute `utoipa::path` makes of a handler.
pub(crate) trait Documented: utoipa::Path + utoipa::__dev::SchemaReferences {}

impl<D: utoipa::Path + utoipa::__dev::SchemaReferences> Documented for D {}

/// A route.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With parts in braces: `/api/v1/stays/{id}`.
    pub(crate) path: String,
    pub(crate) access: Access,
    /// Module and function of the handler: `lanes_list`. The document's operation id.
    pub(crate) name: String,
    pub(crate) operation: fn() -> Operation,
    pub(crate) schemas: fn(&mut Schemas),
    handler: Handler,
}

/// Declares a route: its documentation, and the handler, which is called once its caller is authorised.
pub(crate) fn route<D, C, F, Answered>(_: D, handler: F) -> Route
where
    D: Documented,
    C: Caller,
    F: Fn(App, C, Request) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    let admit_and_handle = move |app: App, request: Request| -> Answer {
        let handler = handler.clone();
        Box::pin(async move {
            let caller = C::admit(&app, &request.context).await?;
            handler(app, caller, request).await
        })
    };
    Route {
        method: method(&D::methods()),
        path: D::path(),
        access: C::ACCESS,
        name: name::<D>(),
        operation: D::operation,
        schemas: D::schemas,
        handler: Arc::new(admit_and_handle),
    }
}

/// `boomgate_api::routes::lanes::__path_list` is `lanes_list`.
fn name<D>() -> String {
    let mut parts = std::any::type_name::<D>().rsplit("::");
    let function = parts.next().unwrap_or_default().trim_start_matches("__path_");
    format!("{}_{function}", parts.next().unwrap_or_default())
}

/// Handlers of ours have one method each.
fn method(declared: &[HttpMethod]) -> Method {
    match declared {
        [HttpMethod::Post] => Method::POST,
        [HttpMethod::Put] => Method::PUT,
        [HttpMethod::Patch] => Method::PATCH,
        [HttpMethod::Delete] => Method::DELETE,
        _ => Method::GET,
    }
}

/// What is at a path, for a client with these headers.
pub(crate) type FileAt = fn(&str, &HeaderMap) -> Option<Response>;

/// The routes of a listener, found by path in a time that does not grow with their number.
pub(crate) struct Table {
    by_path: matchit::Router<BTreeMap<String, Handler>>,
    /// What is at an address without a route.
    file: FileAt,
}

impl Table {
    /// # Panics
    /// When two routes have the same method and path, or paths that contradict each other: the tests build every table.
    pub(crate) fn new(routes: Vec<Route>, file: FileAt) -> Self {
        let mut methods: BTreeMap<String, BTreeMap<String, Handler>> = BTreeMap::new();
        for route in routes {
            let here = methods.entry(route.path.clone()).or_default();
            let before = here.insert(route.method.to_string(), route.handler);
            assert!(before.is_none(), "{} {} is declared twice", route.method, route.path);
        }
        let mut by_path = matchit::Router::new();
        for (path, handlers) in methods {
            if let Err(error) = by_path.insert(&path, handlers) {
                panic!("{path}: {error}");
            }
        }
        Self { by_path, file }
    }

    async fn answer(&self, app: App, request: Request) -> Response {
        let (unread, http2) = (request.unread(), request.context.peer.http2);
        let (counted, origin) = (request.context.counted.clone(), app.allowed_origins.of(&request.context));
        let mut answer = match app.allowed_origins.preflight(&request.context) {
            Some(preflight) => preflight,
            None => self.dispatch(app, request).await,
        };
        counted.say(answer.headers_mut());
        if let Some(origin) = origin {
            cors::let_read(origin, answer.headers_mut());
        }
        if http2 && (answer.status().is_client_error() || answer.status().is_server_error()) {
            unread.discard().await;
        }
        answer
    }

    async fn dispatch(&self, app: App, mut request: Request) -> Response {
        let (path, id) = (request.context.path.clone(), request.context.id.clone());
        let Ok(found) = self.by_path.at(&path) else { return self.file_or_nothing(&request) };
        let Some(handler) = found.value.get(request.context.method.as_str()) else {
            let allowed: Vec<&str> = found.value.keys().map(String::as_str).collect();
            return ApiError::Method(allowed.join(", ")).into_response(&id);
        };
        if path.starts_with("/api/")
            && let Err(error) =
                app.request_limiter.count_address(request.context.address(), &request.context.counted)
        {
            return error.into_response(&id);
        }
        request.parts = found.params.iter().map(|(name, value)| (name.to_owned(), decoded(value))).collect();
        handler(app, request).await.unwrap_or_else(|error| error.into_response(&id))
    }

    fn file_or_nothing(&self, request: &Request) -> Response {
        match ((self.file)(&request.context.path, &request.context.headers), &request.context.method) {
            (Some(file), &Method::GET) => file,
            (Some(_), _) => ApiError::Method("GET".into()).into_response(&request.context.id),
            (None, _) => ApiError::NoRoute.into_response(&request.context.id),
        }
    }
}

/// Everything warp serves of a table.
pub(crate) fn serve(
    app: &App,
    table: Table,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let (app, table) = (app.clone(), Arc::new(table));
    let answered = request().then(move |request: Request| {
        let (app, table, id) = (app.clone(), Arc::clone(&table), request.context.id.clone());
        let span = tracing::error_span!("request", request.id = %id);
        let answer = async move { with_id(table.answer(app, request).await, &id) };
        answer.instrument(span)
    });
    answered.boxed().recover(refused).unify().map(page::secured)
}

fn with_id(mut answer: Response, id: &RequestId) -> Response {
    if let Some(value) = id.header() {
        answer.headers_mut().insert(request_id::HEADER, value);
    }
    answer
}

/// What warp itself could not read.
async fn refused(rejection: Rejection) -> Result<Response, Infallible> {
    tracing::debug!(?rejection, "request not understood");
    let id = RequestId::new();
    let answer = ApiError::invalid("request", "could not be read").into_response(&id);
    std::future::ready(Ok(with_id(answer, &id))).await
}

/// A part of a path without its percent signs; what is no UTF-8 is known to nobody.
fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}
