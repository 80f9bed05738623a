import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { BucketSettings } from "../api-types.ts";
import { useConsole, useWatched } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { TextField } from "./Field.tsx";
import { Loading } from "./Loading.tsx";

export function BucketPolicyPane({ bucket }: { bucket: string }) {
  const { items, error } = useWatched(useConsole().storage.settings(bucket).settings);
  const [settings] = items.value;
  if (settings === undefined) return error.value ? <ErrorNotice error={error.value} /> : <Loading />;
  // Written elsewhere, it is another text to begin with.
  return <PolicyForm key={settings.policy} bucket={bucket} settings={settings} />;
}

/** Lets another account read what is in the bucket: something to begin with. */
function example(bucket: string): string {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::111122223333:root" },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${bucket}/*`,
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2);
}

function PolicyForm({ bucket, settings }: { bucket: string; settings: BucketSettings }) {
  const { storage, toasts } = useConsole();
  const { setPolicy, deletePolicy } = storage.settings(bucket);
  const text = useSignal(indented(settings.policy ?? ""));
  const deleting = useSignal(false);
  const save = useMemo(
    () =>
      createAction(async () => {
        await setPolicy(text.value);
        toasts.say("Saved the policy.");
      }),
    [setPolicy, text, toasts],
  );
  return (
    <Card
      title="Bucket policy"
      actions={
        <div class="actions">
          {settings.policy === null ? (
            <Button
              size="small"
              icon="file"
              onClick={() => {
                text.value = example(bucket);
              }}
            >
              Insert example
            </Button>
          ) : (
            <Button
              size="small"
              icon="trash"
              kind="danger"
              onClick={() => {
                deleting.value = true;
              }}
            >
              Delete policy
            </Button>
          )}
        </div>
      }
    >
      {settings.policy_is_public && (
        <p class="notice wait">This policy makes the bucket public: everybody who reaches LocalAWS may use it.</p>
      )}
      <form
        class="sql-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <TextField
          label="Policy document"
          value={text.value}
          onInput={(value) => {
            text.value = value;
          }}
          rows={16}
          mono
          required
          hint="JSON, as AWS has it. Without one, the owner alone may use the bucket."
        />
        <ErrorNotice error={save.error.value} />
        <div class="actions">
          <Button type="submit" kind="primary" busy={save.running.value}>
            Save policy
          </Button>
        </div>
      </form>
      {deleting.value && (
        <ConfirmDialog
          title="Delete the policy?"
          names={[bucket]}
          warning="Who has access by it alone has none then."
          submit="Delete"
          work={deletePolicy}
          done="Deleted the policy."
          onClose={() => {
            deleting.value = false;
          }}
        />
      )}
    </Card>
  );
}

/** Policies are mostly written on one line by machines. */
function indented(policy: string): string {
  try {
    return JSON.stringify(JSON.parse(policy), null, 2);
  } catch {
    return policy;
  }
}
