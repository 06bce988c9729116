import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import { Marker, markersIn, renderMarker, splitMarkers, withoutMarkers } from "@nominal-code/domain/review/Marker"
import { Schema } from "effect"

it.prop(
  "a marker is found at the end of the text that it was put into",
  [Marker, Schema.String],
  ([marker, before]) => {
    const text = `${before.replaceAll("<!--", "")}\n`
    assert.deepStrictEqual(splitMarkers(`${text}${renderMarker(marker)}\n`), { text, markers: [marker] })
  }
)

it("a marker is one hidden line", () => {
  const marker = Schema.decodeSync(Marker)({
    jobId: "0123456789abcdef0123",
    headSha: "a".repeat(40),
    fingerprint: "0123456789abcdef"
  })
  assert.strictEqual(
    renderMarker(marker),
    `<!-- nominal-code job=0123456789abcdef0123 sha=${"a".repeat(40)} finding=0123456789abcdef -->`
  )
})

it("a marker of a version without scopes is that of a whole review", () => {
  const old = `<!-- nominal-code job=0123456789abcdef0123 sha=${"a".repeat(40)} -->`
  assert.deepStrictEqual(markersIn(old).map(({ scope }) => scope), [undefined])
})

it("a text without a whole marker has none", () => {
  const sha = "a".repeat(41)
  for (
    const text of [
      "",
      "nominal-code job=0123456789abcdef0123",
      "<!-- nominal-code job=01 -->",
      `<!-- nominal-code job=0123456789abcdef0123 sha=${sha} -->`
    ]
  ) {
    assert.deepStrictEqual(markersIn(text), [], text)
  }
})

it("only the markers at the end of a text count, in their order, and all can be taken out", () => {
  const [copied, review, finding] = ["1", "2", "3"].map((digit) => new Marker({ jobId: JobId.make(digit.repeat(20)) }))
    .map(renderMarker)
  const text = `a ${copied} b\n\n${review}\n${finding}\n`
  const jobs = (posted: string) => markersIn(posted).map(({ jobId }) => jobId.slice(0, 1)).join("")
  assert.strictEqual(jobs(text), "23")
  assert.strictEqual(jobs(`> ${review}\n\nwhy?`), "")
  assert.strictEqual(withoutMarkers(text).trim(), "a  b")
})
