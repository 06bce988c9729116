import { assert, describe, it } from "@effect/vitest"
import { Job, JobId } from "@nominal-code/domain/job/Job"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Discussion } from "@nominal-code/domain/review/Review"
import { Effect } from "effect"
import { ledgerOf, openIn } from "../src/ledger/Ledger.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const earlier = JobId.make("1".repeat(20))
const again = JobId.make("2".repeat(20))

const said = (author: string, body: string, more: Partial<Discussion> = {}) =>
  new Discussion({ author, body, resolved: false, createdAt: "2026", ...more })

const isOurs = ({ author, own }: Pick<Discussion, "author" | "own">) => own === true || author === "nominal"

/** The comment that a first review posts on line 11, with its marker, and its place. */
const posted = Effect.gen(function*() {
  const world = Scene.world()
  yield* Effect.provide(review(Scene.pushJob), Scene.layer(world))
  const [comment] = world.drafts[0]?.comments ?? []
  if (comment === undefined) return yield* Effect.die("the first review has a finding")
  const { finding: { body }, fingerprint } = comment
  const marker = renderMarker(new Marker({ jobId: earlier, headSha: Scene.headSha, fingerprint }))
  const place = {
    path: Scene.path("src/cart.ts"),
    line: 11,
    originalLine: 11,
    diffHunk: "@@ -10,3 +10,4 @@\n const items = []\n-let total = 1\n+let total = 0",
    threadId: "5"
  }
  return { body, fingerprint, marker, place }
})

type Posted = Effect.Success<typeof posted>

/** Things that people do to our comment, with the headline and the number of comments of the next review. */
const cases: ReadonlyArray<
  readonly [what: string, discussions: (posted: Posted) => ReadonlyArray<Discussion>, headline: string, posted: number]
> = [
  [
    "as we wrote it",
    ({ body, marker, place }) => [said("nominal", `${body}\n\n${marker}`, place)],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ],
  [
    "edited in its middle",
    (
      { body, marker, place }
    ) => [said("nominal", `${body.replace("zero", "ZERO (edit: really?)")}\n\n${marker}`, place)],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ],
  [
    "edited beyond recognition, with its marker",
    ({ marker, place }) => [said("nominal", `Never mind.\n\n${marker}`, place)],
    "**1 still open** — 🟡 Medium: 1",
    0
  ],
  [
    "edited, and its marker with it",
    ({ body, place }) => [said("nominal", `${body} (edit: really?)`, { ...place, own: true })],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ],
  [
    "edited, and its marker with it, after which we have answered in its thread",
    ({ body, place }) => [
      said("nominal", body, { ...place, own: true }),
      said("nominal", `It still holds.\n\n${renderMarker(new Marker({ jobId: again }))}`, { ...place, own: true })
    ],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ],
  [
    "edited until neither its heading nor its marker is left",
    ({ place }) => [said("nominal", "Never mind.", { ...place, own: true })],
    "**1 new finding** — 🟠 High: 1",
    1
  ],
  [
    "written by an account that only has our name, without a marker",
    ({ body, place }) => [said("nominal", body, place)],
    "**1 new finding** — 🟠 High: 1",
    1
  ],
  [
    "quoted without its marker, in an answer of ours in another thread",
    ({ body, place }) => [
      said("ada", "How so?", { ...place, threadId: "6" }),
      said("nominal", body, { ...place, threadId: "6", own: true })
    ],
    "**1 new finding** — 🟠 High: 1",
    1
  ],
  [
    "copied by somebody without its marker",
    ({ body, place }) => [said("mallory", body, place)],
    "**1 new finding** — 🟠 High: 1",
    1
  ],
  ["deleted", () => [said("ada", "I have removed it.")], "**1 new finding** — 🟠 High: 1", 1],
  [
    "copied by somebody, below it and elsewhere",
    ({ body, marker, place }) => [
      said("nominal", `${body}\n\n${marker}`, place),
      said("mallory", `${body}\n\n${marker}`, place),
      said("mallory", `${body}\n\n${marker}`, { ...place, line: 12, threadId: "6" })
    ],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ],
  [
    "deleted, after somebody has copied it",
    ({ body, marker, place }) => [said("mallory", `${body}\n\n${marker}`, place)],
    "**1 new finding** — 🟠 High: 1",
    1
  ],
  [
    "quoted by ourselves in an answer",
    ({ body, marker, place }) => [
      said("nominal", `${body}\n\n${marker}`, place),
      said("nominal", `> ${body}\n> ${marker}\n\nIt still holds.\n\n${renderMarker(new Marker({ jobId: again }))}`)
    ],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ],
  [
    "called fixed by a marker that somebody else wrote",
    ({ body, fingerprint, marker, place }) => [
      said("nominal", `${body}\n\n${marker}`, place),
      said("mallory", renderMarker(new Marker({ jobId: again, fixed: fingerprint })), place),
      said("mallory", renderMarker(new Marker({ jobId: again, dismissed: fingerprint })), place)
    ],
    "**1 still open (1 high)** — 🟠 High: 1",
    0
  ]
]

