import { assert, describe, it } from "@effect/vitest"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Discussion } from "@nominal-code/domain/review/Review"
import { foldedFindings } from "@nominal-code/forge/FoldedFindings"
import { Effect, Option } from "effect"
import { review } from "../src/Review.ts"
import { ReviewSteps } from "../src/ReviewSteps.ts"
import * as Scene from "./Scene.ts"

const letters = "abcdefghijklmnopqrstuvwxyz"

/** Name of a topic, which differs from the others in its letters: `aatopic` is the first. */
const topic = (at: number): string => `${letters[Math.floor(at / 26)]}${letters[at % 26]}topic`

/** Findings on different topics, at two lines of the diff in turn. */
const several = (number: number, changes: (at: number) => Record<string, unknown> = () => ({})) =>
  Array.from({ length: number }, (_, at) =>
    Scene.finding({
      line: 11 + at % 2,
      body: `\`${topic(at)}\` is wrong.\n\nIn many words.`,
      severity: "medium",
      ...changes(at)
    }))

const worldOf = (comments: ReadonlyArray<unknown>, settings: Partial<typeof Scene.settings> = {}) =>
  Scene.world({
    answers: [Scene.submits({ summary: "Some.", comments })],
    settings: { ...Scene.settings, ...settings }
  })

const run = (world: Scene.World) =>
  Effect.map(Effect.provide(review(Scene.pushJob), Scene.layer(world)), (outcome) => {
    const draft = world.drafts.at(-1)
    const summary = draft?.summary ?? ""
    return {
      outcome,
      summary,
      folded: draft?.folded ?? [],
      posted: draft?.comments.map(({ finding }) => /`(\w+)`/.exec(finding.body)?.[1]),
      noticed: foldedFindings(summary).map(({ body }) => /`(\w+)`/.exec(body)?.[1])
    }
  })

