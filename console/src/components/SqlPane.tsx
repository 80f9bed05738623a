import type { Database, DatabaseQueryResult } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { plural } from "../format.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { EmptyState } from "./EmptyState.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { TextField } from "./Field.tsx";

/** SQL as the master user, with what comes of it as tables. */
export function SqlPane({ database }: { database: Database }) {
  const { databases } = useConsole();
  if (database.status !== "available") {
    return (
      <Card title="SQL">
        <EmptyState icon="database" title={`The database is ${database.status}`}>
          <p class="muted">It takes queries when it is available.</p>
        </EmptyState>
      </Card>
    );
  }
  const { sql, password, reply, run } = databases.sqlPane(database.id);
  const submit = () => void run.run();
  return (
    <Card title="SQL">
      <form
        class="sql-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label="Statements"
          value={sql.value}
          onInput={(value) => {
            sql.value = value;
          }}
          rows={6}
          mono
          required
          hint="Separated by semicolons; Ctrl+Enter runs them. Each has 30 seconds and shows 1,000 rows."
        />
        <div class="field-line">
          <TextField
            label={`Password of ${database.username}`}
            type="password"
            autocomplete="off"
            value={password.value}
            onInput={(value) => {
              password.value = value;
            }}
          />
          <Button type="submit" kind="primary" icon="play" busy={run.running.value}>
            Run
          </Button>
        </div>
      </form>
      <ErrorNotice error={run.error.value} />
      {run.error.value === undefined && reply.value !== undefined && (
        <div class="sql-results" aria-live="polite">
          {reply.value.results.map((result, index) => (
            // Results have nothing but their place.
            <SqlResult key={index} result={result} ms={reply.value?.ms ?? 0} />
          ))}
        </div>
      )}
    </Card>
  );
}

function SqlResult({ result, ms }: { result: DatabaseQueryResult; ms: number }) {
  const rows = plural(result.row_count, "row");
  const shown = result.truncated ? `the first ${result.rows.length} of ${rows}` : rows;
  const about = [result.command, shown, `${ms} ms`].filter((part) => part !== "").join(" · ");
  return (
    <div>
      <p class="muted">{about}</p>
      {result.columns.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region without a control inside
        <section class="table-frame sql-table" tabIndex={0} aria-label={about}>
          <table class="table">
            <thead>
              <tr>
                {result.columns.map(({ name, type }, column) => (
                  <th key={column} scope="col" title={type}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {result.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((value, column) => (
                    <td key={column} class="mono">
                      {value === null ? <span class="muted">null</span> : value}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
