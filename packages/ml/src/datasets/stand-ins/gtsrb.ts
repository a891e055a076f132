import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { labelsByWeight } from "./labels.ts";
import { add, expose, type Shape, texture } from "./textures.ts";

const shape: Shape = [32, 32, 3];
const size = 32 * 32 * 3;
/** Tracks of each class in the real data: 1,307 of 30 frames, but for one of 29. */
const trackCounts = [
  7, 74, 75, 47, 66, 62, 14, 48, 47, 49, 67, 44, 70, 72, 26, 21, 14, 37, 40, 7, 12, 11, 13, 17, 9, 50, 20, 8, 18, 9, 15,
  26, 8, 23, 14, 40, 13, 7, 69, 10, 12, 8, 8,
];
const allTracks = 1307;
/** Frames of the longest track that so many records have. */
export function longestTrack(records: number): number {
  return Math.ceil(records / allTracks);
}

/** The class of the track of 29. */
const shortTrack = 33;
const backgrounds = 256;
/** Share of the stronger sign in a track, least and most. */
const weakest = 0.5;
const strongest = 0.6;
/** Share of the tracks whose own sign is the weaker one: what no model can know. */
const doubt = 0.2;

/**
 * A stand-in for GTSRB: each track shows a blend of two of 43 signs before a background, mostly the stronger one its own;
 * its frames differ by a shift, by brightness and by noise. Classes as unequal as in the real data. There are 1,307 tracks
 * whatever the number of records, of up to 30 frames with 39,209 of them; fewer records than tracks are a track each.
 *
 * Calibrated on the default CNN, trained for 50 epochs on 978 of 3,921 records, whole tracks of 3 (2 seeds): accuracy 1.000
 * on them and 0.675 on others, and AUC 0.855 of the largest posterior; as many real frames give 1.000, 0.669 and 0.806.
 * What counts is the number of tracks: 9,800 of 39,209 records give 0.997, 0.676 and 0.838 in 8 epochs, and 978 of 39,209,
 * which are 33 tracks, 1.000, 0.320 and 1.000.
 */
export function synthesizeGtsrb(rng: Rng, records: number): Records {
  const classes = trackCounts.length;
  const signs = trackCounts.map((_, label) => texture(rng.child("class", label), shape, 3));
  const behind = Array.from({ length: backgrounds }, (_, at) => texture(rng.child("background", at), shape, 5));
  const tracks = Math.min(records, allTracks);
  const labelOf = labelsByWeight(trackCounts, tracks, rng.child("labels"));
  const first = Math.max(0, labelOf.indexOf(shortTrack));
  const order = rng.child("order").permutation(records);
  const labels = new Int32Array(records);
  const groups = new Int32Array(records);
  const features = new Uint8Array(records * size);
  const scene = new Float32Array(size);
  const picture = new Float32Array(size);
  const stream = rng.child("records");
  for (let at = 0; at < tracks; at++) {
    const track = (first + at) % tracks;
    const label = labelOf[track] as number;
    const rival = (label + 1 + stream.int(classes - 1)) % classes;
    const strong = weakest + (strongest - weakest) * stream.uniform();
    const share = stream.uniform() < doubt ? 1 - strong : strong;
    scene.fill(0);
    add(scene, shape, signs[label] as Float32Array, share);
    add(scene, shape, signs[rival] as Float32Array, 1 - share);
    add(scene, shape, behind[stream.int(backgrounds)] as Float32Array, 0.7);
    const middle = 70 + 80 * stream.uniform();
    // The first track is the short one, when records do not divide evenly.
    const from = Math.floor((at * records) / tracks);
    const to = Math.floor(((at + 1) * records) / tracks);
    for (let frame = from; frame < to; frame++) {
      const record = order[frame] as number;
      labels[record] = label;
      groups[record] = track;
      picture.fill(0);
      add(picture, shape, scene, 1, [stream.int(3) - 1, stream.int(3) - 1]);
      const bytes = features.subarray(record * size, (record + 1) * size);
      expose(picture, bytes, { middle: middle + 20 * stream.uniform(), contrast: 45, grain: 20 }, stream);
    }
  }
  return { features, labels, groups };
}
