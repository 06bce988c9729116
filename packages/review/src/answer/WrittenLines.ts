import { Predicate } from "effect"

/** A line number, or a range of two, in what a model wrote for one: `12`, `"12"`, `"L12-L14"`, `12.0`. */
export const linesIn = (value: unknown): ReadonlyArray<number> => {
  if (Predicate.isNumber(value)) return Number.isInteger(value) && value > 0 ? [value] : []
  if (!Predicate.isString(value)) return []
  const [, first, last = first] =
    /^[^\d-]{0,6}(\d{1,9})(?:\.0+)?(?:\s*[-\u2013:]\s*L?(\d{1,9}))?$/i.exec(value.trim()) ?? []
  return first === undefined ? [] : [Number(first), Number(last)].filter((line) => line > 0)
}
