//! What is recorded of one request, and when: once, whatever happens to it.

use std::sync::Arc;

use http::{Request, StatusCode, Version};
use http_body::Body;
use tickmark::{Counter, Histogram, UpDownCounter};

use crate::abort::AbortReason;
use crate::clock::{Instant, nanos_since};
use crate::dimension::Facts;
use crate::exemplar::{self, RequestExemplar};
use crate::length::{ResponseLength, declared_bytes, ends_at_declared};
use crate::mark::Trail;
use crate::method::MethodLabel;
use crate::request_bytes::Upload;
use crate::route::{MethodSeries, RouteId};
use crate::slot;
use crate::status;

/// The largest declared length that is recorded as it is: 1 TiB. A client may declare any
/// number without sending a byte; one near 2^64 would outweigh all others in the sum.
const LARGEST_DECLARED: u64 = 1 << 40;

/// One request from its start to its end. Lives in the response future, then in the response body.
///
/// Dropping it ends the request, so the types around it need no drop of their own.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    /// `unmatched` until somebody says otherwise; fixed at the head.
    route: RouteId,
    method: MethodLabel,
    version: Version,
    /// Set while inner code runs, and not reset when it unwinds. Still set when this is dropped, it says that it did; the thread itself
    /// need not be panicking any more, since who caught the panic may drop us later.
    running: bool,
    /// The head declares more bytes than the server sends. Not in the stage, which it
    /// would make larger.
    is_unreachable: bool,
    /// As it was sent; none before the head.
    status: Option<StatusCode>,
    /// Where the request is under way: the series of the route that was known at the start.
    in_flight: Option<&'static UpDownCounter>,
    exemplar: Option<Box<RequestExemplar>>,
    /// The body of the request, if a layer below counts it.
    upload: Option<Arc<Upload>>,
    stage: Stage,
}

/// How far a request has come.
#[derive(Debug)]
enum Stage {
    /// No head yet. `request_bytes` is the largest number if the length is unknown;
    /// copies of the layer in other tasks leave their labels in the trail.
    Waiting { start: Instant, request_bytes: u64, trail: Option<Arc<Trail>> },
    /// The head is recorded; the body is on its way. Without a declared length,
    /// `declared_bytes` is the largest number.
    Sending { start: Instant, sent_bytes: u64, declared_bytes: u64 },
    /// All is recorded.
    Ended,
}

impl RequestRecord {
    /// Begins a request. It is `unmatched` as long as no route is known.
    pub(crate) fn start<B: Body>(
        known: Option<RouteId>,
        unmatched: RouteId,
        trail: Option<Arc<Trail>>,
        request: &Request<B>,
    ) -> Self {
        let mut record = Self {
            route: known.unwrap_or(unmatched),
            method: MethodLabel::of(request.method()),
            version: request.version(),
            running: false,
            is_unreachable: false,
            status: None,
            in_flight: None,
            exemplar: None,
            upload: None,
            stage: Stage::Ended,
        };
        if !record.route.is_ignored() || known.is_none() {
            record.begin(trail, request);
        }
        record
    }

    fn begin<B: Body>(&mut self, trail: Option<Arc<Trail>>, request: &Request<B>) {
        self.in_flight = self.series().in_flight.only(|| self.facts());
        if let Some(in_flight) = self.in_flight {
            in_flight.inc();
        }
        let start = Instant::now();
        self.stage = Stage::Waiting { start, request_bytes: u64::MAX, trail };
        // The code of others, which may panic: that of the body, and the hook.
        self.running = true;
        let declared_bytes = declared_bytes(request.headers(), request.body());
        if let Some(hook) = &self.route.families().exemplars {
            self.exemplar = hook.ask(request.headers(), request.extensions()).map(Box::new);
        }
        self.running = false;
        if let (Stage::Waiting { request_bytes, .. }, Some(bytes)) = (&mut self.stage, declared_bytes) {
            *request_bytes = bytes.min(LARGEST_DECLARED);
        }
    }

    /// Runs code of the service, which may set the route.
    #[inline]
    pub(crate) fn run_service<T>(&mut self, code: impl FnOnce() -> T) -> T {
        self.take_label();
        let before = self.route;
        self.running = true;
        let entered = slot::enter(&mut self.route, &mut self.upload);
        let output = code();
        drop(entered);
        self.running = false;
        // A label of this task is later than one that came from another meanwhile.
        if self.route == before {
            self.take_label();
        }
        output
    }

    /// Takes the last label from another task.
    #[inline]
    fn take_label(&mut self) {
        let Stage::Waiting { trail: Some(trail), .. } = &self.stage else { return };
        if let Some(label) = trail.take_label() {
            self.route = label;
        }
    }

