import type { Readable } from "node:stream";

/** The body of a streamed request (S3): read it once. An upload's trailing headers are there when the stream has ended. */
export interface BodyStream extends Readable {
  /** Names in lower case. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** Nothing says how long it is: its end is marked, as that of a file in a form is. */
  readonly lengthUnknown?: true;
  /** All of it at once, in place of the stream: to be called by `readBody` alone. */
  whole?(limit: number): Promise<Buffer>;
  /** Its chunks in order, in place of the stream: to be called by `eachChunk` alone. */
  each?(take: TakeChunk): Promise<void>;
  /**
   * Where it compares its SHA-256, and is read by `eachChunk`: lets the reader compute that, who hashes the same bytes anyway. It is
   * asked for at the end, in hexadecimal, and compared by the body as ever.
   */
  useSha256?(digest: () => Promise<string>): void;
}

/** Where it returns a promise, there is no further chunk before that is fulfilled, but for what has arrived with this one. */
export type TakeChunk = (chunk: Buffer) => Promise<void> | undefined;

type OperationName<Sdk> = Extract<keyof Sdk, `${string}Command`> extends `${infer Name}Command` ? Name : never;

/** A streamed member is the SDK's union of browser and Node types; here it is always one of Node's. */
type ServerInput<Input> = { [M in keyof Input]: M extends "Body" ? BodyStream : Input[M] };
type ServerOutput<Output> = {
  [M in keyof Output as M extends "$metadata" ? never : M]: M extends "Body" ? Readable | Uint8Array : Output[M];
} & {
  /** For the few operations whose answers have more than one status (S3's RestoreObject), or headers that the SDK does not know. */
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    /** Names in lower case. */
    readonly httpHeaders?: Readonly<Record<string, string>>;
  };
};

type Handle<Context, Command> = Command extends abstract new (
  ...args: never
) => {
  readonly input: infer Input;
  resolveMiddleware(...args: never): (...args: never) => Promise<{ output: infer Output }>;
}
  ? (ctx: Context, input: ServerInput<Input>) => Promise<ServerOutput<Output>> | ServerOutput<Output>
  : never;

/**
 * Handlers by operation name, typed by the SDK's own commands: an unknown name, a wrong input and a wrong output are
 * compile errors. `Sdk` is the client's module type: `const keyPairs = { … } satisfies Operations<typeof Ec2, Context>`.
 */
export type Operations<Sdk, Context> = {
  [Name in OperationName<Sdk>]?: `${Name}Command` extends keyof Sdk ? Handle<Context, Sdk[`${Name}Command`]> : never;
};

/** What the pipeline calls; the schema of the operation stands for the types that are erased here. */
export type AnyOperation<Context> = (ctx: Context, input: never) => unknown;

/** Of an output: the items of several of its lists, with the member whose each is, in the order of the document. */
export const inOrder = Symbol("in order");

export type Interleaved = readonly (readonly [member: string, item: unknown])[];

/** Lets the items of an output's lists be written in their common order, as S3 does with versions and delete markers. */
export function interleaved<Output extends object>(output: Output, items: Interleaved): Output {
  return Object.defineProperty(output, inOrder, { value: items, enumerable: true });
}
