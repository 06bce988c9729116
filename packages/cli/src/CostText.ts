import { type DailyCosts, dollarsOf } from "@nominal-code/persistence/Spend"
import { plusCosts } from "@nominal-code/persistence/SpendTable"
import { DateTime } from "effect"
import { columns } from "./Columns.ts"
import { wrap } from "./review/TerminalText.ts"

/** Names that costs are summed up by. */
export const CostKey = ["repo", "model", "author", "day"] as const
export type CostKey = typeof CostKey[number]

/** Costs under one name. */
export type NamedCosts = Omit<DailyCosts, "day" | "subject"> & { readonly name: string }

const dayMillis = 86_400_000

/** Date of a day since the epoch, in UTC: `2026-11-29`. */
const dateOf = (day: number): string => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(day * dayMillis))

const nameOf: Readonly<Record<CostKey, (costs: DailyCosts) => string>> = {
  repo: ({ subject }) => subject.repository,
  model: ({ subject }) => `${subject.provider}/${subject.model}`,
  author: ({ subject }) => subject.author,
  day: ({ day }) => dateOf(day)
}

const plus = (one: NamedCosts, other: Omit<NamedCosts, "name">): NamedCosts => ({
  name: one.name,
  held: one.held + other.held,
  ...plusCosts(one, other)
})

/** Sums costs up by a name: days in their order, others the most expensive first. */
export const summed = (costs: ReadonlyArray<DailyCosts>, key: CostKey): ReadonlyArray<NamedCosts> => {
  const sums = new Map<string, NamedCosts>()
  for (const one of costs) {
    const name = nameOf[key](one)
    const before = sums.get(name)
    sums.set(name, before === undefined ? { ...one, name } : plus(before, one))
  }
  const all = [...sums.values()]
  return key === "day"
    ? all.sort((a, b) => a.name.localeCompare(b.name))
    : all.sort((a, b) => b.spent + b.held - a.spent - a.held)
}

const dollars = (nano: number): string => `$${dollarsOf(nano).toFixed(4)}`

const titles: Readonly<Record<CostKey, string>> = { repo: "REPOSITORY", model: "MODEL", author: "AUTHOR", day: "DAY" }

const cells = ({ calls, held, name, spent, usage: { cacheRead, cacheWrite, input, output } }: NamedCosts) => [
  name,
  dollars(spent + held),
  String(calls),
  String(input + cacheRead + cacheWrite),
  String(cacheRead),
  String(output)
]

/** Costs with their sum within a width, and what the dollars leave out or only estimate. */
export const table = (
  sums: readonly [NamedCosts, ...ReadonlyArray<NamedCosts>],
  key: CostKey,
  width = Infinity
): string => {
  const [first, ...others] = sums
  const total = others.reduce(plus, { ...first, name: "total" })
  const rows = [[titles[key], "COST", "CALLS", "INPUT", "FROM CACHE", "OUTPUT"], ...sums.map(cells), cells(total)]
  const unconfirmed = total.held + total.lost
  const notes = [
    ...(unconfirmed === 0
      ? []
      : [`${dollars(unconfirmed)} of it is reserved for calls that have no answer: they run, or it was lost`]),
    ...(total.unpriced === 0
      ? []
      : [
        `${total.unpriced} of the calls are of models without a known price, and not in the dollars: set agent.prices`
      ])
  ]
  return [columns(rows, width), ...notes.flatMap((note) => wrap(note, width))].join("\n")
}
