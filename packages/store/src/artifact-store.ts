import type { ArtifactsLocation } from "./artifact-location.ts";
import type { Artifacts } from "./artifacts.ts";
import { openFolder } from "./folder-artifacts.ts";

/** Opens the store that the configuration names; that it can be used is said by its `probe`. */
export async function openArtifacts(location: ArtifactsLocation): Promise<Artifacts> {
  if (location.kind === "folder") return openFolder(location.folder);
  // The client takes a while to load; who keeps artifacts in a folder does without.
  const { openS3 } = await import("./s3-artifacts.ts");
  return openS3(location);
}
