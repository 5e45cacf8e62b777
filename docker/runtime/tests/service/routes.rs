use ureq::Body;
use ureq::http::{Request, Response};

use crate::program::{Serving, client};

#[test]
fn routes_answer_as_documented() {
    let serving = Serving::start(&[]);
    let table = [
        ("GET", "/health", 200, "ok"),
        ("GET", "/hello/Ada", 200, "Hello, Ada!"),
        ("GET", "/hello/%E2%82%AC%20x", 200, "Hello, € x!"),
        ("GET", "/users/7", 200, r#"{"id":"7"}"#),
        ("PUT", "/users/007", 200, r#"{"id":"007"}"#),
        ("GET", "/users/18446744073709551616", 200, r#"{"id":"18446744073709551616"}"#),
        ("GET", "/users/seven", 400, ""),
        ("GET", "/users/-7", 400, ""),
        ("GET", "/slow?ms=1", 200, ""),
        ("GET", "/slow?ms=10001", 400, ""),
        ("GET", "/work?rounds=0", 200, "0000000000000001\n"),
        // By hand: 1 ^ 1 << 13 is 0x2001, ^ >> 7 is 0x2041, ^ << 17 is 0x40822041.
        ("GET", "/work?rounds=1", 200, "0000000040822041\n"),
        ("GET", "/work?rounds=1000001", 400, ""),
        ("GET", "/status/200", 200, ""),
        ("GET", "/status/204", 204, ""),
        ("GET", "/status/418", 418, ""),
        ("GET", "/status/599", 599, ""),
        ("GET", "/status/199", 400, ""),
        ("GET", "/status/600", 400, ""),
        ("GET", "/status/65736", 400, ""),
        ("GET", "/status/x", 400, ""),
        ("GET", "/stream?chunks=2&delay_ms=1", 200, "chunk 0000000001\nchunk 0000000002\n"),
        ("GET", "/stream?chunks=0", 200, ""),
        ("GET", "/stream?chunks=10000000000", 400, ""),
        ("HEAD", "/stream?chunks=2", 200, ""),
        ("GET", "/api/v1/items/a%22b", 200, r#"{"item":"a\"b"}"#),
        ("PUT", "/echo", 405, ""),
        ("GET", "/api/v1/items", 404, ""),
        ("GET", "/nowhere", 404, ""),
    ];
    for (method, target, status, body) in table {
        let mut response = send(&serving, method, target);
        assert_eq!(response.status().as_u16(), status, "{method} {target}");
        assert_eq!(response.body_mut().read_to_string().unwrap(), body, "{method} {target}");
    }
    assert_eq!(send(&serving, "GET", "/panic").status().as_u16(), 500);
}

#[test]
fn echo_keeps_the_content_type() {
    let serving = Serving::start(&[]);
    let url = format!("{}/echo", serving.service);
    let bytes = [0, 0xff, b'\n'];
    let mut typed = client().post(&url).content_type("image/x-odd").send(&bytes).unwrap();
    assert_eq!(typed.headers()["content-type"], "image/x-odd");
    assert_eq!(typed.body_mut().read_to_vec().unwrap(), bytes);
    let untyped = client().post(&url).send(&bytes).unwrap();
    assert_eq!(untyped.headers().get("content-type"), None);
}

#[test]
fn stream_has_no_content_length() {
    let serving = Serving::start(&[]);
    let stream = send(&serving, "GET", "/stream?chunks=2");
    assert_eq!(stream.headers().get("content-length"), None);
}

#[test]
fn health_and_scrapes_are_not_measured() {
    let serving = Serving::start(&[]);
    for target in ["/health", "/metrics", "/hello/once"] {
        assert_eq!(send(&serving, "GET", target).status().as_u16(), 200);
    }
    let page = serving.page();
    assert!(
        page.contains("requests_total{method=\"GET\",path=\"/hello/{name}\",status=\"200\"} 1\n"),
        "{page}"
    );
    assert!(!page.contains("path=\"/health\"") && !page.contains("path=\"/metrics\""), "{page}");
    assert!(!page.contains("path=\"unmatched\""), "{page}");
}

fn send(serving: &Serving, method: &str, target: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(format!("{}{target}", serving.service));
    client().run(request.body(()).unwrap()).unwrap()
}