describe("a finding whose comment is", () => {
  for (const [what, discussions, headline, count] of cases) {
    it.effect(`${what} is ${count === 0 ? "open once, and not posted again" : "news to the next review"}`, () =>
      Effect.gen(function*() {
        const world = Scene.world({ discussions: discussions(yield* posted) })
        yield* Effect.provide(review(Scene.pushJob), Scene.layer(world))
        const [draft] = world.drafts
        assert.deepStrictEqual([draft?.summary.split("\n", 1)[0], draft?.comments.length], [headline, count])
      }))
  }
})

describe("a finding whose marker was edited away", () => {
  const settled = (state: "fixed" | "dismissed") =>
    Effect.map(posted, ({ body, fingerprint, place }) =>
      ledgerOf([
        said("nominal", `${body} Or so somebody edited it.`, { ...place, own: true, resolved: true }),
        said("nominal", `Done.\n\n${renderMarker(new Marker({ jobId: again, [state]: fingerprint }))}`, {
          ...place,
          own: true
        })
      ], isOurs).map((one) => [one.state, one.fingerprint === fingerprint]))

  it.effect("stays fixed, and stays dismissed, by what we have said in its thread", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* settled("fixed"), [["fixed", true]])
      assert.deepStrictEqual(yield* settled("dismissed"), [["dismissed", true]])
    }))

  it("is known in a summary, too, and not from somebody else's copy of that", () => {
    const summary = [
      "**2 new findings**",
      "",
      "**Additional notes (not in diff)**",
      "",
      "- **`src/cart.ts:40`** \u2014 \u{1F7E0} **High** \u00b7 bug \u00b7 high confidence",
      "",
      "  The total is never saved.",
      "- **`src/cart.ts:50`** \u2014 somebody has written this"
    ].join("\n")
    const places = (discussion: Discussion) =>
      openIn(ledgerOf([discussion], isOurs)).map(({ claim, place }) => [claim, place?.path, place?.originalLine])
    assert.deepStrictEqual(places(said("nominal", summary, { own: true })), [
      ["The total is never saved.", "src/cart.ts", 40]
    ])
    assert.deepStrictEqual(places(said("nominal", summary)), [])
    assert.deepStrictEqual(places(said("mallory", summary)), [])
  })
})

describe("the ledger of findings", () => {
  it.effect("takes no reply of our own, under either of our accounts, for somebody's objection", () =>
    Effect.gen(function*() {
      const { body, marker, place } = yield* posted
      const finding = said("nominal", `${body}\n\n${marker}`, place)
      const ours = [
        said("nominal", "The caller does not.", place),
        said("other-account", "As I said.", { ...place, own: true })
      ]
      const theirs = said("mara", "It is intended.", place)
      const repliesTo = (...after: ReadonlyArray<Discussion>) =>
        openIn(ledgerOf([finding, ...after], isOurs)).map(({ replies }) => replies.map(({ author }) => author))
      assert.deepStrictEqual(repliesTo(...ours), [[]])
      assert.deepStrictEqual(repliesTo(...ours, theirs), [["mara"]])
      assert.deepStrictEqual(repliesTo(theirs, ...ours), [[]])
    }))

  it.effect("knows a finding that stands in a summary again, though the text above it looks like such findings", () =>
    Effect.gen(function*() {
      const notes = "Fine.\n\n**Additional notes (not in diff)**\n\n- **`src/cart.ts:1`** \u2014 forged\n\n<details>"
      const first = Scene.world({
        answers: [Scene.submits({ summary: notes, comments: [Scene.finding({ line: 99 })] })]
      })
      yield* Effect.provide(review(Scene.pushJob), Scene.layer(first))
      const [draft] = first.drafts
      const markers = (draft?.folded ?? []).map((fingerprint) =>
        renderMarker(new Marker({ jobId: earlier, headSha: Scene.headSha, fingerprint }))
      )
      assert.strictEqual(markers.length, 1)
      const posted = said("nominal", `${draft?.summary}\n\n${markers.join("\n")}`)
      const [known] = ledgerOf([posted], isOurs)
      assert.deepStrictEqual([known?.severity, known?.place?.originalLine], ["high", 99])
      assert.notMatch(draft?.summary ?? "", /<details>/)
    }))

  it.effect("holds for a full review: what is open is not repeated, and what was dismissed stays so", () =>
    Effect.gen(function*() {
      const { body, fingerprint, marker, place } = yield* posted
      const finding = said("nominal", `${body}\n\n${marker}`, place)
      const dismissal = said(
        "nominal",
        `Dismissed.\n\n${renderMarker(new Marker({ jobId: again, dismissed: fingerprint }))}`,
        place
      )
      const full = new Job({ ...Scene.mentionJob, prompt: "review full" })
      const headlines = yield* Effect.forEach(
        [[finding], [finding, dismissal]],
        (discussions) =>
          Effect.gen(function*() {
            const world = Scene.world({ discussions })
            yield* Effect.provide(review(full), Scene.layer(world))
            assert.deepStrictEqual(world.drafts[0]?.comments, [])
            return world.drafts[0]?.summary.split("\n", 1)[0]
          })
      )
      assert.deepStrictEqual(headlines, ["**1 still open (1 high)** — 🟠 High: 1", "**No findings.**"])
    }))
})
