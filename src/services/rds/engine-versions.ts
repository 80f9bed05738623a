import type { ServiceContext } from "../service-context.ts";
import { auroraMysqlVersions, standInForAurora } from "./aurora-mysql-versions.ts";
import {
  byVersion,
  communityVersion,
  isDue,
  isUpgradeOnAws,
  versionKey,
  versionsOnAws,
} from "./engine-version-table.ts";
import { type Engine, engineFacts, majorOf, parameterGroupFamily } from "./engines.ts";
import { invalidParameterCombination } from "./errors.ts";
import { isParameterGroupFamily } from "./parameter-catalogue.ts";

// Which versions can be asked for, and which server is had for one: docs/decisions/0054-engine-versions.md

/** The default first: those that the runtime has, and RDS's own minor versions of the same majors. */
export function engineVersionsOf(ctx: ServiceContext, engine: Engine): readonly string[] {
  const ofServers = ctx.databases.versions(engineFacts[engine].runs);
  if (engine === "aurora-mysql") {
    if (standInForAurora(ofServers) === undefined) return [];
    return ctx.databases.kind === "records"
      ? auroraMysqlVersions
      : auroraMysqlVersions.filter((version) => majorOf(version, engine) !== "5.7");
  }
  const known = ofServers.filter((version) => hasFamily(engine, version));
  const majors = new Set(known.map((version) => majorOf(version, engine)));
  const standIns = versionsOnAws(engine).filter(
    (version) => !known.includes(version) && (isOfRecords(ctx, ofServers) || majors.has(majorOf(version, engine))),
  );
  return [...known, ...standIns];
}

/** States are of any version. */
function isOfRecords({ databases }: ServiceContext, ofServers: readonly string[]): boolean {
  return databases.kind === "records" && ofServers.length > 0;
}

/** What a server of this version can be changed to. */
export function upgradesOf(ctx: ServiceContext, engine: Engine, version: string): readonly string[] {
  const canBecome = becomingOf(ctx, engine, version);
  return engineVersionsOf(ctx, engine).filter(canBecome);
}

/** The version that is meant by one that a server is to be changed to. @throws InvalidParameterCombination */
export function resolveUpgrade(ctx: ServiceContext, engine: Engine, from: string, asked: string): string {
  const target = resolveEngineVersion(ctx, asked, engine);
  if (becomingOf(ctx, engine, from)(target)) return target;
  throw invalidParameterCombination(`Cannot find upgrade path from ${from} to ${asked}.`);
}

function becomingOf(ctx: ServiceContext, engine: Engine, from: string): (target: string) => boolean {
  const server = serverVersionOf(ctx, engine, from);
  const ofServer = ctx.databases.upgrades(engineFacts[engine].runs, server);
  const servesAs = (target: string) => {
    const other = serverVersionOf(ctx, engine, target);
    return (
      other === server ||
      ctx.databases.kind === "records" ||
      ofServer.some((upgrade) => isVersionOf(other, upgrade) || standsIn(ctx, engine, { version: other, by: upgrade }))
    );
  };
  return (target) => isUpgradeOnAws(engine, from, target) && servesAs(target);
}

/**
 * What the runtime calls the server of this version: itself, where it has that, or another of the same major. Docker has an
 * image of each; of PostgreSQL the embedded runtime has what npm has, and finds itself what stands in for one.
 */
export function serverVersionOf(ctx: ServiceContext, engine: Engine, asked: string): string {
  const ofServers = ctx.databases.versions(engineFacts[engine].runs);
  if (engine === "aurora-mysql") return standInForAurora(ofServers, asked) ?? asked;
  const version = communityVersion(asked);
  if (ofServers.includes(version) || ctx.databases.kind === "docker") return version;
  if (findsStandIns(ctx, engine)) return version;
  const major = majorOf(version, engine);
  const ofMajor = ofServers.find((other) => majorOf(other, engine) === major);
  if (ofMajor !== undefined || ctx.databases.kind !== "records") return ofMajor ?? version;
  const sorted = [...ofServers].sort(byVersion);
  return sorted.findLast((other) => versionKey(other) < versionKey(version)) ?? sorted[0] ?? version;
}

/** Whether the runtime's own choice for a version may be a later one of its major. */
function standsIn(ctx: ServiceContext, engine: Engine, { version, by }: { version: string; by: string }): boolean {
  return (
    findsStandIns(ctx, engine) &&
    majorOf(version, engine) === majorOf(by, engine) &&
    versionKey(by) > versionKey(version)
  );
}

function findsStandIns({ databases }: ServiceContext, engine: Engine): boolean {
  return databases.kind === "embedded" && engineFacts[engine].runs === "postgres";
}

/** What is to be said to the runtime of an upgrade: nothing where the server is the same. */
export function changedServerVersion(
  ctx: ServiceContext,
  engine: Engine,
  before: string,
  after: string | undefined,
): { engineVersion?: string } {
  const version = after === undefined ? undefined : serverVersionOf(ctx, engine, after);
  return version === undefined || version === serverVersionOf(ctx, engine, before) ? {} : { engineVersion: version };
}

/** What is said of a server that was made for a version: what really runs, unless it stands in for what was asked for. */
export function shownVersion({ asked, running }: { readonly asked: string; readonly running: string | undefined }) {
  return running !== undefined && isVersionOf(running, asked) ? running : asked;
}

function hasFamily(engine: Engine, version: string): boolean {
  return isParameterGroupFamily(parameterGroupFamily(version, engine));
}

/**
 * The version that is meant: none at all means the default, and a major alone the one that the runtime has, or the newest where
 * it has none. @throws InvalidParameterCombination
 */
export function resolveEngineVersion(
  ctx: ServiceContext,
  engineVersion: string | undefined,
  engine: Engine = "postgres",
): string {
  const versions = engineVersionsOf(ctx, engine);
  const found = engineVersion === undefined ? versions[0] : newestOf(ctx, engine, engineVersion);
  if (found !== undefined) return found;
  if (engineVersion !== undefined && versions.length > 0 && isDue(engine, engineVersion, ctx.now()))
    return engineVersion;
  const absence = ctx.databases.absence(engineFacts[engine].runs);
  throw invalidParameterCombination(
    `Cannot find version ${engineVersion ?? "default"} for ${engine}${absence === undefined ? "" : `. ${absence}`}`,
  );
}

function newestOf(ctx: ServiceContext, engine: Engine, asked: string): string | undefined {
  const versions = engineVersionsOf(ctx, engine).filter((version) => isVersionOf(version, asked));
  const ofServers = ctx.databases.versions(engineFacts[engine].runs);
  const running = versions.filter((version) => ofServers.includes(version));
  if (running[0] !== undefined && running[0] === ofServers[0]) return running[0];
  return (running.length > 0 ? running : [...versions]).sort(byVersion).at(-1);
}

/** `17` is answered by every 17; `17.4` by that alone. */
export function isVersionOf(version: string, asked: string): boolean {
  return version === asked || version.startsWith(`${asked}.`);
}
