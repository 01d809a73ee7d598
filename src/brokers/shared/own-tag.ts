/** True for a gateway's mark; what people write into the free text of their own orders is left alone. */
export function isTag(text: string | null | undefined): text is string {
  return text != null && /^[a-z0-9]{26}$/.test(text);
}
