import { DescribeInstanceAttributeCommand, DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Instance {
  id: string;
  name: string | null;
  state: string;
  private_ip: string | null;
  tags: Record<string, string>;
  security_groups: { id: string; name: string }[];
}

interface Rule {
  id: string;
  direction: string;
  cidr: string | null;
  from_port: number | null;
  to_port: number | null;
  security_group_id: string | null;
}

describe("json-api instances", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const launch = (json: object) => api.send<Instance & { instances: Instance[] }>("POST", "/ec2/instances", { json });

  const inState = (id: string, state: string) =>
    eventually(`${id} is ${state}`, async () => {
      const { body } = await api.send<Instance>("GET", `/ec2/instances/${id}`);
      return body.state === state && body;
    });

  it("are launched as AWS's clients see them, with name, tags, key pair and user data", async () => {
    await api.send("POST", "/ec2/key-pairs", { json: { name: "launch" } });
    const { status, body } = await launch({
      ami: "alpine:latest",
      instance_type: "t3.small",
      name: "web",
      key_name: "launch",
      user_data: "#!/bin/sh\necho ü",
      tags: { stage: "test" },
    });
    expect(status).to.equal(201);
    expect(body).to.deep.include({ name: "web", key_name: "launch", instance_type: "t3.small", ami: "alpine:latest" });
    expect(body.tags).to.deep.equal({ Name: "web", stage: "test" });
    const { Reservations } = await api.aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [body.id] }));
    const instance = Reservations?.[0]?.Instances?.[0];
    expect(instance).to.include({ InstanceType: "t3.small", KeyName: "launch", PrivateIpAddress: body.private_ip });
    const { UserData } = await api.aws.ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: body.id, Attribute: "userData" }),
    );
    expect(Buffer.from(UserData?.Value ?? "", "base64").toString("utf8")).to.equal("#!/bin/sh\necho ü");
  });

  it("are launched several at once", async () => {
    const { body } = await launch({ ami: "alpine:latest", count: 3 });
    expect(body.instances).to.have.lengthOf(3);
    expect(new Set(body.instances.map(({ id }) => id)).size).to.equal(3);
    expect(body.id).to.equal(body.instances[0]?.id);
  });

  it("stop, start, reboot and terminate", async () => {
    const { body } = await launch({ ami: "alpine:latest" });
    await inState(body.id, "running");
    expect((await api.send("POST", `/ec2/instances/${body.id}/stop`)).status).to.equal(200);
    await inState(body.id, "stopped");
    expect((await api.send("POST", `/ec2/instances/${body.id}/start`)).status).to.equal(200);
    await inState(body.id, "running");
    expect((await api.send("POST", `/ec2/instances/${body.id}/reboot`)).status).to.equal(200);
    expect((await api.send("DELETE", `/ec2/instances/${body.id}`)).status).to.equal(200);
    await inState(body.id, "terminated");
    const late = await api.send("POST", `/ec2/instances/${body.id}/start`);
    expect(late.status).to.equal(409);
    expect(late.body).to.include({ code: "IncorrectInstanceState", title: "Conflict" });
  });

  it("that AWS's clients launch are listed page by page", async () => {
    const run = { ImageId: "alpine:latest", MinCount: 6, MaxCount: 6, InstanceType: "t2.micro" } as const;
    const { Instances = [] } = await api.aws.ec2.send(new RunInstancesCommand(run));
    const listed: string[] = [];
    let token = "";
    for (;;) {
      const query = `?limit=5${token && `&next_token=${encodeURIComponent(token)}`}`;
      const { body } = await api.send<{ instances: Instance[]; next_token: string | null }>(
        "GET",
        `/ec2/instances${query}`,
      );
      expect(body.instances).to.have.lengthOf.at.most(5);
      listed.push(...body.instances.map(({ id }) => id));
      if (body.next_token === null) break;
      token = body.next_token;
    }
    expect(listed).to.include.members(Instances.map(({ InstanceId = "" }) => InstanceId));
    expect(new Set(listed).size).to.equal(listed.length);
  });

  it("are those of the region that is asked for", async () => {
    const made = await api.send<Instance>("POST", "/ec2/instances?region=eu-west-1", {
      json: { ami: "alpine:latest" },
    });
    expect((await api.send("GET", `/ec2/instances/${made.body.id}`)).status).to.equal(404);
    expect((await api.send("GET", `/ec2/instances/${made.body.id}?region=eu-west-1`)).status).to.equal(200);
  });

  const refused: [what: string, json: object, status: number, code: string][] = [
    ["an AMI that is not there", { ami: "ami-0123456789abcdef0" }, 404, "InvalidAMIID.NotFound"],
    ["an AMI id that is none", { ami: "ami-1" }, 400, "InvalidAMIID.Malformed"],
    ["a type that is none", { ami: "alpine:latest", instance_type: "t9.huge" }, 400, "InvalidParameterValue"],
    ["a key pair that is not there", { ami: "alpine:latest", key_name: "none" }, 404, "InvalidKeyPair.NotFound"],
    ["a body without ami", { name: "x" }, 422, "ValidationError"],
    ["a count of none", { ami: "alpine:latest", count: 0 }, 422, "ValidationError"],
    ["a member that is not known", { ami: "alpine:latest", ImageId: "x" }, 422, "ValidationError"],
  ];
  for (const [what, json, status, code] of refused) {
    it(`refuse ${what} with ${code} ${status}`, async () => {
      const answer = await launch(json);
      expect(answer.status).to.equal(status);
      expect(answer.body).to.include({ code });
    });
  }

  it("that are not there answer with InvalidInstanceID.NotFound 404", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/stop"],
      ["GET", "/console-output"],
    ] as const) {
      const { status, body } = await api.send(method, `/ec2/instances/i-0123456789abcdef0${path}`);
      expect(status, method + path).to.equal(404);
      expect(body).to.include({ code: "InvalidInstanceID.NotFound" });
    }
  });
});

