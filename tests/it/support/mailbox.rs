//! The mail that the server caught, as its recipients read it.

use auth_api::mail::CaughtMail;

use super::server::TestServer;

/// The letters to an address, the newest first.
pub async fn letters(server: &TestServer, to: &str) -> Vec<CaughtMail> {
    let all = server
        .app
        .mail
        .caught(&server.app.pool, 1000)
        .await
        .unwrap();
    all.into_iter()
        .filter(|mail| mail.content.to == to)
        .collect()
}

/// The kinds of the letters to an address, the newest first.
pub async fn kinds(server: &TestServer, to: &str) -> Vec<String> {
    let letters = letters(server, to).await;
    letters.into_iter().map(|mail| mail.template).collect()
}

/// The links to a page in the letters to an address, the newest letter first.
pub async fn links(server: &TestServer, to: &str, page: &str) -> Vec<String> {
    let start = format!("{}{page}", server.issuer);
    let letters = letters(server, to).await;
    let in_text = |mail: CaughtMail| {
        let text = mail.content.text.clone();
        let link = text
            .split_whitespace()
            .find(|word| word.starts_with(&start));
        link.map(str::to_owned)
    };
    letters.into_iter().filter_map(in_text).collect()
}

/// The link to a page in the newest letter that has one.
pub async fn link(server: &TestServer, to: &str, page: &str) -> String {
    let links = links(server, to, page).await;
    links
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("no link to {page} was mailed to {to}"))
}
