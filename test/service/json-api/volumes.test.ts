import { DescribeVolumesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { follow } from "./follow.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Volume {
  readonly id: string;
  readonly state: string;
  readonly attachments: readonly { instance_id: string; device: string; state: string }[];
}

describe("json-api volumes", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const find = async (id: string) =>
    (await api.send<{ volumes: Volume[] }>("GET", "/ec2/volumes")).body.volumes.find((volume) => volume.id === id);
  const inState = (id: string, state: string) =>
    eventually(`${id} is ${state}`, async () => (await find(id))?.state === state);

  it("are made, attached, detached and deleted as AWS's clients see them", async () => {
    const feed = await follow(api, "/events");
    const { body: instance } = await api.send("POST", "/ec2/instances", { json: { ami: "alpine:latest" } });
    await eventually("it runs", async () => {
      return (await api.send("GET", `/ec2/instances/${instance.id}`)).body.state === "running";
    });
    const zone = instance.availability_zone;
    const json = { size: 3, availability_zone: zone, name: "data" };
    const { status, body: volume } = await api.send<Volume>("POST", "/ec2/volumes", { json });
    expect(status).to.equal(201);
    expect(volume).to.deep.include({ name: "data", size: 3, type: "gp3", availability_zone: zone, attachments: [] });
    await feed.seen("resource", { type: "volume", id: volume.id, change: "created" });
    await inState(volume.id, "available");

    const attach = () =>
      api.send("POST", `/ec2/volumes/${volume.id}/attach`, { json: { instance_id: instance.id, device: "/dev/sdg" } });
    expect((await attach()).status).to.equal(200);
    await inState(volume.id, "in-use");
    expect((await find(volume.id))?.attachments[0]).to.include({ instance_id: instance.id, device: "/dev/sdg" });
    const { Volumes } = await api.aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume.id] }));
    expect(Volumes?.[0]?.Attachments?.[0]?.InstanceId).to.equal(instance.id);
    const again = await attach();
    expect([again.status, again.body.code]).to.deep.equal([409, "VolumeInUse"]);
    const inUse = await api.send("DELETE", `/ec2/volumes/${volume.id}`);
    expect([inUse.status, inUse.body.code]).to.deep.equal([409, "VolumeInUse"]);

    expect((await api.send("POST", `/ec2/volumes/${volume.id}/detach`)).status).to.equal(200);
    await inState(volume.id, "available");
    expect((await api.send("DELETE", `/ec2/volumes/${volume.id}`)).status).to.equal(204);
    await feed.seen("resource", { type: "volume", id: volume.id, change: "deleted" });
    await feed.close();
    await api.send("DELETE", `/ec2/instances/${instance.id}`);
  });

  it("refuse a size that their type has not, and one that is not there, in AWS's words", async () => {
    const large = await api.send("POST", "/ec2/volumes", { json: { size: 100_000 } });
    expect([large.status, large.body.code]).to.deep.equal([400, "InvalidParameterValue"]);
    const missing = await api.send("POST", "/ec2/volumes/vol-0123456789abcdef0/detach");
    expect([missing.status, missing.body.code]).to.deep.equal([404, "InvalidVolume.NotFound"]);
  });
});