describe("json-api key pairs", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("give their private key once, and are listed without it", async () => {
    const { status, body } = await api.send("POST", "/ec2/key-pairs", { json: { name: "once", type: "rsa" } });
    expect(status).to.equal(201);
    expect(body.private_key).to.match(/^-----BEGIN (RSA )?PRIVATE KEY-----/);
    const list = await api.send<{ key_pairs: object[] }>("GET", "/ec2/key-pairs");
    expect(JSON.stringify(list.body)).to.not.include("PRIVATE");
    expect(list.body.key_pairs).to.have.lengthOf(1);
    expect(list.body.key_pairs[0]).to.include({ name: "once", type: "rsa", fingerprint: body.fingerprint });
  });

  it("are imported by their public key, which is the one of a pair that was made", async () => {
    const made = await api.send("POST", "/ec2/key-pairs", { json: { name: "original" } });
    const json = { name: "imported", public_key: made.body.public_key };
    const { status, body } = await api.send<{ private_key: null; public_key: string }>("POST", "/ec2/key-pairs", {
      json,
    });
    expect(status).to.equal(201);
    expect(body.private_key).to.equal(null);
    expect(body.public_key.split(" ")[1]).to.equal(made.body.public_key?.split(" ")[1]);
  });

  it("refuse a name that is taken with 409, and a key that is none with 400", async () => {
    const json = { name: "taken" };
    await api.send("POST", "/ec2/key-pairs", { json });
    const again = await api.send("POST", "/ec2/key-pairs", { json });
    expect(again.status).to.equal(409);
    expect(again.body).to.include({ code: "InvalidKeyPair.Duplicate" });
    const bad = await api.send("POST", "/ec2/key-pairs", { json: { name: "bad", public_key: "no key" } });
    expect(bad.status).to.equal(400);
  });

  it("are deleted by name, once", async () => {
    await api.send("POST", "/ec2/key-pairs", { json: { name: "with space/and slash" } });
    const path = `/ec2/key-pairs/${encodeURIComponent("with space/and slash")}`;
    expect((await api.send("DELETE", path)).status).to.equal(204);
    expect((await api.send("DELETE", path)).status).to.equal(404);
  });
});

