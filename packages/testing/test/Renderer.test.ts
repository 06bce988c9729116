import { assert, describe, it } from "@effect/vitest"
import { breaches } from "@nominal-code/testing/Renderer"

describe("a renderer of Markdown", () => {
  const live = [
    "ask @alice",
    "&#64;alice",
    "fixes #1",
    "![a](b.png)",
    "![a][b]\n\n[b]: c",
    "a <b>c</b>",
    "<!-- a -->",
    "[a](https://evil.example)",
    "[a](javascript:b)",
    "[a]\n\n[a]: https://github.com",
    "www.evil.example",
    "a~~~www.evil.example",
    "<https://evil.example>",
    "https://github.com@evil.example/",
    "https://github.com.evil.example/",
    "https://github.com/a/b/issues/1",
    "ftp://evil.example",
    "me@evil.example",
    "a[^1]\n\n[^1]: b",
    "|a|\n|-|\n|`x|@b`|",
    "`a\n\n@b`",
    "\\`@b`",
    "/merge",
    "```suggestion\na\n```",
    "`<!-- nominal-code job=1 -->`"
  ]
  for (const text of live) it(`does something with ${JSON.stringify(text)}`, () => assert.isNotEmpty(breaches(text)))

  const plain = [
    "a *b* **c** ~~d~~",
    "`@alice #1 <b> https://evil.example`",
    "```\n@alice <b>\n```",
    "[a](docs/b.md#c)",
    "https://github.com/a/b",
    "https://github.com/a/b~~~www.evil.example",
    "a &lt;b>"
  ]
  for (const text of plain) it(`only shows ${JSON.stringify(text)}`, () => assert.deepStrictEqual(breaches(text), []))
})
