import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { S3Location } from "@shadowfarm/store/artifact-location";

/** A real S3 server in a process of its own, with a bucket "lab". */
export interface S3Server {
  endpoint: string;
  /** The variables that have the command line keep artifacts in `s3://lab/<prefix>`. */
  variables(prefix: string): Record<string, string>;
  location(prefix: string, cacheFolder: string): S3Location;
  /** Answers requests of a method with AccessDenied, or the next few with SlowDown. Returns what was asked so far. */
  set(mood: { deny?: string | null; busy?: number }): Promise<string[]>;
  stop(): Promise<void>;
}

export const S3_KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

/** @param address of this machine by which it is reached */
export async function startS3(folder: string, address = "127.0.0.1"): Promise<S3Server> {
  const child = fork(fileURLToPath(new URL("s3-process.mjs", import.meta.url)), [folder, address]);
  const { port } = await answer<{ port: number }>(child);
  const endpoint = `http://${address}:${port}`;
  return {
    endpoint,
    variables: (prefix) => ({
      SHADOWFARM_ARTIFACTS: `s3://lab/${prefix}`,
      SHADOWFARM_S3_ENDPOINT: endpoint,
      SHADOWFARM_S3_ACCESS_KEY: S3_KEYS.accessKeyId,
      SHADOWFARM_S3_SECRET_KEY: S3_KEYS.secretAccessKey,
    }),
    location: (prefix, cacheFolder) => ({
      kind: "s3",
      bucket: "lab",
      prefix: `${prefix}/`,
      endpoint,
      region: "us-east-1",
      pathStyle: true,
      credentials: S3_KEYS,
      cacheFolder,
      cacheBytes: 1e9,
    }),
    async set(mood) {
      child.send(mood);
      return (await answer<{ requests: string[] }>(child)).requests;
    },
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as T));
    child.once("exit", (code) => reject(new Error(`the S3 server ended with code ${code}`)));
  });
}
