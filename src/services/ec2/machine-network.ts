import type { ServiceContext } from "../service-context.ts";

/** After each start of a machine, and of LocalAWS: sets up the machine's network. What fails is logged and holds nothing up. */
export async function connectMachine(services: ServiceContext, id: string): Promise<void> {
  try {
    await services.machines.connect(id);
  } catch (error) {
    services.log.warn({ err: error, instance: id }, "an instance has no metadata service");
  }
}
