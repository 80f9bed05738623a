import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AddressAttribute, AddressTransfer } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { elasticAddresses, getAddress, type StoredAddress } from "./addresses.ts";
import { describeResources } from "./describe.ts";
import { describeNone } from "./describe-none.ts";
import { dryRunOperation, invalidParameterValue, missingParameter, notFound } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeAt } from "./scope.ts";

/** https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithEIPs.html#transfer-EIPs-intro */
const transferOfferMs = 7 * 3_600_000;

export const addressAttributeOperations = {
  async DescribeAddressesAttribute(ctx, input) {
    checkOneOf("attribute", input.Attribute, ["domain-name"]);
    const page = await describeResources(ctx, elasticAddresses, input, {
      ids: input.AllocationIds,
      limits: { min: 1, max: 1000 },
      only: (address) => address.PtrRecord !== undefined,
    });
    return { Addresses: page.items.map(toAttribute), NextToken: page.nextToken };
  },

  async ModifyAddressAttribute(ctx, input) {
    const id = required(input.AllocationId, "allocationId");
    const name = required(input.DomainName, "domainName");
    if (!/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}\.?$/i.test(name)) {
      throw invalidParameterValue(`Value (${name}) for parameter domainName is invalid.`);
    }
    return changeAddress(ctx, input, id, (address) => {
      address.PtrRecord = name.endsWith(".") ? name : `${name}.`;
      return { Address: toAttribute(address) };
    });
  },

  async ResetAddressAttribute(ctx, input) {
    checkOneOf("attribute", input.Attribute, ["domain-name"]);
    const id = required(input.AllocationId, "allocationId");
    required(input.Attribute, "attribute");
    return changeAddress(ctx, input, id, (address) => {
      delete address.PtrRecord;
      return { Address: toAttribute(address) };
    });
  },

  async EnableAddressTransfer(ctx, input) {
    const id = required(input.AllocationId, "allocationId");
    const AccountId = required(input.TransferAccountId, "transferAccountId");
    if (!/^\d{12}$/.test(AccountId)) {
      throw invalidParameterValue(`Value (${AccountId}) for parameter transferAccountId is invalid.`);
    }
    return changeAddress(ctx, input, id, (address) => {
      if (address.AssociationId !== undefined) {
        throw new AwsError("InvalidTransfer.AddressAssociated", "The address is associated and cannot be transferred.");
      }
      const OfferedAt = ctx.now();
      address.Transfer = { AccountId, OfferedAt, ExpiresAt: new Date(OfferedAt.getTime() + transferOfferMs) };
      return { AddressTransfer: toTransfer(address, "pending") };
    });
  },

  async DisableAddressTransfer(ctx, input) {
    const id = required(input.AllocationId, "allocationId");
    return changeAddress(ctx, input, id, (address) => {
      if (address.Transfer === undefined) {
        throw new AwsError("InvalidTransfer.AddressNotTransferred", `There is no transfer of the address ${id}.`);
      }
      const AddressTransfer = toTransfer(address, "disabled");
      delete address.Transfer;
      return { AddressTransfer };
    });
  },

  async DescribeAddressTransfers(ctx, input) {
    const page = await describeResources(ctx, elasticAddresses, input, {
      ids: input.AllocationIds,
      only: ({ Transfer }) => Transfer !== undefined && Transfer.ExpiresAt > ctx.now(),
    });
    const AddressTransfers = page.items.map((address) => toTransfer(address, "pending"));
    return { AddressTransfers, NextToken: page.nextToken };
  },

  /** The address changes its owner; it gets a new allocation, and loses its tags. */
  async AcceptAddressTransfer(ctx, input) {
    const PublicIp = required(input.Address, "address");
    const tags = tagsForNew(input.TagSpecifications, "elastic-ip");
    return inTransaction(ctx, async (scope) => {
      const { owner, address } = await findOffered(scope, PublicIp);
      if (input.DryRun === true) throw dryRunOperation();
      const { Transfer: _, PtrRecord: __, ...moved } = address;
      await deleteResources(owner, elasticAddresses, [elasticAddresses.idOf(address)]);
      const AllocationId = scope.newId("eipalloc");
      await insertTagged(scope, elasticAddresses, { ...moved, AllocationId }, tags);
      await scope.db
        .updateTable("ec2_public_addresses")
        .set({ account_id: scope.accountId, holder: AllocationId })
        .where("address", "=", PublicIp)
        .execute();
      const AddressTransfer = {
        ...toTransfer(address, "accepted"),
        AllocationId,
        TransferOfferAcceptedTimestamp: scope.now(),
      };
      return { AddressTransfer };
    });
  },

  /** EC2-Classic, where addresses could be moved from, is no more: every address is one of a VPC. */
  async MoveAddressToVpc(ctx, input) {
    const PublicIp = required(input.PublicIp, "publicIp");
    const address = await getAddress(ctx, { PublicIp });
    if (input.DryRun === true) throw dryRunOperation();
    return { AllocationId: address.AllocationId, Status: "InVpc" };
  },

  async RestoreAddressToClassic(ctx, input) {
    const PublicIp = required(input.PublicIp, "publicIp");
    await getAddress(ctx, { PublicIp });
    throw new AwsError("InvalidParameterValue", `The address ${PublicIp} was allocated for use in a VPC.`);
  },

  async DescribeMovingAddresses(ctx, input) {
    for (const PublicIp of input.PublicIps ?? []) await getAddress(ctx, { PublicIp });
    return { MovingAddressStatuses: describeNone(input, { filters: ["moving-status"] }) };
  },

  /** No pools are brought here. */
  DescribePublicIpv4Pools: (_ctx, input) => ({
    PublicIpv4Pools: describeNone(input, {
      ids: input.PoolIds,
      unknown: ["InvalidPublicIpv4PoolID.NotFound", "pool ID"],
      tagged: true,
    }),
  }),

  DescribeIpv6Pools: (_ctx, input) => ({
    Ipv6Pools: describeNone(input, {
      ids: input.PoolIds,
      unknown: ["InvalidPoolId.NotFound", "pool ID"],
      tagged: true,
    }),
  }),

  GetAssociatedIpv6PoolCidrs(_ctx, input) {
    throw notFound("InvalidPoolId.NotFound", "pool ID", [required(input.PoolId, "poolId")]);
  },

  DescribeByoipCidrs(_ctx, input) {
    if (input.MaxResults === undefined) throw missingParameter("maxResults");
    return { ByoipCidrs: describeNone(input, { limits: { min: 1, max: 100 } }) };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeAddress<Answer>(
  ctx: Context,
  input: { DryRun?: boolean | undefined },
  id: string,
  change: (address: StoredAddress) => Answer,
): Promise<Answer> {
  return inTransaction(ctx, async (scope) => {
    const address = await getResource(scope, elasticAddresses, id);
    const answer = change(address);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, elasticAddresses, address);
    return answer;
  });
}

