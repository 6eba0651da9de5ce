//! An answer that goes on for as long as both sides live: the event stream, read as it comes.
//!
//! Not here: what its lines mean (`top`), and when to ask again.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use super::{Answer, Client, NoAnswer, TIMEOUT};

/// The server says something every second: one that says nothing for so long is gone, whatever the network believes.
const SILENCE: Duration = Duration::from_secs(10);

impl Client {
    /// The same, for an answer that does not end.
    pub(crate) fn for_streams(&self) -> Self {
        let config = self.agent.config().clone();
        let mut stream = self.clone();
        let scope = ureq::config::Config::builder()
            .timeout_connect(Some(TIMEOUT))
            .timeout_recv_response(Some(self.timeout))
            .timeout_per_read(Some(SILENCE))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(self.trust.tls())
            .user_agent(config.user_agent().clone())
            .build();
        stream.agent = scope.new_agent();
        stream
    }

    /// Begins to read what goes on, behind the event `last`. A refusal is an answer that ended.
    pub(crate) fn follow(&self, url: &str, last: Option<&str>) -> Result<impl BufRead + use<>, NoAnswer> {
        let request = self.with_token(self.agent.get(url)).header("Accept", "text/event-stream");
        let request = match last {
            Some(id) => request.header("Last-Event-ID", id),
            None => request,
        };
        let response = request.call().map_err(|error| self.no_answer(url, &error))?;
        if response.status().as_u16() == 200 {
            return Ok(BufReader::new(response.into_body().into_reader()));
        }
        let Answer { status, body } = self.read(Ok(response)).map_err(|error| self.no_answer(url, &error))?;
        Err(super::refused(url, status, &body))
    }
}
