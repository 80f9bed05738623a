import { connect } from "node:net";

/** "the database system is starting up": https://www.postgresql.org/docs/17/errcodes-appendix.html */
const cannotConnectNow = "57P03";

/**
 * Whether a PostgreSQL server answers a start-up message at `host`:`port` by anything but "not yet"; no user or password
 * is needed, as for `pg_isready`. https://www.postgresql.org/docs/17/protocol-message-formats.html
 */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: reachable(host), port, timeout: 5000 }, () => socket.write(startupMessage()));
    const end = (accepts: boolean) => {
      socket.destroy();
      resolve(accepts);
    };
    socket.on("data", (answer) => {
      const type = String.fromCharCode(answer[0] ?? 0);
      end(type === "R" || (type === "E" && !answer.includes(`C${cannotConnectNow}\0`)));
    });
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

/** Protocol 3.0, for a user that need not exist. */
function startupMessage(): Buffer {
  const body = Buffer.from("user\0localaws\0database\0postgres\0\0");
  const message = Buffer.alloc(8 + body.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt16BE(3, 4);
  body.copy(message, 8);
  return message;
}

function reachable(host: string): string {
  return host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
}
