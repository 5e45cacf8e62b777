use std::net::TcpStream;

use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Error, Message, WebSocket};

use crate::program::{Serving, client};

fn connect(serving: &Serving) -> WebSocket<MaybeTlsStream<TcpStream>> {
    let url = format!("{}/ws/echo", serving.service.replace("http", "ws"));
    let (socket, response) = tungstenite::connect(url).unwrap();
    assert_eq!(response.status().as_u16(), 101);
    socket
}

fn say(socket: &mut WebSocket<MaybeTlsStream<TcpStream>>, message: Message) -> Message {
    socket.send(message).unwrap();
    socket.read().unwrap()
}

fn closed(code: u16) -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: "".into() }))
}

#[test]
fn messages_come_back() {
    let serving = Serving::start(&[]);
    let mut socket = connect(&serving);
    let largest = Message::Binary(vec![7; 64 << 10].into());
    for message in [Message::text("hello"), Message::text("closed"), Message::text(""), largest] {
        assert_eq!(say(&mut socket, message.clone()), message);
    }
    assert_eq!(say(&mut socket, Message::Ping("p".into())), Message::Pong("p".into()));
}

#[test]
fn the_server_closes_when_it_is_asked_to() {
    let serving = Serving::start(&[]);
    for (text, code) in [("close", 1000), ("close 4001", 4001)] {
        assert_eq!(say(&mut connect(&serving), Message::text(text)), closed(code));
    }
}

#[test]
fn close_of_a_client_is_answered() {
    let serving = Serving::start(&[]);
    let mut socket = connect(&serving);
    assert_eq!(say(&mut socket, closed(4001)), closed(4001));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    let ended = r#"emmett_ws_closed_total{path="/ws/echo",code="4xxx",initiator="client"} 1"#;
    let page = serving.page_with(ended);
    assert!(page.contains("\nemmett_ws_connections_active{path=\"/ws/echo\"} 0\n"), "{page}");
}

#[test]
fn a_message_that_is_too_big_is_answered_by_a_close() {
    let serving = Serving::start(&[]);
    for message in
        [Message::text("x".repeat((64 << 10) + 1)), Message::Binary(vec![7; 1 << 20].into())]
    {
        assert_eq!(say(&mut connect(&serving), message), closed(1009));
    }
}

#[test]
fn connections_are_measured_and_their_life_is_no_latency() {
    let serving = Serving::start(&[]);
    for line in [
        r#"emmett_ws_connections_total{path="/ws/echo"} 0"#,
        r#"emmett_ws_messages_total{path="/ws/echo",direction="received",opcode="text"} 0"#,
    ] {
        assert!(serving.page().contains(&format!("\n{line}\n")), "from the start: {line}");
    }
    let mut socket = connect(&serving);
    _ = say(&mut socket, Message::text("hello"));
    let page = serving.page();
    for line in [
        r#"emmett_ws_connections_total{path="/ws/echo"} 1"#,
        r#"emmett_ws_connections_active{path="/ws/echo"} 1"#,
        r#"emmett_ws_messages_total{path="/ws/echo",direction="received",opcode="text"} 1"#,
        r#"emmett_ws_message_bytes_total{path="/ws/echo",direction="sent",opcode="text"} 5"#,
        r#"emmett_http_requests_total{method="GET",path="/ws/echo",status="101"} 1"#,
        r#"emmett_http_request_duration_seconds_count{method="GET",path="/ws/echo"} 0"#,
        r#"emmett_http_requests_in_flight{method="GET"} 0"#,
    ] {
        assert!(page.contains(&format!("\n{line}\n")), "{line} is not in {page}");
    }
}

#[test]
fn who_asks_for_no_connection_gets_none() {
    let serving = Serving::start(&[]);
    let response = client().get(format!("{}/ws/echo", serving.service)).call().unwrap();
    assert_eq!(response.status().as_u16(), 400);
    assert!(serving.page().contains("\nemmett_ws_connections_total{path=\"/ws/echo\"} 0\n"));
}

#[test]
fn connections_need_not_be_measured() {
    let serving = Serving::start(&[("ENABLE_WS_METRICS", "false")]);
    assert_eq!(say(&mut connect(&serving), Message::text("hello")), Message::text("hello"));
    assert!(!serving.page().contains("_ws_"), "{}", serving.page());
}
