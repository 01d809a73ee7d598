/** Whether an order may be sent: the kill switch, what its token allows, and the limits of token and account. */
import { currencyOf } from "../../domain/contract.ts";
import { Failure } from "../../domain/failure.ts";
import { add, multiply, subtract } from "../../domain/money.ts";
import type { IntentAction, IntentRecord, OrderRecord } from "../../journal/journal.ts";
import type { MarketCapability } from "../../spec/capabilities.ts";
import type { Mandate, QuotePolicy, RiskOptions } from "../../spec/policy.ts";
import { elapsedMs } from "../elapsed.ts";
import type { InstanceJournal } from "../instance-journal.ts";
import type { OrderBook } from "../order-book.ts";
import { Places } from "../places.ts";
import type { OrderView, WriteContext } from "../types.ts";
import { heldUp } from "../write-outcome.ts";
import { notAllowed } from "./allowance.ts";
import { type Breach, beyond, forbiddenOrder, limitExceeded, NONE } from "./breach.ts";
import { createDayValues } from "./day-values.ts";
import type { Draft } from "./draft.ts";
import { closable, heldOf, openCount, type Pending, workingQty } from "./exposure.ts";
import { createFactSource, type FactContext, type Facts, type Limit, type Needs, NO_FACTS } from "./facts.ts";
import { halted, maySend, refuseUnless } from "./halted.ts";
import { createRecent } from "./recent.ts";
import { createTakenChanges } from "./taken.ts";
import { priceOf, worthOf } from "./valuation.ts";

/** An order that may be sent. What it takes of the limits is reserved until one of these is called. */
export interface Admission {
  /** What it counts for its day; absent where nothing counts. To be written down with the intent. */
  readonly value?: number;
  /**
   * Throws `Halted` if the kill switch was turned since: to be asked in the moment of the hand-over. From then on, and until
   * one of the others is called, `withdraw` is called when the switch is turned against it: it may still wait to be sent.
   */
  confirm(withdraw: () => void): void;
  /** Why it may not be sent any more; nothing while it may. */
  takenBack(): Failure | undefined;
  /** It was taken, and its order is in the book. */
  accepted(): void;
  /** It was not sent, or was rejected: nothing has been taken of the limits. */
  refused(): void;
  /** Nobody knows yet; `settled` tells later. */
  unknown(): void;
}

export interface Risk {
  /** Lets an order through or throws `Forbidden`, `Halted`, `LimitExceeded` or `RateLimited`; nothing is sent yet. */
  admit(draft: Draft, action: IntentAction, context: WriteContext, limit: Limit): Admission | Promise<Admission>;
  /** What this order may be by now, with the changes of it that are not shown yet, and the most that unknown ones may have made. */
  made(order: OrderView): Pick<OrderView, "qty" | "price">;
  /** Told when it is found out what became of an unknown write. */
  settled(write: Pending, refused: boolean): void;
  /** Told of an intent that had ended without an order, and whose order is there all the same. */
  adopted(intent: IntentRecord): void;
  /** Told of what an earlier process has sent a short while ago. */
  remembered(intent: IntentRecord): void;
  /** Told of every order that is reported. */
  seen(order: OrderRecord): void;
  /** Told of every turn of a kill switch. */
  turned(): void;
}

/** What the rules stand on. */
export interface RiskContext extends FactContext {
  readonly journal: InstanceJournal;
  readonly book: OrderBook;
  /** What has to be waited for before `state` can be relied on; nothing once that is known. */
  readonly stateKnown: () => Promise<unknown> | undefined;
  /** Writes of which nobody knows yet what became of them. */
  readonly unknowns: () => Iterable<Pending>;
  readonly marketOf: (draft: Draft) => MarketCapability | undefined;
  /** Milliseconds after which the broker shows what it has taken. */
  readonly settleMs: () => number;
}

