//! Frames: one message as bytes, the same over byte streams and over WebSockets.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | the message's code, big endian; 1 is a heartbeat |
//! | 4 | 4 | *n*, the length of the body, big endian; more than the receiver's `max_message_size` ends the connection |
//! | 8 | 1 | *m*, the length of the encoding's name; 0 means the encoding the connection agreed on |
//! | 9 | *m* | the encoding's media type, ASCII |
//! | 9 + *m* | *n* | the body |
//!
//! On a byte stream frames follow each other without a gap. Over a carrier that has frames of its own, such as a
//! WebSocket, each binary message is exactly one frame. Nine bytes decide whether the rest is welcome, so a body that
//! is too large is never buffered; and nothing is reserved for a body that was announced only. Not here: sockets.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// Code, length of the body, length of the encoding's name.
const HEAD: usize = 9;

/// Bytes that are no frame.
///
/// ```
/// # use hb_bus::{broker::{Broker, Limits}, runtime::Simulation};
/// use hb_bus::broker::{Ending, FrameError};
///
/// # let world = Simulation::new(1);
/// # let limits = Limits { max_message_size: 1000, ..Limits::default() };
/// # let broker = Broker::builder(world.handle()).limits(limits).build()?;
/// let (near, mut far) = tokio::io::duplex(64);
/// let connection = broker.start(near, "application/json")?;
/// # world.run(async {
/// // Code 10 and a body of 65 536 bytes: nine bytes are enough to say no.
/// tokio::io::AsyncWriteExt::write_all(&mut far, &[0, 0, 0, 10, 0, 1, 0, 0, 0]).await?;
/// let Ending::Frame(error) = connection.closed().await else { panic!("who closed it?") };
/// assert!(matches!(*error, FrameError::TooLarge { size: 65_536, limit: 1000 }));
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The body is larger than allowed. It was not buffered.
    #[error("a body of {size} bytes, at most {limit} are allowed: raise `max_message_size` on both sides")]
    TooLarge {
        /// Bytes of the body.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// It ends in the middle.
    #[error("the frame ends in its middle")]
    Truncated,
    /// A carrier's frame goes on after ours.
    #[error("{0} bytes after the end of the frame: send one frame per message of the carrier")]
    Trailing(usize),
    /// The name of the encoding is not ASCII.
    #[error("the encoding's name is not ASCII")]
    NotAscii,
    /// The byte stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A frame, taken apart.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) code: u32,
    /// Empty: the connection's.
    encoding: Bytes,
    pub(super) body: Bytes,
}

/// The first nine bytes.
struct Head {
    code: u32,
    body: usize,
    encoding: usize,
}

impl Head {
    /// `None` if there are not nine bytes yet.
    fn parse(mut bytes: &[u8], limit: usize) -> Result<Option<Self>, FrameError> {
        if bytes.len() < HEAD {
            return Ok(None);
        }
        let code = bytes.get_u32();
        // A length beyond the address space is beyond the limit too.
        let body = usize::try_from(bytes.get_u32()).unwrap_or(usize::MAX);
        if body > limit {
            return Err(FrameError::TooLarge { size: body, limit });
        }
        Ok(Some(Self { code, body, encoding: usize::from(bytes.get_u8()) }))
    }

    fn whole(&self) -> usize {
        HEAD.saturating_add(self.encoding).saturating_add(self.body)
    }
}

impl Frame {
    /// Takes exactly one frame apart; copies nothing.
    pub(super) fn parse(mut bytes: Bytes, limit: usize) -> Result<Self, FrameError> {
        let head = Head::parse(&bytes, limit)?.ok_or(FrameError::Truncated)?;
        let rest = bytes.len().checked_sub(head.whole()).ok_or(FrameError::Truncated)?;
        if rest > 0 {
            return Err(FrameError::Trailing(rest));
        }
        bytes.advance(HEAD);
        let encoding = bytes.split_to(head.encoding);
        if !encoding.is_ascii() {
            return Err(FrameError::NotAscii);
        }
        Ok(Self { code: head.code, encoding, body: bytes })
    }

    /// The name of an encoding that is not the connection's own.
    pub(super) fn encoding(&self) -> Option<&str> {
        std::str::from_utf8(&self.encoding).ok().filter(|name| !name.is_empty())
    }
}

/// Makes a frame whose body `write` appends. An `encoding` of `None` is the connection's own.
pub(super) fn compose<E>(
    code: u32,
    encoding: Option<&str>,
    limit: usize,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<Bytes, ComposeError<E>> {
    let name = encoding.unwrap_or_default();
    let mut frame = Vec::with_capacity(64);
    frame.put_u32(code);
    frame.put_u32(0);
    frame.put_u8(u8::try_from(name.len()).expect("names of encodings were checked when they were added"));
    frame.put_slice(name.as_bytes());
    let head = frame.len();
    write(&mut frame).map_err(ComposeError::Write)?;
    let size = frame.len().saturating_sub(head);
    match u32::try_from(size) {
        Ok(length) if size <= limit => frame[4..8].copy_from_slice(&length.to_be_bytes()),
        _ => return Err(ComposeError::TooLarge(size)),
    }
    Ok(frame.into())
}

/// Why there is no frame.
#[derive(Debug)]
pub(super) enum ComposeError<E> {
    TooLarge(usize),
    Write(E),
}

/// A heartbeat: code 1, no body.
pub(super) fn heartbeat() -> Bytes {
    Bytes::from_static(&[0, 0, 0, 1, 0, 0, 0, 0, 0])
}

/// Cuts a byte stream into frames, whole and unparsed.
#[derive(Debug)]
pub(super) struct Cutter {
    pub(super) limit: usize,
}

impl Decoder for Cutter {
    type Item = Bytes;
    type Error = FrameError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        // No `reserve`: memory follows what arrived, not what was announced.
        let whole = Head::parse(buffer, self.limit)?.map(|head| head.whole());
        Ok(whole.filter(|whole| buffer.len() >= *whole).map(|whole| buffer.split_to(whole).freeze()))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => Err(FrameError::Truncated),
            frame => Ok(frame),
        }
    }
}

impl Encoder<Bytes> for Cutter {
    type Error = FrameError;

    fn encode(&mut self, frame: Bytes, buffer: &mut BytesMut) -> Result<(), FrameError> {
        buffer.extend_from_slice(&frame);
        Ok(())
    }
}
