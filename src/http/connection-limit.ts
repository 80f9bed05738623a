import { readFileSync } from "node:fs";
import type { Server } from "node:http";

/**
 * Has a server take no more connections than half of the file descriptors that the process may have: each of them may need a file
 * besides, and with none left no request at all could be answered. Those that nobody uses make room for others. Linux says how
 * many there may be.
 */
export function limitConnections(server: Server): void {
  const descriptors = mostDescriptors();
  if (descriptors === undefined) return;
  server.maxConnections = Math.max(16, Math.floor(descriptors / 2));
  server.on("drop", () => server.closeIdleConnections());
}

function mostDescriptors(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
