//! How long who came in may stay: as long as what let it in is good. Not here: who is let in.

use std::time::Duration;

use super::Auth;
use super::secret::{Hash, Secret};

/// How often it is asked: so long after its end a token may still serve, and a second more until that is read.
const EACH: Duration = Duration::from_millis(500);

/// What somebody who goes on and on was let in by.
#[derive(Clone, Debug)]
pub struct Stay {
    auth: Auth,
    by: By,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Token(Hash),
    Session(Hash),
}

impl Stay {
    /// Ends when the token is taken back or over, or the session ends.
    pub async fn over(self) {
        while self.is_good().await {
            tokio::time::sleep(EACH).await;
        }
    }

    async fn is_good(&self) -> bool {
        match self.by {
            By::Session(hash) => self.auth.find_hash(&hash).await.is_some(),
            By::Token(hash) => {
                self.auth.refresh().await;
                self.auth.state().book.find(&hash, self.auth.wall()).is_some()
            }
        }
    }
}

impl Auth {
    /// For as long as this token is good.
    #[must_use]
    pub fn stay_by_token(&self, text: &str) -> Option<Stay> {
        let by = By::Token(Secret::read(text)?.hash());
        Some(Stay { auth: self.clone(), by })
    }

    /// For as long as this session lasts.
    #[must_use]
    pub fn stay_by_session(&self, cookie: &str) -> Option<Stay> {
        let by = By::Session(Secret::read(cookie)?.hash());
        Some(Stay { auth: self.clone(), by })
    }
}
