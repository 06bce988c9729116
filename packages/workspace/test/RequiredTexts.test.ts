import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { requiredTexts } from "../src/tools/RequiredTexts.ts"

/** Parts of expressions that mean the same to JavaScript, each with texts that it matches. */
const parts: ReadonlyArray<readonly [part: string, ...texts: Array<string>]> = [
  ["total", "total"],
  ["refunds?", "refund", "refunds"],
  ["\\(", "("],
  ["a+", "a", "aaa"],
  ["b*", "", "bb"],
  ["x{2}", "xx"],
  ["y{0,2}", "", "y"],
  ["\\d{3}", "123"],
  ["\\s+", " ", "  "],
  [".*", "", "anything"],
  ["[a-z\\]]", "q", "]"],
  ["[^\\]]", "q"],
  ["(?:save|load)", "save", "load"],
  ["(item|cart)+", "item", "cartitem"],
  ["(line)?", "", "line"],
  ["(?:a|)", "a", ""],
  ["ü", "ü"],
  ["\\.", "."]
]

const Part = Schema.Struct({ part: Schema.Int, text: Schema.Int })
const Branch = Schema.NonEmptyArray(Part).check(Schema.isMaxLength(6))

const at = <A>(all: ReadonlyArray<A>, index: number): A | undefined => all[Math.abs(index) % all.length]

describe("the texts that an expression requires", () => {
  it.effect.prop("stand in all that it matches", [Branch, Branch], ([first, second]) =>
    Effect.sync(() => {
      const branches = [first, second].map((branch) => {
        const chosen = branch.map(({ part, text }) => {
          const [source = "", ...texts] = at(parts, part) ?? [""]
          return [source, at(texts, text) ?? ""] as const
        })
        return { source: chosen.map(([source]) => source).join(""), text: chosen.map(([, text]) => text).join("") }
      })
      const pattern = branches.map(({ source }) => source).join("|")
      const texts = requiredTexts(pattern)
      for (const { text } of branches) {
        assert.isTrue(new RegExp(pattern, "u").test(text))
        assert.isTrue(texts === undefined || texts.some((one) => text.includes(one)), `${pattern} matches ${text}`)
      }
    }))

  const known: ReadonlyArray<readonly [pattern: string, texts: ReadonlyArray<string> | undefined]> = [
    ["addRefund|refund\\(", ["addRefund", "refund("]],
    ["class\\s+Cart\\b", ["class"]],
    ["(?:save|load)\\(", ["save", "load"]],
    ["\\bsave\\b{end}", ["save"]],
    ["\\<save\\>", ["save"]],
    ["colou?rs", ["colo"]],
    ["averyveryverylongname", ["averyveryver"]],
    ["to", undefined],
    ["total|", undefined],
    ["(?i)total", undefined],
    ["(total", undefined],
    ["total)", undefined],
    ["\\x41total", undefined],
    ["\\pLtotal", undefined],
    ["[[:alpha:]]total", undefined],
    ["[]a]total", undefined],
    [Array.from({ length: 17 }, (_, number) => `name${number}`).join("|"), undefined]
  ]
  for (const [pattern, texts] of known) {
    it(`are ${texts?.join(", ") ?? "none"} for ${pattern.slice(0, 40)}`, () =>
      assert.deepStrictEqual(requiredTexts(pattern), texts))
  }
})
