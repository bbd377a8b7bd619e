//! The private PostgreSQL: what survives, what is refused, what is cleared away.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use auth_api::foundation::dev_postgres::{DevPostgres, DevPostgresError, Options};
use auth_api::foundation::secret::random_bytes;
use sqlx::{Connection as _, PgConnection};

/// Tells the child half of a test where to work: some tests need a second process.
const CHILD_ROOT: &str = "AUTH_API_TEST_CHILD_ROOT";

/// A directory of one test, reachable by every account.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let name = format!("auth-api-it-{:016x}", u64::from_ne_bytes(random_bytes()));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn start(root: &Path) -> Result<DevPostgres, DevPostgresError> {
    DevPostgres::start(Options {
        root: root.to_owned(),
        durable: true,
        progress: |_| {},
    })
    .await
}

async fn connect(server: &DevPostgres) -> PgConnection {
    PgConnection::connect(&server.url("postgres"))
        .await
        .unwrap()
}

async fn write_a_row(server: &DevPostgres) {
    let mut connection = connect(server).await;
    let statement = "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')";
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn assert_the_row_is_there(server: &DevPostgres) {
    let word: String = sqlx::query_scalar("SELECT word FROM kept")
        .fetch_one(&mut connect(server).await)
        .await
        .unwrap();
    assert_eq!(word, "here");
}

/// The one `postgres-<major>` directory below `root`.
fn home(root: &Path) -> PathBuf {
    let homes: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("data").is_dir())
        .collect();
    assert_eq!(homes.len(), 1, "{homes:?}");
    homes[0].clone()
}

fn i_am_root() -> bool {
    numeric_id(&["-u"]) == 0
}

fn numeric_id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// This test program again, running only the test `name`, as its child half.
fn child_half(program: &Path, name: &str, root: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", name, "--nocapture"])
        .env(CHILD_ROOT, root)
        .current_dir("/");
    command
}

