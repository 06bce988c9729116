import { assert, it } from "@effect/vitest"
import { Severity } from "@nominal-code/domain/review/Finding"
import {
  isSevereEnough,
  noRepositorySettings,
  type RepositorySettings,
  within
} from "@nominal-code/domain/settings/RepositorySettings"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import { Option } from "effect"

const server = {
  ...reviewSettings,
  ignorePatterns: ["dist/"],
  inlineSuggestions: true,
  minSeverity: "medium",
  maxFindings: 5,
  nits: "fold",
  paths: { "src/": { minSeverity: "high" } },
  language: Option.some("German")
} as const

it("a repository without settings has the server's", () => {
  assert.deepStrictEqual(within(server, noRepositorySettings), server)
})

it.each<readonly [Partial<RepositorySettings>, Partial<typeof reviewSettings>]>([
  [{ minSeverity: "low" }, {}],
  [{ minSeverity: "high" }, { minSeverity: "high", paths: { "src/": { minSeverity: "high" } } }],
  [{ minSeverity: "critical" }, { minSeverity: "critical", paths: { "src/": { minSeverity: "critical" } } }],
  [{ maxFindings: 9 }, {}],
  [{ maxFindings: 3 }, { maxFindings: 3 }],
  [{ nits: "post" }, {}],
  [{ nits: "off" }, { nits: "off" }],
  [{ inlineSuggestions: false }, { inlineSuggestions: false }],
  [{ ignorePatterns: ["own/"] }, { ignorePatterns: ["own/", "dist/"] }],
  [{ language: Option.some("French") }, { language: Option.some("French") }],
  [{ paths: { "src/": { minSeverity: "low" } } }, {}],
  [{ paths: { "lib/": { minSeverity: "low", maxFindings: 1 } } }, {
    paths: { "lib/": { minSeverity: "medium", maxFindings: 1 }, "src/": { minSeverity: "high" } }
  }]
])("a repository with %o has of the server's settings %o in their place", (own, changes) => {
  assert.deepStrictEqual(within(server, { ...noRepositorySettings, ...own }), { ...server, ...changes })
})

it("a limit of a repository holds where the server has none, and there is no suggestion that the server has turned off", () => {
  const open = { ...server, maxFindings: 0, inlineSuggestions: false }
  assert.strictEqual(within(open, { ...noRepositorySettings, maxFindings: 3 }).maxFindings, 3)
  assert.strictEqual(within(open, noRepositorySettings).maxFindings, 0)
  assert.isFalse(within(open, { ...noRepositorySettings, inlineSuggestions: true }).inlineSuggestions)
})

it("a finding is severe enough from the least severity on", () => {
  const severe = (least: Severity) => Severity.literals.filter((severity) => isSevereEnough(least)({ severity }))
  assert.deepStrictEqual(severe("critical"), ["critical"])
  assert.deepStrictEqual(severe("medium"), ["critical", "high", "medium"])
  assert.deepStrictEqual(severe("low"), [...Severity.literals])
})
