import { assert, describe, it } from "@effect/vitest"
import * as Redaction from "@nominal-code/domain/secret/Redaction"
import { breaches } from "@nominal-code/testing/Renderer"
import { Effect, Schema } from "effect"
import { isSafeSuggestion, type OutgoingTextRules, sanitise } from "../src/outgoing/Sanitise.ts"

const secret = "hunter2-hunter2-hunter2"
const rules: OutgoingTextRules = { redact: Redaction.make([secret]), forgeHost: "github.com" }
const clean = (text: string) => sanitise(text, rules)
const gap = "\u200b"

describe("sanitise", () => {
  const table: ReadonlyArray<readonly [title: string, given: string, expected: string]> = [
    ["leaves plain prose alone", "The total is `0` – *why*?", "The total is `0` – *why*?"],
    ["breaks a mention of a person", "ask @alice", `ask @${gap}alice`],
    ["breaks a mention of a team", "cc @acme/team.", `cc @${gap}acme/team.`],
    [
      "breaks a mention behind a backslash or an entity",
      "\\@a &#64;b &commat;c",
      `@${gap}a &amp;#${gap}64;b &amp;commat;c`
    ],
    ["breaks what closes an issue", "fixes #12, closes GH-3", `fixes #${gap}12, closes GH-${gap}3`],
    ["breaks a reference to another repository", "see acme/other#4 and !5", `see acme/other#${gap}4 and !${gap}5`],
    ["keeps only the words of an image", "a ![secret data](https://evil.example/x.png) b", "a secret data b"],
    ["leaves no image by reference", "![one][two]", "[one][two]"],
    ["shows a link to another host as code", "[here](https://evil.example/?q=1)", "here (`https://evil.example/?q=1`)"],
    ["shows a link without a scheme of its own as code", "[here](//evil.example)", "here (`//evil.example`)"],
    ["undoes a script link", "[here](javascript:alert)", "[here]\\(javascript:alert)"],
    ["keeps a link to the forge", "[x](https://github.com/a/b/blob/m/c.ts)", "[x](https://github.com/a/b/blob/m/c.ts)"],
    ["keeps a link into the repository", "[x](docs/a.md#part)", "[x](docs/a.md#part)"],
    [
      "shows a host that only looks like the forge as code",
      "https://github.com@evil.example/",
      "`https://github.com@evil.example/`"
    ],
    ["shows a bare address as code", "see https://evil.example/a.", "see `https://evil.example/a`."],
    ["shows a bare www address as code", "WWW.evil.example", "`WWW.evil.example`"],
    ["keeps a bare address of the forge", "see https://github.com/a/b.", "see https://github.com/a/b."],
    [
      "keeps an address of the forge with a host's name in its path",
      "https://github.com/a/b~~~www.evil.example",
      "https://github.com/a/b~~~www.evil.example"
    ],
    [
      "shows an address of an issue as code, since it would remark there",
      "https://github.com/a/b/issues/1",
      "`https://github.com/a/b/issues/1`"
    ],
    ["undoes a link by reference", "[a]\n\n[a]: https://evil.example", "[a]\n\n\\[a]\\: `https://evil.example`"],
    ["undoes a link's definition that code seems to hide", "> [`a]:b`\n[a\n`b]: c`", "> \\[`a]:b`\n\\[a\n`b]: c`"],
    ["drops HTML tags", "a<br>b <img src='x' onerror=y> <b>c</b>", "ab  c"],
    ["shows what is no HTML", "Map<String, List<T>>", "Map&lt;String, List&lt;T>>"],
    ["drops an HTML comment", "a <!-- hidden --> b", "a  b"],
    ["shows an HTML comment that does not end", "a <!-- hidden", "a &lt;!-- hidden"],
    ["hides a secret in prose and in code", `${secret} \`${secret}\``, "[REDACTED] `[REDACTED]`"],
    ["hides a secret that invisible characters split", `hunter2-${gap}hunter2-hunter2`, "[REDACTED]"],
    ["hides a secret that a tag splits", "hunter2-<b></b>hunter2-hunter2", "[REDACTED]"],
    ["hides a secret in a code block", `\`\`\`\n${secret}\n\`\`\``, "```\n[REDACTED]\n```"],
    ["drops marks that reorder text", "a\u202eb\u2066c", "abc"],
    ["leaves code in a line alone", "`@Override` and `a < b` and `#1`", "`@Override` and `a < b` and `#1`"],
    ["leaves code in a block alone", "```java\n@Override <T> #1\n```", "```java\n@Override <T> #1\n```"],
    ["leaves the code of a list in it", "- a\n  ```js\n  b()\n  ```\n- c", "- a\n  ```js\n  b()\n  ```\n- c"],
    ["closes a block that stays open", "```\na", "```\na\n```"],
    ["gives no block the power of a suggestion", "```suggestion\na\n```", "```\na\n```"],
    ["draws no diagrams", "```mermaid\na\n```", "```\na\n```"],
    ["breaks a marker of ours, in code too", "`<!-- nominal-code job=1 -->`", `\`<!--${gap} nominal-code job=1 -->\``],
    [
      "takes code over the end of a line as code, and a backtick without another as none",
      "a ` @b\nc `d` @e",
      `a \` @b\nc \`d\\\` @${gap}e`
    ],
    ["takes no code across the cells of a table", "a|b\n-|-\n`x|@y`|z", `a|b\n-|-\n\\\`x|@${gap}y\\\`|z`],
    ["keeps code with bars outside of tables", "`a || b`", "`a || b`"],
    [
      "keeps code apart from an address that would swallow its backtick",
      "https://github.com/a/b`@x y`",
      "https://github.com/a/b `@x y`"
    ],
    ["leaves no bracket that would open an address with code in it", "<`x@y>`", `\\\`x@${gap}y\\\``],
    ["ends lines at every kind of line end", "a\r\nb\rc\u2028d\u2029e\u0085f", "a\nb\nc\nd\ne\nf"]
  ]
  for (const [title, given, expected] of table) {
    it(title, () => assert.strictEqual(clean(given), expected))
  }
})

