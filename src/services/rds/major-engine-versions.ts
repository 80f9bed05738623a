import type * as Rds from "@aws-sdk/client-rds";
import type { DBMajorEngineVersion } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { byVersion, majorOf, versionKey } from "./engine-versions.ts";
import { page } from "./pages.ts";

/** https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html */
const calendar: Readonly<Record<string, readonly [released: string, standardEnd: string, extendedEnd: string]>> = {
  "13": ["2021-02-24", "2026-02-28", "2029-02-28"],
  "14": ["2022-02-03", "2027-02-28", "2030-02-28"],
  "15": ["2023-02-27", "2028-02-29", "2031-02-28"],
  "16": ["2023-11-17", "2029-02-28", "2032-02-29"],
  "17": ["2024-11-14", "2030-02-28", "2033-02-28"],
};

export const majorEngineVersions = {
  DescribeDBMajorEngineVersions(ctx, request) {
    const input = withoutBlanks(request);
    const majors = [...new Set(ctx.databases.versions("postgres").map(majorOf))]
      .sort(byVersion)
      .filter((major) => (input.Engine ?? "postgres") === "postgres" && (input.MajorEngineVersion ?? major) === major);
    const { items, marker } = page(majors, { ...input, kind: "major-engine-versions" }, versionKey);
    return { DBMajorEngineVersions: items.map(describe), Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

function describe(major: string): DBMajorEngineVersion {
  const [released, standardEnd, extendedEnd] = calendar[major] ?? [];
  const lifecycles =
    released === undefined || standardEnd === undefined || extendedEnd === undefined
      ? []
      : [
          lifecycle("open-source-rds-standard-support", new Date(released), new Date(standardEnd)),
          lifecycle("open-source-rds-extended-support", nextDay(standardEnd), new Date(extendedEnd)),
        ];
  return { Engine: "postgres", MajorEngineVersion: major, SupportedEngineLifecycles: lifecycles };
}

function lifecycle(
  LifecycleSupportName: "open-source-rds-standard-support" | "open-source-rds-extended-support",
  LifecycleSupportStartDate: Date,
  end: Date,
) {
  // To the last second of the day.
  const LifecycleSupportEndDate = new Date(nextDay(end).getTime() - 1000);
  return { LifecycleSupportName, LifecycleSupportStartDate, LifecycleSupportEndDate };
}

function nextDay(day: string | Date): Date {
  return new Date(new Date(day).getTime() + 24 * 60 * 60 * 1000);
}
