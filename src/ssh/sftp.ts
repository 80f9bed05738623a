import type { FileEntry, InputAttributes, SFTPWrapper } from "ssh2";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import { FileError, type GuestFile, GuestFiles, sftpStatus } from "./guest-files.ts";
import type { Login } from "./login.ts";
import { FileReader, FileWriter } from "./open-file.ts";

/** SSH_FXF_…: https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-6.3 */
const openFlags = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

interface Handle {
  readonly path: string;
  readonly reader?: FileReader;
  readonly writer?: FileWriter;
  /** A folder's, until they have been given out. */
  entries?: readonly GuestFile[] | undefined;
  /** To be set when all is written. */
  attrs?: InputAttributes;
}

/** As many as clients keep open at most; each has a program in the machine. */
const maxHandles = 64;

/** The subsystem `sftp`, version 3. Requests are done in their order. */
export function serveFiles(sftp: SFTPWrapper, machines: MachineDriver, login: Login): void {
  const files = new GuestFiles(machines, login);
  const handles = new Map<number, Handle>();
  let lastHandle = 0;
  let queue = Promise.resolve();

  const answer = (id: number, work: () => Promise<(() => void) | undefined>) => {
    queue = queue.then(async () => {
      try {
        const reply = await work();
        if (reply === undefined) sftp.status(id, sftpStatus.ok);
        else reply();
      } catch (error) {
        const status = error instanceof FileError ? error.status : sftpStatus.failure;
        sftp.status(id, status, error instanceof Error ? error.message : String(error));
      }
    });
  };
  const open = (handle: Handle): (() => Buffer) => {
    if (handles.size >= maxHandles) throw new FileError(sftpStatus.failure, "Too many files are open.");
    lastHandle += 1;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(lastHandle);
    handles.set(lastHandle, handle);
    return () => bytes;
  };
  const handleOf = (bytes: Buffer): Handle => {
    const handle = bytes.length === 4 ? handles.get(bytes.readUInt32BE()) : undefined;
    if (handle === undefined) throw new FileError(sftpStatus.failure, "There is no such handle.");
    return handle;
  };

  sftp.on("OPEN", (id, name, flags, attrs) =>
    answer(id, async () => {
      const path = files.absolute(name);
      const options = { machines, login, files, path };
      let handle: Handle;
      if ((flags & openFlags.write) !== 0) {
        const mode = modeOf(flags);
        if ((flags & openFlags.create) === 0) await files.stat(path, true);
        const permissions: number | undefined = attrs.mode;
        handle = { path, writer: await FileWriter.open({ ...options, mode, permissions }) };
      } else {
        const { mode } = await files.stat(path, true);
        if ((mode & 0o170000) === 0o040000) throw new FileError(sftpStatus.failure, "It is a folder.");
        handle = { path, reader: new FileReader(options) };
      }
      const bytes = open(handle);
      return () => sftp.handle(id, bytes());
    }),
  );
  sftp.on("READ", (id, handle, offset, length) =>
    answer(id, async () => {
      const bytes = await handleOf(handle).reader?.read(offset, Math.min(length, 262_144));
      if (bytes === undefined) throw new FileError(sftpStatus.permissionDenied, "It is open for writing.");
      return () => sftp.data(id, bytes);
    }),
  );
  sftp.on("WRITE", (id, handle, offset, data) =>
    answer(id, async () => {
      const { writer } = handleOf(handle);
      if (writer === undefined) throw new FileError(sftpStatus.permissionDenied, "It is open for reading.");
      await writer.write(offset, data);
      return undefined;
    }),
  );
  sftp.on("CLOSE", (id, bytes) =>
    answer(id, async () => {
      const handle = handleOf(bytes);
      handles.delete(bytes.readUInt32BE());
      await handle.reader?.close();
      await handle.writer?.close();
      if (handle.attrs !== undefined) await files.change(handle.path, handle.attrs);
      return undefined;
    }),
  );
  sftp.on("OPENDIR", (id, path) =>
    answer(id, async () => {
      const bytes = open({ path, entries: await files.list(path) });
      return () => sftp.handle(id, bytes());
    }),
  );
  sftp.on("READDIR", (id, bytes) =>
    answer(id, async () => {
      const handle = handleOf(bytes);
      // A hundred at a time: an answer has a length that clients hold it to.
      const entries = handle.entries?.slice(0, 100) ?? [];
      handle.entries = handle.entries?.slice(100);
      if (entries.length === 0) throw new FileError(sftpStatus.endOfFile, "End of folder");
      return () => sftp.name(id, entries.map(toEntry));
    }),
  );
  for (const [event, follow] of [
    ["STAT", true],
    ["LSTAT", false],
  ] as const) {
    sftp.on(event as "STAT", (id, path) =>
      answer(id, async () => {
        const attrs = await files.stat(path, follow);
        return () => sftp.attrs(id, attrs);
      }),
    );
  }
  sftp.on("FSTAT", (id, handle) =>
    answer(id, async () => {
      const attrs = await files.stat(handleOf(handle).path, true);
      return () => sftp.attrs(id, attrs);
    }),
  );
  const done = (work: Promise<void>) => work.then(() => undefined);
  sftp.on("SETSTAT", (id, path, attrs) => answer(id, () => done(files.change(path, attrs))));
  sftp.on("FSETSTAT", (id, bytes, attrs) =>
    answer(id, async () => {
      const handle = handleOf(bytes);
      if (handle.writer === undefined) await files.change(handle.path, attrs);
      // What has been written may be on its way yet: at the end, lest it change the times.
      else handle.attrs = { ...handle.attrs, ...attrs };
      return undefined;
    }),
  );
  sftp.on("MKDIR", (id, path) => answer(id, () => done(files.makeFolder(path))));
  sftp.on("RMDIR", (id, path) => answer(id, () => done(files.removeFolder(path))));
  sftp.on("REMOVE", (id, path) => answer(id, () => done(files.remove(path))));
  sftp.on("RENAME", (id, from, to) => answer(id, () => done(files.rename(from, to, false))));
  // In this order, other than its types say: ssh2 turns round what OpenSSH's clients send.
  sftp.on("SYMLINK", (id, path, target) => answer(id, () => done(files.link(target, path))));
  for (const [event, look] of [
    ["REALPATH", (path: string) => files.realPath(path)],
    ["READLINK", (path: string) => files.readLink(path)],
  ] as const) {
    sftp.on(event as "REALPATH", (id, path) =>
      answer(id, async () => {
        const filename = await look(path);
        return () => sftp.name(id, [{ filename, longname: filename, attrs: noAttributes }]);
      }),
    );
  }
  sftp.on("EXTENDED", (id) => sftp.status(id, sftpStatus.unsupported));
  sftp.once("end", () => {
    void queue.then(() => {
      exitStatus(sftp, 0);
      sftp.end();
    });
  });
  sftp.once("close", () => {
    for (const { reader, writer } of handles.values()) void Promise.allSettled([reader?.close(), writer?.close()]);
    handles.clear();
  });
}

