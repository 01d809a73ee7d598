/** The faults: how each begins, what must be so while it lasts, and how it ends. */
import { setTimeout as pause } from "node:timers/promises";
import type { FaultKind } from "../../../simulators/shared/faults.ts";
import { fillOne, placeAt, placeSubject } from "./acts.ts";
import { until } from "./client.ts";
import { checkHonest } from "./invariants.ts";
import type { Scene } from "./scene.ts";
import type { FaultName } from "./terms.ts";

/** What every operation finds: a scene with one resting order, whose id this is. */
export interface Struck {
  readonly scene: Scene;
  orderId: string;
}

export interface Strike {
  /** Whether the gateway must be a process of its own. Default false. */
  needsProcess?(broker: string): boolean;
  /** Before the operation. */
  begin(struck: Struck): void | Promise<void>;
  /** After the operation was answered. */
  during?(struck: Struck): void | Promise<void>;
  end?(struck: Struck): void | Promise<void>;
}

/** Of the gateways here. */
const DEADLINE_MS = 4_000;
/** The operation is taken up when nobody waits for it any more. */
const DELAY_MS = DEADLINE_MS + 2_000;
const MANY = 1000;
const LATE_PUSH_MS = 2_500;
/** Longer than anything here waits: the vendor comes back once a ping has said no. */
const DOWN_MS = 600_000;
/** Far from every time zone, which some vendors let a clock be wrong by, and within the trading day. */
const STEP_MS = 80 * 60_000;
/** So long after its answer a gateway still waits for a vendor's: 15 s in all, at every vendor. */
const GIVEN_UP_MS = 13_000;
/** Within the settle time after that, but later than two looks for the order, which would do if that time had passed. */
const DELAY_OVER_STEP_MS = 29_000;

export const STRIKES: Readonly<Record<FaultName, Strike>> = {
  drop: onWire("drop"),
  "half-open": halfOpen(),
  stall: onWire("stall"),
  delay: onWire("delay", DELAY_MS),
  refuse: onWire("refuse"),
  "rate-limit": onWire("rate-limit"),
  "lose-answer": onWire("lose-answer"),
  "duplicate-push": onPushes("duplicate-push"),
  "late-push": onPushes("late-push"),

  restart: {
    async begin(struck) {
      const { scene } = struck;
      const { operation } = scene.cell;
      if (scene.hasVendor()) {
        // TWS lets its numbers begin anew only while no order is open.
        await scene.client.insist("order/cancel", "make room", { orderId: struck.orderId });
        scene.vendor().resetIds();
        struck.orderId = await placeSubject(scene, "subject again");
        const at = operation === "push" ? {} : { on: operation };
        scene.vendor().faults.arm({ kind: "restart", ms: DOWN_MS, ...at });
        return;
      }
      // What is known of the forgotten order must not be taken for what is known of the one that gets its number.
      fillOne(scene, struck.orderId);
      await scene.closeGateway();
      scene.paper().forget();
      await scene.startGateway();
      // There has to be an order to tell of: it gets the number of the one that was forgotten.
      if (operation === "push") struck.orderId = await placeSubject(scene, "subject again");
    },
    async during(struck) {
      if (!struck.scene.hasVendor()) return;
      mustHaveStruck(struck);
      await pingSays(struck, false);
      struck.scene.vendor().comeBack();
    },
  },

  "broker-login": {
    begin: ({ scene }) => scene.vendor().setLoggedIn(false),
    async during(struck) {
      await pingSays(struck, false);
      for (let look = 0; look < 3; look += 1) {
        await pause(500);
        const answer = await struck.scene.client.ask("ping/state");
        if (answer?.body.pong === true) throw new Error("ping was true while the vendor's gateway was not logged in");
      }
    },
    end: ({ scene }) => scene.vendor().setLoggedIn(true),
  },

  "full-disk": {
    begin: ({ scene }) => scene.here().fillDisk(),
    end: ({ scene }) => scene.here().freeDisk(),
  },

  "clock-step": {
    needsProcess: (broker) => broker !== "paper",
    begin({ scene }) {
      const { operation } = scene.cell;
      if (!scene.hasVendor()) return scene.paper().stepClock(STEP_MS);
      if (operation === "read" || operation === "push") return stepTo(scene, STEP_MS);
      return scene.vendor().faults.arm({ kind: "delay", on: operation, ms: DELAY_OVER_STEP_MS });
    },
    async during(struck) {
      const { scene } = struck;
      if (!scene.hasVendor()) return;
      // The step comes while a write is on its way, and the gateway has given its call up, but not its order.
      const isWrite = scene.cell.operation !== "read" && scene.cell.operation !== "push";
      if (isWrite) mustHaveStruck(struck);
      if (isWrite) await pause(GIVEN_UP_MS);
      await stepTo(scene, STEP_MS);
      if (isWrite) {
        await pause(DELAY_OVER_STEP_MS - GIVEN_UP_MS - DEADLINE_MS);
      } else {
        // A write with the wrong clock must be told as what it is.
        const write = placeAt(103);
        await checkHonest(scene, write, await scene.client.ask(write.path, write));
      }
    },
    end: ({ scene }) => (scene.hasVendor() ? stepTo(scene, 0) : scene.paper().stepClock(0)),
  },

  sigkill: {
    needsProcess: () => true,
    async begin({ scene }) {
      const { operation } = scene.cell;
      const gateway = scene.process();
      if (operation === "push") return gateway.kill();
      if (!scene.hasVendor()) return void setTimeout(() => gateway.kill(), Math.random() * 10);
      const { faults, onChange } = scene.vendor();
      if (operation === "read") {
        // Every read, since the first may be one of the gateway's own.
        faults.arm({ kind: "delay", on: "read", ms: DELAY_MS, count: MANY });
        void until("a read to be on its way", () => faults.armed() < MANY || undefined).then(() => gateway.kill());
        return undefined;
      }
      // Within the exchange, before its answer leaves.
      const stop = onChange(() => {
        stop();
        void gateway.kill();
      });
      return undefined;
    },
    async end({ scene }) {
      await scene.process().kill();
      if (scene.hasVendor()) scene.vendor().faults.clear();
      await scene.startGateway();
    },
  },
};

