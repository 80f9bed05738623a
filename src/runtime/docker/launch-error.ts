import { MachineLaunchError } from "../machine-driver.ts";
import { engineStatus, engineWords } from "./engine.ts";

/** The engine's refusal to create or start a machine, as AWS's state reason. */
export function launchError(error: unknown): MachineLaunchError {
  if (error instanceof MachineLaunchError) return error;
  return new MachineLaunchError(launchReason(error), engineWords(error), { cause: error });
}

function launchReason(error: unknown): MachineLaunchError["reason"] {
  const words = engineWords(error);
  if (/no such image/i.test(words)) return "Client.ImageNotFound";
  if (
    /no command specified|executable file not found|no such file or directory|permission denied|exec format/i.test(
      words,
    )
  ) {
    return "Client.InvalidImage";
  }
  if (/address pool|no available|no space left|cannot allocate memory/i.test(words)) {
    return "Server.InsufficientInstanceCapacity";
  }
  return engineStatus(error) === 400 ? "Client.InvalidImage" : "Server.InternalError";
}
