import type { DatabaseParameters } from "../../runtime/database-driver.ts";
import { isAurorasOwn } from "./aurora-postgresql-parameters.ts";
import { dbInstanceClasses } from "./db-instance-classes.ts";
import { type DbInstanceRow, readDocument } from "./db-instance-rows.ts";
import { isMysqlEngine } from "./engines.ts";
import { evaluateFormula, type FormulaVariables, isFormula } from "./parameter-formulas.ts";

// What of a parameter group a server is told. RDS's own parameters (`rds.…`) are settings of no meaning to PostgreSQL, which
// gives them back when it is asked.

/** Of the machine that RDS has, not of this one. */
const ofTheMachine: ReadonlySet<string> = new Set(["huge_pages", "ssl"]);

/** Of the libraries that RDS offers, those that every PostgreSQL comes with: without a library no server starts. */
const libraries: readonly string[] = ["auto_explain", "pg_prewarm", "pg_stat_statements"];

/** @param values of the group, by name; formulas are evaluated for the instance */
export function serverParameters(row: DbInstanceRow, values: Readonly<Record<string, string>>): DatabaseParameters {
  return parametersOfServer(row.engine, values, variablesOf(row));
}

export function parametersOfServer(
  engine: string,
  values: Readonly<Record<string, string>>,
  variables: FormulaVariables,
): DatabaseParameters {
  // The servers of these engines know by themselves what they cannot be told.
  if (isMysqlEngine(engine)) {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, evaluated(value, variables)]));
  }
  const told = Object.entries(values)
    .filter(([name]) => !ofTheMachine.has(name) && !isAurorasOwn(name))
    .map(([name, value]) => [name, toServerValue(name, value, variables)]);
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.FeatureSupport.LogicalReplication.html
  const isLogical = /^(?:1|on|true|yes)$/i.test(values["rds.logical_replication"] ?? "");
  return { ...Object.fromEntries(told), ...(isLogical && { wal_level: "logical" }) };
}

function toServerValue(name: string, value: string, variables: FormulaVariables): string {
  if (name === "shared_preload_libraries") {
    const wanted = value.split(",").map((library) => library.trim());
    return wanted.filter((library) => libraries.includes(library)).join(",");
  }
  return evaluated(value, variables);
}

function evaluated(value: string, variables: FormulaVariables): string {
  return isFormula(value) ? `${evaluateFormula(value, variables) ?? value}` : value;
}

function variablesOf(row: DbInstanceRow): FormulaVariables {
  const { AllocatedStorage = 0, DBInstanceClass = "", ReadReplicaSourceDBInstanceIdentifier } = readDocument(row);
  const dbClass = dbInstanceClasses.get(DBInstanceClass);
  return {
    AllocatedStorage: AllocatedStorage * 1024 ** 3,
    DBInstanceClassMemory: (dbClass?.memoryGib ?? 1) * 1024 ** 3,
    DBInstanceVCPU: dbClass?.vcpus ?? 1,
    EndPointPort: row.port,
    TrueIfReplica: ReadReplicaSourceDBInstanceIdentifier === undefined ? 0 : 1,
  };
}
