import { assert, it } from "@effect/vitest"
import { PullNumber } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker, markersIn, renderMarker } from "@nominal-code/domain/review/Marker"
import { makeMarkerSeal, unmarked } from "@nominal-code/domain/review/MarkerSeal"
import { Redacted, Schema } from "effect"

const pull = { platform: "github", number: PullNumber.make(7) } as const
const key = (text: string) => Redacted.make(text)
const sealed = makeMarkerSeal([key("new key")])
const none = makeMarkerSeal([])
const jobId = JobId.make("1".repeat(20))
const forged = renderMarker(new Marker({ jobId, fingerprint: Fingerprint.make("f".repeat(16)) }))

it.prop("markers under our seal are read, and the text before them has none", [
  Schema.NonEmptyArray(Marker),
  Schema.String
], ([markers, words]) => {
  const opened = sealed.open(pull, `${words}${forged}\n\n${sealed.tail(pull, markers)}\n`)
  assert.deepStrictEqual(markersIn(opened), markers)
  assert.notInclude(opened.slice(0, opened.indexOf(renderMarker(markers[0]))), "<!-- nominal-code ")
})

it("a marker that a text brings to its own end is not under our seal", () => {
  const ours = new Marker({ jobId: JobId.make("2".repeat(20)) })
  const elsewhere = makeMarkerSeal([key("another installation's")])
  for (
    const text of [
      forged,
      elsewhere.tail(pull, [new Marker({ jobId })]),
      sealed.tail({ ...pull, number: PullNumber.make(8) }, [new Marker({ jobId })])
    ]
  ) {
    assert.deepStrictEqual(markersIn(sealed.open(pull, `words ${text}\n${sealed.tail(pull, [ours])}`)), [ours], text)
  }
})

it("markers under the seal of another key, another pull request or another forge do not count", () => {
  const markers = [new Marker({ jobId })]
  const others = [
    makeMarkerSeal([key("unknown")]).tail(pull, markers),
    sealed.tail({ ...pull, number: PullNumber.make(8) }, markers),
    sealed.tail({ ...pull, platform: "gitlab" }, markers),
    `${sealed.tail(pull, markers)}\n${forged}`
  ]
  for (const tail of others) assert.deepStrictEqual(markersIn(sealed.open(pull, `text\n\n${tail}`)), [], tail)
})

it("an earlier key still counts, and a seal counts where there is no key to check it with", () => {
  const markers = [new Marker({ jobId })]
  const before = `text\n\n${sealed.tail(pull, markers)}`
  const renewed = makeMarkerSeal([key("newer key"), key("new key")])
  assert.deepStrictEqual(markersIn(renewed.open(pull, before)), markers)
  assert.notStrictEqual(renewed.tail(pull, markers), sealed.tail(pull, markers))
  assert.deepStrictEqual(markersIn(none.open(pull, before)), markers)
})

it("the end of a post of a version without seals counts, and that version reads a sealed one", () => {
  const markers = [new Marker({ jobId }), new Marker({ jobId, fingerprint: Fingerprint.make("a".repeat(16)) })]
  const old = `text ${forged} more\n\n${none.tail(pull, markers)}`
  assert.deepStrictEqual(markersIn(sealed.open(pull, old)), markers)
  assert.deepStrictEqual(markersIn(`text\n\n${sealed.tail(pull, markers)}`), markers)
})

it("the post of somebody else has no marker at all", () => {
  assert.strictEqual(unmarked(`copied ${sealed.tail(pull, [new Marker({ jobId })])}`).trim(), "copied")
})
