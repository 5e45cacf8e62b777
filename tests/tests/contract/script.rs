//! Response bodies by script.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};

/// A step of a body.
#[derive(Debug)]
pub(crate) enum Step {
    Data(&'static str),
    /// Pending once, so that the server flushes its data.
    Pause,
    Trailers,
    Error,
    Panic,
    Never,
}

/// A body that is whole from the start, with its length, or one in steps, without.
#[derive(Debug)]
pub(crate) enum Script {
    Whole(Option<Bytes>),
    Steps(VecDeque<Step>),
}

impl Script {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty()))
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Steps(steps) => match steps.pop_front() {
                None => Poll::Ready(None),
                Some(Step::Never) => {
                    steps.push_front(Step::Never);
                    Poll::Pending
                }
                Some(Step::Pause) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Some(step) => Poll::Ready(Some(frame(step))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Steps(_) => SizeHint::default(),
        }
    }
}

fn frame(step: Step) -> Result<Frame<Bytes>, io::Error> {
    match step {
        Step::Data(text) => Ok(Frame::data(Bytes::from_static(text.as_bytes()))),
        Step::Trailers => {
            let trailer = (HeaderName::from_static("x-end"), HeaderValue::from_static("yes"));
            Ok(Frame::trailers(HeaderMap::from_iter([trailer])))
        }
        Step::Error => Err(io::Error::other("the body fails, as intended")),
        Step::Panic | Step::Pause | Step::Never => panic!("the body panics, as intended"),
    }
}