    /// Runs code of the response body, which may not: the route is fixed.
    #[inline]
    pub(crate) fn run_body<T>(&mut self, code: impl FnOnce() -> T) -> T {
        self.running = true;
        let output = code();
        self.running = false;
        output
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// Records the head of the response, whose body has this length.
    pub(crate) fn head(&mut self, status: StatusCode, length: ResponseLength) {
        let Stage::Waiting { start, request_bytes, ref mut trail } = self.stage else { return };
        if let Some(upload) = trail.take().and_then(|trail| trail.answered()) {
            _ = self.upload.get_or_insert(upload);
        }
        if self.route.is_ignored() {
            self.leave();
            return;
        }
        let has_no_body = has_no_body(self.method, status);
        let status = status::as_sent(status);
        self.count(status);
        if status != StatusCode::SWITCHING_PROTOCOLS || self.route.families().times_all {
            self.time(start);
        }
        if let Some(upload) = self.upload.take() {
            upload.answered(self.series(), self.facts());
        } else if request_bytes != u64::MAX {
            let observe = |size: &Histogram| size.observe(request_bytes);
            self.series().request_size.record(|| self.facts(), observe);
        }
        let ResponseLength { is_at_end, declared_bytes, is_unreachable } = length;
        let declared_bytes = declared_bytes.unwrap_or(u64::MAX);
        self.is_unreachable = is_unreachable;
        self.stage = Stage::Sending { start, sent_bytes: 0, declared_bytes };
        if has_no_body {
            self.end_of_body(None);
        } else if is_at_end || declared_bytes == 0 && ends_at_declared(self.version) {
            self.body_end();
        }
    }

    /// The service failed: there is no head.
    pub(crate) fn service_error(&mut self) {
        self.end_without_head(AbortReason::Error);
    }

    /// Counts bytes that the body yielded.
    ///
    /// In HTTP/1 the last declared byte ends the body: the server sends nothing after it
    /// and does not poll for the end.
    pub(crate) fn body_bytes(&mut self, bytes: usize) {
        let Stage::Sending { sent_bytes, declared_bytes, .. } = &mut self.stage else { return };
        *sent_bytes = sent_bytes.saturating_add(bytes as u64);
        if sent_bytes >= declared_bytes && ends_at_declared(self.version) {
            *sent_bytes = *declared_bytes;
            self.body_end();
        }
    }

    /// Records the end of the body: complete, or short of its declared length.
    pub(crate) fn body_end(&mut self) {
        let Stage::Sending { sent_bytes, declared_bytes, .. } = self.stage else { return };
        let is_short = self.is_unreachable || declared_bytes != u64::MAX && sent_bytes < declared_bytes;
        self.end_of_body(is_short.then_some(AbortReason::BodyShort));
    }

    /// Records a body that was dropped without its end. Its last declared byte made it
    /// complete, where that did not end it already.
    fn body_dropped(&mut self) {
        let is_complete = matches!(
            self.stage,
            Stage::Sending { sent_bytes, declared_bytes, .. } if sent_bytes == declared_bytes
        );
        self.end_of_body((!is_complete).then_some(AbortReason::BodyDropped));
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
        let Stage::Waiting { start, .. } = self.stage else { return };
        self.take_label();
        if !self.route.is_ignored() {
            let status = match reason {
                AbortReason::Cancelled => status::client_closed_request(),
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            self.count(status);
            if self.route.families().times_all {
                self.time(start);
            }
            self.abort(reason);
        }
        self.leave();
    }

    fn end_of_body(&mut self, aborted: Option<AbortReason>) {
        let Stage::Sending { start, sent_bytes, .. } = self.stage else { return };
        let series = self.series();
        series.response_size.record(|| self.facts(), |size| size.observe(sent_bytes));
        if self.status != Some(StatusCode::SWITCHING_PROTOCOLS) {
            series.response_duration.record(|| self.facts(), |duration| duration.observe(nanos_since(start)));
        }
        if let Some(reason) = aborted {
            self.abort(reason);
        }
        self.leave();
    }

    /// The status is the client's from now on.
    fn count(&mut self, status: StatusCode) {
        self.status = Some(status);
        let count = |requests: &Counter| exemplar::count(requests, self.exemplar.as_deref());
        self.series().requests.record(|| self.facts(), count);
    }

    /// From the start until now.
    fn time(&self, start: Instant) {
        let observe = |duration: &Histogram| {
            exemplar::observe(duration, nanos_since(start), self.exemplar.as_deref());
        };
        self.series().request_duration.record(|| self.facts(), observe);
    }

    fn abort(&self, reason: AbortReason) {
        self.route.aborted().record(|| Facts { reason: Some(reason), ..self.facts() }, Counter::inc);
    }

    #[inline]
    fn series(&self) -> &'static MethodSeries {
        self.route.series(self.method)
    }

    #[inline]
    fn facts(&self) -> Facts {
        let Self { route, method, version, status, .. } = *self;
        Facts { method, route, version, status, reason: None }
    }

    fn leave(&mut self) {
        self.stage = Stage::Ended;
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.dec();
        }
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        match (&self.stage, self.running) {
            (Stage::Waiting { .. }, false) => self.end_without_head(AbortReason::Cancelled),
            (Stage::Waiting { .. }, true) => self.end_without_head(AbortReason::Panic),
            (Stage::Sending { .. }, false) => self.body_dropped(),
            (Stage::Sending { .. }, true) => self.end_of_body(Some(AbortReason::BodyPanic)),
            (Stage::Ended, _) => {}
        }
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