/** OpenSSH's clients end with the subsystem's exit code; ssh2 has no public way to send one for this subsystem. */
function exitStatus(sftp: SFTPWrapper, code: number): void {
  const { _protocol: protocol, outgoing } = sftp as unknown as {
    readonly _protocol?: { exitStatus?(channel: number, code: number): void };
    readonly outgoing?: { readonly id: number };
  };
  if (outgoing !== undefined) protocol?.exitStatus?.(outgoing.id, code);
}

const noAttributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

function modeOf(flags: number): "truncate" | "exclusive" | "append" | "keep" {
  if ((flags & openFlags.exclusive) !== 0) return "exclusive";
  if ((flags & openFlags.truncate) !== 0) return "truncate";
  return (flags & openFlags.append) !== 0 ? "append" : "keep";
}

function toEntry({ name, attrs }: GuestFile): FileEntry {
  const kind = { 9604: "d", 21609: "l", 14406: "b", 4802: "c", 26411: "s", 2401: "p" } as const;
  const type = kind[(attrs.mode & 0o170000) as keyof typeof kind] ?? "-";
  const letters = [6, 3, 0].map((shift) => {
    const bits = attrs.mode >> shift;
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
  });
  const date = new Date(attrs.mtime * 1000).toISOString();
  const columns = [`${type}${letters.join("")}`, 1, attrs.uid, attrs.gid, String(attrs.size).padStart(10)];
  return { filename: name, longname: `${columns.join(" ")} ${date.slice(0, 10)} ${date.slice(11, 16)} ${name}`, attrs };
}
