-- The booking platform's own data. People are known by the `sub` of their tokens only: names and
-- addresses stay at the auth server.
CREATE TABLE artist (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  discipline text NOT NULL CHECK (char_length(discipline) BETWEEN 1 AND 60),
  city text NOT NULL CHECK (char_length(city) BETWEEN 1 AND 80),
  biography text NOT NULL DEFAULT '' CHECK (char_length(biography) <= 2000),
  -- In euro cents.
  booking_fee integer NOT NULL CHECK (booking_fee BETWEEN 0 AND 100000000),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX artist_name_idx ON artist (name, id);

CREATE TABLE booking (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  artist_id uuid NOT NULL REFERENCES artist (id) ON DELETE RESTRICT,
  -- Who booked: the subject of the auth server's tokens.
  sub text NOT NULL CHECK (char_length(sub) BETWEEN 1 AND 255),
  venue text NOT NULL CHECK (char_length(venue) BETWEEN 1 AND 120),
  starts_at timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('requested', 'confirmed', 'cancelled')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX booking_artist_id_idx ON booking (artist_id, starts_at);
CREATE INDEX booking_sub_idx ON booking (sub, starts_at);
CREATE INDEX booking_starts_at_idx ON booking (starts_at, id);

-- Who has been given the demonstration's bookings already.
CREATE TABLE demo_subject (
  sub text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);
