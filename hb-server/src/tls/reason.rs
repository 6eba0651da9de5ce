//! Why two did not come to an agreement, for the person who has to do something about it. Not here: what is agreed on.

use std::error::Error as AnyError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// Why TLS did not come about, if it was TLS that failed under `error`.
#[must_use]
pub fn reason(error: &(dyn AnyError + 'static)) -> Option<String> {
    let mut under = Some(error);
    while let Some(error) = under {
        if let Some(error) = error.downcast_ref() {
            return Some(words(error));
        }
        under = match error.downcast_ref::<io::Error>() {
            // What it holds is not called its source.
            Some(error) => error.get_ref().map(|error| error as &(dyn AnyError + 'static)),
            None => error.source(),
        };
    }
    None
}

fn words(error: &Error) -> String {
    let text = match error {
        Error::InvalidCertificate(error) => return of_certificate(error),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "it speaks no TLS there; is it http:// that was meant?"
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(_) => "it speaks only a TLS that is too old or too odd to be trusted",
        other => return other.to_string(),
    };
    text.into()
}

fn of_certificate(error: &CertificateError) -> String {
    let text = match error {
        // The second is a new authority under the name of the old one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody whom this machine trusts signed its certificate; if it is signed by an authority of your own, name the file of that one (HB_CA, or `ca`)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for other names; expected the address to be one of these"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is the clock of this machine right?"
        }
        CertificateError::Revoked => "its certificate was revoked",
        other => {
            // An authority's own certificate in the place of a server's, of which there is no kind of its own.
            let text = format!("{other:?}");
            if text.contains("CaUsedAsEndEntity") {
                return "its certificate is an authority's, and no server's: expected one that this authority signed"
                    .into();
            }
            return format!("its certificate is not to be trusted: {other}");
        }
    };
    text.into()
}
