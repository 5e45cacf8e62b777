//! A limit of the time until the first bytes of a connection tell its version of HTTP.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The preface of HTTP/2. The server waits for all of it, or for a byte that differs.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Fails reads of a stream whose first bytes are late. The limits of hyper start after
/// them.
pub(crate) struct FirstBytes<S> {
    stream: S,
    /// The missing part of the preface, and its deadline. `None` once the version is
    /// known.
    missing: Option<(&'static [u8], Pin<Box<Sleep>>)>,
}

impl<S> FirstBytes<S> {
    pub(crate) fn within(limit: Duration, stream: S) -> Self {
        Self { stream, missing: Some((PREFACE, Box::pin(tokio::time::sleep(limit)))) }
    }

    fn note(&mut self, read: &[u8]) {
        if let Some((missing, _)) = &mut self.missing {
            match missing.strip_prefix(read) {
                Some(rest) if !rest.is_empty() => *missing = rest,
                _ => self.missing = None,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.note(buf.filled().get(before..).unwrap_or_default());
        let Some((_, deadline)) = self.missing.as_mut().filter(|_| outcome.is_pending()) else {
            return outcome;
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            ErrorKind::TimedOut,
            "timed out waiting for the first bytes",
        )))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn late_first_bytes_are_an_error() {
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(b"PRI").await.unwrap();
        let mut stream = FirstBytes::within(LIMIT, server);
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "timed out waiting for the first bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn known_version_lifts_the_limit() {
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(b"G").await.unwrap();
        let mut stream = FirstBytes::within(LIMIT, server);
        assert_eq!(stream.read_u8().await.unwrap(), b'G');
        let read = tokio::spawn(async move { stream.read_u8().await.unwrap() });
        tokio::time::sleep(2 * LIMIT).await;
        client.write_all(b"E").await.unwrap();
        assert_eq!(read.await.unwrap(), b'E');
    }
}
