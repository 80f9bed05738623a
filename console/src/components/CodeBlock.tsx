import { CopyButton } from "./CopyButton.tsx";

/** Something to paste into a terminal. */
export function CodeBlock({ text, what }: { text: string; what: string }) {
  return (
    <div class="code-block">
      {/* It scrolls sideways: the keyboard must get there, too. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region without a control inside */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