describe("commands of a forge", () => {
  const commands = ["/merge", "/approve", "/close", "/assign @me", "/label ~bug", "/execute_now", "/title x", "/SHRUG"]
  const before = [
    "",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\u2028",
    "\u2029",
    "\u0085",
    "\v",
    "\f",
    "a\n",
    "a\n ",
    "a\n\t",
    "a\n\u00a0"
  ]
  const within = ["", "> ", ">>> ", "- ", "* ", "1. ", "+ ", "  > - ", "\u200b", "\ufeff", "\\", "<b></b>", "<!-- -->"]

  it("cannot be given, whatever line end, quote or list stands before them", () => {
    let strings = 0
    for (const command of commands) {
      for (const start of before) {
        for (const prefix of within) {
          strings++
          const text = `${start}${prefix}${command}`
          const posted = clean(text)
          assert.deepStrictEqual(breaches(posted), [], JSON.stringify(text))
          assert.notMatch(posted, /^[\s>*+\-\d.)]*\/[a-z]/im, JSON.stringify(text))
        }
      }
    }
    assert.isAbove(strings, 300)
  })

  it("cannot be given from a code block that a forge may not take for one", () => {
    for (
      const text of [
        "~~~\n/merge\n~~~",
        "```\n/merge",
        "  ```\n  /merge\n  ```",
        "````\n```\n/merge\n````",
        "- ```\n/merge"
      ]
    ) {
      assert.notMatch(clean(text), /^\s*\/merge/m, JSON.stringify(text))
    }
  })

  it("leaves paths, comments and expressions of code alone", () => {
    const code = "```\n/usr/bin/env\n// remark\n/* remark */\n/a+/.test(b)\n```"
    assert.strictEqual(clean(code), code)
  })
})

