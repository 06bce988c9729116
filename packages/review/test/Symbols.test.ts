import { assert, describe, it } from "@effect/vitest"
import { definedIn, touchedSymbols } from "../src/Symbols.ts"
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

  it("of a change of text alone are none", () => {
    assert.deepStrictEqual(
      touchedSymbols([Scene.fileWithoutDiff("a.png"), Scene.file("a.ts", "@@ -1 +1 @@\n-a\n+b")]),
      []
    )
  })
})
