/** The fixed keys of a simulated developer, of the simulated vendor, and the certificate of its push service. For tests only. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A developer's private key as the vendor's console gives it out: 1024 bits, PKCS#1 in PEM. */
export const CLIENT_KEY_FILE: string = join(import.meta.dirname, "client.key.pem");
export const CLIENT_PRIVATE_KEY: string = readFileSync(CLIENT_KEY_FILE, "utf8");
/** The developer's public key as the console takes it: SPKI in base64, no armour. */
export const CLIENT_PUBLIC_KEY: string = publicKeyOf(CLIENT_PRIVATE_KEY);

/** What the simulated vendor signs its answers with. */
export const VENDOR_PRIVATE_KEY: string = readFileSync(join(import.meta.dirname, "vendor.key.pem"), "utf8");
/** What its answers are verified with: SPKI in base64, no armour. */
export const VENDOR_PUBLIC_KEY: string = publicKeyOf(VENDOR_PRIVATE_KEY);

/** Certificate and key of the push service, for localhost and 127.0.0.1. */
export const PUSH_TLS: { readonly cert: string; readonly key: string } = {
  cert: readFileSync(join(import.meta.dirname, "push.cert.pem"), "utf8"),
  key: readFileSync(join(import.meta.dirname, "push.key.pem"), "utf8"),
};

/** The public half of a private key in PEM, as SPKI in base64 without armour. */
export function publicKeyOf(privateKey: string): string {
  return createPublicKey(createPrivateKey(privateKey)).export({ format: "der", type: "spki" }).toString("base64");
}