#[tokio::test]
async fn a_restart_keeps_rows_and_nothing_listens_on_tcp() {
    let directory = Directory::new();
    let root = directory.0.join("with space");
    let server = start(&root).await.unwrap();
    assert!(server.create_database("auth \"api\"").await.unwrap());
    assert!(!server.create_database("auth \"api\"").await.unwrap());
    PgConnection::connect(&server.url("auth \"api\""))
        .await
        .unwrap();
    write_a_row(&server).await;

    let mut connection = connect(&server).await;
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", ""),
    ] {
        let shown: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(shown, value, "{setting}");
    }
    let mode = fs::metadata(home(&root).join("socket"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);

    server.stop().await.unwrap();
    let server = start(&root).await.unwrap();
    assert_the_row_is_there(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_loses_nothing() {
    let directory = Directory::new();
    let server = start(&directory.0).await.unwrap();
    write_a_row(&server).await;
    let pid = fs::read_to_string(home(&directory.0).join("data/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    let killed = Command::new("sh")
        .args(["-c", "kill -s KILL \"$1\"", "sh", pid])
        .status()
        .unwrap();
    assert!(killed.success());
    server.stop().await.unwrap();

    let server = start(&directory.0).await.unwrap();
    assert_the_row_is_there(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn locks_whose_process_id_now_belongs_to_another_program_are_stale() {
    let directory = Directory::new();
    let server = start(&directory.0).await.unwrap();
    write_a_row(&server).await;
    let home = home(&directory.0);
    let lock_files = [
        home.join("data/postmaster.pid"),
        home.join("socket/.s.PGSQL.5432.lock"),
    ];
    let left: Vec<String> = lock_files
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    server.stop().await.unwrap();

    // Not our own process: the server takes its ancestors' ids for its own of before a restart. And
    // under its account: it takes a process that it may not signal for none of its kind. Ends with
    // its input, so at the latest with this test.
    let owner = fs::metadata(home.join("data")).unwrap();
    let mut stranger = Command::new("cat");
    stranger.stdin(Stdio::piped()).stdout(Stdio::null());
    if i_am_root() {
        stranger.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = stranger.spawn().unwrap();
    for (path, content) in lock_files.iter().zip(left) {
        let others = content.split_once('\n').unwrap().1;
        fs::write(path, format!("{}\n{others}", stranger.id())).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }

    let server = start(&directory.0).await.unwrap();
    assert_the_row_is_there(&server).await;
    assert!(
        stranger.try_wait().unwrap().is_none(),
        "the other program was left alone"
    );
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_instance_is_refused_with_the_first_ones_process_id() {
    let directory = Directory::new();
    let server = start(&directory.0).await.unwrap();
    let refused = start(&directory.0).await.unwrap_err();
    assert!(
        matches!(refused, DevPostgresError::InUse { .. }),
        "{refused}"
    );
    assert!(
        refused
            .to_string()
            .contains(&format!("process {}", std::process::id())),
        "{refused}"
    );
    let reset = DevPostgres::reset(&directory.0).await.unwrap_err();
    assert!(matches!(reset, DevPostgresError::InUse { .. }), "{reset}");
    connect(&server).await.ping().await.unwrap();
    server.stop().await.unwrap();
    start(&directory.0).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn the_watchdog_stops_the_server_of_a_killed_process() {
    if let Some(root) = std::env::var_os(CHILD_ROOT) {
        let server = start(Path::new(&root)).await.unwrap();
        write_a_row(&server).await;
        println!("\nstarted {}", server.url("postgres"));
        return std::future::pending().await;
    }
    let directory = Directory::new();
    let name = "dev_postgres::the_watchdog_stops_the_server_of_a_killed_process";
    let mut command = child_half(&std::env::current_exe().unwrap(), name, &directory.0);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.find_map(|line| line.unwrap().strip_prefix("started ").map(str::to_owned));
    let mut connection = PgConnection::connect(&url.unwrap()).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    // The server ends our statement when it shuts down: an event, not a time.
    let statement = sqlx::query("SELECT pg_sleep(3600)").execute(&mut connection);
    let ended = tokio::time::timeout(Duration::from_mins(1), statement).await;
    ended.expect("the server still runs").unwrap_err();
    let server = start(&directory.0).await.unwrap();
    assert_the_row_is_there(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_ordinary_user_runs_the_server_directly() {
    if let Some(root) = std::env::var_os(CHILD_ROOT) {
        let root = Path::new(&root);
        let server = start(root).await.unwrap();
        write_a_row(&server).await;
        server.stop().await.unwrap();
        assert_eq!(fs::metadata(home(root)).unwrap().uid(), numeric_id(&["-u"]));
        return;
    }
    let directory = Directory::new();
    let root = directory.0.join(".dev");
    fs::create_dir(&root).unwrap();
    // The build directory may be closed to others.
    let program = directory.0.join("it");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let name = "dev_postgres::an_ordinary_user_runs_the_server_directly";
    let mut command = child_half(&program, name, &root);
    if i_am_root() {
        let (uid, gid) = (numeric_id(&["-u", "nobody"]), numeric_id(&["-g", "nobody"]));
        chown(&root, Some(uid), Some(gid)).unwrap();
        command.uid(uid).gid(gid);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );

    // As root the data goes on under the account that owns it.
    let owner = fs::metadata(home(&root)).unwrap().uid();
    let server = start(&root).await.unwrap();
    assert_the_row_is_there(&server).await;
    server.stop().await.unwrap();
    assert_eq!(fs::metadata(home(&root)).unwrap().uid(), owner);
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_works() {
    let directory = Directory::new();
    let root = directory.0.join("a".repeat(70)).join("b".repeat(70));
    let server = start(&root).await.unwrap();
    write_a_row(&server).await;
    let url = server.url("postgres");
    server.stop().await.unwrap();
    assert!(!url.contains("bbbb"), "{url}");
    DevPostgres::reset(&root).await.unwrap();
}

#[tokio::test]
async fn a_directory_closed_to_the_servers_account_works() {
    let directory = Directory::new();
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o700)).unwrap();
    let root = directory.0.join(".dev");
    let server = start(&root).await.unwrap();
    write_a_row(&server).await;
    server.stop().await.unwrap();
    let server = start(&root).await.unwrap();
    assert_the_row_is_there(&server).await;
    server.stop().await.unwrap();
    DevPostgres::reset(&root).await.unwrap();
    let server = start(&root).await.unwrap();
    let mut connection = connect(&server).await;
    sqlx::query("SELECT FROM kept")
        .execute(&mut connection)
        .await
        .unwrap_err();
    server.stop().await.unwrap();
    DevPostgres::reset(&root).await.unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let directory = Directory::new();
    start(&directory.0).await.unwrap().stop().await.unwrap();
    let settings = home(&directory.0).join("data/postgresql.auto.conf");
    fs::write(settings, "no_such_setting = on\n").unwrap();
    let refused = start(&directory.0).await.unwrap_err();
    assert!(refused.to_string().contains("no_such_setting"), "{refused}");
}

#[tokio::test]
async fn a_throw_away_server_takes_its_directory_along() {
    let directory = Directory::new();
    let server = DevPostgres::start_throw_away(&directory.0, |_| {}).unwrap();
    let mut connection = connect(&server).await;
    let data: String = sqlx::query_scalar("SHOW data_directory")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(Path::new(&data).is_dir());
    server.stop().await.unwrap();
    let own = Path::new(&data).ancestors().nth(2).unwrap();
    assert!(!own.exists(), "{}", own.display());
}
