#!/bin/sh
# Run once, by the image of PostgreSQL: a role for Daykeel that owns its database and nothing else.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat /run/secrets/records_password`
CREATE ROLE daykeel LOGIN PASSWORD :'password';
CREATE DATABASE daykeel OWNER daykeel;
REVOKE ALL ON DATABASE daykeel FROM PUBLIC;
SQL