describe("json-api security groups", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  async function create(name: string): Promise<string> {
    const json = { name, description: "for a test", tags: { a: "b" } };
    const { status, body } = await api.send<{ id: string; tags: object }>("POST", "/ec2/security-groups", { json });
    expect(status).to.equal(201);
    expect(body.tags).to.deep.equal({ a: "b" });
    return body.id;
  }

  it("take rules for addresses and for groups, in both directions, and give them up again", async () => {
    const id = await create("rules");
    const other = await create("other");
    const path = `/ec2/security-groups/${id}/rules`;
    const wanted = [
      { from_port: 22, cidr: "10.0.0.0/8", description: "ssh" },
      { from_port: 80, to_port: 88, cidr: "2001:db8::/32" },
      { from_port: 5432, security_group_id: other },
      { direction: "egress", protocol: "udp", from_port: 53, cidr: "8.8.8.8/32" },
    ];
    const added: Rule[] = [];
    for (const json of wanted) {
      const { status, body } = await api.send<Rule>("POST", path, { json });
      expect(status).to.equal(201);
      expect(body).to.include({ direction: "ingress", to_port: json.from_port, ...json });
      added.push(body);
    }
    const group = await api.send<{ rules: Rule[] }>("GET", `/ec2/security-groups/${id}`);
    expect(group.body.rules).to.deep.include.members(added);
    const list = await api.send<{ security_groups: { id: string; rules: Rule[] }[] }>("GET", "/ec2/security-groups");
    expect(list.body.security_groups.find((listed) => listed.id === id)?.rules).to.deep.equal(group.body.rules);
    for (const rule of added) expect((await api.send("DELETE", `${path}/${rule.id}`)).status).to.equal(204);
    expect((await api.send("DELETE", `${path}/${added[0]?.id}`)).status).to.equal(404);
    const left = await api.send<{ rules: Rule[] }>("GET", `/ec2/security-groups/${id}`);
    expect(left.body.rules).to.have.lengthOf(1);
  });

  it("refuse a rule that is there with 409, one for nobody with 422, and one that means nothing with 400", async () => {
    const path = `/ec2/security-groups/${await create("refused")}/rules`;
    const json = { from_port: 22, cidr: "0.0.0.0/0" };
    await api.send("POST", path, { json });
    const again = await api.send("POST", path, { json });
    expect(again.status).to.equal(409);
    expect(again.body).to.include({ code: "InvalidPermission.Duplicate" });
    expect((await api.send("POST", path, { json: { from_port: 22 } })).status).to.equal(422);
    const both = { ...json, security_group_id: "sg-0123456789abcdef0" };
    expect((await api.send("POST", path, { json: both })).status).to.equal(422);
    expect((await api.send("POST", path, { json: { from_port: 22, cidr: "everybody" } })).status).to.equal(400);
  });

  it("refuse a name that is taken with 409, and to go while an instance has them", async () => {
    const id = await create("used");
    const again = await api.send("POST", "/ec2/security-groups", { json: { name: "used", description: "again" } });
    expect(again.status).to.equal(409);
    expect(again.body).to.include({ code: "InvalidGroup.Duplicate" });
    const json = { ami: "alpine:latest", security_group_ids: [id] };
    const { body } = await api.send<Instance>("POST", "/ec2/instances", { json });
    expect(body.security_groups).to.deep.equal([{ id, name: "used" }]);
    const kept = await api.send("DELETE", `/ec2/security-groups/${id}`);
    expect(kept.status).to.equal(409);
    expect(kept.body).to.include({ code: "DependencyViolation" });
  });

  it("that are not there answer with InvalidGroup.NotFound 404", async () => {
    const path = "/ec2/security-groups/sg-0123456789abcdef0";
    for (const method of ["GET", "DELETE"]) {
      const { status, body } = await api.send(method, path);
      expect(status).to.equal(404);
      expect(body).to.include({ code: "InvalidGroup.NotFound" });
    }
  });
});

describe("json-api images and instance types", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("are what instances can be made of", async () => {
    const images = await api.send<{ images: { id: string }[] }>("GET", "/ec2/images?limit=5");
    const types = await api.send<{ instance_types: { name: string }[] }>("GET", "/ec2/instance-types?limit=5");
    const json = { ami: images.body.images[0]?.id, instance_type: types.body.instance_types[3]?.name };
    expect((await api.send("POST", "/ec2/instances", { json })).status).to.equal(201);
  });

  it("are listed page by page, all of them", async () => {
    const names: string[] = [];
    let token = "";
    for (;;) {
      const path = `/ec2/instance-types?limit=50${token && `&next_token=${encodeURIComponent(token)}`}`;
      const { body } = await api.send<{
        instance_types: { name: string; vcpus: number; memory_mib: number }[];
        next_token: string | null;
      }>("GET", path);
      for (const { name, vcpus, memory_mib } of body.instance_types) {
        names.push(name);
        expect(vcpus).to.be.above(0);
        expect(memory_mib).to.be.above(0);
      }
      if (body.next_token === null) break;
      token = body.next_token;
    }
    expect(names).to.include("t2.micro");
    expect(new Set(names).size).to.equal(names.length);
  });
});
