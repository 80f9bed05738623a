import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { clientEnvironment, ownFolder, run } from "../support/acceptance.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";

const large = Buffer.alloc(12 * 1024 * 1024 + 1, "0123456789abcde");
const content: Readonly<Record<string, string | Buffer>> = {
  "one.txt": "one",
  "a/two ü +%.txt": "two",
  "a/b/large.bin": large,
};
const names = Object.keys(content).sort();

describe("S3's clients", function () {
  this.timeout(240_000);
  this.slow(60_000);
  const folder = ownFolder();
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
    for (const [name, bytes] of Object.entries(content)) {
      const path = join(folder.path, "tree", name);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, bytes);
    }
  });
  after(() => aws.stop());

  const command =
    (program: string, env: () => NodeJS.ProcessEnv, ...options: string[]) =>
    (...args: string[]) =>
      run(program, [...args, ...options], { env: { ...clientEnvironment(aws.endpoint), ...env() }, cwd: folder.path });
  const keys = async (Bucket: string, Prefix: string) => {
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key = "" }) => Key.slice(Prefix.length)).sort();
  };
  const same = async (path: string) => {
    for (const [name, bytes] of Object.entries(content)) {
      expect(Buffer.from(bytes).equals(await readFile(join(folder.path, path, name))), name).to.equal(true);
    }
  };

  describe("s3cmd", () => {
    requires("s3cmd");
    const s3cmd = command("s3cmd", () => ({}), "--config=s3cfg", "--no-progress");
    before(async () => {
      const { host } = new URL(aws.endpoint);
      const lines = ["[default]", "access_key = test", "secret_key = test", "use_https = False"];
      await writeFile(
        join(folder.path, "s3cfg"),
        [...lines, `host_base = ${host}`, `host_bucket = ${host}`, ""].join("\n"),
      );
    });

    it("puts in parts, lists, syncs, gets, signs, and removes", async () => {
      expect(await s3cmd("mb", "s3://s3cmd")).to.equal("Bucket 's3://s3cmd/' created\n");
      await s3cmd("put", "--recursive", "tree/", "s3://s3cmd/t/", "--multipart-chunk-size-mb=5");
      expect(await keys("s3cmd", "t/")).to.deep.equal(names);
      expect(await s3cmd("sync", "tree/", "s3://s3cmd/t/")).to.equal("");
      await mkdir(join(folder.path, "from-s3cmd"));
      await s3cmd("get", "--recursive", "s3://s3cmd/t/", "from-s3cmd/");
      await same("from-s3cmd");
      const url = await s3cmd("signurl", "s3://s3cmd/t/one.txt", "+600");
      expect(await (await fetch(url.trim())).text()).to.equal("one");
      expect(await s3cmd("info", "s3://s3cmd/t/one.txt")).to.match(/File size: 3\n[\s\S]*SSE: +AES256\n/);
      await s3cmd("expire", "s3://s3cmd", "--expiry-days=3");
      expect(await s3cmd("getlifecycle", "s3://s3cmd")).to.include("<Days>3</Days>");
      await s3cmd("del", "--recursive", "--force", "s3://s3cmd/");
      expect(await s3cmd("rb", "s3://s3cmd")).to.equal("Bucket 's3://s3cmd/' removed\n");
    });

    it("copies, moves, modifies and publishes where ACLs are enabled", async () => {
      await aws.s3.send(new CreateBucketCommand({ Bucket: "s3cmd-acl", ObjectOwnership: "ObjectWriter" }));
      await s3cmd("put", "tree/one.txt", "s3://s3cmd-acl/one");
      await s3cmd("cp", "s3://s3cmd-acl/one", "s3://s3cmd-acl/two");
      await s3cmd("mv", "s3://s3cmd-acl/two", "s3://s3cmd-acl/three");
      await s3cmd("modify", "--add-header=x-amz-meta-a:b", "s3://s3cmd-acl/three");
      expect(await s3cmd("info", "s3://s3cmd-acl/three")).to.match(/x-amz-meta-a: b\n/);
      expect(await keys("s3cmd-acl", "")).to.deep.equal(["one", "three"]);
    });
  });

  describe("rclone", () => {
    requires("rclone");
    const rclone = command("rclone", () => ({
      RCLONE_CONFIG: join(folder.path, "rclone.conf"),
      RCLONE_CONFIG_L_TYPE: "s3",
      RCLONE_CONFIG_L_PROVIDER: "Other",
      RCLONE_CONFIG_L_ENV_AUTH: "true",
      RCLONE_CONFIG_L_ENDPOINT: aws.endpoint,
      RCLONE_CONFIG_L_REGION: "us-east-1",
      RCLONE_S3_CHUNK_SIZE: "5M",
      RCLONE_S3_UPLOAD_CUTOFF: "5M",
      RCLONE_RETRIES: "1",
    }));

    it("copies in parts, checks, syncs, moves on the server's side, and purges", async () => {
      await writeFile(join(folder.path, "rclone.conf"), "");
      await rclone("mkdir", "l:rclone");
      await rclone("copy", "tree", "l:rclone/t");
      await rclone("check", "tree", "l:rclone/t");
      const before = await rclone("lsl", "l:rclone/t");
      await rclone("sync", "tree", "l:rclone/t");
      expect(await rclone("lsl", "l:rclone/t")).to.equal(before);
      await rclone("copy", "l:rclone/t", "l:rclone/copied");
      await rclone("move", "l:rclone/copied", "l:rclone/moved");
      expect(await keys("rclone", "copied/")).to.deep.equal([]);
      expect(await keys("rclone", "moved/")).to.deep.equal(names);
      await rclone("copy", "l:rclone/moved", "from-rclone");
      await same("from-rclone");
      const link = await rclone("link", "--expire", "1h", "l:rclone/t/one.txt");
      expect(await (await fetch(link.trim())).text()).to.equal("one");
      await rclone("deletefile", "l:rclone/t/one.txt");
      expect(await keys("rclone", "t/")).to.deep.equal(names.filter((name) => name !== "one.txt"));
      await rclone("purge", "l:rclone");
      expect(await rclone("lsf", "l:")).to.not.include("rclone/");
    });
  });

  describe("restic", () => {
    requires("restic");
    const restic = command("restic", () => ({
      RESTIC_REPOSITORY: `s3:${aws.endpoint}/restic`,
      RESTIC_PASSWORD: "secret",
      RESTIC_CACHE_DIR: join(folder.path, "restic-cache"),
    }));

    it("makes its bucket, backs up, checks every byte, restores, and prunes", async () => {
      await restic("init");
      await restic("backup", "tree");
      await restic("backup", "--force", "tree");
      await restic("check", "--read-data");
      await restic("restore", "latest", "--target", "from-restic");
      await same("from-restic/tree");
      await restic("forget", "--keep-last", "1", "--prune");
      await restic("check");
    });
  });

  describe("the aws CLI", () => {
    requires("awscli");
    const awsCli = command("aws", () => ({}));

    it("moves, syncs with deletions, presigns, and removes recursively", async () => {
      await awsCli("s3", "mb", "s3://moved");
      await awsCli("s3", "cp", "tree", "s3://moved/t", "--recursive", "--quiet");
      await awsCli("s3", "mv", "s3://moved/t/one.txt", "s3://moved/u/one.txt", "--quiet");
      await awsCli("s3", "mv", "s3://moved/t/a", "s3://moved/u/a", "--recursive", "--quiet");
      expect(await keys("moved", "t/")).to.deep.equal([]);
      expect(await keys("moved", "u/")).to.deep.equal(names);
      const url = await awsCli("s3", "presign", "s3://moved/u/one.txt", "--expires-in", "60");
      expect(await (await fetch(url.trim())).text()).to.equal("one");
      await awsCli("s3", "sync", "s3://moved/u", "from-cli", "--quiet");
      await same("from-cli");
      await writeFile(join(folder.path, "from-cli/new.txt"), "new");
      await awsCli("s3", "sync", "from-cli", "s3://moved/u", "--delete", "--exclude", "a/*", "--quiet");
      expect(await keys("moved", "u/")).to.deep.equal([...names, "new.txt"].sort());
      await awsCli("s3", "rm", "s3://moved/u", "--recursive", "--exclude", "*", "--include", "a/*", "--quiet");
      expect(await keys("moved", "")).to.deep.equal(["u/new.txt", "u/one.txt"]);
      await awsCli("s3", "rb", "s3://moved", "--force");
    });
  });
});
