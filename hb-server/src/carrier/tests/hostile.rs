//! B19: peers that mean no good, over real sockets. A clear ending, never a panic, and the others live on.

use hb_bus::broker::FrameError;

use super::*;

/// What ends a connection on which this was said.
async fn ending(carrier: Carrier, said: &[u8]) -> Ending {
    let (server, _texts, mut endings) = telling(builder());
    let mut raw = carrier.raw(serve(&server).await).await;
    raw.say(said).await;
    if let Raw::Stream(stream) = &mut raw {
        stream.shutdown().await.unwrap();
    }
    let ending = next(&mut endings).await;
    assert!(server.is_empty());
    ending
}

#[tokio::test]
async fn b19_each_offence_has_its_name() {
    type Expected = fn(&Ending) -> bool;
    fn is(ending: &Ending, expected: fn(&FrameError) -> bool) -> bool {
        matches!(ending, Ending::Frame(error) if expected(error))
    }
    let cut = frame(10, b"\"cut\"");
    let mut odd = frame(10, b"\"x\"");
    odd[8] = 1;
    odd.insert(9, 200);
    let table: [(&[u8], Expected); 7] = [
        (&cut[..4], |ending| is(ending, |error| matches!(error, FrameError::Truncated))),
        (&cut[..11], |ending| is(ending, |error| matches!(error, FrameError::Truncated))),
        (&frame(99, b"x"), |ending| matches!(ending, Ending::InvalidMessageCode(99))),
        (&frame(10, b""), |ending| matches!(ending, Ending::Undecodable { code: 10, .. })),
        (&frame(10, b"{}"), |ending| matches!(ending, Ending::Undecodable { code: 10, .. })),
        (&[0, 0, 0, 10, 255, 255, 255, 255, 0], |ending| {
            is(ending, |error| matches!(error, FrameError::TooLarge { limit: 1_000_000, .. }))
        }),
        (&odd, |ending| is(ending, |error| matches!(error, FrameError::NotAscii))),
    ];
    for (said, expected) in table {
        for carrier in BOTH {
            let ending = ending(carrier, said).await;
            assert!(expected(&ending), "{carrier:?} {said:?}: {ending:?}");
            assert!(!ending.to_string().is_empty());
        }
    }
}

#[tokio::test]
async fn b19_one_byte_at_a_time() {
    let (server, mut texts, _) = telling(builder());
    let Raw::Stream(mut stream) = Carrier::Upgrade.raw(serve(&server).await).await else { unreachable!() };
    stream.set_nodelay(true).unwrap();
    for word in ["\"a\"", "\"Hello, World\""] {
        for byte in frame(10, word.as_bytes()) {
            stream.write_u8(byte).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert_eq!(format!("{:?}", next(&mut texts).await), word);
    }
}

/// What is written together with the request is not lost between HTTP and the broker.
#[tokio::test]
async fn b19_a_client_that_does_not_wait_for_the_answer() {
    let (server, mut texts, _) = telling(builder());
    let mut stream = TcpStream::connect(serve(&server).await).await.unwrap();
    let mut ask =
        b"GET /ghms HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: GHMS/0.1\r\nAccept: application/json\r\n\r\n"
            .to_vec();
    ask.extend(frame(10, b"\"early\""));
    stream.write_all(&ask).await.unwrap();
    assert_eq!(next(&mut texts).await, "early");
}

#[tokio::test]
async fn b19_text_and_noise_on_a_websocket() {
    let (server, mut texts, mut endings) = telling(builder());
    let address = serve(&server).await;
    let Raw::Socket(mut socket) = Carrier::WebSocket.raw(address).await else { unreachable!() };
    socket.send(Message::Ping(vec![1; 125].into())).await.unwrap();
    assert!(matches!(soon(socket.next()).await, Some(Ok(Message::Pong(_)))));
    socket.send(Message::Binary(frame(10, b"\"fine\"").into())).await.unwrap();
    assert_eq!(next(&mut texts).await, "fine");
    socket.send(Message::Text("hello".into())).await.unwrap();
    let Ending::Carrier(error) = next(&mut endings).await else { panic!("not for its text") };
    assert!(error.to_string().contains("text message"), "{error}");

    let Raw::Socket(mut socket) = Carrier::WebSocket.raw(address).await else { unreachable!() };
    socket
        .send(Message::Binary([frame(10, b"\"one\""), frame(10, b"\"two\"")].concat().into()))
        .await
        .unwrap();
    let Ending::Frame(error) = next(&mut endings).await else { panic!("not for two frames in one") };
    assert!(matches!(*error, FrameError::Trailing(14)), "{error}");

    // No masks, reserved bits, an unknown opcode, a fragment that begins nothing.
    for noise in
        [&[0x82, 1, 0][..], &[0xf2, 0x80, 0, 0, 0, 0], &[0x8f, 0x80, 0, 0, 0, 0], &[0x80, 0x80, 0, 0, 0, 0]]
    {
        let Raw::Socket(mut socket) = Carrier::WebSocket.raw(address).await else { unreachable!() };
        socket.get_mut().write_all(noise).await.unwrap();
        let ending = next(&mut endings).await;
        assert!(matches!(ending, Ending::Carrier(_)), "{noise:?}: {ending:?}");
    }
}

/// Small steps of a linear congruence: the same noise every time.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// Bytes that look more or less like a frame.
    fn frame(&mut self) -> Vec<u8> {
        let mut bytes = frame(10, [&b"\"\""[..], b"\"word\"", b"{}", b"0123456789"][self.below(4)]);
        match self.below(6) {
            0 => bytes.iter_mut().for_each(|byte| *byte = self.below(256) as u8),
            1 => bytes.truncate(self.below(bytes.len())),
            2 => {
                let at = self.below(bytes.len());
                bytes[at] = self.below(256) as u8;
            }
            3 => bytes[3] = self.below(16) as u8,
            _ => {}
        }
        bytes
    }
}

#[tokio::test]
async fn b19_ten_thousand_random_frames() {
    for carrier in BOTH {
        let limits = Limits { max_message_size: 4096, ..Limits::default() };
        let (server, mut texts, mut endings) = telling(builder().limits(limits));
        let address = serve(&server).await;
        let mut noise = Noise(19);
        let (mut sent, mut connections) = (0, 0);
        while sent < 5_000 {
            let mut raw = carrier.raw(address).await;
            connections += 1;
            for _ in 0..=noise.below(40) {
                sent += 1;
                if !raw.say(&noise.frame()).await {
                    break; // closed already
                }
            }
            drop(raw);
            let ending = next(&mut endings).await;
            assert!(!matches!(ending, Ending::Aborted | Ending::Stalled | Ending::Silent), "{ending}");
        }
        assert!(connections > 100 && texts.try_recv().is_ok(), "{connections} connections");
        assert!(server.is_empty());
        let (client, ..) = telling(builder());
        carrier.dial(&client, address).await.unwrap();
    }
}
