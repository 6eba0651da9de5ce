//! The bridge to NATS, with a real `nats-server`: G27, who may say what, and a server that dies and returns.

mod outage;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use hb_bus::bus::{Bus, Filter, Subscription};
use hb_bus::message::{Id, Message, Topic};
use hb_bus::node::Node;
use hb_bus::runtime::Native;
use hb_core::beat::Verb;
use hb_core::id::Identity;
use hb_core::wire;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::soon;
use crate::Server;
use crate::carrier::nats::{Address, Config, Link};
use crate::config::Listen;

const DOORS: Topic = Topic::from_static("app/127.0.0.1/tetris/door");
const COMMANDS: Topic = Topic::from_static("app/127.0.0.1/tetris/cmd");

const READY: &str = "ready";

/// A server on `port`, or on one that the system chooses; ready, and where it is. It dies with the handle.
async fn server(port: &str) -> (Child, String) {
    let mut child = Command::new("nats-server")
        .args(["--addr", "127.0.0.1", "--port", port])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("nats-server is installed: apt-get install nats-server");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut at = String::new();
    loop {
        let line = soon(lines.next_line()).await.unwrap().expect("it says that it is ready");
        if let Some((_, address)) = line.split_once("client connections on ") {
            address.clone_into(&mut at);
        }
        if line.contains("Server is ready") {
            // It must be able to go on talking.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, at);
        }
    }
}

/// A bus with a link to this server, connected.
async fn linked(server: &str) -> (Bus, Node, Link) {
    let bus = Bus::new(Arc::new(Native::current()));
    let node = Node::builder(&bus).build();
    let address: Address = format!("nats://{server}").parse().unwrap();
    let link = Link::open(address).await.unwrap();
    until(&link, true).await;
    (bus, node, link)
}

async fn until(link: &Link, there: bool) {
    soon(link.connected().wait_for(|is| *is == there)).await.unwrap();
}

async fn bridged(server: &str) -> (Bus, Node, Link) {
    let (bus, node, link) = linked(server).await;
    node.bridge(Filter::only([DOORS]), link.both([DOORS]).await.unwrap());
    (bus, node, link)
}

/// Somebody else at that server, who hears everything from now on.
async fn witness(server: &str) -> (async_nats::Client, async_nats::Subscriber) {
    let client = async_nats::connect(server).await.unwrap();
    let mut hears = client.subscribe(">").await.unwrap();
    // It hears others once it hears itself; that it was sent is not enough.
    client.publish("witness", "".into()).await.unwrap();
    while told(&mut hears).await.0 != "witness" {}
    (client, hears)
}

async fn heard(bus: &mut Subscription) -> String {
    let (_, message) = soon(bus.recv()).await.message().unwrap();
    String::from_utf8_lossy(message.data()).into_owned()
}

async fn told(nats: &mut async_nats::Subscriber) -> (String, String) {
    let message = soon(nats.next()).await.unwrap();
    (message.subject.to_string(), String::from_utf8_lossy(&message.payload).into_owned())
}

/// Says something and waits until it went round: from then on this bus is subscribed too.
async fn ready(bus: &Bus, hears: &mut async_nats::Subscriber) {
    bus.publish(said(READY)).unwrap();
    while told(hears).await.1 != READY {}
}

fn said(text: &str) -> Message {
    Message::new(DOORS, text.to_owned())
}

#[tokio::test]
async fn g27_a_topic_bridged_by_nats_is_heard_once_by_everybody() {
    let (_server, at) = server("-1").await;
    let ((here, _a, link), (there, _b, _other)) = (bridged(&at).await, bridged(&at).await);
    let (client, mut hears) = witness(&at).await;
    let mut ears = [&here, &here, &there].map(|bus| bus.subscribe(Filter::all()));
    ready(&here, &mut hears).await;
    ready(&there, &mut hears).await;
    there.publish(said("from there")).unwrap();
    assert_eq!(told(&mut hears).await.1, "from there");
    here.publish(said("open")).unwrap();
    here.publish(Message::new(COMMANDS, "private")).unwrap();
    here.publish(said("shut")).unwrap();
    let subject = DOORS.as_str().to_owned();
    for text in ["open", "shut"] {
        assert_eq!(told(&mut hears).await, (subject.clone(), text.to_owned()), "no echo, and not private");
    }
    client.publish(subject, "from nobody's bus".into()).await.unwrap();
    let mut all = Vec::new();
    for (ear, count) in ears.iter_mut().zip([5, 5, 4]) {
        let mut heard_here = Vec::new();
        while heard_here.len() < count {
            heard_here.extend(Some(heard(ear).await).filter(|text| text != READY));
        }
        assert!(ear.try_recv().is_none(), "nothing twice");
        heard_here.sort();
        all.push(heard_here);
    }
    assert_eq!(all[0], ["from nobody's bus", "from there", "open", "private", "shut"]);
    assert_eq!(all[1], all[0]);
    assert_eq!(all[2], ["from nobody's bus", "from there", "open", "shut"]);
    assert_eq!(link.lost(), 0);
}

