import { readFileSync } from "node:fs";
import type { Server } from "node:http";

/** File descriptors of LocalAWS itself, some 30, and of programs that it starts: the pipes to a few at a time. */
const ownDescriptors = 64;

/**
 * Has a server take no more connections than half of the file descriptors that the process may have beside its own: each of them may
 * need a file besides, and with none left no request at all could be answered, and no database or instance started. Those that nobody
 * uses make room for others. Linux says how many there may be.
 */
export function limitConnections(server: Server): void {
  const descriptors = mostDescriptors();
  if (descriptors === undefined) return;
  server.maxConnections = Math.max(16, Math.floor((descriptors - ownDescriptors) / 2));
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
