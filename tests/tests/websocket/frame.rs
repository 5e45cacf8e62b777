//! Frames as bytes, by RFC 6455, section 5.2.

use tokio::io::{AsyncRead, AsyncReadExt};

/// A frame from the server.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) is_last: bool,
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

/// A frame of a client.
pub(crate) fn masked(is_last: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0xa5, 0x00, 0x3c, 0xff];
    let mut frame = head(is_last, opcode, payload.len(), 0x80);
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A client frame without its mask.
pub(crate) fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    [head(true, opcode, payload.len(), 0), payload.to_vec()].concat()
}

fn head(is_last: bool, opcode: u8, length: usize, mask_bit: u8) -> Vec<u8> {
    let mut head = vec![u8::from(is_last) << 7 | opcode];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..126), _) => head.push(mask_bit | length),
        (_, Ok(length)) => {
            head.push(mask_bit | 126);
            head.extend(length.to_be_bytes());
        }
        _ => {
            head.push(mask_bit | 127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head
}

/// Reads a server's frame; `None` if the connection ends first.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let [first, second] = stream.read_u16().await.ok()?.to_be_bytes();
    assert_eq!(first & 0b0111_0000, 0, "no extension was negotiated");
    let length = match second {
        0..126 => second.into(),
        126 => stream.read_u16().await.ok()?.into(),
        127 => stream.read_u64().await.ok()?,
        _ => panic!("servers do not mask"),
    };
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    _ = stream.read_exact(&mut payload).await.ok()?;
    Some(Frame { is_last: first >= 0x80, opcode: first & 0x0f, payload })
}
