/** The HTTP gateway above its wire: requests in, signed answers out, and the faults in between. */
import type { Fault, Faults } from "../shared/faults.ts";
import type { Desk } from "./desk.ts";
import { writeJson } from "./json.ts";
import { type LimitStyle, tooManyCalls } from "./limits.ts";
import { carryOut, clockRefusal, parametersOf, stageOf } from "./methods.ts";
import type { OrderPushes } from "./order-pushes.ts";
import type { OwnFault } from "./own-faults.ts";
import { bizParameter, CODE, Refusal, tradeRefusal } from "./refusal.ts";
import { type Parameters, sign } from "./signature.ts";

/** An answer before it is written. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** A request as the wire hands it over. */
export interface Incoming {
  readonly body: string;
  /** What it has as `Authorization`. */
  readonly token: string | undefined;
  readonly answer: (reply: HttpReply) => void;
  /** Closes the connection at once, without an answer. */
  readonly terminate: () => void;
  /** Leaves the connection open, and never reads or writes on it again. */
  readonly freeze: () => void;
}

export interface GatewayOptions {
  readonly desk: Desk;
  readonly faults: Faults<OwnFault>;
  readonly pushes: OrderPushes;
  /** Writes `data` as JSON text in a string, as the vendor may. */
  readonly dataAsText: boolean;
  readonly limitStyle: LimitStyle;
  /** Sends the pushes of a write before its answer. */
  readonly pushFirst: boolean;
  readonly restart: (ms: number) => void;
}

export interface Gateway {
  receive(request: Incoming): void;
  /** Forgets what was under way. */
  reset(): void;
}

const JSON_TYPE = "application/json;charset=UTF-8";
const HTML = "<html><head><title>Error</title></head><body><center><h1>nginx</h1></center></body></html>\n";

export function createGateway(options: GatewayOptions): Gateway {
  const { desk, faults, pushes, limitStyle, pushFirst, restart } = options;
  const timers = new Set<NodeJS.Timeout>();

  const perform = (request: Incoming, parameters: Parameters | undefined, answer = request.answer): void => {
    const { result: reply, publish } = pushes.hold(() => replyTo(options, parameters, request.token));
    if (pushFirst) publish();
    answer(reply);
    if (!pushFirst) publish();
  };

  const strike = (fault: Fault<OwnFault>, request: Incoming, parameters: Parameters): void => {
    const refuse = (refusal: Refusal): void => request.answer(refusalReply(desk, refusal, parameters));
    switch (fault.kind) {
      case "drop":
        request.terminate();
        break;
      case "half-open":
        request.freeze();
        break;
      case "stall":
        break;
      case "delay": {
        const timer = setTimeout(() => {
          timers.delete(timer);
          perform(request, parameters);
        }, fault.ms);
        timers.add(timer);
        break;
      }
      case "refuse":
        refuse(refusalOf(desk, parameters));
        break;
      case "refuse-within": {
        const { code, message } = refusalOf(desk, parameters);
        request.answer(reply(desk, parameters, 200, 0, "success", { code: String(code), message }));
        break;
      }
      case "rate-limit":
        refuse(tooManyCalls(String(parameters["method"]), limitStyle));
        break;
      case "clock":
        refuse(clockRefusal());
        break;
      case "expired-token":
        refuse(new Refusal(CODE.userToken, "user token error(user token expired invalid)"));
        break;
      case "lose-answer":
        perform(request, parameters, () => request.terminate());
        break;
      case "tamper":
        perform(request, parameters, (reply) => request.answer({ ...reply, text: tampered(reply.text) }));
        break;
      case "http-500":
        request.answer({ status: 500, contentType: "text/html", text: HTML });
        break;
      case "late-429":
      case "late-502":
      case "late-503":
      case "late-504": {
        const status = Number(fault.kind.slice("late-".length));
        perform(request, parameters, () => request.answer({ status, contentType: "text/html", text: HTML }));
        break;
      }
      case "html":
        perform(request, parameters, () => request.answer({ status: 200, contentType: "text/html", text: HTML }));
        break;
      case "restart":
        restart(fault.ms);
        break;
      default:
        perform(request, parameters);
    }
  };

  return {
    receive(request) {
      const parameters = parametersOf(request.body);
      const stage = stageOf(parameters);
      const fault = stage === undefined ? undefined : faults.take(stage);
      if (fault === undefined || parameters === undefined) perform(request, parameters);
      else strike(fault, request, parameters);
    },
    reset() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

function replyTo(
  { desk, dataAsText }: GatewayOptions,
  parameters: Parameters | undefined,
  token: string | undefined,
): HttpReply {
  try {
    const data = carryOut(desk, parameters, token);
    return reply(desk, parameters, 200, 0, "success", dataAsText ? writeJson(data) : data);
  } catch (error) {
    if (error instanceof Refusal) return refusalReply(desk, error, parameters);
    throw error;
  }
}

function refusalReply(desk: Desk, { status, code, message }: Refusal, parameters: Parameters | undefined): HttpReply {
  return reply(desk, parameters, status, code, message, undefined);
}

/** The answer's signature covers the text of the request's timestamp, and nothing of the answer itself. */
function reply(
  desk: Desk,
  parameters: Parameters | undefined,
  status: number,
  code: number,
  message: string,
  data: unknown,
): HttpReply {
  const timestamp = parameters?.["timestamp"];
  const signature = typeof timestamp === "string" ? sign(timestamp, desk.vendorKey) : undefined;
  const text = writeJson({ code, message, timestamp: desk.venue.now(), data, sign: signature });
  return { status, contentType: JSON_TYPE, text };
}

/** Changes the first letter of the signature, which leaves well-formed base64 of another number. */
function tampered(text: string): string {
  return text.replace(/("sign":")(.)/, (_all, before: string, letter: string) => before + (letter === "A" ? "B" : "A"));
}

function refusalOf(desk: Desk, parameters: Parameters): Refusal {
  const stage = stageOf(parameters);
  if (stage === "read") return new Refusal(CODE.networkTimeout, "network read time out");
  const account = desk.accounts.find(({ number }) => String(parameters["biz_content"]).includes(`"${number}"`));
  if (account === undefined) return bizParameter("field 'account' cannot be empty");
  return tradeRefusal(account.isPaper, "We can not process this order now, please contact customer service");
}
