import { type Logger, symbols } from "pino";
import type { Served } from "./exchange.ts";

/** Writes what the log says of a request that was answered: its status, and the milliseconds that it took. */
export type RequestLine = (served: Served, outcome: { status: number; ms: number; time: number }) => void;

/**
 * The line that `log.info({ requestId, service, … }, "request")` writes, put together by hand: pino looks at each member of an
 * object that is of the same form each time, which took a twentieth of a small read. What a client may have said is quoted.
 */
export function requestLine(log: Logger): RequestLine {
  if (!log.isLevelEnabled("info")) return () => {};
  const { output, bindings } = innards(log);
  const member = (name: string, value: string | undefined) =>
    value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
  return ({ requestId, service, operation, region, code }, { status, ms, time }) => {
    const asked = `${member("service", service)}${member("operation", operation)}${member("region", region)}${member("code", code)}`;
    output.write(
      `{"level":30,"time":${time}${bindings},"requestId":"${requestId}"${asked},"status":${status},"ms":${ms},"msg":"request"}\n`,
    );
  };
}

/** Where its lines go, and what each of them says (`,"pid":1,…`): pino has no type for what it keeps under the symbols that it exports. */
function innards(log: Logger): { output: { write(line: string): void }; bindings: string } {
  const kept = log as unknown as Record<symbol, unknown>;
  return {
    output: kept[symbols.streamSym] as { write(line: string): void },
    bindings: kept[symbols.chindingsSym] as string,
  };
}