export function createRisk(context: RiskContext): Risk {
  const { options, journal, book, state, unknowns, marketOf } = context;
  const risk: RiskOptions = options ?? {};
  const quotes: QuotePolicy = risk.quotes ?? {};
  const pending = new Places<Admitted>();
  const taken = createTakenChanges(book, context.settleMs);
  const values = createDayValues(journal, book);
  const recent = createRecent(journal, risk.duplicateWindowMs);
  const { rates, duplicates } = recent;
  const source = createFactSource(context, values, recent);

  function allPending(): Iterable<Pending> {
    const all = [...pending, ...taken.all(), ...unknowns()];
    return new Map(all.map((write) => [write.id, write] as const)).values();
  }

  function quoteBreaches({ reference }: Facts): readonly Breach[] {
    if (reference === undefined || reference.price !== undefined || quotes.missing === "allow") return NONE;
    return [
      {
        rule: "risk.quotes",
        value: reference.age ?? null,
        limit: quotes.maxAgeMs ?? 60_000,
        message: `${reference.reason}, and the limits of this account rest on it`,
      },
    ];
  }

  function quantityBreaches({ qty }: Draft, mandate: Mandate | undefined): readonly Breach[] {
    const its = mandate?.limits?.maxOrderQty;
    if (risk.maxOrderQty === undefined && its === undefined) return NONE;
    return [
      ...beyond("risk.maxOrderQty", qty, risk.maxOrderQty, (limit) => `the quantity is ${qty}, at most ${limit}`),
      ...beyond(
        "token.limits.maxOrderQty",
        qty,
        its,
        (limit) => `the quantity is ${qty}, at most ${limit} for ${mandate?.principal}`,
      ),
    ];
  }

  /** What the order is worth, and by how much more than the order that it replaces. */
  function valued(draft: Draft, { reference }: Facts): { value: number; counts: number } | Breach {
    const ofMarket = currencyOf(draft.contract, marketOf(draft)?.currency ?? "");
    const currency = draft.replaced?.currency || reference?.currency || ofMarket;
    const last = reference?.price ?? (reference === undefined ? undefined : reference.stale);
    const value = worthOf(draft.qty, priceOf(draft, last), currency, risk);
    if (value === undefined) {
      return {
        rule: "risk.rates",
        value: currency,
        limit: Object.keys(risk.rates ?? {}),
        message: `there is no rate from ${currency || "an unknown currency"} to ${risk.currency ?? "USD"}, so its value is unknown`,
      };
    }
    const { replaced } = draft;
    if (replaced === undefined) return { value, counts: value };
    // With what the broker took of changes before it: those count already.
    const { direction, orderType, qty, price } = { ...replaced, ...taken.of(replaced.orderId) };
    const old = { direction, orderType, price: price ?? undefined };
    const before = worthOf(qty, priceOf(old, last), currency, risk) ?? 0;
    return { value, counts: Math.max(0, subtract(value, before)) };
  }

  function valueBreaches(
    worth: { value: number; counts: number },
    { principal, mandate }: WriteContext,
  ): readonly Breach[] {
    const currency = risk.currency ?? "USD";
    const limits = mandate?.limits ?? {};
    const order = (limit: number) => `the order is worth ${worth.value} ${currency}, at most ${limit}`;
    const day = (limit: number) => `the orders of this day would be worth more than ${limit} ${currency}`;
    return [
      ...beyond("risk.maxOrderValue", worth.value, risk.maxOrderValue, order),
      ...beyond("token.limits.maxOrderValue", worth.value, limits.maxOrderValue, order),
      ...beyond("risk.maxDailyValue", add(values.total(), worth.counts), risk.maxDailyValue, day),
      ...beyond(
        "token.limits.maxDailyValue",
        add(values.total(principal), worth.counts),
        limits.maxDailyValue,
        (limit) => `${day(limit)} for ${principal}`,
      ),
    ];
  }

  function collarBreaches({ price, direction }: Draft, { reference }: Facts): readonly Breach[] {
    const { priceCollar } = risk;
    if (priceCollar === undefined || price === undefined || reference?.price === undefined) return NONE;
    const isBuy = direction === "BUY";
    const bound = multiply(reference.price, isBuy ? add(1, priceCollar) : Math.max(0, subtract(1, priceCollar)));
    if (isBuy ? price <= bound : price >= bound) return NONE;
    return [
      {
        rule: "risk.priceCollar",
        value: price,
        limit: bound,
        message: `the price ${price} is too far from the last one, ${reference.price}; ${isBuy ? "at most" : "at least"} ${bound}`,
      },
    ];
  }

  function closableNow(draft: Draft, { positions, filledMeanwhile }: Facts): Closable | undefined {
    if (positions === undefined) return undefined;
    const held = heldOf(positions, draft.contract);
    const onTheWay = add(workingQty(book, allPending(), draft), filledMeanwhile);
    const isHeld = closable(held, draft.direction, 0) > 0;
    const told = `held are ${held}${isHeld ? `, of which open orders take ${onTheWay}` : ""}`;
    return { free: closable(held, draft.direction, onTheWay), told };
  }

  function positionBreaches(draft: Draft, now: Closable | undefined): readonly Breach[] {
    const { remaining, replaced } = draft;
    if (now === undefined) {
      const shown = replaced && book.get(replaced.orderId);
      if (shown && source.mustBeHeld({ ...draft, replaced: { ...replaced, qty: shown.qty } }))
        throw heldUp(`order ${replaced.orderId} was made smaller meanwhile`);
      return NONE;
    }
    const { free, told } = now;
    if (state() === "REDUCING" && remaining > free) {
      throw new Failure("Halted", `only orders that shrink a position are sent now: ${told}`, {
        outcome: "not_sent",
        details: { state: "REDUCING", value: remaining, limit: free },
      });
    }
    if (!source.mustBeHeld(draft) || remaining <= free) return NONE;
    return [
      { rule: "risk.allowShort", value: remaining, limit: free, message: `this would sell what is not held: ${told}` },
    ];
  }

  function countBreaches(draft: Draft): readonly Breach[] {
    if (risk.maxOpenOrders === undefined || draft.replaced !== undefined) return NONE;
    const open = openCount(book, allPending()) + 1;
    return beyond(
      "risk.maxOpenOrders",
      open,
      risk.maxOpenOrders,
      (limit) => `${open} orders would be open, at most ${limit}`,
    );
  }

  function duplicateBreaches(draft: Draft, { idempotencyKey }: WriteContext, now: number): readonly Breach[] {
    if (duplicates === undefined || idempotencyKey !== undefined || draft.replaced !== undefined) return NONE;
    const at = duplicates.find(draft, now);
    if (at === undefined) return NONE;
    const age = Math.round(now - at);
    const message = `the same order was placed ${age} ms ago; send an Idempotency-Key with an order that is meant twice`;
    return [{ rule: "risk.duplicateWindowMs", value: age, limit: risk.duplicateWindowMs, message }];
  }

  /** The decision and the reservation in one step: nothing may come between them. */
  function decide(draft: Draft, action: IntentAction, asked: WriteContext, needs: Needs, facts: Facts): Admission {
    const { mandate, principal } = asked;
    refuseUnless(state(), needs.positions);
    const now = elapsedMs();
    const room = closableNow(draft, facts);
    const breaches = NONE.concat(
      notAllowed(draft, risk.allow, "risk.allow"),
      quantityBreaches(draft, mandate),
      quoteBreaches(facts),
      collarBreaches(draft, facts),
      positionBreaches(draft, room),
      countBreaches(draft),
      duplicateBreaches(draft, asked, now),
    );
    const worth = needs.value && breaches.length === 0 ? valued(draft, facts) : undefined;
    if (worth !== undefined) breaches.push(...("rule" in worth ? [worth] : valueBreaches(worth, asked)));
    if (breaches.length > 0) throw limitExceeded(breaches);
    holdRate(mandate, principal, now);

    const counts = worth === undefined || "rule" in worth ? undefined : worth.counts;
    const isShrinking = room !== undefined && draft.remaining <= room.free;
    const admitted: Admitted = { id: draft.id, action, isShrinking, withdraw: undefined };
    const place = pending.enter(admitted);
    const end = () => pending.leave(place, admitted);
    // That of an earlier attempt under its key counts already, and is the answer.
    if (counts !== undefined && book.byTag(draft.id) === undefined) values.reserve(draft.id, principal, counts);
    if (draft.replaced === undefined) duplicates?.add(draft, now);
    return {
      ...(counts === undefined ? {} : { value: counts }),
      confirm(withdraw) {
        refuseUnless(state(), isShrinking);
        admitted.withdraw = withdraw;
      },
      takenBack: () => (maySend(state(), isShrinking) ? undefined : halted(state())),
      accepted() {
        end();
        if (draft.replaced !== undefined) values.join(draft.id, draft.replaced.orderId);
        taken.add(draft.id, action);
      },
      refused() {
        end();
        // That of an earlier attempt under its key may have shown up meanwhile.
        const there = book.byTag(draft.id);
        if (there !== undefined && there.status !== "REJECTED") return;
        values.release(draft.id);
        duplicates?.remove(draft.id);
      },
      unknown: end,
    };
  }

  function holdRate(mandate: Mandate | undefined, principal: string, now: number): void {
    const perMinute = mandate?.limits?.ordersPerMinute;
    if (perMinute === undefined) return;
    const waitMs = rates.wait(principal, perMinute, now);
    if (waitMs > 0) {
      throw new Failure("RateLimited", `${principal} may send ${perMinute} orders a minute; nothing was sent`, {
        outcome: "not_sent",
        retryAfterMs: Math.ceil(waitMs),
        details: { rule: "token.limits.ordersPerMinute", limit: perMinute },
      });
    }
    rates.add(principal, now);
  }

  function admit(
    draft: Draft,
    action: IntentAction,
    asked: WriteContext,
    limit: Limit,
  ): Admission | Promise<Admission> {
    const { mandate } = asked;
    const forbidden = notAllowed(draft, mandate?.allow, "token.allow");
    if (forbidden.length > 0) throw forbiddenOrder(forbidden);
    const needs = source.needs(draft, mandate);
    refuseUnless(state(), true);
    if (!needs.recent && !needs.day && !needs.quote && !needs.positions)
      return decide(draft, action, asked, needs, NO_FACTS);
    return source.read(draft, needs, limit, (facts) => decide(draft, action, asked, needs, facts));
  }

  return {
    admit(draft, action, asked, limit) {
      const unknown = context.stateKnown();
      if (unknown === undefined) return admit(draft, action, asked, limit);
      return limit(unknown).then(() => admit(draft, action, asked, limit));
    },
    made(order) {
      let { qty, price } = { ...order, ...taken.of(order.orderId) };
      for (const { action } of unknowns()) {
        if (action.kind !== "replace" || action.orderId !== order.orderId) continue;
        qty = Math.max(qty, action.change.qty ?? 0);
        if (price !== null) price = Math.max(price, action.change.price ?? 0);
      }
      return { qty, price };
    },
    settled({ id, action }, refused) {
      if (!refused) {
        if (action.kind === "replace") values.join(id, action.orderId);
        return taken.addLate(id, action);
      }
      values.release(id);
      duplicates?.remove(id);
    },
    adopted: values.adopt,
    remembered({ id, action, placed }) {
      if (placed !== null) taken.add(id, action);
    },
    seen(order) {
      values.seen(order);
      taken.seen(order);
    },
    turned() {
      for (const { isShrinking, withdraw } of pending) if (!maySend(state(), isShrinking)) withdraw?.();
    },
  };
}

/** What was admitted and has not ended. */
interface Admitted extends Pending {
  readonly isShrinking: boolean;
  /** Takes it back while it may still wait to be sent; absent until it is handed over. */
  withdraw: (() => void) | undefined;
}

/** What an order may close of a position at the most, and why in words. */
interface Closable {
  readonly free: number;
  readonly told: string;
}
