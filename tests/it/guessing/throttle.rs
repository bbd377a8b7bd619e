//! Delays, by themselves: how many attempts pass, whoever makes them at once.

use std::net::IpAddr;
use std::time::Duration;

use auth_api::authn::throttle::{Bucket, Gate, forgive, give_back, try_pass};
use auth_api::foundation::secret::Secret;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::races::at_once;
use crate::support::database::TestDatabase;

const START: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);
const KEY: &str = "ada@booking.test";
const OFFICE: [u8; 4] = [192, 0, 2, 1];
const EVERYONE: usize = 50;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How many of [`EVERYONE`] pass who try at once by way of two pools, as of two replicas.
async fn storm(pools: &[PgPool; 2], now: OffsetDateTime) -> usize {
    let gates = at_once(EVERYONE, |number| {
        let pool = pools[number % 2].clone();
        async move {
            // Half of them from one address, half from another.
            let address = IpAddr::from([203, 0, 113, u8::from(number % 4 < 2)]);
            let buckets = [
                Bucket::SignInAddress(address),
                Bucket::SignIn { email_key: KEY },
            ];
            try_pass(&pool, &buckets, now).await.unwrap()
        }
    });
    let gates = gates.await;
    gates.iter().filter(|gate| **gate == Gate::Open).count()
}

async fn second_pool(database: &TestDatabase) -> PgPool {
    PgPoolOptions::new()
        .max_connections(16)
        .connect(&database.url)
        .await
        .unwrap()
}

/// Opens every connection, so that all can begin at the same moment.
async fn warm_up(pools: &[PgPool; 2]) {
    let mut connections = Vec::new();
    for pool in pools {
        for _ in 0..16 {
            connections.push(pool.acquire().await.unwrap());
        }
    }
}

/// Nothing but the very first attempts, over and over: rows are made while others look for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_attempts_of_all_are_counted_as_well() {
    let database = TestDatabase::new().await;
    let pools = [database.pool.clone(), second_pool(&database).await];
    warm_up(&pools).await;
    for round in 0..30 {
        assert_eq!(storm(&pools, START).await, 5, "round {round}");
        let failures = failures(&database.pool).await;
        assert_eq!(
            failures.iter().sum::<i32>(),
            10,
            "round {round}: {failures:?}"
        );
        sqlx::query("DELETE FROM throttle")
            .execute(&database.pool)
            .await
            .unwrap();
    }
}

