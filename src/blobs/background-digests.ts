import { createHash, type Hash } from "node:crypto";
import { Worker } from "node:worker_threads";

export type DigestName = "md5" | "sha256";

/** Digests of bytes that come chunk by chunk. */
export interface RunningDigests {
  /** A promise where no more is to be given before it is fulfilled. The chunk may be used again at once. */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Ends them all, and gives one of them. @throws Error where their thread has ended, or it is none of them */
  digest(name: DigestName): Promise<Buffer>;
  /** Lets go of what has no digests yet; does nothing afterwards. */
  abandon(): void;
}

type Digests = ReadonlyMap<DigestName, Uint8Array>;

/** Bytes that are handed over together: a message for each chunk would cost more than it spares. */
const blockBytes = 512 * 1024;
/** Blocks of one body that wait to be hashed. */
const maxUnderWay = 3;
/** Beyond so many at a time one thread has enough to do. */
const maxRunning = 8;
/** Blocks that are kept for the next body: what four at a time use. */
const maxSpare = 16;

/** A smaller body is hashed sooner than it is handed over. */
const minBytes = 2 * 1024 * 1024;

/**
 * Its source as text, so that it is the same in the bundle and out of it. Blocks are given back when they have been hashed: memory
 * that both threads had in common would be filled a word at a time, which took three times as long.
 */
const workerSource = `
const { parentPort } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const hashes = new Map();
parentPort.on("message", ({ id, names, bytes, end, abandoned }) => {
  if (abandoned) return void hashes.delete(id);
  const running = hashes.get(id) ?? new Map(names.map((name) => [name, createHash(name)]));
  hashes.set(id, running);
  if (bytes) for (const hash of running.values()) hash.update(bytes);
  if (bytes) parentPort.postMessage({ id, bytes }, [bytes.buffer]);
  if (!end) return;
  hashes.delete(id);
  parentPort.postMessage({ id, digests: new Map([...running].map(([name, hash]) => [name, hash.digest()])) });
});`;

type Block = Uint8Array<ArrayBuffer>;

interface Answer {
  readonly id: number;
  /** A block that may be used again. */
  readonly bytes?: Block;
  readonly digests?: Digests;
}

let worker: Worker | undefined;
let lastId = 0;
const running = new Map<number, BackgroundDigests>();
const spareBlocks: Block[] = [];

/**
 * Digests: of `length` bytes, where that is known. Those of a large body are computed on a thread of its own while the next bytes are
 * received and written: they are the dearest of what is done to them. docs/decisions/0065-md5-on-a-thread.md
 */
export function runningDigests(names: readonly DigestName[], length: number | undefined): RunningDigests {
  if (length === undefined || length < minBytes || running.size >= maxRunning) return new OwnDigests(names);
  worker ??= startWorker();
  const digests = new BackgroundDigests(worker, ++lastId, names);
  running.set(lastId, digests);
  return digests;
}

function startWorker(): Worker {
  const started = new Worker(workerSource, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  started.on("message", ({ id, bytes, digests }: Answer) => {
    if (bytes !== undefined) {
      if (spareBlocks.length < maxSpare) spareBlocks.push(new Uint8Array(bytes.buffer));
      running.get(id)?.hashed();
    }
    if (digests !== undefined) running.get(id)?.ended(digests);
  });
  const end = (error: Error) => {
    if (worker !== started) return;
    worker = undefined;
    for (const digests of running.values()) digests.fail(error);
  };
  started.on("error", end);
  started.on("exit", (code) => end(new Error(`The thread that hashes ended with code ${code}.`)));
  // Who listens for messages keeps the process alive: this is said after that.
  started.unref();
  return started;
}

/** A promise, and what settles it. */
interface Awaited<Result> {
  readonly promise: Promise<Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

function awaited<Result>(): Awaited<Result> {
  let resolve: Awaited<Result>["resolve"] = () => {};
  let reject: Awaited<Result>["reject"] = () => {};
  const promise = new Promise<Result>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

function digestOf(digests: Digests, name: DigestName): Buffer {
  const digest = digests.get(name);
  if (digest === undefined) throw new Error(`The ${name} was not asked for.`);
  return Buffer.from(digest);
}

/** On the thread that asks. */
class OwnDigests implements RunningDigests {
  readonly #hashes: ReadonlyMap<DigestName, Hash>;
  #digests: Digests | undefined;

  constructor(names: readonly DigestName[]) {
    this.#hashes = new Map(names.map((name) => [name, createHash(name)]));
  }

  update(chunk: Uint8Array): undefined {
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  async digest(name: DigestName): Promise<Buffer> {
    this.#digests ??= new Map([...this.#hashes].map(([each, hash]) => [each, hash.digest()]));
    return digestOf(this.#digests, name);
  }

  abandon(): void {}
}

class BackgroundDigests implements RunningDigests {
  readonly #worker: Worker;
  readonly #id: number;
  readonly #names: readonly DigestName[];
  /** The last is being filled. */
  #block: Block | undefined;
  #filled = 0;
  /** Blocks. */
  #underWay = 0;
  #room: Awaited<void> | undefined;
  #end: Awaited<Digests> | undefined;
  #error: Error | undefined;

  constructor(worker: Worker, id: number, names: readonly DigestName[]) {
    this.#worker = worker;
    this.#id = id;
    this.#names = names;
  }

  update(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error;
    for (let at = 0; at < chunk.length; ) {
      this.#block ??= spareBlocks.pop() ?? new Uint8Array(blockBytes);
      const length = Math.min(chunk.length - at, blockBytes - this.#filled);
      this.#block.set(at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length), this.#filled);
      this.#filled += length;
      at += length;
      if (this.#filled === blockBytes) this.#send(this.#block);
    }
    if (this.#underWay < maxUnderWay) return undefined;
    this.#room ??= awaited();
    return this.#room.promise;
  }

  async digest(name: DigestName): Promise<Buffer> {
    this.#end ??= this.#finish();
    return digestOf(await this.#end.promise, name);
  }

  abandon(): void {
    if (!running.delete(this.#id)) return;
    this.#worker.postMessage({ id: this.#id, abandoned: true });
    this.#room?.resolve();
  }

  /** One of the blocks. */
  hashed(): void {
    this.#underWay--;
    if (this.#underWay >= maxUnderWay) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  ended(digests: Digests): void {
    running.delete(this.#id);
    this.#end?.resolve(digests);
  }

  fail(error: Error): void {
    running.delete(this.#id);
    this.#error = error;
    this.#room?.reject(error);
    this.#end?.reject(error);
  }

  #finish(): Awaited<Digests> {
    const end = awaited<Digests>();
    if (this.#error !== undefined) end.reject(this.#error);
    else if (this.#block !== undefined) this.#send(this.#block, true);
    else this.#worker.postMessage({ id: this.#id, names: this.#names, end: true });
    return end;
  }

  #send(block: Block, end = false): void {
    const bytes = block.subarray(0, this.#filled);
    this.#worker.postMessage({ id: this.#id, names: this.#names, bytes, end }, [block.buffer]);
    this.#underWay++;
    this.#block = undefined;
    this.#filled = 0;
  }
}
