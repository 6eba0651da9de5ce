//! `/api/v1/session`: a token is shown once; a cookie, and a key that the page keeps, stand for it from then on. And `/api/v1/tokens`, for admins.
//!
//! Not here: what tokens are (`auth`), the page that asks for one (`www`).

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::{ChangeError, Holder, Opened, Order, Refusal, Role};
use crate::store::row;

use super::cookie;
use super::drain::BODY_TIMEOUT;
use super::grant::{Asks, Right, denied};
use super::guard;
use super::problem::Problem;
use super::view::Stamp;

/// Longest body of a question here, in bytes.
const MAX_BODY: usize = 4096;
/// Longest life of a token, in seconds: ten years.
const LONGEST: u64 = 10 * 366 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: String,
    #[serde(default)]
    expires_s: Option<u64>,
}

/// Who a browser is here.
pub(super) async fn who(asks: Asks) -> Response {
    json_response(&asks.session().await.map_or(json!({ "role": null }), |holder| view(&holder)))
}

/// Logs in.
pub(super) async fn open(asks: Asks, request: Request) -> Result<Response, Problem> {
    guard::is_no_strangers_page(&asks.headers)?;
    guard::has_our_header(&asks.headers)?;
    let Login { token } = body(request, r#"{"token":"hb_…"}"#).await?;
    let Opened { cookie, key, holder } = asks.auth.login(&asks.peer, &token).await.map_err(denied)?;
    tracing::info!(by = %holder.name, from = %asks.peer.host(), "logged in");
    let set = [(header::SET_COOKIE, cookie::set(&cookie, cookie::is_secure(asks.by_tls, &asks.headers)))];
    let told = json!({ "name": holder.name, "role": holder.role.word(), "key": key.reveal() });
    Ok((set, json_response(&told)).into_response())
}

/// Logs out; who is not logged in is out already.
pub(super) async fn close(asks: Asks) -> Result<Response, Problem> {
    guard::is_no_strangers_page(&asks.headers)?;
    guard::has_our_header(&asks.headers)?;
    if let Some(session) = cookie::session(&asks.headers) {
        asks.auth.logout(session);
    }
    let cleared = [(header::SET_COOKIE, cookie::clear(cookie::is_secure(asks.by_tls, &asks.headers)))];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}

/// Every token in force; none of them can be read here, or anywhere.
pub(super) async fn tokens(asks: Asks) -> Result<Response, Problem> {
    asks.may(Right::Tokens).await?;
    let tokens = asks.auth.tokens().await.map_err(|why| unchanged(&why))?;
    Ok(json_response(&Value::Array(tokens.iter().map(described).collect())))
}

/// Makes a token, and shows it this once.
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
    let shown = json!({ "name": name, "role": role.word(), "token": secret.reveal() });
    Ok((StatusCode::CREATED, json_response(&shown)).into_response())
}

/// Takes a token back.
pub(super) async fn revoke(asks: Asks, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Tokens).await?;
    asks.auth.revoke(&name).await.map_err(|why| unchanged(&why))?;
    tracing::info!(by = who.by(), from = who.from(), token = name, "took a token back");
    Ok(StatusCode::NO_CONTENT)
}

fn json_response(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn view(holder: &Holder) -> Value {
    json!({ "name": holder.name, "role": holder.role.word() })
}

fn described(token: &row::Token) -> Value {
    json!({
        "name": token.name, "role": token.role, "made": Stamp(token.at), "by": token.by, "from": token.place,
        "expires": token.expires.map(Stamp),
    })
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
