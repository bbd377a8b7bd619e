//! The demo clients' metadata (RFC 7591, section 2).

use serde_json::{Value, json};

/// A web application with a back end.
pub fn booking_app() -> Value {
    json!({
        "client_name": "Booking App",
        "client_name#fr": "Appli de réservation",
        "client_uri": "http://localhost:3002/",
        "redirect_uris": ["http://localhost:3002/callback"],
        "post_logout_redirect_uris": ["http://localhost:3002/"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile email address phone roles offline_access artists:read \
                  artists:write bookings:read bookings:write",
    })
}

/// A page that runs in the browser.
pub fn booking_spa() -> Value {
    json!({
        "client_name": "Booking SPA",
        "redirect_uris": ["http://localhost:3005/callback", "http://127.0.0.1/callback"],
        "post_logout_redirect_uris": ["http://localhost:3005/"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": "openid profile email address phone roles offline_access artists:read \
                  bookings:read",
    })
}

/// A program without a person.
pub fn booking_batch() -> Value {
    json!({
        "client_name": "Booking batch",
        "redirect_uris": [],
        "response_types": [],
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "artists:read bookings:read",
    })
}

/// The platform's own app: it signs people in by the JSON API, and manages their accounts.
pub fn booking_mobile() -> Value {
    json!({
        "client_name": "Booking",
        "application_type": "native",
        "redirect_uris": ["test.booking.mobile:/callback"],
        "post_logout_redirect_uris": ["test.booking.mobile:/signed-out"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": "openid profile email address phone roles offline_access account artists:read \
                  artists:write bookings:read bookings:write",
    })
}
