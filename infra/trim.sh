#!/bin/sh
# Run while an image is built: removes what is never run, so that it is neither shipped nor scanned.
set -eu
cd "$(dirname "$0")/.."
find apps packages \( -name '*.test.ts' -o -name '*.fixture.ts' -o -name bench \) -prune -exec rm -rf {} +
rm -rf test docs .ci .git .turbo infra/helm infra/slurm infra/grafana infra/prometheus infra/check infra/compose.yaml infra/secrets
cd node_modules
# Prisma's client asks for its command line, which asks for a compiler and a second database; the farm runs none of them.
rm -rf prisma typescript @typescript @electric-sql effect @prisma/dev @prisma/studio-core @prisma/engines @prisma/fetch-engine
# Other systems' binaries, and maps for debuggers.
rm -rf onnxruntime-node/bin/napi-v6/darwin onnxruntime-node/bin/napi-v6/win32
find . -name '*.map' -type f -delete
