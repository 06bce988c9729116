import { assert } from "@effect/vitest"
import { Effect } from "effect"

/** Observations by which a row of the threat model was breached; empty: it held. */
export type Breaches = ReadonlyArray<string>

export const wrong = (isWrong: boolean, what: string): Breaches => isWrong ? [what] : []

/** Request to the model without what the model has said itself. */
export const told = ({ body }: { readonly body: unknown }): unknown =>
  JSON.parse(
    JSON.stringify(body),
    (key, value) =>
      key === "messages" && Array.isArray(value) ? value.filter(({ role }) => role !== "assistant") : value
  )

/** Tries each row, prints how many were tried and held, and fails where one was breached. */
export const tryAll = Effect.fnUntraced(function*<E>(rows: Readonly<Record<string, Effect.Effect<Breaches, E>>>) {
  const held: Array<readonly [string, Breaches]> = []
  for (const [row, attempt] of Object.entries(rows)) held.push([row, yield* attempt])
  const breached = held.filter(([, seen]) => seen.length > 0)
  const table = held.map(([row, seen]) => `  ${seen.length === 0 ? "held    " : "BREACHED"} ${row}`)
  yield* Effect.logInfo([`${held.length} rows tried, ${held.length - breached.length} held`, ...table].join("\n"))
  assert.deepStrictEqual(breached, [])
})
