/*
 * Kubernetes' notation of amounts: `500m`, `2`, `512Mi`, `1e3`.
 */

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60
}

/** Number that a quantity stands for; `NaN` if it is not a quantity. */
export const amountOf = (quantity: string): number => {
  const [, digits, unit = ""] = /^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(quantity) ?? []
  return digits === undefined ? Number.NaN : Number(digits) * (units[unit] ?? Number.NaN)
}

/** The larger of two quantities, in its own notation. */
export const larger = (one: string, other: string): string => amountOf(other) > amountOf(one) ? other : one

/** The smaller of two quantities, in its own notation. */
export const smaller = (one: string, other: string): string => amountOf(other) < amountOf(one) ? other : one
