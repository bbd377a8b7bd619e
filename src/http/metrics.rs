//! Metrics for Prometheus: requests by route and status, the process, and what other modules add.
//! They are served on an address of their own, which stays off the public network.

use std::fs;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use metrics::{SharedString, counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

const REQUESTS: &str = "http_requests_total";
const DURATION: &str = "http_request_duration_seconds";
const IN_FLIGHT: &str = "http_requests_in_flight";

/// Upper bounds in seconds, from a cached answer to the request timeout.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

const UPKEEP: Duration = Duration::from_secs(5);

/// Why metrics cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The recorder's settings.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Something else records in this process already.
    #[error("metrics are set up twice: {0}")]
    Twice(String),
}

type Hook = Box<dyn Fn() + Send + Sync>;

/// The metrics of this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    hooks: Arc<Mutex<Vec<Hook>>>,
}

impl Metrics {
    /// Installs the recorder that `counter!`, `gauge!` and `histogram!` write to. Without this
    /// call they do nothing.
    pub fn install() -> Result<Self, MetricsError> {
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)
            .map_err(|error| MetricsError::Twice(error.to_string()))?;
        Ok(Self {
            handle,
            hooks: Arc::default(),
        })
    }

    /// Adds a function that sets gauges just before they are read.
    pub fn on_read(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.hooks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(hook));
    }

    /// Reports the connections of a database pool.
    pub fn watch_pool(&self, pool: sqlx::PgPool) {
        self.on_read(move || {
            let (size, idle) = (f64::from(pool.size()), as_f64(pool.num_idle()));
            gauge!("db_pool_connections", "state" => "idle").set(idle);
            gauge!("db_pool_connections", "state" => "used").set((size - idle).max(0.0));
            gauge!("db_pool_connections_max").set(f64::from(pool.options().get_max_connections()));
        });
    }

    /// The metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        process_gauges();
        for hook in self
            .hooks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            hook();
        }
        self.handle.render()
    }

    /// Serves `/metrics` until `shutdown` ends, and keeps the recorder small meanwhile.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let handle = self.handle.clone();
        let upkeep = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP);
            loop {
                ticks.tick().await;
                handle.run_upkeep();
            }
        });
        let served = axum::serve(listener, self.router())
            .with_graceful_shutdown(shutdown)
            .await;
        upkeep.abort();
        served
    }

    fn router(self) -> Router {
        let content_type = [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )];
        let answer = move || async move { (content_type, self.render()) };
        Router::new().route("/metrics", get(answer))
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS)
}

/// Middleware that counts and times requests: `Router::layer(middleware::from_fn(metrics::track))`
/// on the outermost router. The route is its pattern, never the path, so that no visitor can make
/// series at will.
pub async fn track(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();
    let in_flight = InFlight::enter();
    let response = next.run(request).await;
    drop(in_flight);
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    count(&method, route, response.status(), begun);
    response
}

/// Counts and times one answer.
pub fn count(method: &Method, route: &str, status: StatusCode, begun: Instant) {
    let method = method_name(method);
    let route = SharedString::from(Arc::<str>::from(route));
    let status = status.as_str().to_owned();
    histogram!(DURATION, "method" => method, "route" => route.clone())
        .record(begun.elapsed().as_secs_f64());
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
}

/// Counts a request until it ends or its client goes away.
struct InFlight;

impl InFlight {
    fn enter() -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// Memory, processor time and open files, where the system has `/proc`.
fn process_gauges() {
    if let Some((seconds, threads)) = fs::read_to_string("/proc/self/stat")
        .ok()
        .as_deref()
        .and_then(cpu)
    {
        gauge!("process_cpu_seconds_total").set(seconds);
        gauge!("process_threads").set(threads);
    }
    if let Some(bytes) = fs::read_to_string("/proc/self/status")
        .ok()
        .as_deref()
        .and_then(resident_bytes)
    {
        gauge!("process_resident_memory_bytes").set(bytes);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(as_f64(files.count()));
    }
}

/// Processor seconds and threads from `/proc/self/stat`: fields 14, 15 and 20 (proc_pid_stat(5)),
/// counted behind the name in parentheses, which may contain anything.
fn cpu(stat: &str) -> Option<(f64, f64)> {
    // The kernel shows times to programs in hundredths of a second on every Linux platform.
    const TICKS_PER_SECOND: f64 = 100.0;
    let (_, fields) = stat.rsplit_once(')')?;
    let field = |number: usize| {
        fields
            .split_whitespace()
            .nth(number - 3)?
            .parse::<f64>()
            .ok()
    };
    Some(((field(14)? + field(15)?) / TICKS_PER_SECOND, field(20)?))
}

fn resident_bytes(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// Exact up to 2^53, which no count here reaches.
#[allow(clippy::cast_precision_loss)]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::middleware::from_fn;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn requests_are_counted_by_route_pattern_and_status() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics {
            handle: recorder.handle(),
            hooks: Arc::default(),
        };
        metrics.on_read(|| gauge!("hooked").set(7.0));
        let router = Router::new()
            .route("/users/{id}", get(|| async { StatusCode::NO_CONTENT }))
            .layer(from_fn(track));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let text = metrics::with_local_recorder(&recorder, || {
            for (method, path) in [
                ("GET", "/users/1"),
                ("GET", "/users/2"),
                ("GET", "/x"),
                ("BREW", "/users/3"),
            ] {
                let request = Request::builder()
                    .method(method)
                    .uri(path)
                    .body(Body::empty());
                runtime
                    .block_on(router.clone().oneshot(request.unwrap()))
                    .unwrap();
            }
            metrics.render()
        });
        for line in [
            "http_requests_total{method=\"GET\",route=\"/users/{id}\",status=\"204\"} 2",
            "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
            "http_requests_total{method=\"OTHER\",route=\"/users/{id}\",status=\"405\"} 1",
            "http_request_duration_seconds_count{method=\"GET\",route=\"/users/{id}\"} 2",
            "http_requests_in_flight 0",
            "hooked 7",
        ] {
            assert!(text.contains(line), "{line} not in {text}");
        }
        assert!(
            text.contains("http_request_duration_seconds_bucket"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn metrics_are_served_until_shutdown() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics {
            handle: recorder.handle(),
            hooks: Arc::default(),
        };
        metrics::with_local_recorder(&recorder, || counter!("seen_total").increment(3));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let stop = Arc::new(tokio::sync::Notify::new());
        let stopped = Arc::clone(&stop);
        let serving = metrics.serve(listener, async move { stopped.notified().await });
        let serving = tokio::spawn(serving);
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
        assert!(answer.text().await.unwrap().contains("seen_total 3"));
        stop.notify_one();
        serving.await.unwrap().unwrap();
    }

    #[test]
    fn proc_files_are_read_whatever_the_process_is_called() {
        let stat = "1 (a) b) S 1 1 1 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 9 0 1 1 1";
        assert_eq!(cpu(stat), Some((3.0, 9.0)));
        assert_eq!(cpu("1 (a"), None);
        assert_eq!(
            resident_bytes("Name:\ta\nVmRSS:\t    2048 kB\n"),
            Some(2_097_152.0)
        );
    }
}
