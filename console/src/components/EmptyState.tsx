import type { ComponentChildren } from "preact";
import { CodeBlock } from "./CodeBlock.tsx";
import { Icon, type IconName } from "./Icon.tsx";

export interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** The button that does it here. */
  readonly children?: ComponentChildren;
  /** And the command that does it in a terminal. */
  readonly command?: string;
}

/** Nothing is there: says what to do. */
export function EmptyState({ icon, title, children, command }: EmptyStateProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <h2>{title}</h2>
      {children}
      {command !== undefined && (
        <div class="empty-command">
          <p class="muted">or, in a terminal:</p>
          <CodeBlock text={command} what="the command" />
        </div>
      )}
    </div>
  );
}
