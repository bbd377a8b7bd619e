#!/bin/sh
# Makes the secrets of `docker compose up` at the first start, each for the one who reads it, and
# leaves those that are there. `docker compose down -v` throws them away with the data they protect.
set -eu
umask 077

random_hex() {
  od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

# put FILE OWNER: standard input, complete or not at all
put() {
  cat >"$1.new"
  chown "$2" "$1.new"
  chmod 400 "$1.new"
  mv "$1.new" "$1"
}

# The user of the server's and the examples' images, and that of postgres in its image.
service=65532:65532
postgres=$(id -u postgres):$(id -g postgres)

if [ ! -s /keys/key-encryption-key ]; then
  # 32 bytes in base64url without padding (RFC 4648, section 5).
  head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=' |
    put /keys/key-encryption-key "$service"
fi
chown "$service" /keys
if [ ! -s /secrets/booking-client-secret ]; then
  random_hex | put /secrets/booking-client-secret "$service"
fi
# The password last: the three files of the database are made again together or not at all.
if [ ! -s /secrets/database-password ]; then
  password=$(random_hex)
  printf 'postgres://auth_api:%s@postgres/auth_api' "$password" | put /secrets/database-url "$service"
  printf 'postgres://auth_api:%s@postgres/booking' "$password" | put /secrets/booking-database-url "$service"
  printf '%s' "$password" | put /secrets/database-password "$postgres"
fi
chmod 711 /secrets
echo "secrets are in place"
