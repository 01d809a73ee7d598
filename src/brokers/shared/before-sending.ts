import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";

/** A call that a write depends on: when it fails, nothing of the write has been sent. */
export async function beforeSending<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    const code = error.code === "Timeout" ? "NotConnected" : error.code;
    const { message, retryAfterMs } = error;
    throw new BrokerError(code, message, {
      outcome: "not_sent",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      cause: error,
    });
  }
}
