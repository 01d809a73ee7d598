/** What OpenD sends: frames with the vendor's messages in them, answers and pushes. */
import fc from "fast-check";
import { chooseAccounts } from "../../../src/brokers/futu/accounts.ts";
import {
  toCash,
  toMarketStatus,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
} from "../../../src/brokers/futu/convert.ts";
import {
  COMMAND,
  type Method,
  parseInit,
  parseLoginNotice,
  parseOrderPush,
  parseReply,
  REPLIES,
  type Reply,
} from "../../../src/brokers/futu/messages.ts";
import { type Purpose, toBrokerError } from "../../../src/brokers/futu/refusals.ts";
import { decodeFrame, type Library, loadLibrary } from "../../../src/brokers/futu/socket.ts";
import { type BrokerError, isBrokerError } from "../../../src/spec/broker-error.ts";
import { type Bytes, mutated } from "../bytes.ts";
import { arePositions, brokerErrors, finite, isListing, isOrder, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { AAPL } from "../vendors/drive.ts";
import { type Frame, futuTalk } from "../vendors/futu.ts";

type Client = InstanceType<Library>;

interface Input {
  readonly name: string | null;
  readonly frame: Bytes;
}

/** What is made of each answer. */
const USES: { readonly [M in Method]?: (reply: Reply<M>) => void } = {
  GetGlobalState: (state) => finite(toMarketStatus(state), "states"),
  GetAccList: ({ accList }) =>
    void chooseAccounts(accList, { tradeEnv: "SIMULATE", accountId: undefined, securityFirm: undefined }),
  GetFunds: ({ funds }) => funds && finite(toCash([{ funds, region: "US" }], "USD"), "cash"),
  GetPositionList: ({ positionList }) => arePositions(toPositions(positionList)),
  GetOrderList: ({ orderList }) => isListing(toOrderListing(orderList)),
  GetHistoryOrderList: ({ orderList }) => isListing(toOrderListing(orderList)),
  PlaceOrder: ({ orderID = "0" }) => must(/^-?\d+$/.test(orderID), "an order's number that is none", orderID),
  GetSecuritySnapshot: ({ snapshotList }) => {
    for (const { basic } of snapshotList) finite(toQuote(AAPL, basic), "quote");
  },
};

const PURPOSES: Readonly<Record<string, Purpose>> = { PlaceOrder: "place", ModifyOrder: "modify" };

export const futuFrames = defineTarget<Input>("futu-frames", 3_500, async () => {
  const library = await loadLibrary(undefined);
  const samples = await futuTalk();
  const requests = new Map(samples.map(({ name, request }) => [name, request]));
  return {
    inputs: fc
      .constantFrom(...samples)
      .chain(({ name, bytes }) => fc.record({ name: fc.constant(name ?? null), frame: mutated([bytes]) })),
    async check({ name, frame: bytes }) {
      const frame = decodeFrame(bytes.buffer);
      if (frame === undefined) return;
      finite({ cmd: frame.cmd, section: frame.section, error: frame.error }, "frame");
      if (frame.buff === undefined) return;
      const client = new library();
      if (name === null) return push(client, frame);
      const request = requests.get(name);
      if (request !== undefined) await answer(client, frame, name, request);
    },
  };
});

/** As the link does it: what cannot be decoded says nothing, and what can be is an order or none. */
function push(client: Client, frame: Frame): void {
  let pushed: ReturnType<typeof parseOrderPush>;
  client.onPush = (command, message) => {
    if (command === COMMAND.Notify) parseLoginNotice(message);
    if (command === COMMAND.UpdateOrder) pushed = parseOrderPush(message);
  };
  try {
    client._onPush(frame);
  } catch {
    return;
  }
  const order = pushed && toOrder(pushed.order);
  if (order === undefined || pushed === undefined) return;
  must(/^-?\d+$/.test(pushed.accID), "an account's number that lost digits", pushed.accID);
  isOrder(order);
}

/** As the wire does it: an answer, or an error of ours that says what became of the request. */
async function answer(client: Client, frame: Frame, name: string, request: { c2s: object }): Promise<void> {
  const purpose = PURPOSES[name] ?? "read";
  client.websock = { sendBuff: () => Promise.resolve(frame) };
  let response: unknown;
  try {
    response = await client._sendCmd(frame.cmd, request, name);
    if (name === "InitWebSocket") return void parseInit(response);
    const method = Object.keys(REPLIES).find((each): each is Method => name.endsWith(each));
    if (method === undefined) return;
    response = parseReply(method, response);
    const use = USES[method] as ((reply: unknown) => void) | undefined;
    await brokerErrors(() => use?.(response));
  } catch (error) {
    if (error instanceof Error && error.message === "an error that nobody declared") throw error;
    isRefusal(toBrokerError(error, name, purpose, true), purpose);
  }
}

function isRefusal(error: BrokerError, purpose: Purpose): void {
  must(isBrokerError(error) && error.message !== "", "a refusal without its words", String(error));
  if (purpose !== "read")
    must(error.outcome !== undefined, "a write of which nobody says what became of it", error.message);
}