#[tokio::test]
async fn a_message_keeps_its_name_and_a_request_is_answered_across() {
    let (_server, at) = server("-1").await;
    let ((here, _a, _link), (there, _b, _other)) = (bridged(&at).await, bridged(&at).await);
    let answering = there.pod();
    let answers = answering.clone();
    let _handling = answering.handle(Filter::only([DOORS]), move |request: Message| {
        let answers = answers.clone();
        async move {
            answers
                .publish(said("it is open").in_reply_to(&request))
                .map(drop)
                .map_err(|_| hb_bus::bus::Failed)
        }
    });
    let (_client, mut hears) = witness(&at).await;
    ready(&here, &mut hears).await;
    ready(&there, &mut hears).await;
    let asked = here.request(said("the door?")).unwrap();
    let reply = asked.reply(Some(Duration::from_secs(20))).await.unwrap();
    assert_eq!(reply.data(), "it is open");
}

#[tokio::test]
async fn nobody_answers_by_nats_what_never_went_there_or_speaks_about_what_was_not_named() {
    let (_server, at) = server("-1").await;
    let (here, _node, _link) = bridged(&at).await;
    let (client, mut hears) = witness(&at).await;
    // Somebody listens, so that the request waits.
    let mut screen = here.subscribe(Filter::only([COMMANDS]));
    let mut all = here.subscribe(Filter::all());
    let asked = here.request(Message::new(COMMANDS, "reload")).unwrap();
    let (_, request) = soon(screen.recv()).await.message().unwrap();
    assert_eq!(heard(&mut all).await, "reload");
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Hb-Reply-To", request.id().to_string());
    here.publish(said("let it be subscribed")).unwrap();
    assert_eq!(told(&mut hears).await.1, "let it be subscribed");
    for subject in [DOORS, COMMANDS] {
        client.publish_with_headers(subject.to_string(), headers.clone(), "forged".into()).await.unwrap();
    }
    client.publish(DOORS.to_string(), "last".into()).await.unwrap();
    assert_eq!(
        (heard(&mut all).await, heard(&mut all).await),
        ("let it be subscribed".into(), "last".into())
    );
    here.publish(Message::new(COMMANDS, "true").in_reply_to(&request)).unwrap();
    let reply = asked.reply(Some(Duration::from_secs(20))).await.unwrap();
    assert_eq!(reply.data(), "true");
}

#[tokio::test]
async fn what_was_not_named_stays_here_though_the_node_lets_it_out() {
    let (_server, at) = server("-1").await;
    let (here, node, link) = linked(&at).await;
    node.bridge(Filter::all(), link.both([DOORS]).await.unwrap());
    let (client, mut hears) = witness(&at).await;
    let mut ear = here.subscribe(Filter::only([DOORS]));
    ready(&here, &mut hears).await;
    assert_eq!(heard(&mut ear).await, READY);
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Nats-Msg-Id", Id::from_u128(7).to_string());
    headers.insert("Hb-Time", "1");
    client.publish_with_headers(DOORS.to_string(), headers, "which command?".into()).await.unwrap();
    assert_eq!(told(&mut hears).await.1, "which command?");
    let (_, request) = soon(ear.recv()).await.message().unwrap();
    here.publish(Message::new(COMMANDS, "private")).unwrap();
    here.publish(Message::new(COMMANDS, "private").in_reply_to(&request)).unwrap();
    here.publish(said("it is open").in_reply_to(&request)).unwrap();
    assert_eq!(told(&mut hears).await, (DOORS.to_string(), "it is open".to_owned()));
}

