import { createServer } from "node:net";

/**
 * Whether a TCP server can listen at `host`:`port` now. Nothing is reserved: whoever listens next must be ready for the
 * port being taken meanwhile.
 */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
