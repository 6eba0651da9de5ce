//! A message by HTTP: one POST on a connection of its own. No redirect is followed: a secret address, and what it is told,
//! go to nobody else. Not here: bodies (`render`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::tz::TimeZone;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Failure, Secret, Way};
use crate::notify::message::Message;
use crate::notify::render::own::Template;
use crate::notify::render::{Words, chat};
use crate::tls::{self, Roots, RootsError};

/// What the receiver understands.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Slack.
    Slack,
    /// Mattermost.
    Mattermost,
    /// Teams.
    Teams,
    /// ntfy; the last part of the address is the topic.
    Ntfy,
    /// The facts as JSON.
    Json,
    /// A template of one's own.
    Own(Box<Template>),
}

/// Why an address was refused. It is not repeated: it may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// It is none.
    #[error("the address is none: expected https://host/path")]
    Address,
    /// Neither HTTP nor HTTPS.
    #[error("the address begins with neither https:// nor http://")]
    Scheme,
    /// A name and password in it would be seen in too many places.
    #[error("the address holds a name or password: expected it without, and a `token`")]
    Password,
    /// Everyone on the way would know it.
    #[error("a token goes to other machines by https:// only")]
    Plain,
    /// ntfy needs one.
    #[error("the address names no topic: expected https://ntfy.example/topic")]
    Topic,
    /// No certificates.
    #[error(transparent)]
    Tls(#[from] RootsError),
}

/// One receiver.
pub struct Webhook {
    host: String,
    port: u16,
    authority: String,
    path: Secret,
    topic: String,
    token: Option<Secret>,
    shape: Shape,
    tls: Option<Arc<ClientConfig>>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhook({})", self.authority)
    }
}

impl Webhook {
    /// The receiver at `url`, which may be a secret as a whole; `token` is sent as a bearer's. Its certificate is to be
    /// signed by one of `ca`, or by whom this machine trusts.
    ///
    /// # Errors
    /// An address that cannot be one, or a token that everyone could read.
    pub fn new(url: &str, token: Option<Secret>, shape: Shape, ca: Option<&Roots>) -> Result<Self, Invalid> {
        let uri: Uri = url.parse().map_err(|_| Invalid::Address)?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(Invalid::Scheme),
        };
        let authority = uri.authority().ok_or(Invalid::Address)?;
        if authority.as_str().contains('@') {
            return Err(Invalid::Password);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if token.is_some() && !secure && !super::is_loopback(&host) {
            return Err(Invalid::Plain);
        }
        let mut path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let mut topic = String::new();
        if matches!(shape, Shape::Ntfy) {
            let (server, last) = uri.path().trim_end_matches('/').rsplit_once('/').ok_or(Invalid::Topic)?;
            if last.is_empty() {
                return Err(Invalid::Topic);
            }
            (topic, path) = (last.to_owned(), format!("{server}/"));
        }
        let tls = if secure { Some(Roots::or_of_machine(ca)?.client()) } else { None };
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let authority = authority.to_string();
        Ok(Self { host, port, authority, path: Secret::new(path), topic, token, shape, tls })
    }

    pub(super) fn way(&self) -> Way {
        Way::Network { host: self.host.clone(), port: self.port }
    }

    pub(super) fn place(&self) -> String {
        self.authority.clone()
    }

    pub(super) async fn send(&self, message: &Message, zone: &TimeZone) -> Result<(), Failure> {
        let words = Words::new(message, zone);
        let (kind, body) = self.body(&words)?;
        let request = self.request(kind, body)?;
        let unreachable = |error: std::io::Error| {
            Failure::unavailable(format!("{} cannot be reached: {error}", self.authority))
        };
        let stream = TcpStream::connect((&*self.host, self.port)).await.map_err(unreachable)?;
        let Some(tls) = &self.tls else { return self.exchange(stream, request).await };
        let stream = tls::connect(Arc::clone(tls), &self.host, stream).await.map_err(|error| {
            let reason = tls::reason(&error).unwrap_or_else(|| error.to_string());
            Failure::unavailable(format!("{} speaks no TLS that can be trusted: {reason}", self.authority))
        })?;
        self.exchange(stream, request).await
    }

    fn body(&self, words: &Words) -> Result<(&'static str, String), Failure> {
        let json = match &self.shape {
            Shape::Slack => chat::slack(words),
            Shape::Mattermost => chat::mattermost(words),
            Shape::Teams => chat::teams(words),
            Shape::Ntfy => chat::ntfy(words, &self.topic),
            Shape::Json => words.json(),
            Shape::Own(template) => {
                let made = template.render(words).map_err(|error| Failure::refused(error.to_string()))?;
                return Ok((template.form().content_type(), made));
            }
        };
        Ok(("application/json", json.to_string()))
    }

    fn request(&self, kind: &'static str, body: String) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::post(self.path.expose())
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, kind)
            .header("user-agent", concat!("hb/", env!("CARGO_PKG_VERSION")));
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
                .map_err(|_| Failure::unavailable("the token holds a character that no header may hold"))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let unfit = |_| Failure::unavailable("the address holds a character that no request may hold");
        request.body(Full::new(Bytes::from(body))).map_err(unfit)
    }

    async fn exchange<S>(&self, stream: S, request: Request<Full<Bytes>>) -> Result<(), Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let broken =
            |error: hyper::Error| Failure::unavailable(format!("{} broke off: {error}", self.authority));
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut answer = std::pin::pin!(sender.send_request(request));
        // The connection lives as long as this try, in no task of its own.
        let response = tokio::select! {
            response = &mut answer => response,
            _ = connection => answer.await,
        };
        let response = response.map_err(broken)?;
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        self.judge(response.status(), after.map(Duration::from_secs))
    }

    fn judge(&self, status: StatusCode, after: Option<Duration>) -> Result<(), Failure> {
        let place = &self.authority;
        match status.as_u16() {
            200..300 => Ok(()),
            300..400 => Err(Failure::unavailable(format!(
                "{place} sends us elsewhere ({status}), which is not followed: correct the address"
            ))),
            400 | 413 | 415 | 422 => {
                Err(Failure::refused(format!("{place} does not want this message ({status})")))
            }
            401 | 403 => Err(Failure::unavailable(format!(
                "{place} does not let us in ({status}): check address and token"
            ))),
            404 | 410 => {
                Err(Failure::unavailable(format!("{place} knows no such address ({status}): correct it")))
            }
            _ => {
                let mut failure = Failure::unavailable(format!("{place} answered {status}"));
                failure.outcome = super::Outcome::Unavailable { after };
                Err(failure)
            }
        }
    }
}
