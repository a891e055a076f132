import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server that can be cut and mended. */
export interface Way {
  /** An address like the server's, by this way. */
  url: string;
  /** Breaks all connections and refuses new ones, until it is mended. */
  cut(): Promise<void>;
  /**
   * Swallows whatever is sent from now on, and answers nothing. Connections of before and of the time until it is mended stay
   * mute for ever, as through a firewall that has forgotten them.
   */
  swallow(): void;
  mend(): Promise<void>;
}

/** @param at the address of this machine by which the way leads */
export async function openProxy(to: string, at = "127.0.0.1"): Promise<Way> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  const mute = new Set<Socket>();
  let swallowing = false;
  const silence = (socket: Socket) => {
    mute.add(socket);
    socket.unpipe();
    socket.resume();
  };
  const join = (near: Socket) => {
    if (swallowing) {
      sockets.add(near);
      near.on("error", () => {});
      near.on("close", () => sockets.delete(near));
      silence(near);
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        if (!mute.has(socket)) other.destroy();
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
    swallow() {
      swallowing = true;
      for (const socket of sockets) silence(socket);
    },
    async mend() {
      swallowing = false;
      if (!server.listening) await open(port);
    },
  };
}
