//! What is recorded of one request, and when: once, whatever happens to it.

use std::time::Instant;

use http::{Method, StatusCode};

use crate::abort::AbortReason;
use crate::method::MethodLabel;
use crate::route::RouteId;
use crate::slot::{self, Entered};
use crate::status;

/// The largest declared length that is recorded as it is: 1 TiB. A client may declare any number, and a few large ones
/// would make the sum wrap.
const LARGEST_DECLARED: u64 = 1 << 40;

/// One request from its start to its end. Lives in the response future, then in the response body.
///
/// Dropping it ends the request, so the types around it need no drop of their own.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    /// `unmatched` until somebody says otherwise; fixed at the head.
    route: RouteId,
    method: MethodLabel,
    /// Set while inner code runs. Still set when this is dropped, it says that the inner code unwound; the thread itself
    /// need not be panicking any more, since who caught the panic may drop us later.
    running: bool,
    stage: Stage,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// No head yet.
    Waiting { start: Instant, request_bytes: Option<u64> },
    /// The head is recorded; the body is on its way.
    Sending { sent_bytes: u64, declared_bytes: Option<u64> },
    /// All is recorded.
    Ended,
}

impl RequestRecord {
    /// Begins a request whose body has the declared length. It is `unmatched` as long as no route is known.
    pub(crate) fn start(
        known: Option<RouteId>,
        unmatched: RouteId,
        method: &Method,
        request_bytes: Option<u64>,
    ) -> Self {
        let method = MethodLabel::of(method);
        let stage = if known.is_some_and(RouteId::is_ignored) {
            Stage::Ended
        } else {
            unmatched.families().in_flight(method).inc();
            Stage::Waiting { start: Instant::now(), request_bytes }
        };
        Self { route: known.unwrap_or(unmatched), method, running: false, stage }
    }

    /// To be held while code of the service runs, which may set the route.
    #[inline]
    pub(crate) fn enter_service(&mut self) -> Running<'_> {
        self.running = true;
        Running { running: &mut self.running, _entered: Some(slot::enter(&mut self.route)) }
    }

    /// To be held while code of the response body runs, which may not: the route is fixed.
    #[inline]
    pub(crate) fn enter_body(&mut self) -> Running<'_> {
        self.running = true;
        Running { running: &mut self.running, _entered: None }
    }

    /// Records the head of the response, whose body has the declared length.
    pub(crate) fn head(&mut self, status: StatusCode, declared_bytes: Option<u64>) {
        let Stage::Waiting { start, request_bytes } = self.stage else { return };
        if self.route.is_ignored() {
            self.leave();
            return;
        }
        let has_no_body = has_no_body(self.method, status);
        let status = status::as_sent(status);
        self.route.count_request(self.method, status);
        if status != StatusCode::SWITCHING_PROTOCOLS {
            self.route.request_duration(self.method).observe_duration(start.elapsed());
        }
        if let Some(bytes) = request_bytes {
            self.route.request_size(self.method).observe(bytes.min(LARGEST_DECLARED));
        }
        self.stage = Stage::Sending { sent_bytes: 0, declared_bytes };
        if has_no_body || declared_bytes == Some(0) {
            self.body_complete();
        }
    }

    /// The service failed: there is no head.
    pub(crate) fn service_error(&mut self) {
        self.end_without_head(AbortReason::Error);
    }

    /// The body yielded this many bytes.
    ///
    /// Complete with the last byte that was declared: servers do not poll for the end after that.
    pub(crate) fn body_bytes(&mut self, bytes: usize) {
        let Stage::Sending { sent_bytes, declared_bytes } = &mut self.stage else { return };
        *sent_bytes = sent_bytes.saturating_add(bytes as u64);
        if declared_bytes.is_some_and(|declared| *sent_bytes >= declared) {
            self.body_complete();
        }
    }

    /// The body came to its end.
    pub(crate) fn body_complete(&mut self) {
        self.end_of_body(None);
    }

    /// The body yielded an error.
    pub(crate) fn body_error(&mut self) {
        self.end_of_body(Some(AbortReason::BodyError));
    }

    /// Whether there is nothing left to record.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    fn end_without_head(&mut self, reason: AbortReason) {
        if !matches!(self.stage, Stage::Waiting { .. }) {
            return;
        }
        if !self.route.is_ignored() {
            let status = match reason {
                AbortReason::Cancelled => status::client_closed_request(),
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            self.route.count_request(self.method, status);
            self.route.count_aborted(reason);
        }
        self.leave();
    }

    fn end_of_body(&mut self, aborted: Option<AbortReason>) {
        let Stage::Sending { sent_bytes, .. } = self.stage else { return };
        self.route.response_size(self.method).observe(sent_bytes);
        if let Some(reason) = aborted {
            self.route.count_aborted(reason);
        }
        self.leave();
    }

    fn leave(&mut self) {
        self.stage = Stage::Ended;
        self.route.families().in_flight(self.method).dec();
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        match (self.stage, self.running) {
            (Stage::Waiting { .. }, false) => self.end_without_head(AbortReason::Cancelled),
            (Stage::Waiting { .. }, true) => self.end_without_head(AbortReason::Panic),
            (Stage::Sending { .. }, false) => self.end_of_body(Some(AbortReason::BodyDropped)),
            (Stage::Sending { .. }, true) => self.end_of_body(Some(AbortReason::BodyPanic)),
            (Stage::Ended, _) => {}
        }
    }
}

/// Inner code at work. If this is dropped otherwise than by [`returned`](Self::returned), the code unwound.
#[must_use = "dropping it at once says that the code unwound"]
pub(crate) struct Running<'a> {
    running: &'a mut bool,
    /// Gives the thread back to the outer request, either way.
    _entered: Option<Entered<'a>>,
}

impl Running<'_> {
    /// Notes that the code came back.
    #[inline]
    pub(crate) fn returned(self) {
        *self.running = false;
    }
}

/// Whether HTTP sends no body with such a response, whatever the service gave.
fn has_no_body(method: MethodLabel, status: StatusCode) -> bool {
    method == MethodLabel::Head
        || status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
        || method == MethodLabel::Connect && status.is_success()
}
