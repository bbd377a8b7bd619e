//! A database for each test: a copy of one migrated template, in a PostgreSQL that this process
//! starts and that is gone when it ends. `TEST_DATABASE_URL` names another server to use instead.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use auth_api::foundation::dev_postgres::DevPostgres;
use auth_api::foundation::secret::{random_bytes, sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};

/// The migrations of the server.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A database of this test alone.
pub struct TestDatabase {
    pub url: String,
    pub pool: PgPool,
    name: String,
}

impl TestDatabase {
    /// A migrated database without rows.
    pub async fn new() -> Self {
        // Made and dropped with fsync off: FILE_COPY 6 ms, WAL_LOG 9 ms; eight at once, 18 and 23.
        Self::made_with(&format!(
            "TEMPLATE \"{}\" STRATEGY file_copy",
            server().template
        ))
        .await
    }

    /// A copy of another database, to which nobody is connected.
    pub async fn copy_of(template: &str) -> Self {
        Self::made_with(&format!("TEMPLATE \"{template}\" STRATEGY file_copy")).await
    }

    /// Disconnects and keeps the database, to be copied; returns its name.
    pub async fn into_template(self) -> String {
        self.close().await;
        self.name
    }

    /// A database without any table.
    pub async fn empty() -> Self {
        Self::made_with("TEMPLATE template0").await
    }

    async fn made_with(options: &str) -> Self {
        let name = unique("auth_api_test");
        let admin = &server().options;
        execute(admin, format!("CREATE DATABASE \"{name}\" {options}")).await;
        let options = admin.clone().database(&name);
        let url = options.to_url_lossy().into();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_with(options)
            .await
            .unwrap();
        Self { url, pool, name }
    }

    /// Waits for every connection; a test that still has one in its hand would wait for ever.
    async fn close(&self) {
        tokio::time::timeout(Duration::from_mins(1), self.pool.close())
            .await
            .expect("a connection was not given back");
    }

    /// Removes the database. Without it, it goes with the server.
    pub async fn drop(self) {
        self.close().await;
        execute(
            &server().options,
            format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name),
        )
        .await;
    }
}

/// The server of this process and its template.
struct Server {
    options: PgConnectOptions,
    template: String,
    /// Held until the process ends, for the server ends with it.
    _own: Option<DevPostgres>,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    // On a thread with a runtime of its own: each test has its own runtime, and what the first one
    // made would die with it.
    SERVER.get_or_init(|| std::thread::spawn(start).join().unwrap())
}

fn start() -> Server {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join(".dev");
    let (url, own) = if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        (url, None)
    } else {
        let own = DevPostgres::start_throw_away(&cache, |line| eprintln!("{line}")).unwrap();
        (own.url("postgres"), Some(own))
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let template = runtime.block_on(template(&options));
    Server {
        options,
        template,
        _own: own,
    }
}

/// The name of the migrated template, made unless the server has it. The name tells the content, so
/// a lasting server keeps one for each state of the migrations.
async fn template(admin: &PgConnectOptions) -> String {
    let checksums: Vec<u8> = MIGRATIONS
        .iter()
        .flat_map(|one| one.checksum.to_vec())
        .collect();
    let hash = u64::from_be_bytes(sha256(&checksums)[..8].try_into().unwrap());
    let name = format!("auth_api_template_{hash:016x}");
    let mut connection = admin.connect().await.unwrap();
    let exists = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    let exists = || sqlx::query_scalar::<_, bool>(exists).bind(&name);
    if exists().fetch_one(&mut connection).await.unwrap() {
        return name;
    }
    // Under another name first: a copy of a half migrated template must not be possible.
    let unfinished = unique("auth_api_unfinished");
    execute(
        admin,
        format!("CREATE DATABASE \"{unfinished}\" TEMPLATE template0"),
    )
    .await;
    let mut migrated = admin.clone().database(&unfinished).connect().await.unwrap();
    MIGRATIONS.run(&mut migrated).await.unwrap();
    migrated.close().await.unwrap();
    let rename = AssertSqlSafe(format!(
        "ALTER DATABASE \"{unfinished}\" RENAME TO \"{name}\""
    ));
    if let Err(error) = sqlx::raw_sql(rename).execute(&mut connection).await {
        // Another test process was faster.
        assert!(
            exists().fetch_one(&mut connection).await.unwrap(),
            "{error}"
        );
        execute(admin, format!("DROP DATABASE \"{unfinished}\"")).await;
    }
    name
}

async fn execute(admin: &PgConnectOptions, statement: String) {
    let mut connection: PgConnection = admin.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

fn unique(prefix: &str) -> String {
    format!("{prefix}_{:016x}", u64::from_ne_bytes(random_bytes()))
}