/// What was counted, the least first.
async fn failures(pool: &PgPool) -> Vec<i32> {
    sqlx::query_scalar("SELECT failures FROM throttle ORDER BY 1")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_pass_at_once_as_one_after_the_other() {
    let database = TestDatabase::new().await;
    let pools = [database.pool.clone(), second_pool(&database).await];
    warm_up(&pools).await;
    let policy = Bucket::SignIn { email_key: KEY }.policy();
    assert_eq!(storm(&pools, START).await, 5);
    // From then on one at a time, each after the delay that the table tells, none a moment before.
    let mut now = START;
    let mut passed = 5;
    for attempts in 5..=18 {
        let delay = policy.delay_after(attempts);
        let before = now + delay - time::Duration::microseconds(1);
        assert_eq!(storm(&pools, before).await, 0, "after {attempts}");
        now += delay;
        assert_eq!(storm(&pools, now).await, 1, "after {attempts}");
        passed += 1;
        let designed = policy.attempts_within((now - START).unsigned_abs());
        assert_eq!(passed, designed, "{}", now - START);
    }
    // What was turned away counted nowhere: each attempt that passed stands once in each bucket.
    let failures = failures(&database.pool).await;
    assert_eq!(failures.len(), 3);
    assert_eq!(failures[0] + failures[1], failures[2], "{failures:?}");
    assert_eq!(failures[2], i32::try_from(passed).unwrap());
}

/// The delay that an attempt meets; 0 if it passes.
async fn attempt(pool: &PgPool, buckets: &[Bucket<'_>], now: OffsetDateTime) -> u32 {
    match try_pass(pool, buckets, now).await.unwrap() {
        Gate::Open => 0,
        Gate::Wait { seconds } => seconds,
    }
}

/// Attempts until one has to wait.
async fn exhaust(pool: &PgPool, buckets: &[Bucket<'_>], now: OffsetDateTime) -> usize {
    let mut passed = 0;
    while attempt(pool, buckets, now).await == 0 {
        passed += 1;
    }
    passed
}

#[tokio::test]
async fn every_bucket_keeps_to_its_designed_number() {
    let pool = TestDatabase::new().await.pool;
    let address = IpAddr::from(OFFICE);
    let device = Secret::generate();
    for bucket in [
        Bucket::SignIn { email_key: KEY },
        Bucket::SignInDevice {
            device: &device,
            email_key: KEY,
        },
        Bucket::SignInAddress(address),
        Bucket::SecondFactor { id_user: 1 },
        Bucket::SecondFactorDevice {
            device: &device,
            id_user: 1,
        },
        Bucket::Registration(address),
        Bucket::MailTo { email_key: KEY },
        Bucket::FactorMail { id_user: 1 },
        Bucket::EmailChange {
            id_user: 1,
            email_key: KEY,
        },
        Bucket::MailFrom(address),
        Bucket::ConfirmPassword { id_user: 1 },
        Bucket::MailedToken(address),
    ] {
        // Whoever comes back at the very moment they are told to.
        let (mut now, mut passed) = (START, 0);
        let hour = START + Duration::from_hours(1);
        loop {
            match attempt(&pool, &[bucket], now).await {
                0 => passed += 1,
                wait => now += seconds(wait.into()),
            }
            if now > hour {
                break;
            }
        }
        let designed = bucket.policy().attempts_within(Duration::from_hours(1));
        assert_eq!(passed, designed, "{bucket:?}");
    }
}

#[tokio::test]
async fn a_wait_is_told_and_is_over_in_time() {
    let pool = TestDatabase::new().await.pool;
    let buckets = [Bucket::SignIn { email_key: KEY }];
    assert_eq!(exhaust(&pool, &buckets, START).await, 5);
    for (attempts, wait) in [(5, 1), (6, 2), (7, 4), (8, 8)] {
        let at = START + seconds((1 << (attempts - 5)) - 1);
        assert_eq!(attempt(&pool, &buckets, at).await, wait);
        // Rounded up: whoever comes when told so passes.
        let later = at + Duration::from_millis(300);
        assert_eq!(attempt(&pool, &buckets, later).await, wait);
        let now = at + seconds(wait.into());
        assert_eq!(attempt(&pool, &buckets, now).await, 0);
    }
    // A day after the last delay, all is forgotten; a moment before, nothing is.
    let last = START + seconds(15 + 16);
    let forgotten = last + Duration::from_hours(24);
    assert_eq!(attempt(&pool, &buckets, forgotten - seconds(1)).await, 0);
    assert_eq!(attempt(&pool, &buckets, forgotten - seconds(1)).await, 32);
    let forgotten = forgotten + seconds(31) + Duration::from_hours(24);
    assert_eq!(exhaust(&pool, &buckets, forgotten).await, 5);
}

#[tokio::test]
async fn one_account_or_address_holds_up_no_other() {
    let pool = TestDatabase::new().await.pool;
    let office = IpAddr::from(OFFICE);
    let elsewhere = IpAddr::from([198, 51, 100, 7]);
    let own = Secret::generate();
    let stranger = Bucket::sign_in(None, KEY, Some(office));
    assert_eq!(exhaust(&pool, &stranger, START).await, 5);
    assert_ne!(
        attempt(&pool, &Bucket::sign_in(None, KEY, Some(elsewhere)), START).await,
        0
    );
    // The owner's own browser, even behind the same address.
    let owner = Bucket::sign_in(Some(&own), KEY, Some(office));
    assert_eq!(attempt(&pool, &owner, START).await, 0);
    // Another account from that address, until the address has had enough: of its thirty, five went
    // to the first account and none to what was turned away.
    let mut passed = 0;
    for number in 0..40 {
        let email_key = format!("{number}@booking.test");
        let buckets = Bucket::sign_in(None, &email_key, Some(office));
        passed += usize::from(attempt(&pool, &buckets, START).await == 0);
    }
    assert_eq!(passed, 25);
    assert_eq!(attempt(&pool, &owner, START).await, 0);
    let other = Bucket::sign_in(None, "other@booking.test", Some(elsewhere));
    assert_eq!(attempt(&pool, &other, START).await, 0);
    // An attempt that an address turns away is not counted for the account.
    assert_ne!(
        attempt(
            &pool,
            &Bucket::sign_in(None, "new@booking.test", Some(office)),
            START
        )
        .await,
        0
    );
    let fresh = Bucket::sign_in(None, "new@booking.test", Some(elsewhere));
    assert_eq!(exhaust(&pool, &fresh, START).await, 5);
    // An IPv6 network counts as one.
    let own_network =
        |host: u16| Bucket::SignInAddress(format!("2001:db8:1:2::{host:x}").parse().unwrap());
    for host in 0..30 {
        assert_eq!(attempt(&pool, &[own_network(host)], START).await, 0);
    }
    assert_ne!(attempt(&pool, &[own_network(31)], START).await, 0);
    let neighbour = Bucket::SignInAddress("2001:db8:1:3::1".parse().unwrap());
    assert_eq!(attempt(&pool, &[neighbour], START).await, 0);
}

#[tokio::test]
async fn success_empties_the_account_and_washes_no_address() {
    let pool = TestDatabase::new().await.pool;
    let office = IpAddr::from(OFFICE);
    let account = Bucket::sign_in(None, KEY, Some(office));
    for _ in 0..4 {
        assert_eq!(attempt(&pool, &account, START).await, 0);
    }
    assert_eq!(attempt(&pool, &account, START).await, 0);
    forgive(&pool, &account, START).await.unwrap();
    assert_eq!(
        exhaust(&pool, &[Bucket::SignIn { email_key: KEY }], START).await,
        5
    );
    // The address has four: the one that succeeded was given back.
    let address = [Bucket::SignInAddress(office)];
    assert_eq!(exhaust(&pool, &address, START).await, 26);

    // Somebody with an account of their own, who signs in after each guess at others', guesses no
    // faster.
    let address = Bucket::SignInAddress(IpAddr::from([198, 51, 100, 7]));
    let mine = [
        Bucket::SignIn {
            email_key: "mine@booking.test",
        },
        address,
    ];
    let (mut now, mut guesses) = (START, 0);
    let end = START + Duration::from_hours(1);
    while now < end {
        if attempt(&pool, &mine, now).await == 0 {
            forgive(&pool, &mine, now).await.unwrap();
        }
        match attempt(&pool, &[address], now).await {
            0 => guesses += 1,
            wait => now += seconds(wait.into()),
        }
    }
    let designed = address.policy().attempts_within(Duration::from_hours(1));
    assert!(
        guesses <= designed,
        "{guesses} guesses, designed {designed}"
    );
}

#[tokio::test]
async fn what_was_not_checked_is_given_back() {
    let pool = TestDatabase::new().await.pool;
    let buckets = Bucket::sign_in(None, KEY, Some(IpAddr::from(OFFICE)));
    for _ in 0..20 {
        assert_eq!(attempt(&pool, &buckets, START).await, 0);
        give_back(&pool, &buckets, START).await.unwrap();
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM throttle")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 0);
    // The fifth, too, though a delay had begun.
    assert_eq!(exhaust(&pool, &buckets, START).await, 5);
    give_back(&pool, &buckets, START).await.unwrap();
    assert_eq!(exhaust(&pool, &buckets, START).await, 1);
    // Later, a delay that has begun stays.
    let now = START + seconds(1);
    assert_eq!(attempt(&pool, &buckets, now).await, 0);
    give_back(&pool, &buckets, now).await.unwrap();
    assert_eq!(attempt(&pool, &buckets, now).await, 2);
    assert_eq!(attempt(&pool, &buckets, now + seconds(2)).await, 0);
}
