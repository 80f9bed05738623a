import { clearLine, cursorTo } from "node:readline";
import { S3Client } from "@aws-sdk/client-s3";
import pMap from "p-map";
import { Failure } from "../failure.ts";

/** A running LocalAWS, and who asks it. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** One object and the file that it comes from, or goes to. */
export interface Moved {
  readonly key: string;
  readonly bytes: number;
}

const atOnce = 8;

export function clientOf({ endpoint, region, credentials }: Place): S3Client {
  // biome-ignore lint/style/noProcessEnv: the only switch of the SDK's advice on Node's versions, which is for those who install it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const { accessKeyId = "", secretAccessKey = "" } = credentials ?? {};
  return new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
}

/** What becomes of the objects of all buckets: a line for each bucket, a moving one on a terminal, and every failure. */
export class Transfer {
  #failures = 0;

  /** Moves several at once. One that fails does not keep the others. */
  async bucket<Item extends Moved>(
    bucket: string,
    items: AsyncIterable<Item>,
    move: (item: Item) => Promise<void>,
  ): Promise<void> {
    let [objects, bytes] = [0, 0];
    const line = () => `${bucket}: ${objects} ${objects === 1 ? "object" : "objects"}, ${sizeText(bytes)}`;
    try {
      await pMap(
        items,
        async (item) => {
          try {
            await move(item);
          } catch (error) {
            this.failed(`${bucket}/${item.key}`, error);
            return;
          }
          objects += 1;
          bytes += item.bytes;
          progress(line());
        },
        { concurrency: atOnce },
      );
    } catch (error) {
      this.failed(bucket, error);
    }
    progress("");
    console.log(line());
  }

  failed(what: string, error: unknown): void {
    this.#failures += 1;
    progress("");
    console.error(`${what}: ${reasonOf(error)}`);
  }

  /** @throws Failure when anything failed */
  end(): void {
    if (this.#failures > 0) {
      throw new Failure(`${this.#failures} of them failed, as said above; the others are there.`);
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An error of S3's has its code as its name; one of Node's has it in the message.
  return "$metadata" in error ? `${error.name}: ${error.message}` : error.message;
}

/** A line that the next one takes the place of, on a terminal alone. */
function progress(line: string): void {
  if (!process.stderr.isTTY) return;
  clearLine(process.stderr, 0);
  cursorTo(process.stderr, 0);
  process.stderr.write(line);
}

function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
