import type { InternetGatewayBlockMode, InternetGatewayExclusionMode } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import type { StoredNetworkInterface } from "../../../src/services/ec2/network-interfaces.ts";
import type { PacketState } from "../../../src/services/ec2/packet-state.ts";
import { publicAddressOf, routesOf } from "../../../src/services/ec2/route-packets.ts";

describe("packets under VPC block public access", () => {
  const everywhere = "0.0.0.0/0";

  /** A public subnet with a NAT gateway, and a private one whose way out it is. */
  function stateWith(
    mode: InternetGatewayBlockMode,
    exclusions: Readonly<Record<string, InternetGatewayExclusionMode>>,
  ): PacketState {
    const out = (SubnetId = "") => (SubnetId === "subnet-public" ? { GatewayId: "igw-1" } : { NatGatewayId: "nat-1" });
    const gateway = { SubnetId: "subnet-public", VpcId: "vpc-1", NatGatewayAddresses: [{ PublicIp: "198.18.0.9" }] };
    return {
      interfaces: [],
      vpcs: new Map(),
      subnets: new Map(),
      moved: [],
      listed: new Map(),
      natGateways: new Map([["nat-1", gateway]]),
      peerings: [],
      hubs: [],
      publicAccess: {
        mode,
        exclusionOf: ({ SubnetId = "", VpcId = "" }) => exclusions[SubnetId] ?? exclusions[VpcId],
      },
      aclOf: () => undefined,
      routeTableOf: (subnetId) => ({
        Routes: [{ DestinationCidrBlock: everywhere, State: "active", ...out(subnetId) }],
      }),
    };
  }

  function ways(mode: InternetGatewayBlockMode, exclusions: Record<string, InternetGatewayExclusionMode> = {}) {
    const state = stateWith(mode, exclusions);
    const place = { VpcId: "vpc-1", SubnetId: "subnet-public" };
    const open: StoredNetworkInterface = { ...place, Association: { PublicIp: "198.18.0.1" } };
    const hidden: StoredNetworkInterface = { VpcId: "vpc-1", SubnetId: "subnet-private" };
    const passes = (one: StoredNetworkInterface) =>
      routesOf(state, one).find(({ destinations }) => destinations.includes(everywhere))?.passes;
    return { direct: passes(open), inward: publicAddressOf(state, open)?.inward ?? false, byNat: passes(hidden) };
  }

  it("take every way when it is off", () => {
    expect(ways("off")).to.deep.equal({ direct: true, inward: true, byNat: true });
    expect(ways("off", { "vpc-1": "allow-egress" })).to.deep.equal({ direct: true, inward: true, byNat: true });
  });

  it("take none when both directions are blocked, but where a VPC or subnet is excluded", () => {
    const mode = "block-bidirectional";
    expect(ways(mode)).to.deep.equal({ direct: false, inward: false, byNat: false });
    const all = { direct: true, inward: true, byNat: true };
    expect(ways(mode, { "vpc-1": "allow-bidirectional" })).to.deep.equal(all);
    expect(ways(mode, { "subnet-public": "allow-bidirectional" })).to.deep.equal(all);
    const egress = { direct: true, inward: false, byNat: true };
    expect(ways(mode, { "subnet-public": "allow-egress" })).to.deep.equal(egress);
    expect(ways(mode, { "subnet-private": "allow-egress" }).byNat).to.equal(false);
  });

  it("leave by NAT gateways alone when ingress is blocked", () => {
    expect(ways("block-ingress")).to.deep.equal({ direct: false, inward: false, byNat: true });
  });
});
