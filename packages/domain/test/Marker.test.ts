import { assert, it } from "@effect/vitest"
import { findMarker, Marker, renderMarker } from "@nominal-code/domain/Marker"
import { Option, Schema } from "effect"

it.prop(
  "a marker is found in the text that it was put into",
  [Marker, Schema.String, Schema.String],
  ([marker, before, after]) => {
    const text = `${before.replaceAll("<!--", "")}\n${renderMarker(marker)}\n${after}`
    assert.deepStrictEqual(findMarker(text), Option.some(marker))
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
  assert.deepStrictEqual(Option.map(findMarker(old), ({ scope }) => scope), Option.some(undefined))
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
    assert.deepStrictEqual(findMarker(text), Option.none(), text)
  }
})
