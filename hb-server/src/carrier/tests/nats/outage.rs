//! What a person reads while the NATS server is away.

use std::io;

use tokio::sync::mpsc;
use tracing::Level;

use super::*;

/// Where each line of the log goes.
struct Log(mpsc::UnboundedSender<String>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The test may have read enough.
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_outage_is_told_once_with_its_reason() {
    let (tell, mut lines) = mpsc::unbounded_channel();
    let log = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || Log(tell.clone()))
        .finish();
    let _logging = tracing::subscriber::set_default(log);
    let (mut there, at) = server("-1").await;
    let (_here, _node, link) = linked(&at).await;
    for again in [false, true] {
        if again {
            (there, _) = server(at.rsplit_once(':').unwrap().1).await;
            until(&link, true).await;
        }
        soon(there.kill()).await.unwrap();
        until(&link, false).await;
        let mut warnings = Vec::new();
        loop {
            let line = soon(lines.recv()).await.unwrap();
            if line.contains("is still away") {
                break;
            }
            warnings.extend(line.contains(" WARN ").then_some(line));
        }
        let [warning] = &warnings[..] else { panic!("not one: {warnings:?}") };
        for part in [&at, "refused", "it is tried again"] {
            assert!(warning.contains(part), "{part}: {warning}");
        }
    }
}
