import { join } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { defineDataset, type Located } from "../unit.ts";
import { entriesOf } from "./formats/entries.ts";
import { checksumOf, firstFile, sha256Of } from "./formats/files.ts";
import { bodyOf, countTerms } from "./formats/messages.ts";
import { synthesizeNews } from "./stand-ins/news.ts";

const records = 18_846;
const maxBytes = 2 ** 28;
const parts = ["20news-bydate-train", "20news-bydate-test"];
/** The newsgroups, each at the number of its class. */
const groups = [
  "alt.atheism",
  "comp.graphics",
  "comp.os.ms-windows.misc",
  "comp.sys.ibm.pc.hardware",
  "comp.sys.mac.hardware",
  "comp.windows.x",
  "misc.forsale",
  "rec.autos",
  "rec.motorcycles",
  "rec.sport.baseball",
  "rec.sport.hockey",
  "sci.crypt",
  "sci.electronics",
  "sci.med",
  "sci.space",
  "soc.religion.christian",
  "talk.politics.guns",
  "talk.politics.mideast",
  "talk.politics.misc",
  "talk.religion.misc",
];

/**
 * Messages in 20 newsgroups, without headers, footers and quotes. Salem et al. 2019, §II-B: weighed by TF-IDF. The archive
 * 20news-bydate.tar.gz or its two folders, with any number of messages; the training part, then the test part, by group
 * and number. A message that is empty without its quotes stays a record.
 */
export const news = defineDataset({
  name: "news",
  title: "20 Newsgroups",
  paper: "Lang 1995; Salem et al. 2019, §II-B",
  version: 1,
  params: z.strictObject({
    vocabulary: z
      .int()
      .min(10)
      .max(200_000)
      .default(5000)
      .describe("terms a model knows: those that most of its training messages have"),
  }),
  kind: "text",
  classes: groups.length,
  records,
  licence: "none stated (public Usenet posts with real names and addresses); cite Lang 1995",
  downloads: [
    {
      file: "20news-bydate.tar.gz",
      urls: [
        "https://ndownloader.figshare.com/files/5975967",
        "http://qwone.com/~jason/20Newsgroups/20news-bydate.tar.gz",
      ],
      checksum: { algorithm: "sha256", hex: "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610" },
      bytes: 14_464_277,
    },
  ],
  input: ({ vocabulary }) => ({ kind: "text", shape: [vocabulary], low: 0, high: 1 }),
  encoding: () => ({ kind: "tf-idf" }),
  async locate(folders) {
    for (const folder of folders) {
      for (const place of [join(folder, "news"), folder]) {
        const archive = await firstFile(place, ["20news-bydate.tar.gz"]);
        if (archive !== null) return { files: [archive], origin: "archive 20news-bydate.tar.gz" };
        const found = await Promise.all(parts.map((part) => firstFile(place, [part])));
        const files = found.filter((file) => file !== null);
        if (files.length === parts.length) return { files, origin: "folders 20news-bydate-train and -test" };
        if (files.length > 0) {
          const missing = parts[found.indexOf(null)];
          throw new InvalidInput(`${files[0]} is there, but not ${missing} beside it; add the missing folder`);
        }
      }
    }
    return null;
  },
  async inspect(located) {
    const messages = await readMessages(located, sha256Of);
    const checksum = checksumOf(messages.map(({ path, kept }) => [path, kept]));
    return { records: messages.length, checksum, largestGroup: 1 };
  },
  async load(located) {
    const messages = await readMessages(located, (bytes) => bodyOf(Buffer.from(bytes).toString("latin1")));
    const { counts, dictionary } = countTerms(messages.map(({ kept }) => kept));
    return { features: counts, labels: Int32Array.from(messages, ({ group }) => group), dictionary };
  },
  synthesize: synthesizeNews,
});

interface Message {
  /** part/group/number, the same wherever the files were found. */
  path: string;
  part: number;
  group: number;
  number: number;
  kept: string;
}

/**
 * Every message in the order of records, with what `keep` makes of it.
 *
 * @throws {InvalidInput} naming the archive or folder and the file, for one that is not a message of the 20 groups or
 *   is there twice, and when a part has no message.
 */
async function readMessages({ files }: Located, keep: (message: Uint8Array) => string): Promise<Message[]> {
  const source = files[0] as string;
  const messages: Message[] = [];
  const seen = new Set<string>();
  for await (const { path, read } of entriesInAll(files)) {
    const [part, group, number] = path.split("/").slice(-3);
    const place = { part: parts.indexOf(part ?? ""), group: groups.indexOf(group ?? ""), number: Number(number) };
    if (place.part === -1 || place.group === -1 || !/^\d{1,9}$/.test(number ?? "")) {
      throw new InvalidInput(
        `${source}: ${path} is not ${parts.join(" or ")}, one of the 20 groups and a number; download it again`,
      );
    }
    const message = `${part}/${group}/${place.number}`;
    if (seen.has(message)) throw new InvalidInput(`${source} holds ${message} twice; download it again`);
    seen.add(message);
    messages.push({ path: message, ...place, kept: keep(await read()) });
  }
  const missing = parts.find((_, part) => !messages.some((message) => message.part === part));
  if (missing !== undefined) throw new InvalidInput(`${source} has no message of ${missing}; download it again`);
  return messages.sort((a, b) => a.part - b.part || a.group - b.group || a.number - b.number);
}

async function* entriesInAll(sources: readonly string[]) {
  for (const source of sources) yield* entriesOf(source, { maxBytes });
}
