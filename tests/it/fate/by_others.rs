//! What the person is told where somebody else deleted or restored the account.

use auth_api::account::delete::{self, By, Registry};
use auth_api::audit::Actor;
use auth_api::http::context::RequestContext;
use auth_api::users::store;

use super::sub_of;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::mailbox::letters;
use crate::support::server::TestServer;

const IP: &str = "203.0.113.77";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// An administrator's address and device are theirs: the trail has them, the person's mail has not. The
/// person's own are told.
#[tokio::test]
async fn an_administrators_address_is_not_mailed_to_the_person() {
    for (actor, told) in [
        (Actor::Person, true),
        (Actor::Administrator, false),
        (Actor::Operator, false),
        (Actor::Client, false),
        (Actor::Job, false),
        (Actor::Stranger, false),
    ] {
        let server = TestServer::start().await;
        let sub = (actor == Actor::Administrator).then_some(sub_of(&server, ADMIN).await);
        let by = By { actor, sub };
        let context = RequestContext {
            ip: Some(IP.parse().unwrap()),
            user_agent: Some(BROWSER.to_owned()),
            ..RequestContext::none(server.app.clock.now())
        };
        let (registry, pool) = (Registry::from(&*server.app), &server.app.pool);
        let user = store::find_by_email(pool, CUSTOMER).await.unwrap().unwrap();
        delete::delete(registry, &user.user, by, &context)
            .await
            .unwrap()
            .unwrap();
        let mut tx = pool.begin().await.unwrap();
        let restored = delete::restore(registry, &mut tx, user.user.id_user, by, &context);
        assert!(restored.await.unwrap().is_some());
        tx.commit().await.unwrap();
        for template in ["mail-account-deleted", "mail-account-restored"] {
            let mails = letters(&server, CUSTOMER).await;
            let mail = mails.iter().find(|mail| mail.template == template).unwrap();
            for part in [&mail.content.text, &mail.content.html] {
                for datum in [IP, "Firefox"] {
                    assert_eq!(part.contains(datum), told, "{actor:?} {template}: {part}");
                }
            }
        }
        let noted = "SELECT count(*) FROM audit_event WHERE host(ip) = $1 AND user_agent = $2
                     AND kind IN ('account_deleted', 'account_restored')";
        let noted: i64 = sqlx::query_scalar(noted)
            .bind(IP)
            .bind(BROWSER)
            .fetch_one(pool)
            .await
            .unwrap();
        assert_eq!(noted, 2, "{actor:?}");
    }
}
