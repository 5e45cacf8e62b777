use std::net::TcpListener;
use std::process::Output;

use crate::program::{Serving, program};

/// Runs `runtime health` against the service at this address.
fn health(addr: &str) -> Output {
    program(&[("RUNTIME_ADDR", addr)]).arg("health").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn running_service_is_healthy() {
    let serving = Serving::start(&[("RUNTIME_ADDR", "0.0.0.0:0")]);
    let addr = serving.service.strip_prefix("http://").unwrap();
    assert!(addr.starts_with("0.0.0.0:"), "{addr}");
    let output = health(addr);
    assert!(
        output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn silent_service_is_unhealthy_with_a_reason() {
    // A listener that accepts no connection.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = silent.local_addr().unwrap().to_string();
    let output = health(&addr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = stderr(&output);
    assert!(
        error.starts_with(&format!("http://{addr}/health: ")) && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn invalid_address_is_an_invalid_setting() {
    let output = health("nowhere");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).starts_with(r#"RUNTIME_ADDR="nowhere" "#));
}

#[test]
fn unknown_arguments_are_rejected() {
    for arguments in [&["help"][..], &["health", "now"]] {
        let output = program(&[]).args(arguments).output().unwrap();
        assert_eq!(
            (output.status.code(), stderr(&output)),
            (Some(2), "usage: runtime [health]\n".into())
        );
    }
}
