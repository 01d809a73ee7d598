import type { UnmappedOrder } from "../../spec/broker.ts";

/** True for a gateway's mark; what people write into the free text of their own orders is left alone. */
export function isTag(text: string | null | undefined): text is string {
  return text != null && /^[a-z0-9]{26}$/.test(text);
}

/** The gateway's mark on an order that has no name here. */
export function ownTag(text: string | null | undefined): Pick<UnmappedOrder, "tag"> {
  return isTag(text) ? { tag: text } : {};
}
