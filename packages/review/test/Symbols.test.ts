import { assert, describe, it } from "@effect/vitest"
import { definedIn, touchedSymbols } from "../src/context/Symbols.ts"
import * as Scene from "./Scene.ts"

const definitions: ReadonlyArray<readonly [line: string, name: string | undefined]> = [
  ["export const total = (items: ReadonlyArray<Item>) => {", "total"],
  ["export async function fetchCart(id: string) {", "fetchCart"],
  ["export default class CartView extends View {", "CartView"],
  ["  private async loadItems(page: number): Promise<void> {", "loadItems"],
  ["func (c *Cart) AddItem(item Item) error {", "AddItem"],
  ["func NewCart() *Cart {", "NewCart"],
  ["type CartStore struct {", "CartStore"],
  ["    def add_item(self, item):", "add_item"],
  ["class CartService(Base):", "CartService"],
  ["pub(crate) async fn settle_all(&self) -> Result<()> {", "settle_all"],
  ["  public static List<Item> itemsOf(Cart cart) {", "itemsOf"],
  ["static int parse_header(const char *text, size_t length)", "parse_header"],
  ["  def self.build_from(params)", "build_from"],
  ["data class CartItem(", "CartItem"],
  ["    protected function findAll(array $ids): array {", "findAll"],
  ["  return total(items)", undefined],
  ["  if (isEmpty(items)) {", undefined],
  ["// function old() {", undefined],
  ["    total(items);", undefined],
  ["  const count = 1", undefined],
  ["def go(x):", undefined]
]

describe("a definition", () => {
  it("is told by the shape of its line, in many languages", () => {
    for (const [line, name] of definitions) assert.strictEqual(definedIn(line), name, line)
  })
})

describe("the symbols that a change touches", () => {
  it("are those removed, then those defined anew, then those whose insides are changed, each once", () => {
    const patch = [
      "@@ -10,4 +10,4 @@ export const applyDiscount = (cart: Cart) => {",
      "   const items = []",
      "-  return 1",
      "+  return 2",
      " }",
      "@@ -30,2 +30,2 @@",
      "-export const oldTotal = () => 1",
      "+export const newTotal = () => 1",
      " export const kept = () => 2",
      "@@ -50,2 +50,2 @@",
      "-export const moved = (a) => a",
      "+export const moved = (a, b) => a",
      "@@ -60,2 +60,2 @@ class CartView {",
      "-export const moved = 3"
    ].join("\n")
    assert.deepStrictEqual(
      touchedSymbols([Scene.file("src/cart.ts", patch)]).map(({ change, name }) => `${change} ${name}`),
      ["removed oldTotal", "redefined newTotal", "redefined moved", "altered applyDiscount"]
    )
  })

  it("are the smallest definitions around the changed lines, without a search of all of them for each line", () => {
    let reads = 0
    const definitions = Array.from({ length: 2_000 }, (_, at) => ({
      get name() {
        reads++
        return `name${at}`
      },
      line: at + 1,
      start: at + 1,
      end: 10_000 - at
    }))
    const patch = ["@@ -0,0 +3000,6000 @@", ...Array.from({ length: 6_000 }, () => "+x")].join("\n")
    const file = Scene.file("src/cart.ts", patch)
    const none = { definitions: [], mentions: {}, errors: 0 }
    const outlines = new Map([[file, { base: none, head: { ...none, definitions } }]])
    const found = touchedSymbols([file], outlines)
    // Those that end before line 9,000 lie within the others.
    assert.deepStrictEqual(found.map(({ line }) => line).slice(0, 3), [2_000, 1_999, 1_998])
    assert.strictEqual(found.at(-1)?.line, 1_002)
    assert.isBelow(reads, 50 * definitions.length)
  })

  it("of a change of text alone are none", () => {
    assert.deepStrictEqual(
      touchedSymbols([Scene.fileWithoutDiff("a.png"), Scene.file("a.ts", "@@ -1 +1 @@\n-a\n+b")]),
      []
    )
  })
})