/** A fault of the request itself, or of the push for the operation that is one. */
function onWire(kind: FaultKind, ms?: number): Strike {
  // Every read for as long as the operation lasts, since the gateway reads for itself too; but one that is repeated after
  // a lost connection is to be answered.
  const countOn = (on: string) => (on === "read" && kind !== "drop" && kind !== "lose-answer" ? MANY : 1);
  return {
    begin({ scene }) {
      const on = scene.cell.operation;
      scene.vendor().faults.arm({ kind, on, count: countOn(on), ...(ms === undefined ? {} : { ms }) });
    },
    during(struck) {
      const { scene } = struck;
      mustHaveStruck(struck, countOn(scene.cell.operation));
      scene.vendor().faults.clear();
    },
  };
}

function halfOpen(): Strike {
  const strike = onWire("half-open");
  return {
    ...strike,
    async during(struck) {
      await strike.during?.(struck);
      await noticesDeadLink(struck);
    },
  };
}

/** A fault of the pushes that the operation brings about. */
function onPushes(kind: FaultKind): Strike {
  return {
    begin({ scene, orderId }) {
      scene.vendor().faults.arm({ kind, on: "push", ms: LATE_PUSH_MS });
      if (scene.cell.operation === "read") fillOne(scene, orderId);
    },
    async during(struck) {
      const { scene, orderId } = struck;
      // A late push is overtaken by one that tells more.
      if (scene.cell.operation === "replace") scene.fill(orderId, 1, 102);
      if (scene.cell.operation === "place") {
        const placed = (await scene.ledger()).find(({ price }) => price === 101);
        if (placed !== undefined) scene.fill(placed.orderId, 1, 101);
      }
      mustHaveStruck(struck);
      await pause(LATE_PUSH_MS);
    },
    end: ({ scene }) => scene.vendor().faults.clear(),
  };
}

function mustHaveStruck({ scene }: Struck, armed = 1): void {
  if (scene.vendor().faults.armed() >= armed) throw new Error("the fault did not strike anything");
}

/** Who pings over a link on which nothing is answered must be told no, unless there is a new link already. */
async function noticesDeadLink({ scene }: Struck): Promise<void> {
  const { ordersOverLink, connections } = scene.vendor();
  if (!ordersOverLink && scene.cell.operation !== "push") return;
  await until("ping to be false, or a new connection", async () => {
    if (connections().total > 1) return true;
    const answer = await scene.client.ask("ping/state");
    return answer?.body.pong === false || undefined;
  });
}

async function pingSays({ scene }: Struck, pong: boolean): Promise<void> {
  let last: unknown;
  await until(
    `ping to be ${pong}`,
    async () => {
      last = (await scene.client.ask("ping/state"))?.body;
      return (await scene.client.ask("ping/state"))?.body.pong === pong || undefined;
    },
    () => last,
  );
}

/** Steps the gateway's clock, and waits until its answers are of that time. */
async function stepTo(scene: Scene, aheadMs: number): Promise<void> {
  scene.process().stepClock(aheadMs);
  await until("the gateway's clock to be stepped", async () => {
    const time = Date.parse((await scene.client.ask("capabilities"))?.body.time ?? "");
    return Math.abs(time - Date.now() - aheadMs) < STEP_MS / 2 || undefined;
  });
}
