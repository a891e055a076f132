// An S3 server in a process of its own: run by test/s3-server.ts. The server is s3rver, which keeps objects in files and
// verifies signatures; this adds what a store does on its bad days.
import S3rver from "@20minutes/s3rver";

const server = new S3rver({
  port: 0,
  address: process.argv[3],
  silent: true,
  directory: process.argv[2],
  configureBuckets: [{ name: "lab" }],
});
/** The next requests are answered so: `deny` those of a method, `busy` that many. */
const mood = { deny: null, busy: 0 };
const requests = [];
server.middleware.unshift(async (ctx, next) => {
  requests.push(`${ctx.method} ${ctx.url}`);
  const [status, code] =
    ctx.method === mood.deny ? [403, "AccessDenied"] : mood.busy > 0 ? [503, "SlowDown"] : [null, ""];
  if (status === 503) mood.busy--;
  if (status !== null) {
    ctx.status = status;
    ctx.type = "application/xml";
    ctx.body = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
    return;
  }
  // s3rver takes the path of a bucket for another than was signed, so that the lists of any client would be refused.
  if (!/^\/[^/]+\/[^?]/.test(ctx.url)) ctx.app = Object.create(ctx.app, { allowMismatchedSignatures: { value: true } });
  await next();
});
process.on("message", (message) => {
  Object.assign(mood, message);
  process.send({ requests: requests.splice(0) });
});
process.on("disconnect", () => process.exit(0));
const { port } = await server.run();
process.send({ port });
