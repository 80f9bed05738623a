import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  /** Of a button that shows its icon alone. */
  readonly label?: string;
  readonly kind?: "primary" | "plain" | "quiet" | "danger";
  readonly size?: "small";
  readonly type?: "submit";
  readonly busy?: boolean;
  readonly disabled?: boolean;
  /** Makes it a link that looks like a button. */
  readonly href?: string;
  readonly onClick?: () => void;
}

export function Button({ children, icon, label, kind = "plain", busy = false, ...props }: ButtonProps) {
  const classes = `button ${kind}${props.size === "small" ? " small" : ""}${children === undefined ? " square" : ""}`;
  const content = (
    <>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={16} />}
      {children}
    </>
  );
  if (props.href !== undefined) {
    return (
      <a class={classes} href={props.href} aria-label={label} title={label}>
        {content}
      </a>
    );
  }
  return (
    <button
      class={classes}
      type={props.type ?? "button"}
      aria-label={label}
      title={label}
      aria-busy={busy}
      disabled={props.disabled === true || busy}
      onClick={props.onClick}
    >
      {content}
    </button>
  );
}
