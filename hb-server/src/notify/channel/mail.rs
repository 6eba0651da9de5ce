//! A message by mail: SMTP with TLS, in plain only on this machine. Not here: how it reads (`render::mail`).

use jiff::tz::TimeZone;
use lettre::message::header::{ContentType, HeaderName};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{Failure, Secret, TIMEOUT, Way, is_loopback};
use crate::notify::message::Message;
use crate::notify::render::{Words, mail};
use crate::tls::{self, Roots};

/// How the server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte; mostly port 465.
    Tls,
    /// TLS after a word in plain, or nothing at all; mostly port 587.
    StartTls,
    /// No TLS; on this machine only.
    Plain,
}

/// Where mails go and in whose name.
#[derive(Clone, Debug)]
pub struct Config {
    /// The mail server.
    pub server: String,
    /// Its port; by default that of `security`.
    pub port: Option<u16>,
    /// How it is spoken to.
    pub security: Security,
    /// Who signs its certificate; by default whom this machine trusts.
    pub ca: Option<Roots>,
    /// Name and password, if it asks for them.
    pub login: Option<(String, Secret)>,
    /// The sender, as in `hb <hb@museum.example>`.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Not a mailbox.
    #[error("`{0}` is no mail address: expected one as in guard@museum.example")]
    Address(String),
    /// Nobody would get it.
    #[error("nobody gets it: expected at least one address in `to`")]
    Nobody,
    /// Passwords and incidents would be everyone's.
    #[error("mail in plain goes to this machine only, and {0} is another: expected `tls` or `starttls`")]
    Plain(String),
    /// No TLS to be had.
    #[error("no TLS for {server}: {reason}")]
    Tls {
        /// The mail server.
        server: String,
        /// Why.
        reason: lettre::transport::smtp::Error,
    },
}

/// A way to some mailboxes.
pub struct Mail {
    server: String,
    port: u16,
    from: Mailbox,
    to: Vec<Mailbox>,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({})", self.server)
    }
}

impl Mail {
    /// The way that `config` describes.
    ///
    /// # Errors
    /// An address that is none, or plain text to another machine.
    pub fn new(config: Config) -> Result<Self, Invalid> {
        let mailbox = |text: &String| text.parse::<Mailbox>().map_err(|_| Invalid::Address(text.clone()));
        let to: Vec<Mailbox> = config.to.iter().map(mailbox).collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(Invalid::Nobody);
        }
        let from = mailbox(&config.from)?;
        let server = config.server;
        let parameters = || {
            trusting(&server, config.ca.as_ref())
                .map_err(|reason| Invalid::Tls { server: server.clone(), reason })
        };
        let (tls, port) = match config.security {
            Security::Tls => (Tls::Wrapper(parameters()?), 465),
            Security::StartTls => (Tls::Required(parameters()?), 587),
            Security::Plain if is_loopback(&server) => (Tls::None, 25),
            Security::Plain => return Err(Invalid::Plain(server)),
        };
        let port = config.port.unwrap_or(port);
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server)
            .port(port)
            .timeout(Some(TIMEOUT))
            .tls(tls);
        if let Some((name, password)) = config.login {
            transport = transport.credentials(Credentials::new(name, password.expose().to_owned()));
        }
        Ok(Self { server, port, from, to, transport: transport.build() })
    }

    pub(super) fn way(&self) -> Way {
        Way::Network { host: self.server.clone(), port: self.port }
    }

    pub(super) fn place(&self) -> String {
        self.server.clone()
    }

    pub(super) async fn send(&self, message: &Message, zone: &TimeZone) -> Result<(), Failure> {
        let words = Words::new(message, zone);
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .subject(mail::subject(&words))
            // No holiday note answers it.
            .raw_header(lettre::message::header::HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        let text = MultiPart::alternative_plain_html(words.text(), mail::html(&words));
        let mail = mail
            .multipart(with_pictures(text, message))
            .map_err(|error| Failure::refused(format!("the mail cannot be written: {error}")))?;
        self.transport.send(mail).await.map(drop).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &lettre::transport::smtp::Error) -> Failure {
        let server = &self.server;
        let Some(code) = error.status() else {
            // To lettre, a handshake that fails is a connection that fails.
            let untrusted = tls::reason(error);
            let is_tls = error.is_tls() || untrusted.is_some();
            let what = if is_tls { "speaks no TLS that can be trusted" } else { "cannot be reached" };
            let why = untrusted.unwrap_or_else(|| error.to_string());
            return Failure::unavailable(format!("{server} {what}: {why}"));
        };
        // What a server says may quote what it was told: only its number is passed on.
        let code = code.to_string();
        match &*code {
            "530" | "534" | "535" | "538" => {
                Failure::unavailable(format!("{server} does not let us in ({code}): check name and password"))
            }
            "550" | "551" | "553" => Failure::unavailable(format!(
                "{server} knows no such mailbox ({code}): check `from` and `to`"
            )),
            "552" | "554" => Failure::refused(format!("{server} does not want this mail ({code})")),
            _ => Failure::unavailable(format!("{server} took no mail ({code})")),
        }
    }
}

/// The text, and behind it what the screens show.
fn with_pictures(text: MultiPart, message: &Message) -> MultiPart {
    let pictures: Vec<_> =
        message.incidents.iter().filter_map(|it| Some((it.name(), it.picture.as_ref()?))).collect();
    if pictures.is_empty() {
        return text;
    }
    let jpeg = ContentType::parse("image/jpeg").expect("it is one");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    pictures.into_iter().fold(MultiPart::mixed().multipart(text), |mail, (name, picture)| {
        let file: String = name.chars().map(plain).collect();
        mail.singlepart(Attachment::new(format!("{file}.jpg")).body(picture.to_vec(), jpeg.clone()))
    })
}

fn trusting(server: &str, ca: Option<&Roots>) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let Some(ca) = ca else { return TlsParameters::new_rustls(server.to_owned()) };
    let mut parameters = TlsParameters::builder(server.to_owned()).certificate_store(CertificateStore::None);
    for certificate in ca.certificates() {
        parameters = parameters.add_root_certificate(Certificate::from_der(certificate.to_vec())?);
    }
    parameters.build_rustls()
}
