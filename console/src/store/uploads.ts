import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Api, type ApiError, toApiError } from "../api.ts";
import { uploadFile } from "../upload/upload-file.ts";

export interface Upload {
  readonly id: number;
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly sent: ReadonlySignal<number>;
  readonly state: ReadonlySignal<"waiting" | "sending" | "done" | "failed" | "cancelled">;
  readonly error: ReadonlySignal<ApiError | undefined>;
  cancel(): void;
}

export interface FileToUpload {
  readonly key: string;
  readonly file: File;
}

export interface Uploads {
  readonly list: ReadonlySignal<readonly Upload[]>;
  /** How many are not at their end. */
  readonly active: ReadonlySignal<number>;
  add(bucket: string, files: readonly FileToUpload[]): void;
  cancelAll(): void;
  /** Forgets those that are at their end. */
  clear(): void;
}

/** A browser opens six connections to one server: the rest of the console needs some. */
const atOnce = 3;

export function createUploads(api: Api): Uploads {
  const list = signal<readonly Upload[]>([]);
  const queue: (() => Promise<void>)[] = [];
  let sending = 0;
  let last = 0;

  function next(): void {
    if (sending >= atOnce) return;
    const start = queue.shift();
    if (start === undefined) return;
    sending += 1;
    void start().finally(() => {
      sending -= 1;
      next();
    });
    next();
  }

  function createUpload(bucket: string, { key, file }: FileToUpload): Upload {
    const state = signal<Upload["state"]["value"]>("waiting");
    const sent = signal(0);
    const error = signal<ApiError | undefined>();
    const cancelled = new AbortController();
    queue.push(async () => {
      if (cancelled.signal.aborted) return;
      state.value = "sending";
      const onProgress = (bytes: number) => {
        sent.value = Math.min(bytes, file.size);
      };
      try {
        await uploadFile(api, { bucket, key, file, onProgress, signal: cancelled.signal });
        sent.value = file.size;
        state.value = "done";
      } catch (caught) {
        if (cancelled.signal.aborted) return;
        error.value = toApiError(caught);
        state.value = "failed";
      }
    });
    last += 1;
    return {
      ...{ id: last, bucket, key, size: file.size, sent, state, error },
      cancel() {
        if (state.value !== "waiting" && state.value !== "sending") return;
        state.value = "cancelled";
        cancelled.abort();
      },
    };
  }

  const isActive = ({ state }: Upload) => state.value === "waiting" || state.value === "sending";
  return {
    list,
    active: computed(() => list.value.filter(isActive).length),
    add(bucket, files) {
      list.value = [...list.value, ...files.map((file) => createUpload(bucket, file))];
      next();
    },
    cancelAll() {
      for (const upload of list.value) upload.cancel();
    },
    clear() {
      list.value = list.value.filter(isActive);
    },
  };
}
