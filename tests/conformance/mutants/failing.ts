/** Wrong about faults: aborts, silence, lost connections, closing, and what an error gives away. */
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { TOY_ID, TOY_TOKEN, TOY_VENDOR_KEY, type ToyBroker } from "../toy/toy-broker.ts";
import { altering, claiming, type Mutant, type Mutate } from "./mutant.ts";

const patient = () => ({ signal: new AbortController().signal });
const forever = () => new Promise<never>(() => undefined);

/** Answers with `value` where it had no answer, and refuses what the venue refused and what comes after it was closed. */
function failingReads(
  members: (right: ToyBroker, unless: <T>(value: T) => (error: unknown) => T) => Partial<ToyBroker>,
): Mutate {
  return altering((right) =>
    members(right, (value) => (error) => {
      if (!(error instanceof BrokerError) || /closed|there is no/.test(error.message)) throw error;
      return value;
    }),
  );
}

const UNANSWERED = [
  "ends every read whose call was aborted before",
  "ends every read that nobody answers when its call is aborted",
  "queues nothing while the venue is away, and trades again when it is back",
  "says that it was too fast when the venue says so, and that nothing was sent",
  "ends the calls that nobody answers when it closes",
  "takes a proxy's page for no answer to a read",
];

export const failingMutants: readonly Mutant[] = [
  {
    fault: "sends an order whose call was aborted before",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) => placeOrder(order, call.signal.aborted ? patient() : call),
    })),
    red: ["sends no order whose call was aborted before"],
  },
  {
    fault: "sends a replace whose call was aborted before",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, change, call) => replaceOrder(orderId, change, call.signal.aborted ? patient() : call),
    })),
    red: ["sends no replace whose call was aborted before"],
  },
  {
    fault: "sends a cancel whose call was aborted before",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: (orderId, call) => cancelOrder(orderId, call.signal.aborted ? patient() : call),
    })),
    red: ["sends no cancel whose call was aborted before"],
  },
  {
    fault: "waits for ever for the answer to a read",
    mutate: altering(({ orders }) => ({ orders: (query) => orders(query, patient()) })),
    red: ["ends every read that nobody answers when its call is aborted"],
  },
  {
    fault: "takes it for an empty list when nobody answers",
    mutate: failingReads(({ orders }, unless) => ({
      orders: (query, call) => orders(query, call).catch(unless({ orders: [], unmapped: [] })),
    })),
    red: UNANSWERED,
  },
  {
    fault: "shows no positions when nobody answers",
    mutate: failingReads(({ positions }, unless) => ({
      positions: (call) => positions(call).catch(unless({ positions: [], unmapped: [] })),
    })),
    red: UNANSWERED,
  },
  {
    fault: "shows no cash when nobody answers",
    mutate: failingReads(({ cash }, unless) => ({
      cash: (query, call) => cash(query, call).catch(unless({ currency: query.currency, amount: 0, balances: [] })),
    })),
    red: UNANSWERED,
  },
  {
    fault: "does not know an order when nobody answers",
    mutate: altering(({ order }) => ({
      order: (orderId, call) =>
        order(orderId, call).catch((error: unknown) => {
          throw new BrokerError("OrderNotFound", String(error));
        }),
    })),
    red: UNANSWERED,
  },
  {
    fault: "waits for ever for the answer to a place",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) => placeOrder(order, call.signal.aborted ? call : patient()),
    })),
    red: ["ends a place that nobody answers when its call is aborted, and says what is certain"],
  },
  {
    fault: "waits for ever for the answer to a replace",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, change, call) => replaceOrder(orderId, change, call.signal.aborted ? call : patient()),
    })),
    red: ["ends a replace and a cancel that nobody answers when their call is aborted"],
  },
  {
    fault: "says that a place nobody answered was not sent, though the venue has it",
    mutate: altering(({ placeOrder }, venue) => ({
      placeOrder: async ({ tag, ...request }, call) => {
        if (venue.faults.silent.has("place") || venue.faults.dropping.has("place")) venue.place(request, tag);
        try {
          return await placeOrder({ ...request, tag }, call);
        } catch (error) {
          if (!(error instanceof BrokerError) || error.code !== "OutcomeUnknown") throw error;
          if (venue.faults.losing.size > 0 || error.message.includes("answer was lost")) throw error;
          throw new BrokerError("NotConnected", error.message, { outcome: "not_sent" });
        }
      },
    })),
    red: [
      "ends a place that nobody answers when its call is aborted, and says what is certain",
      "says what is certain when the connection is lost under a place",
      "ends the calls that nobody answers when it closes",
      "says unknown when a proxy answers a place with an error, and lists the order once",
    ],
  },
  {
    fault: "says that a place was not sent whenever its call is aborted",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!call.signal.aborted) throw error;
          throw new BrokerError("Timeout", "the deadline has passed", { outcome: "not_sent" });
        }),
    })),
    red: ["ends a place that nobody answers when its call is aborted, and says what is certain"],
  },
  {
    fault: "sends a place again when the connection is lost",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "OutcomeUnknown") throw error;
          return placeOrder(order, call);
        }),
    })),
    red: [
      "ends a place that nobody answers when its call is aborted, and says what is certain",
      "says unknown when the answer to a place is lost, and lists the order once",
      "says what is certain when the connection is lost under a place",
      "says unknown when a proxy answers a place with an error, and lists the order once",
      "places no order again that was answered with 429 by a proxy",
    ],
  },
  {
    fault: "takes a lost answer to a place for a refusal",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || !error.message.includes("answer was lost")) throw error;
          throw new BrokerError("BrokerFault", error.message, { outcome: "rejected" });
        }),
    })),
    red: ["says unknown when the answer to a place is lost, and lists the order once"],
  },
  {
    fault: "takes a lost answer to a cancel for success",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: (orderId, call) =>
        cancelOrder(orderId, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || !error.message.includes("answer was lost")) throw error;
        }),
    })),
    red: ["says unknown when the answer to a replace or a cancel is lost, and sends neither again"],
  },
  {
    fault: "throws what the socket threw when the connection is lost",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || !error.message.includes("connection was lost")) throw error;
          throw new Error("ECONNRESET");
        }),
    })),
    red: ["says what is certain when the connection is lost under a place"],
  },
  {
    fault: "never says that it is connected",
    mutate: altering(({ start }) => ({ start: (host) => start({ ...host, onConnection: () => undefined }) })),
    red: [
      "says that the connection went and came, and pushes again afterwards",
      "queues nothing while the venue is away, and trades again when it is back",
      "says that it is connected, once it has started",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "does not say that the connection went",
    mutate: altering(({ start }) => ({
      start: (host) =>
        start({ ...host, onConnection: (state) => (state.connected ? host.onConnection(state) : undefined) }),
    })),
    red: [
      "says that the connection went and came, and pushes again afterwards",
      "queues nothing while the venue is away, and trades again when it is back",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "forgets to subscribe again",
    mutate: altering(({ start }) => ({
      start: (host) => {
        let lost = false;
        return start({
          onConnection: (state) => {
            lost ||= !state.connected;
            host.onConnection(state);
          },
          onOrder: (order) => (lost ? undefined : host.onOrder(order)),
        });
      },
    })),
    red: [
      "says that the connection went and came, and pushes again afterwards",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "sends later what it could not send at once",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: async (order, call) => {
        for (;;) {
          try {
            return await placeOrder(order, call);
          } catch (error) {
            if (!(error instanceof BrokerError) || !error.message.includes("away")) throw error;
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        }
      },
    })),
    red: ["queues nothing while the venue is away, and trades again when it is back"],
  },
  {
    fault: "takes a limit for a rejection",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: (orderId, call) =>
        cancelOrder(orderId, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "RateLimited") throw error;
          throw new BrokerError("BrokerFault", error.message, { outcome: "rejected" });
        }),
    })),
    red: ["says that it was too fast when the venue says so, and that nothing was sent"],
  },
  {
    fault: "cannot be closed twice",
    mutate: altering(({ close }) => {
      let closed = false;
      return {
        close: async () => {
          if (closed) throw new Error("closed already");
          closed = true;
          await close();
        },
      };
    }),
    red: ["closes twice, and before it was started"],
  },
  {
    fault: "leaves calls that nobody answers pending when it closes",
    mutate: altering(({ positions, close }) => {
      let closed = false;
      return {
        positions: (call) =>
          positions(call).catch((error: unknown) =>
            closed && !call.signal.aborted ? forever() : Promise.reject(error),
          ),
        close: async () => {
          closed = true;
          await close();
        },
      };
    }),
    red: ["ends the calls that nobody answers when it closes", "answers no read after it was closed"],
  },
  {
    fault: "throws an error of the language at a call that is under way when it closes",
    mutate: altering(({ positions, close }) => {
      let closed = false;
      return {
        positions: async (call) => {
          const listing = await positions(call);
          if (closed) throw new TypeError("there is no session");
          return listing;
        },
        close: async () => {
          closed = true;
          await close();
        },
      };
    }),
    red: ["ends the calls that are under way when it closes"],
  },
  {
    fault: "goes on sending orders after it was closed",
    mutate: altering(({ placeOrder, close }, venue) => {
      let closed = false;
      return {
        placeOrder: async ({ tag, ...request }, call) =>
          closed ? { orderId: venue.place(request, tag).orderId } : placeOrder({ ...request, tag }, call),
        close: async () => {
          closed = true;
          await close();
        },
      };
    }),
    red: ["sends nothing after it was closed", "puts no secret into an error"],
  },
  {
    fault: "goes on answering reads after it was closed",
    mutate: altering(({ orders, close }, venue) => {
      let closed = false;
      return {
        orders: async (query, call) => (closed ? { orders: venue.orders(), unmapped: [] } : orders(query, call)),
        close: async () => {
          closed = true;
          await close();
        },
      };
    }),
    red: ["answers no read after it was closed"],
  },
  {
    fault: "keeps its token in a property",
    mutate: (broker) => Object.assign(broker, { options: { tokens: [TOY_TOKEN] } }),
    red: ["has no secret on the object"],
  },
  {
    fault: "names itself by its instance id",
    mutate: altering(() => ({ display: `Toy ${TOY_ID}` })),
    red: ["has no secret on the object"],
  },
  {
    fault: "masks its account by the vendor's key",
    mutate: claiming((right) => ({ ...right, account: `***${TOY_VENDOR_KEY}` })),
    red: ["has no secret on the object"],
  },
  {
    fault: "leaves an order to a runtime that sends it again when a connection ends that was used before",
    mutate: altering(({ orders, placeOrder }) => {
      let used = false;
      return {
        orders: (query, call) => {
          used = true;
          return orders(query, call);
        },
        placeOrder: (order, call) =>
          placeOrder(order, call).catch((error: unknown) => {
            if (!used || !(error instanceof BrokerError) || !/answer was lost/.test(error.message)) throw error;
            return placeOrder(order, call);
          }),
      };
    }),
    red: ["says unknown when the answer to a place is lost, and lists the order once"],
  },
  {
    fault: "tells the instance id in an error",
    mutate: altering(({ cash }) => ({
      cash: (query, call) =>
        cash(query, call).catch((error: unknown) => {
          const said = error instanceof BrokerError ? error : new BrokerError("BrokerFault", "no");
          throw new BrokerError(said.code, `${TOY_ID}: ${said.message}`);
        }),
    })),
    red: ["puts no secret into an error"],
  },
  {
    fault: "tells the vendor's key in the cause of an error",
    mutate: altering(({ order }) => ({
      order: (orderId, call) =>
        order(orderId, call).catch((error: unknown) => {
          const said = error instanceof BrokerError ? error : new BrokerError("BrokerFault", "no");
          throw new BrokerError(said.code, said.message, { cause: { request: { key: TOY_VENDOR_KEY } } });
        }),
    })),
    red: ["puts no secret into an error"],
  },
  {
    fault: "tells the vendor's key when the connection is lost under a read",
    mutate: altering(({ order }) => ({
      order: (orderId, call) =>
        order(orderId, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || !/connection was lost/.test(error.message)) throw error;
          throw new BrokerError(error.code, `${error.message}, with ${TOY_VENDOR_KEY}`);
        }),
    })),
    red: ["puts no secret into an error"],
  },
  {
    fault: "tells the vendor's key when it was too fast",
    mutate: altering(({ order }) => ({
      order: (orderId, call) =>
        order(orderId, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || !/too many calls/.test(error.message)) throw error;
          throw new BrokerError(error.code, `${error.message}, with ${TOY_VENDOR_KEY}`);
        }),
    })),
    red: ["puts no secret into an error"],
  },
  {
    fault: "tells the vendor's key when it connects",
    mutate: altering(({ start }) => ({
      start: (host) =>
        start({ ...host, onConnection: (state) => host.onConnection({ ...state, reason: `with ${TOY_VENDOR_KEY}` }) }),
    })),
    red: ["puts no secret into what it reports", "puts no secret into an error"],
  },
];
