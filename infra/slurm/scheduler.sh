#!/bin/bash
# The scheduler, on a login node or any machine that reaches the database; it computes nothing.
#   nohup infra/slurm/scheduler.sh >scheduler.log 2>&1 &
set -euo pipefail
checkout=$(cd "$(dirname "$0")/../.." && pwd)
export DATABASE_URL_FILE=${DATABASE_URL_FILE:-$HOME/.shadowfarm/database-url}

# One a database. The lock is on the file's path, so it holds on this machine, and elsewhere as far as flock does.
exec 9<"$DATABASE_URL_FILE"
flock --nonblock 9 || { echo "a scheduler for $DATABASE_URL_FILE runs already" >&2; exit 2; }

stopping=no
scheduler=
trap 'stopping=yes; [[ -z $scheduler ]] || kill -TERM "$scheduler"' TERM INT
"$checkout/infra/entrypoint.sh" db migrate
# A database that restarts ends the scheduler; it comes back with it.
while [[ $stopping == no ]]; do
  "$checkout/infra/entrypoint.sh" scheduler &
  scheduler=$!
  wait "$scheduler" || true
  [[ $stopping == yes ]] || sleep 5
done
# A signal ended the first `wait`; the scheduler itself may still be finishing a round.
[[ -z $scheduler ]] || wait "$scheduler" || true
