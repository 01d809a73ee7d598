/**
 * RSA keys as the vendor's console hands them out, and signatures with them (RSA PKCS#1 v1.5 with SHA-1), by WebCrypto.
 *
 * A file of its own beside `gateway.ts`: the push service signs with the same key.
 */

const RSA_SHA1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" } as const;

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;

/** `AlgorithmIdentifier` of RSA: the object identifier 1.2.840.113549.1.1.1 and NULL. */
const RSA_ALGORITHM = Uint8Array.of(
  ...[SEQUENCE, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00],
);

/** Signs text; gives standard base64. */
export type Sign = (text: string) => Promise<string>;

/** True when the signature is that of the text. */
export type Verify = (text: string, signature: string) => Promise<boolean>;

/**
 * The private key in PKCS#8, out of a PEM or bare base64, PKCS#1 or PKCS#8.
 *
 * @throws TypeError when it is none of these. The text is never in the message.
 */
export function readPrivateKey(text: string): Uint8Array<ArrayBuffer> {
  const der = decodeKey(text, /^(?:RSA )?PRIVATE KEY$/);
  const [version, second] = der === undefined ? [] : childrenOf(der);
  if (der === undefined || version?.tag !== INTEGER || second === undefined) {
    throw new TypeError("must be an RSA private key, PKCS#1 or PKCS#8, as PEM or bare base64");
  }
  if (second.tag === SEQUENCE) return der;
  // PKCS#1 begins with two numbers. WebCrypto takes PKCS#8 alone, which is the same in an envelope.
  return element(SEQUENCE, Uint8Array.of(INTEGER, 0x01, 0x00), RSA_ALGORITHM, element(OCTET_STRING, der));
}

/**
 * The public key in SPKI, out of a PEM or bare base64.
 *
 * @throws TypeError when it is neither.
 */
export function readPublicKey(text: string): Uint8Array<ArrayBuffer> {
  const der = decodeKey(text, /^PUBLIC KEY$/);
  if (der === undefined || childrenOf(der)[0]?.tag !== SEQUENCE) {
    throw new TypeError("must be an RSA public key (SPKI), as PEM or bare base64");
  }
  return der;
}

/** @throws TypeError when the key is damaged. */
export async function createSign(pkcs8: Uint8Array<ArrayBuffer>): Promise<Sign> {
  const key = await imported("private", async () => {
    const found = await crypto.subtle.importKey("pkcs8", pkcs8, RSA_SHA1, false, ["sign"]);
    // Some damage shows only when it signs.
    await crypto.subtle.sign(RSA_SHA1, found, new Uint8Array());
    return found;
  });
  return async (text) => {
    const signature = await crypto.subtle.sign(RSA_SHA1, key, new TextEncoder().encode(text));
    return toBase64(new Uint8Array(signature));
  };
}

/** @throws TypeError when the key is damaged. */
export async function createVerify(spki: Uint8Array<ArrayBuffer>): Promise<Verify> {
  const key = await imported("public", () => crypto.subtle.importKey("spki", spki, RSA_SHA1, false, ["verify"]));
  return async (text, signature) => {
    const bytes = fromBase64(signature);
    return bytes !== undefined && crypto.subtle.verify(RSA_SHA1, key, bytes, new TextEncoder().encode(text));
  };
}

async function imported(which: string, importKey: () => Promise<CryptoKey>): Promise<CryptoKey> {
  try {
    return await importKey();
  } catch {
    // The runtimes' own messages say little, and might say too much.
    throw new TypeError(`the ${which} key is not a whole RSA key`);
  }
}

function decodeKey(text: string, label: RegExp): Uint8Array<ArrayBuffer> | undefined {
  const pem = /-----BEGIN ([A-Z ]+)-----([^-]*)-----END ([A-Z ]+)-----/.exec(text);
  if (pem !== null && (pem[1] !== pem[3] || !label.test(pem[1] ?? ""))) return undefined;
  return fromBase64(pem?.[2] ?? text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Tag and length of a DER element. */
interface Element {
  readonly tag: number;
  readonly end: number;
}

/** The elements within the one sequence that the bytes are; none when they are not. */
function childrenOf(der: Uint8Array): Element[] {
  const whole = headAt(der, 0);
  if (whole === undefined || whole.tag !== SEQUENCE || whole.end !== der.length) return [];
  const children: Element[] = [];
  for (let at = whole.start; at < whole.end; ) {
    const child = headAt(der, at);
    if (child === undefined || child.end > whole.end) return [];
    children.push(child);
    at = child.end;
  }
  return children;
}

function headAt(der: Uint8Array, at: number): (Element & { readonly start: number }) | undefined {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const digits = first & 0x7f;
  if (digits === 0 || digits > 3) return undefined;
  let length = 0;
  for (let index = 0; index < digits; index += 1) length = length * 256 + (der[at + 2 + index] ?? 0);
  return { tag, start: at + 2 + digits, end: at + 2 + digits + length };
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 + digits.length, ...digits];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
