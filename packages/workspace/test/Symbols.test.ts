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
  "a.php": ["function priceOf(Item $item): int {", "$price = priceOf($item);"],
  "a.py": ["def priceOf(item):", "price = priceOf(item)"],
  "a.rb": ["  def self.priceOf(item)", "  price = priceOf(item)"],
  "a.rs": ["pub async fn priceOf(item: &Item) -> u64 {", "let price = priceOf(&item).await;"],
  "a.swift": ["  func priceOf(_ item: Item) -> Int {", "  let price = priceOf(item)"],
  "a.ts": ["export function priceOf<A>(item: A): number {", "return priceOf(item)"]
}

layer(services, { excludeTestServices: true })("Definition and References", (it) => {
  it.effect("tell where a name is defined from where it is used", () =>
    Effect.gen(function*() {
      for (const [file, [definition, use]] of Object.entries(languages)) {
        const { tool } = yield* over({ [file]: `${definition}\n${use}\n` })
        assert.strictEqual(yield* tool("Definition", { symbol: "priceOf" }), `${file}:1:${definition}`)
        assert.strictEqual(yield* tool("References", { symbol: "priceOf" }), `${file}:2:${use}`)
      }
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
