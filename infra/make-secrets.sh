#!/bin/sh
# Writes the secrets of compose.yaml, once, with random passwords. What exists is kept.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)/secrets
# Containers read the files as users of their own, so they are readable; the folder keeps everybody else on this machine out.
mkdir -p "$folder" && chmod 700 "$folder"
umask 022

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"; }

keep postgres_password "$(random)"
keep redis_password "$(random)"
keep s3_access_key shadowfarm
keep s3_secret_key "$(random)"
keep grafana_password "$(random)"
keep database_url "postgres://shadowfarm:$(cat "$folder/postgres_password")@postgres:5432/shadowfarm"
keep api_password "$(random)"
keep api_database_url "postgres://farm_api:$(cat "$folder/api_password")@postgres:5432/shadowfarm"
keep redis_url "redis://:$(cat "$folder/redis_password")@redis:6379"
echo "secrets are in $folder"
