//! An HTTP server that answers each request as its script says, and tells what it heard. Not here: tests.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it does with one request.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// This status line's end and these headers.
    Say(&'static str),
    /// Nothing, for as long as the other side waits.
    Hang,
    /// Closes the connection.
    Close,
}

/// Requests it heard: head and body.
pub(super) type Heard = Arc<Mutex<Vec<(String, String)>>>;

/// Starts one; after its script it says 200. Returns its address.
pub(super) async fn start(script: Vec<Answer>) -> (String, Heard) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Heard::default();
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut script = script.into_iter();
        while let Ok((stream, _)) = listener.accept().await {
            let answer = script.next().unwrap_or(Answer::Say("200 OK\r\n"));
            tokio::spawn(serve(stream, answer, Arc::clone(&log)));
        }
    });
    (address, heard)
}

async fn serve(stream: TcpStream, answer: Answer, log: Heard) {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        // What is no text is no request.
        let Ok(read) = stream.read_line(&mut line).await else { return };
        if read <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    if head.is_empty() {
        return;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    log.lock().unwrap().push((head, String::from_utf8(body).unwrap()));
    match answer {
        Answer::Say(status) => {
            let text = format!("HTTP/1.1 {status}content-length: 0\r\n\r\n");
            stream.write_all(text.as_bytes()).await.unwrap();
        }
        Answer::Hang => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Answer::Close => {}
    }
}
