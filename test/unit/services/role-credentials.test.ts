import { expect } from "chai";
import type { SessionRequest } from "../../../src/auth/credentials.ts";
import type { StoredInstance } from "../../../src/services/ec2/instances.ts";
import { createRoleCredentials } from "../../../src/services/ec2/role-credentials.ts";

const hour = 3_600_000;

describe("ec2 credentials of an instance's role", () => {
  it("are the same until an hour before they expire, and then others", async () => {
    let time = Date.UTC(2026, 0, 1);
    let issued = 0;
    const credentialsOf = createRoleCredentials({
      now: () => new Date(time),
      credentials: {
        find: () => undefined,
        async issueSession({ principal, durationSeconds }: SessionRequest) {
          issued += 1;
          const expiration = new Date(time + durationSeconds * 1000);
          return { accessKeyId: `ASIA${issued}`, secretAccessKey: "s", sessionToken: "t", expiration, principal };
        },
      },
    });
    const Arn = "arn:aws:iam::111122223333:instance-profile/team/app";
    const instance = { InstanceId: "i-1", IamInstanceProfile: { Arn } } as StoredInstance;
    const read = async () => JSON.parse((await credentialsOf(instance)) ?? "null");
    const first = await read();
    expect(first).to.include({ AccessKeyId: "ASIA1", LastUpdated: "2026-01-01T00:00:00Z" });
    expect(first.Expiration).to.equal("2026-01-01T06:00:00Z");
    time += 5 * hour - 1;
    expect(await read()).to.deep.equal(first);
    time += 1;
    expect(await read()).to.include({ AccessKeyId: "ASIA2", Expiration: "2026-01-01T11:00:00Z" });
  });
});