function toAttribute(address: StoredAddress): AddressAttribute {
  const { PublicIp, AllocationId, PtrRecord } = address;
  return { PublicIp, AllocationId, ...(PtrRecord === undefined ? {} : { PtrRecord }) };
}

function toTransfer(
  address: StoredAddress,
  AddressTransferStatus: "pending" | "disabled" | "accepted",
): AddressTransfer {
  return {
    PublicIp: address.PublicIp,
    AllocationId: address.AllocationId,
    TransferAccountId: address.Transfer?.AccountId,
    TransferOfferExpirationTimestamp: address.Transfer?.ExpiresAt,
    AddressTransferStatus,
  };
}

/** The address of another account that is offered to this one. */
async function findOffered(scope: Scope, publicIp: string): Promise<{ owner: Scope; address: StoredAddress }> {
  const row = await scope.db
    .selectFrom("ec2_addresses")
    .select(["account_id", "region"])
    .where("public_ip", "=", publicIp)
    .executeTakeFirst();
  if (row !== undefined && row.region === scope.region) {
    const owner = scopeAt(scope, { accountId: row.account_id, region: row.region });
    const [address] = await listResources(owner, elasticAddresses, { public_ip: publicIp });
    const offer = address?.Transfer;
    if (address !== undefined && offer?.AccountId === scope.accountId && offer.ExpiresAt > scope.now()) {
      return { owner, address };
    }
  }
  throw new AwsError("InvalidAddress.NotFound", `Address '${publicIp}' not found.`);
}
