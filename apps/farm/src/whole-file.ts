import { access, constants, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";

/**
 * Writes a file that is there whole or not at all.
 *
 * @param option which named it, for the message
 * @throws {InvalidInput} when it cannot be written.
 */
export async function writeWhole(file: string, content: string, option: string): Promise<void> {
  const unfinished = `${file}.${process.pid}.part`;
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw unwritable(file, error, option);
  }
}

/** @throws {InvalidInput} when it is certain already that a file cannot be written. */
export async function checkWritable(file: string, option: string): Promise<void> {
  try {
    await access(path.dirname(file), constants.W_OK);
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory()) throw new Error("it is a folder");
  } catch (error) {
    throw unwritable(file, error, option);
  }
}

function unwritable(file: string, error: unknown, option: string): InvalidInput {
  return new InvalidInput(`${file}: cannot be written (${messageOf(error)}); give another place with ${option}`);
}
