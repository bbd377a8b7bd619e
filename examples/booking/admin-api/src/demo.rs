//! Made-up artists and bookings, so that the example has something to show. `DEMO=off` leaves
//! them out.

use sqlx::PgPool;

/// Adds a handful of artists to a database that has none.
pub async fn add_artists(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // Two programs that start together must not both find the table empty.
    sqlx::query("LOCK TABLE artist IN SHARE ROW EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO artist (name, discipline, city, biography, booking_fee)
         SELECT * FROM (VALUES
           ('Camille Roussel', 'Chanson', 'Lyon',
            'Voix et accordéon, entre répertoire et compositions.', 85000),
           ('Duo Ibaïa', 'Musique basque', 'Bayonne',
            'Trikitixa et percussions pour places de village et salles.', 120000),
           ('Les Funambules de Brest', 'Cirque', 'Brest',
            'Fil, jonglage et fanfare en plein air.', 240000),
           ('Nadia Benali', 'Conte', 'Marseille',
            'Contes de la Méditerranée pour petits et grands.', 60000),
           ('Quartet Lumière', 'Jazz', 'Paris',
            'Standards et créations, du club au festival.', 180000)
         ) AS made_up
         WHERE NOT EXISTS (SELECT FROM artist)",
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Gives a subject that was never seen before some bookings, one in the past. Once only: whoever
/// deletes them does not get them again.
pub async fn add_bookings(pool: &PgPool, sub: &str) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let first = sqlx::query("INSERT INTO demo_subject (sub) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(sub)
        .execute(&mut *transaction)
        .await?;
    if first.rows_affected() > 0 {
        sqlx::query(
            "WITH numbered AS (
               SELECT id, row_number() OVER (ORDER BY created_at, name) AS number FROM artist
             )
             INSERT INTO booking (artist_id, sub, venue, starts_at, status)
             SELECT numbered.id, $1, made_up.venue,
                    date_trunc('day', now()) + make_interval(days => made_up.days, hours => 19),
                    made_up.status
             FROM (VALUES
               (1, 'Théâtre des Halles', -20, 'confirmed'),
               (2, 'La Sirène', 15, 'confirmed'),
               (3, 'Place du Marché', 48, 'requested')
             ) AS made_up (number, venue, days, status)
             JOIN numbered USING (number)",
        )
        .bind(sub)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}
