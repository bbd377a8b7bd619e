//! An SMTP server on a port of its own. Grammar and states of the protocol (RFC 5321, STARTTLS,
//! AUTH) are those of the crate `mailin`; this file moves the bytes, and fails where a test says so.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mailin::response::{AUTH_OK, INVALID_CREDENTIALS, OK};
use mailin::{Action, AuthMechanism, Handler, Response, SessionBuilder};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// How long a test waits for a mail, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub raw: Vec<u8>,
    /// Who signed in, if anybody did.
    pub user: Option<String>,
    pub over_tls: bool,
}

/// What happens to a mail: one for each, in the order of their `DATA`; then all are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Taken,
    /// The connection is cut after the server said to begin with the data.
    CutAtData,
    /// It is cut at the end of the data; the mail is lost.
    CutAtEnd,
    /// The server takes the mail, and is cut off before it can say so.
    TakenAndCut,
    /// The server takes the mail, and never says so.
    TakenAndSilent,
    /// The server takes the mail, and says so when the test lets it.
    TakenAndHeld,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    None,
    Starttls,
    Implicit,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    fates: Mutex<VecDeque<Fate>>,
    /// Every recipient that was named, refused ones too.
    asked: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    /// Whether answers that were held back may be given.
    released: watch::Sender<bool>,
}

/// A running SMTP server. It ends, and its connections with it, when it is dropped.
pub struct SmtpServer {
    pub port: u16,
    /// The certificate of the authority that signed the server's, in PEM.
    pub authority: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What a server is like.
#[derive(Clone)]
pub struct Setup {
    pub security: Security,
    /// The one who may sign in, and must.
    pub user: Option<(&'static str, &'static str)>,
    /// 0 for any.
    pub port: u16,
}

impl SmtpServer {
    /// A server without TLS that takes everything.
    pub async fn start() -> Self {
        Self::with(Setup {
            security: Security::None,
            user: None,
            port: 0,
        })
        .await
    }

    #[allow(clippy::unused_async, reason = "sockets want a runtime around them")]
    pub async fn with(setup: Setup) -> Self {
        let (authority, tls) = certificate();
        let listener = listen(setup.port);
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *own.connections.lock().unwrap() += 1;
                let (shared, setup, tls) = (Arc::clone(&own), setup.clone(), tls.clone());
                connections.spawn(async move {
                    // A client that goes away is no failure of the server.
                    let _ = serve(stream, &shared, &setup, &tls).await;
                });
            }
        });
        Self {
            port,
            authority,
            shared,
            accepting,
        }
    }

    /// What happens to the next mails.
    pub fn destine(&self, fates: impl IntoIterator<Item = Fate>) {
        self.shared.fates.lock().unwrap().extend(fates);
    }

    /// Gives the answers that it held back.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// What it took so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// How often a recipient was named to it.
    pub fn asked_for(&self, address: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == address).count()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// Waits until it took so many.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let began = Instant::now();
        let mut poll = tokio::time::interval(Duration::from_millis(10));
        loop {
            poll.tick().await;
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            let so_far = received.len();
            assert!(began.elapsed() < PATIENCE, "{so_far} of {count} mails");
        }
    }

    /// Ends it with its connections, and waits until its port is closed.
    pub async fn stop(self) -> u16 {
        self.accepting.abort();
        while !self.accepting.is_finished() {
            tokio::task::yield_now().await;
        }
        self.port
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A port that was just in use can be had again.
fn listen(port: u16) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.bind(address).unwrap();
    socket.listen(64).unwrap()
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn serve(
    stream: TcpStream,
    shared: &Arc<Shared>,
    setup: &Setup,
    tls: &TlsAcceptor,
) -> io::Result<()> {
    let state = Arc::new(Mutex::new(Transaction::default()));
    let mut builder = SessionBuilder::new("mail.example.com");
    if setup.security == Security::Starttls {
        builder.enable_start_tls();
    }
    if setup.user.is_some() {
        builder.enable_auth(AuthMechanism::Plain);
        if setup.security == Security::None {
            builder.insecure_enable_plaintext_auth();
        }
    }
    let mut session = builder.build(
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        Postman {
            shared: Arc::clone(shared),
            state: Arc::clone(&state),
            user: setup.user,
        },
    );
    let mut stream: Box<dyn Stream> = Box::new(stream);
    if setup.security == Security::Implicit {
        stream = Box::new(tls.accept(stream).await?);
        session.tls_active();
        state.lock().unwrap().over_tls = true;
    }
    let mut stream = BufReader::new(stream);
    stream.write_all(&session.greeting().buffer()?).await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        stream.flush().await?;
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let answer = session.process(&line);
        let fate = state.lock().unwrap().fate;
        match (answer.code, fate) {
            (354, Some(Fate::CutAtData)) => {
                stream.write_all(&answer.buffer()?).await?;
                return stream.flush().await;
            }
            (250, Some(Fate::CutAtEnd | Fate::TakenAndCut)) if is_end(&state) => return Ok(()),
            (250, Some(Fate::TakenAndSilent)) if is_end(&state) => std::future::pending().await,
            (250, Some(Fate::TakenAndHeld)) if is_end(&state) => {
                let mut released = shared.released.subscribe();
                let _ = released.wait_for(|released| *released).await;
            }
            _ => {}
        }
        match answer.action {
            Action::NoReply => {}
            Action::Reply => stream.write_all(&answer.buffer()?).await?,
            Action::Close => {
                stream.write_all(&answer.buffer()?).await?;
                return stream.flush().await;
            }
            Action::UpgradeTls => {
                stream.write_all(&answer.buffer()?).await?;
                stream.flush().await?;
                let upgraded: Box<dyn Stream> = Box::new(tls.accept(stream.into_inner()).await?);
                stream = BufReader::new(upgraded);
                session.tls_active();
                state.lock().unwrap().over_tls = true;
            }
        }
    }
}

