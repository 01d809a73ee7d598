/** A gateway of one stub broker, and no more of the benchmark than it takes: how long it needs to start is measured. */
import type { Caller } from "../setups.ts";
import { stubBroker } from "../stub-broker.ts";
import { loadHouse, loadServe, QUIET } from "./house.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

const { instanceId, token } = setupOf<Caller>();
const [house, serve] = await Promise.all([loadHouse(), loadServe()]);
const { port } = await serve(
  house.createHttpTrading({ brokers: [stubBroker(house, { instanceId, tokens: [token] })] }),
  QUIET,
);

serveSideChannel({ port });
