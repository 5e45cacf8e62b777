//! The record of one request: each fact once, however the request ends.

use std::sync::Arc;

use http::{Extensions, HeaderMap, Request, Response, StatusCode, Version};
use http_body::Body;
use tickmark::{Counter, Histogram, UpDownCounter};

use super::current;
use super::trail::Trail;
use super::upload::Upload;
use crate::clock::{self, Reading};
use crate::exemplar::{self, RequestExemplar};
use crate::labels::abort::AbortReason;
use crate::labels::dimension::Facts;
use crate::labels::method::MethodLabel;
use crate::labels::status;
use crate::length::{ResponseLength, content_length, ends_at_declared, exact_bytes};
use crate::series::route::{MethodSeries, RouteId};

/// The largest declared length that is recorded unchanged: 1 TiB. A client may declare
/// any number without sending a byte, and one near 2^64 would dominate the sum.
const LARGEST_DECLARED: u64 = 1 << 40;

/// The number of bytes where no length is declared.
const UNKNOWN: u64 = u64::MAX;

/// One request from its start to its end, or the forwarding of its labels to another
/// task. It does not move; its [pointer](super::pool::PooledRecord) moves from the
/// response future to the body.
///
/// Dropping it ends the request, so the types around it need no `Drop` of their own.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    /// `unmatched` until a label arrives; fixed at the head. A route that no code can
    /// set, if another task has the record.
    route: RouteId,
    method: MethodLabel,
    version: Version,
    stage: Stage,
    /// Set while inner code runs, and not reset when it unwinds. If still set at the
    /// drop, inner code has panicked. The thread itself may not be panicking any more:
    /// the code that caught the panic may drop the record later.
    running: bool,
    /// The head declares more bytes than the server sends.
    is_unreachable: bool,
    /// The status as sent, or the one that stands for a missing head; none before.
    status: Option<StatusCode>,
    /// None before the first request.
    start: Option<Reading>,
    /// Until the head, the declared length of the request or [`UNKNOWN`]. Then the bytes
    /// yielded by the body.
    bytes: u64,
    /// The declared length of the response, or [`UNKNOWN`].
    declared_bytes: u64,
    /// The series of requests in flight, of the route known at the start.
    in_flight: Option<&'static UpDownCounter>,
    /// The connection to copies of the layer in other tasks, until the head; or to the
    /// record in another task.
    trail: Option<Arc<Trail>>,
    /// The body of the request, if a layer below counts it.
    upload: Option<Arc<Upload>>,
    exemplar: Option<Box<RequestExemplar>>,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No head yet.
    Waiting,
    /// The head is recorded; the body is being sent.
    Sending,
    /// Another task has the record.
    Elsewhere,
    /// Everything is recorded.
    Ended,
}

impl RequestRecord {
    /// Creates a blank record.
    pub(crate) fn blank(route: RouteId) -> Self {
        Self {
            route,
            method: MethodLabel::Other,
            version: Version::HTTP_11,
            stage: Stage::Ended,
            running: false,
            is_unreachable: false,
            status: None,
            start: None,
            bytes: UNKNOWN,
            declared_bytes: UNKNOWN,
            in_flight: None,
            trail: None,
            upload: None,
            exemplar: None,
        }
    }

