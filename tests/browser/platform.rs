//! The whole booking platform in this process: the server, both APIs and the booking application,
//! each on a port of its own; and a relying party that shows what it gets.

use std::collections::BTreeSet;

use auth_api::clients::model::NewClient;
use auth_api::clients::resources::{Permission, Resource};
use auth_api::clients::store;
use auth_api::clients::validation::{Registrant, validate};
use auth_api::foundation::secret::Secret;
use axum::Router;
use booking_kit::guard::GuardConfig;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::relying_party;
use crate::support::database::TestDatabase;
use crate::support::server::TestServer;

/// The permissions of the bookings' API, with the words of the consent page.
const PERMISSIONS: [(&str, &str, &str); 4] = [
    ("artists:read", "See the artists", "Consulter les artistes"),
    ("artists:write", "Change artists", "Modifier les artistes"),
    (
        "bookings:read",
        "See your bookings",
        "Consulter vos réservations",
    ),
    ("bookings:write", "Make bookings", "Créer des réservations"),
];

/// A running platform. It ends with its test.
pub struct Platform {
    pub server: TestServer,
    /// The address of the booking application, without a slash at its end.
    pub booking: String,
    /// The redirect URI of the client `relying-party`, a stranger to the server's operator.
    pub callback: String,
    /// A redirect URI of the same client that leads on to another origin.
    pub callback_elsewhere: String,
}

impl Platform {
    pub async fn start() -> Self {
        let server = TestServer::start().await;
        let issuer = server.issuer.clone();
        let pool = TestDatabase::empty().await.pool;

        let (listener, admin_api) = listen().await;
        let config = admin_api::Config {
            guard: guard(&issuer, &admin_api),
            pool: pool.clone(),
            demo: true,
        };
        admin_api::prepare(&config).await.unwrap();
        serve(listener, admin_api::router(config).unwrap());

        let (listener, public_api) = listen().await;
        let config = public_api::Config {
            guard: guard(&issuer, &public_api),
            pool,
        };
        serve(listener, public_api::router(config).unwrap());

        let (listener, booking) = listen().await;
        let config = booking_app::Config {
            issuer,
            issuer_internal: None,
            public_url: booking.clone(),
            client_id: "booking-app".into(),
            client_secret: "booking-app-secret".into(),
            public_api,
            admin_api: admin_api.clone(),
            admin_api_audience: admin_api.clone(),
        };
        serve(listener, booking_app::router(config).unwrap());

        let (listener, elsewhere) = listen().await;
        serve(listener, relying_party::router(&elsewhere));
        let (listener, relying_party) = listen().await;
        serve(listener, relying_party::router(&elsewhere));

        let platform = Self {
            server,
            booking,
            callback: format!("{relying_party}/callback"),
            callback_elsewhere: format!("{relying_party}/callback-elsewhere"),
        };
        platform.register(admin_api).await;
        platform.prefer(None).await;
        platform
    }

    /// Writes a language into everybody's profile. Without one, pages are in the browser's.
    pub async fn prefer(&self, locale: Option<&str>) {
        sqlx::query("UPDATE user_account SET locale = $1")
            .bind(locale)
            .execute(&self.server.database.pool)
            .await
            .unwrap();
    }

    async fn register(&self, admin_api: String) {
        let permissions = PERMISSIONS.map(|(name, en, fr)| Permission {
            name: name.into(),
            description_en: en.into(),
            description_fr: fr.into(),
        });
        let resource = Resource {
            identifier: admin_api,
            name: "admin-api".into(),
            permissions: permissions.into(),
        };
        let mut connection = self.server.database.pool.acquire().await.unwrap();
        store::resource::upsert(&mut connection, &resource)
            .await
            .unwrap();
        let booking_app = json!({
            "client_name": "Booking App",
            "client_name#fr": "Appli de réservation",
            "client_uri": format!("{}/", self.booking),
            "policy_uri": "https://booking.example/privacy",
            "tos_uri": "https://booking.example/terms",
            "redirect_uris": [format!("{}/callback", self.booking)],
            "post_logout_redirect_uris": [format!("{}/", self.booking)],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid profile email roles offline_access bookings:read",
        });
        self.client("booking-app", booking_app, Some("booking-app-secret"))
            .await;
        let relying_party = json!({
            "client_name": "Gig Planner",
            "policy_uri": "https://gigs.example/privacy",
            "tos_uri": "https://gigs.example/terms",
            "redirect_uris": [self.callback, self.callback_elsewhere],
            "token_endpoint_auth_method": "none",
            "scope": "openid profile email address phone roles bookings:read",
        });
        self.client("relying-party", relying_party, None).await;
    }

    async fn client(&self, client_id: &str, metadata: Value, secret: Option<&str>) {
        let permissions: BTreeSet<String> = PERMISSIONS.iter().map(|it| it.0.to_owned()).collect();
        let registrant = Registrant::Administrator {
            permissions: &permissions,
        };
        let valid = validate(metadata.as_object().unwrap().clone(), registrant).unwrap();
        let now = self.server.app.clock.now();
        let mut client = NewClient::with_id(client_id.into(), valid, now).client;
        client.secret_hash = secret.map(|secret| Secret::new(secret).hash());
        store::client::upsert(&self.server.database.pool, &client)
            .await
            .unwrap();
    }

    /// The address of an authorization request of `relying-party`, with further parameters.
    pub fn authorize(&self, further: &[(&str, &str)]) -> String {
        let mut request = crate::support::flow::Request::new("openid email")
            .with("client_id", "relying-party")
            .with("redirect_uri", &self.callback);
        for (name, value) in further {
            request = request.with(name, value);
        }
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(request.pairs())
            .finish();
        self.server.url(&format!("/authorize?{query}"))
    }
}

fn guard(issuer: &str, audience: &str) -> GuardConfig {
    GuardConfig {
        issuer: issuer.into(),
        audience: audience.into(),
        jwks_uri: None,
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, format!("http://localhost:{port}"))
}

fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
}
