/** A real desk at the venue of the model, process after process, and what the steps of a history do to them. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createDesk } from "../../../src/desk/create-desk.ts";
import { createGatewaySwitch, type GatewaySwitch } from "../../../src/desk/kill-switch.ts";
import type { Desk, WriteContext } from "../../../src/desk/types.ts";
import { isFailure } from "../../../src/domain/failure.ts";
import { isTerminal, type Order } from "../../../src/domain/order.ts";
import { type Ending, resolutionLines } from "../../../src/journal/by-hand.ts";
import type { NumberedEvent } from "../../../src/journal/journal.ts";
import { DIGEST } from "../desk-broker.ts";
import type { Attempt } from "./attempt.ts";
import { type Clock, calm } from "./clock.ts";
import { checkEnding, isDoubtful, madeOf } from "./ending.ts";
import type { MortalJournal } from "./file-journal.ts";
import { canAsk, type Happening, type History, isWhole, SWITCHES, wordsOf } from "./history.ts";
import { createJournalGate } from "./journal-gate.ts";
import { createRules, DEADLINE_MS } from "./rules.ts";
import { createVenue, type Life, type VenueOrder } from "./venue.ts";
// Loaded before anything happens: a history takes no time of its own.
import "../../../src/desk/by-hand.ts";

interface Process {
  readonly life: Life;
  readonly desk: Desk;
  readonly gatewaySwitch: GatewaySwitch;
}

type Of<Kind extends Happening["kind"]> = Extract<Happening, { kind: Kind }>;

/** The attempt that works now, whatever it waits for. */
const asking = new AsyncLocalStorage<Attempt | undefined>();

/** What is asked for under the two keys that an order's changes may have. */
const KEYED_CHANGES = { r: { price: 180 }, s: { qty: 12, price: 220 } };

const HOUR_MS = 3_600_000;
const SETTLING = { kind: "settle", principal: "operator" } as const;
const BY_OPERATOR = { reason: "a step", principal: "operator" };
/** Those that are logged in to in the end. */
const ACCOUNTS = ["A", "B", "A"];

