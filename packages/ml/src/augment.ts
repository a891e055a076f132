import type { StepContext } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";

/**
 * Pictures (batch × height × width × channels), each shifted by up to `shift` pixels either way, and half of them mirrored if they
 * are to be. As two matrix products, which every engine has: a row of the matrix says which pixel goes there.
 */
export function augmented(
  x: tfTypes.Tensor,
  { shift, mirror }: { shift: number; mirror: boolean },
  uniform: StepContext["uniform"],
): tfTypes.Tensor {
  const tf = tfjs();
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const offsets = () => tf.sub(tf.floor(tf.mul(uniform([batch, 1, 1]), 2 * shift + 1)), shift);
  const down = selecting(height, offsets(), null);
  const mirrored = mirror ? tf.cast(tf.less(uniform([batch, 1, 1]), 0.5), "float32") : null;
  const across = selecting(width, offsets(), mirrored);
  const rows = tf.reshape(tf.matMul(down, tf.reshape(x, [batch, height, width * channels])), x.shape);
  const turned = tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batch, width, height * channels]);
  const moved = tf.reshape(tf.matMul(across, turned), [batch, width, height, channels]);
  return tf.transpose(moved, [0, 2, 1, 3]);
}

/** For each picture a matrix with a 1 where the pixel of a column goes to a row: that of row + offset, or its mirror image. */
function selecting(size: number, offsets: tfTypes.Tensor, mirrored: tfTypes.Tensor | null): tfTypes.Tensor {
  const tf = tfjs();
  const places = tf.reshape(tf.range(0, size), [1, size, 1]);
  const from = tf.reshape(tf.range(0, size), [1, 1, size]);
  const straight = tf.add(places, offsets);
  const wanted =
    mirrored === null ? straight : tf.add(tf.mul(mirrored, tf.sub(size - 1, tf.mul(straight, 2))), straight);
  return tf.cast(tf.equal(from, wanted), "float32");
}
