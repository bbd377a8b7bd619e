//! HTTP/1.1 by hand: what a well-behaved client library would refuse to send.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No answer may take longer: the server cuts a slow client before that.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The head as it was sent.
    pub head: String,
}

impl Answer {
    /// The only header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        let first = all.next().map(|(_, value)| value.as_str());
        assert!(
            all.next().is_none() || name == "set-cookie" || name == "vary",
            "{name} twice in {}",
            self.head
        );
        first
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection that stays open from request to request.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects to `localhost:<port>` of a base address.
    pub async fn open(base: &str) -> Self {
        let port = base.rsplit(':').next().unwrap();
        let address = format!("127.0.0.1:{port}");
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Sends bytes. The server may have closed already: then the answer tells.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// No more is to come from this side.
    pub async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// The next answer; `None` when the server closed without one. `head` for an answer to HEAD.
    ///
    /// # Panics
    /// When the server neither answers nor closes before the deadline.
    pub async fn answer(&mut self, head: bool) -> Option<Answer> {
        timeout(DEADLINE, self.read_answer(head))
            .await
            .expect("the server neither answers nor closes")
    }

    /// The same within a shorter time; `Err` when it is over.
    pub async fn answer_within(&mut self, limit: Duration) -> Result<Option<Answer>, ()> {
        timeout(limit, self.read_answer(false))
            .await
            .map_err(|_| ())
    }

    async fn read_answer(&mut self, head: bool) -> Option<Answer> {
        let end = loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                break end;
            }
            self.more().await?;
        };
        let text = String::from_utf8(self.read[..end].to_vec()).unwrap();
        self.read.drain(..end + 4);
        let mut answer = parse_head(text);
        let length = answer.header("content-length").map(str::to_owned);
        let chunked = answer.header("transfer-encoding") == Some("chunked");
        if head || matches!(answer.status, 100..=199 | 204 | 304) {
            return Some(answer);
        }
        if chunked {
            answer.body = self.chunks().await?;
        } else if let Some(length) = length {
            answer.body = self.exactly(length.parse().unwrap()).await?;
        } else {
            while self.more().await.is_some() {}
            answer.body = std::mem::take(&mut self.read);
        }
        Some(answer)
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = find(&self.read, b"\r\n") {
                    break end;
                }
                self.more().await?;
            };
            let size = String::from_utf8(self.read[..end].to_vec()).unwrap();
            self.read.drain(..end + 2);
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let chunk = self.exactly(size + 2).await?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.read.len() < length {
            self.more().await?;
        }
        Some(self.read.drain(..length).collect())
    }

    async fn more(&mut self) -> Option<()> {
        let mut bytes = vec![0; 16 * 1024];
        match self.stream.read(&mut bytes).await {
            Ok(0) | Err(_) => None,
            Ok(count) => {
                self.read.extend_from_slice(&bytes[..count]);
                Some(())
            }
        }
    }
}

/// Sends one request on a connection of its own.
pub async fn exchange(base: &str, request: &[u8]) -> Option<Answer> {
    let mut connection = Connection::open(base).await;
    connection.send(request).await;
    connection.answer(request.starts_with(b"HEAD ")).await
}

/// A request without a body.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    with_body(method, target, headers, None)
}

/// A request with a body of a content type.
pub fn posted(method: &str, target: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let headers = [("content-type", content_type)];
    with_body(method, target, &headers, Some(body))
}

/// A request as its parts say, correctly framed.
pub fn with_body(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if let Some(body) = body {
        text.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body.unwrap_or_default());
    bytes
}

fn parse_head(text: String) -> Answer {
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect();
    Answer {
        status: status.parse().unwrap(),
        headers,
        body: Vec::new(),
        head: text,
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
