import type { Markup } from "../plots/markup.ts";

/** Pixels of a saved picture for each on the page. */
const SCALE = 2;

/** Saves a picture as it is: on white, in the colours of light pages. */
export function saveSvg(svg: Markup, name: string): void {
  save(fileOf(svg), `${name}.svg`);
}

export async function savePng(svg: Markup, name: string): Promise<void> {
  const url = URL.createObjectURL(fileOf(svg));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width * SCALE;
    canvas.height = image.height * SCALE;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (png) save(png, `${name}.png`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function fileOf(svg: Markup): Blob {
  return new Blob([svg], { type: "image/svg+xml" });
}

/** Has the browser keep a file. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
