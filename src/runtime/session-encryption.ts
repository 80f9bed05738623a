import type { Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { ServerCertificate } from "./certificate-authority.ts";

/** Ends the encryption of a client that has begun it. `open`: told of the socket that is made. @throws Error where it fails */
export function endEncryption(
  socket: Socket,
  { certificate, privateKey }: ServerCertificate,
  { open, protocols }: { readonly open: (socket: Socket) => void; readonly protocols?: string[] },
): Promise<TLSSocket> {
  const secureContext = createSecureContext({ cert: certificate, key: privateKey, minVersion: "TLSv1.2" });
  const client = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ...(protocols && { ALPNProtocols: protocols }),
  });
  open(client);
  return opened(client, "secure");
}

export function opened<Opened extends Socket>(
  socket: Opened,
  event: "connect" | "secure" | "secureConnect",
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The connection was closed.")));
  });
}
