import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";

/** The MD5 of bytes that come chunk by chunk. */
export interface RunningMd5 {
  /** A promise where no more is to be given before it is fulfilled. The chunk may be used again at once. */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Ends it. @throws Error where its thread has ended */
  digest(): Promise<Buffer>;
  /** Lets go of what has no digest yet; does nothing afterwards. */
  abandon(): void;
}

/** Bytes that are handed over together: a message for each chunk would cost more than it spares. */
const blockBytes = 512 * 1024;
/** Blocks of one MD5 that wait to be hashed. */
const maxUnderWay = 3;
/** Beyond so many at a time one thread has enough to do. */
const maxRunning = 8;

/** A smaller body is hashed sooner than it is handed over. */
const minBytes = 2 * 1024 * 1024;

/**
 * Its source as text, so that it is the same in the bundle and out of it. Blocks are answered in the order in which they came.
 */
const workerSource = `
const { parentPort } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const hashes = new Map();
parentPort.on("message", ({ id, bytes, end, abandoned }) => {
  if (abandoned) return void hashes.delete(id);
  const hash = hashes.get(id) ?? createHash("md5");
  hashes.set(id, hash);
  if (bytes) hash.update(bytes);
  if (!end) return parentPort.postMessage({ id });
  hashes.delete(id);
  parentPort.postMessage({ id, digest: hash.digest() });
});`;

interface Answer {
  readonly id: number;
  readonly digest?: Uint8Array;
}

let worker: Worker | undefined;
let lastId = 0;
const running = new Map<number, BackgroundMd5>();
const spareBlocks: Uint8Array[] = [];

/**
 * An MD5: of `length` bytes, where that is known. That of a large body is computed on a thread of its own while the next bytes are
 * received and written: it is the dearest of what is done to them. docs/decisions/0065-md5-on-a-thread.md
 */
export function runningMd5(length: number | undefined): RunningMd5 {
  if (length === undefined || length < minBytes || running.size >= maxRunning) return new OwnMd5();
  worker ??= startWorker();
  const md5 = new BackgroundMd5(worker, ++lastId);
  running.set(lastId, md5);
  return md5;
}

function startWorker(): Worker {
  const started = new Worker(workerSource, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  started.on("message", ({ id, digest }: Answer) => running.get(id)?.take(digest));
  const end = (error: Error) => {
    if (worker !== started) return;
    worker = undefined;
    for (const md5 of running.values()) md5.fail(error);
  };
  started.on("error", end);
  started.on("exit", (code) => end(new Error(`The thread that hashes ended with code ${code}.`)));
  // Who listens for messages keeps the process alive: this is said after that.
  started.unref();
  return started;
}

/** A promise, and what settles it. */
interface Awaited {
  readonly promise: Promise<Buffer>;
  readonly resolve: (digest: Buffer) => void;
  readonly reject: (error: Error) => void;
}

function awaited(): Awaited {
  let resolve: Awaited["resolve"] = () => {};
  let reject: Awaited["reject"] = () => {};
  const promise = new Promise<Buffer>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

const noDigest = Buffer.alloc(0);

/** On the thread that asks. */
class OwnMd5 implements RunningMd5 {
  readonly #hash = createHash("md5");

  update(chunk: Uint8Array): undefined {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Buffer> {
    return this.#hash.digest();
  }

  abandon(): void {}
}

class BackgroundMd5 implements RunningMd5 {
  readonly #worker: Worker;
  readonly #id: number;
  /** The last is being filled. */
  #block: Uint8Array | undefined;
  #filled = 0;
  readonly #underWay: Uint8Array[] = [];
  #room: Awaited | undefined;
  #end: Awaited | undefined;
  #error: Error | undefined;

  constructor(worker: Worker, id: number) {
    this.#worker = worker;
    this.#id = id;
  }

  update(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error;
    for (let at = 0; at < chunk.length; ) {
      this.#block ??= spareBlocks.pop() ?? new Uint8Array(new SharedArrayBuffer(blockBytes));
      const length = Math.min(chunk.length - at, blockBytes - this.#filled);
      this.#block.set(at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length), this.#filled);
      this.#filled += length;
      at += length;
      if (this.#filled === blockBytes) this.#send(this.#block);
    }
    if (this.#underWay.length < maxUnderWay) return undefined;
    this.#room ??= awaited();
    return this.#room.promise.then(() => {});
  }

  digest(): Promise<Buffer> {
    this.#end = awaited();
    if (this.#error !== undefined) this.#end.reject(this.#error);
    else if (this.#block !== undefined) this.#send(this.#block, true);
    else this.#worker.postMessage({ id: this.#id, end: true });
    return this.#end.promise;
  }

  abandon(): void {
    if (!running.delete(this.#id)) return;
    this.#worker.postMessage({ id: this.#id, abandoned: true });
    this.#room?.resolve(noDigest);
  }

  /** An answer of the thread. */
  take(digest: Uint8Array | undefined): void {
    const block = this.#underWay.shift();
    if (block !== undefined && spareBlocks.length < maxUnderWay * maxRunning) spareBlocks.push(block);
    if (digest !== undefined) {
      running.delete(this.#id);
      this.#end?.resolve(Buffer.from(digest));
    }
    if (this.#underWay.length >= maxUnderWay) return;
    this.#room?.resolve(noDigest);
    this.#room = undefined;
  }

  fail(error: Error): void {
    running.delete(this.#id);
    this.#error = error;
    this.#room?.reject(error);
    this.#end?.reject(error);
  }

  #send(block: Uint8Array, end = false): void {
    this.#worker.postMessage({ id: this.#id, bytes: block.subarray(0, this.#filled), end });
    this.#underWay.push(block);
    this.#block = undefined;
    this.#filled = 0;
  }
}
