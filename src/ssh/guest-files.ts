import type { Attributes, InputAttributes } from "ssh2";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import { asUser } from "./guest-user.ts";
import type { Login } from "./login.ts";

/** A file as a folder's listing has it. */
export interface GuestFile {
  readonly name: string;
  readonly attrs: Attributes;
}

/** Why something could not be done; the numbers are those of SSH_FX_…: https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7 */
export class FileError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const sftpStatus = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
} as const;

const statFormat = "%f %s %u %g %X %Y %n";

/** What SFTP does with files, by the machine's own small programs, as the user. */
export class GuestFiles {
  readonly #machines: MachineDriver;
  readonly #login: Login;

  constructor(machines: MachineDriver, login: Login) {
    this.#machines = machines;
    this.#login = login;
  }

  /** A shell script's words, for `spawn`. */
  command(script: string, ...args: readonly string[]): string[] {
    return asUser(this.#login.user, ["/bin/sh", "-c", script, "sh", ...args]);
  }

  async stat(path: string, followLinks: boolean): Promise<Attributes> {
    const options = followLinks ? "-L" : "";
    const [file] = parseFiles(await this.#run(`stat ${options} -c '${statFormat}' -- "$1"`, this.#absolute(path)));
    if (file === undefined) throw new FileError(sftpStatus.noSuchFile, "No such file");
    return file.attrs;
  }

  async list(path: string): Promise<GuestFile[]> {
    // A pattern that matches nothing stays as it is, and is no file.
    const script = `cd -- "$1" && { stat -c '${statFormat}' -- . .. .[!.]* ..?* * 2>/dev/null; :; }`;
    return parseFiles(await this.#run(script, this.#absolute(path)));
  }

  async realPath(path: string): Promise<string> {
    const script = `if [ -d "$1" ]; then cd -- "$1" && pwd -P; else
folder=$(dirname -- "$1"); cd -- "$folder" 2>/dev/null && { folder=$(pwd -P); echo "\${folder%/}/$(basename -- "$1")"; } || echo "$1"; fi`;
    return (await this.#run(script, this.#absolute(path))).replace(/\n$/, "");
  }

  async readLink(path: string): Promise<string> {
    return (await this.#run('readlink -- "$1"', this.#absolute(path))).replace(/\n$/, "");
  }

  async change(path: string, attrs: InputAttributes): Promise<void> {
    const lines: string[] = [];
    if (attrs.size !== undefined) lines.push(`truncate -s ${Number(attrs.size)} -- "$1"`);
    if (attrs.uid !== undefined && attrs.gid !== undefined) {
      lines.push(`chown ${Number(attrs.uid)}:${Number(attrs.gid)} -- "$1"`);
    }
    if (attrs.mode !== undefined) lines.push(`chmod ${(Number(attrs.mode) & 0o7777).toString(8)} -- "$1"`);
    if (attrs.mtime !== undefined) lines.push(`touch -m -d @${Math.floor(Number(attrs.mtime))} -- "$1"`);
    if (lines.length > 0) await this.#run(lines.join(" && "), this.#absolute(path));
  }

  async makeFolder(path: string): Promise<void> {
    await this.#run('mkdir -- "$1"', this.#absolute(path));
  }

  async removeFolder(path: string): Promise<void> {
    await this.#run('rmdir -- "$1"', this.#absolute(path));
  }

  async remove(path: string): Promise<void> {
    await this.#run('[ ! -d "$1" ] || [ -L "$1" ] || exit 1; rm -- "$1"', this.#absolute(path));
  }

  /** Over what is there only where that is asked for. */
  async rename(from: string, to: string, over: boolean): Promise<void> {
    const script = over ? 'mv -f -- "$1" "$2"' : '[ ! -e "$2" ] || exit 1; mv -- "$1" "$2"';
    await this.#run(script, this.#absolute(from), this.#absolute(to));
  }

  async link(target: string, path: string): Promise<void> {
    await this.#run('ln -s -- "$1" "$2"', target, this.#absolute(path));
  }

  #absolute(path: string): string {
    return path.startsWith("/") ? path : `${this.#login.user.home}/${path}`;
  }

  absolute(path: string): string {
    return this.#absolute(path);
  }

  async #run(script: string, ...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#machines.exec(
      this.#login.instanceId,
      this.command(script, ...args),
    );
    if (exitCode === 0) return stdout;
    throw fileError(stderr);
  }
}

export function fileError(words: string): FileError {
  const message = words.trim().split("\n").at(-1) ?? "";
  if (/no such file/i.test(message)) return new FileError(sftpStatus.noSuchFile, "No such file");
  if (/permission denied/i.test(message)) return new FileError(sftpStatus.permissionDenied, "Permission denied");
  return new FileError(sftpStatus.failure, message.replace(/^\S*: /, "") || "Failure");
}

function parseFiles(text: string): GuestFile[] {
  return text.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]+) (\d+) (\d+) (\d+) (-?\d+) (-?\d+) (.+)$/.exec(line);
    if (match === null) return [];
    const [, mode = "0", size, uid, gid, atime, mtime, name = ""] = match;
    const attrs = {
      mode: Number.parseInt(mode, 16),
      ...{ size: Number(size), uid: Number(uid), gid: Number(gid), atime: Number(atime), mtime: Number(mtime) },
    };
    return [{ name, attrs }];
  });
}
