import { assert, describe, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { type DailyCosts, DailyCosts as Costs, nanoOf } from "@nominal-code/persistence/Spend"
import { Array, Effect, Schema } from "effect"
import { CostKey, type NamedCosts, summed, table } from "../src/CostText.ts"

const costs = (
  day: number,
  [repository, author, model]: readonly [string, string, string],
  changes: Partial<DailyCosts> = {}
): DailyCosts => ({
  day,
  subject: { repository, author, provider: "anthropic", model },
  held: 0,
  spent: nanoOf(0.25),
  lost: 0,
  calls: 1,
  unpriced: 0,
  usage: new Usage({ input: 100, output: 20, cacheRead: 40, cacheWrite: 10 }),
  ...changes
})

const some = [
  costs(20_786, ["github:acme/api", "github:ada", "sonnet"]),
  costs(20_785, ["github:acme/web", "github:ada", "opus"], { spent: nanoOf(3), calls: 4 }),
  costs(20_786, ["github:acme/api", "github:grace", "opus"], { held: nanoOf(0.5) })
]

const linesOf = (all: ReadonlyArray<DailyCosts>, key: CostKey, width?: number): ReadonlyArray<string> => {
  const sums = summed(all, key)
  assert.isTrue(Array.isReadonlyArrayNonEmpty(sums))
  return Array.isReadonlyArrayNonEmpty(sums) ? table([sums[0], ...sums.slice(1)], key, width).split("\n") : []
}

describe("the table of costs", () => {
  it("names repositories, models and authors, the most expensive first, with what is reserved", () => {
    assert.deepStrictEqual(linesOf(some, "repo").slice(0, 4), [
      "REPOSITORY       COST     CALLS  INPUT  FROM CACHE  OUTPUT",
      "github:acme/web  $3.0000  4      150    40          20",
      "github:acme/api  $1.0000  2      300    80          40",
      "total            $4.0000  6      450    120         60"
    ])
    const names = (key: CostKey) => summed(some, key).map(({ name }) => name)
    assert.deepStrictEqual(names("model"), ["anthropic/opus", "anthropic/sonnet"])
    assert.deepStrictEqual(names("author"), ["github:ada", "github:grace"])
  })

  it("counts what is reserved for the order, and tells of what was lost", () => {
    const running = [
      costs(1, ["github:acme/a", "ada", "m"], { spent: nanoOf(1) }),
      costs(1, ["github:acme/b", "ada", "m"], { spent: nanoOf(0.5), held: nanoOf(2), lost: nanoOf(0.25) })
    ]
    assert.deepStrictEqual(summed(running, "repo").map(({ name }) => name), ["github:acme/b", "github:acme/a"])
    assert.match(linesOf(running, "repo").at(-1) ?? "", /^\$2\.2500 of it is reserved /)
  })

  it("is a block of lines for each name where the table is wider than the terminal, and fits that", () => {
    const lines = linesOf([...some, costs(1, ["a/b", "c", "d"], { lost: nanoOf(0.125) })], "repo", 30)
    assert.deepStrictEqual(lines.slice(0, 7), [
      "REPOSITORY  github:acme/web",
      "COST        $3.0000",
      "CALLS       4",
      "INPUT       150",
      "FROM CACHE  40",
      "OUTPUT      20",
      ""
    ])
    assert.deepStrictEqual(lines.slice(-4), [
      "OUTPUT      80",
      "$0.6250 of it is reserved for",
      "calls that have no answer:",
      "they run, or it was lost"
    ])
    assert.deepStrictEqual(lines.filter((line) => line.length > 30), [])
  })

  it("names days in their order, whatever they cost", () => {
    assert.deepStrictEqual(summed(some, "day").map(({ name }) => name), ["2026-11-28", "2026-11-29"])
  })

  it("says what is reserved for calls without an answer, and only then", () => {
    assert.deepStrictEqual(linesOf(some.slice(0, 2), "repo").slice(4), [])
    assert.deepStrictEqual(linesOf([...some, costs(1, ["a/b", "c", "d"], { lost: nanoOf(0.125) })], "repo").slice(5), [
      "$0.6250 of it is reserved for calls that have no answer: they run, or it was lost"
    ])
  })

  it("says how many calls have no price, and which setting gives them one", () => {
    assert.strictEqual(
      linesOf([costs(1, ["a/b", "c", "d"], { unpriced: 3, calls: 5 })], "model").at(-1),
      "3 of the calls are of models without a known price, and not in the dollars: set agent.prices"
    )
  })

  it.effect.prop(
    "has the same total by whatever it is summed up",
    [Schema.NonEmptyArray(Costs)],
    ([all]) =>
      Effect.sync(() => {
        const small = all.map((one) => ({ ...one, day: Math.abs(one.day) % 40_000 }))
        const totalOf = (sums: ReadonlyArray<Pick<NamedCosts, "calls" | "held" | "spent">>) => [
          sums.reduce((sum, { calls }) => sum + calls, 0),
          sums.reduce((sum, { held }) => sum + held, 0),
          sums.reduce((sum, { spent }) => sum + spent, 0)
        ]
        const expected = totalOf(small)
        for (const key of CostKey) {
          for (const [at, sum] of totalOf(summed(small, key)).entries()) {
            assert.closeTo(sum, expected[at] ?? 0, 1e-9 * sum)
          }
        }
      })
  )
})
