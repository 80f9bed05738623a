import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { CreatedKeyPair, NewKeyPair } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { Button } from "./Button.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { Dialog } from "./Dialog.tsx";
import { SelectField, TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function CreateKeyPairDialog({ onClose }: { onClose: () => void }) {
  const { compute, toasts } = useConsole();
  const fields = useMemo(() => createFields({ name: "", type: "ed25519", publicKey: "" }), []);
  const created = useSignal<CreatedKeyPair | undefined>(undefined);
  const create = useMemo(
    () =>
      createAction(async () => {
        const { name, type, publicKey } = fields.values();
        const kind: NonNullable<NewKeyPair["type"]> = type === "rsa" ? "rsa" : "ed25519";
        const pair = await compute.createKeyPair({
          name,
          ...(publicKey === "" ? { type: kind } : { public_key: publicKey }),
        });
        if (pair.private_key !== null) created.value = pair;
        toasts.say(`Created the key pair ${name}.`);
      }),
    [compute, created, fields, toasts],
  );
  if (created.value !== undefined) return <PrivateKeyDialog pair={created.value} onClose={onClose} />;
  const type = fields.bind("type");
  return (
    <FormDialog
      title="Create key pair"
      submit="Create"
      action={create}
      onClose={onClose}
      onDone={() => {
        if (created.value === undefined) onClose();
      }}
    >
      <TextField
        label="Name"
        required
        autofocus
        placeholder="my-key"
        error={create.error.value?.fields.get("name")}
        {...fields.bind("name")}
      />
      <SelectField
        label="Type"
        value={type.value}
        onChange={type.onInput}
        options={[
          { value: "ed25519", label: "ED25519" },
          { value: "rsa", label: "RSA, 2048 bits" },
        ]}
      />
      <TextField
        label="Public key to import"
        rows={3}
        mono
        placeholder="ssh-ed25519 AAAA…"
        hint="Leave it empty to have a new pair made."
        {...fields.bind("publicKey")}
      />
    </FormDialog>
  );
}

/** The one time that the private key is seen. */
function PrivateKeyDialog({ pair, onClose }: { pair: CreatedKeyPair; onClose: () => void }) {
  const key = pair.private_key ?? "";
  const save = () => {
    const url = URL.createObjectURL(new Blob([key], { type: "application/x-pem-file" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${pair.name}.pem`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Dialog title={`The private key of ${pair.name}`} wide onClose={onClose}>
      <div class="dialog-body">
        <p>Keep it now: it is not stored, and cannot be shown again.</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region without a control inside */}
        <pre class="output" tabIndex={0}>
          {key}
        </pre>
      </div>
      <footer class="dialog-foot">
        <CopyButton text={key} what="the private key">
          Copy
        </CopyButton>
        <Button kind="primary" icon="download" onClick={save}>
          Save {pair.name}.pem
        </Button>
      </footer>
    </Dialog>
  );
}
