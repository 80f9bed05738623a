import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type { DatabaseQueryReply } from "../api-types.ts";
import { type Action, createAction } from "./action.ts";

/** What is typed and answered in a database's SQL pane; kept while the page is open. */
export interface SqlPane {
  readonly sql: Signal<string>;
  readonly password: Signal<string>;
  readonly reply: ReadonlySignal<DatabaseQueryReply | undefined>;
  readonly run: Action<[]>;
}

/** `known`: the password, where it is. `onConnected`: the server took the password. */
export function createSqlPane(api: Api, id: string, known: string, onConnected: (password: string) => void): SqlPane {
  const pane = {
    sql: signal("select current_user, version()"),
    password: signal(known),
    reply: signal<DatabaseQueryReply | undefined>(),
  };
  return {
    ...pane,
    run: createAction(async () => {
      const password = pane.password.value;
      pane.reply.value = await api.call<DatabaseQueryReply>(
        "POST",
        `/rds/db-instances/${encodeURIComponent(id)}/query`,
        { json: { sql: pane.sql.value, password } },
      );
      onConnected(password);
    }),
  };
}
