/** What OpenD's simulator and our adapter say to each other. */
import { startOpenD } from "../../../simulators/opend/server.ts";
import { writeWsFrame } from "../../../simulators/opend/ws-frames.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import { type decodeFrame, encodeFrame, type Library, loadLibrary } from "../../../src/brokers/futu/socket.ts";
import type { Bytes } from "../bytes.ts";
import { drive, NOW } from "./drive.ts";

export type Frame = NonNullable<ReturnType<typeof decodeFrame>>;

/** What was asked and answered, or came as a push. */
export interface Exchanged {
  /** The SDK's name of the request; `undefined` for a push. */
  readonly name: string | undefined;
  readonly request: { c2s: object };
  /** The frame that came. */
  readonly bytes: Bytes;
  /** The frame that was sent; `undefined` for a push. */
  readonly asked: Bytes | undefined;
}

/** Recorded once a process. */
export function futuTalk(): Promise<readonly Exchanged[]> {
  recording ??= record();
  return recording;
}

let recording: Promise<readonly Exchanged[]> | undefined;

async function record(): Promise<readonly Exchanged[]> {
  const library = await loadLibrary(undefined);
  const found: Exchanged[] = [];
  const keep = (name: string | undefined, request: { c2s: object }, frame: Frame, sent?: Uint8Array) => {
    const { cmd, section, error, buff = new ArrayBuffer(0) } = frame;
    const answer = writeWsFrame({ cmd, section: BigInt(section), error, body: new Uint8Array(buff) });
    const asked = sent && new Uint8Array(encodeFrame(cmd, section, sent));
    found.push({ name, request, bytes: Uint8Array.from(answer), asked });
  };
  const recorder: Library = class extends library {
    override async _sendCmd(command: number, request: { c2s: object }, name: string): Promise<unknown> {
      const real = this.websock;
      if (real === null) return super._sendCmd(command, request, name);
      this.websock = {
        sendBuff: async (number, body) => {
          const frame = await real.sendBuff(number, body);
          keep(name, request, frame, body);
          return frame;
        },
      };
      try {
        return super._sendCmd(command, request, name);
      } finally {
        this.websock = real;
      }
    }
    override _onPush(frame: Frame): void {
      keep(undefined, { c2s: {} }, frame);
      super._onPush(frame);
    }
  };
  const opend = await startOpenD({ now: NOW, limits: false });
  try {
    await drive(
      futu({
        instanceId: "futuInstance00000001",
        tokens: ["futuInstanceToken001"],
        port: opend.port,
        tradeEnv: "SIMULATE",
        sdk: recorder,
      }),
    );
  } finally {
    await opend.close();
  }
  return found;
}
