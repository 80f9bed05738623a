import { useConsole } from "../console-context.ts";
import { type Theme, themes } from "../store/theme.ts";
import { Icon, type IconName } from "./Icon.tsx";

const looks: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  auto: { icon: "auto", label: "Theme of the system" },
  light: { icon: "sun", label: "Light theme" },
  dark: { icon: "moon", label: "Dark theme" },
};

export function ThemeSwitch() {
  const { theme } = useConsole();
  return (
    <fieldset class="theme-switch">
      <legend class="hidden-visually">Theme</legend>
      {themes.map((choice) => (
        <button
          key={choice}
          type="button"
          aria-label={looks[choice].label}
          title={looks[choice].label}
          aria-pressed={theme.value === choice}
          onClick={() => {
            theme.value = choice;
          }}
        >
          <Icon name={looks[choice].icon} size={16} />
        </button>
      ))}
    </fieldset>
  );
}