export function createWorld({ seed, setting, steps }: History, clock: Clock, journal: MortalJournal) {
  const began = clock.now();
  const lines: string[] = [`setting of seed ${seed}: ${JSON.stringify(setting)}`];
  let violation: string | undefined;
  const told = (line: string) => void lines.push(`    ${line}`);
  function violated(rule: string): void {
    told(`BROKEN: ${rule}`);
    violation ??= rule;
  }

  const venue = createVenue(setting, clock, {
    asking: () => asking.getStore(),
    sent: (call) => rules.sent(call),
    taken: (call, order) => rules.taken(call, order),
    told,
  });
  const rules = createRules(setting, venue, clock, violated);
  const gate = createJournalGate(journal, told);
  const underWay = new Set<Attempt>();
  const heard: NumberedEvent[] = [];
  const turns = { instance: 0, gateway: 0 };
  /** Switches whose last turn was to halt, and is written down. */
  const isSureToBeHalted = { instance: false, gateway: false };
  let prunedBefore = 0;
  let lastHeard: string | undefined;
  let count = 0;
  let running = begin();

  function begin(): Process {
    const life: Life = { isAlive: true, isClosed: false };
    const its = gate.of(life);
    const { risk } = setting;
    const instance = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"], deadlineMs: DEADLINE_MS };
    const options = { ...instance, ...(risk && { risk }) };
    const gatewaySwitch = createGatewaySwitch(its);
    const desk = createDesk({ broker: venue.brokerOf(options, life), instance: options, journal: its, gatewaySwitch });
    venue.begin(life);
    Object.assign(rules.halted, isSureToBeHalted);
    void follow(desk, life);
    return { life, desk, gatewaySwitch };
  }

  /** A client that follows events, and comes back after whatever has ended that. */
  async function follow(desk: Desk, life: Life): Promise<void> {
    try {
      const cursor = await desk.follow(lastHeard);
      for (let events = await cursor.next(); events !== undefined && life.isAlive; events = await cursor.next()) {
        for (const event of events) {
          if (event.kind === "reset" && prunedBefore > 0) heard.splice(0);
          else if (event.kind === "reset") violated(`who followed was reset: ${event.reason}`);
          else if (event.kind !== "snapshot") heard.push(event);
          lastHeard = `${cursor.epoch}-${event.sequence}`;
        }
      }
    } catch {
      setTimeout(() => life.isAlive && follow(desk, life), 100);
    }
  }

  type Asked = Pick<Attempt, "kind" | "principal" | "key" | "orderId" | "request" | "inItsPlace">;

  /** Lets a client ask the desk for something; `undefined` when it gets no answer or a failure. */
  async function ask(asked: Asked, words: string, work: (process: Process) => Promise<unknown>) {
    const mine = running;
    const attempt: Attempt = { ...asked, name: `${words} (${++count})`, began: clock.now(), calls: [] };
    const { name } = attempt;
    underWay.add(attempt);
    told(`${name} begins`);
    let ending: string;
    try {
      attempt.answer = await asking.run(attempt, async () => work(mine));
      ending = JSON.stringify(attempt.answer) ?? "";
    } catch (error) {
      if (!isFailure(error)) return violated(`${name} failed with what is no failure: ${error}`);
      attempt.failure = error;
      ending = `${error.code}, ${error.outcome}, ${error.message}`;
    }
    // What a process that has ended would have answered, nobody hears.
    if (!mine.life.isAlive) return undefined;
    underWay.delete(attempt);
    told(`${name} ends: ${ending.replaceAll(/ht[a-z2-7]{24}/g, "TAG")}`);
    rules.answered(attempt);
    return attempt.failure === undefined ? attempt : undefined;
  }

  function contextOf(principal: string, key: string | undefined): WriteContext {
    const { limits } = setting;
    const mandate = limits && { principal, scopes: ["read", "trade", "cancel"] as const, limits };
    return { principal, ...(mandate && { mandate }), ...(key !== undefined && { idempotencyKey: key }) };
  }

  /** One of the orders, rather one that is open; empty when there is none. */
  function orderIdOf(which: number): string {
    const open = venue.open();
    const from = open.length > 0 && which % 8 > 0 ? open : [...venue.ledger.values()];
    return from[which % Math.max(1, from.length)]?.truth.orderId ?? "";
  }

  /** What the desk knows to be in the place of an order of its own. */
  function inPlaceOf(orderId: string): string | undefined {
    const next = [...venue.ledger.values()].find(({ replaces }) => replaces === orderId)?.truth;
    const isKnown = next && running.desk.remembered(orderId)?.tag && running.desk.remembered(next.orderId);
    return isKnown ? (inPlaceOf(next.orderId) ?? next.orderId) : undefined;
  }

  function place({ kind, request, principal, key: letter }: Of<"place">): void {
    // What has been pruned frees its key.
    const key = letter && `${letter}${prunedBefore > 0 ? Math.floor(prunedBefore / HOUR_MS) : ""}`;
    const words = `place${key === undefined ? "" : ` under ${key}`} of ${principal}`;
    void ask({ kind, principal, key, request }, words, ({ desk }) => desk.place(request, contextOf(principal, key)));
  }

  function replace({ kind, which, change, principal, key }: Of<"replace">): void {
    const orderId = orderIdOf(which);
    const wanted = key === undefined ? change : KEYED_CHANGES[key as keyof typeof KEYED_CHANGES];
    const its = key && `${key} ${orderId}`;
    const words = `replace of order ${orderId} by ${JSON.stringify(wanted)}${key === undefined ? "" : ` under ${key}`}`;
    const context = contextOf(principal, its);
    void ask({ kind, principal, key: its, orderId }, words, ({ desk }) => desk.replace(orderId, wanted, context));
  }

  function cancel({ kind, which, principal, key }: Of<"cancel">): void {
    const orderId = orderIdOf(which);
    const its = key && `${key} ${orderId}`;
    const words = `cancel of order ${orderId}${key === undefined ? "" : ` under ${key}`}`;
    const context = contextOf(principal, its);
    const asked = { kind, principal, key: its, orderId, inItsPlace: inPlaceOf(orderId) };
    void ask(asked, words, ({ desk }) => desk.cancel(orderId, context));
  }

  async function cancelAll({ kind }: Of<"cancelAll">): Promise<void> {
    const turnsBefore = { ...turns };
    const isHalted = rules.halted.instance || rules.halted.gateway;
    const attempt = await ask({ kind, principal: "operator" }, kind, ({ desk }) => desk.cancelAll("operator"));
    if (attempt && isHalted && SWITCHES.every((name) => turns[name] === turnsBefore[name])) rules.allCanceled(attempt);
  }

  function turn({ kind, name, state }: Of<"turn">): void {
    turns[name] += 1;
    const mine = turns[name];
    rules.halted[name] = state === "HALTED";
    isSureToBeHalted[name] = false;
    void ask({ kind, principal: "operator" }, `turn ${name} ${state}`, async (process) => {
      const turning = { state, principal: "operator", reason: "a step" };
      const isWritten = await (name === "gateway" ? process.gatewaySwitch : process.desk).turn(turning);
      if (process.life.isAlive && mine === turns[name]) isSureToBeHalted[name] = isWritten && state === "HALTED";
    });
  }

  function read({ kind, what, which }: Of<"read">): void {
    const orderId = orderIdOf(which);
    void ask({ kind, principal: "bot" }, `read ${what} ${what === "order" ? orderId : ""}`, ({ desk }) => {
      if (what === "unknown") return desk.unknownIntents();
      return what === "order" ? desk.order(orderId, {}) : desk.orders({ status: what }, {});
    });
  }

  async function restart({ taken, lines }: Pick<Of<"kill">, "taken" | "lines">, meanwhile?: () => unknown) {
    venue.kill(running.life, taken);
    // Events wait a while for a journal that was away, and the next process counts no order that it has not heard of.
    if (gate.cut(lines)) rules.forgot();
    underWay.clear();
    clock.forget();
    if (lines % 2 === 0) await journal.die?.();
    await calm(3);
    if (lines % 2 !== 0) await journal.die?.();
    await meanwhile?.();
    running = begin();
  }

  async function close(meanwhile?: () => unknown): Promise<void> {
    await within(20_000, Promise.all([running.desk.close(), running.gatewaySwitch.close()]));
    await restart({ taken: 0, lines: Number.POSITIVE_INFINITY }, meanwhile);
  }

  /** The gateway is closed overnight, and what is older than a day is pruned. */
  const night = ({ hours, expires }: Of<"night">) =>
    close(async () => {
      venue.expire(expires);
      await clock.pass(hours * HOUR_MS);
      prunedBefore = clock.now() - 24 * HOUR_MS;
      await journal.prune(Date.now() - 24 * HOUR_MS);
    });

  /** What an operator says of one of the unknown writes. */
  async function wordOf({ which, isRight }: Pick<Of<"settle">, "which" | "isRight">) {
    // Nobody may have asked it for anything yet.
    await journal.open();
    const unsettled = await journal.unsettled(DIGEST);
    const intent = unsettled[which % Math.max(1, unsettled.length)];
    if (intent === undefined) return undefined;
    const truth = madeOf(venue, intent);
    if (!isRight && truth !== null) rules.misled();
    const orderId = isRight ? truth : null;
    told(`an operator settles the ${intent.action.kind} as ${orderId ?? "not sent"}`);
    return { intent, orderId };
  }

  /** Lets an operator settle an unknown write while the desk is at work, or end an order that is not known any more. */
  async function settleAtWork(step: Pick<Of<"settle">, "which" | "isRight">): Promise<void> {
    const { intent, orderId = null } = (await wordOf(step)) ?? {};
    if (intent !== undefined) {
      const work = ({ desk }: Process) => desk.resolveIntent({ tag: intent.id, orderId, ...BY_OPERATOR });
      return void ask(SETTLING, `settling of the ${intent.action.kind}`, work);
    }
    // Of one whose change was not heard of he says no more than how it ended.
    const isStale = ({ truth }: VenueOrder) => {
      const known = running.desk.remembered(truth.orderId);
      return known && known.staleSince !== null && known.qty === truth.qty && known.price === truth.price;
    };
    const order = [...venue.ledger.values()].find((each) => isTerminal(each.truth.status) && isStale(each))?.truth;
    if (order !== undefined) endByHand(order);
  }

  function endByHand({ orderId, status, filledQty, avgPrice }: Order): void {
    const fills = filledQty > 0 ? { qty: filledQty, price: avgPrice } : undefined;
    const ending = { orderId, status: status as Ending["status"], fills, ...BY_OPERATOR };
    void ask(SETTLING, `end of order ${orderId}`, ({ desk }) => desk.endOrder(ending));
  }

  /** Lets an operator end an order that is not known any more, and lives on. */
  function misjudge({ which, status }: Of<"misjudge">): void {
    const gone = venue.open().filter(({ truth }) => running.desk.remembered(truth.orderId)?.staleSince);
    const order = gone[which % Math.max(1, gone.length)];
    if (order === undefined) return;
    order.isAwake = true;
    endByHand({ ...order.truth, status, ...(status === "FILLED" && { filledQty: order.truth.qty, avgPrice: 100 }) });
  }

  /** Lets an operator settle an unknown write while the gateway is closed. */
  const settle = (step: Pick<Of<"settle">, "which" | "isRight">) =>
    close(async () => {
      const { intent, orderId = null } = (await wordOf(step)) ?? {};
      if (intent === undefined) return;
      const at = Date.now();
      const named = orderId === null ? undefined : await journal.order(DIGEST, orderId);
      const changed = intent.action.kind === "place" ? undefined : await journal.order(DIGEST, intent.action.orderId);
      const lines = resolutionLines(intent, { orderId, reason: "a step" }, { named, changed }, at);
      await journal.append(
        lines.map((line) => ({ ...line, instance: DIGEST, at })),
        "power-loss",
      );
    });

  /** Lets time pass until something has ended. */
  async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    for (let left = milliseconds; !isOver && left > 0; left -= 50) {
      await clock.pass(50);
      gate.next("done");
    }
    if (isOver) await work;
    else violated("this never ends");
  }

  const happen: { readonly [Kind in Happening["kind"]]: (step: Of<Kind>) => unknown } = {
    place,
    replace: (step) => venue.ledger.size > 0 && replace(step),
    cancel: (step) => venue.ledger.size > 0 && cancel(step),
    cancelAll: (step) => void cancelAll(step),
    turn,
    read: (step) => venue.ledger.size > 0 && read(step),
    call: ({ which, how }) => venue.go(which, how),
    push: ({ which, how }) => venue.push(which, how),
    bust: ({ which }) => venue.bust(which),
    fill: ({ which, part }) => venue.fill(which, part),
    end: ({ which, status }) => venue.end(which, status),
    elsewhere({ request }) {
      rules.foreign();
      venue.elsewhere(request);
    },
    misjudge,
    wake: ({ which }) => venue.wake(which) && rules.foreign(),
    amend: ({ which, change }) => venue.amend(which, change) && rules.foreign(),
    connect: () => venue.connect(true),
    disconnect: ({ taken }) => venue.connect(false, taken),
    wait: ({ milliseconds }) => clock.pass(milliseconds),
    clock: ({ by }) => clock.set(by),
    journal: ({ mode }) => gate.become(mode),
    line: ({ how }) => gate.next(how),
    kill: (step) => restart(step),
    close: () => close(),
    // Without a roll of its own, so that what a seed makes stays as it is.
    settle: ({ which, isRight }) =>
      which % 2 === 0 ? settle({ which, isRight }) : settleAtWork({ which: which >> 1, isRight }),
    night,
    login: ({ to, taken }) => venue.login(to, taken),
  };

  const accounts = setting.hasAccounts ? ACCOUNTS : ["A"];

  async function heal(): Promise<void> {
    lines.push("everything answers again");
    gate.heal();
    venue.heal();
    await calm();
    void running.desk.start();
    venue.connect(true);
    for (const to of accounts) {
      venue.login(to, 0);
      await tellRest();
      for (let round = 0; round < 30; round += 1) await clock.pass(10_000);
      await clock.pass(130_000);
      venue.finishCancels();
    }
    for (const { name } of underWay) violated(`${name} was never answered`);
    venue.finishCancels();
    const proves = setting.listing === "whole" && !setting.lacks.includes("orders");
    if (!proves || setting.hasNewIds) await settleRest(proves);
    await clock.pass(65_000);
    for (const name of SWITCHES) turn({ kind: "turn", name, state: "ACTIVE" });
    await clock.pass(1000);
  }

  /** Where the broker cannot be asked for everything, pushes tell of the rest. */
  async function tellRest(): Promise<void> {
    await clock.pass(5000);
    const canList = !setting.lacks.includes("orders");
    const isUntold = ({ truth: { orderId }, isAwake }: VenueOrder) =>
      isAwake ? !isWhole(setting) : !canList && running.desk.remembered(orderId) === undefined;
    venue.tell((order) => !canAsk(setting) || isUntold(order));
  }

  /** What a broker cannot prove, operators settle. */
  async function settleRest(provesPlaces: boolean): Promise<void> {
    await clock.pass(65_000);
    const unsettled = await journal.unsettled(DIGEST);
    for (const intent of unsettled) {
      const proves = intent.action.kind === "place" ? provesPlaces : canAsk(setting);
      if (proves && !isDoubtful({ venue, setting }, intent))
        violated(`unknown at the end: a ${intent.action.kind}, ${intent.state}`);
    }
    for (const _ of unsettled) await settle({ which: 0, isRight: true });
    if (unsettled.length === 0) return;
    await running.desk.start();
    // What he said is there may be in any of them.
    for (const to of accounts) {
      venue.login(to, 0);
      await tellRest();
      await clock.pass(65_000);
    }
  }

  return {
    lines,
    violated,
    violation: () => violation,
    async live(): Promise<void> {
      for (const [index, step] of steps.entries()) {
        lines.push(`${String(index + 1).padStart(3)} +${clock.now() - began} ms: ${wordsOf(step)}`);
        venue.lateBy(step.late);
        await (happen[step.kind] as (step: Happening) => unknown)(step);
        if (step.turns === Number.POSITIVE_INFINITY) await calm();
        else for (let turn = 0; turn < step.turns; turn += 1) await Promise.resolve();
        if (violation !== undefined) return;
      }
      await heal();
      if (violation !== undefined) return;
      const isBlind = gate.isBlind();
      const isMisled = rules.isMisled();
      const { desk } = running;
      const told = { heard, isBlind, isMisled, prunedBefore };
      await within(60_000, checkEnding({ setting, venue, journal, desk, ...told, violated }));
    },
    end: () => venue.kill(running.life, 0),
  };
}
