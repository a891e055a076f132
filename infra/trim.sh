#!/bin/sh
# Run while an image is built: removes what is never run, so that it is neither shipped nor scanned.
set -eu
cd "$(dirname "$0")/.."
find apps packages \( -name '*.test.ts' -o -name '*.fixture.ts' -o -name bench \) -prune -exec rm -rf {} +
rm -rf test docs .ci .git .turbo infra/helm infra/slurm infra/grafana infra/prometheus infra/check infra/compose.yaml infra/secrets
