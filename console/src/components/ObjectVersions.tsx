import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ObjectVersion } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { formatBytes, formatDate } from "../format.ts";
import { saveFrom } from "../save-from.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { type Column, DataTable } from "./DataTable.tsx";
import { EmptyState } from "./EmptyState.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Loading } from "./Loading.tsx";
import { ResourceName } from "./ResourceName.tsx";
import { VersioningSwitch } from "./VersioningSwitch.tsx";

/** Every version and delete marker of the objects below a prefix. */
export function ObjectVersions({ bucket, prefix }: { bucket: string; prefix: string }) {
  const { storage, toasts } = useConsole();
  const versions = useMemo(() => storage.versions(bucket, prefix), [storage, bucket, prefix]);
  useEffect(() => versions.watch(), [versions]);
  const deleting = useSignal<ObjectVersion | undefined>(undefined);
  const act = useMemo(
    () =>
      createAction(async (what: "restore" | "download", version: ObjectVersion) => {
        if (what === "restore") {
          await storage.restoreVersion(bucket, version);
          toasts.say(`${version.key} is again what it was.`);
          return;
        }
        const options = { expiresIn: 60, disposition: "attachment", versionId: version.version_id } as const;
        saveFrom((await storage.link(bucket, version.key, options)).url);
      }),
    [storage, bucket, toasts],
  );
  const actions: Column<ObjectVersion> = {
    title: "Actions",
    align: "end",
    cell: (version) => (
      <VersionButtons
        version={version}
        onAct={(what) => void act.run(what, version)}
        onDelete={() => {
          deleting.value = version;
        }}
      />
    ),
  };
  const rows = versions.entries.value;
  return (
    <>
      <VersioningSwitch bucket={bucket} />
      <ErrorNotice error={versions.error.value ?? act.error.value} />
      {rows.length > 0 ? (
        <DataTable
          caption="Versions"
          columns={[...facts, actions]}
          rows={rows}
          keyOf={({ key, version_id: id }) => `${key} ${id}`}
        />
      ) : versions.complete.value ? (
        <EmptyState icon="snapshot" title="There are no versions here" />
      ) : (
        versions.error.value === undefined && <Loading />
      )}
      {rows.length > 0 && !versions.complete.value && (
        <Button busy={versions.loading.value} onClick={() => void versions.more()}>
          Show more
        </Button>
      )}
      {deleting.value !== undefined && (
        <DeleteDialog
          bucket={bucket}
          version={deleting.value}
          onClose={() => {
            deleting.value = undefined;
          }}
        />
      )}
    </>
  );
}

function kindOf({ is_latest: isLatest, is_delete_marker: isMarker }: ObjectVersion): string {
  return [isLatest && "latest", isMarker && "delete marker"].filter(Boolean).join(", ") || "earlier";
}

const facts: readonly Column<ObjectVersion>[] = [
  {
    title: "Key",
    cell: (version) => (
      <>
        <ResourceName name={version.key} id={version.version_id} />
        <div class="below-tablet muted">{kindOf(version)}</div>
      </>
    ),
  },
  { title: "Version", cell: (version) => <span class="nowrap">{kindOf(version)}</span>, from: "tablet" },
  {
    title: "Size",
    cell: ({ size }) => <span class="nowrap">{size === null ? "–" : formatBytes(size)}</span>,
    from: "tablet",
  },
  {
    title: "Written",
    cell: ({ last_modified: date }) => <span class="nowrap">{formatDate(date)}</span>,
    from: "desktop",
  },
];

interface VersionButtonsProps {
  readonly version: ObjectVersion;
  readonly onAct: (what: "restore" | "download") => void;
  readonly onDelete: () => void;
}

function VersionButtons({ version, onAct, onDelete }: VersionButtonsProps) {
  const { key, version_id: id, is_latest: isLatest, is_delete_marker: isMarker } = version;
  const which = `${key}, version ${id}`;
  return (
    <span class="nowrap">
      {!isMarker && (
        <Button
          kind="quiet"
          size="small"
          icon="download"
          label={`Download ${which}`}
          onClick={() => onAct("download")}
        />
      )}
      {!isMarker && !isLatest && (
        <Button kind="quiet" size="small" icon="restart" label={`Restore ${which}`} onClick={() => onAct("restore")} />
      )}
      <Button kind="quiet" size="small" icon="trash" label={`Delete ${which}`} onClick={onDelete} />
    </span>
  );
}

interface DeleteDialogProps {
  readonly bucket: string;
  readonly version: ObjectVersion;
  readonly onClose: () => void;
}

function DeleteDialog({ bucket, version, onClose }: DeleteDialogProps) {
  const { storage } = useConsole();
  const what = version.is_delete_marker ? "delete marker" : "version";
  return (
    <ConfirmDialog
      title={`Delete this ${what}?`}
      names={[`${version.key} (${version.version_id})`]}
      warning={
        version.is_delete_marker
          ? "The object is then what it was before it was deleted."
          : "Its bytes are gone then, and cannot be restored."
      }
      submit="Delete"
      work={() => storage.deleteVersion(bucket, version)}
      done={`Deleted a ${what} of ${version.key}.`}
      onClose={onClose}
    />
  );
}
