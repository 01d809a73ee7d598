/** The signature of a request, with WebCrypto. Source: "Getting Started", "Generate signature", of the vendor's documentation. */

/** What is signed: exactly what is sent. */
export interface SignedParts {
  readonly method: string;
  readonly path: string;
  /** The query as it is sent, without `?`; empty for none. */
  readonly query: string;
  /** The body as it is sent; empty for none. */
  readonly body: string;
  readonly appKey: string;
  readonly accessToken: string;
  /** Seconds since the epoch, as text. */
  readonly timestamp: string;
}

const SIGNED_HEADERS = "authorization;x-api-key;x-timestamp";

/** The value of the header `X-Api-Signature`. */
export async function signatureHeader(parts: SignedParts, appSecret: string): Promise<string> {
  const { method, path, query, body, appKey, accessToken, timestamp } = parts;
  const headers = `authorization:${accessToken}\nx-api-key:${appKey}\nx-timestamp:${timestamp}\n`;
  const digest = body === "" ? "" : await sha1(body);
  const canonical = `${method}|${path}|${query}|${headers}|${SIGNED_HEADERS}|${digest}`;
  const key = await crypto.subtle.importKey("raw", bytes(appSecret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(`HMAC-SHA256|${await sha1(canonical)}`));
  return `HMAC-SHA256 SignedHeaders=${SIGNED_HEADERS}, Signature=${hex(signature)}`;
}

async function sha1(written: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-1", bytes(written)));
}

function bytes(written: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(written);
}

function hex(buffer: ArrayBuffer): string {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