describe("whatever is posted", () => {
  const atoms = [
    "`",
    "``",
    "```",
    "````",
    "~~~",
    "\n",
    "\n",
    "\n\n",
    " ",
    "    ",
    "- ",
    "> ",
    "1. ",
    "|",
    "--|--",
    ":-",
    "\\",
    "\\\\",
    "@org/team",
    "@x",
    "@",
    "/merge",
    "\r/merge",
    "\u2028/close",
    "#12",
    "GH-1",
    "fixes #1",
    "!3",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "]:",
    "[a]",
    "[a]: ",
    "http://evil.example",
    "www.evil.example",
    "//evil.example",
    "https:",
    "\\/\\/",
    "<",
    ">",
    "<b>",
    "<img src=x>",
    "<a href='http://evil.example'>",
    "<!--",
    "-->",
    `<!-- nominal-code job=${"0".repeat(20)} -->`,
    "<script>",
    "&#64;",
    "&lt;",
    "&commat;",
    "foo",
    secret,
    secret.slice(0, 9),
    secret.slice(9),
    "\u200b",
    "\u202e",
    "*",
    "**",
    "_",
    "#",
    "\t",
    "suggestion",
    "js",
    "https://github.com/a/b",
    "https://github.com@evil.example/",
    "\"",
    "'",
    "===",
    "---"
  ]
  const Text = Schema.Array(Schema.Literals(atoms)).check(Schema.isMaxLength(24))

  it.effect.prop(
    "commands, pings, closes, loads, shows and links nothing, and stays as it is",
    [Text],
    ([parts]) =>
      Effect.sync(() => {
        const once = clean(parts.join(""))
        assert.deepStrictEqual(breaches(once), [], JSON.stringify(parts.join("")))
        assert.strictEqual(clean(once), once)
        assert.notInclude(once, secret)
      }),
    { arbitrary: { runs: 1500, size: 24 } }
  )

  it("is code without a secret if it is not read for its marks", () => {
    for (const marks of ["&#".repeat(5_000), "> ".repeat(40)]) {
      const posted = clean(`${marks} ${secret} ${[...secret].join("\u200b")}\n\n@alice`)
      assert.match(posted, /^(`{3,})\n[^]*\n\1$/)
      assert.notInclude(posted.replaceAll("\u200b", ""), secret)
    }
  })

  it("is code and nothing else if quotes are nested too deep to be read", () => {
    for (const text of [`${"> ".repeat(40)}@alice\n\nwords`, `words\n\n${"> ".repeat(40)}@alice`]) {
      assert.match(clean(text), /^(`{3,})\n[^]*@alice[^]*\n\1$/)
    }
  })

  it("is code and nothing else if each round of cleaning changes it again", () => {
    let rounds = 0
    const restless = { ...rules, redact: (text: string) => `${text}\n@round${++rounds} /merge` }
    const posted = sanitise("ask @alice", restless)
    assert.match(posted, /^(`{3,})\n[^]*@round1 [^]*\n\1$/)
    assert.deepStrictEqual(breaches(posted), [])
  })

  it("is made in time from sixteen things that are written to take long", () => {
    for (
      const atom of [
        "\\",
        "!",
        "[",
        "](",
        "<!--",
        "<b ",
        "``` `",
        "https://.",
        "@",
        "- ",
        "a|`",
        "[a]( ",
        " ",
        "\n",
        "[\n",
        "- > 1. "
      ]
    ) {
      const from = performance.now()
      clean(atom.repeat(Math.floor(30_000 / atom.length)))
      assert.isBelow(performance.now() - from, 2_000, JSON.stringify(atom))
    }
  })
})

describe("a suggestion", () => {
  it("is posted as it is or not at all", () => {
    assert.isTrue(isSafeSuggestion("const a = '@x' // fixes #1\n/dist", rules))
    const unsafe = [
      `let key = "${secret}"`,
      "a\u202eb",
      "a\r/merge",
      `<!-- nominal-code job=${"0".repeat(20)} -->`,
      "```\n/merge"
    ]
    for (const code of unsafe) assert.isFalse(isSafeSuggestion(code, rules), JSON.stringify(code))
  })
})
