//! Real datagrams and files; pipes are in the tests of the binary.

use super::*;

/// Waits for the next count.
async fn next(latest: &mut watch::Receiver<Option<Report>>) -> Option<Report> {
    tokio::time::timeout(Duration::from_secs(10), latest.changed()).await.expect("in time").unwrap();
    *latest.borrow_and_update()
}

#[test]
fn a_source_is_named_or_refused() {
    for (text, source) in [
        ("stdout", Source::Stdout),
        ("stdin", Source::Stdin),
        ("udp", Source::Udp(0)),
        ("udp:7001", Source::Udp(7001)),
        ("file:/run/a:b", Source::File("/run/a:b".into())),
    ] {
        assert_eq!(text.parse(), Ok(source), "{text}");
    }
    for text in ["", "stderr", "udp:", "udp:70000", "file", "file:", "stdout:1", "7001"] {
        assert!(text.parse::<Source>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn datagrams_with_a_number_count_and_others_do_not() {
    let frames = Frames::of(Source::Udp(0)).await.unwrap();
    let (name, port) = frames.variable.clone().unwrap();
    assert_eq!(name, "HB_FRAMES_PORT");
    let port: u16 = port.to_str().unwrap().parse().unwrap();
    let app = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut latest = frames.latest();
    app.send_to(b"not a number", ("127.0.0.1", port)).unwrap();
    app.send_to(b"41\n", ("127.0.0.1", port)).unwrap();
    assert_eq!(next(&mut latest).await, Some(Report::Count(41)));
    app.send_to(b"frame 42", ("127.0.0.1", port)).unwrap();
    assert_eq!(next(&mut latest).await, Some(Report::Count(42)));
}

#[tokio::test]
async fn a_file_counts_by_its_number_or_by_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames");
    let frames = Frames::of(Source::File(path.clone())).await.unwrap();
    assert_eq!(frames.variable, Some(("HB_FRAMES_FILE", path.clone().into())));
    let mut latest = frames.latest();
    fs::write(&path, "7\n").unwrap();
    assert_eq!(next(&mut latest).await, Some(Report::Count(7)));
    let again = Frames::of(Source::File(path.clone())).await.unwrap();
    assert_eq!(
        *again.latest().borrow(),
        Some(Report::Count(7)),
        "known before the first life, so no frame of it"
    );
    let picture = folder.path().join("picture");
    let write = |second| {
        let file = fs::File::create(&picture).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).unwrap();
    };
    write(1);
    let mut latest = Frames::of(Source::File(picture.clone())).await.map(|frames| {
        let latest = frames.latest();
        // It counts for as long as it is kept.
        (frames, latest)
    });
    let (_frames, latest) = latest.as_mut().unwrap();
    assert_eq!(*latest.borrow(), None, "a file that was there before proves nothing");
    write(2);
    let moved = tokio::time::timeout(Duration::from_secs(10), async {
        // It may have been seen for the first time only now.
        let mut second = 3;
        while !latest.has_changed().unwrap() {
            write(second);
            second += 1;
            tokio::task::yield_now().await;
        }
        *latest.borrow_and_update()
    });
    assert_eq!(moved.await.expect("in time"), Some(Report::Moved));
}
