import type * as Rds from "@aws-sdk/client-rds";
import type { DBMajorEngineVersion } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { byVersion, versionKey } from "./engine-version-table.ts";
import { engineVersionsOf } from "./engine-versions.ts";
import { type Engine, engines, type InstanceEngine, isAurora, majorOf } from "./engines.ts";
import { page } from "./pages.ts";

type Dates = readonly [released: string, standardEnd: string, extendedEnd?: string];

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html, and of the other engines
 * MySQL.Concepts.VersionMgmt.html and MariaDB.Concepts.VersionMgmt.html in the user guide; MariaDB has no extended support.
 */
const calendar: Readonly<Record<InstanceEngine, Readonly<Record<string, Dates>>>> = {
  postgres: {
    "11": ["2019-03-13", "2024-02-29", "2027-03-31"],
    "12": ["2020-03-31", "2025-02-28", "2028-02-29"],
    "13": ["2021-02-24", "2026-02-28", "2029-02-28"],
    "14": ["2022-02-03", "2027-02-28", "2030-02-28"],
    "15": ["2023-02-27", "2028-02-29", "2031-02-28"],
    "16": ["2023-11-17", "2029-02-28", "2032-02-29"],
    "17": ["2024-11-14", "2030-02-28", "2033-02-28"],
    "18": ["2025-11-14", "2031-02-28", "2034-02-28"],
  },
  mysql: {
    "5.7": ["2016-02-22", "2024-02-29", "2027-02-28"],
    "8.0": ["2018-10-23", "2026-07-31", "2029-07-31"],
    "8.4": ["2024-11-21", "2029-07-31", "2032-07-31"],
  },
  mariadb: {
    "10.4": ["2020-04-06", "2024-10-31"],
    "10.5": ["2021-01-21", "2025-08-31"],
    "10.6": ["2022-02-03", "2026-08-31"],
    "10.11": ["2023-08-21", "2028-02-29"],
    "11.4": ["2024-10-15", "2029-05-31"],
    "11.8": ["2025-08-25", "2028-06-30"],
  },
};

export const majorEngineVersions = {
  DescribeDBMajorEngineVersions(ctx, request) {
    const input = withoutBlanks(request);
    const majors = engines.filter(isOfInstances).flatMap((engine) => {
      const all = engineVersionsOf(ctx, engine).map((version) => majorOf(version, engine));
      return [...new Set(all)].sort(byVersion).map((major) => ({ engine, major }));
    });
    const wanted = majors.filter(
      ({ engine, major }) => (input.Engine ?? engine) === engine && (input.MajorEngineVersion ?? major) === major,
    );
    const keyOf = ({ engine, major }: Major) => `${engine} ${versionKey(major)}`;
    const { items, marker } = page(wanted, { ...input, kind: "major-engine-versions" }, keyOf);
    return { DBMajorEngineVersions: items.map(describe), Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

interface Major {
  readonly engine: InstanceEngine;
  readonly major: string;
}

function isOfInstances(engine: Engine): engine is InstanceEngine {
  return !isAurora(engine);
}

function describe({ engine, major }: Major): DBMajorEngineVersion {
  const [released, standardEnd, extendedEnd] = calendar[engine][major] ?? [];
  const lifecycles =
    released === undefined || standardEnd === undefined
      ? []
      : [
          lifecycle("open-source-rds-standard-support", new Date(released), new Date(standardEnd)),
          ...(extendedEnd === undefined
            ? []
            : [lifecycle("open-source-rds-extended-support", nextDay(standardEnd), new Date(extendedEnd))]),
        ];
  return { Engine: engine, MajorEngineVersion: major, SupportedEngineLifecycles: lifecycles };
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
