/** What each fault does to a request, over HTTP and on a long link. */
import type { Fault } from "../shared/faults.ts";
import { refused } from "./http-calls.ts";
import type { HttpReply } from "./http-messages.ts";
import { tooManyCalls, tooManyQuotes } from "./limits.ts";
import { type LinkReply, refusedLink, serverError } from "./link-calls.ts";
import type { LongportFault } from "./own-faults.ts";
import { badParameter, CODE, Refusal, SOCKET_CODE, SOCKET_STATUS, SocketRefusal } from "./refusal.ts";
import { linksRefusal } from "./sessions.ts";
import type { HttpWire, LinkWire } from "./wires.ts";

/** An HTTP request that is struck. */
export interface StruckRequest {
  readonly wire: HttpWire;
  readonly routeName: string;
  readonly later: (ms: number, act: () => void) => void;
  readonly restart: (ms: number) => void;
  readonly send: (reply: HttpReply) => void;
  /** Carries the request out. */
  readonly perform: (respond: ((reply: HttpReply) => void) | undefined, changesSession?: boolean) => void;
}

/** A request on a long link that is struck. */
export interface StruckPacket {
  readonly wire: LinkWire;
  readonly silence: () => void;
  /** Keeps the request under way for so many milliseconds, then does what is told. */
  readonly hold: (ms: number, act: () => void) => void;
  /** Milliseconds that the client waits for it. */
  readonly timeout: number;
  readonly restart: (ms: number) => void;
  readonly send: (reply: LinkReply) => void;
  readonly perform: () => LinkReply;
}

const TOO_MANY_PAGE = "Too Many Requests\n";
const PROXY_PAGE = "<html><body><center><h1>nginx</h1></center></body></html>\n";
const BAD_GATEWAY_PAGE =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

export function strikeHttp({ kind, ms }: Fault<LongportFault>, struck: StruckRequest): void {
  const { wire, later, restart, send, perform } = struck;
  const badGateway = (): void => wire.send(502, "text/html", BAD_GATEWAY_PAGE);
  switch (kind) {
    case "drop":
      wire.destroy();
      break;
    case "half-open":
      wire.freeze();
      break;
    case "stall":
      break;
    case "delay":
      later(ms, () => perform(send));
      break;
    case "refuse":
      send(refused(badParameter("the service refuses the request")));
      break;
    case "rate-limit":
      send(refused(tooManyCalls()));
      break;
    case "lose-answer":
      perform(() => wire.destroy());
      break;
    case "restart":
      restart(ms);
      break;
    case "plain-429":
      wire.send(429, "text/plain", TOO_MANY_PAGE);
      break;
    case "html-502":
      badGateway();
      break;
    case "late-502":
      perform(badGateway);
      break;
    case "late-429":
    case "late-503":
    case "late-504":
      perform(() => wire.send(Number(kind.slice("late-".length)), "text/html", PROXY_PAGE));
      break;
    case "missing-data":
      perform(({ status, code, message }) =>
        wire.send(status, "application/json; charset=utf-8", JSON.stringify({ code, message })),
      );
      break;
    case "expired-token":
      send(refused(new Refusal(CODE.tokenExpired, "token expired")));
      break;
    case "connection-limit":
      perform((reply) => send(struck.routeName === "GET /v1/socket/token" ? full(reply) : reply));
      break;
    case "change-session":
      perform(send, true);
      break;
    default:
      perform(send);
  }
}

export function strikeLink({ kind, ms }: Fault<LongportFault>, struck: StruckPacket): void {
  const { wire, silence, hold, timeout, restart, send, perform } = struck;
  switch (kind) {
    case "drop":
      wire.terminate();
      break;
    case "half-open":
      silence();
      break;
    case "stall":
      hold(timeout, () => undefined);
      break;
    case "delay":
      hold(ms, () => send(perform()));
      break;
    case "refuse":
      send(refusedLink(new SocketRefusal(SOCKET_STATUS.failed, SOCKET_CODE.badRequest, "invalid request: refused")));
      break;
    case "rate-limit":
    case "plain-429":
      send(refusedLink(tooManyQuotes()));
      break;
    case "lose-answer":
      perform();
      wire.terminate();
      break;
    case "restart":
      restart(ms);
      break;
    case "html-502":
      send(refusedLink(serverError()));
      break;
    case "late-502":
    case "late-429":
    case "late-503":
    case "late-504":
      perform();
      send(refusedLink(serverError()));
      break;
    case "missing-data":
      send({ ...perform(), body: new Uint8Array() });
      break;
    case "connection-limit":
      send(refusedLink(linksRefusal()));
      break;
    default:
      send(perform());
  }
}

function full(reply: HttpReply): HttpReply {
  return reply.data === null ? reply : { ...reply, data: { ...reply.data, online: reply.data["limit"] } };
}
