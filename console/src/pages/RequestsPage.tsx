import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LoggedRequest } from "../api-types.ts";
import { CopyButton } from "../components/CopyButton.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { TextField } from "../components/Field.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { useConsole } from "../console-context.ts";
import { formatTime, plural } from "../format.ts";

const columns: readonly Column<LoggedRequest>[] = [
  {
    title: "Operation",
    cell: ({ service, operation, code }) => (
      <span class="resource-name">
        <span class="break">
          <span class="muted">{service}</span> {operation ?? "–"}
        </span>
        {code !== null && <span class="mono error-code">{code}</span>}
      </span>
    ),
  },
  { title: "Status", cell: ({ status }) => <span class={`status ${status < 400 ? "good" : "bad"}`}>{status}</span> },
  {
    title: "Took",
    cell: ({ ms }) => <span class="nowrap">{ms.toLocaleString("en")} ms</span>,
    from: "tablet",
    align: "end",
  },
  { title: "Time", cell: ({ time }) => <span class="nowrap">{formatTime(time)}</span>, from: "tablet" },
  { title: "Region", cell: ({ region }) => <span class="mono nowrap">{region ?? "–"}</span>, from: "desktop" },
  { title: "By", cell: ({ source }) => (source === "aws" ? "AWS client" : "Console"), from: "desktop" },
  {
    title: "aws CLI",
    align: "end",
    cell: ({ cli, operation }) =>
      cli === null ? "–" : <CopyButton text={cli} what={`${operation} as an aws CLI command`} />,
  },
];

/** Rows that are made: a thousand at once would be slow to follow. */
const shownAtOnce = 200;

export function RequestsPage() {
  const { requests } = useConsole();
  const filter = useSignal("");
  useEffect(() => requests.watch(), [requests]);
  const all = requests.list.value;
  const found = all.filter((request) => matches(request, filter.value));
  return (
    <>
      <PageHead title="Requests" about={all.length === 0 ? undefined : `The last ${plural(all.length, "call")}`} />
      <ErrorNotice error={requests.error.value} />
      {requests.loading.value ? (
        <Loading />
      ) : all.length === 0 ? (
        <EmptyState icon="activity" title="No requests yet" command="aws sts get-caller-identity">
          <p class="muted">The last 1,000 calls of AWS’s operations are listed here, as they come.</p>
        </EmptyState>
      ) : (
        <>
          <div class="filter">
            <TextField
              label="Filter"
              type="search"
              placeholder="s3, RunInstances, 404, NoSuchKey …"
              value={filter.value}
              onInput={(value) => {
                filter.value = value;
              }}
            />
          </div>
          <DataTable
            caption="Requests"
            columns={columns}
            rows={found.slice(0, shownAtOnce)}
            keyOf={({ id, operation }) => `${id} ${operation}`}
          />
          {found.length > shownAtOnce && (
            <p class="muted table-note">
              The newest {shownAtOnce} of {found.length}. Filter to see others.
            </p>
          )}
          {found.length === 0 && <p class="muted table-note">None of them matches the filter.</p>}
        </>
      )}
    </>
  );
}

/** Every word must be somewhere in it. */
function matches({ service, operation, status, code, region }: LoggedRequest, filter: string): boolean {
  const text = [service, operation, status, code, region].join(" ").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
