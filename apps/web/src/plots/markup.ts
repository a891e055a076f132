/** SVG in text: made by `element` and `escaped` alone, so that nothing which a plot is given can become markup. */
export type Markup = string & { readonly markup: true };

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Marks, and lists of them. */
export type Children = Markup | readonly Children[];

/** Numbers are cut to hundredths of a pixel; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, ...children: readonly Children[]): Markup {
  let written = "";
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) written += ` ${key}="${typeof value === "number" ? cut(value) : escaped(value)}"`;
  }
  const inside = flat(children).join("");
  return `<${name}${written}${inside === "" ? "/>" : `>${inside}</${name}>`}` as Markup;
}

/** Text as it stands in SVG or HTML. What XML cannot hold is shown as U+FFFD. */
export function escaped(text: string): Markup {
  // Most are numbers, colours and paths: a picture of 300 rows has 50,000 of them.
  if (/^[ #-%'-;=?-~]*$/.test(text)) return text as Markup;
  return text
    .replaceAll(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;") as Markup;
}

function flat(children: Children): readonly Markup[] {
  return typeof children === "string" ? [children] : children.flatMap(flat);
}

function cut(value: number): number {
  return Math.round(value * 100) / 100;
}
