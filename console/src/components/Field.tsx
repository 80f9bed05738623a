import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface FieldFrame {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What the server says about it. */
  readonly error?: string | undefined;
}

interface ControlAttributes {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean | undefined;
}

/** A label, a control, and what is to be said of them. */
function Field({
  label,
  hint,
  error,
  children,
}: FieldFrame & {
  readonly children: (attributes: ControlAttributes) => JSX.Element;
}) {
  const id = useId();
  const described = [error !== undefined && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": described.length === 0 ? undefined : described.join(" "),
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps extends FieldFrame {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password" | "number" | "search";
  readonly rows?: number;
  readonly mono?: boolean;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly min?: number;
  readonly max?: number;
  /** What may be chosen, where other text is good, too. */
  readonly suggestions?: readonly { readonly value: string; readonly label?: string }[];
}

export function TextField({ label, hint, error, rows, mono, autofocus, suggestions, ...props }: TextFieldProps) {
  const { onInput, type = "text", ...input } = props;
  const frame = { label, ...(hint !== undefined && { hint }), error };
  const focus = autofocus === true && { autofocus };
  const typing = {
    class: mono === true ? "mono" : "",
    spellcheck: false,
    autocapitalize: "off" as const,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
  };
  return (
    <Field {...frame}>
      {(attributes) => {
        const shared = { ...attributes, ...input, ...typing, ...focus };
        if (rows !== undefined) return <textarea {...shared} rows={rows} />;
        if (type === "number") return <input {...shared} type={type} />;
        if (type === "password") return <input {...shared} type={type} />;
        if (type === "search") return <input {...shared} type={type} />;
        if (suggestions === undefined) return <input {...shared} type={type} />;
        return (
          <>
            <input {...shared} type="text" list={`${attributes.id}-list`} />
            <datalist id={`${attributes.id}-list`}>
              {suggestions.map((suggestion) => (
                <option key={suggestion.value} value={suggestion.value} label={suggestion.label} />
              ))}
            </datalist>
          </>
        );
      }}
    </Field>
  );
}

export interface SelectFieldProps extends FieldFrame {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export function SelectField({ value, onChange, options, ...frame }: SelectFieldProps) {
  return (
    <Field {...frame}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
