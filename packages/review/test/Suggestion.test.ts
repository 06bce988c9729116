import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { repairSuggestion } from "../src/suggestion/Suggestion.ts"

const python = [
  "def total(order):",
  "    # totals are in cents",
  "    total = order.price * 100",
  "    return total",
  "",
  "def tax(order):",
  "    return total(order) * 0.2"
]
const typescript = ["if (open) {", "  close(file)", "}", "export const done = true"]

const repair = (suggestion: string, file: ReadonlyArray<string>, line: number, more: {
  readonly path?: string
  readonly startLine?: number
} = {}) => Option.getOrNull(repairSuggestion(suggestion, { path: "src/x.py", file, line, startLine: line, ...more }))

const total = "    total = round(order.price * 100)"

describe("a suggestion", () => {
  it("must not break a file of JSON or YAML that could be parsed", () => {
    const json = ["{", "  \"a\": 1,", "  \"b\": [2]", "}"]
    const inJson = (text: string, file = json) => repair(text, file, 2, { path: "a.json" })
    assert.strictEqual(inJson("  \"a\": 2,"), "  \"a\": 2,")
    assert.isNull(inJson("  \"a\": 2"))
    assert.strictEqual(inJson("  \"a\": 2", [...json, "// a comment"]), "  \"a\": 2")
    const yaml = ["on: push", "jobs:", "  test: {}", "---", "second: 1"]
    const inYaml = (text: string) => repair(text, yaml, 3, { path: ".github/ci.yml" })
    assert.strictEqual(inYaml("  test: { needs: [] }"), "  test: { needs: [] }")
    assert.isNull(inYaml("  test: { needs: ["))
  })

  it("that is the bare code stays as it is", () => {
    assert.strictEqual(repair(total, python, 3), total)
    assert.strictEqual(repair(`${total}\n    check(total)`, python, 3), `${total}\n    check(total)`)
    assert.strictEqual(repair("", python, 5), "")
  })

  for (
    const [open, close] of [
      ["```python", "```"],
      ["```", "```"],
      ["```suggestion", "```"],
      ["````py title=x", "````"],
      ["~~~", "~~~"],
      ["\n```python", "```\n"],
      ["    ```python", "    ```"]
    ] as const
  ) {
    it(`stands without the fence ${JSON.stringify(open)}`, () =>
      assert.strictEqual(repair(`${open}\n${total}\n${close}`, python, 3), total))
  }

  it("is indented as the lines around it: by tabs where they are, and by no tabs where none are", () => {
    const make = ["build: deps", "\tgo build ./...", "\tcp a b", "", "test:", "\tgo test ./..."]
    const inMake = (text: string, startLine: number, line: number) =>
      repair(text, make, line, { path: "Makefile", startLine })
    assert.strictEqual(inMake("build: deps vet\n    go build ./...", 1, 2), "build: deps vet\n\tgo build ./...")
    assert.strictEqual(inMake("    go build -v ./...", 2, 2), "\tgo build -v ./...")
    assert.strictEqual(inMake("        go build -v \\\n                ./...", 2, 2), "\tgo build -v \\\n\t\t./...")
    assert.isNull(inMake("    go build -v \\\n      ./...", 2, 2))
    const go = ["func a() error {", "\tif err != nil {", "\t\treturn nil", "\t}", "\treturn nil", "}"]
    assert.strictEqual(
      repair("    if err != nil {\n        return err\n    }", go, 4, { path: "a.go", startLine: 2 }),
      "\tif err != nil {\n\t\treturn err\n\t}"
    )
    assert.strictEqual(
      repair("\t/*\n\t * why\n\t */\n\treturn nil", go, 5, { path: "a.go" }),
      "\t/*\n\t * why\n\t */\n\treturn nil"
    )
    const yaml = "\tname := `\n  a: 1`"
    assert.strictEqual(repair(yaml, go, 5, { path: "a.go" }), yaml)
    assert.isNull(repair("    # totals\n\ttotal = 1", python, 3, { startLine: 2 }))
  })

  it("that was marked twice is not offered", () => assert.isNull(repair("++3:    total = 1", python, 3)))

  it("has no blank lines at an end where the replaced lines have none", () => {
    for (
      const blanks of [
        `\n${total}`,
        `${total}\n\n`,
        `\n    # totals are in cents\n${total}`,
        `${total}\n    return total\n\n`
      ]
    ) {
      assert.strictEqual(repair(blanks, python, 3), total, JSON.stringify(blanks))
    }
    assert.strictEqual(repair("    return 2\n\n", ["def f():", "    return 1"], 2), "    return 2")
    assert.strictEqual(repair(`\n\n${total}`, python, 5, { startLine: 5 }), `\n\n${total}`)
    assert.isNull(repair("  \n", python, 3))
  })

  it("without what the model's own listing puts in front of a line, or with code left out", () => {
    assert.strictEqual(repair(`3|${total}`, python, 3), total)
    for (const left of ["    # ... as before", "    # the rest stays \u2026", "// ..."]) {
      assert.isNull(repair(`${total}\n${left}`, python, 3), left)
    }
    assert.strictEqual(repair(`    ...\n${total}`, python, 3), `    ...\n${total}`)
  })

  it("stands without the marks of other tools and of prose, or is not offered", () => {
    const file = ["const a = 1", "const b = 2", "const c = 3"]
    const inText = (text: string) => repair(text, file, 2, { path: "x.txt" })
    for (
      const marked of ["`const b = 4`", "2→const b = 4", "     2→const b = 4", "L2:const b = 4", "2 | const b = 4"]
    ) {
      assert.strictEqual(inText(marked), "const b = 4", marked)
    }
    for (
      const unclear of [
        "<<<<<<< SEARCH\nconst b = 2\n=======\nconst b = 4\n>>>>>>> REPLACE",
        "--- a/x.txt\n+++ b/x.txt\n-const b = 2\n+const b = 4",
        "if (b &lt; 4) b = 4"
      ]
    ) assert.isNull(inText(unclear), unclear)
    assert.strictEqual(repair("`x`", ["`y`"], 1, { path: "x.ts" }), "`x`")
    assert.strictEqual(repair("a &lt; c", ["a &lt; b"], 1, { path: "x.html" }), "a &lt; c")
  })

  it("keeps what is no mark of another tool", () => {
    const kept: ReadonlyArray<readonly [path: string, suggestion: string, old: string]> = [
      ["x.py", "    return s.replace('<', '&lt;')", "    return s"],
      ["x.tsx", "  <p>a &amp; b</p>", "  <p>a & b</p>"],
      ["x.html", "a &lt; b", "a < b"],
      ["x.rst", "Title\n=======", "Text"],
      ["x.go", "`a`", "\"b\","],
      ["x.patch", "@@ -1,2 +1,2 @@", "@@ -1 +1 @@"]
    ]
    for (const [path, suggestion, old] of kept) {
      assert.strictEqual(repair(suggestion, [old], 1, { path }), suggestion, path)
    }
  })

  it("keeps a case of several values, near and far from the line of its first number", () => {
    const match = ["match n {", "  0 => a(),", "  3 => b(),", "  _ => c(),", "}"]
    const inMatch = (text: string, line: number) => repair(text, match, line, { path: "x.rs" })
    for (const text of ["  1 | 2 => b(),", "  401 | 403 => b(),", "  'a' | 'b' => b(),", "  1 | 2 | 3 => b(),"]) {
      assert.strictEqual(inMatch(text, 3), text)
    }
    assert.strictEqual(inMatch("  1 | 2 => b(),\n  4 | 5 => d(),", 3), "  1 | 2 => b(),\n  4 | 5 => d(),")
    // The third line's number before `2 => b(),`, or a case of both?
    assert.isNull(inMatch("3 | 2 => b(),", 3))
    assert.strictEqual(inMatch("3 |   2 => d(),", 3), "  2 => d(),")
    assert.strictEqual(repair("404: \"no\",", ["200: \"yes\",", "x"], 2, { path: "x.py" }), "404: \"no\",")
    assert.isNull(repair("404: \"no\",", ["a", "x"], 2, { path: "x.py" }))
  })

  it("keeps a list with signs in a text, and lines that go on with a sign, but no sign of a diff", () => {
    for (const path of ["a.txt", "docs/a.md", "NOTES"]) {
      assert.strictEqual(repair("+ two\n+ three", ["Fruits:", "one"], 2, { path }), "+ two\n+ three", path)
      assert.strictEqual(repair("Fruits:\n+ two", ["x", "Fruits"], 2, { path }), "Fruits:\n+ two", path)
      assert.strictEqual(repair("+two", ["Fruits:", "one"], 2, { path }), "two", path)
      assert.strictEqual(repair("-one\n+two", ["Fruits:", "one"], 2, { path }), "two", path)
    }
    const sum = "const text = a\n+ b"
    assert.strictEqual(repair(sum, ["x", "const text = a + b"], 2, { path: "a.js" }), sum)
    assert.isNull(repair("const text = a\n+const b = 1", ["x", "const text = a + b"], 2, { path: "a.js" }))
  })

  it("keeps a pair of fences inside a doc string, a comment and a text that has some", () => {
    const doc = ["def total(order):", "    \"\"\"Total in cents.", "", "    More.", "    \"\"\"", "    return 1"]
    const example = "    Example:\n\n    ```\n    total(order)\n    ```"
    assert.strictEqual(repair(example, doc, 4), example)
    assert.isNull(repair(example, doc, 6))
    assert.isNull(repair("    Example:\n    ```\n    total(order)", doc, 4))
    const whole = `def tax(order):\n    """Tax.\n\n    \`\`\`\n    tax(order)\n    \`\`\`\n    """\n    return 2`
    assert.strictEqual(repair(whole, ["x = 1", "def tax(order): pass"], 2), whole)
    const comment = ["/*", "Text", "*/", "f()"]
    assert.strictEqual(repair("Text:\n```\nf()\n```", comment, 2, { path: "a.c" }), "Text:\n```\nf()\n```")
    assert.isNull(repair("Text:\n```\nf()\n```", comment, 4, { path: "a.c" }))
    const prompt = ["Answer as:", "```", "{}", "```", "Done."]
    const more = "Or as:\n```\n[]\n```"
    assert.strictEqual(repair(more, prompt, 5, { path: "role.txt" }), more)
    assert.isNull(repair(more, ["Done."], 1, { path: "role.txt" }))
  })

  it("keeps a comment that ends with dots, unless it stands for code", () => {
    for (
      const text of [
        "    # Loading the configuration...\n    load()",
        "    // wait for it…",
        "    -- to be decided ..."
      ]
    ) {
      assert.strictEqual(repair(text, python, 3), text)
    }
    for (const text of ["    # rest of the function...", "    // existing checks …", "    // ... validate"]) {
      assert.isNull(repair(`${total}\n${text}`, python, 3), text)
    }
    const known = [...python, "    # more below ..."]
    assert.strictEqual(repair(`${total}\n    # more below ...`, known, 3), `${total}\n    # more below ...`)
  })

  it("keeps the marks of a conflict in a fixture, and where a parser looks at them, but not a tool's", () => {
    const both = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic"
    const inside = (path: string, isParsed: boolean, text = both) =>
      Option.isSome(repairSuggestion(text, { path, file: ["x"], line: 1, startLine: 1, isParsed }))
    assert.isTrue(inside("test/fixtures/both.txt", false))
    assert.isTrue(inside("src/merge.test.ts", true))
    assert.isFalse(inside("src/merge.test.ts", false))
    assert.isFalse(inside("notes.txt", false))
    assert.isFalse(inside("src/merge.ts", true, "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE"))
  })

  it("deletes lines where only deleted lines are handed in", () => {
    assert.strictEqual(repair("-    total = order.price * 100", python, 3), "")
  })

  it("with a fence that is not around the whole of it is none", () => {
    assert.isNull(repair(`Use this:\n\`\`\`python\n${total}\n\`\`\``, python, 3))
    assert.isNull(repair(`\`\`\`python\n${total}`, python, 3))
  })

  it("keeps its fences where fences are text, but for the forge's own", () => {
    const file = ["# Use", "", "```sh", "npm start", "```"]
    const fenced = "```sh\nnpm run start\n```"
    for (const path of ["README.md", "docs/a.mdx", "x.markdown", "book/x.qmd"]) {
      assert.strictEqual(repair(fenced, file, 5, { path, startLine: 3 }), fenced, path)
    }
    assert.strictEqual(repair("```suggestion\nnpm run start\n```", file, 4, { path: "README.md" }), "npm run start")
    const doc = ["\"\"\"", "```", "old()", "```", "\"\"\""]
    assert.strictEqual(repair("```\nnew()\n```", doc, 4, { startLine: 2 }), "```\nnew()\n```")
  })

  it("stands without the marks of the prompt, of a diff and of Read", () => {
    for (
      const marked of [
        `+3:${total}`,
        ` 3:${total}`,
        `3:${total}`,
        `-3:    total = order.price * 100\n+3:${total}`,
        `+${total}`,
        `-    total = order.price * 100\n+${total}`,
        `     3\t${total}`,
        `\`\`\`diff\n-    total = order.price * 100\n+${total}\n\`\`\``
      ]
    ) assert.strictEqual(repair(marked, python, 3), total, marked)
  })

  it("with marks on some of its lines, or a hunk's head, is none", () => {
    assert.isNull(repair(`+3:${total}\n    return total`, python, 3))
    assert.isNull(repair(`@@ -3 +3 @@\n-    total = order.price * 100\n+${total}`, python, 3))
    assert.isNull(repair(`+${total}\nreturn total`, python, 3))
  })

  it("keeps signs that are the file's own", () => {
    assert.strictEqual(repair("+ two\n+ three", ["# List", "+ one"], 2, { path: "a.md" }), "+ two\n+ three")
    assert.strictEqual(repair("- two", ["- one"], 1, { path: "a.yaml" }), "- two")
    assert.strictEqual(repair("+new", ["+old"], 1, { path: "a.patch" }), "+new")
    assert.strictEqual(repair("10:30 start", ["10:00 start"], 1, { path: "plan.txt" }), "10:30 start")
  })

  it("stands without the neighbours that it repeats", () => {
    const above = "    # totals are in cents"
    const below = "    return total"
    for (const text of [`${above}\n${total}`, `${total}\n${below}`, `${above}\n${total}\n${below}`]) {
      assert.strictEqual(repair(text, python, 3), total, text)
    }
    assert.strictEqual(repair(`${python[0]}\n${above}\n${total}`, python, 3), total)
    assert.strictEqual(repair("  close(file, now)\n}", typescript, 2, { path: "x.ts" }), "  close(file, now)")
    assert.strictEqual(
      repair("if (open) {\n  close(file, now)\n}", typescript, 2, { path: "x.ts" }),
      "  close(file, now)"
    )
  })

  it("is none where it repeats a neighbour beyond a blank line", () => {
    const file = ["# the rate", "", "rate = 2", "", "top = 3"]
    for (const text of ["# the rate\nrate = 4", "rate = 4\ntop = 3"]) assert.isNull(repair(text, file, 3), text)
    assert.strictEqual(repair("# the rate\n\nrate = 4", file, 3), "rate = 4")
  })

  it("keeps a closing bracket of its own, and a line that was there twice", () => {
    const nested = ["{", "a()", "}"]
    const block = "if (x) {\na(1)\n}"
    assert.strictEqual(repair(block, nested, 2, { path: "x.ts" }), block)
    assert.strictEqual(repair("x()\ny()", ["x()", "x()"], 2, { path: "x.ts" }), "x()\ny()")
  })

  it("that is nothing but its neighbours, or may end with an end of its own, is none", () => {
    assert.isNull(repair("    # totals are in cents", python, 3))
    assert.isNull(repair("if x\n  y\nend", ["begin", "z", "end"], 2, { path: "x.rb" }))
  })

  it("gets back the indentation of its place", () => {
    assert.strictEqual(repair("total = round(order.price * 100)", python, 3), total)
    assert.strictEqual(
      repair("if order:\n    total = 1", python, 3),
      null,
      "the second line may be right or lost, too"
    )
    assert.strictEqual(repair("if order:\n  total = 1", python, 3), "    if order:\n      total = 1")
    assert.strictEqual(repair("# totals are in cents\ntotal = 1", python, 3), "    total = 1")
    assert.strictEqual(
      repair("total = round(\n    return total", python, 4, { startLine: 3 }),
      "    total = round(\n    return total"
    )
  })

  it("at another indentation is none, unless the indentation is what it changes", () => {
    assert.isNull(repair("  total = 1", python, 3))
    assert.isNull(repair("\ttotal = 1", python, 3))
    assert.isNull(repair("  top = 1", ["a", "b"], 2))
    assert.strictEqual(repair("  return total", python, 4), "  return total")
  })

  it("may end its lines as Windows does, as may its file", () => {
    const file = python.map((line) => `${line}\r`)
    assert.strictEqual(repair(`    # totals are in cents\r\n${total}\r\n`, file, 3), total)
  })
})

const pieces = Schema.Array(Schema.Literals([
  "```",
  "```py",
  "~~~",
  "+3:",
  " ",
  "+",
  "-",
  "\n",
  "    # totals are in cents\n",
  "\n    return total",
  "total = 1",
  "    total = 2",
  "}",
  "{"
])).check(Schema.isMaxLength(8))

it.prop(
  "a suggestion that is offered puts no fence, no mark and no doubled neighbour into the file",
  [pieces],
  ([parts]) => {
    const offered = repair(parts.join(""), python, 3)
    if (offered === null) return
    const lines = offered.split("\n")
    assert.isFalse(lines.some((line) => /^\s*(?:`{3,}|~{3,})/.test(line)), offered)
    assert.isFalse(lines.some((line) => /^[+-]\d+:/.test(line)), offered)
    assert.notStrictEqual(lines[0], python[1], offered)
    assert.notStrictEqual(lines.at(-1), python[3], offered)
  },
  { arbitrary: { runs: 500 } }
)
