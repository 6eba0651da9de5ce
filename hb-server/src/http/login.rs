//! `/api/v1/session`: a token is shown once; a cookie, and a key that the page keeps, stand for it from then on. And `/api/v1/tokens`, for admins.
//!
//! Not here: what tokens are (`auth`), the page that asks for one (`www`).

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{ChangeError, Opened, Order, Refusal, Role};
use crate::store::row;

use super::api::json;
use super::arguments::Path;
use super::cookie;
use super::drain::BODY_TIMEOUT;
use super::grant::{Asks, Right, denied};
use super::guard;
use super::problem::Problem;
use super::schema::{Bodies, Changes, Conflict, Unknown, words};
use super::view::Stamp;

/// Longest body of a question here, in bytes.
const MAX_BODY: usize = 4096;
/// Longest life of a token, in seconds: ten years.
const LONGEST: u64 = 10 * 366 * 24 * 60 * 60;

/// What logs in
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    /// A token, or what `hb login` printed
    #[schema(example = "hb_…")]
    token: String,
}

/// A token to make
#[derive(Deserialize, ToSchema)]
#[schema(as = NewToken)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// Its name: 1 to 64 visible letters
    #[schema(example = "museum-desk", min_length = 1, max_length = 64)]
    name: String,
    /// What it is good for
    #[schema(value_type = words::Role)]
    role: String,
    /// After how many seconds it ends; without it, never
    #[serde(default)]
    #[schema(minimum = 1, maximum = 316_224_000)]
    expires_s: Option<u64>,
}

/// Who a browser is here
#[derive(Serialize, ToSchema)]
struct Session {
    /// The name of its token
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Its role; null for who is not logged in
    #[schema(value_type = Option<words::Role>)]
    role: Option<&'static str>,
}

/// A session that began
#[derive(Serialize, ToSchema)]
struct Begun<'a> {
    /// The name of the token
    name: &'a str,
    /// Its role
    #[schema(value_type = words::Role)]
    role: &'static str,
    /// What the page keeps, and shows in `X-HB` with each change
    key: &'a str,
}

/// A token in force; it cannot be read here, or anywhere
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
struct Shown<'a> {
    /// Its name
    name: &'a str,
    /// What it is good for
    #[schema(value_type = words::Role)]
    role: &'a str,
    /// When it was made
    made: Stamp,
    /// By whom
    by: &'a str,
    /// From where
    from: &'a str,
    /// When it ends by itself; null for never
    expires: Option<Stamp>,
}

/// A token that was made
#[derive(Serialize, ToSchema)]
#[schema(as = MadeToken)]
struct Made<'a> {
    /// Its name
    name: &'a str,
    /// What it is good for
    #[schema(value_type = words::Role)]
    role: &'static str,
    /// It; shown this once
    token: &'a str,
}

/// Who a browser is here
#[utoipa::path(
    get,
    path = "/api/v1/session",
    operation_id = "get_session",
    tag = "access",
    responses((status = 200, description = "Who", body = Session), Changes),
    security((), ("session" = []))
)]
pub(super) async fn who(asks: Asks) -> Response {
    let holder = asks.session().await;
    let role = holder.as_ref().map(|holder| holder.role.word());
    json(&Session { name: holder.map(|holder| holder.name), role })
}

/// Logs in: a token is shown once, a cookie and a key stand for it from then on
#[utoipa::path(
    post,
    path = "/api/v1/session",
    operation_id = "log_in",
    tag = "access",
    params(("X-HB" = String, Header, pattern = "^1$", description = "`1`: no page of another origin can send it")),
    request_body = Login,
    responses(
        (status = 200, description = "The session has begun; its cookie is in `Set-Cookie`", body = Begun<'_>),
        Changes, Bodies
    ),
    security(())
)]
pub(super) async fn open(asks: Asks, request: Request) -> Result<Response, Problem> {
    guard::is_no_strangers_page(&asks.headers)?;
    guard::has_our_header(&asks.headers)?;
    let Login { token } = body(request, r#"{"token":"hb_…"}"#).await?;
    let Opened { cookie, key, holder } = asks.auth.login(&asks.peer, &token).await.map_err(denied)?;
    tracing::info!(by = %holder.name, from = %asks.peer.host(), "logged in");
    let set = [(header::SET_COOKIE, cookie::set(&cookie, cookie::is_secure(asks.by_tls, &asks.headers)))];
    let told = Begun { name: &holder.name, role: holder.role.word(), key: key.reveal() };
    Ok((set, json(&told)).into_response())
}

/// Logs out; who is not logged in is out already
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    operation_id = "log_out",
    tag = "access",
    params(("X-HB" = String, Header, pattern = "^1$", description = "`1`: no page of another origin can send it")),
    responses((status = 204, description = "The session is over"), Changes),
    security((), ("session" = []))
)]
pub(super) async fn close(asks: Asks) -> Result<Response, Problem> {
    guard::is_no_strangers_page(&asks.headers)?;
    guard::has_our_header(&asks.headers)?;
    if let Some(session) = cookie::session(&asks.headers) {
        asks.auth.logout(session);
    }
    let cleared = [(header::SET_COOKIE, cookie::clear(cookie::is_secure(asks.by_tls, &asks.headers)))];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}

