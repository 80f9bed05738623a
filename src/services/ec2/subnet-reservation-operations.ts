import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { formatIpv4Block, ipv4BlockContains, ipv4BlocksOverlap, parseIpv4Block } from "./cidr.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { formatIpv6Block, ipv6BlockContains, ipv6BlocksOverlap, parseIpv6Block } from "./ipv6.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, deleteResources, getResource, listResources } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { subnetCidrReservations } from "./subnet-reservations.ts";
import { subnets } from "./subnets.ts";

export const subnetReservationOperations = {
  async CreateSubnetCidrReservation(ctx, input) {
    const SubnetId = required(input.SubnetId, "subnetId");
    const cidr = required(input.Cidr, "cidr");
    const ReservationType = required(input.ReservationType, "reservationType");
    if (ReservationType !== "prefix" && ReservationType !== "explicit") {
      throw invalidParameterValue(`Value (${String(ReservationType)}) for parameter reservationType is invalid.`);
    }
    const tags = tagsForNew(input.TagSpecifications, "subnet-cidr-reservation");
    return inTransaction(ctx, async (scope) => {
      const subnet = await getResource(scope, subnets, SubnetId);
      const there = await listResources(scope, subnetCidrReservations, { subnet_id: SubnetId });
      const Cidr = checkCidr(subnet, there, cidr);
      if (input.DryRun === true) throw dryRunOperation();
      const reservation = {
        SubnetCidrReservationId: scope.newId("scr"),
        SubnetId,
        Cidr,
        ReservationType,
        OwnerId: scope.accountId,
        Description: input.Description ?? "",
      };
      return { SubnetCidrReservation: await insertTagged(scope, subnetCidrReservations, reservation, tags) };
    });
  },

  async DeleteSubnetCidrReservation(ctx, input) {
    const id = required(input.SubnetCidrReservationId, "subnetCidrReservationId");
    return inTransaction(ctx, async (scope) => {
      const reservation = await getResource(scope, subnetCidrReservations, id);
      if (input.DryRun === true) throw dryRunOperation();
      await completeResources(scope, subnetCidrReservations, [reservation]);
      await deleteResources(scope, subnetCidrReservations, [id]);
      return { DeletedSubnetCidrReservation: reservation };
    });
  },

  async GetSubnetCidrReservations(ctx, input) {
    const SubnetId = required(input.SubnetId, "subnetId");
    await getResource(ctx, subnets, SubnetId);
    const page = await describeResources(ctx, subnetCidrReservations, input, {
      only: (reservation) => reservation.SubnetId === SubnetId,
    });
    const isIpv6 = ({ Cidr }: { Cidr?: string | undefined }) => Cidr?.includes(":") === true;
    return {
      SubnetIpv4CidrReservations: page.items.filter((reservation) => !isIpv6(reservation)),
      SubnetIpv6CidrReservations: page.items.filter(isIpv6),
      NextToken: page.nextToken,
    };
  },
} satisfies Operations<typeof Ec2, Context>;

/** In its shortest form. @throws AwsError where it is not the subnet's, or is reserved already */
function checkCidr(subnet: Ec2.Subnet, there: readonly Ec2.SubnetCidrReservation[], cidr: string): string {
  const ipv4 = parseIpv4Block(cidr);
  const ipv6 = parseIpv6Block(cidr);
  const outer4 = parseIpv4Block(subnet.CidrBlock ?? "");
  const outer6 = parseIpv6Block(subnet.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? "");
  const inside =
    (ipv4 !== undefined && outer4 !== undefined && ipv4BlockContains(outer4, ipv4)) ||
    (ipv6 !== undefined && outer6 !== undefined && ipv6BlockContains(outer6, ipv6));
  if (!inside) {
    throw invalidParameterValue(`The CIDR '${cidr}' is not within the range of the subnet '${subnet.SubnetId}'.`);
  }
  const conflict = there.some(({ Cidr = "" }) => {
    const other4 = parseIpv4Block(Cidr);
    const other6 = parseIpv6Block(Cidr);
    if (ipv4 !== undefined) return other4 !== undefined && ipv4BlocksOverlap(other4, ipv4);
    return ipv6 !== undefined && other6 !== undefined && ipv6BlocksOverlap(other6, ipv6);
  });
  if (conflict) {
    throw new AwsError(
      "InvalidSubnetCidrReservation.Conflict",
      `The CIDR '${cidr}' conflicts with another reservation.`,
    );
  }
  return ipv4 !== undefined ? formatIpv4Block(ipv4) : ipv6 !== undefined ? formatIpv6Block(ipv6) : cidr;
}
