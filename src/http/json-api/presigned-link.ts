import { z } from "zod";
import { presignS3 } from "../../auth/presign.ts";
import type { App } from "../app.ts";
import { refusal } from "./problem.ts";
import { route } from "./route.ts";
import { dateTime, named } from "./schemas.ts";

const linkRequest = named(
  "PresignedLinkRequest",
  z.strictObject({
    method: z.enum(["GET", "PUT"]).default("GET"),
    expires_in: z.int().min(1).max(604_800).default(3600).describe("Seconds; a week at most."),
    disposition: z
      .enum(["inline", "attachment"])
      .optional()
      .describe("Whether a browser that follows the link shows the object or saves it."),
    version_id: z.string().min(1).optional().describe("The latest, where none is given. For GET."),
  }),
);

const link = named(
  "PresignedLink",
  z.strictObject({ url: z.string(), method: z.enum(["GET", "PUT"]), expires_at: dateTime }),
);

export const presignedLink = route(
  {
    ...{ method: "POST", path: "/s3/buckets/{name}/objects/{key}/presign", tag: "s3" },
    summary: "Make a presigned link",
    description:
      "Whoever has the link may read or write this one object until it expires. The object need not be there.",
    body: linkRequest,
    reply: link,
    errors: [404],
  },
  async ({ params, body, req, app, call }) => {
    const { BucketRegion = app.config.region } = await call("s3", "HeadBucket", { Bucket: params.name });
    const host = req.headers.host ?? "";
    const now = app.serviceContext.now();
    const target = presignS3(
      {
        method: body.method,
        host,
        path: `/${encodePath(params.name)}/${encodePath(params.key)}`,
        parameters: {
          ...(body.disposition && { "response-content-disposition": body.disposition }),
          ...(body.version_id && { versionId: body.version_id }),
        },
        region: BucketRegion,
        expiresInSeconds: body.expires_in,
      },
      rootKey(app),
      now,
    );
    return {
      url: `${schemeOf(req.headers.origin)}://${host}${target}`,
      method: body.method,
      expires_at: new Date(now.getTime() + body.expires_in * 1000).toISOString(),
    };
  },
);

function rootKey({ config }: App) {
  const key = config.credentials.find(({ accountId }) => accountId === config.accountId);
  if (key === undefined) {
    throw refusal(
      409,
      "NoRootKey",
      "There is no access key of the default account to sign with: see LOCALAWS_CREDENTIALS.",
    );
  }
  return key;
}

/** A browser that came through a proxy with TLS goes back there. */
function schemeOf(origin: string | undefined): "http" | "https" {
  return origin?.startsWith("https:") ? "https" : "http";
}

/** As S3 signs a path: each segment encoded, slashes kept. */
export function encodePath(text: string): string {
  return text
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
}