/// Every token in force; none of them can be read here, or anywhere
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "list_tokens",
    tag = "access",
    responses((status = 200, description = "All of them", body = [Shown<'_>]), Changes),
    security(("token" = ["admin"]), ("session" = ["admin"], "page" = []))
)]
pub(super) async fn tokens(asks: Asks) -> Result<Response, Problem> {
    asks.may(Right::Tokens).await?;
    let tokens = asks.auth.tokens().await.map_err(|why| unchanged(&why))?;
    Ok(json(&tokens.iter().map(shown).collect::<Vec<_>>()))
}

/// Makes a token, and shows it this once
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "make_token",
    tag = "access",
    request_body = New,
    responses(
        (status = 201, description = "It is made", body = Made<'_>),
        Changes, Bodies, Conflict
    ),
    security(("token" = ["admin"]), ("session" = ["admin"], "page" = []))
)]
pub(super) async fn make(asks: Asks, request: Request) -> Result<Response, Problem> {
    let who = asks.may(Right::Tokens).await?;
    let expected = r#"{"name":"museum-desk","role":"operator"}, with "expires_s" if it is to end"#;
    let New { name, role, expires_s } = body(request, expected).await?;
    let role = Role::from_word(&role).ok_or_else(|| {
        let words = Role::ALL.map(Role::word).join(", ");
        Problem::new(StatusCode::BAD_REQUEST, format!("no such role: expected one of {words}"))
    })?;
    if expires_s.is_some_and(|seconds| seconds == 0 || seconds > LONGEST) {
        let detail = format!("`expires_s` is a number of seconds from 1 to {LONGEST}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let lasts = expires_s.map(Duration::from_secs);
    let secret =
        asks.auth.make(Order { name: &name, role, lasts, who: &who }).await.map_err(|why| unchanged(&why))?;
    tracing::info!(by = who.by(), from = who.from(), token = name, role = role.word(), "made a token");
    let made = Made { name: &name, role: role.word(), token: secret.reveal() };
    Ok((StatusCode::CREATED, json(&made)).into_response())
}

/// Takes a token back; what it let in ends too
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{name}",
    operation_id = "revoke_token",
    tag = "access",
    params(("name" = String, Path, description = "Its name", example = "museum-desk", min_length = 1)),
    responses((status = 204, description = "It is no longer in force"), Changes, Unknown),
    security(("token" = ["admin"]), ("session" = ["admin"], "page" = []))
)]
pub(super) async fn revoke(asks: Asks, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Tokens).await?;
    asks.auth.revoke(&name).await.map_err(|why| unchanged(&why))?;
    tracing::info!(by = who.by(), from = who.from(), token = name, "took a token back");
    Ok(StatusCode::NO_CONTENT)
}

fn shown(token: &row::Token) -> Shown<'_> {
    Shown {
        name: &token.name,
        role: &token.role,
        made: Stamp(token.at),
        by: &token.by,
        from: &token.place,
        expires: token.expires.map(Stamp),
    }
}

fn unchanged(why: &ChangeError) -> Problem {
    let status = match why {
        ChangeError::Refused(Refusal::Unknown(_)) => StatusCode::NOT_FOUND,
        ChangeError::Refused(Refusal::Taken(_)) => StatusCode::CONFLICT,
        ChangeError::Refused(_) => StatusCode::BAD_REQUEST,
        ChangeError::Unread(_) | ChangeError::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::new(status, why.to_string())
}

/// What was sent is never repeated in what is answered: it holds a token.
async fn body<T: for<'a> Deserialize<'a>>(request: Request, expected: &str) -> Result<T, Problem> {
    let wrong = |status| Problem::new(status, format!("expected {expected}"));
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(request.into_body(), MAX_BODY)).await;
    let body = body.map_err(|_| wrong(StatusCode::REQUEST_TIMEOUT))?;
    let body = body.map_err(|_| wrong(StatusCode::PAYLOAD_TOO_LARGE))?;
    serde_json::from_slice(&body).map_err(|_| wrong(StatusCode::BAD_REQUEST))
}
