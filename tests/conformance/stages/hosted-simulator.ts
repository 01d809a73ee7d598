/** A simulator of its own for one check, started by the host at a URL, from any runtime. */
import type { Venue } from "../../../src/testing/index.ts";
import { type ControlledVenue, controlledVenue, heldReplaces, proxyBefore } from "./control.ts";
import type { SimulatorName, SimulatorPorts } from "./simulator-host.ts";

export interface HostedSimulator {
  readonly ports: SimulatorPorts;
  /** What its control port can do. Orders placed elsewhere go to the given one of its books. */
  readonly venue: ControlledVenue;
  /** What can be done besides before one that is reached over HTTP. */
  readonly proxyError: NonNullable<Venue["proxyError"]>;
  /** The same before one that can hold changes back. */
  readonly holdReplaces: NonNullable<Venue["holdReplaces"]>;
  close(): Promise<void>;
}

export async function hostedSimulator(hostUrl: string, name: SimulatorName, book: string): Promise<HostedSimulator> {
  const response = await fetch(`${hostUrl}/${name}`, { method: "POST" });
  if (!response.ok) throw new Error(`no ${name} simulator: ${await response.text()}`);
  const ports = (await response.json()) as SimulatorPorts;
  const control = `http://127.0.0.1:${ports.controlPort}`;
  return {
    ports,
    venue: controlledVenue(control, book),
    proxyError: proxyBefore(control),
    holdReplaces: heldReplaces(control),
    close: async () => {
      await (await fetch(`${hostUrl}/${ports.controlPort}`, { method: "DELETE" })).body?.cancel();
    },
  };
}
