import { assert, it } from "@effect/vitest"
import { definedIn } from "@nominal-code/domain/text/Definition"

const names = (definitions: Readonly<Record<string, ReadonlyArray<string>>>) => {
  for (const [name, lines] of Object.entries(definitions)) {
    for (const line of lines) assert.strictEqual(definedIn(line), name, line)
  }
}

it("a line defines a function, a type or a value in common languages", () => {
  names({
    total: [
      "export function total(items) {",
      "  async function* total() {",
      "def total(items):",
      "    def self.total(items)",
      "func total(items []int) int {",
      "func (c *Cart) total() int {",
      "pub fn total(items: &[u8]) -> u8 {",
      "export const total = 1",
      "let mut total = 0;",
      "  public static int total(List<Item> items) {",
      "static struct cart *total(void) {",
      "struct cart total(int items)",
      "int Cart::total(int items) {",
      "  total(items) {"
    ],
    Cart: [
      "class Cart:",
      "export default class Cart {",
      "type Cart struct {",
      "interface Cart {",
      "defmodule Cart do",
      "pub struct Cart(u8, u8)",
      "struct Cart {"
    ]
  })
})

it("a call, a statement, a comment and a very long line define nothing", () => {
  for (
    const line of [
      "total(items);",
      "return total(items)",
      "if (total(items)) {",
      "  for (const item of items) {",
      "// function total() {",
      "# def total(items):",
      " * class Cart",
      "import { total } from \"./Cart\"",
      "  constructor(items) {",
      "  it(\"adds\", () => {",
      "",
      `const total = ${"1 + ".repeat(200)}1`
    ]
  ) assert.isUndefined(definedIn(line), line)
})
