#!/bin/sh
# What a container, or a Slurm job, starts: `scheduler`, `worker`, or any command of `shadowfarm`.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

# URLs hold passwords. A file that only this process reads shows them in no listing of containers, pods or processes.
for name in DATABASE_URL REDIS_URL; do
  eval "file=\${${name}_FILE:-}"
  # shellcheck disable=SC2154 # assigned by eval
  [ -z "$file" ] && continue
  [ -r "$file" ] || { echo "${name}_FILE: $file cannot be read; give a file that this user may read" >&2; exit 2; }
  value=$(cat "$file")
  export "$name=$value"
done

case "${1:-}" in
  scheduler | worker) main="$root/apps/$1/src/main.ts" && shift ;;
  *) main="$root/apps/farm/src/main.ts" ;;
esac
# exec: signals reach the farm itself, which finishes its jobs or hands them back. By path: the working directory is the caller's.
exec node --import "file://$root/node_modules/tsx/dist/loader.mjs" "$main" "$@"
