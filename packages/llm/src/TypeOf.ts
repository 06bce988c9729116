import { Predicate } from "effect"

/** The `type` of an event or of an item of an answer; undefined if it has none. */
export const typeOf = (value: unknown): string | undefined =>
  Predicate.hasProperty(value, "type") && Predicate.isString(value.type) ? value.type : undefined
