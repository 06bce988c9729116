import { assert, describe, it } from "@effect/vitest"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { Effect } from "effect"
import { markdown } from "./Html.ts"
import { renderPage } from "./Page.ts"
import { codeAround, postedReview, readComment, suggestedChange } from "./Posted.ts"
import { seededReview } from "./SeededBugs.ts"
import { openStorefront, readStorefront } from "./Storefront.ts"

const marker = "<!-- nominal-code job=0123456789abcdef0123 -->"

const quiet = { acts: [], running: undefined, next: [], outcome: undefined }

const posted = Effect.gen(function*() {
  const emulator = yield* GitHubEmulator.make()
  const storefront = readStorefront()
  const pull = yield* openStorefront(emulator, storefront)
  const files = yield* emulator.files(pull)
  const { comments, summary } = seededReview(storefront).input
  const [inDiff, outside] = [true, false].map((wanted) =>
    comments.filter(({ path }) => files.some((file) => file.path === path) === wanted)
  )
  yield* emulator.review(pull, "bot", {
    body: `${summary}\n\n${marker}`,
    comments: (inDiff ?? []).map(({ body, line, path, severity, side = "RIGHT", start_line, suggestion }) => ({
      path,
      line,
      side,
      startLine: start_line,
      startSide: undefined,
      body: [
        `🔴 **${severity.charAt(0).toUpperCase()}${severity.slice(1)}** · bug · high confidence`,
        body,
        ...(suggestion === undefined ? [] : [`\`\`\`suggestion\n${suggestion}\n\`\`\``]),
        marker
      ].join("\n\n")
    }))
  })
  return { files, outside, review: postedReview(emulator, pull, "bot", files) }
})

describe("the seeded bugs", () => {
  it.effect("stand in the real diff, on three files at least, but for one that does not", () =>
    Effect.gen(function*() {
      const { files, outside, review } = yield* posted
      const comments = review?.comments ?? []
      assert.strictEqual(comments.length, 6)
      assert.isAtLeast(new Set(comments.map(({ path }) => path)).size, 3)
      assert.includeMembers(comments.map(({ side }) => side), ["LEFT", "RIGHT"])
      assert.deepStrictEqual(outside?.map(({ path }) => path), ["src/payments/PaymentGateway.ts"])
      const first = comments[0]
      assert.deepStrictEqual(
        first === undefined ? [] : codeAround(first, files).map(({ meant, number }) => [number, meant]),
        [
          [41, false],
          [42, false],
          [43, true],
          [44, true],
          [45, true]
        ]
      )
    }))

  it.effect("are on the page, each under its line, with nothing loaded from elsewhere", () =>
    Effect.gen(function*() {
      const { review } = yield* posted
      const html = review === undefined ? "" : renderPage(review, [["tokens", "12"]], quiet)
      assert.strictEqual(html.match(/<article class="card" id="comment-/g)?.length, 6)
      assert.match(html, /Math\.floor\(items \/ size\) \+ 1;<\/td><\/tr>\s*<tr class="thread">/)
      assert.notInclude(html, "nominal-code job")
      assert.notMatch(html, /(?:src|href)="(?!#|data:)/)
    }))
})

describe("a posted comment", () => {
  it("is read in its parts, as a person sees it", () => {
    const body =
      `🟠 **High** · bug · high confidence\n\nOne.\n\nTwo.\n\n\`\`\`\`suggestion\nif (\`\`\`)\n\n  a\n\`\`\`\`\n\n${marker}`
    assert.deepStrictEqual(readComment(body), {
      head: "High · bug · high confidence",
      body: "One.\n\nTwo.",
      suggestion: ["if (```)", "", "  a"]
    })
    assert.deepStrictEqual(readComment("Just so."), { head: "", body: "Just so.", suggestion: undefined })
    assert.deepStrictEqual(readComment("Drop it.\n\n```suggestion\n```").suggestion, [])
  })

  it("shows what its suggestion changes, and what stays once", () => {
    const lines = suggestedChange(["a", "b", "c"], ["a2", "b", "c", "d"]).map(({ sign, text }) => sign + text)
    assert.deepStrictEqual(lines, ["-a", "+a2", " b", " c", "+d"])
  })
})

describe("Markdown on the page", () => {
  it("is text first: neither HTML nor code in it becomes mark-up", () => {
    assert.strictEqual(
      markdown("<img src=x> **bold `a*b*<c>`** and *so*"),
      "<p>&lt;img src=x&gt; <strong>bold <code>a*b*&lt;c&gt;</code></strong> and <em>so</em></p>"
    )
    assert.strictEqual(markdown("```ts\n<b>**x**\n```").trim(), "<pre>&lt;b&gt;**x**</pre>")
  })

  it("keeps the paragraphs of a list's item in the item", () => {
    assert.strictEqual(
      markdown("Notes\n\n- one\n\n  more\n- two\n\nend").replaceAll("\n", ""),
      "<p>Notes</p><ul><li><p>one</p><p>more</p></li><li>two</li></ul><p>end</p>"
    )
  })
})
