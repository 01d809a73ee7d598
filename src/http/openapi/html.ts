/** Markup that cannot be broken by what is put into it. */

/** Text that is markup already. Only {@link html} makes it, so that no data can pass for it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: text, which is escaped, or markup, or a list of both. */
export type HtmlPart = string | number | Html | readonly HtmlPart[];

/** Builds markup; every value that is not markup itself is escaped. Attributes must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(strings.reduce((text, piece, at) => text + render(parts[at - 1] ?? "") + piece));
}

/** Puts a part between the others. */
export function joinHtml(parts: readonly HtmlPart[], between: HtmlPart): HtmlPart[] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [between, part]));
}

/** Prose: empty lines part paragraphs, backticks mark code. */
export function prose(text: string | undefined): Html {
  const paragraphs = (text ?? "").split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
  return html`${paragraphs.map((paragraph) => html`<p>${phrase(paragraph)}</p>`)}`;
}

/** One line of prose: backticks mark code. */
export function phrase(text: string): Html {
  const pieces = text.split("`");
  if (pieces.length % 2 === 0) return html`${text}`;
  return html`${pieces.map((piece, at) => (at % 2 === 1 ? html`<code>${piece}</code>` : piece))}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function render(part: HtmlPart): string {
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(render).join("");
  return String(part).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
