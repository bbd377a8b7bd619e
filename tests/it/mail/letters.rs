//! What letters say and how they are written (RFC 5322, MIME), read by another implementation.

use std::collections::BTreeSet;

use auth_api::i18n::Locale;
use auth_api::mail::{Letter, Recipient};
use mail_parser::{Message, MessageParser};

use super::{every_letter, mailing, post, reset};
use crate::support::server::TestServer;
use crate::support::smtp::{Received, SmtpServer};

fn parse(received: &Received) -> Message<'_> {
    MessageParser::default().parse(&received.raw).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_text_and_html_with_the_headers_of_an_automatic_message() {
    let smtp = SmtpServer::start().await;
    let (server, _jobs) = mailing(&smtp).await;
    let link = format!("{}/reset-password?token=secret-and-long", server.issuer);
    let to = Recipient {
        id_user: None,
        email: "ada@booking.test",
        name: Some("Ada Lovelace"),
        locale: Locale::Fr,
    };
    let now = server.app.clock.now();
    super::post_to(&server, &to, &reset(&link)).await;
    let received = smtp.wait_for(1).await;
    let received = &received[0];
    assert_eq!(received.from, "no-reply@booking.test");
    assert_eq!(received.to, ["ada@booking.test"]);
    assert!(received.raw.is_ascii());
    assert!(
        received
            .raw
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 78)
    );

    let mail = parse(received);
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Booking Platform"));
    assert_eq!(from.address(), Some("no-reply@booking.test"));
    let to = mail.to().unwrap().first().unwrap();
    assert_eq!(
        (to.name(), to.address()),
        (Some("Ada Lovelace"), Some("ada@booking.test"))
    );
    assert_eq!(mail.subject(), Some("Choisissez un nouveau mot de passe"));
    let until = server.app.clock.now().unix_timestamp();
    assert!((now.unix_timestamp()..=until).contains(&mail.date().unwrap().to_timestamp()));
    assert!(mail.message_id().unwrap().ends_with("@booking.test"));
    let header = |name: &'static str| mail.header_raw(name).map(str::trim);
    assert_eq!(header("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(header("Content-Language"), Some("fr"));
    assert!(
        header("Content-Type")
            .unwrap()
            .starts_with("multipart/alternative")
    );
    assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));

    let text = mail.body_text(0).unwrap();
    assert!(text.starts_with("Bonjour Ada Lovelace,"), "{text}");
    // The page is in the language of the letter.
    let link = link.replace('?', "?ui_locales=fr&");
    assert!(text.lines().any(|line| line == link), "{text}");
    assert!(text.contains("30\u{a0}minutes"), "{text}");
    let html = mail.body_html(0).unwrap();
    let link = link.replace('&', "&#38;");
    assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
    assert!(html.contains("lang=\"fr\""), "{html}");
    super::wait_for_queue(&server, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_letter_in_both_languages() {
    let smtp = SmtpServer::start().await;
    let (server, _jobs) = mailing(&smtp).await;
    let letters = every_letter(&server);
    let names: BTreeSet<_> = letters.iter().map(Letter::name).collect();
    assert_eq!(names.len(), letters.len());
    for letter in &letters {
        for locale in Locale::ALL {
            let email = format!("{}.{}@booking.test", letter.name(), locale.tag());
            let to = Recipient {
                id_user: None,
                email: &email,
                name: Some("Zoë"),
                locale,
            };
            super::post_to(&server, &to, letter).await;
        }
    }
    let received = smtp.wait_for(letters.len() * 2).await;
    let mut ids = BTreeSet::new();
    let mut paths = BTreeSet::new();
    for received in &received {
        let address = &received.to[0];
        let mail = parse(received);
        assert!(ids.insert(mail.message_id().unwrap().to_owned()));
        let text = mail.body_text(0).unwrap();
        let html = mail.body_html(0).unwrap();
        let subject = mail.subject().unwrap();
        for part in [subject, &text, &html] {
            // A key that was not found, a variable that was not given.
            let mut words = part.split(|c: char| !c.is_alphanumeric() && c != '-');
            let key = words.any(|word| word.starts_with("mail-"));
            assert!(!key && !part.contains("{ "), "{address}: {part}");
            assert!(
                !part.contains('{') || part.contains("<!doctype"),
                "{address}: {part}"
            );
        }
        assert!(
            !subject.is_empty() && subject.chars().count() <= 60,
            "{address}: {subject}"
        );
        assert!(!text.contains("\n\n\n"), "{address}: {text}");
        // Nothing is loaded, and nothing runs.
        for active in [
            "<img", "<script", "<link", "<iframe", "src=", "url(", "@import",
        ] {
            assert!(!html.contains(active), "{address}: {active}");
        }
        // What people chose is text.
        assert!(!html.contains("<b>"), "{address}");
        let links: Vec<&str> = text.lines().filter(|line| line.contains("://")).collect();
        for link in links.iter().filter(|line| line.starts_with("http")) {
            let written = link.replace('&', "&#38;");
            assert!(
                html.contains(&format!("href=\"{written}\"")),
                "{address}: {link}"
            );
            assert!(link.starts_with(&server.issuer), "{address}: {link}");
            let path = link.strip_prefix(&server.issuer).unwrap();
            paths.insert(path.to_owned());
        }
        // To an address that nobody has proved yet, no word of a stranger goes.
        let unproven = ["verify-email", "already", "confirm-email"];
        let stranger = unproven.iter().any(|letter| address.contains(letter));
        assert_eq!(text.contains("Zoë"), !stranger, "{address}: {text}");
        // The others say what others did, whose address is not the reader's to know.
        let without = [
            "mail-email-taken-back",
            "mail-email-set",
            "mail-account-purged",
        ];
        if !without.iter().any(|letter| address.starts_with(letter)) {
            for fact in ["203.0.113.7", "Firefox", "Linux", "UTC"] {
                assert!(
                    text.contains(fact) && html.contains(fact),
                    "{address}: {text}"
                );
            }
            // Where a link is still to be followed, nothing was done yet that a new password mends.
            let asks = ["verify-email", "already", "reset-password", "confirm-email"];
            let asks = asks.iter().any(|letter| address.contains(letter));
            let help = text.contains("/forgot-password?ui_locales=");
            assert_eq!(help, !asks, "{address}: {text}");
        }
    }
    // Every link leads somewhere.
    for path in paths {
        let answer = server.http.get(server.url(&path)).send().await.unwrap();
        assert_ne!(answer.status().as_u16(), 404, "{path}");
        assert_ne!(answer.status().as_u16(), 405, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_header_can_be_written_by_a_name_or_an_address() {
    let smtp = SmtpServer::start().await;
    let (server, _jobs) = mailing(&smtp).await;
    let evil = "Ada\r\nBcc: eve@booking.test\r\n\r\nHello";
    let names = [
        evil,
        "Ada\nX-Evil: yes",
        "\"Ada\" <eve@booking.test>,",
        "=?utf-8?q?Ada=0D=0ABcc:_eve=40booking.test?=",
        "Ada\u{2028}Bcc: eve@booking.test",
    ];
    for (index, name) in names.iter().enumerate() {
        let email = format!("ada{index}@booking.test");
        let to = Recipient {
            id_user: None,
            email: &email,
            name: Some(name),
            locale: Locale::En,
        };
        let letter = Letter::FactorAdded {
            kind_key: "totp",
            name: (*name).to_owned(),
            what: super::what(&server),
        };
        super::post_to(&server, &to, &letter).await;
    }
    for address in [
        "ada@booking.test\r\nBcc: eve@booking.test",
        "ada@booking.test> <eve@booking.test",
        "",
        "@",
    ] {
        post(&server, address, &reset("https://x.example/")).await;
    }
    // One more, to know when all the others are through.
    post(&server, "last@booking.test", &reset("https://x.example/")).await;
    super::wait_for_queue(&server, 0).await;
    let received = smtp.received();
    assert_eq!(received.len(), names.len() + 1);
    for received in &received {
        assert_eq!(received.to.len(), 1);
        let mail = parse(received);
        for header in ["Bcc", "X-Evil", "Cc"] {
            assert!(
                mail.header_raw(header).is_none(),
                "{header}: {:?}",
                received.to
            );
        }
        assert_eq!(mail.to().unwrap().iter().count(), 1);
        assert_eq!(
            mail.to().unwrap().first().unwrap().address(),
            Some(received.to[0].as_str())
        );
    }
}

/// What stands in the table tells nothing to a reader of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_holds_no_link_and_no_address_in_plain() {
    let server = TestServer::start().await;
    for letter in every_letter(&server) {
        post(&server, "ada@booking.test", &letter).await;
    }
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT to_jsonb(mail)::text, message_sealed FROM mail")
            .fetch_all(&server.database.pool)
            .await
            .unwrap();
    assert_eq!(rows.len(), every_letter(&server).len());
    for (row, sealed) in rows {
        let sealed = String::from_utf8_lossy(&sealed);
        for plain in [
            "token=",
            "0123456789abcdef",
            "http",
            "ada@",
            "123456\"",
            "Firefox",
        ] {
            assert!(
                !row.contains(plain) && !sealed.contains(plain),
                "{plain}: {row}"
            );
        }
    }
}
