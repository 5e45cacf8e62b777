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

fn exchange(socket: &mut WebSocket<MaybeTlsStream<TcpStream>>, message: Message) -> Message {
    socket.send(message).unwrap();
    socket.read().unwrap()
}

fn closed(code: u16) -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: "".into() }))
}

#[test]
fn messages_are_echoed() {
    let serving = Serving::start(&[]);
    let mut socket = connect(&serving);
    let largest = Message::Binary(vec![7; 64 << 10].into());
    for message in [Message::text("hello"), Message::text("closed"), Message::text(""), largest] {
        assert_eq!(exchange(&mut socket, message.clone()), message);
    }
    assert_eq!(exchange(&mut socket, Message::Ping("p".into())), Message::Pong("p".into()));
}

#[test]
fn server_closes_on_request() {
    let serving = Serving::start(&[]);
    for (text, code) in [("close", 1000), ("close 4001", 4001)] {
        assert_eq!(exchange(&mut connect(&serving), Message::text(text)), closed(code));
    }
}

#[test]
fn close_of_the_client_is_answered() {
    let serving = Serving::start(&[]);
    let mut socket = connect(&serving);
    assert_eq!(exchange(&mut socket, closed(4001)), closed(4001));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    let ended = r#"emmett_ws_closed_total{path="/ws/echo",code="4xxx",initiator="client"} 1"#;
    let page = serving.page_with(ended);
    assert!(page.contains("\nemmett_ws_connections_active{path=\"/ws/echo\"} 0\n"), "{page}");
}

#[test]
fn oversized_message_is_answered_by_a_close() {
    let serving = Serving::start(&[]);
    for message in
        [Message::text("x".repeat((64 << 10) + 1)), Message::Binary(vec![7; 1 << 20].into())]
    {
        assert_eq!(exchange(&mut connect(&serving), message), closed(1009));
    }
}

#[test]
fn connections_do_not_count_as_latency() {
    let serving = Serving::start(&[]);
    for line in [
        r#"emmett_ws_connections_total{path="/ws/echo"} 0"#,
        r#"emmett_ws_messages_total{path="/ws/echo",direction="received",opcode="text"} 0"#,
    ] {
        assert!(serving.page().contains(&format!("\n{line}\n")), "from the start: {line}");
    }
    let mut socket = connect(&serving);
    _ = exchange(&mut socket, Message::text("hello"));
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
fn plain_request_is_rejected() {
    let serving = Serving::start(&[]);
    let response = client().get(format!("{}/ws/echo", serving.service)).call().unwrap();
    assert_eq!(response.status().as_u16(), 400);
    assert!(serving.page().contains("\nemmett_ws_connections_total{path=\"/ws/echo\"} 0\n"));
}

#[test]
fn websocket_metrics_can_be_disabled() {
    let serving = Serving::start(&[("ENABLE_WS_METRICS", "false")]);
    assert_eq!(exchange(&mut connect(&serving), Message::text("hello")), Message::text("hello"));
    assert!(!serving.page().contains("_ws_"), "{}", serving.page());
}
