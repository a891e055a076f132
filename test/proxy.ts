import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server that can be cut and mended. */
export interface Proxy {
  /** An address like the server's, by this way. */
  url: string;
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** @param at the address of this machine by which the way leads */
export async function openProxy(to: string, at = "127.0.0.1"): Promise<Proxy> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  const join = (near: Socket) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  };
  let server: Server;
  const open = (port: number) =>
    new Promise<number>((resolve) => {
      server = createServer(join);
      server.listen(port, at, () => resolve((server.address() as { port: number }).port));
    });
  const port = await open(0);
  const url = new URL(to);
  url.host = `${at}:${port}`;
  return {
    url: url.href,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async mend() {
      await open(port);
    },
  };
}