    /// Begins a request in a blank record. Its route is `unmatched` until known.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        known: Option<RouteId>,
        unmatched: RouteId,
        method: MethodLabel,
        version: Version,
        trail: Option<Arc<Trail>>,
    ) {
        self.route = known.unwrap_or(unmatched);
        self.method = method;
        self.version = version;
        self.status = None;
        self.bytes = UNKNOWN;
        if self.route.is_ignored() && known.is_some() {
            return;
        }
        self.trail = trail;
        // The clock first, as in `head`.
        self.start = Some(clock::now());
        self.in_flight = self.series().in_flight.only(|| self.facts());
        if let Some(in_flight) = self.in_flight {
            in_flight.inc();
        }
        // Last: a panic above leaves the record blank, with nothing to end.
        self.stage = Stage::Waiting;
    }

    /// Begins to forward labels to the record in another task.
    pub(crate) fn begin_elsewhere(&mut self, unset: RouteId, trail: Arc<Trail>) {
        self.route = unset;
        self.trail = Some(trail);
        self.stage = Stage::Elsewhere;
    }

    /// Ends the request, and leaves a blank record.
    #[inline]
    pub(crate) fn end(&mut self) {
        if self.stage != Stage::Ended {
            self.interrupted();
        }
        self.stage = Stage::Ended;
        self.trail = None;
        self.upload = None;
        self.exemplar = None;
    }

    /// Reads the head of the request: length and exemplar. Resets `running`, which the
    /// panic of an earlier request leaves set.
    #[inline(always)]
    pub(crate) fn ask<B: Body>(&mut self, request: &Request<B>) {
        if self.stage != Stage::Waiting {
            return;
        }
        // Foreign code, which may panic: the body's and the hook's.
        self.running = true;
        match exact_bytes(request.body()) {
            Some(bytes) if self.route.families().exemplars.is_none() => self.declare(bytes),
            bytes => self.ask_head(bytes, request.headers(), request.extensions()),
        }
        self.running = false;
    }

    #[cold]
    #[inline(never)]
    fn ask_head(&mut self, bytes: Option<u64>, headers: &HeaderMap, extensions: &Extensions) {
        if let Some(bytes) = bytes.or_else(|| content_length(headers)) {
            self.declare(bytes);
        }
        if let Some(hook) = &self.route.families().exemplars {
            self.exemplar = hook.ask(headers, extensions).map(Box::new);
        }
    }

    #[inline]
    pub(crate) fn declare(&mut self, bytes: u64) {
        self.bytes = bytes.min(LARGEST_DECLARED);
    }

    /// Enters the service, whose code may set the route. Returns none where the current
    /// request of this thread takes the labels.
    #[inline(always)]
    pub(crate) fn enter_service(&mut self) -> Option<InService<'_>> {
        if self.trail.is_some() && !self.follow_trail() {
            return None;
        }
        self.running = true;
        Some(InService { outer: current::enter(self.route), record: self })
    }

    /// Takes the last label from another task. Returns false on the thread of the record
    /// itself, where the future of a worker's call may be polled.
    #[cold]
    #[inline(never)]
    fn follow_trail(&mut self) -> bool {
        self.take_label();
        self.stage != Stage::Elsewhere || !current::is_recording(self.route)
    }

    fn take_label(&mut self) {
        let trail = self.trail.as_ref().filter(|_| self.stage == Stage::Waiting);
        if let Some(label) = trail.and_then(|trail| trail.take_label()) {
            self.route = label;
        }
    }

    /// Hands a label to another task, or takes one. A label of this task is later than
    /// one that arrived meanwhile.
    #[cold]
    #[inline(never)]
    fn mark_trail(&mut self, label: RouteId) {
        if label == self.route {
            self.take_label();
        } else if self.stage == Stage::Elsewhere {
            _ = self.trail.as_ref().map(|trail| trail.label(label));
        } else {
            self.route = label;
        }
    }

    /// Takes the counted body, or hands it to the record in another task.
    #[cold]
    #[inline(never)]
    fn take_upload(&mut self) {
        let upload = current::take_upload();
        match (&self.trail, &upload) {
            (Some(trail), Some(upload)) if self.stage == Stage::Elsewhere => {
                _ = trail.offer_upload(upload)
            }
            _ => self.upload = upload,
        }
    }

    /// Runs code of the response body. It cannot set the route, which is fixed by then.
    #[inline(always)]
    pub(crate) fn run_body<T>(&mut self, code: impl FnOnce() -> T) -> T {
        self.running = true;
        let output = code();
        self.running = false;
        output
    }

    /// Records the head of a response.
    #[inline(always)]
    pub(crate) fn answer<B: Body>(&mut self, response: &Response<B>) {
        if self.stage != Stage::Waiting {
            return;
        }
        let version = self.version;
        let length =
            self.run_body(|| ResponseLength::of(version, response.headers(), response.body()));
        self.head(response.status(), length);
    }

    /// Records the head of a response with a body of this length.
    fn head(&mut self, status: StatusCode, length: ResponseLength) {
        if self.trail.is_some() {
            self.answer_trail();
        }
        if self.route.is_ignored() {
            self.leave();
            return;
        }
        let has_no_body = has_no_body(self.method, status);
        let status = status::as_sent(status);
        let series = self.series();
        self.status = Some(status);
        // The clock first: its reading waits for all loads before it, the others need
        // not.
        if status != StatusCode::SWITCHING_PROTOCOLS || self.route.families().times_all {
            self.time(series);
        }
        self.count(series);
        if self.upload.is_some() {
            self.answer_upload();
        } else if self.bytes != UNKNOWN {
            series.request_size.record(|| self.facts(), |size| size.observe(self.bytes));
        }
        let ResponseLength { is_at_end, declared_bytes, is_unreachable } = length;
        self.is_unreachable = is_unreachable;
        self.bytes = 0;
        self.declared_bytes = declared_bytes.unwrap_or(UNKNOWN);
        self.stage = Stage::Sending;
        if has_no_body {
            self.end_of_body(None);
        } else if is_at_end || self.declared_bytes == 0 && ends_at_declared(self.version) {
            self.body_end();
        }
    }

    /// Expires the trail, and takes the upload left there.
    #[cold]
    #[inline(never)]
    fn answer_trail(&mut self) {
        if let Some(upload) = self.trail.take().and_then(|trail| trail.answered()) {
            _ = self.upload.get_or_insert(upload);
        }
    }

    /// Leaves the size of the request to its counted body.
    #[cold]
    #[inline(never)]
    fn answer_upload(&mut self) {
        if let Some(upload) = self.upload.take() {
            upload.answered(self.series(), self.facts());
        }
    }

    /// Records a failure of the service, without a head.
    pub(crate) fn service_error(&mut self) {
        self.end_without_head(AbortReason::Error);
    }

    /// Counts bytes yielded by the body.
    ///
    /// In HTTP/1 the last declared byte ends the body: the server sends nothing after it
    /// and does not poll for the end.
    #[inline]
    pub(crate) fn body_bytes(&mut self, bytes: usize) {
        if self.stage != Stage::Sending {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes >= self.declared_bytes && ends_at_declared(self.version) {
            self.bytes = self.declared_bytes;
            self.body_end();
        }
    }

    /// Records the end of the body, complete or short of its declared length.
    pub(crate) fn body_end(&mut self) {
        let is_short = self.is_unreachable
            || self.declared_bytes != UNKNOWN && self.bytes < self.declared_bytes;
        self.end_of_body(is_short.then_some(AbortReason::BodyShort));
    }

    /// Records a body dropped before its end. It is complete with its last declared byte,
    /// where that byte has not ended it already.
    fn body_dropped(&mut self) {
        let is_complete = self.bytes == self.declared_bytes;
        self.end_of_body((!is_complete).then_some(AbortReason::BodyDropped));
    }

    /// Records an error of the body.
    pub(crate) fn body_error(&mut self) {
        self.end_of_body(Some(AbortReason::BodyError));
    }

    /// Returns whether the end of the body remains to be recorded.
    #[inline]
    pub(crate) fn is_sending(&self) -> bool {
        self.stage == Stage::Sending
    }

    /// Records a request dropped before its end.
    #[cold]
    #[inline(never)]
    fn interrupted(&mut self) {
        match (self.stage, self.running) {
            (Stage::Waiting, false) => self.end_without_head(AbortReason::Cancelled),
            (Stage::Waiting, true) => self.end_without_head(AbortReason::Panic),
            (Stage::Sending, false) => self.body_dropped(),
            (Stage::Sending, true) => self.end_of_body(Some(AbortReason::BodyPanic)),
            (Stage::Elsewhere | Stage::Ended, _) => {}
        }
    }

    #[cold]
    fn end_without_head(&mut self, reason: AbortReason) {
        if self.stage != Stage::Waiting {
            return;
        }
        self.take_label();
        if !self.route.is_ignored() {
            let status = match reason {
                AbortReason::Cancelled => status::client_closed_request(),
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            self.status = Some(status);
            let series = self.series();
            self.count(series);
            if self.route.families().times_all {
                self.time(series);
            }
            self.abort(reason);
        }
        self.leave();
    }

    fn end_of_body(&mut self, aborted: Option<AbortReason>) {
        if self.stage != Stage::Sending {
            return;
        }
        let series = self.series();
        series.response_size.record(|| self.facts(), |size| size.observe(self.bytes));
        if self.status != Some(StatusCode::SWITCHING_PROTOCOLS) {
            series
                .response_duration
                .record(|| self.facts(), |duration| duration.observe(self.nanos()));
        }
        if let Some(reason) = aborted {
            self.abort(reason);
        }
        self.leave();
    }

    #[inline]
    fn count(&self, series: &MethodSeries) {
        let count = |requests: &Counter| exemplar::count(requests, self.exemplar.as_deref());
        series.requests.record(|| self.facts(), count);
    }

    /// Observes the time from the start until now.
    #[inline]
    fn time(&self, series: &MethodSeries) {
        let observe = |duration: &Histogram| {
            exemplar::observe(duration, self.nanos(), self.exemplar.as_deref());
        };
        series.request_duration.record(|| self.facts(), observe);
    }

    #[inline]
    fn nanos(&self) -> u64 {
        self.start.map_or(0, clock::nanos_since)
    }

    #[cold]
    fn abort(&self, reason: AbortReason) {
        self.route
            .aborted()
            .record(|| Facts { reason: Some(reason), ..self.facts() }, Counter::inc);
    }

    #[inline]
    fn series(&self) -> &'static MethodSeries {
        self.route.series(self.method)
    }

    #[inline]
    fn facts(&self) -> Facts {
        let Self { route, method, version, status, .. } = *self;
        Facts { method, path: route.template(), version, status, reason: None }
    }

    #[inline]
    fn leave(&mut self) {
        self.stage = Stage::Ended;
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.dec();
        }
    }
}

/// Marks that code of the service runs, until dropped, even by a panic.
#[must_use = "dropping it at once runs nothing"]
pub(crate) struct InService<'a> {
    record: &'a mut RequestRecord,
    outer: current::Outer,
}

impl InService<'_> {
    /// Leaves the service's code, which did not panic.
    #[inline(always)]
    pub(crate) fn end(in_service: Option<Self>) {
        if let Some(in_service) = in_service {
            in_service.record.running = false;
        }
    }
}

impl Drop for InService<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        let (label, has_upload) = current::exit(self.outer);
        match label {
            Some(label) if self.record.trail.is_none() => self.record.route = label,
            Some(label) => self.record.mark_trail(label),
            None => {}
        }
        if has_upload {
            self.record.take_upload();
        }
    }
}

impl Drop for RequestRecord {
    #[inline]
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns whether HTTP sends no body with such a response, regardless of the service.
#[inline]
fn has_no_body(method: MethodLabel, status: StatusCode) -> bool {
    method == MethodLabel::Head
        || status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
        || method == MethodLabel::Connect && status.is_success()
}
