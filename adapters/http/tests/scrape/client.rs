//! A server on a socket, and a client of plain bytes.

use std::net::SocketAddr;

use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tickmark_http::ScrapeEndpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Small, so that the server soon waits for a slow reader.
const SOCKET_BUFFER: u32 = 8 << 10;

/// Serves every connection with the endpoint until the test ends.
pub(crate) fn serve(endpoint: &ScrapeEndpoint) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(SOCKET_BUFFER).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let client = Client(listener.local_addr().unwrap());
    let service = TowerToHyperService::new(endpoint.clone());
    drop(tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service.clone());
            drop(tokio::spawn(connection));
        }
    }));
    client
}

#[derive(Clone, Copy)]
pub(crate) struct Client(SocketAddr);

impl Client {
    /// Sends a request and reads nothing, so that the server soon waits.
    pub(crate) async fn open(
        self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(SOCKET_BUFFER).unwrap();
        send(socket.connect(self.0).await.unwrap(), method, target, headers).await
    }

    pub(crate) async fn request(
        self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let stream = TcpStream::connect(self.0).await.unwrap();
        Answer::read(send(stream, method, target, headers).await).await
    }

    /// Sends a GET by HTTP/1.0, where the connection ends after the answer by default.
    pub(crate) async fn get_by_1_0(self, headers: &[(&str, &str)]) -> Answer {
        Answer::read(self.open_by_1_0(headers).await).await
    }

    /// Sends a GET by HTTP/1.0 and reads nothing.
    pub(crate) async fn open_by_1_0(self, headers: &[(&str, &str)]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(SOCKET_BUFFER).unwrap();
        let mut stream = socket.connect(self.0).await.unwrap();
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        stream
            .write_all(format!("GET /metrics HTTP/1.0\r\n{headers}\r\n").as_bytes())
            .await
            .unwrap();
        stream
    }

    pub(crate) async fn get(self, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", "/metrics", headers).await
    }
}

async fn send(
    mut stream: TcpStream,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> TcpStream {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request =
        format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// An answer. Status 0 means that the server closed the connection without one.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The lines of the head in lower case, sorted, without the first, the date and the
    /// connection.
    pub(crate) headers: Vec<String>,
    /// Without its chunk framing.
    pub(crate) body: Vec<u8>,
    /// Whether the server marked the body as complete.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) async fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A server that aborts may reset the connection; the bytes before count.
        _ = stream.read_to_end(&mut bytes).await;
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Self { status: 0, headers: Vec::new(), body: Vec::new(), is_whole: false };
        };
        let (head, body) =
            (std::str::from_utf8(&bytes[..end]).unwrap().to_lowercase(), &bytes[end + 4..]);
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let is_ours = |line: &&str| !line.starts_with("date:") && !line.starts_with("connection:");
        let mut headers: Vec<String> = lines.filter(is_ours).map(String::from).collect();
        headers.sort();
        let mut answer = Self { status, headers, body: body.to_vec(), is_whole: true };
        if answer.header("transfer-encoding") == Some("chunked") {
            (answer.body, answer.is_whole) = joined(body);
        } else if let Some(length) = answer.header("content-length") {
            answer.is_whole = length == body.len().to_string();
        }
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Joins the bytes of the chunks, and returns whether the last one arrived.
fn joined(mut chunks: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        let rest = &chunks[end + 2..];
        if size == 0 {
            return (body, rest == b"\r\n");
        }
        let Some(chunk) = rest.get(..size) else { return (body, false) };
        body.extend_from_slice(chunk);
        chunks = rest.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}
