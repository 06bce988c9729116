import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { closeFence, codeSpan, fenced, fit } from "../src/Markdown.ts"

describe("fenced", () => {
  it("is longer than any run of backticks in it", () => {
    for (let length = 0; length < 12; length++) {
      const text = `a ${"`".repeat(length)} b \`\` c`
      const fence = "`".repeat(Math.max(3, length + 1))
      assert.strictEqual(fenced("ts", text), `${fence}ts\n${text}\n${fence}`)
    }
  })

  it("drops one newline at the end, which the fence brings", () => {
    assert.strictEqual(fenced("", "a\n"), "```\na\n```")
  })

  it("tells nothing from an empty line", () => {
    assert.strictEqual(fenced("suggestion", ""), "```suggestion\n```")
    assert.strictEqual(fenced("suggestion", "\n"), "```suggestion\n\n```")
  })

  it.effect.prop("no line in it ends it", [Schema.String], ([text]) =>
    Effect.sync(() => {
      const lines = fenced("", text).split("\n")
      const fence = lines[0] ?? ""
      assert.isFalse(lines.slice(1, -1).some((line) => line.trim().startsWith(fence)))
      assert.strictEqual(lines.at(-1), fence)
    }))
})

describe("codeSpan", () => {
  it("holds backticks and stays on one line", () => {
    assert.strictEqual(codeSpan("a`b"), "``a`b``")
    assert.strictEqual(codeSpan("`a"), "`` `a ``")
    assert.strictEqual(codeSpan("a\nb"), "`a b`")
  })
})

describe("closeFence", () => {
  it("ends a block that is left open and leaves anything else alone", () => {
    assert.strictEqual(closeFence("a\n```ts\nb"), "a\n```ts\nb\n```")
    assert.strictEqual(closeFence("a\n~~~~\nb\n~~~"), "a\n~~~~\nb\n~~~\n~~~~")
    for (const text of ["a", "```\na\n```", "````\n```\n````", "```a``` b", "a ``` b"]) {
      assert.strictEqual(closeFence(text), text)
    }
  })
})

describe("fit", () => {
  it("leaves a text that fits alone", () => {
    assert.strictEqual(fit("a\nb", 3), "a\nb")
  })

  it("cuts at the end of a line and says so", () => {
    const cut = fit(`${"line\n".repeat(100)}`, 200)
    assert.isAtMost(cut.length, 200)
    assert.match(cut, /^(line\n)*line\n\n\*The rest is cut/)
  })

  it("leaves no code block open where it cuts", () => {
    const cut = fit(`\`\`\`\`ts\n${"const a = 1\n".repeat(100)}\`\`\`\``, 300)
    assert.isAtMost(cut.length, 300)
    assert.strictEqual(cut.match(/^`{4}/gm)?.length, 2)
  })

  it("cuts no character in half", () => {
    assert.isTrue(fit("😀".repeat(100), 101).isWellFormed())
  })

  it.effect.prop(
    "never gives more than there is room for",
    [Schema.String, Schema.Natural],
    ([text, extra]) =>
      Effect.sync(() => {
        const room = 60 + extra % 200
        assert.isAtMost(fit(text.repeat(20), room).length, room)
      })
  )
})
