import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseRules, rulesFor } from "../src/review/ReviewRules.ts"

const rules = `
rules:
  - id: no-float-money
    paths: ["src/billing/**", "!*.test.ts"]
    severity: high
    text: |
      Amounts are integers of cents.
  - id: errors
    text: Errors name the operation.
`

const problems: ReadonlyArray<readonly [text: string, problem: RegExp]> = [
  ["rules: [{id: No Float, text: x}]", /`rules\.0\.id`: Expected a name in small letters/],
  ["rules: [{id: a-b}]", /`rules\.0\.text`/],
  ["rules: [{id: a-b, text: ' '}]", /`rules\.0\.text`/],
  ["rules: [{id: a-b, text: x, severity: urgent}]", /`rules\.0\.severity`/],
  ["rules: [{id: a-b, text: x, path: y}]", /`rules\.0\.path`/],
  ["rules: [{id: a-b, text: x}, {id: a-b, text: y}]", /^two rules have the id `a-b`$/],
  ["rules: {a: b}", /`rules`/],
  [`rules: [{id: a-b, text: x, paths: [${"a,".repeat(11)}]}]`, /`rules\.0\.paths`/],
  [`rules: [{id: a-b, text: x, paths: [${"a".repeat(201)}]}]`, /`rules\.0\.paths\.0`/],
  ["- a", /^it must be a map of settings/],
  ["rules: [", /^it cannot be read as YAML/],
  [`rules: [{id: a-b, text: ${"x".repeat(1_001)}}]`, /`rules\.0\.text`/],
  ["r\0u\0l\0e\0s\0", /not UTF-8/],
  ["#".repeat(70_000), /^it is longer than 64 KiB$/]
]

describe("the rules of a repository", () => {
  it("have an id and a text, and may have paths and a severity", () => {
    assert.deepStrictEqual(Result.getOrThrow(parseRules(rules)), [
      {
        id: "no-float-money",
        paths: ["src/billing/**", "!*.test.ts"],
        severity: "high",
        text: "Amounts are integers of cents."
      },
      { id: "errors", text: "Errors name the operation." }
    ])
    assert.deepStrictEqual(Result.getOrThrow(parseRules(" \n")), [])
  })

  it("have ids of 1 to 60 characters", () => {
    const isTaken = (id: string) => Result.isSuccess(parseRules(`rules: [{id: "${id}", text: x}]`))
    assert.deepStrictEqual(["a", "ab", "a".repeat(60)].filter((id) => !isTaken(id)), [])
    assert.deepStrictEqual(["", "a".repeat(61), "a-", "-a"].filter(isTaken), [])
  })

  it("are those whose patterns match one of the paths", () => {
    const all = Result.getOrThrow(parseRules(rules))
    const ids = (...paths: ReadonlyArray<string>) => rulesFor(all, paths).map(({ id }) => id)
    assert.deepStrictEqual(ids("src/billing/invoice.ts"), ["no-float-money", "errors"])
    assert.deepStrictEqual(ids("src/billing/invoice.test.ts", "README.md"), ["errors"])
  })

  it("are looked for among the first five hundred paths", () => {
    const all = Result.getOrThrow(parseRules(rules))
    const idsBehind = (others: number) =>
      rulesFor(all, [...Array.from({ length: others }, () => "README.md"), "src/billing/invoice.ts"]).map(({ id }) =>
        id
      )
    assert.deepStrictEqual(idsBehind(499), ["no-float-money", "errors"])
    assert.deepStrictEqual(idsBehind(500), ["errors"])
  })

  for (const [text, problem] of problems) {
    it(`are not read from ${JSON.stringify(text.slice(0, 50))}`, () => {
      const failure = parseRules(text)
      assert.isTrue(Result.isFailure(failure))
      assert.match(Result.isFailure(failure) ? failure.failure : "", problem)
    })
  }
})
