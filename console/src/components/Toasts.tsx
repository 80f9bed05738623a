import { useConsole } from "../console-context.ts";

export function Toasts() {
  const { toasts } = useConsole();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.list.value.map((toast) => (
        <p key={toast.id} class="toast">
          {toast.text}
        </p>
      ))}
    </div>
  );
}
