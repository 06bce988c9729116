import { assert, describe, it } from "@effect/vitest"
import { Marker, markersIn } from "@nominal-code/domain/review/Marker"
import { makeMarkerSeal } from "@nominal-code/domain/review/MarkerSeal"
import { Redacted } from "effect"
import { makeGitHubBodies } from "../src/github/Body.ts"
import { makeOutgoingText } from "../src/outgoing/OutgoingText.ts"
import { comment, draft, head, jobId } from "./FakeGitHub.ts"

const { reviewBody, reviewComment } = makeGitHubBodies(
  makeMarkerSeal([Redacted.make("a key")]),
  makeOutgoingText({ redact: (text) => text, forgeHost: "github.com" })
)

const limit = 65_536

describe("the text of a review", () => {
  it("is cut to what GitHub takes, with its marker whole", () => {
    const body = reviewBody(draft([], { summary: "word ".repeat(14_000) }), [])
    assert.isAtMost(body.length, limit)
    assert.deepStrictEqual(markersIn(body), [new Marker({ jobId, headSha: head })])
  })

  it("holds 200 folded findings", () => {
    const folded = Array.from({ length: 200 }, (_, index) => comment(index + 1))
    const body = reviewBody(draft(folded), folded)
    assert.isAtMost(body.length, limit)
    for (let line = 1; line <= 200; line++) assert.include(body, `finding at ${line}`)
  })

  it("names each folded finding in a marker after its own", () => {
    const [one, two] = [comment(1), comment(2)]
    const body = reviewBody(draft([]), [one, two])
    assert.deepStrictEqual(
      body.match(/job=\S+ sha=\S+( finding=\S+)?/g)?.map((marker) => marker.split("finding=")[1]),
      [
        undefined,
        one.fingerprint,
        two.fingerprint
      ]
    )
  })
})

describe("the text of a comment", () => {
  const bodyOf = (...given: Parameters<typeof comment>) => reviewComment(draft([]), comment(...given)).body

  it("closes a code block that the finding leaves open, so that the suggestion stays one", () => {
    const body = bodyOf(1, { body: "Look:\n```ts\nconst a = 1", suggestion: "const a = 2" })
    assert.include(body, "const a = 1\n```\n\n```suggestion\nconst a = 2\n```\n\n<!--")
  })

  it("has a fence that no suggestion breaks out of", () => {
    for (let run = 1; run <= 100; run++) {
      const ticks = "`".repeat(run)
      const fence = "`".repeat(Math.max(3, run + 1))
      const body = bodyOf(1, { suggestion: `a\n${ticks}\n![x](http://evil.example)\n${ticks}suggestion\nb` })
      assert.include(body, `\n${fence}suggestion\na\n`)
      assert.strictEqual(body.split(fence).length, 3)
    }
  })

  it("can suggest to delete the lines", () => {
    assert.include(bodyOf(1, { suggestion: "" }), "```suggestion\n```")
  })

  it("is cut to what GitHub takes, and the suggestion and the marker stay whole", () => {
    const body = bodyOf(1, { body: "long line\n".repeat(9_000), suggestion: "const a = 2" })
    assert.isAtMost(body.length, limit)
    assert.include(body, "```suggestion\nconst a = 2\n```")
    assert.isNotEmpty(markersIn(body))
  })

  it("leaves out a suggestion that is too long, rather than half of it", () => {
    const body = bodyOf(1, { suggestion: "x\n".repeat(40_000) })
    assert.isAtMost(body.length, limit)
    assert.notInclude(body, "suggestion")
  })
})
