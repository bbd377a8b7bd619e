//! HTTP/1.1 over a connection that is kept, with as little work as possible: the load generator
//! shares the machine with what it measures.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// No answer takes as long unless something hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server on this machine.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer; its body lies in the connection's buffer until the next request.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The cookies that it sets, each as `name=value`.
    pub fn cookies(&self) -> Vec<String> {
        let head = String::from_utf8_lossy(self.head);
        let set = head.lines().filter_map(|line| line.split_once(": "));
        set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, cookie)| cookie.split(';').next())
            .map(str::to_owned)
            .collect()
    }
}

impl Connection {
    /// Connects to a port.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let buffer = Vec::with_capacity(16 * 1024);
        Ok(Self { stream, buffer })
    }

    /// Sends a request and reads its answer to the end.
    pub fn send(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let head = loop {
            self.read_more()?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let malformed = || io::Error::from(io::ErrorKind::InvalidData);
        let text = self.buffer.get(..head).ok_or_else(malformed)?;
        let text = str::from_utf8(text).map_err(|_| malformed())?;
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(malformed)?;
        let length: usize = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0);
        while self.buffer.len() < head + length {
            self.read_more()?;
        }
        let (head, body) = self.buffer.split_at_checked(head).ok_or_else(malformed)?;
        Ok(Answer { status, head, body })
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        let read = self.stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer
            .extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(())
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// A GET request.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

/// A form that a client posts to the token endpoint with its secret in the header.
pub fn token_request(client: (&str, &str), form: &[(&str, &str)]) -> Vec<u8> {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(form).finish();
    let credentials = STANDARD.encode(format!("{}:{}", client.0, client.1));
    format!(
        "POST /token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A form that a page posts, with the browser's cookies.
pub fn form(path: &str, cookies: &str, form: &[(&str, &str)]) -> Vec<u8> {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(form).finish();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