describe("the selection of findings", () => {
  it.effect("posts five, and tells of the sixth in one line", () =>
    Effect.gen(function*() {
      const { folded, noticed, outcome, posted, summary } = yield* run(worldOf(several(6)))
      assert.deepStrictEqual([posted?.length, noticed, folded.length], [5, ["aftopic"], 1])
      assert.deepInclude(outcome, { _tag: "Reviewed", findings: 6 })
      assert.match(summary, /^\*\*6 new findings\*\*/)
      assert.match(
        summary,
        /<details>\n<summary>Also noticed<\/summary>\n\n- \*\*`src\/cart\.ts:12`\*\* — 🟡 \*\*Medium\*\* · bug · high confidence: `aftopic` is wrong\.\n\n<\/details>$/
      )
    }))

  it.effect("takes forty as they come: none is lost, and none that is critical, of security or of lost data is cut", () =>
    Effect.gen(function*() {
      const forty = several(
        40,
        (at) =>
          at % 10 === 9 ? { severity: "critical" } : at % 10 === 8
            ? { category: at < 20 ? "security" : "data-loss", severity: at < 30 ? "medium" : "low" }
            : {}
      )
      const { noticed, outcome, posted } = yield* run(worldOf(forty))
      assert.deepStrictEqual([posted?.length, noticed.length], [8, 32])
      assert.deepInclude(outcome, { findings: 40 })
      const kept = posted ?? []
      assert.sameMembers([...kept], [8, 9, 18, 19, 28, 29, 38, 39].map(topic))
    }))

  it.effect("keeps the graver, those that their own lines prove before others, and nits last", () =>
    Effect.gen(function*() {
      const { noticed, posted } = yield* run(worldOf(
        several(5, (at) => ({
          ...at === 0 ? { severity: "low" } : {},
          ...at === 1 ? { confidence: "low" } : {},
          ...at === 2 ? { severity: "high", evidence: [] } : {},
          ...at === 3 ? { severity: "high" } : {}
        })),
        { maxFindings: 3, verify: false }
      ))
      assert.deepStrictEqual([posted, noticed], [["actopic", "adtopic", "aetopic"], ["aatopic", "abtopic"]])
    }))

  it.effect("lets a larger change have more", () =>
    Effect.gen(function*() {
      const added = Array.from({ length: 800 }, (_, at) => `+line ${at}`).join("\n")
      const big = Scene.file("src/big.ts", `@@ -0,0 +1,800 @@\n${added}`)
      const world = worldOf(several(12))
      const { posted } = yield* run({ ...world, forgeFiles: [Scene.file("src/cart.ts"), big] })
      assert.strictEqual(posted?.length, 8)
      assert.strictEqual((yield* run(worldOf(several(12), { maxFindings: 0 }))).posted?.length, 12)
    }))

  const nits = several(3, (at) => at === 1 ? { severity: "low" } : {})
  it.effect("posts nits, folds them or leaves them out", () =>
    Effect.gen(function*() {
      const of = (nits_: "post" | "fold" | "off") => run(worldOf(nits, { nits: nits_ }))
      assert.deepStrictEqual((yield* of("post")).posted, ["aatopic", "abtopic", "actopic"])
      const { noticed, posted } = yield* of("fold")
      assert.deepStrictEqual([posted, noticed], [["aatopic", "actopic"], ["abtopic"]])
      const off = yield* of("off")
      assert.deepStrictEqual([off.posted, off.noticed], [["aatopic", "actopic"], []])
      assert.match(off.summary, /1 finding below the reported severity/)
    }))

  it.effect("has other limits for some paths, of which the last that matches decides", () =>
    Effect.gen(function*() {
      const paths = {
        "src/": { maxFindings: 2, nits: "off" },
        "src/cart.ts": { nits: "fold" },
        "lib/": { minSeverity: "critical" }
      } as const
      const elsewhere = Scene.finding({ path: "lib/a.ts", body: "`elsewhere` is wrong." })
      const { noticed, posted } = yield* run(worldOf([...nits, ...several(5).slice(3), elsewhere], { paths }))
      assert.deepStrictEqual([posted, noticed], [["aatopic", "actopic"], ["abtopic", "adtopic", "aetopic"]])
    }))

  it.effect("posts all of them where a pipeline leaves it out", () =>
    Effect.gen(function*() {
      const { noticed, posted } = yield* Effect.provideService(run(worldOf(several(9))), ReviewSteps, {
        ...ReviewSteps.defaultValue(),
        select: (posted) => Effect.succeed({ posted, cut: [] })
      })
      assert.deepStrictEqual([posted?.length, noticed], [9, []])
    }))

  it.effect("neither repeats nor loses in the next review what stands in one line", () =>
    Effect.gen(function*() {
      const first = worldOf(several(6))
      const { folded, summary } = yield* run(first)
      const [fingerprint] = folded
      const { id: jobId } = Scene.pushJob
      const markers = [
        new Marker({ jobId, headSha: Scene.headSha }),
        new Marker({ jobId, headSha: Scene.headSha, ...(fingerprint === undefined ? {} : { fingerprint }) })
      ]
      const standing = new Discussion({
        author: "nominal",
        body: `${summary}\n\n${markers.map(renderMarker).join("\n")}`,
        resolved: false,
        createdAt: "2026-01-01T00:00:00Z"
      })
      const again = several(6).slice(5)
      const second = Scene.world({
        discussions: [standing],
        since: Option.some([]),
        answers: [Scene.submits({ summary: "Again.", comments: again })],
        settings: { ...Scene.settings, failOn: "medium" }
      })
      const next = yield* run(second)
      assert.deepStrictEqual([next.posted, next.noticed], [[], []])
      assert.match(next.summary, /^\*\*1 still open\*\*/)
      // It has no thread, and holds up a merge all the same.
      const { state } = second.checks.at(-1) ?? {}
      assert.propertyVal(state, "title", "Open: 1 medium")
    }))
})