#[tokio::test]
async fn what_only_goes_out_lets_nothing_in() {
    let (_server, at) = server("-1").await;
    let (here, node, link) = linked(&at).await;
    node.bridge(Filter::all(), link.outward());
    let (client, mut hears) = witness(&at).await;
    let mut ear = here.subscribe(Filter::all());
    client.publish(DOORS.to_string(), "forged".into()).await.unwrap();
    assert_eq!(told(&mut hears).await.1, "forged");
    here.publish(said("true")).unwrap();
    assert_eq!(told(&mut hears).await, (DOORS.to_string(), "true".to_owned()));
    // What was said last has left when the link is closed.
    here.publish(said("last words")).unwrap();
    assert_eq!(heard(&mut ear).await, "true");
    assert_eq!(heard(&mut ear).await, "last words");
    assert_eq!(told(&mut hears).await.1, "last words");
    soon(link.close()).await;
}

#[tokio::test]
async fn a_server_that_dies_and_returns_finds_us_again() {
    let (mut first, at) = server("-1").await;
    let (here, _node, link) = bridged(&at).await;
    let mut ear = here.subscribe(Filter::all());
    soon(first.kill()).await.unwrap();
    until(&link, false).await;
    here.publish(said("while it is away")).unwrap();
    let (_second, again) = server(at.rsplit_once(':').unwrap().1).await;
    assert_eq!(again, at);
    let (client, mut hears) = witness(&at).await;
    until(&link, true).await;
    here.publish(said("again")).unwrap();
    // Who was quicker, the witness or the link, decides whether it hears the older one.
    while told(&mut hears).await.1 != "again" {}
    client.publish(DOORS.to_string(), "welcome back".into()).await.unwrap();
    for text in ["while it is away", "again", "welcome back"] {
        assert_eq!(heard(&mut ear).await, text);
    }
    assert_eq!(link.lost(), 0);
}

#[tokio::test]
async fn while_the_server_is_away_nobody_waits_and_what_finds_no_room_is_counted() {
    let (mut server, at) = server("-1").await;
    let (here, _node, link) = bridged(&at).await;
    soon(server.kill()).await.unwrap();
    until(&link, false).await;
    let mut ear = here.subscribe(Filter::all().queue(1));
    for n in 0..10_000 {
        here.publish(said(&n.to_string())).unwrap();
        tokio::task::yield_now().await;
    }
    let mut lost = 0;
    soon(async {
        while lost == 0 {
            tokio::task::yield_now().await;
            lost = link.lost();
        }
    })
    .await;
    assert!(ear.try_recv().is_some() && lost < 10_000);
}

#[tokio::test]
async fn a_server_tells_what_happens_and_believes_nothing_of_it_from_there() {
    let (_server, at) = server("-1").await;
    let nats = Config { address: at.parse().unwrap(), topics: vec![DOORS] };
    let listen = Listen::Loopback(0);
    let ours =
        Server::bind(crate::Config { listen, nats: Some(nats), ..crate::Config::default() }).await.unwrap();
    let engine = ours.engine().clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (client, mut hears) = witness(&at).await;
    let mut happenings = engine.bus().subscribe(Filter::all());
    let mut screens = engine.screens().subscribe(Filter::all());
    let running = tokio::spawn(ours.run(async { drop(stopped.await) }));
    // Both bridges send over one connection, in order: whoever has heard this is heard.
    engine.screens().publish(said("open")).unwrap();
    assert_eq!(told(&mut hears).await.1, "open");
    for (topic, text) in
        [("hb.transition", "forged"), (COMMANDS.as_str(), "forged"), (DOORS.as_str(), "shut")]
    {
        client.publish(topic.to_owned(), text.into()).await.unwrap();
        assert_eq!(told(&mut hears).await.0, topic);
    }
    assert_eq!((heard(&mut screens).await, heard(&mut screens).await), ("open".into(), "shut".into()));
    let request = wire::parse(Verb::Init, "1000&appid=tetris").unwrap();
    let id = Identity::new("127.0.0.1", "", "tetris").unwrap();
    let _ = engine.beat(id, &request.beat, None);
    let (subject, json) = told(&mut hears).await;
    assert_eq!(subject, "hb.transition");
    assert!(json.contains(r#""app":"tetris""#), "{json}");
    assert_eq!(heard(&mut happenings).await, json, "and what came from there did not");
    drop(stop);
    soon(running).await.unwrap().unwrap();
}
