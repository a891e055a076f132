import type { Rng } from "@shadowfarm/core/rng";

/** Height, width and channels. */
export type Shape = readonly [height: number, width: number, channels: number];

/**
 * A smooth random pattern, height × width × channels, of mean 0 and mean square 1; it goes on over its borders.
 *
 * @param finest the most waves across the picture
 */
export function texture(rng: Rng, [height, width, channels]: Shape, finest: number): Float32Array {
  const pattern = new Float32Array(height * width * channels);
  const waves = 8;
  for (let wave = 0; wave < waves; wave++) {
    const down = rng.int(2 * finest + 1) - finest;
    // Never both 0, which would be no wave at all.
    const across = down === 0 ? 1 + rng.int(finest) : rng.int(2 * finest + 1) - finest;
    const phase = rng.uniform();
    const colour = Float32Array.from({ length: channels }, () => rng.normal());
    // cos(a + b) = cos a cos b − sin a sin b needs a cosine a row and a column, and not one a pixel.
    const columns = Array.from({ length: width }, (_, column) => (2 * Math.PI * across * column) / width);
    const cosines = Float64Array.from(columns, Math.cos);
    const sines = Float64Array.from(columns, Math.sin);
    for (let row = 0; row < height; row++) {
      const angle = 2 * Math.PI * ((down * row) / height + phase);
      for (let channel = 0; channel < channels; channel++) {
        const cosine = Math.cos(angle) * (colour[channel] as number);
        const sine = Math.sin(angle) * (colour[channel] as number);
        let at = row * width * channels + channel;
        for (let column = 0; column < width; column++, at += channels) {
          const value = cosine * (cosines[column] as number) - sine * (sines[column] as number);
          pattern[at] = (pattern[at] as number) + value;
        }
      }
    }
  }
  const square = pattern.reduce((sum, value) => sum + value * value, 0) / pattern.length;
  return pattern.map((value) => value / Math.sqrt(square));
}

/** Adds `weight` × a pattern to a picture of the same shape, moved down and to the right, around the borders. */
export function add(
  picture: Float32Array,
  [, width, channels]: Shape,
  pattern: Float32Array,
  weight: number,
  [down, right]: readonly [number, number] = [0, 0],
): void {
  const size = picture.length;
  const shift = ((((down * width + right) * channels) % size) + size) % size;
  for (let at = 0; at < shift; at++) {
    picture[at] = (picture[at] as number) + weight * (pattern[at + size - shift] as number);
  }
  for (let at = shift; at < size; at++) {
    picture[at] = (picture[at] as number) + weight * (pattern[at - shift] as number);
  }
}

/**
 * A picture as bytes: 0 becomes level `middle`, 1 is `contrast` levels above it, and every pixel is moved by up to `grain`
 * levels. What is beyond 0 … 255 is cut off.
 */
export function expose(
  picture: Float32Array,
  bytes: Uint8Array,
  { middle, contrast, grain }: { middle: number; contrast: number; grain: number },
  rng: Rng,
): void {
  // Rounds, and cuts off what is beyond, faster than it can be told to.
  const levels = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length);
  const base = middle - grain;
  const scale = (2 * grain) / 255;
  // One draw is the grain of four pixels, or most of the time would go into drawing it.
  let drawn = 0;
  for (let at = 0; at < levels.length; at++) {
    drawn = (at & 3) === 0 ? rng.uint32() : drawn >>> 8;
    levels[at] = base + contrast * (picture[at] as number) + scale * (drawn & 255);
  }
}