fn is_end(state: &Mutex<Transaction>) -> bool {
    state.lock().unwrap().ended
}

/// The mail that is being sent over a connection.
#[derive(Default)]
struct Transaction {
    from: String,
    to: Vec<String>,
    raw: Vec<u8>,
    fate: Option<Fate>,
    ended: bool,
    user: Option<String>,
    over_tls: bool,
}

struct Postman {
    shared: Arc<Shared>,
    state: Arc<Mutex<Transaction>>,
    user: Option<(&'static str, &'static str)>,
}

impl Handler for Postman {
    /// Recipients are refused by what their address begins with.
    fn rcpt(&mut self, to: &str) -> Response {
        let to = to.to_owned();
        let mut asked = self.shared.asked.lock().unwrap();
        let known = asked.contains(&to);
        asked.push(to.clone());
        let custom = |code, text: &str| Response::custom(code, text.to_owned());
        match to.split('@').next().unwrap_or_default() {
            "nobody" => custom(550, &format!("5.1.1 <{to}> there is no such mailbox")),
            "relayed" => custom(550, "5.7.1 Relaying denied"),
            "greylisted" if !known => custom(451, "4.7.1 Greylisted, please come back"),
            _ => OK,
        }
    }

    fn data_start(&mut self, _: &str, from: &str, _: bool, to: &[String]) -> Response {
        let mut state = self.state.lock().unwrap();
        from.clone_into(&mut state.from);
        state.to = to.to_vec();
        state.raw.clear();
        state.ended = false;
        state.fate = self.shared.fates.lock().unwrap().pop_front();
        OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.state.lock().unwrap().raw.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut state = self.state.lock().unwrap();
        state.ended = true;
        if state.fate != Some(Fate::CutAtEnd) {
            let received = Received {
                from: state.from.clone(),
                to: state.to.clone(),
                raw: state.raw.clone(),
                user: state.user.clone(),
                over_tls: state.over_tls,
            };
            self.shared.received.lock().unwrap().push(received);
        }
        OK
    }

    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        if self.user != Some((user, password)) {
            return INVALID_CREDENTIALS;
        }
        self.state.lock().unwrap().user = Some(user.to_owned());
        AUTH_OK
    }
}

/// A certificate for `localhost`, and the authority's that signed it.
fn certificate() -> (String, TlsAcceptor) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    (authority_pem, TlsAcceptor::from(Arc::new(config)))
}
