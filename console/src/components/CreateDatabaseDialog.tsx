import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { href } from "../store/router.ts";
import { SelectField, TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

const engines = [
  { value: "postgres", label: "PostgreSQL" },
  { value: "mariadb", label: "MariaDB" },
  { value: "mysql", label: "MySQL" },
];

const blank = {
  id: "",
  engine: "postgres",
  username: "",
  password: "",
  database: "",
  version: "",
  class: "db.t3.micro",
  storage: "20",
};

export function CreateDatabaseDialog({ onClose }: { onClose: () => void }) {
  const { databases, router, toasts } = useConsole();
  const fields = useMemo(() => createFields(blank), []);
  const create = useMemo(
    () =>
      createAction(async () => {
        const { id, engine, username, password, database, version, storage, class: size } = fields.values();
        await databases.create({
          ...{ id, engine, class: size, allocated_storage: Number(storage) },
          ...(username !== "" && { username }),
          ...(password !== "" && { password }),
          ...(database !== "" && { database }),
          ...(version !== "" && { engine_version: version }),
        });
        toasts.say(`Creating the database ${id}.`);
      }),
    [databases, fields, toasts],
  );
  const errors = create.error.value?.fields;
  const engine = fields.bind("engine");
  const isPostgres = engine.value === "postgres";
  return (
    <FormDialog
      title="Create a database"
      submit="Create"
      wide
      action={create}
      onClose={onClose}
      onDone={() => {
        onClose();
        router.go(href("databases", fields.values().id.toLowerCase()));
      }}
    >
      <div class="field-row">
        <TextField
          label="Identifier"
          required
          mono
          autofocus
          placeholder="my-db"
          error={errors?.get("id")}
          {...fields.bind("id")}
        />
        <SelectField
          label="Engine"
          options={engines}
          error={errors?.get("engine")}
          value={engine.value}
          onChange={engine.onInput}
        />
      </div>
      <div class="field-row">
        <TextField
          label="User name"
          autocomplete="off"
          placeholder={isPostgres ? "postgres" : "admin"}
          error={errors?.get("username")}
          {...fields.bind("username")}
        />
        <TextField
          label="Password"
          type="password"
          autocomplete="new-password"
          hint="One is made up, where none is given."
          error={errors?.get("password")}
          {...fields.bind("password")}
        />
      </div>
      <div class="field-row">
        <TextField
          label="Database name"
          mono
          placeholder={isPostgres ? "postgres" : "none"}
          error={errors?.get("database")}
          {...fields.bind("database")}
        />
        <TextField
          label="Version"
          mono
          placeholder="newest"
          error={errors?.get("engine_version")}
          {...fields.bind("version")}
        />
      </div>
      <div class="field-row">
        <TextField label="Class" required mono error={errors?.get("class")} {...fields.bind("class")} />
        <TextField
          label="Storage (GiB)"
          type="number"
          min={5}
          required
          error={errors?.get("allocated_storage")}
          {...fields.bind("storage")}
        />
      </div>
    </FormDialog>
  );
}
