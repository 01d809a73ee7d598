/** The standard APIs as you want them: drop, wrap, replace and reorder. */
import { type Api, createHttpTrading, defineApi, Failure } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { serve } from "../src/runtime/node.ts";

/** Drop: an account that can be read, and nothing else. */
export function readOnly(std: readonly Api[]): Api[] {
  return std.filter((api) => api.method === "GET");
}

/** Wrap: says no before the standard handler is asked. A thrown `Failure` becomes the answer of its code. */
export function withOpeningHours(isOpen: () => boolean): (std: readonly Api[]) => Api[] {
  const wrap = (api: Api): Api => ({
    ...api,
    handler(context) {
      if (!isOpen()) throw new Failure("Halted", "no new orders at this hour", { outcome: "not_sent" });
      return api.handler(context);
    },
  });
  return (std) => std.map((api) => (api.name === "orderPlace" ? wrap(api) : api));
}

/** Replace: the same name and place, another answer. */
export const myPing: Api = defineApi({
  name: "pingState",
  method: "GET",
  path: "ping/state",
  async handler(context) {
    const started = Date.now();
    const pong = await context.broker.ping(context);
    return context.respond({ pong, milliseconds: Date.now() - started });
  },
});

export function withMyPing(std: readonly Api[]): Api[] {
  return std.map((api) => (api.name === myPing.name ? myPing : api));
}

/** Reorder: the OpenAPI document lists them in the order in which they are given back. */
export function byName(std: readonly Api[]): Api[] {
  return std.toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}

if (import.meta.main) {
  const broker = paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] });
  const inOfficeHours = withOpeningHours(() => new Date().getHours() >= 8);
  await serve(createHttpTrading({ brokers: [broker], stdApis: (std) => byName(withMyPing(inOfficeHours(std))) }));
}
