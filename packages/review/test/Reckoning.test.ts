import { assert, describe, it } from "@effect/vitest"
import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Discussion } from "@nominal-code/domain/review/Review"
import { Effect, Option } from "effect"
import type { EarlierAnswer } from "../src/answer/EarlierAnswer.ts"
import type { LedgerFinding } from "../src/ledger/Ledger.ts"
import { reckon } from "../src/ledger/Reckoning.ts"
import * as Scene from "./Scene.ts"

const code = "let total = 1"
const fix = "let total = sum(items)"

const open = (changes: Partial<LedgerFinding> = {}): LedgerFinding => ({
  fingerprint: Fingerprint.make("0123456789abcdef"),
  state: "open",
  claim: "The total starts at one.",
  inSummary: false,
  headSha: Scene.nextSha,
  replies: [],
  place: {
    path: "src/cart.ts",
    side: "RIGHT",
    originalLine: 2,
    code: ["const items = []", code],
    category: "bug",
    words: []
  },
  ...changes
})

const since = (text: string) =>
  Option.some([new ChangedFile({ path: Scene.path("src/cart.ts"), status: "modified", patch: text })])

/** The commented line became the fix. */
const touched = since(`@@ -1,3 +1,3 @@\n const items = []\n-${code}\n+${fix}\n return total`)
const untouched = since("@@ -10,2 +10,3 @@\n a\n+b\n c")

const head = (line: string) => ({ "src/cart.ts": ["const items = []", line, "return total"].join("\n") })

const outcome = Effect.fnUntraced(function*(
  finding: LedgerFinding,
  answer: Partial<EarlierAnswer> | undefined,
  world: Partial<Scene.World> = { since: touched, headFiles: head(fix) },
  more: { readonly whole?: boolean; readonly raisedAgain?: boolean } = {}
) {
  const { closing } = yield* reckon({
    checkout: Scene.checkoutOf(Scene.world(world), Scene.headSha),
    open: [finding],
    answers: answer === undefined ? [] : [{ id: "E1", status: "open", ...answer }],
    raisedAgain: new Set(more.raisedAgain === true ? [finding] : []),
    whole: more.whole ?? true
  })
  return closing[0]?._tag ?? "open"
})

const said = (body: string) => ({
  replies: [new Discussion({ author: "mara", body, resolved: false, createdAt: "2026" })]
})

describe("an open finding", () => {
  it.effect("is fixed if the quoted code stands there and is new", () =>
    Effect.gen(function*() {
      const fixed = { status: "fixed", quote: `  ${fix}\n` } as const
      assert.strictEqual(yield* outcome(open(), fixed), "Fixed")
      assert.strictEqual(yield* outcome(open(), fixed, { since: Option.none(), headFiles: head(fix) }), "Fixed")
      assert.strictEqual(yield* outcome(open(), { ...fixed, path: "src/cart.ts" }), "Fixed")
    }))

  it.effect("stays open if the quoted code is not there, was there before, or nothing was touched", () =>
    Effect.gen(function*() {
      const quoting = (quote: string, path?: string) =>
        ({ status: "fixed", quote, ...(path === undefined ? {} : { path }) }) as const
      assert.strictEqual(yield* outcome(open(), quoting("let total = other()")), "open")
      assert.strictEqual(yield* outcome(open(), quoting("return total")), "open")
      assert.strictEqual(yield* outcome(open(), quoting(fix, "src/other.ts")), "open")
      const same = { since: untouched, headFiles: head(code) }
      assert.strictEqual(yield* outcome(open(), quoting(code), same), "open")
      assert.strictEqual(yield* outcome(open(), { status: "fixed" }, same), "open")
      assert.strictEqual(yield* outcome(open(), undefined, same), "open")
    }))

  it.effect("is gone if its code is, and a review of the whole head is silent about it", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome(open(), undefined), "Gone")
      assert.strictEqual(yield* outcome(open(), undefined, undefined, { whole: false }), "open")
      assert.strictEqual(yield* outcome(open(), undefined, undefined, { raisedAgain: true }), "open")
      assert.strictEqual(yield* outcome(open(), { status: "open" }), "open")
      const moved = { since: touched, headFiles: { "src/cart.ts": ["a", "b", "c", code].join("\n") } }
      assert.strictEqual(yield* outcome(open(), undefined, moved), "open")
    }))

  it.effect("stays open if somebody has objected, and is closed if they agree", () =>
    Effect.gen(function*() {
      const answers = [{ status: "fixed", quote: fix } as const, undefined]
      for (const answer of answers) {
        const objections = [
          "This is intended.",
          "Why?",
          "Fixed? I don't think so.",
          "See the design document.",
          "ok, aber das ist Absicht",
          "Danke, das ist so vorgesehen.",
          "ok, mais c'est voulu",
          "merci, c'est fait exprès",
          "ok，但这是故意的",
          "谢谢，这里不会为空",
          "了解。でも意図的です",
          "спасибо, но так и задумано"
        ]
        for (const objection of objections) {
          assert.strictEqual(yield* outcome(open(said(objection)), answer), "open", objection)
        }
        const consents = [
          "Good catch, fixed.",
          "Done",
          "\u{1F44D}",
          "Stimmt, ist behoben.",
          "Erledigt, danke!",
          "Bien vu, corrigé",
          "谢谢，已修复",
          "修正しました",
          "исправил, спасибо"
        ]
        for (const consent of consents) {
          assert.notStrictEqual(yield* outcome(open(said(consent)), answer), "open", consent)
        }
      }
    }))

  it.effect("is withdrawn with a reason only", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome(open(), { status: "withdrawn" }), "open")
      assert.strictEqual(yield* outcome(open(), { status: "withdrawn", reason: "It is one by design." }), "Withdrawn")
    }))
})
