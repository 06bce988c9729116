import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/Job"
import { closingMarkers, Marker, markersIn, renderMarker } from "@nominal-code/domain/Marker"
import { Schema } from "effect"

it.prop(
  "a marker is found in the text that it was put into",
  [Marker, Schema.String, Schema.String],
  ([marker, before, after]) => {
    const text = `${before.replaceAll("<!--", "")}\n${renderMarker(marker)}\n${after}`
    assert.deepStrictEqual(markersIn(text), [marker])
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

it("all markers of a text are found in order, and those that we put at its end are told from copies", () => {
  const [copied, review, finding] = ["1", "2", "3"].map((digit) => new Marker({ jobId: JobId.make(digit.repeat(20)) }))
    .map(renderMarker)
  const text = `a ${copied} b\n\n${review}\n${finding}\n`
  const jobs = (markers: ReadonlyArray<Marker>) => markers.map(({ jobId }) => jobId.slice(0, 1)).join("")
  assert.strictEqual(jobs(markersIn(text)), "123")
  assert.strictEqual(jobs(closingMarkers(text)), "23")
  assert.strictEqual(jobs(closingMarkers(`> ${review}\n\nwhy?`)), "")
})
