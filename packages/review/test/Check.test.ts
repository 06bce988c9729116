import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Evidence } from "../src/answer/Claim.ts"
import type { ReportedFinding } from "../src/answer/ReviewOutput.ts"
import { check, makeFaults } from "../src/judgement/Check.ts"
import * as Scene from "./Scene.ts"

const path = "src/cart.ts"
const head = [
  "export class Cart {",
  "  private readonly items: Array<Item> = []",
  "  add(item: Item) {",
  "    save(item)",
  "    this.items.push(item)",
  "  }",
  "  total() {",
  "    let sum = 0",
  "    for (const { price } of this.items) sum += price * 100",
  "    return Math.round(sum)",
  "  }",
  ...Array.from({ length: 30 }, (_, at) => `  // ${at}`),
  "  clear() {",
  "    save(nothing)",
  "  }",
  "}"
]

const world = Scene.world({ headFiles: { [path]: head.join("\n"), "src/shop.ts": "cart.total()" } })
const context = { checkout: Scene.checkoutOf(world, Scene.headSha), files: world.gitFiles }

const finding = (changes: Partial<ReportedFinding> = {}): ReportedFinding => ({
  path,
  side: "RIGHT",
  line: 4,
  body: "The promise that `save` returns is never awaited, so its errors vanish.",
  severity: "high",
  confidence: "high",
  category: "bug",
  evidence: [{ path, line: 4, quote: "save(item)" }],
  ...changes
})

const checked = (...findings: ReadonlyArray<ReportedFinding>) => check(findings, context)
const faults = (...findings: ReadonlyArray<ReportedFinding>) =>
  Effect.flatMap(makeFaults(context), (find) => find(findings))

describe("the check of a finding's quotes", () => {
  const standing: ReadonlyArray<readonly [as: string, evidence: Evidence, line: number]> = [
    ["word for word", { path, line: 4, quote: "    save(item)" }, 4],
    [
      "with other blanks, and over several lines",
      { path, line: 4, quote: "save(item)\r\n\tthis.items.push(item)\n" },
      4
    ],
    ["with the numbers that the diff prints", {
      path,
      line: 4,
      quote: "+4:    save(item)\n 5:    this.items.push(item)"
    }, 4],
    ["under another number", { path, line: 12, quote: "let sum = 0" }, 8],
    ["by the last of its lines", { path, line: 9, quote: "let sum = 0\nfor (const { price } of this.items)" }, 8],
    ["in its only place, far from its number", { path, line: 40, quote: "return Math.round(sum)" }, 10],
    ["nearest to its number, where it stands twice", { path, line: 43, quote: "save(" }, 43],
    ["in another file that it names", { path: "src/shop.ts", line: 1, quote: "cart.total()" }, 1]
  ]
  for (const [as, evidence, line] of standing) {
    it.effect(`takes a quote that stands ${as}`, () =>
      Effect.gen(function*() {
        const { findings } = yield* checked(finding({ line: 20, evidence: [evidence] }))
        assert.deepStrictEqual(findings[0]?.evidence?.map((one) => one.line), [line])
        assert.deepStrictEqual(yield* faults(finding({ evidence: [evidence] })), [])
      }))
  }

  const missing: ReadonlyArray<readonly [as: string, evidence: Evidence]> = [
    ["is made up", { path, line: 4, quote: "await save(item)" }],
    ["stands in another file than it says", { path: "src/shop.ts", line: 4, quote: "save(item)" }],
    ["is of a file that is not there", { path: "src/gone.ts", line: 4, quote: "save(item)" }],
    ["puts lines together that do not follow each other", { path, line: 4, quote: "save(item)\nlet sum = 0" }],
    ["says nothing", { path, line: 6, quote: "}" }]
  ]
  for (const [as, evidence] of missing) {
    it.effect(`sends a quote back that ${as}, and drops the finding that has no other`, () =>
      Effect.gen(function*() {
        assert.match((yield* faults(finding({ evidence: [evidence] })))[0] ?? "", /^comments\[0\]\.evidence\[0\]: /)
        assert.deepStrictEqual(yield* checked(finding({ evidence: [evidence] })), {
          findings: [],
          unproven: 1,
          merged: 0
        })
        const { findings } = yield* checked(finding({ evidence: [evidence, ...finding().evidence ?? []] }))
        assert.deepStrictEqual(findings, [
          finding({ evidence: [{ path, line: 4, quote: "save(item)", side: "RIGHT" }] })
        ])
      }))
  }

  it.effect("sends a finding without quotes back, and keeps it if it comes without again", () =>
    Effect.gen(function*() {
      const { evidence: _, ...bare } = finding()
      assert.match((yield* faults(finding(), bare))[0] ?? "", /^comments\[1\]\.evidence: quote the code/)
      assert.deepStrictEqual((yield* checked(bare)).findings, [bare])
    }))

  it.effect("moves a finding with the quote of its own lines, and no other", () =>
    Effect.gen(function*() {
      const off = [{ path, line: 6, quote: "let sum = 0" }]
      const { findings } = yield* checked(
        finding({ line: 7, startLine: 6, evidence: off }),
        finding({ line: 20, evidence: off, body: "Nobody clears it.", category: "other" })
      )
      assert.deepStrictEqual(findings.map(({ line, startLine }) => [line, startLine]), [[9, 8], [20, undefined]])
    }))
})

describe("the merging of claims", () => {
  const six = [
    finding(),
    finding({ body: "Nothing awaits `save`: a rejected promise goes unnoticed." }),
    finding({ body: "`save` is called without `await`.", symbol: "save", line: 5 }),
    finding({ body: "Errors of `save` vanish, since its promise is not awaited.", startLine: 3 }),
    finding({ body: "The call does not wait, and failures are lost.", symbol: "save()" }),
    finding({ body: "A missing `await` before `save` loses its errors.", symbol: "save", confidence: "low" })
  ].map((one) => ({ symbol: "save", ...one }))

  it.effect("makes one of six wordings, the best of them", () =>
    Effect.gen(function*() {
      const { findings, merged } = yield* checked(...six.toReversed())
      assert.deepStrictEqual([findings.map(({ confidence, path }) => [path, confidence]), merged], [
        [[path, "high"]],
        5
      ])
    }))

  it.effect("keeps the same mistake at a second place, near or far, and another mistake at the same", () =>
    Effect.gen(function*() {
      const twice = yield* checked(
        finding(),
        finding({ line: 43, evidence: [{ path, line: 43, quote: "save(nothing)" }] }),
        finding({ body: "The price is in cents already, so the sum is a hundred times too high." }),
        finding({ body: "An item can be added twice.", category: "concurrency" })
      )
      assert.deepStrictEqual([twice.findings.length, twice.merged], [4, 0])
      const near = Scene.world({ headFiles: { [path]: "save(a)\n\nsave(b)\n\nsave(a)" } })
      const lines = [1, 3, 5].map((line) =>
        finding({ line, symbol: "save", evidence: [{ path, line, quote: line === 3 ? "save(b)" : "save(a)" }] })
      )
      const kept = yield* check(lines, { checkout: Scene.checkoutOf(near, Scene.headSha), files: near.gitFiles })
      assert.deepStrictEqual(kept.findings.map(({ line }) => line), [1, 3, 5])
    }))
})
