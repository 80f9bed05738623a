import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateVerifiedAccessTrustProviderRequest, VerifiedAccessTrustProvider } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { listResources } from "./resource.ts";
import { accessInstances, timeOf, trustProviders } from "./verified-access.ts";

/** https://docs.aws.amazon.com/verified-access/latest/ug/trust-providers.html */
export const trustProviderOperations = {
  async CreateVerifiedAccessTrustProvider(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "verified-access-trust-provider");
    checkProvider(input);
    const made = await makeOnce(ctx, trustProviders, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const { DryRun: _, ClientToken: __, TagSpecifications: ___, ...members } = input;
      const time = timeOf(scope.now());
      const provider: VerifiedAccessTrustProvider = {
        ...members,
        VerifiedAccessTrustProviderId: scope.newId("vatp"),
        Description: input.Description ?? "",
        CreationTime: time,
        LastUpdatedTime: time,
      };
      return insertTagged(scope, trustProviders, withoutSecrets(provider), tags);
    });
    return { VerifiedAccessTrustProvider: made };
  },

  async ModifyVerifiedAccessTrustProvider(ctx, input) {
    const id = required(input.VerifiedAccessTrustProviderId, "VerifiedAccessTrustProviderId");
    const changed = await changeResource(ctx, trustProviders, { id, DryRun: input.DryRun }, (provider, scope) => {
      provider.Description = input.Description ?? provider.Description;
      provider.SseSpecification = input.SseSpecification ?? provider.SseSpecification;
      for (const member of ["OidcOptions", "DeviceOptions", "NativeApplicationOidcOptions"] as const) {
        if (input[member] !== undefined)
          Object.assign(provider, { [member]: { ...provider[member], ...input[member] } });
      }
      Object.assign(provider, withoutSecrets(provider));
      provider.LastUpdatedTime = timeOf(scope.now());
    });
    return { VerifiedAccessTrustProvider: changed };
  },

  async DeleteVerifiedAccessTrustProvider(ctx, input) {
    const id = required(input.VerifiedAccessTrustProviderId, "VerifiedAccessTrustProviderId");
    const removed = await removeResource(ctx, trustProviders, { id, DryRun: input.DryRun }, async (_, scope) => {
      const used = (await listResources(scope, accessInstances)).some((one) => one.TrustProviderIds.includes(id));
      if (used)
        throw dependencyViolation(`The trust provider '${id}' is attached to an instance and cannot be deleted.`);
    });
    return { VerifiedAccessTrustProvider: removed };
  },

  async DescribeVerifiedAccessTrustProviders(ctx, input) {
    const page = await describeResources(ctx, trustProviders, input, {
      ids: input.VerifiedAccessTrustProviderIds,
      limits: { min: 5, max: 200 },
    });
    return { VerifiedAccessTrustProviders: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

function checkProvider(input: CreateVerifiedAccessTrustProviderRequest): void {
  const type = required(input.TrustProviderType, "TrustProviderType");
  const name = required(input.PolicyReferenceName, "PolicyReferenceName");
  if (!/^[A-Za-z][\w]*$/.test(name)) {
    throw invalidParameterValue(`Value (${name}) for parameter policyReferenceName is invalid.`);
  }
  if (type === "device") required(input.DeviceTrustProviderType, "DeviceTrustProviderType");
  else if (type === "user") required(input.UserTrustProviderType, "UserTrustProviderType");
  else throw invalidParameterValue(`Value (${String(type)}) for parameter trustProviderType is invalid.`);
  if (type === "user" && input.UserTrustProviderType === "oidc") {
    if (input.NativeApplicationOidcOptions === undefined) required(input.OidcOptions, "OidcOptions");
  }
}

/** AWS does not show them again. */
function withoutSecrets(provider: VerifiedAccessTrustProvider): VerifiedAccessTrustProvider {
  const { OidcOptions, NativeApplicationOidcOptions, ...shown } = provider;
  const native = { ...NativeApplicationOidcOptions };
  Reflect.deleteProperty(native, "ClientSecret");
  return {
    ...shown,
    ...(OidcOptions === undefined ? {} : { OidcOptions: { ...OidcOptions, ClientSecret: "*****" } }),
    ...(NativeApplicationOidcOptions === undefined ? {} : { NativeApplicationOidcOptions: native }),
  };
}
