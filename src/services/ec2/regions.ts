import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AvailabilityZone, Region } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation, invalidParameterValue, unsupportedOperation } from "./errors.ts";
import { regions, zonesOf } from "./region-data.ts";
import { required } from "./required.ts";

const regionFilters = pathFilters<Region>()({
  endpoint: "Endpoint",
  "opt-in-status": "OptInStatus",
  "region-name": "RegionName",
});

const zoneFilters = pathFilters<AvailabilityZone>()({
  "group-long-name": "GroupLongName",
  "group-name": "GroupName",
  message: "Messages.Message",
  "opt-in-status": "OptInStatus",
  "parent-zone-id": "ParentZoneId",
  "parent-zone-name": "ParentZoneName",
  "region-name": "RegionName",
  state: "State",
  "zone-id": "ZoneId",
  "zone-name": "ZoneName",
  "zone-type": "ZoneType",
});

export const regionOperations = {
  DescribeRegions(_ctx, input) {
    const matches = compileFilters(input.Filters, regionFilters);
    const unknown = (input.RegionNames ?? []).filter((name) => !regions.some((region) => region.name === name));
    if (unknown.length > 0) throw invalidParameterValue(`Invalid region provided: [${unknown.join(", ")}]`);
    if (input.DryRun === true) throw dryRunOperation();
    const named = new Set(input.RegionNames);
    const listed = regions.filter((region) =>
      named.size > 0 ? named.has(region.name) : input.AllRegions === true || !region.optIn,
    );
    return {
      Regions: listed
        .map((region) => ({
          RegionName: region.name,
          Endpoint: `ec2.${region.name}.amazonaws.com`,
          OptInStatus: region.optIn ? "not-opted-in" : "opt-in-not-required",
        }))
        .filter(matches),
    };
  },

  DescribeAvailabilityZones(ctx, input) {
    const matches = compileFilters(input.Filters, zoneFilters);
    const zones = availabilityZones(ctx.region);
    checkKnown(input.ZoneNames, zones, (zone) => zone.ZoneName);
    checkKnown(input.ZoneIds, zones, (zone) => zone.ZoneId);
    if (input.DryRun === true) throw dryRunOperation();
    const names = new Set(input.ZoneNames);
    const ids = new Set(input.ZoneIds);
    return {
      AvailabilityZones: zones.filter(
        (zone) =>
          (names.size === 0 || names.has(zone.ZoneName ?? "")) &&
          (ids.size === 0 || ids.has(zone.ZoneId ?? "")) &&
          matches(zone),
      ),
    };
  },

  /** Only groups of Local Zones and Wavelength Zones are opted in to, and there are none of these here. */
  ModifyAvailabilityZoneGroup(ctx, input) {
    const group = required(input.GroupName, "GroupName");
    const status = required(input.OptInStatus, "OptInStatus");
    if (status !== "opted-in" && status !== "not-opted-in") {
      throw invalidParameterValue(`Invalid value '${String(status)}' for OptInStatus.`);
    }
    if (!availabilityZones(ctx.region).some(({ GroupName }) => GroupName === group)) {
      throw invalidParameterValue(`Invalid Availability Zone group: [${group}]`);
    }
    throw unsupportedOperation(`The opt-in status of the Availability Zone group '${group}' cannot be modified.`);
  },
} satisfies Operations<typeof Ec2, Context>;

function availabilityZones(region: string): AvailabilityZone[] {
  const longName = regions.find(({ name }) => name === region)?.longName ?? region;
  return zonesOf(region).map((zone) => ({
    ZoneName: zone.name,
    ZoneId: zone.id,
    State: "available",
    RegionName: region,
    GroupName: `${region}-zg-1`,
    GroupLongName: `${longName} 1`,
    NetworkBorderGroup: region,
    ZoneType: "availability-zone",
    OptInStatus: "opt-in-not-required",
    Messages: [],
  }));
}

function checkKnown(
  asked: readonly string[] | undefined,
  zones: readonly AvailabilityZone[],
  nameOf: (zone: AvailabilityZone) => string | undefined,
): void {
  const unknown = (asked ?? []).filter((name) => !zones.some((zone) => nameOf(zone) === name));
  if (unknown.length > 0) throw invalidParameterValue(`Invalid availability zone: [${unknown.join(", ")}]`);
}
