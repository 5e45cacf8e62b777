use std::net::TcpListener;
use std::process::Output;

use crate::program::{Serving, program};

/// Runs `runtime health` for the service at this address.
fn health(addr: &str) -> Output {
    program(&[("RUNTIME_ADDR", addr)]).arg("health").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_service_that_answers_is_well() {
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
fn one_that_does_not_is_not_and_it_says_why_in_one_line() {
    // Taken, so that nobody else is there, and never answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = silent.local_addr().unwrap().to_string();
    let output = health(&addr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = stderr(&output);
    assert!(
        said.starts_with(&format!("http://{addr}/health: ")) && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_bad_address_is_a_bad_setting() {
    let output = health("nowhere");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).starts_with(r#"RUNTIME_ADDR="nowhere" "#));
}

#[test]
fn other_arguments_are_refused() {
    for arguments in [&["help"][..], &["health", "now"]] {
        let output = program(&[]).args(arguments).output().unwrap();
        assert_eq!(
            (output.status.code(), stderr(&output)),
            (Some(2), "usage: runtime [health]\n".into())
        );
    }
}
