import { buffer } from "node:stream/consumers";
import { drained } from "../runtime/drained.ts";
import type { MachineDriver, MachineProgram } from "../runtime/machine-driver.ts";
import { FileError, fileError, type GuestFiles, sftpStatus } from "./guest-files.ts";
import type { Login } from "./login.ts";

interface OpenFileOptions {
  readonly machines: MachineDriver;
  readonly login: Login;
  readonly files: GuestFiles;
  readonly path: string;
}

/** A file that is read from its beginning to its end, or from anywhere anew: clients ask for one piece after the other. */
export class FileReader {
  readonly #options: OpenFileOptions;
  #program: MachineProgram | undefined;
  #chunks: AsyncIterator<Buffer> | undefined;
  #rest = Buffer.alloc(0);
  #position = 0;

  constructor(options: OpenFileOptions) {
    this.#options = options;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (this.#chunks === undefined || offset !== this.#position) await this.#seek(offset);
    while (this.#rest.length < length) {
      const next = await this.#chunks?.next();
      if (next === undefined || next.done === true) break;
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
    const bytes = this.#rest.subarray(0, length);
    if (bytes.length === 0) throw new FileError(sftpStatus.endOfFile, "End of file");
    this.#rest = this.#rest.subarray(length);
    this.#position += bytes.length;
    return bytes;
  }

  async close(): Promise<void> {
    await this.#program?.kill("KILL");
    this.#program?.stdout.destroy();
  }

  async #seek(offset: number): Promise<void> {
    await this.close();
    const { machines, login, files, path } = this.#options;
    const command = files.command('exec tail -c "+$2" -- "$1"', path, String(offset + 1));
    const program = await machines.spawn(login.instanceId, command);
    program.stdin.end();
    program.stderr.resume();
    this.#program = program;
    this.#chunks = program.stdout[Symbol.asyncIterator]();
    this.#rest = Buffer.alloc(0);
    this.#position = offset;
  }
}

/** A file that is written from its beginning, or from where it ends, one piece after the other. */
export class FileWriter {
  readonly #program: MachineProgram;
  readonly #words: Promise<Buffer>;
  #position: number | undefined;

  private constructor(program: MachineProgram, position: number | undefined) {
    this.#program = program;
    this.#position = position;
    this.#words = buffer(program.stderr);
    program.stdout.resume();
    program.stdin.on("error", () => {});
  }

  /** @throws FileError when it cannot be opened */
  static async open(
    options: OpenFileOptions & {
      readonly mode: "truncate" | "exclusive" | "append" | "keep";
      readonly permissions: number | undefined;
    },
  ): Promise<FileWriter> {
    const { machines, login, files, path, mode, permissions } = options;
    const umask = permissions === undefined ? "" : `umask ${(0o777 & ~permissions).toString(8).padStart(3, "0")}; `;
    const opening = { truncate: ': >"$1"', exclusive: 'set -C; : >"$1"', append: ': >>"$1"', keep: ': >>"$1"' }[mode];
    const { exitCode, stderr } = await machines.exec(login.instanceId, files.command(`${umask}${opening}`, path));
    if (exitCode !== 0) throw fileError(stderr);
    const write = mode === "keep" ? 'exec dd bs=65536 conv=notrunc of="$1"' : 'exec cat >>"$1"';
    const program = await machines.spawn(login.instanceId, files.command(write, path));
    return new FileWriter(program, mode === "append" ? undefined : 0);
  }

  async write(offset: number, data: Buffer): Promise<void> {
    if (this.#position !== undefined && offset !== this.#position) {
      throw new FileError(sftpStatus.unsupported, "Only one piece after the other can be written.");
    }
    if (this.#position !== undefined) this.#position += data.length;
    const { stdin } = this.#program;
    if (stdin.destroyed || stdin.writableEnded) throw await this.#failure();
    if (!stdin.write(data)) await drained(stdin);
  }

  async close(): Promise<void> {
    this.#program.stdin.end();
    const { exitCode } = await this.#program.exited;
    if (exitCode !== 0) throw await this.#failure();
  }

  async #failure(): Promise<FileError> {
    return fileError(String(await this.#words));
  }
}
