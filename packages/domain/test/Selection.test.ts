import { assert, it } from "@effect/vitest"
import { makeRuleOf, within } from "@nominal-code/domain/review/Selection"

it("of the patterns that match a path, the last one that says something decides", () => {
  const ruleOf = makeRuleOf({
    "src/": { minSeverity: "high", nits: "off" },
    "src/*.ts": { minSeverity: "low" },
    "lib/": { minSeverity: "critical" }
  })
  assert.deepStrictEqual(ruleOf("src/a.ts"), { minSeverity: "low", nits: "off" })
  assert.deepStrictEqual(ruleOf("src/a.py"), { minSeverity: "high", nits: "off" })
  assert.deepStrictEqual(ruleOf("docs/a.md"), {})
})

it("a number of findings counts for the pattern that names it, and not for a later one that names none", () => {
  const ruleOf = makeRuleOf({
    "src/": { maxFindings: 2 },
    "src/a.ts": { nits: "fold" },
    "src/b.ts": { maxFindings: 1 }
  })
  assert.deepStrictEqual(ruleOf("src/a.ts"), { maxFindings: 2, scope: "src/", nits: "fold" })
  assert.deepStrictEqual(ruleOf("src/b.ts"), { maxFindings: 1, scope: "src/b.ts" })
})

it("rules within limits post no more than the limits do, and may post less", () => {
  const limits = { minSeverity: "medium", nits: "fold" } as const
  const rules = within({
    "loud/": { minSeverity: "low", nits: "post", maxFindings: 9 },
    "quiet/": { minSeverity: "high", nits: "off" },
    "silent/": {}
  }, limits)
  assert.deepStrictEqual(rules, {
    "loud/": { minSeverity: "medium", nits: "fold", maxFindings: 9 },
    "quiet/": { minSeverity: "high", nits: "off" },
    "silent/": {}
  })
})
