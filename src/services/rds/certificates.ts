import type * as Rds from "@aws-sdk/client-rds";
import type { Certificate } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { CertificateAuthority } from "../../runtime/certificate-authority.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { certificateNotFound, invalidParameterCombination } from "./errors.ts";
import { deleteNamed, findNamed, insertNamed, type NamedFamily, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";

/**
 * The names of RDS's authorities (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html), under each of
 * which there is the one of this data folder.
 */
export const certificateAuthorities: readonly string[] = ["rds-ca-ecc384-g1", "rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1"];

const systemDefault = "rds-ca-rsa2048-g1";

/** The account's own default in a region, if it has one. */
const family: NamedFamily<{ readonly authority: string }> = {
  kind: "cert",
  notFound: certificateNotFound,
  alreadyExists: () => invalidParameterCombination("The default certificate is being modified by another request."),
};
const override = "override";

export const certificates = {
  async DescribeCertificates(ctx, request) {
    const input = withoutBlanks(request);
    const wanted = input.CertificateIdentifier && requireCertificate(input.CertificateIdentifier);
    const found = certificateAuthorities.filter((name) => !wanted || name === wanted);
    const { items, marker } = page(found, { ...input, kind: "certificates" }, (name) => name);
    const own = (await findNamed(ctx, family, override))?.authority;
    const ours = await ctx.databases.authority();
    return {
      DefaultCertificateForNewLaunches: own ?? systemDefault,
      Certificates: items.map((name) => toCertificate(ctx, { ours, name, own })),
      Marker: marker,
    };
  },

  async ModifyCertificates(ctx, request) {
    const input = withoutBlanks(request);
    const ours = await ctx.databases.authority();
    const removes = input.RemoveCustomerOverride === true;
    if (removes === (input.CertificateIdentifier !== undefined)) {
      throw invalidParameterCombination("Either CertificateIdentifier or RemoveCustomerOverride must be specified.");
    }
    if (removes) {
      await deleteNamed(ctx, family, override);
      return { Certificate: toCertificate(ctx, { ours, name: systemDefault }) };
    }
    const authority = requireCertificate(input.CertificateIdentifier ?? "");
    const exists = (await findNamed(ctx, family, override)) !== undefined;
    if (exists) await updateNamed(ctx, family, override, { authority });
    else await insertNamed(ctx, family, override, { authority }, []);
    return { Certificate: toCertificate(ctx, { ours, name: authority, own: authority }) };
  },
} satisfies Operations<typeof Rds, Context>;

/** @throws CertificateNotFound */
export function requireCertificate(identifier: string): string {
  const name = identifier.toLowerCase();
  if (!certificateAuthorities.includes(name)) throw certificateNotFound(identifier);
  return name;
}

/** The authority that is asked for, or the account's default one. @throws CertificateNotFound */
export async function resolveCertificate(ctx: Context, name: string | undefined): Promise<string> {
  // Made by now: who shows the instance shows how long its certificate is valid.
  await ctx.databases.authority();
  if (name) return requireCertificate(name);
  return (await findNamed(ctx, family, override))?.authority ?? systemDefault;
}

function toCertificate(
  ctx: Context,
  { ours, name, own }: { ours: CertificateAuthority; name: string; own?: string | undefined },
): Certificate {
  return {
    CertificateIdentifier: name,
    CertificateType: "CA",
    Thumbprint: ours.thumbprint,
    ValidFrom: ours.from,
    ValidTill: ours.till,
    CertificateArn: `arn:aws:rds:${ctx.region}::cert:${name}`,
    CustomerOverride: name === own,
    ...(name === own && { CustomerOverrideValidTill: ours.till }),
  };
}
