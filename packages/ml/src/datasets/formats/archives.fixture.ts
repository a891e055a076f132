import { buffer } from "node:stream/consumers";
import { crc32, deflateRawSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

/** A file for an archive of the tests. */
export type Member = Partial<Header> & { name: string; content?: string | Uint8Array };

/** A tar archive. */
export async function aTar(members: readonly Member[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { content = "", ...header } of members) archive.entry(header, Buffer.from(content));
  archive.finalize();
  return buffer(archive);
}

/** A zip archive as on Unix; `stored` without compression. */
export function aZip(members: readonly Member[], stored = false): Uint8Array {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const { name, type, linkname, content = linkname ?? "" } of members) {
    const path = Buffer.from(name);
    const bytes = Buffer.from(content);
    const data = stored ? bytes : deflateRawSync(bytes);
    // Version, flags (UTF-8), method, time, date, checksum, sizes, length of name and of extra fields.
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(stored ? 0 : 8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(path.length, 22);
    // Lengths of a comment, disk, attributes, offset of the local part.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(type === "symlink" ? 0xa1ff0000 : 0x81a40000, 6);
    rest.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, path, data]);
    centrals.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03"), fields, rest, path]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}
