import type { Knots } from "./draws.ts";

// Counts and quantiles of adult.data and adult.test, each for people with at most 50K and for people with more. Choices are
// in the order of adultColumns.

/** Records that have each choice of a column; work classes of those who have an occupation. */
export const choices = {
  workclass: [
    [26519, 7387],
    [2785, 1077],
    [757, 938],
    [871, 561],
    [2209, 927],
    [1451, 530],
    [19, 2],
    [0, 0],
    [0, 0],
  ],
  education: [
    [4712, 3313],
    [8815, 2063],
    [1720, 92],
    [13281, 2503],
    [217, 617],
    [1188, 413],
    [1539, 522],
    [715, 41],
    [893, 62],
    [609, 48],
    [1198, 1459],
    [239, 8],
    [1302, 87],
    [163, 431],
    [482, 27],
    [82, 1],
  ],
  occupation: [
    [1026, 420],
    [4729, 1383],
    [4719, 204],
    [4029, 1475],
    [3178, 2908],
    [3388, 2784],
    [1934, 138],
    [2650, 372],
    [4843, 768],
    [1317, 173],
    [1874, 481],
    [239, 3],
    [675, 308],
    [10, 5],
    [2544, 265],
  ],
  relationship: [
    [1238, 1093],
    [7470, 111],
    [10870, 8846],
    [11307, 1276],
    [1454, 52],
    [4816, 309],
  ],
  race: [
    [31155, 10607],
    [1110, 409],
    [415, 55],
    [356, 50],
    [4119, 566],
  ],
  "native-country": [
    [33138, 10694],
    [19, 9],
    [80, 47],
    [164, 20],
    [119, 63],
    [148, 58],
    [22, 1],
    [89, 62],
    [60, 32],
    [31, 18],
    [95, 20],
    [86, 36],
    [104, 34],
    [37, 22],
    [18, 2],
    [210, 85],
    [71, 34],
    [70, 17],
    [91, 15],
    [79, 7],
    [904, 47],
    [55, 12],
    [26, 11],
    [22, 16],
    [98, 5],
    [21, 2],
    [39, 6],
    [39, 26],
    [66, 9],
    [81, 4],
    [13, 6],
    [85, 3],
    [46, 3],
    [18, 3],
    [25, 5],
    [15, 8],
    [144, 11],
    [25, 2],
    [42, 4],
    [22, 8],
    [1, 0],
    [637, 220],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** Records that have each marital status, for each relationship. */
export const maritalStatuses = [
  [2308, 0, 0, 0, 0, 0, 23],
  [143, 455, 6750, 146, 25, 61, 1],
  [19704, 0, 0, 0, 0, 0, 12],
  [23, 3628, 7114, 637, 851, 330, 0],
  [201, 181, 920, 79, 70, 54, 1],
  [0, 2369, 1333, 668, 572, 183, 0],
] as const;

/** Women and men, for each relationship. */
export const sexes = [
  [2328, 3],
  [3376, 4205],
  [1, 19715],
  [5870, 6713],
  [689, 817],
  [3928, 1197],
] as const;

/** Years of schooling, as Adult counts them, of each education. */
export const educationNumbers = [13, 10, 7, 9, 15, 12, 11, 5, 4, 8, 14, 2, 6, 16, 3, 1] as const;

/** The share of people who have a capital gain or loss. */
export const capitalShares = { gain: [0.0416, 0.2131], loss: [0.0306, 0.0979] } as const;

/** Quantiles; of capital gains and losses, of those who have one. */
export const numbers = {
  age: [
    knots(17, 17, 19, 21, 24, 27, 31, 34, 38, 43, 49, 58, 64, 75, 90),
    knots(19, 25, 29, 31, 35, 38, 41, 43, 46, 49, 53, 59, 63, 72, 90),
  ],
  weight: [
    knots(
      12285,
      27242,
      39581,
      64102,
      105479,
      130620,
      158416,
      178811,
      197311,
      221480,
      261319,
      328301,
      381645,
      511231,
      1490400,
    ),
    knots(
      13769,
      26915,
      40666,
      72338,
      107597,
      131091,
      156728,
      176729,
      193188,
      215833,
      256362,
      328610,
      374423,
      505365,
      1226583,
    ),
  ],
  hours: [
    knots(1, 7, 15, 20, 32, 40, 40, 40, 40, 40, 45, 50, 60, 75, 99),
    knots(1, 12, 35, 40, 40, 40, 40, 40, 45, 50, 50, 60, 64, 80, 99),
  ],
  gain: [
    knots(114, 594, 991, 1409, 2174, 2407, 2885, 3325, 3464, 4064, 4650, 5013, 6723, 10566, 41310),
    knots(3103, 3103, 3103, 4787, 7298, 7298, 7688, 7688, 13550, 15024, 15024, 27828, 99999, 99999, 99999),
  ],
  loss: [
    knots(155, 419, 1138, 1408, 1590, 1602, 1672, 1726, 1762, 1974, 2002, 2205, 2339, 3175, 4356),
    knots(653, 1485, 1564, 1848, 1887, 1887, 1902, 1902, 1977, 1977, 1977, 2415, 2444, 2824, 3683),
  ],
} as const satisfies Readonly<Record<string, readonly [Knots, Knots]>>;

function knots(...values: readonly number[]): Knots {
  const population = [0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
  return values.map((value, at) => [population[at] as number, value] as const);
}
