import type { Rng } from "@shadowfarm/core/rng";
import { noiseWords } from "./noise-code.ts";
import { openVectors, type Vectors } from "./vectors.ts";

/** A stream of noise for hot loops: much faster than `Rng`, from which it is seeded, and not split by name. */
export type Noise = Int32Array; // noiseWords

/** Noise that follows from the next numbers of `rng`. */
export function noiseFrom(rng: Rng): Noise {
  return seedNoise(new Int32Array(noiseWords), rng);
}

/** Begins a stream anew, and returns it. */
export function seedNoise(noise: Noise, rng: Rng): Noise {
  for (let at = 0; at < noiseWords; at++) noise[at] = rng.uint32();
  return noise;
}

/**
 * Fills `out[from]` … `out[to − 1]` with standard normals, and returns the sum of their squares. What is filled in one call
 * is not what two calls fill.
 */
export function fillNormal(noise: Noise, out: Float32Array, from: number, to: number): number {
  return fill("fillNormal", noise, out, from, to);
}

/** Fills `out[from]` … `out[to − 1]` uniformly from [−1, 1), and returns the sum of the squares. */
export function fillUniform(noise: Noise, out: Float32Array, from: number, to: number): number {
  return fill("fillUniform", noise, out, from, to);
}

/** Numbers that are made at once. */
const PIECE = 2048;

let desk: { vectors: Vectors; noise: Noise; piece: Float32Array } | undefined;

function fill(kind: "fillNormal" | "fillUniform", noise: Noise, out: Float32Array, from: number, to: number): number {
  desk ??= openDesk();
  const { vectors, piece } = desk;
  desk.noise.set(noise);
  let squares = 0;
  for (let at = from; at < to; at += PIECE) {
    const count = Math.min(PIECE, to - at);
    squares += vectors[kind](desk.noise, piece, 0, count);
    out.set(count === PIECE ? piece : piece.subarray(0, count), at);
  }
  noise.set(desk.noise);
  return squares;
}

function openDesk() {
  const vectors = openVectors(2, noiseWords + PIECE);
  return { vectors, noise: vectors.int32(noiseWords), piece: vectors.float32(PIECE) };
}
