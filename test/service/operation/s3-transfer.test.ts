import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { ownFolder } from "../../support/acceptance.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { localaws } from "./localaws-process.ts";

describe("localaws s3", function () {
  this.timeout(180_000);
  this.slow(30_000);
  const folder = ownFolder();
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const s3 = (...args: string[]) => localaws(["s3", ...args, "--endpoint", aws.endpoint]);
  const write = async (path: string, bytes: string | Buffer) => {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), bytes);
  };
  const keysOf = async (Bucket: string) =>
    (await aws.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key);
  const bodyOf = async (Bucket: string, Key: string) =>
    (await aws.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  it("imports a bucket a folder, and exports the same files", async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, "0123456789abcde");
    const files = { "a.txt": "one", "deep/er/ü +%.json": "{}", "deep/large.bin": large };
    for (const [path, bytes] of Object.entries(files)) await write(`in/first/${path}`, bytes);
    await write("in/second/empty", "");
    await symlink("a.txt", join(folder.path, "in/first/link.txt"));

    const imported = await s3("import", join(folder.path, "in"));
    expect(imported.stderr).to.equal("");
    expect(imported).to.include({ code: 0, stdout: "first: 4 objects, 9.4 MB\nsecond: 1 object, 0 B\n" });
    expect(await keysOf("first")).to.have.members([...Object.keys(files), "link.txt"]);
    const { ContentType } = await aws.s3.send(new HeadObjectCommand({ Bucket: "first", Key: "deep/er/ü +%.json" }));
    expect(ContentType).to.equal("application/json; charset=utf-8");

    const exported = await s3("export", join(folder.path, "out"), "first");
    expect(exported).to.include({ code: 0, stderr: "", stdout: "first: 4 objects, 9.4 MB\n" });
    for (const [path, bytes] of Object.entries({ ...files, "link.txt": "one" })) {
      expect((await readFile(join(folder.path, "out/first", path))).equals(Buffer.from(bytes)), path).to.equal(true);
    }
    expect(await readdir(join(folder.path, "out"))).to.deep.equal(["first"]);
  });

  it("imports all files of a folder that has many, and of those below it", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `f${index}`);
    for (const name of names) await write(`many/folders/${name}`, name);
    for (const name of names) await write(`many/folders/below/it/${name}`, name);
    const imported = await s3("import", join(folder.path, "many"));
    expect(imported).to.deep.include({ code: 0, stdout: "folders: 200 objects, 580 B\n" });
    expect(await keysOf("folders")).to.have.members([...names, ...names.map((name) => `below/it/${name}`)]);
  });

  it("exports all buckets, with the time of each object, and imports over what is there", async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: "notes" }));
    await aws.s3.send(new PutObjectCommand({ Bucket: "notes", Key: "n", Body: "old" }));
    await aws.s3.send(new PutObjectCommand({ Bucket: "notes", Key: "folder/", Body: "" }));
    const { code, stdout } = await s3("export", join(folder.path, "all"));
    expect(stdout).to.contain("notes: 2 objects, 3 B");
    expect(code).to.equal(0);
    expect((await stat(join(folder.path, "all/notes/folder"))).isDirectory()).to.equal(true);
    const { LastModified } = await aws.s3.send(new HeadObjectCommand({ Bucket: "notes", Key: "n" }));
    expect((await stat(join(folder.path, "all/notes/n"))).mtime).to.deep.equal(LastModified);

    await write("all/notes/n", "new");
    expect(await s3("import", join(folder.path, "all"))).to.include({ code: 0, stderr: "" });
    expect(await bodyOf("notes", "n")).to.equal("new");
  });

  it("writes no file outside the folder, and goes on with the other objects", async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: "odd" }));
    for (const Key of ["../escaped", "/absolute", "a//b", "plain", "plain/below", "x/../../y"]) {
      await aws.s3.send(new PutObjectCommand({ Bucket: "odd", Key, Body: Key }));
    }
    const { code, stdout, stderr } = await s3("export", join(folder.path, "strict/out"), "odd");
    expect(code).to.equal(1);
    for (const key of ["../escaped", "/absolute", "a//b", "x/../../y"]) {
      expect(stderr).to.contain(`odd/${key}: its key is no file name`);
    }
    expect(stderr).to.match(/^odd\/plain.*(EEXIST|EISDIR|ENOTDIR)/m);
    expect(stderr).to.contain("5 of them failed");
    expect(stdout).to.match(/^odd: 1 object, /);
    expect(await readdir(join(folder.path, "strict"))).to.deep.equal(["out"]);
    expect(await readdir(join(folder.path, "strict/out/odd"))).to.deep.equal(["plain"]);
  });

  it("says in AWS's words what it cannot import, and imports the rest", async () => {
    await write("mixed/Not_A_Bucket/a", "a");
    await write("mixed/good-bucket/b", "b");
    await write("mixed/loose.txt", "c");
    const { code, stdout, stderr } = await s3("import", join(folder.path, "mixed"));
    expect(code).to.equal(1);
    expect(stderr).to.match(/^Not_A_Bucket: InvalidBucketName: /m);
    expect(stderr).to.match(/^loose\.txt: it is in no folder/m);
    expect(stdout).to.equal("good-bucket: 1 object, 1 B\n");
    expect(await keysOf("good-bucket")).to.deep.equal(["b"]);
  });

  it("fails with a sentence for a folder, a bucket or an endpoint that is not there", async () => {
    const missing = await s3("import", join(folder.path, "missing"));
    expect(missing.stderr).to.match(/^localaws: The folder cannot be read: ENOENT/);
    const unknown = await s3("export", join(folder.path, "none"), "no-such-bucket");
    expect(unknown.stderr).to.match(/^no-such-bucket: NoSuchBucket: /);
    const nowhere = await localaws(["s3", "export", folder.path, "--endpoint", "http://127.0.0.1:9"]);
    expect(nowhere.stderr).to.match(/^localaws: No LocalAWS answers/);
    expect([missing.code, unknown.code, nowhere.code]).to.deep.equal([1, 1, 1]);
  });
});
