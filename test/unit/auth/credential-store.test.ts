import aws4 from "aws4";
import { expect } from "chai";
import { accessKeyId, accountOfAccessKeyId } from "../../../src/auth/access-key-id.ts";
import type { AuthTarget } from "../../../src/auth/authenticate.ts";
import { rootPrincipal } from "../../../src/auth/credential-store.ts";
import { ec2, openAuth, refusal, request, s3, sts } from "./fixture.ts";

const time = "2026-03-04T05:06:07Z";

type Session = Awaited<ReturnType<Awaited<ReturnType<typeof openAuth>>["credentials"]["issueSession"]>>;

describe("auth session credentials", () => {
  let auth: Awaited<ReturnType<typeof openAuth>>;
  beforeEach(async () => {
    auth = await openAuth({ time });
  });
  afterEach(() => auth.close());

  const issue = () =>
    auth.credentials.issueSession({ principal: rootPrincipal("222222222222", "AKIA"), durationSeconds: 900 });

  /** A request of now with the session's keys and, unless told otherwise, its token. */
  function use(target: AuthTarget, session: Session, sessionToken: string | undefined = session.sessionToken) {
    const date = auth.clock.time.toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const signed = aws4.sign(
      {
        ...{ service: target.service, region: "us-east-1", method: "GET", path: "/" },
        headers: { Host: "localhost", "X-Amz-Date": date },
      },
      { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey, sessionToken },
    );
    const headers = Object.entries(signed.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return auth.authenticate(request("GET", "/", Object.fromEntries(headers)), target);
  }

  it("are accepted by every kind of service, as who they were issued to", async () => {
    const session = await issue();
    for (const target of [s3, ec2, sts]) {
      expect((await use(target, session)).principal).to.deep.equal(rootPrincipal("222222222222", session.accessKeyId));
    }
  });

  it("are refused without their token, and with another", async () => {
    const [session, other] = [await issue(), await issue()];
    const codes = async (token: string) =>
      [
        await refusal(use(s3, session, token)),
        await refusal(use(ec2, session, token)),
        await refusal(use(sts, session, token)),
      ].map(({ code, status }) => `${code} ${status}`);
    expect(await codes("")).to.deep.equal(["InvalidAccessKeyId 403", "AuthFailure 401", "InvalidClientTokenId 403"]);
    const wrong = ["InvalidToken 400", "AuthFailure 401", "InvalidClientTokenId 403"];
    expect(await codes("token")).to.deep.equal(wrong);
    expect(await codes(other.sessionToken)).to.deep.equal(wrong);
  });

  it("are refused as expired from their expiration on, whatever the signature", async () => {
    const session = await issue();
    expect(session.expiration.toISOString()).to.equal("2026-03-04T05:21:07.000Z");
    auth.clock.time = new Date(session.expiration.getTime() - 1);
    await use(s3, session);
    auth.clock.time = session.expiration;
    const forged = { ...session, secretAccessKey: "wrong" };
    for (const used of [session, forged]) {
      expect(await refusal(use(s3, used))).to.include({
        ...{ code: "ExpiredToken", status: 400, message: "The provided token has expired." },
      });
      expect(await refusal(use(sts, used))).to.include({
        ...{ code: "ExpiredToken", status: 403, message: "The security token included in the request is expired" },
      });
      expect(await refusal(use(ec2, used))).to.include({ code: "RequestExpired", status: 400 });
    }
  });

  it("survive a restart", async () => {
    const session = await issue();
    const { dataDir } = auth;
    await auth.close({ keep: true });
    auth = await openAuth({ time, dataDir });
    expect((await use(s3, session)).principal.accountId).to.equal("222222222222");
  });

  it("are removed a day after they expired", async () => {
    const session = await issue();
    auth.clock.time = new Date(session.expiration.getTime() + 25 * 60 * 60 * 1000);
    expect(await auth.credentials.find(session.accessKeyId)).not.to.equal(undefined);
    await issue();
    expect(await auth.credentials.find(session.accessKeyId)).to.equal(undefined);
  });

  it("have ids of AWS's form that name their account", () => {
    for (const account of ["000000000000", "123456789012", "999999999999"]) {
      for (const byte of [0, 255]) {
        const id = accessKeyId("ASIA", account, Buffer.alloc(10, byte));
        expect(id).to.match(/^ASIA[A-Z2-7]{16}$/);
        expect(accountOfAccessKeyId(id)).to.equal(account);
      }
    }
    for (const id of ["AKIAIOSFODNN7EXAMPLE", "AROAQNZGKIQY56JQ7WML", "ASIAQNZGKIQY56JQ7WM1", "test"]) {
      expect(accountOfAccessKeyId(id), id).to.equal(undefined);
    }
  });
});
