import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { services } from "./Fixture.ts"
import { over } from "./ReadingFixture.ts"

/** A definition and a use of `priceOf` in each of the twelve most used languages. */
const languages: Readonly<Record<string, readonly [definition: string, use: string]>> = {
  "a.c": ["int priceOf(struct item *item) {", "total += priceOf(item);"],
  "a.cpp": ["double Cart::priceOf(const Item& item) {", "auto price = priceOf(item);"],
  "a.cs": ["  public decimal priceOf(Item item) {", "  var price = priceOf(item);"],
  "a.go": ["func (c *Cart) priceOf(item Item) int {", "price := c.priceOf(item)"],
  "a.java": ["  public long priceOf(Item item) {", "    return priceOf(item);"],
  "a.js": ["const priceOf = (item) => item.price", "log(priceOf(item))"],
  "a.kt": ["fun priceOf(item: Item): Long = item.price", "val price = priceOf(item)"],
  "a.php": ["<?php function priceOf(Item $item): int {", "$price = priceOf($item);"],
  "a.py": ["def priceOf(item):", "price = priceOf(item)"],
  "a.rb": ["  def self.priceOf(item)", "  price = priceOf(item)"],
  "a.rs": ["pub async fn priceOf(item: &Item) -> u64 {", "let price = priceOf(&item).await;"],
  "a.swift": ["  func priceOf(_ item: Item) -> Int {", "  let price = priceOf(item)"],
  "a.ts": ["export function priceOf<A>(item: A): number {", "return priceOf(item)"]
}

/**
 * Definitions of `priceOf` on the second line that no shape of a line tells, and on the first one a line in a comment or
 * a string that looks like a definition.
 */
const bySyntax: Readonly<Record<string, string>> = {
  "a.c": "/*\nint priceOf(int item) {\n*/\nstatic int\npriceOf(struct item *item)\n{ return 1; }\n",
  "a.cpp": "auto text = R\"(\nint priceOf(int item) {\n)\";\nItem&\nCart::priceOf(int item)\n{ return first; }\n",
  "a.cs": "/*\nint priceOf(int item) {\n*/\nclass Cart { decimal\npriceOf => items.Sum(); }\n",
  "a.go": "package cart\nvar text = `\nfunc priceOf() {\n`\nvar (\npriceOf = 1\n)\n",
  "a.java": "/*\nint priceOf(int item) {\n*/\nclass Cart { long\npriceOf\n(int item) { return 1; } }\n",
  "a.js": "const text = `\nfunction priceOf() {\n`\nclass Cart {\nstatic priceOf = (item) => 1\n}\n",
  "a.kt": "/*\nfun priceOf() {\n*/\nclass Cart {\n  fun <T : Any> T\n    .priceOf(): Long = 1\n}\n",
  "a.php": "<?php\n$text = '\nfunction priceOf() {\n';\nclass Cart {\npublic int $priceOf = 1;\n}\n",
  "a.py": "text = \"\"\"\ndef priceOf():\n\"\"\"\nclass Cart:\n    priceOf: int = 1\n",
  "a.rb": "=begin\ndef priceOf\n=end\nclass Cart\n  def (store).priceOf = 1\nend\n",
  "a.rs": "/*\nfn priceOf() {\n*/\nstruct Cart {\n  priceOf: u64,\n}\n",
  "a.ts": "const text = `\nfunction priceOf() {\n`\nclass Cart {\n  readonly priceOf = async <A>(item: A) => 1\n}\n",
  "a.tsx": "const text = `\nfunction priceOf() {\n`\nconst view = {\n  priceOf: () => <b>{text}</b>\n}\n"
}

layer(services, { excludeTestServices: true })("Definition and References", (it) => {
  it.effect("tell where a name is defined from where it is used", () =>
    Effect.gen(function*() {
      const files = Object.entries(languages)
      const { tool } = yield* over(Object.fromEntries(files.map(([file, lines]) => [file, `${lines.join("\n")}\n`])))
      assert.deepStrictEqual(
        (yield* tool("Definition", { symbol: "priceOf" })).split("\n"),
        files.map(([file, [definition]]) => `${file}:1:${definition}`)
      )
      assert.deepStrictEqual(
        (yield* tool("References", { symbol: "priceOf" })).split("\n"),
        files.map(([file, [, use]]) => `${file}:2:${use}`)
      )
    }))

  it.effect("know a name that every object of JavaScript has from one that a file's code has", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({ "a.ts": "// toString, constructor\nexport const one = 1\n" })
      for (const symbol of ["toString", "constructor"]) {
        assert.strictEqual(
          yield* tool("References", { symbol }),
          "In comments and strings:\na.ts:1:// toString, constructor"
        )
      }
    }))

  it.effect("go by the syntax of the twelve languages, and take no comment or string for a definition or a use", () =>
    Effect.gen(function*() {
      const { tool } = yield* over(bySyntax)
      const found = Object.entries(bySyntax).map(([file, text]) =>
        text.split("\n").flatMap((line, at) => line.includes("priceOf") ? [`${file}:${at + 1}:${line}`] : [])
      )
      assert.deepStrictEqual(
        (yield* tool("Definition", { symbol: "priceOf" })).split("\n"),
        found.map(([, defined]) => defined)
      )
      assert.deepStrictEqual(
        (yield* tool("References", { symbol: "priceOf" })).split("\n"),
        ["In comments and strings:", ...found.map(([spoken]) => spoken)]
      )
    }))

  it.effect("find whole words only, code before tests, and say so where there is nothing", () =>
    Effect.gen(function*() {
      const { tool } = yield* over({
        "src/a.ts": "export const priceOfAll = 1\nconst price = priceOf(item)\n",
        "a.test.ts": "check(priceOf(item))\n",
        "src/b.ts": "export const unused = () => 1\n"
      })
      const symbol = (symbol: string) => ({ symbol })
      assert.strictEqual(
        yield* tool("References", symbol("priceOf")),
        "src/a.ts:2:const price = priceOf(item)\na.test.ts:1:check(priceOf(item))"
      )
      assert.match(yield* tool("Definition", symbol("priceOf")), /^No line defines priceOf .* in 2 lines/)
      assert.strictEqual(yield* tool("References", symbol("unused")), "Nothing uses unused beside its definition.")
      assert.strictEqual(yield* tool("Definition", symbol("nothing")), "No file has the word nothing.")
      for (const wrong of ["a.b", "-e", "", "a b", "f("]) {
        const { message } = yield* Effect.flip(tool("References", symbol(wrong)))
        assert.include(message, "Invalid input for References")
      }
    }))
})
