import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from "kysely";

/** Milliseconds that queries may follow one another, before everybody else has a turn. */
const longestTurn = 10;

/**
 * SQLite as Kysely speaks it, for a process that has more to do: its queries are done at once, so that work of thousands of them,
 * such as a launch of many instances, would keep the event loop from all other connections until its end.
 */
export class TurnTakingDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new TurnTakingDriver(this.#config);
  }
}

class TurnTakingDriver extends SqliteDriver {
  readonly #taking = new WeakMap<DatabaseConnection, DatabaseConnection>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    const known = this.#taking.get(connection);
    if (known !== undefined) return known;
    const taking = takingTurns(connection);
    this.#taking.set(connection, taking);
    return taking;
  }
}

function takingTurns(connection: DatabaseConnection): DatabaseConnection {
  /** When the event loop came round last, as far as it was asked for. */
  let began = performance.now();
  const isOver = () => performance.now() - began > longestTurn;
  const nextTurn = () =>
    new Promise<void>((resolve) => {
      setImmediate(() => {
        began = performance.now();
        resolve();
      });
    });
  return {
    executeQuery: <Row>(query: CompiledQuery) =>
      isOver() ? nextTurn().then(() => connection.executeQuery<Row>(query)) : connection.executeQuery<Row>(query),
    streamQuery: <Row>(query: CompiledQuery, chunkSize?: number) => connection.streamQuery<Row>(query, chunkSize),
  };
}
