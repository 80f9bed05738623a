import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import type { DroppedFile } from "../dropped-files.ts";
import { plural } from "../format.ts";
import { createSelection } from "../store/selection.ts";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { DropZone } from "./DropZone.tsx";
import { EmptyState } from "./EmptyState.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Loading } from "./Loading.tsx";
import { ObjectDialog } from "./ObjectDialog.tsx";
import { ObjectList } from "./ObjectList.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import { UploadButtons } from "./UploadButtons.tsx";

/** One folder of a bucket; its prefix, and the object that is looked at, are in the address. */
export function BucketObjects({ bucket, prefix }: { bucket: string; prefix: string }) {
  const { router, storage, uploads } = useConsole();
  const opened = router.query.value.get("key");
  const listing = useMemo(() => storage.listing(bucket, prefix), [storage, bucket, prefix]);
  useEffect(() => listing.watch(), [listing]);
  const selection = useMemo(() => createSelection(() => listing.entries.value.map(({ key }) => key)), [listing]);
  const deleting = useSignal(false);
  const entries = listing.entries.value;
  const chosen = [...selection.keys.value];
  const upload = (files: readonly DroppedFile[]) =>
    uploads.add(
      bucket,
      files.map(({ path, file }) => ({ key: prefix + path, file })),
    );
  const known = listing.complete.value
    ? plural(entries.length, "item")
    : `${entries.length.toLocaleString("en")} items and more`;
  return (
    <DropZone to={`${bucket}/${prefix}`} onFiles={upload}>
      <div class="pane-head">
        <p class="muted">{entries.length > 0 && known}</p>
        <div class="actions">
          <UploadButtons onFiles={upload} />
        </div>
      </div>
      <ErrorNotice error={listing.error.value} />
      <SelectionBar
        count={chosen.length}
        onDelete={() => {
          deleting.value = true;
        }}
      />
      {entries.length > 0 ? (
        <ObjectList listing={listing} selection={selection} />
      ) : listing.complete.value ? (
        <EmptyState
          icon="upload"
          title={prefix === "" ? "The bucket is empty" : "There is nothing here"}
          command={`aws s3 cp FILE s3://${bucket}/${prefix}`}
        >
          <p class="muted">Drop files or folders here to upload them.</p>
        </EmptyState>
      ) : (
        listing.error.value === undefined && <Loading />
      )}
      {opened !== null && <ObjectDialog key={opened} bucket={bucket} objectKey={opened} />}
      {deleting.value && (
        <ConfirmDialog
          title={`Delete ${plural(chosen.length, "item")}?`}
          names={chosen}
          warning={
            chosen.some((key) => key.endsWith("/"))
              ? "Folders are deleted with everything in them."
              : "This cannot be undone."
          }
          submit="Delete"
          work={() => storage.deleteObjects(bucket, chosen)}
          done={`Deleted ${plural(chosen.length, "item")}.`}
          onClose={() => {
            deleting.value = false;
          }}
        />
      )}
    </DropZone>
  );
}
