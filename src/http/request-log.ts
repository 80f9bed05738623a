/** A request that has been answered; it has no secrets and no bodies. */
export interface LoggedRequest {
  readonly requestId: string;
  /** When it was answered: milliseconds since 1970. */
  readonly time: number;
  /** `-` where none could be found out. */
  readonly service: string;
  readonly operation?: string;
  readonly region?: string;
  readonly status: number;
  /** The error's. */
  readonly code?: string;
  /** How long it took. */
  readonly ms: number;
  /** By which door it came. */
  readonly source: "aws" | "console";
  /** Without what the SDK's model calls sensitive; none for a request that was refused before it was read, or that is large. */
  readonly input?: Readonly<Record<string, unknown>>;
}

/** The last requests, in memory alone: it is on the way of every request of AWS's clients, and costs it an assignment. */
export interface RequestLog {
  push(request: LoggedRequest): void;
  /** The newest first. */
  list(): LoggedRequest[];
  clear(): void;
  /** Calls back with each request, as it is answered. */
  onPush(listener: (request: LoggedRequest) => void): void;
}

const capacity = 1000;

export function createRequestLog(): RequestLog {
  let ring: LoggedRequest[] = [];
  let next = 0;
  let listener: ((request: LoggedRequest) => void) | undefined;
  return {
    push(request) {
      ring[next] = request;
      next = (next + 1) % capacity;
      listener?.(request);
    },
    list: () => [...ring.slice(next), ...ring.slice(0, next)].reverse(),
    clear() {
      ring = [];
      next = 0;
    },
    onPush(added) {
      listener = added;
    },
  };
}

/** Whether an operation of this name may change anything. */
export function changesState(operation: string): boolean {
  return !/^(?:Describe|List|Get|Head|Decode)/.test(operation);
}
